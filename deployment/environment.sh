#!/bin/sh
# Makes one of the project's environments from its hashed requirements: deployment/environment.sh NAME
# Whatever is missing on the machine is said in one sentence.
set -eu

name=$1
root=$(cd "$(dirname "$0")/.." && pwd)
environments="$root/.environments"
requirements="$root/requirements/$name.txt"
target="$environments/$name"

fail() {
    echo "make: $1" >&2
    exit 1
}

make_virtual_environment() {
    rm -rf "$1"
    python3 -m venv "$@" || fail "no virtual environment could be made in $1."
}

command -v python3 >/dev/null || fail "Python is missing; install Python 3.11 or later (Debian: apt-get install python3 python3-venv)."
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "$(python3 --version) is too old; Python 3.11 or later is needed."
python3 -c 'import ensurepip, venv' 2>/dev/null || fail "Python's venv module is missing; install it (Debian: apt-get install python3-venv)."

case $name in
node)
    command -v npm >/dev/null || fail "npm is missing, which fetches an engine for the tests; install it (Debian: apt-get install npm)."
    mkdir -p "$target"
    cp "$root/requirements/dynoxide/package.json" "$root/requirements/dynoxide/package-lock.json" "$target/"
    npm ci --prefix "$target" --no-audit --no-fund --silent || fail "npm could not install requirements/dynoxide."
    ;;
installer)
    make_virtual_environment "$target"
    "$target/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --requirement "$requirements" ||
        fail "pip could not install requirements/installer.txt; is there a network?"
    ;;
*)
    make_virtual_environment "$target" --without-pip
    "$environments/installer/bin/python" -m pip --python "$target/bin/python" install --quiet --disable-pip-version-check \
        --require-hashes --no-deps --only-binary :all: --requirement "$requirements" ||
        fail "the packages of requirements/$name.txt could not be installed; is there a network?"
    ;;
esac
touch "$target/.complete"
