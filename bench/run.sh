#!/bin/bash
# Figures against crun, runc, podman and docker, interleaved in one run. As root, on a quiet machine.
#   bench/run.sh [start] [rootless] [parallel] [engine] [user] [many] [pull] [parts]      (all of them when none is named)
#   CRUN= RUNC=   other builds than Debian's; ROUNDS= how many of each (60)
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/peers.sh
. tools/registry.sh
peers_enter "$@"
crun=${CRUN:-$(command -v crun)}
runc=${RUNC:-$(command -v runc)}
rounds=${ROUNDS:-60}
ours=$PWD/out/crun-sharp-oci
engine=$PWD/out/crun-sharp

finish() {
	local status=$?
	registry_stop
	user_remove
	peers_finish
	exit $status
}
trap finish EXIT
trap 'exit 1' HUP INT TERM

gcc -O2 -Wall -Wextra -Werror -o "$work/rounds" bench/rounds.c
gcc -O2 -Wall -Wextra -Werror -o "$work/floor" bench/floor.c
cp out/native/crun-sharp-stage "$work/stage"

# budget NAME FIGURE LIMIT: at most.
budget() {
	awk -v name="$1" -v figure="$2" -v limit="$3" 'BEGIN {
		printf "  %-58s %6.2f, budget %.2f: %s\n", name, figure, limit, figure <= limit ? "met" : "MISSED" }'
}
wall() { awk -v name="$1" '$1 == name { print $2 }' "$2"; }
cpu() { awk -v name="$1" '$1 == name { print $4 }' "$2"; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { print a / b }'; }

crun_version=$("$crun" --version | awk 'NR == 1 { print $3 }')
judged=yes
[ "$(printf '%s\n' 1.27 "$crun_version" | sort -V | head -1)" = 1.27 ] || judged=
judge() {
	if [ -n "$judged" ]; then
		budget "$@"
	else
		printf '  %-58s %6.2f, not judged: crun %s has no seccomp cache (1.27 has)\n' "$1" "$2" "$crun_version"
	fi
}

host() {
	echo "host: Linux $(uname -r), $(nproc) cores, load $(cut -d' ' -f1 /proc/loadavg), $rounds rounds of each, medians"
	echo "crun $crun_version, $("$runc" --version | head -1), $("$ours" --version | head -1)"
}

# A store of our own, filled from the images of images/.
store() {
	export CONTAINERS_REGISTRIES_CONF=$work/registries.conf
	[ -z "${REGISTRY:-}" ] || return 0
	registry_start "$PWD/out/registry"
	cat >"$work/registries.conf" <<-END
		unqualified-search-registries = ["docker.io"]
		[[registry]]
		location = "$REGISTRY"
		insecure = true
		[[registry]]
		location = "docker.io"
		[[registry.mirror]]
		location = "$REGISTRY"
		insecure = true
	END
	sharp=("$engine" --root "$work/sharp/root" --runroot "$work/sharp/run")
}

# The filter of every contestant: moby's default profile, as the engine writes it.
default_filter() {
	[ ! -f "$work/seccomp.json" ] || return 0
	store
	"${sharp[@]}" run --name filter --network none alpine true 2>/dev/null
	jq .linux.seccomp "$work"/sharp/root/containers/*/config.json >"$work/seccomp.json"
	"${sharp[@]}" rm filter >/dev/null
}

# bundle DIR FILTER: podman's configuration of the Oci tests with what names its host taken out, /bin/true as its program.
bundle() {
	default_filter
	mkdir -p "$1/rootfs"/{bin,proc,sys,dev,tmp}
	cp /bin/busybox "$1/rootfs/bin/busybox"
	local name
	for name in true sh sleep readlink tr grep cat sed sort echo; do ln -sf busybox "$1/rootfs/bin/$name"; done
	jq --slurpfile filter "$work/seccomp.json" --arg rootfs "$1/rootfs" '.linux.seccomp = $filter[0] | .root.path = $rootfs | .process.args = ["/bin/true"] | .process.terminal = false | del(.hooks)
		| .process.rlimits = [] | .process.env = ["PATH=/bin"] | .process.cwd = "/"
		| .linux.cgroupsPath = "/crun-sharp-bench/one"
		| .mounts |= map(select(.destination | IN("/proc", "/dev", "/sys", "/dev/pts", "/dev/mqueue", "/sys/fs/cgroup"))
			| if .type == "bind" then empty else . end)
		| '"$2" tests/CrunSharp.Oci.Tests/Spec/configs/podman.json >"$1/config.json"
}

# What a program sees inside must be equal before times are compared.
view() {
	local look='for n in mnt uts ipc pid net; do [ "$(readlink /proc/self/ns/$n)" = "$(echo '"$1"' | tr " " "\n" | grep ^$n)" ] && echo "$n is the host'"'"'s"; done
grep -E "^(Cap|NoNewPrivs|Seccomp:)" /proc/self/status; cat /proc/self/cgroup | sed "s/^[0-9]*//" | sort
while read id parent device root point options rest; do echo "$point ${options%%,relatime*}"; done </proc/self/mountinfo | sort'
	jq --arg look "$look" '.process.args = ["/bin/sh", "-c", $look]' "$work/root/config.json" >"$work/look/config.json"
	"${@:2}" run --bundle "$work/look" "look-$$" </dev/null
}

start() {
	echo "== start of an OCI bundle, as root (podman's configuration: docker's filter, cgroups, five namespaces)"
	bundle "$work/root" .
	mkdir -p "$work/look"
	local spaces name difference
	spaces=$(for n in mnt uts ipc pid net; do readlink "/proc/self/ns/$n"; done | tr '\n' ' ')
	view "$spaces" "$ours" >"$work/view.ours"
	for name in "$crun" "$runc"; do
		view "$spaces" "$name" >"$work/view.other"
		difference=$(diff <(grep -E '^(Cap|NoNew|Seccomp|:|[a-z]+ is)' "$work/view.ours") <(grep -E '^(Cap|NoNew|Seccomp|:|[a-z]+ is)' "$work/view.other") || true)
		if [ -n "$difference" ]; then
			echo "bench: containers of $name are not equal to ours, so their times say nothing:" >&2
			printf '%s\n' "$difference" >&2
			exit 1
		fi
		difference=$(diff "$work/view.ours" "$work/view.other" | grep '^[<>]' || true)
		[ -z "$difference" ] || printf 'mounts that differ (< ours, > %s):\n%s\n' "$(basename "$name")" "$difference"
	done

	"$ours" create --bundle "$work/root" floor </dev/null >/dev/null
	"$work/floor" record "$("$ours" state floor | jq .pid)" "$work/plan"
	"$ours" delete --force floor
	local gap
	for gap in 0 200; do
		echo "-- $([ $gap = 0 ] && echo back to back || echo "spaced by $gap ms")"
		"$work/rounds" -g $gap "$rounds" crun "$crun" run --bundle "$work/root" c@ \
			--- crun-sharp-oci "$ours" run --bundle "$work/root" s@ \
			--- floor "$work/floor" run "$work/stage" "$work/plan" \
			--- runc "$runc" run --bundle "$work/root" r@ | tee "$work/table"
		judge "wall, ratio to crun" "$(ratio "$(wall crun-sharp-oci "$work/table")" "$(wall crun "$work/table")")" "$([ $gap = 0 ] && echo 0.65 || echo 0.40)"
		[ $gap != 0 ] || {
			judge "CPU, ratio to crun" "$(ratio "$(cpu crun-sharp-oci "$work/table")" "$(cpu crun "$work/table")")" 0.65
			budget "wall, ratio to runc" "$(ratio "$(wall crun-sharp-oci "$work/table")" "$(wall runc "$work/table")")" 0.20
			budget "wall, ratio to the floor" "$(ratio "$(wall crun-sharp-oci "$work/table")" "$(wall floor "$work/table")")" 1.35
			budget "peak memory, MiB" "$(awk '$1 == "crun-sharp-oci" { print $6 }' "$work/table")" 12
		}
	done

	echo "-- exec into a running container"
	local id runtime
	for runtime in "$crun" "$ours" "$runc"; do
		id=exec-$(basename "$runtime")
		jq --arg path "/crun-sharp-bench/$id" '.linux.cgroupsPath = $path | .process.args = ["/bin/sleep", "1000"]' \
			"$work/root/config.json" >"$work/look/config.json"
		"$runtime" run --detach --bundle "$work/look" "$id" </dev/null >/dev/null 2>&1
	done
	"$work/rounds" "$rounds" crun "$crun" exec exec-"$(basename "$crun")" /bin/true \
		--- crun-sharp-oci "$ours" exec exec-crun-sharp-oci /bin/true \
		--- runc "$runc" exec exec-"$(basename "$runc")" /bin/true | tee "$work/table"
	judge "exec, wall, ratio to crun" "$(ratio "$(wall crun-sharp-oci "$work/table")" "$(wall crun "$work/table")")" 0.7
	for runtime in "$crun" "$ours" "$runc"; do
		"$runtime" delete --force "exec-$(basename "$runtime")"
	done
}

# An ordinary user with subordinate ids: uid, and the words that a command of theirs begins with.
user_make() {
	[ -z "${uid:-}" ] || return 0
	useradd --no-create-home --home-dir "$work/home" crun-sharp-bench
	sed -i '/^crun-sharp-bench:/d' /etc/subuid /etc/subgid
	echo crun-sharp-bench:700000:65536 | tee -a /etc/subuid >>/etc/subgid
	uid=$(id -u crun-sharp-bench)
	mkdir -p "$work/home" "$work/runtime"
	chown "$uid:$uid" "$work/home" "$work/runtime"
	chmod 700 "$work/runtime"
	as_user=(setpriv --reuid "$uid" --regid "$uid" --clear-groups env -i HOME="$work/home" XDG_RUNTIME_DIR="$work/runtime" PATH="$PATH")
}

user_remove() {
	[ -z "${uid:-}" ] || pgrep -u "$uid" | xargs -r kill -9 2>/dev/null || true
	! id crun-sharp-bench >/dev/null 2>&1 || userdel crun-sharp-bench >/dev/null 2>&1 || true
	sed -i '/^crun-sharp-bench:/d' /etc/subuid /etc/subgid
}

rootless() {
	echo "== start of an OCI bundle, as an ordinary user (newuidmap and newgidmap are part of it)"
	user_make
	bundle "$work/user" 'del(.linux.resources, .linux.cgroupsPath) | .linux.namespaces += [{"type": "user"}]
		| .linux.uidMappings = [{"containerID": 0, "hostID": '"$uid"', "size": 1}, {"containerID": 1, "hostID": 700000, "size": 65535}]
		| .linux.gidMappings = .linux.uidMappings | .mounts |= map(select(.type != "cgroup")) | del(.process.oomScoreAdj)'
	cp "$ours" "$crun" "$work/"
	chown -R "$uid:$uid" "$work/user"
	(cd "$work/user" && "${as_user[@]}" \
		"$work/rounds" "$rounds" crun "$work/crun" --cgroup-manager=disabled run --bundle "$work/user" c@ \
		--- crun-sharp-oci "$work/crun-sharp-oci" run --bundle "$work/user" s@) | tee "$work/table"
	judge "wall, ratio to crun" "$(ratio "$(wall crun-sharp-oci "$work/table")" "$(wall crun "$work/table")")" 0.65
}

# A start that others wait for shows here: 16 at once take as long as 16 in turn (podman#29163).
parallel() {
	local copies=16 few=$((rounds / 4 > 0 ? rounds / 4 : 1)) i cores part
	echo "== $copies starts at once, as root"
	[ -f "$work/root/config.json" ] || bundle "$work/root" .
	for i in $(seq 0 $((copies - 1))); do
		mkdir -p "$work/many/$i"
		jq --arg path "/crun-sharp-bench/many-$i" '.linux.cgroupsPath = $path' "$work/root/config.json" >"$work/many/$i/config.json"
	done
	store
	peers_start "$work"
	"${sharp[@]}" pull -q alpine >/dev/null
	podman pull -q "$REGISTRY/library/alpine" >/dev/null
	cores=$(nproc)
	[ "$cores" -le $copies ] || cores=$copies

	"$work/rounds" "$few" crun-sharp-oci "$ours" run --bundle "$work/many/%" s@ \
		--- crun-sharp-oci-at-once -j $copies "$ours" run --bundle "$work/many/%" s@ \
		--- crun "$crun" run --bundle "$work/many/%" c@ \
		--- crun-at-once -j $copies "$crun" run --bundle "$work/many/%" c@ \
		--- crun-sharp "${sharp[@]}" run --rm --network none alpine true \
		--- crun-sharp-at-once -j $copies "${sharp[@]}" run --rm --network none alpine true | tee "$work/table"
	"$work/rounds" "$((few / 4 > 0 ? few / 4 : 1))" podman podman run --rm --network none "$REGISTRY/library/alpine" true \
		--- podman-at-once -j $copies podman run --rm --network none "$REGISTRY/library/alpine" true | tee -a "$work/table"
	for part in crun-sharp-oci crun crun-sharp podman; do
		awk -v name=$part -v one="$(wall $part "$work/table")" -v all="$(wall $part-at-once "$work/table")" -v copies=$copies 'BEGIN {
			printf "  %-24s %6.1f starts a second in turn, %6.1f at once\n", name, 1000 / one, copies * 1000 / all }'
	done
	# Throughput is to grow by two thirds of what the cores could give.
	for part in crun-sharp-oci crun-sharp; do
		budget "$part: wall at once, ratio to the same in turn" \
			"$(ratio "$(wall $part-at-once "$work/table")" "$(awk -v one="$(wall $part "$work/table")" -v n=$copies 'BEGIN { print one * n }')")" \
			"$(awk -v cores="$cores" 'BEGIN { print cores == 1 ? 1.1 : 1.5 / cores }')"
	done
	judge "crun-sharp-oci: wall at once, ratio to crun at once" "$(ratio "$(wall crun-sharp-oci-at-once "$work/table")" "$(wall crun-at-once "$work/table")")" 0.65
}

