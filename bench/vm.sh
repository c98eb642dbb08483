#!/bin/bash
# One report over everything that can start an image on this host: process, ladder, runtimes, engines, virtual machines.
# As root, on a quiet machine.      bench/vm.sh [DIR]      (out/bench-vm)
#   IMAGE=    another image of out/images (alpine); OPTIONS=    more options of `crun-sharp bench all`
set -euo pipefail
cd "$(dirname "$0")/.."
[ "$(id -u)" -eq 0 ] || {
	echo "bench-vm: needs root: it makes cgroups and a docker daemon of its own" >&2
	exit 1
}

# crun 1.8 refuses a hybrid host without a hugetlb hierarchy: it gets one, in a mount namespace that ends with us.
if [ -z "${BENCH_INSIDE:-}" ]; then
	BENCH_INSIDE=1 exec unshare --mount --propagation private "$0" "$@"
fi
if [ -d /sys/fs/cgroup/memory ] && [ ! -d /sys/fs/cgroup/hugetlb ]; then
	mkdir /sys/fs/cgroup/hugetlb
	mount -t cgroup -o hugetlb cgroup /sys/fs/cgroup/hugetlb
	hugetlb=1
fi

. tools/registry.sh
directory=${1:-out/bench-vm}
image=${IMAGE:-alpine}
work=$(mktemp -d)
chmod 755 "$work"
docker_pid=

finish() {
	local status=$?
	registry_stop
	[ -z "$docker_pid" ] || { kill "$docker_pid" && wait "$docker_pid"; } 2>/dev/null || true
	umount -R "$work"/* 2>/dev/null || true
	umount "$work"/podman/root/overlay 2>/dev/null || true
	rm -rf "$work"
	if [ -n "${hugetlb:-}" ]; then
		umount /sys/fs/cgroup/hugetlb && rmdir /sys/fs/cgroup/hugetlb
	fi
	exit $status
}
trap finish EXIT
trap 'exit 1' HUP INT TERM

registry_start "$PWD/out/registry"
cat >"$work/registries.conf" <<-END
	unqualified-search-registries = ["docker.io"]
	[[registry]]
	location = "docker.io"
	[[registry.mirror]]
	location = "$REGISTRY"
	insecure = true
END
export CONTAINERS_REGISTRIES_CONF=$work/registries.conf

# podman's and docker's stores of our own. Without CAP_SYS_RESOURCE no limit can be raised above the hard one.
printf '[storage]\ndriver = "overlay"\nrunroot = "%s/podman/run"\ngraphroot = "%s/podman/root"\n' "$work" "$work" >"$work/storage.conf"
printf '[containers]\ndefault_ulimits = ["nofile=%s:%s"]\n[engine]\nruntime = "crun"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n' \
	"$(ulimit -Hn)" "$(ulimit -Hn)" >"$work/containers.conf"
export CONTAINERS_STORAGE_CONF=$work/storage.conf CONTAINERS_CONF=$work/containers.conf
mkdir -p "$work/podman" "$work/docker"
dockerd --data-root "$work/docker/data" --exec-root "$work/docker/exec" --pidfile "$work/docker/pid" --host "unix://$work/docker/socket" \
	--iptables=false --ip-forward=false --bridge=none >"$work/docker/log" 2>&1 &
docker_pid=$!
export DOCKER_HOST=unix://$work/docker/socket
for _ in $(seq 100); do
	! docker version >/dev/null 2>&1 || break
	sleep 0.1
done
docker version >/dev/null 2>&1 || {
	echo "dockerd does not start here, so docker is left out:"
	tail -2 "$work/docker/log"
}

sharp=(out/crun-sharp --root "$work/sharp/root" --runroot "$work/sharp/run")
"${sharp[@]}" pull -q "$image" >/dev/null
# shellcheck disable=SC2086
"${sharp[@]}" bench all --condition back-to-back,spaced,cold --output "$directory" ${OPTIONS:-} "$image"
