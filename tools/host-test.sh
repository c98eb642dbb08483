#!/bin/bash
# Tests that need the kernel. Started as root: as root, then as two ordinary users that are made for it and
# removed again, one with subordinate ids and one without. Started as an ordinary user: as that user.
# CRUN_SHARP_INSIST_ROOT, _SUBIDS, _ONEID name the needs whose absence is a failure for each.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
projects='CrunSharp.Host.Tests CrunSharp.Cli.Tests'
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
cp tools/host-test.sh "$copy/tools/"
cp -a --reflink=auto out/crun-sharp out/crun-sharp-oci out/native out/payload out/images "$copy/out/"
for project in $projects; do
	mkdir -p "$copy/tests/$project/bin/Debug"
	cp -a "tests/$project/bin/Debug/net10.0" "$copy/tests/$project/bin/Debug/"
done
chmod -R go+rX "$copy"

# run_as USER INSIST: in a mount namespace of its own, with devices for networks and file systems that every user may open, with a disk
# that is soon full, and with one that is an overlay, hence cannot be the upper directory of another.
run_as() {
	local user=$1 insist=$2 home=$copy/home-$1
	install -d -m 700 -o "$user" -g "$user" "$home" "$home/run" "$home/tmp"
	unshare --mount --propagation private bash -euc '
		mkdir -p "$1/devices" "$1/small-disk" "$1/overlay"
		mount -t tmpfs -o size=64k,mode=755 none "$1/devices"
		if [ -e /dev/net/tun ]; then
			mknod -m 666 "$1/devices/tun" c 10 200
			mount --bind "$1/devices/tun" /dev/net/tun
		fi
		if [ -e /dev/fuse ]; then
			mknod -m 666 "$1/devices/fuse" c 10 229
			mount --bind "$1/devices/fuse" /dev/fuse
		fi
		mount -t tmpfs -o size=24m,nr_inodes=1500,mode=1777 none "$1/small-disk"
		mount -t tmpfs -o size=256m,mode=755 none "$1/overlay"
		mkdir -p "$1/overlay/lower" "$1/overlay/work" "$1/overlay/disk"
		mkdir -m 1777 "$1/overlay/upper"
		mount -t overlay -o "lowerdir=$1/overlay/lower,upperdir=$1/overlay/upper,workdir=$1/overlay/work" none "$1/overlay/disk"
		exec setpriv --reuid "$2" --regid "$2" --init-groups --inh-caps=-all --reset-env env \
			PATH="$PATH" DOTNET_CLI_TELEMETRY_OPTOUT=1 XDG_RUNTIME_DIR="$3/run" DOTNET_CLI_HOME="$3" HOME="$3" TMPDIR="$3/tmp" LANG=C.UTF-8 \
			CRUN_SHARP_SMALL_DISK="$1/small-disk" CRUN_SHARP_OVERLAY_DISK="$1/overlay/disk" DOTNET_ROOT="$(tools/dotnet-root.sh)" \
			CRUN_SHARP_INSIST_SUBIDS="$4" CRUN_SHARP_TEST_ARGUMENTS="${CRUN_SHARP_TEST_ARGUMENTS:-}" "$1/tools/host-test.sh"
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
