#!/bin/sh
# Compiles one project ahead of time and puts the executable, stripped, where $2 says.
set -eu
project=$1 executable=$2 rid=$3
name=$(basename "$executable")
staging=out/publish/$name
rm -rf "$staging"
dotnet publish "$project" -c Release -r "$rid" -o "$staging" -v q --nologo
mkdir -p "$(dirname "$executable")"

# The old file may be running: a new inode, not new bytes in the old one.
cp "$staging/$name" "$executable.new"
mv -f "$executable.new" "$executable"
