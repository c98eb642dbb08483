#!/bin/bash
# make.sh [NAME...]: OCI layouts in out/images, each also pushed to a registry on loopback that runs while this does.
# What it stores stays in out/registry, so that tests and demos need only start a registry on it.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/registry.sh
layouts=$PWD/out/images storage=$PWD/out/registry
[ $# -gt 0 ] || set -- busybox alpine torture lowerlinks oldsparse layers200 big debian

# A layout is made anew when its recipe or the programs in it changed.
stamp_of() {
	# Debian's root takes a minute and a network: not again because another recipe changed.
	case $1 in
	debian) cat images/make.sh ;;
	*) cat images/Maker/*.cs /bin/busybox ;;
	esac | sha256sum | cut -c1-16
}
wanted=()
for name in "$@"; do
	[ "$(cat "$layouts/$name.stamp" 2>/dev/null)" = "$(stamp_of "$name")" ] || wanted+=("$name")
done
[ ${#wanted[@]} -gt 0 ] || exit 0

mkdir -p "$layouts"
dotnet build images/Maker -c Release -v q --nologo >&2
maker=images/Maker/bin/Release/net10.0/image-maker

# Debian's own tool makes the root; the archive's times are those of the release, so that it is the same each time.
debian_root() {
	local mode=root
	[ "$(id -u)" -eq 0 ] || mode=unshare
	SOURCE_DATE_EPOCH=1700000000 mmdebstrap --quiet --mode=$mode --variant=minbase --format=tar \
		--dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' bookworm -
}

trap registry_stop EXIT
trap 'exit 1' HUP INT TERM
registry_start "$storage"
for name in "${wanted[@]}"; do
	echo "image $name"
	if [ "$name" = debian ]; then
		debian_root | "$maker" "$layouts" debian
	else
		"$maker" "$layouts" "$name"
	fi
	skopeo copy --quiet --insecure-policy --dest-tls-verify=false "oci:$layouts/$name:latest" "docker://$REGISTRY/library/$name:latest"
	stamp_of "$name" >"$layouts/$name.stamp"
done
