# Kyoso: the commands a newcomer needs. `make help` lists them.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint types bench clean

help:  ## what can be made
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP)  ## a virtual environment with everything in it

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || { echo "Python 3.11 to 3.13 is needed (make PYTHON=python3.12 ...)" >&2; exit 2; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt torch
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,postgres]'
	@touch $@

demo: $(STAMP)  ## the sample community in the browser, with the bot answering
	$(BIN)/kyoso demo

test: $(STAMP)  ## all tests, a process for each core
	$(BIN)/pytest -n auto --maxprocesses 4 --dist loadfile

lint: $(STAMP)  ## ruff and the rules of who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo

types: $(STAMP)  ## mypy --strict, tests included
	$(BIN)/mypy

bench: $(STAMP)  ## speed, memory and quality; rewrites the tables in docs/
	$(BIN)/kyoso bench all
	$(BIN)/kyoso bench retrieval
	$(BIN)/kyoso bench alternatives
	$(BIN)/python tests/bench_crash.py --into docs/crashes.md

clean:  ## the virtual environment and caches away
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
