#!/usr/bin/env bash
# Builds the fuzz targets of fuzz/ and runs each for FUZZ_SECONDS (600 by default), two at once. Fails when one
# crashes, hangs for 10 s on one input or takes more than 1 GiB of memory; the input is then in target/fuzz/TARGET/.
# The stable compiler does: coverage is LLVM's own, and libFuzzer comes with libfuzzer-sys.
#
# usage: scripts/fuzz.sh [TARGET...]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

seconds=${FUZZ_SECONDS:-600}
host=$(rustc -vV | sed -n 's/^host: //p')
built=target/fuzz-build
targets=("$@")
if [ "${#targets[@]}" -eq 0 ]; then
    mapfile -t targets < <(sed -n 's|^path = "targets/\(.*\)\.rs"|\1|p' fuzz/Cargo.toml)
fi

# Naming the host as target keeps the flags away from build scripts.
export RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Ccodegen-units=1
    -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
    -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares"
cargo build --locked --manifest-path fuzz/Cargo.toml --target-dir "$built" --target "$host" --release

# Runs one target, from what it has found before and the samples of the tests, and says how it ended.
fuzz_one() {
    local target=$1 home=target/fuzz/$1 options=()
    mkdir -p "$home/corpus"
    case $target in
        flipper) cp tests/data/*.nfc "$home/corpus/" ;;
        proxmark3 | dumps) cp tests/data/*.json "$home/corpus/" ;;
        keys) cp tests/data/*.jsonl "$home/corpus/" ;;
    esac
    if [ -e "fuzz/dictionaries/$target.txt" ]; then
        options+=("-dict=fuzz/dictionaries/$target.txt")
    fi
    if "$built/$host/release/$target" "$home/corpus" "${options[@]}" -artifact_prefix="$home/" \
        -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -max_len=16384 -print_final_stats=1 \
        >"$home/log" 2>&1; then
        echo "fuzz: $target: clean after $(sed -n 's/^stat::number_of_executed_units: *//p' "$home/log") inputs in $seconds s"
    else
        tail -n 40 "$home/log"
        echo "fuzz: $target: FAILED, see $home/" >&2
        return 1
    fi
}
export -f fuzz_one
export seconds host built

printf '%s\n' "${targets[@]}" | xargs -P 2 -I{} bash -euo pipefail -c 'fuzz_one {}'
