# Every verb of the project; `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench lock schema
PYTHON ?= python3
BIN := .venv/bin
UV := .venv/uv/bin/uv

help: ## list these verbs
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/installed ## make .venv and install the locked packages into it

demo: .venv/runnable ## every engine, a week of history, then live traffic; Ctrl-C stops all of it
	@exec $(BIN)/anlyt dev --demo

test: setup .venv/tools/prometheus .venv/tools/pgbouncer .venv/tools/helm4 ## the whole test suite on real engines
	$(BIN)/pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

check: setup ## formatting, lint, types, import contracts, docs and schema drift
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tools.export --check

bench: setup ## ratios against naive and raw peers, side by side (BENCH=smoke for a short run)
	$(BIN)/python -m bench $(BENCH)

schema: setup ## export schema/graph.graphql, schema/openapi.json and the generated reference pages
	$(BIN)/python -m tools.export

lock: $(UV) ## resolve the newest versions into requirements.lock
	$(UV) pip compile pyproject.toml --group dev --universal --python-version 3.11 --upgrade \
	  --generate-hashes --no-emit-index-url --no-header --quiet -o requirements.lock

# uv lives inside .venv in a venv of its own, so that syncing the locked packages cannot remove it.
$(UV):
	$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("anlyt needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv --without-pip .venv
	$(PYTHON) -m venv .venv/uv
	.venv/uv/bin/python -m pip install --quiet --disable-pip-version-check uv

INSTALL := $(UV) pip install --quiet --python $(BIN)/python
EDITABLE := --no-deps --no-build-isolation --editable .

.venv/installed: requirements.lock pyproject.toml | $(UV)
	$(UV) pip sync --quiet --python $(BIN)/python requirements.lock
	$(INSTALL) $(EDITABLE)
	@touch .venv/runnable $@

# What the demo runs, of the same locked packages: half of all. Where all are installed, nothing is left to do.
.venv/runnable: requirements.lock pyproject.toml | $(UV)
	$(INSTALL) --require-hashes --constraint requirements.lock --requirement pyproject.toml --all-extras --group build
	$(INSTALL) $(EDITABLE)
	@touch $@

# Without it, the tests of the alerts fail and say why; all others run.
.venv/tools/prometheus: | .venv/installed
	-$(BIN)/python -m tools.prometheus

# Without it, the tests of connections through a pooler fail and say why; all others run.
.venv/tools/pgbouncer: | .venv/installed
	-$(BIN)/python -m tools.pgbouncer

# Without what npm brings, the tests of charts, pages and conformance fail and say why; all others run.
.venv/tools/helm4: tools/node/package-lock.json | .venv/installed
	-$(BIN)/python -m tools.node
