#!/bin/bash
# One report over everything that can start an image on this host: process, ladder, runtimes, engines, virtual machines.
# As root, on a quiet machine.      bench/vm.sh [DIR]      (out/bench-vm)
#   IMAGE=    another image of out/images (alpine); OPTIONS=    more options of `crun-sharp bench all`
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/peers.sh
. tools/registry.sh
peers_enter "$@"
directory=${1:-out/bench-vm}
image=${IMAGE:-alpine}

finish() {
	local status=$?

	# A signal to this script alone: the bench clears up what it has begun.
	[ -z "${bench:-}" ] || { kill "$bench" && wait "$bench"; } 2>/dev/null || true
	registry_stop
	peers_finish
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

peers_start "$work"
sharp=(out/crun-sharp --root "$work/sharp/root" --runroot "$work/sharp/run")
"${sharp[@]}" pull -q "$image" >/dev/null
# shellcheck disable=SC2086
"${sharp[@]}" bench all --condition back-to-back,spaced,cold --output "$directory" ${OPTIONS:-} "$image" &
bench=$!
wait "$bench"
bench=
