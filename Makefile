# What can be done here: `make help`.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

.PHONY: help run test lint bench bench-peers fuzz verify compose-test cluster-test

help: ## Say what can be done
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 18

run: ## Serve on port 8080
	cargo run --release

test: ## Every test that this machine can run; what is skipped says so
	cargo test

lint: ## Formatting, clippy and docs, with warnings as errors
	cargo fmt --check
	cargo clippy --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --document-private-items --locked

bench: ## Draw, record, scrape, encode; and how late the clock wakes
	cargo bench --bench micro
	cargo bench --bench clock

bench-peers: ## CPU and memory a request, beside other servers
	cargo build --release
	cargo bench --bench peers

verify-soak: ## 200 runs of `verify` on a healthy pipeline, of which none may raise an alarm
	cargo test --test verify -- --ignored --nocapture healthy_runs

fuzz: ## The grammar and the headers, a minute each (needs nightly and cargo-fuzz)
	cargo +nightly fuzz run spec -- -max_total_time=60
	cargo +nightly fuzz run headers -- -max_total_time=60

verify: ## Hold the running compose stack to what goes in, alone
	docker compose stop load
	code=0; docker compose run --rm verify || code=$$?; docker compose start load; exit $$code

compose-test: ## Build and try the whole compose stack, about ten minutes
	cargo test --test compose -- --ignored --nocapture

cluster-test: ## Lint the manifests and try them in the cluster of the current context, about 13 minutes
	tests/cluster/lint.sh
	tests/cluster/run.sh
