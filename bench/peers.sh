# What the benches share: sourced from the top of the checkout.
#   peers_enter "$@"   goes on as root in a mount namespace of its own
#   work               a directory that ends with the script
#   peers_start DIR    podman's store and docker's daemon, both of our own, there; needs REGISTRY. docker=() where dockerd does not start
#   peers_finish       for the caller's EXIT trap
peers_enter() {
	[ "$(id -u)" -eq 0 ] || {
		echo "$0: needs root: it makes cgroups and a docker daemon of its own" >&2
		exit 1
	}

	# crun 1.8 refuses a hybrid host without a hugetlb hierarchy: it gets one, in a mount namespace that ends with us.
	[ -n "${BENCH_INSIDE:-}" ] || BENCH_INSIDE=1 exec unshare --mount --propagation private "bench/$(basename "$0")" "$@"
	if [ -d /sys/fs/cgroup/memory ] && [ ! -d /sys/fs/cgroup/hugetlb ]; then
		mkdir /sys/fs/cgroup/hugetlb
		mount -t cgroup -o hugetlb cgroup /sys/fs/cgroup/hugetlb
		peers_hugetlb=1
	fi
	work=$(mktemp -d)
	chmod 755 "$work"
}

peers_start() {
	local place=$1
	[ ! -d "$place/podman" ] || return 0
	peers_stop
	mkdir -p "$place/podman" "$place/docker"
	printf '[storage]\ndriver = "overlay"\nrunroot = "%s/podman/run"\ngraphroot = "%s/podman/root"\n' "$place" "$place" >"$place/storage.conf"

	# By itself podman asks for more than a host without CAP_SYS_RESOURCE may give.
	cat >"$place/containers.conf" <<-END
		[containers]
		default_ulimits = ["nofile=1024:4096", "nproc=1024:1024"]
		[engine]
		runtime = "crun"
		cgroup_manager = "cgroupfs"
		events_logger = "file"
		[engine.runtimes]
		crun = ["${CRUN:-$(command -v crun)}"]
	END
	export CONTAINERS_STORAGE_CONF=$place/storage.conf CONTAINERS_CONF=$place/containers.conf
	export DOCKER_HOST=unix://$place/docker/socket
	dockerd --data-root "$place/docker/data" --exec-root "$place/docker/exec" --pidfile "$place/docker/pid" --host "$DOCKER_HOST" \
		--iptables=false --ip-forward=false --bridge=none --insecure-registry "$REGISTRY" >"$place/docker/log" 2>&1 &
	docker_pid=$!
	docker=(docker)
	local tick
	for tick in $(seq 100); do
		! docker version >/dev/null 2>&1 || return 0
		sleep 0.1
	done
	echo "dockerd does not start here, so docker is left out:"
	tail -2 "$place/docker/log"
	docker=()
}

peers_stop() {
	[ -z "${docker_pid:-}" ] || { kill "$docker_pid" && wait "$docker_pid"; } 2>/dev/null || true
	docker_pid=
}

peers_finish() {
	peers_stop
	umount "$work"/podman/root/overlay "$work"/*/podman/root/overlay 2>/dev/null || true
	umount -R "$work"/* 2>/dev/null || true
	rm -rf "$work"

	# The parents of the contestants' cgroups; ours are named after us, podman's and docker's after them.
	rmdir /sys/fs/cgroup/*/crun-sharp-bench /sys/fs/cgroup/crun-sharp-bench /sys/fs/cgroup/hugetlb/*/* /sys/fs/cgroup/hugetlb/* 2>/dev/null || true
	[ -z "${peers_hugetlb:-}" ] || { umount /sys/fs/cgroup/hugetlb && rmdir /sys/fs/cgroup/hugetlb; } || true
}