user() {
	echo "== the engine as an ordinary user: run --rm IMAGE true, image present, no network"
	store
	user_make
	chmod 644 "$work/registries.conf"
	install -m 755 "$engine" "$work/crun-sharp"
	"${sharp[@]}" pull -q alpine >/dev/null
	local theirs=("${as_user[@]}" CONTAINERS_REGISTRIES_CONF="$work/registries.conf" "$work/crun-sharp")
	(cd "$work" && "${theirs[@]}" pull -q alpine >/dev/null)

	# Root goes the same way to its command: setpriv and env are started for both.
	(cd "$work" && "$work/rounds" "$rounds" root setpriv --reuid 0 --regid 0 --clear-groups env -i HOME="$work" PATH="$PATH" "${sharp[@]}" run --rm --network none alpine true \
		--- user "${theirs[@]}" run --rm --network none alpine true) | tee "$work/table"
	budget "wall, ratio to root's" "$(ratio "$(wall user "$work/table")" "$(wall root "$work/table")")" 1.2
}

many() {
	local count=${CONTAINERS:-1000}
	echo "== ps with $count containers that have ended"
	store
	"${sharp[@]}" pull -q alpine >/dev/null
	seq "$count" | xargs -P "$(nproc)" -I NUMBER "${sharp[@]}" run --name many-NUMBER --network none alpine true
	[ "$("${sharp[@]}" ps -aq | wc -l)" -eq "$count" ]
	"$work/rounds" "$((rounds / 3 > 0 ? rounds / 3 : 1))" ps-all "${sharp[@]}" ps -a --- ps "${sharp[@]}" ps | tee "$work/table"
	budget "ps -a, ms" "$(wall ps-all "$work/table")" 50
	budget "ps, ms" "$(wall ps "$work/table")" 50
	"${sharp[@]}" ps -aq | xargs -n 100 "${sharp[@]}" rm -f >/dev/null
}

