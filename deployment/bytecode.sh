#!/bin/sh
# Compiles what was built: deployment/bytecode.sh FOLDER INSTALLED_AT
#
# SAM archives files with dates of 1980, so ordinary bytecode looks stale, and Lambda compiles everything again at each
# cold start. Python does not check `unchecked-hash` bytecode. It must come from the minor version that will read it, so a
# build for Lambda has none when this machine has no python3.13.
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

# Bytecode contains the paths of the deployed files, so that a build in another folder has the same digest.
"$python" -m compileall -q -f -j 0 --invalidation-mode unchecked-hash -s "$folder" -p "$installed_at" "$folder"
