#!/bin/bash
# Every kind of test, each even when one before it failed; ends with 1 if any did.
cd "$(dirname "$0")/.." || exit 1
status=0
rm -rf out/reports
for target in unit check host-test uml-test reproducible security; do
	echo "== make $target"
	started=$SECONDS
	make "$target" || {
		status=1
		echo "make $target failed"
	}
	echo "== make $target took $((SECONDS - started)) s"
done
exit $status
