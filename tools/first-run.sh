#!/bin/bash
# The first container: the real alpine where Docker Hub can be reached. Elsewhere an image of images/, pulled under
# that name from a registry on loopback, with a store and a registries.conf that are not the user's.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/registry.sh
program=out/crun-sharp
if [ -t 0 ] && [ -t 1 ]; then
	arguments=(run --rm -it alpine sh)
else
	arguments=(run --rm alpine cat /etc/os-release)
fi
if [ ! -w /dev/net/tun ]; then
	echo "this user may not open /dev/net/tun, so the container gets no network (sudo chmod 0666 /dev/net/tun changes that)"
	arguments=(run --network none "${arguments[@]:1}")
fi

if problem=$(timeout 60 "$program" pull -q alpine 2>&1); then
	echo "\$ crun-sharp ${arguments[*]}"
	exec "$program" "${arguments[@]}"
fi

echo "docker.io/library/alpine cannot be pulled here:"
printf '%s\n' "$problem" | sed 's/^/  /'
echo "so alpine is now Debian's busybox, made by images/, from a registry on loopback (store: out/demo)"
images/make.sh alpine
mkdir -p out/demo
trap registry_stop EXIT
trap 'exit 1' HUP INT TERM
registry_start "$PWD/out/registry"
cat >out/demo/registries.conf <<END
[[registry]]
prefix = "docker.io"
location = "docker.io"

[[registry.mirror]]
location = "$REGISTRY"
insecure = true
END
export CONTAINERS_REGISTRIES_CONF=$PWD/out/demo/registries.conf
store=(--root "$PWD/out/demo/store" --runroot "$PWD/out/demo/run")
"$program" "${store[@]}" pull alpine

# The script stays, to stop the registry; Ctrl-C belongs to the container.
trap : INT
echo "\$ crun-sharp ${arguments[*]}"
"$program" "${store[@]}" "${arguments[@]}"
