#!/bin/bash
# The unit tests of every room, two at a time: each runner prints its own summary.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
mkdir -p out/reports/unit
projects=()
for directory in tests/CrunSharp.*.Tests; do
	name=$(basename "$directory")
	case $name in CrunSharp.Host.Tests | CrunSharp.Cli.Tests) continue ;; esac
	# A room without tests yet has nothing to run, and the runner calls that an error.
	[ -n "$(find "$directory" -name '*.cs' -not -path '*/obj/*' -print -quit)" ] && projects+=("$name")
done

# Output of one runner is kept together: two that write at once make lines that nobody can count.
run() {
	# 8 is "no tests": where only some are asked for.
	output=$(tests/"$1"/bin/Debug/net10.0/"$1" --ignore-exit-code 8 --results-directory out/reports/unit \
		--report-ctrf --report-ctrf-filename "$1.json" ${CRUN_SHARP_TEST_ARGUMENTS:-} 2>&1)
	status=$?
	exec 9<Runtime.sln
	flock 9
	printf '%s\n' "$output"
	return $status
}
export -f run
printf '%s\n' "${projects[@]}" | xargs -P 2 -I {} bash -c 'run {}'
