#!/usr/bin/env bash
# Runs every test, and then searches what they printed for keys. Arguments go to the tests' own runner: names, to run
# those alone. With CARDWRIGHT_SOAK=1 it is a release build.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

release=${CARDWRIGHT_SOAK:+--release}
printed=$PWD/target/printed.txt
mkdir -p target
# Where drawing looks for a display; without the name it says "error" for each window that a test draws.
export XDG_RUNTIME_DIR=${XDG_RUNTIME_DIR:-$PWD/target}
# What passes is shown as well, so that it is searched.
cargo test $release --no-fail-fast -- --show-output "$@" 2>&1 | tee "$printed"
# A search that is not there would pass, too.
CARDWRIGHT_PRINTED=$printed cargo test $release --test all -- --exact --ignored key_search::the_tests_printed_no_key |
    tee >(cat >&2) | grep "1 passed" >/dev/null