engine() {
	echo "== the engine: run --rm IMAGE true, image present, no network, as root"
	store
	peers_start "$work"
	"${sharp[@]}" pull -q alpine >/dev/null
	podman pull -q "$REGISTRY/library/alpine" >/dev/null
	local others=(--- podman podman run --rm --network none "$REGISTRY/library/alpine" true)
	if [ ${#docker[@]} -gt 0 ]; then
		"${docker[@]}" pull -q "$REGISTRY/library/alpine" >/dev/null
		others+=(--- docker "${docker[@]}" run --rm --network none "$REGISTRY/library/alpine" true)
	fi
	[ -f "$work/root/config.json" ] || bundle "$work/root" .
	"$work/rounds" "$((rounds / 3))" crun-sharp "${sharp[@]}" run --rm --network none alpine true \
		--- crun-sharp-oci "$ours" run --bundle "$work/root" s@ \
		--- with-network "${sharp[@]}" run --rm alpine true \
		"${others[@]}" | tee "$work/table"
	budget "wall, ratio to our OCI run" "$(ratio "$(wall crun-sharp "$work/table")" "$(wall crun-sharp-oci "$work/table")")" 1.5
	budget "wall, ratio to podman" "$(ratio "$(wall crun-sharp "$work/table")" "$(wall podman "$work/table")")" 0.1
	[ ${#docker[@]} -eq 0 ] || budget "wall, ratio to docker" "$(ratio "$(wall crun-sharp "$work/table")" "$(wall docker "$work/table")")" 0.1
	budget "the default network adds, ms" "$(awk -v a="$(wall with-network "$work/table")" -v b="$(wall crun-sharp "$work/table")" 'BEGIN { print a - b }')" 40
}

# ticks PID...: CPU time of these processes and of their children that ended, in ms.
ticks() {
	local pid sum=0 stat
	for pid in "$@"; do
		stat=$(sed 's/.*) //' "/proc/$pid/stat") || continue
		# shellcheck disable=SC2086
		set -- $stat
		sum=$((sum + ${12} + ${13} + ${14} + ${15}))
	done
	echo $((sum * 1000 / $(getconf CLK_TCK)))
}

# In memory: ext4 takes many seconds of CPU to find inodes that were not freed in the last minute, whoever pulls after a removal.
memory() {
	[ ! -d "$work/memory" ] || return 0
	mkdir "$work/memory"
	mount -t tmpfs -o mode=755 none "$work/memory"
}

pull() {
	echo "== pull of 'big' from a registry on loopback, as root"
	store

	memory
	peers_start "$work/memory"
	local sharp=("$engine" --root "$work/memory/sharp/root" --runroot "$work/memory/sharp/run")
	local times=3 i before after start name
	TIMEFORMAT='%R %U %S'
	: >"$work/pulls"
	for i in $(seq $times); do
		"${sharp[@]}" rmi -f big >/dev/null 2>&1 || true
		{ time "${sharp[@]}" pull -q big >/dev/null; } 2>&1 | sed 's/^/crun-sharp /' >>"$work/pulls"
		podman rmi -f "$REGISTRY/library/big" >/dev/null 2>&1 || true
		{ time podman pull -q "$REGISTRY/library/big" >/dev/null 2>&1; } 2>&1 | sed 's/^/podman /' >>"$work/pulls"
		rm -rf "$work/skopeo"
		{ time skopeo copy -q --src-tls-verify=false "docker://$REGISTRY/library/big" "dir:$work/skopeo" >/dev/null; } 2>&1 | sed 's/^/skopeo-copies /' >>"$work/pulls"
		if [ ${#docker[@]} -gt 0 ]; then
			"${docker[@]}" rmi -f "$REGISTRY/library/big" >/dev/null 2>&1 || true
			# shellcheck disable=SC2046
			before=$(ticks "$docker_pid" $(pgrep -P "$docker_pid"))
			start=$(date +%s%N)
			"${docker[@]}" pull -q "$REGISTRY/library/big" >/dev/null
			after=$(date +%s%N)
			# shellcheck disable=SC2046
			echo "docker $(awk -v a=$start -v b="$after" 'BEGIN { print (b - a) / 1e9 }') $(awk -v a="$before" -v b="$(ticks "$docker_pid" $(pgrep -P "$docker_pid"))" 'BEGIN { print (b - a) / 1000 }') 0" >>"$work/pulls"
		fi
	done
	printf '%-24s %10s %10s\n' "medians of $times" "wall s" "CPU s"
	for name in crun-sharp podman docker skopeo-copies; do
		grep "^$name " "$work/pulls" | awk '{ print $2, $3 + $4 }' >"$work/one" || continue
		printf '%-24s %10.2f %10.2f\n' "$name" "$(cut -d' ' -f1 "$work/one" | sort -n | sed -n $(((times + 1) / 2))p)" \
			"$(cut -d' ' -f2 "$work/one" | sort -n | sed -n $(((times + 1) / 2))p)"
	done | tee "$work/table"
	for name in podman docker; do
		grep -q "^$name " "$work/table" || continue
		budget "CPU, ratio to $name" "$(ratio "$(awk '$1 == "crun-sharp" { print $3 }' "$work/table")" "$(awk -v n=$name '$1 == n { print $3 }' "$work/table")")" 0.25
	done
	"${sharp[@]}" rmi -f big >/dev/null 2>&1 || true
	# A script, as rounds replaces an @ by a number.
	printf '#!/bin/sh\n"$@" rmi -f big >/dev/null 2>&1\nexec "$@" pull -q big >/dev/null\n' >"$work/pull"
	chmod +x "$work/pull"
	"$work/rounds" 1 pull-and-remove "$work/pull" "${sharp[@]}" >"$work/one"
	budget "peak memory of a pull, MiB" "$(awk '$1 == "pull-and-remove" { print $6 }' "$work/one")" 100
}

# middle NAME FILE: the median of the first figure in the lines that begin with NAME.
middle() { awk -v name="$1" '$1 == name { print $2 }' "$2" | sort -n | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'; }

# What has to be done to the bytes of `big` whoever pulls it, each by the fastest program of Debian, one after the other on one core.
parts() {
	echo "== pull of 'big' against the sum of its parts"
	store
	memory
	local sharp=("$engine" --root "$work/memory/sharp/root" --runroot "$work/memory/sharp/run")
	local layout=$PWD/out/images/big inflate=(gzip -dc) layer i sum
	! command -v igzip >/dev/null || inflate=(igzip -dc)
	mkdir "$work/memory/parts"
	local layers=()
	for layer in $(jq -r '.layers[].digest' "$layout/blobs/sha256/$(jq -r '.manifests[0].digest | ltrimstr("sha256:")' "$layout/index.json")"); do
		layers+=("$layout/blobs/sha256/${layer#sha256:}")
	done
	TIMEFORMAT='%R %U %S'
	: >"$work/parts"
	for i in 1 2 3; do
		"${sharp[@]}" rmi -f big >/dev/null 2>&1 || true
		{ time "${sharp[@]}" pull -q big >/dev/null; } 2>&1 | sed 's/^/pull /' >>"$work/parts"
		"${sharp[@]}" rmi -f big >/dev/null
		{ time openssl dgst -sha256 "${layers[@]}" >/dev/null; } 2>&1 | sed 's/^/sha256-compressed /' >>"$work/parts"
		{ time for layer in "${layers[@]}"; do "${inflate[@]}" "$layer"; done >/dev/null; } 2>&1 | sed 's/^/inflate /' >>"$work/parts"
		for layer in "${layers[@]}"; do "${inflate[@]}" "$layer" >"$work/memory/parts/$(basename "$layer").tar"; done
		{ time openssl dgst -sha256 "$work/memory/parts"/*.tar >/dev/null; } 2>&1 | sed 's/^/sha256-plain /' >>"$work/parts"
		{ time for layer in "$work/memory/parts"/*.tar; do
			mkdir "${layer%.tar}"
			tar -xf "$layer" -C "${layer%.tar}" --xattrs --xattrs-include='*'
		done; } 2>&1 | sed 's/^/write /' >>"$work/parts"
		mkdir "$work/memory/parts/blobs"
		{ time cp "${layers[@]}" "$work/memory/parts/blobs"; } 2>&1 | sed 's/^/write-blobs /' >>"$work/parts"
		rm -rf "${work:?}/memory/parts"/*
	done
	printf '%-24s %10s   (medians of 3; inflate by %s, write by tar, all in memory)\n' '' 'wall s' "${inflate[0]}"
	for i in pull sha256-compressed inflate sha256-plain write write-blobs; do printf '%-24s %10.2f\n' $i "$(middle $i "$work/parts")"; done | tee "$work/table"
	sum=$(awk '$1 != "pull" { sum += $2 } END { print sum }' "$work/table")
	budget "pull, wall, ratio to the sum of its parts" "$(ratio "$(wall pull "$work/table")" "$sum")" 1.3
}

host
[ $# -gt 0 ] || set -- start rootless parallel engine user many pull parts
for part; do
	case $part in
	start | rootless | parallel | engine | user | many | pull | parts) "$part" ;;
	*)
		echo "bench: unknown part '$part': start, rootless, parallel, engine, user, many, pull, parts are known" >&2
		exit 2
		;;
	esac
done
