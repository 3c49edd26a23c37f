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
run ask docs "What was the availability in September 2025?"
run ask docs "In the cross-section of the barrage, how high is the road deck above chart datum?" --pictures build/demo
run ask docs "三声长鸣是什么意思？"
