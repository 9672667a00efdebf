# Two commands to begin with: `make demo` and `make test`. `make help` lists the rest.
#
# PYTHON=python3.13   another Python (3.11 or newer); default: the newest that works
# VENV=.venv313       another virtual environment
# DJANGO=6.1          another Django than the lock file's
# PORT=8001           another port for `make serve`
# TESTS=tests/pg      some of the tests alone, for `make test`

SHELL := /bin/sh
PYTHON ?=
VENV ?= .venv
DJANGO ?=
PORT ?= 8000
TESTS ?=

RUN = $(VENV)/bin/python
READY = $(VENV)/.ready$(DJANGO)
CHECKED = ceremony project tests .ci manage.py $(wildcard bench)

.DEFAULT_GOAL := help
.PHONY: help setup demo serve test e2e check lint types layers lock-fresh format bench lock clean

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

setup: $(READY) ## Make the virtual environment from the lock file

$(READY): requirements.lock pyproject.toml
	@sh .ci/setup "$(PYTHON)" "$(VENV)" "$(DJANGO)" "$(READY)"

demo: $(READY) ## From nothing to five series applied and verified
	@exec $(RUN) manage.py demo

serve: $(READY) ## The admin on 127.0.0.1:8000, with demo accounts
	@exec $(RUN) manage.py serve --port $(PORT)

test: $(READY) ## All tests but the browser's, in random order, on two processes
	@exec $(RUN) -m pytest -n 2 --dist worksteal --ignore tests/e2e $(TESTS)

e2e: $(READY) ## The pages in Chromium, which must be there; pictures in .state/e2e
	@exec $(RUN) -m pytest -n 2 --dist worksteal tests/e2e

check: lint types layers lock-fresh ## Lint, types, layers, freshness of the lock file

lint: $(READY)
	$(RUN) -m ruff check $(CHECKED)
	$(RUN) -m ruff format --check $(CHECKED)

types: $(READY)
	$(RUN) -m mypy

layers: $(READY)
	$(RUN) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'

lock-fresh: $(READY)
	$(RUN) .ci/lock_fresh.py

format: $(READY) ## Format, and mend what the linter can mend
	$(RUN) -m ruff check --fix-only $(CHECKED)
	$(RUN) -m ruff format $(CHECKED)

bench: $(READY) ## Measure: round trips, snapshots, rehearsals, psql, pages; half an hour
	@exec $(RUN) -m bench

lock: ## Write requirements.lock anew from pyproject.toml
	$(RUN) -m uv pip compile --universal --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --no-header --python-version 3.11 --extra dev --quiet \
	  pyproject.toml --output-file requirements.lock

clean: ## Drop the development databases and everything that was generated
	@if test -x $(RUN); then $(RUN) -m project.clean; fi
	rm -rf .state .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis build dist
