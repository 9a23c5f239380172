#!/bin/sh
# Pins every requirements file by hash, for any platform and Python 3.11 or later; no registry is named in any of them.
set -eu
cd "$(dirname "$0")/.."

pin() {
    .environments/development/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
        --no-header --no-annotate --no-emit-index-url "$1.in" --output-file "$1.txt"
}

# The layers come first: the requirements of development and the simulator use their versions.
pin layers/dependencies/requirements
pin layers/pages/requirements
pin layers/simulation/requirements
pin layers/optimisation/requirements
for environment in installer development emulator sam simulator clients browser; do
    pin "requirements/$environment"
done
for folder in dynoxide generator; do
    npm update --prefix "requirements/$folder" --package-lock-only --silent
done
npm update --prefix web --package-lock-only --silent
