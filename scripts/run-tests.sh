#!/usr/bin/env bash
# Runs every test: with cargo-nextest where it is installed, otherwise with cargo's own runner.
# Arguments go to the runner.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if command -v cargo-nextest >/dev/null; then
    exec cargo nextest run "$@"
fi
exec cargo test "$@"
