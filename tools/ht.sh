#!/bin/bash
# Tests that need the kernel. Started as root: as root, then as two ordinary users that are made for it and
# removed again, one with subordinate ids and one without. Started as an ordinary user: as that user.
# CRUN_SHARP_INSIST_ROOT, _SUBIDS, _ONEID name the needs whose absence is a failure for each.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
projects="CrunSharp.Cli.Tests"
status=0
mkdir -p out/reports

# Each report says what ran as whom: .ci/run looks there for tests that were skipped everywhere.
run_tests() {
	local project
	for project in $projects; do
		echo "-- $project as $(id -un)"
		# 8 is "no tests": a test program may have none for this user.
		tests/"$project/bin/Debug/net10.0/$project" --ignore-exit-code 8 --results-directory out/reports \
			--report-ctrf --report-ctrf-filename "$project.$(id -un | sed 's/-[0-9]*$//').json" ${CRUN_SHARP_TEST_ARGUMENTS:-} || status=1
	done
}

if [ "$(id -u)" -ne 0 ]; then
	CRUN_SHARP_INSIST=${CRUN_SHARP_INSIST_SUBIDS:-} run_tests
	exit $status
fi

CRUN_SHARP_INSIST=${CRUN_SHARP_INSIST_ROOT:-} run_tests

# The checkout may lie beneath a home that is closed to others: the users get a copy.
copy=$(mktemp -d /tmp/crun-sharp-host-test-XXXXXX)
users=
clean_up() {
	for user in $users; do
		# All processes of this user are the tests' own: nobody else can be this user.
		pkill -KILL -u "$user"
		while pgrep -u "$user" >/dev/null; do sleep 0.05; done
		userdel "$user" 2>/dev/null
	done
	rm -rf --one-file-system "$copy"
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM

chmod 755 "$copy"
cp Runtime.sln "$copy"
mkdir -p "$copy/out" "$copy/tools"
cp tools/ht.sh "$copy/tools/"
cp -a --reflink=auto out/crun-sharp out/crun-sharp-oci out/native out/images out/registry "$copy/out/"
for project in $projects; do
	mkdir -p "$copy/tests/$project/bin/Debug"
	cp -a "tests/$project/bin/Debug/net10.0" "$copy/tests/$project/bin/Debug/"
done
chmod -R go+rX "$copy"

# run_as USER INSIST: with a device for networks that every user may open, in a mount namespace of its own.
run_as() {
	local user=$1 insist=$2 home=$copy/home-$1
	install -d -m 700 -o "$user" -g "$user" "$home" "$home/run" "$home/tmp"
	unshare --mount --propagation private bash -euc '
		if [ -e /dev/net/tun ]; then
			mkdir -p "$1/tun"
			mount -t tmpfs -o size=64k,mode=755 none "$1/tun"
			mknod -m 666 "$1/tun/tun" c 10 200
			mount --bind "$1/tun/tun" /dev/net/tun
		fi
		exec setpriv --reuid "$2" --regid "$2" --init-groups --inh-caps=-all --reset-env env \
			PATH="$PATH" DOTNET_CLI_TELEMETRY_OPTOUT=1 XDG_RUNTIME_DIR="$3/run" DOTNET_CLI_HOME="$3" HOME="$3" TMPDIR="$3/tmp" LANG=C.UTF-8 \
			DOTNET_ROOT="$(tools/dotnet-root.sh)" \
			CRUN_SHARP_INSIST_SUBIDS="$4" CRUN_SHARP_TEST_ARGUMENTS="${CRUN_SHARP_TEST_ARGUMENTS:-}" "$1/tools/ht.sh"
		' run_as "$copy" "$user" "$home" "$insist"
}

with_ids=crs-ids-$$ one_id=crs-one-$$
useradd --system --no-create-home --home-dir "$copy/home-$with_ids" --user-group --shell /bin/sh "$with_ids" || exit 1
users=$with_ids
useradd --system --no-create-home --home-dir "$copy/home-$one_id" --user-group --shell /bin/sh "$one_id" || exit 1
users="$users $one_id"

# Above all ranges that are given out already: two users with the same subordinate ids could reach each other's files.
first=$(awk -F: 'BEGIN { next_free = 1000000 } $2 + $3 > next_free { next_free = $2 + $3 } END { print next_free }' /etc/subuid /etc/subgid)
usermod --add-subuids "$first-$((first + 65535))" --add-subgids "$first-$((first + 65535))" "$with_ids" || exit 1

install -d -m 1777 "$copy/out/reports"
run_as "$with_ids" "${CRUN_SHARP_INSIST_SUBIDS:-}" || status=1
run_as "$one_id" "${CRUN_SHARP_INSIST_ONEID:-}" || status=1
cp "$copy"/out/reports/*.json out/reports/
exit $status
