#!/usr/bin/env bash
# Checks what the crate is built from with cargo-deny (deny.toml), which is installed the first time.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if ! command -v cargo-deny >/dev/null; then
    echo "check: installing cargo-deny (once)"
    cargo install --locked cargo-deny
fi
if cargo deny fetch db; then
    cargo deny check --disable-fetch
else
    echo "check: the advisory database cannot be fetched; advisories were NOT checked"
    cargo deny check licenses bans sources
fi
