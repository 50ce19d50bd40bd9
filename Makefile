# Each target does its own set-up: on a fresh Debian only Rust, git, make and apt need to be there.

.PHONY: run test check soak bench

# Build the workbench and open it.
run:
	scripts/setup.sh run
	cargo run

# Every test, in the small size that runs on every change.
test:
	scripts/setup.sh test
	scripts/run-tests.sh

# Format, lints, and the licences, advisories and sources of what the crate is built from.
check:
	scripts/setup.sh run
	cargo fmt --all --check
	cargo fmt --check --manifest-path fuzz/Cargo.toml
	cargo clippy --workspace --all-targets -- -D warnings
	scripts/check-deps.sh

# The same tests in the large size: release build, full matrices and counts, which it shows; then each fuzz target for
# FUZZ_SECONDS (600).
soak:
	scripts/setup.sh soak
	CARDWRIGHT_SOAK=1 PROPTEST_CASES=4096 scripts/run-tests.sh
	scripts/fuzz.sh

# Whether the peer's client and card agree with ours, then how fast it is, beside peers in the same run: a table, and
# target/bench.json.
bench:
	scripts/setup.sh test
	cargo run --release --package cardwright-bench
