# `make help` lists the targets.
# Everything is built from this clone; only package registries and, for tests, the Debian archive are contacted.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:

CARGO ?= cargo
NPM ?= npm
TARGET_FOLDER := $(if $(CARGO_TARGET_DIR),$(CARGO_TARGET_DIR),target)

# Chromium comes from Debian, so Playwright has nothing to download.
export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD = 1

.PHONY: help run build web check fmt bench test test-tools test-format test-web test-lint test-rust test-browser

help: ## Show this list.
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## Build everything in the release profile and start Rapport with sample data.
	"$(TARGET_FOLDER)/release/rapport" demo

build: web ## Build the web interface and the server in the release profile.
	$(CARGO) build --release --locked -p rapport

web: web/node_modules/.package-lock.json ## Build the web interface into web/dist.
	rm -rf web/dist
	cd web && $(NPM) run build

check: web/node_modules/.package-lock.json ## Fast loop: lint and type-check without running a test.
	$(CARGO) clippy --workspace --all-targets
	cd web && $(NPM) run typecheck

fmt: web/node_modules/.package-lock.json ## Format the sources.
	$(CARGO) fmt --all
	cd web && $(NPM) run format

bench: ## Measure throughput and latency in the release profile.
	$(CARGO) run --release --locked -p rapport -- bench

test: test-tools test-format test-web test-lint test-rust test-browser ## Install what the tests need, then run all of them.
	@echo "All tests passed."

test-tools:
	scripts/check-tools.sh
	scripts/install-test-dependencies.sh

test-format: ## Formatting of the Rust sources.
	$(CARGO) fmt --all --check

# The interface is built before the server because the server embeds it.
test-web: web/node_modules/.package-lock.json ## Types, lints and unit tests of the web interface, and its build.
	cd web && $(NPM) run check
	rm -rf web/dist
	cd web && $(NPM) run build

test-lint: ## Clippy without a single warning.
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings

# Building the binaries together with the tests keeps one set of features, so that nothing is compiled twice.
test-rust: ## Unit and integration tests of the server.
	$(CARGO) build --workspace --bins --tests --locked
	$(CARGO) test --workspace --locked

test-browser: tests/browser/node_modules/.package-lock.json ## Whole paths in a real Chromium against the built server.
	$(CARGO) build --workspace --bins --tests --locked
	cd tests/browser && RAPPORT_BIN_FOLDER="$(abspath $(TARGET_FOLDER))/debug" $(NPM) test

# npm writes this file last, so it is newer than the lock file exactly when the installed packages match it.
%/node_modules/.package-lock.json: %/package-lock.json
	cd $* && $(NPM) ci --no-audit --no-fund
	@touch $@
