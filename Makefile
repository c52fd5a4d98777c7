# Development commands: `make help` lists them.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

.PHONY: help run test screenshots lint bench bench-instructions bench-peers canary-soak verify-soak fuzz verify compose-test cluster-test

help: ## List these commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 20

run: ## Serve on port 8080
	cargo run --release

test: ## Run every test that this machine can run; skipped tests say so
	cargo test

screenshots: ## Write pictures of the live page to target/screenshots (needs chromium and chromedriver)
	LAB_REQUIRED=1 cargo test --test page -- --ignored --nocapture screenshots

lint: ## Check formatting, clippy, docs and the CI workflow; warnings are errors
	cargo fmt --check
	cargo fmt --check --all --manifest-path benches/peers/rust/Cargo.toml
	cargo clippy --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --document-private-items --locked
	@if command -v actionlint >/dev/null; then actionlint .github/workflows/*.yml; \
	else echo "skipped: actionlint is not installed: go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.12"; fi

bench: ## Measure a draw, an observation, a scrape, and how late the clock wakes
	cargo bench --bench micro
	cargo bench --bench clock

bench-instructions: ## Count the instructions of a request (needs valgrind)
	cargo bench --bench instructions

bench-peers: ## Measure CPU and memory per request, beside other servers
	cargo build --release
	cargo bench --bench peers

canary-soak: ## Run 90 rounds of `canary` on a healthy pipeline; its memory may not grow
	cargo test --test canary -- --ignored --nocapture memory

verify-soak: ## Run `verify` 200 times on a healthy pipeline; none may fail
	cargo test --test verify -- --ignored --nocapture healthy_runs

fuzz: ## Fuzz the delay grammar and the headers, a minute each (needs nightly and cargo-fuzz)
	cargo +nightly fuzz run spec -- -max_total_time=60
	cargo +nightly fuzz run headers -- -max_total_time=60

verify: ## Check the running compose stack, with no other traffic
	docker compose stop load
	code=0; docker compose run --rm verify || code=$$?; docker compose start load; exit $$code

compose-test: ## Build and test the compose stack, about ten minutes
	cargo test --test compose -- --ignored --nocapture

cluster-test: ## Lint the manifests, and test them in the cluster of the current context, about 13 minutes
	tests/cluster/lint.sh
	tests/cluster/run.sh
