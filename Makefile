# The two commands: `make run` and `make test`. Both do all the set-up they need.

ADDR ?= 127.0.0.1:8080
# The tests of the server in which there are streams of events: they run by each way that streams are sent.
STREAMS = access chat client:: clients cors events faults formats http:: slow tail
NATIVE = -p wire -p inspection -p hub -p store -p app -p server -p bench

.DEFAULT_GOAL := help
.PHONY: help setup run watch build test unit e2e size otel audit sbom fmt fmt-check lint fuzz bench bench-console conformance schemathesis

help: ## lists these commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

setup: ## brings the pinned tools, into a cache outside the checkout
	@scripts/setup.sh

run: build ## builds everything and starts Tickertape (ADDR=127.0.0.1:8080)
	@exec target/release/tickertape dev --addr $(ADDR)

watch: setup ## rebuilds and reloads on change: cargo leptos watch
	@scripts/inspector.sh
	@bash -c 'source scripts/env.sh && exec cargo leptos watch'

build: setup ## the release binary, with the pages' assets inside it
	@scripts/build.sh

test: fmt-check lint audit build unit size schemathesis e2e ## every check

unit: setup ## tests of the crates
	@scripts/setup-proxies.sh
	cargo test $(NATIVE)
	TICKERTAPE_FAN_OUT=body cargo test $(NATIVE) --test it -- $(STREAMS)

e2e: build ## tests in a real browser
	@scripts/setup-e2e.sh
	@scripts/setup-proxies.sh
	@bash -c 'source scripts/env.sh && cd end2end && npx tsc --noEmit && TICKERTAPE=../target/release/tickertape npx playwright test'

schemathesis: build ## holds the server against its OpenAPI document
	@scripts/schemathesis.sh

size: build ## holds the assets against their size budgets
	@scripts/size.sh

otel: setup ## the build that exports traces: clippy and its tests; no part of the others
	cargo clippy -p server --features otel --tests -- -D warnings
	cargo test -p server --features otel --test it otel

audit: setup ## holds what is built in against deny.toml and, where they can be reached, advisories
	@scripts/audit.sh

sbom: setup ## writes what a release is made of to target/sbom, as CycloneDX; no part of the tests
	@scripts/sbom.sh

fmt: ## formats the code
	cargo fmt

fmt-check:
	cargo fmt --check

lint: setup ## clippy, by package: a build of all would unify ssr and hydrate
	@scripts/boundaries.sh
	cargo clippy $(NATIVE) --all-targets -- -D warnings
	cargo clippy -p frontend -p inspector --target wasm32-unknown-unknown -- -D warnings

bench: build ## measures the release beside its peers (ROUNDS=5 ONLY="F1 I" SERVERS="limit,tickertape,nchan"); no part of the tests
	@scripts/setup-bench.sh
	cargo build --release -p bench
	@bash -c 'source scripts/env.sh && source scripts/bench-peers.sh && exec target/release/bench compare --peers "$$bench_peers" \
	  --rounds $(or $(ROUNDS),5) --seconds $(or $(SECONDS),1) --only "$(ONLY)" --servers "$(SERVERS)"'

bench-console: build ## measures the console in a browser (RUNS=3 of Lighthouse), some minutes; no part of the tests
	@scripts/bench-console.sh

conformance: build ## holds well-known clients against the standard, and writes docs/conformance.md; no part of the tests
	@scripts/conformance.sh

fuzz: ## fuzzes the parser (SECONDS=600)
	@scripts/fuzz.sh $(or $(SECONDS),600)
