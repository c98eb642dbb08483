#!/bin/bash
# Builds the C half and crun-sharp-oci a second time, from a clone at another place, and compares them with out/.
# crun-sharp is made by the same steps and takes a minute: `reproducible.sh all` compares it too.
set -euo pipefail
cd "$(dirname "$0")/.."
files='native/crun-sharp-stage native/libcrunsharp_launch.a native/libcrunsharp_main.a crun-sharp-oci'
[ "${1:-}" != all ] || files="$files crun-sharp"
first=$PWD/out

# A commit that changed no source is in --version all the same.
commit=$(git rev-parse HEAD)
out/crun-sharp-oci --version | grep -q "$commit" || tools/publish.sh src/CrunSharp.OciCli out/crun-sharp-oci "$RID"
case $files in
*' crun-sharp') out/crun-sharp --version | grep -q "$commit" || tools/publish.sh src/CrunSharp.Cli out/crun-sharp "$RID" ;;
esac

clone=$(mktemp -d /tmp/crun-sharp-reproducible-XXXXXX)
trap 'rm -rf "$clone"' EXIT
trap 'exit 1' HUP INT TERM
git clone -q . "$clone"
git diff --binary HEAD | git -C "$clone" apply --allow-empty
cd "$clone"
make -s native
for file in $files; do
	case $file in
	crun-sharp) tools/publish.sh src/CrunSharp.Cli out/crun-sharp "$RID" ;;
	crun-sharp-oci) tools/publish.sh src/CrunSharp.OciCli out/crun-sharp-oci "$RID" ;;
	esac
	cmp "$first/$file" "out/$file"
	echo "the same twice: $file"
done
