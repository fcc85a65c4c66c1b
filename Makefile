# Everything a newcomer needs: `make demo` and `make test` set themselves up.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
CARGO ?= cargo
STAGE := scripts/stage
# nextest runs the tests of all crates side by side; plain cargo does the same work one crate at a time.
NEXTEST := $(shell $(CARGO) nextest --version >/dev/null 2>&1 && echo yes)

.PHONY: help setup demo test shots lint bench peers soak release catalogue check-snapshots

help: ## what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: ## fetch the pinned solvers into .z3/
	@scripts/setup

demo: setup ## build, and answer four questions about the example organization
	@$(CARGO) run --locked --release --quiet -- demo

test: setup ## all tests
	@$(STAGE) "build the tests" $(CARGO) test --locked --workspace --no-run --quiet
ifeq ($(NEXTEST),yes)
	@$(STAGE) "documentation tests" $(CARGO) test --locked --workspace --doc --quiet
	@$(STAGE) "tests" $(CARGO) nextest run --locked --workspace --no-fail-fast --status-level slow
else
	@$(STAGE) "tests" $(CARGO) test --locked --workspace --no-fail-fast
endif
	@$(STAGE) "report in Chromium" env PAGES="$${CARGO_TARGET_DIR:-target}/debug/pages" tests/chromium/run

shots: setup ## pictures of the report, to look at (target/chromium/shots)
	@tests/chromium/run shots

lint: setup ## format, clippy with the deny-list, licences and sources of the dependencies
	@$(STAGE) "format" $(CARGO) fmt --all --check
	@$(STAGE) "clippy" $(CARGO) clippy --locked --workspace --all-targets --quiet -- -D warnings
	@$(STAGE) "documentation" env RUSTDOCFLAGS="-D warnings -A rustdoc::private_intra_doc_links" $(CARGO) doc --locked --workspace --no-deps --document-private-items --quiet
	@$(STAGE) "dependencies" scripts/check_dependencies

bench: setup ## speed: criterion for the parts, tables for generated accounts and for escalation in them, all pairs of AWS-managed policies
	@$(STAGE) "criterion" $(CARGO) bench --locked --quiet -p gateproof-benches --bench speed -- --warm-up-time 1 --measurement-time 3
	@$(STAGE) "accounts" $(CARGO) run --locked --release --quiet -p gateproof-benches --bin measure -- 100 1000 10000
	@$(STAGE) "escalation" $(CARGO) run --locked --release --quiet -p gateproof-benches --bin escalation -- 1000 10000
	@$(STAGE) "pairs" $(CARGO) run --locked --release --quiet -p gateproof-benches --bin pairs
	@scripts/policy_versions.py target/policy-versions.jsonl
	@$(STAGE) "versions" $(CARGO) run --locked --release --quiet -p gateproof-benches --bin versions -- target/policy-versions.jsonl --strings 20 --cvc5 200

peers: setup ## the same questions to gateproof, iamprover and PMapper (PyPI): speed, and answers that differ
	@python3 -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --upgrade --target target/peers --requirement scripts/requirements-peers.txt
	@$(CARGO) build --locked --release --quiet -p gateproof -p gateproof-benches
	@scripts/peers.py 100 12
	@scripts/peers.py 1000 12
	@scripts/peers_escalation.py 100

soak: setup ## the long differential runs: every test whose name starts with `soak`, at full size
	@GATEPROOF_SOAK=1 $(STAGE) "soak" scripts/soak

release: ## a binary with Z3 linked statically, where CMake and the C++ compiler allow
	@scripts/release

catalogue: ## model/data again, from the packages pinned in scripts/catalogue (needs npm)
	@scripts/catalogue/refresh

check-snapshots: ## compare the example snapshots and the inventory's kinds with botocore's API models
	@python3 -m pip install --quiet --disable-pip-version-check --target target/botocore 'botocore==1.44.5' 'pyyaml==6.0.4'
	@PYTHONPATH=target/botocore scripts/check_snapshot_shapes.py corpus/snapshots/acme corpus/snapshots/acme-fixed
	@PYTHONPATH=target/botocore scripts/check_inventory_paths.py model/inventory/*.yaml
	@PYTHONPATH=target/botocore scripts/check_collection.py model/collection.yaml
