#!/bin/sh
# Makes one of the project's environments from its hashed requirements: deployment/environment.sh NAME
# It first prints how much disk it needs, then its progress. If a program is missing, it prints one sentence that names it.
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

# Its size on disk, in MB, and its purpose; a test measures the size. Files that environments share are stored once.
case $name in
installer) takes=12 for="to install the others" ;;
development) takes=246 for="for the local city, tests and checks" ;;
emulator) takes=74 for="for the embedded AWS" ;;
sam) takes=200 for="to build and deploy" ;;
simulator) takes=561 for="to simulate policies, and for disclosure control" ;;
browser) takes=230 for="to test the apps in a browser" ;;
node) takes=8 for="for the tests of stores" ;;
clients) takes=82 for="to test that public generators can make clients" ;;
*) fail "there is no environment $name." ;;
esac

# Shows pip's output as one line for each package that is fetched; without a terminal, for every tenth.
progress() {
    awk -v all="$1" -v terminal="$2" '
        /^(Collecting|Processing) / { n++; sub(/.*\//, "", $2); sub(/(==|-[0-9]).*/, "", $2)
            if (terminal) { printf "\r  %d of %d: %-50s", n, all, $2; fflush() }
            else if (n % 10 == 0 || n == all) { printf "  %d of %d\n", n, all; fflush() } }
        /^Installing collected/ { printf terminal ? "\r  Unpacking %d packages.%-50s\n" : "  Unpacking %d packages.\n", all, ""; fflush() }'
}

install() {
    all=$(grep -c '^[A-Za-z0-9].*==' "$requirements")
    terminal=; [ -t 1 ] && terminal=1
    # Bytecode of modules that are never imported would take a third of the disk. Python writes that of the others at import.
    { "$@" --disable-pip-version-check --progress-bar off --no-compile --require-hashes --no-deps --requirement "$requirements" \
        2>"$target/install.log" || touch "$target/.failed"; } | progress "$all" "$terminal"
    [ ! -e "$target/.failed" ] || { cat "$target/install.log" >&2; return 1; }
}

install_python() {
    make_virtual_environment "$target" --without-pip
    install "$environments/installer/bin/python" -m pip --python "$target/bin/python" install --only-binary :all: ||
        fail "the packages of requirements/$name.txt could not be installed; is there a network?"
    leave_out
    python3 "$root/deployment/share.py" "$target"
}

install_node() {
    mkdir -p "$target"
    cp "$root/requirements/$1/package.json" "$root/requirements/$1/package-lock.json" "$target/"
    npm ci --prefix "$target" --no-audit --no-fund --silent || fail "npm could not install requirements/$1."
}

# Deletes tests of packages and headers for compilers.
leave_out() {
    find "$target/lib" -type d \( -name tests -o -path '*/pyarrow/include' \) -prune -exec rm -rf {} +
}

command -v python3 >/dev/null || fail "Python is missing; install Python 3.11 or later (Debian: apt-get install python3 python3-venv)."
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "$(python3 --version) is too old; Python 3.11 or later is needed."
python3 -c 'import ensurepip, venv' 2>/dev/null || fail "Python's venv module is missing; install it (Debian: apt-get install python3-venv)."
case $name in node | clients)
    command -v npm >/dev/null ||
        fail "npm is missing, which fetches what the tests need; install it (Debian: apt-get install npm)." ;;
esac

echo "· Making the environment $name, $for: $takes MB in .environments/$name, once."
case $name in
node)
    install_node dynoxide
    ;;
clients)
    install_python
    install_node generator
    ;;
installer)
    make_virtual_environment "$target"
    install "$target/bin/python" -m pip install || fail "pip could not install requirements/installer.txt; is there a network?"
    ;;
*)
    install_python
    ;;
esac
touch "$target/.complete"
