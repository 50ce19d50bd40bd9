#!/usr/bin/env bash
# Runs every test: with cargo-nextest where it is installed, otherwise with cargo's own runner.
# Arguments go to the runner. With CARDWRIGHT_SOAK=1 it is a release build, and shows how many cases were tried.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

soak=${CARDWRIGHT_SOAK:-}
if command -v cargo-nextest >/dev/null; then
    exec cargo nextest run ${soak:+--release --profile soak} "$@"
fi
exec cargo test ${soak:+--release} "$@" ${soak:+-- --show-output}
