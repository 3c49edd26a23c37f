#!/bin/sh
# A Chromium for the tests that open pages in a browser: the one that is there, else Debian's where it may be
# installed, else the one that playwright fetches into the home directory. Where none of these can be had, the tests
# that need it say so. Usage: sh tests/get_browser.sh PYTHON
for name in chromium-headless-shell chromium chromium-browser google-chrome google-chrome-stable; do
    command -v "$name" >/dev/null && exit 0
done
[ "$(id -u)" = 0 ] && as_root="" || as_root="sudo -n"
if command -v apt-get >/dev/null && $as_root true 2>/dev/null; then
    echo "Installing chromium-headless-shell, in which tests open reports …"
    $as_root apt-get update -qq && $as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends chromium-headless-shell >/dev/null && exit 0
fi
"$1" -m playwright install --only-shell chromium || echo "no browser could be installed" >&2
