#!/bin/sh
# Installs what is missing from Debian's packages. Says first what; quiet when nothing is.
#   install.sh [build] [run] [test] [bench] [vm]     (all of them when none is named)
set -eu

# What the product is built from.
build='gcc libc6-dev make musl-tools libseccomp-dev zlib1g-dev'
# What `make run` uses beyond that: ids and a network for ordinary users, and the image's way round a missing Docker Hub.
run='uidmap slirp4netns busybox-static docker-registry skopeo'
# Peers, oracles and tools of the tests.
test='apache2-utils attr chromium clang crun dbus dbus-user-session docker.io fuse-overlayfs iproute2 jq kmod libcap2-bin mmdebstrap libpam-systemd openssl passt podman
	procps runc strace systemd tmux umoci user-mode-linux util-linux'
bench='crun docker.io isal jq openssl podman runc umoci'
# What bench-vm measures beside them, and what turns its plots into pictures.
vm='bubblewrap librsvg2-bin qemu-system-x86 systemd-container user-mode-linux'

[ $# -gt 0 ] || set -- build run test bench vm
wanted=
for set in "$@"; do
	case $set in
	build | run | test | bench | vm) eval "wanted=\"\$wanted \$$set\"" ;;
	*)
		echo "install.sh: unknown set '$set': build, run, test, bench, vm are known" >&2
		exit 2
		;;
	esac
done

missing=
for package in $wanted; do
	case " $missing " in *" $package "*) continue ;; esac
	state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || state=none
	[ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

echo "missing from Debian's packages, to be installed now:$missing"
sudo=
if [ "$(id -u)" -ne 0 ]; then
	sudo=sudo
	command -v sudo >/dev/null || {
		echo "install.sh: not root and no sudo: install them yourself: apt-get install$missing" >&2
		exit 1
	}
fi
apt='apt-get -o DPkg::Lock::Timeout=300 -q -y'

# Services of the packages (docker, the registry) are started by the tests that use them, not by the machine:
# invoke-rc.d asks policy-rc.d, and 101 means no. An administrator's own policy stays.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
	printf '#!/bin/sh\nexit 101\n' | $sudo tee $policy >/dev/null
	$sudo chmod 755 $policy
	trap '$sudo rm -f $policy' EXIT
	trap 'exit 1' HUP INT TERM
fi

# Lists that are old or not there are the usual reason why an install fails: read them again only then.
install="env DEBIAN_FRONTEND=noninteractive $apt install --no-install-recommends"
# shellcheck disable=SC2086
$sudo $install $missing || { $sudo $apt update && $sudo $install $missing; }
