#!/bin/sh
# What `make demo` shows: an index of examples/docs, and three questions to it.
set -eu

run() {
    printf '\n$ mmrag'
    for word in "$@"; do
        case $word in
        *[!A-Za-z0-9/._-]*) printf ' "%s"' "$word" ;;
        *) printf ' %s' "$word" ;;
        esac
    done
    printf '\n'
    mmrag "$@"
}

run index examples/docs
run ask docs "When was the tidal power station commissioned?"
run ask docs "In which month does the run of silver eels peak?" --pictures build/demo
run ask docs "三声长鸣是什么意思？"
printf '\nThe pages that the second answer stands on are drawn in build/demo, with the evidence outlined.\n'
