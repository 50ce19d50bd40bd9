#!/usr/bin/env bash
# Runs every test: with cargo-nextest where it is installed, otherwise with cargo's own runner.
# Arguments go to the runner. With CARDWRIGHT_SOAK=1 it is a release build, and shows how many cases were tried.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

soak=${CARDWRIGHT_SOAK:-}
if ! command -v cargo-nextest >/dev/null; then
    exec cargo test ${soak:+--release} "$@" ${soak:+-- --show-output}
fi
profile=${soak:+soak}
profile=${profile:-default}
cargo nextest run ${soak:+--release} --profile "$profile" "$@"
# No test may have printed a key.
CARDWRIGHT_PRINTED=$PWD/target/nextest/$profile/said.xml cargo nextest run ${soak:+--release} --profile search \
    --run-ignored only the_tests_printed_no_key
