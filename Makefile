# Targets that people and CI use alike. Everything is set up on first use, from pinned, hashed requirements.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# One file per kind of set-up, newer than its requirements once it has been installed.
RUN := $(VENV)/.run
DEV := $(VENV)/.dev
NPM := vscode-client/node_modules/.package-lock.json

.PHONY: help run test check e2e bench soak gen vsix lock clean
help:
	@echo "make run     set up and run the demo: from a recorded session to an Ianvs job"
	@echo "make test    every test that needs no editor"
	@echo "make check   types, style, import rules, generated files"
	@echo "make e2e     the real editors, against a live collector"
	@echo "make bench   the numbers to hold, written to build/bench.json"
	@echo "make soak    kill -9, torn files, dying senders, mangled frames and planted secrets in full; prints its seeds"
	@echo "make vsix    the VS Code extension, written to build/"
	@echo "make gen     write what is derived from pairlog/events.py"

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Pairlog needs Python 3.11 or newer; name one with: make PYTHON=python3.12 ...")'
	@$(PYTHON) -m venv $(VENV)

$(RUN): requirements/run.txt pyproject.toml | $(VENV)/bin/python
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(DEV): requirements/dev.txt pyproject.toml | $(VENV)/bin/python
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@ $(RUN)

$(NPM): vscode-client/package-lock.json
	cd vscode-client && npm ci --no-audit --no-fund
	@touch $@

run: $(RUN)
	@$(BIN)/pairlog demo

test: $(DEV)
	$(BIN)/python -m pytest -m "not e2e" -n auto --dist worksteal --durations=8

check: $(DEV) $(NPM)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --python-version 3.10 -p pairlog -p lsp_server
	$(BIN)/lint-imports
	$(BIN)/python scripts/generate.py --check
	cd vscode-client && npm run --silent check

vsix: $(DEV) $(NPM)
	PYTHON=$(CURDIR)/$(BIN)/python vscode-client/package.sh

e2e: $(DEV) vsix
	scripts/install-code-server.sh
	$(BIN)/python -m pytest -m e2e tests/e2e --durations=8

bench: $(DEV)
	$(BIN)/python -m tests.bench

soak: $(DEV)
	$(BIN)/python -m tests.secrets --count 500
	$(BIN)/python -m tests.soak.fuzz --seconds 600
	$(BIN)/python -m tests.soak --kills 200 --cuts all --deaths 10000
	$(BIN)/python -m tests.soak.collector --kills 100

gen: $(DEV)
	$(BIN)/python scripts/generate.py

# Resolve the pins anew; needs uv. The header that uv writes would name this machine's command line.
lock:
	uv pip compile pyproject.toml --extra all --extra build --universal --generate-hashes --no-header --no-annotate --python-version 3.11 -o requirements/run.txt
	uv pip compile pyproject.toml --extra all --extra dev --universal --generate-hashes --no-header --no-annotate --python-version 3.11 -o requirements/dev.txt
	uv pip compile pyproject.toml --extra recorder --no-emit-package watchdog --universal --fork-strategy fewest --generate-hashes --no-header --no-annotate --python-version 3.10 -o requirements/recorder.txt

clean:
	rm -rf build $(VENV) vscode-client/node_modules vscode-client/dist vscode-client/bundled
