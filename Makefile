# From a clone to a ringing phone: make run. Everything is put into .venv here and into the cache of the user.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.ready
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore

.PHONY: help setup run test check bench mutants clean

help: ## say what can be made
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 16

$(STAMP): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "error: Python 3.11 or later is needed; this is $$($(PYTHON) --version 2>&1)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
		|| { echo "error: venv is missing: install the Debian package python3-venv" >&2; exit 1; }
	@test -x $(BIN)/python && $(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	@echo "installing the Python packages (about a minute) …"
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install -qq --no-deps --no-build-isolation -e .
	@touch $@

setup: $(STAMP) ## make .venv and fill the cache (Asterisk, models)
	@$(BIN)/shouwen setup

run: setup ## start everything here and place three demonstration calls
	@exec $(BIN)/shouwen run

# Real phones live in real time: they go first, beside nothing but each other. More workers than two were no faster on two
# cores, and the product's own time limits ran out now and then.
LIVE = tests/pbx tests/system tests/browser
test: setup ## all tests, those on a real Asterisk included
	$(BIN)/python -m pytest -n 2 $(LIVE)
	$(BIN)/python -m pytest -n 2 $(addprefix --ignore=,$(LIVE))

check: $(STAMP) ## style, types, direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup ## print the figures
	@$(BIN)/python -m bench

# Too long for make test: some 3,400 changes, a quarter of an hour and more. In a copy, so that the checkout stays free.
mutants: $(STAMP) ## change the rules line by line: do the tests notice?
	rm -rf build/mutation
	mkdir -p build/mutation
	cp -a agi asterisk-config bench callcenter docs synthesis tests tools transcripts web README.md pyproject.toml build/mutation/
	cd build/mutation && nice -n 19 ../../$(BIN)/mutmut run --max-children 1
	$(BIN)/python tools/mutation_table.py build/mutation/mutants

clean: ## remove what was made in the checkout; the cache and SHOUWEN_HOME stay
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
