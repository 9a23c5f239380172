#!/bin/sh
# Compiles what was built: deployment/bytecode.sh FOLDER INSTALLED_AT
#
# SAM archives files with dates of 1980, so that ordinary bytecode looks stale and Lambda compiles everything again at each
# cold start. `unchecked-hash` bytecode is taken as it is. It must come from the minor version that will read it: of a
# build for Lambda, when this machine has no python3.13, the bytecode is left out.
set -eu

folder=$1
installed_at=$2
target=${TARGET:-x86_64}
root=$(cd "$(dirname "$0")/.." && pwd)

if [ "$target" = host ]; then
    python="$root/.environments/installer/bin/python"
elif python3.13 -c '' 2>/dev/null; then
    python=python3.13
else
    echo "No python3.13 on this machine: $(basename "$folder") is built without bytecode, and starts more slowly." >&2
    exit 0
fi

# The paths inside bytecode are those of the deployed file: a build in another folder is the same build.
"$python" -m compileall -q -f -j 0 --invalidation-mode unchecked-hash -s "$folder" -p "$installed_at" "$folder"
