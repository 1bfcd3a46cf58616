# All commands of the project; `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help setup demo the-line-above-says-what-to-do test deployment check bench prove soak lock pictures schema docs clients
PYTHON ?= python3
BIN := .venv/bin
UV := .venv/uv/bin/uv

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/installed .venv/assets ## create .venv and install the locked packages into it

demo: the-line-above-says-what-to-do ## run all engines with a week of history, then live traffic; Ctrl-C stops them

# After a failure, the last line on the screen is make's own, with the name of this target.
the-line-above-says-what-to-do: .venv/runnable .venv/assets
	@exec $(BIN)/anlyt dev --demo

# One more than cores, because tests often wait for engines. Each has engines of its own.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print(min(os.cpu_count() + 1, 5))')
TOOLS := $(addprefix .venv/tools/, alertmanager pgbouncer strace chromium/chromium helm4 deployment site golang/debian/usr/bin/go)
test: setup $(TOOLS) ## run the whole test suite on real engines
	$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

deployment: setup $(TOOLS) ## run the scenarios of deployment at length, with many faults, and print what they measure
	$(BIN)/pytest tests/deployment --length long --timeout 7200 -s

check: setup ## check formatting, lint, types, import contracts, and drift of docs and schemas
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tools.export --check

bench: setup ## compare with naive and raw implementations, side by side (BENCH=smoke for a short run)
	$(BIN)/python -m bench $(BENCH)

prove: setup ## ask random questions in all ways on real engines, and compare (PROVE='--minutes 60 --seed 7')
	$(BIN)/python -m tests.prove $(PROVE)

soak: setup .venv/tools/deployment ## run a whole deployment under load and faults, and compare all (SOAK='--minutes 60 --rate 3000')
	$(BIN)/python -m tests.soak $(SOAK)

pictures: setup .venv/tools/chromium/chromium ## take the pictures of pages in docs/pictures, of a demo of their own
	$(BIN)/python -m tools.pictures

schema: setup ## export schema/graph.graphql, schema/openapi.json and the generated reference pages
	$(BIN)/python -m tools.export

docs: setup .venv/tools/site ## build the documentation as a site with search, in site/; a broken link fails
	$(BIN)/python -m tools.site

clients: setup ## build the client packages for Python and TypeScript, in dist/
	$(BIN)/python -m tools.clients

COMPILE := $(UV) pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-header --quiet
lock: $(UV) ## resolve the newest versions into the lock files
	$(COMPILE) --extra dev --group dev --upgrade -o requirements.lock
	$(COMPILE) --constraint requirements.lock --upgrade -o requirements-image.lock
	$(subst pyproject.toml,tools/deployment/requirements.in,$(COMPILE)) --upgrade -o tools/deployment/requirements.lock
	$(subst pyproject.toml,tools/site/requirements.in,$(COMPILE)) --upgrade -o tools/site/requirements.lock
	$(subst pyproject.toml,clients/python/pyproject.toml --all-extras,$(COMPILE)) --upgrade -o clients/python/requirements.lock

# uv has a venv of its own inside .venv, so that syncing the locked packages cannot remove it.
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

# The locked packages that the demo needs. Where all packages are installed, this installs none.
.venv/runnable: requirements.lock pyproject.toml | $(UV)
	$(INSTALL) --require-hashes --constraint requirements.lock --requirement pyproject.toml --all-extras --group setup
	$(INSTALL) $(EDITABLE)
	@touch $@

# Without the assets, pages that need scripts from npm say so; all else works, and the next `make` retries.
.venv/assets: graph/http/assets.json | .venv/runnable
	-$(BIN)/python -m tools.assets && touch $@

# Without Prometheus and Alertmanager, the tests of the alerts fail and say why; all others run.
.venv/tools/alertmanager: | .venv/installed
	-$(BIN)/python -m tools.prometheus

# Without PgBouncer, the tests of connections through a pooler fail and say why; all others run.
.venv/tools/pgbouncer: | .venv/installed
	-$(BIN)/python -m tools.pgbouncer

# Without strace, the tests of slow disks fail and say why; all others run.
.venv/tools/strace: | .venv/installed
	-$(BIN)/python -m tools.strace

# Without Go, the tests that compare the log with Go's own fail and say why; all others run.
.venv/tools/golang/debian/usr/bin/go: | .venv/installed
	-$(BIN)/python -m tools.golang

# Without Chromium, the tests of pages fail and say why; all others run.
.venv/tools/chromium/chromium: | .venv/installed
	-$(BIN)/python -m tools.chromium

# Without the tools from npm, the tests of charts, pages and conformance fail and say why; all others run.
.venv/tools/helm4: tools/node/package-lock.json | .venv/installed
	-$(BIN)/python -m tools.node

# Without these programs, the tests of deployment fail and say why; all others run. They stay out of .venv's packages.
.venv/tools/deployment: tools/deployment/requirements.lock | .venv/installed
	-$(UV) venv --quiet --clear $@ && $(UV) pip sync --quiet --python $@/bin/python $<

# Without Zensical, the tests of the site fail and say why; all others run. It stays out of .venv's packages.
.venv/tools/site: tools/site/requirements.lock | .venv/installed
	-$(UV) venv --quiet --clear $@ && $(UV) pip sync --quiet --python $@/bin/python $<
