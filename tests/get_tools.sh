#!/bin/sh
# strace, with which `make stress` fails system calls: the one that is there, else Debian's where it may be installed.
# Where it can't be had, the tests that need it say so; `make test` does without.
command -v strace >/dev/null && exit 0
[ "$(id -u)" = 0 ] && as_root="" || as_root="sudo -n"
if command -v apt-get >/dev/null && $as_root true 2>/dev/null; then
    echo "Installing strace, with which tests fail system calls …"
    $as_root apt-get update -qq && $as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends strace >/dev/null && exit 0
fi
echo "strace could not be installed" >&2
