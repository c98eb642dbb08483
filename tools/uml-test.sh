#!/bin/bash
# The host tests once more, as root of a kernel with cgroup v2 and without the newest calls.
# CRUN_SHARP_INSIST_UML names the needs whose absence there is a failure.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
status=0
mkdir -p out/reports
echo "-- the native tests in user-mode-linux"
make -s -C native ../out/native/tests-plain &&
	tools/uml-run -t 300 -m 1G -e CRUN_SHARP_STAGE="$PWD/out/native/crun-sharp-stage" out/native/tests-plain Cve Root Mount Bind Device \
		Mask ReadOnly Overlay Open Make Exec Fork Init Monitor Attach Console Hook Capabilities | tee out/reports/native-uml.txt | grep -v '^ok ' || status=1
for project in CrunSharp.Host.Tests CrunSharp.Cli.Tests; do
	echo "-- $project in user-mode-linux"
	# shellcheck disable=SC2016
	tools/uml-run -t 1500 -m 3G -o out/reports -e CRUN_SHARP_INSIST="${CRUN_SHARP_INSIST_UML:-}" -e CRUN_SHARP_CHECKOUT="$PWD" \
		-e DOTNET_CLI_TELEMETRY_OPTOUT=1 -e DOTNET_ROOT="$(tools/dotnet-root.sh)" \
		bash -c '"$@" --results-directory "$UML_OUT"' run "tests/$project/bin/Debug/net10.0/$project" --ignore-exit-code 8 --filter-not-trait uml=no \
		--report-ctrf --report-ctrf-filename "$project.uml.json" --no-progress ${CRUN_SHARP_TEST_ARGUMENTS:-} || status=1
done
# A second machine, with systemd as its first process: 25 s to the first test.
echo "-- systemd's cgroups in user-mode-linux"
# shellcheck disable=SC2016
tools/uml-run -s -t 400 -m 3G -o out/reports -e CRUN_SHARP_INSIST="systemd,systemd-user" -e CRUN_SHARP_CHECKOUT="$PWD" \
	-e DOTNET_CLI_TELEMETRY_OPTOUT=1 -e DOTNET_ROOT="$(tools/dotnet-root.sh)" \
	bash -c '"$@" --results-directory "$UML_OUT"' run tests/CrunSharp.Cli.Tests/bin/Debug/net10.0/CrunSharp.Cli.Tests --filter-class '*SystemdTests' \
	--report-ctrf --report-ctrf-filename CrunSharp.Cli.Tests.systemd.json --no-progress ${CRUN_SHARP_TEST_ARGUMENTS:-} || status=1
exit $status
