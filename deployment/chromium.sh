#!/bin/sh
# Chromium and a Korean font, which the tests of the web's apps open pages with: installed where that is possible, else named.
set -eu

missing=
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || missing="chromium"
fc-list :lang=ko 2>/dev/null | grep -q . || missing="$missing fonts-nanum"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "· Installing $missing, to test the apps in a browser: up to 405 MB, once."
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing; } >/dev/null 2>&1 && exit 0
    echo "make: apt-get could not install $missing." >&2
fi
echo "· The apps are not tested in a browser: install $(echo $missing | sed 's/ / and /') (Debian: apt-get install $missing), and run make again." >&2
