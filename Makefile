# Two commands matter: `make demo` and `make test`. Both do their own set-up in .venv.
SHELL := /bin/bash
.DEFAULT_GOAL := help

# The first Python of this machine that is new enough; `make PYTHON=... demo` chooses another.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
PHOTOS ?= samples
OUT ?= READY
TESTS ?= tests
# Test processes beside each other; 0 for none beside this one.
WORKERS ?= logical

.PHONY: help demo test lint types check stubs bench wheels constraints clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: .make-run ## Cut out sample photos (or PHOTOS=dir) and leave the results in READY (or OUT=dir)
	@if [ "$(PHOTOS)" = samples ]; then $(BIN)/selvage samples samples; fi
	@$(BIN)/selvage process "$(PHOTOS)" --out "$(OUT)"
	@echo; echo "Open $(OUT)/report.html to look at the results; $(OUT)/manifest.json is for scripts."

test: .make-dev ## Run the tests (TESTS=path for a part); parts that are missing skip with their reason
	$(BIN)/pytest -n $(WORKERS) --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(TESTS)

lint: .make-dev ## Check style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .make-dev ## Check types, strictly
	$(BIN)/mypy

check: lint types test ## Everything a change must pass

stubs: .make-dev ## Generate selvage_api/ from protos/
	$(BIN)/python scripts/generate_stubs.py

bench: .make-dev ## Measure; figures and their commands are in benchmarks/README.md
	$(BIN)/python -m benchmarks

wheels: .make-dev ## Prove that every runtime dependency has wheels for all platforms we name
	$(BIN)/python scripts/check_wheels.py

constraints: .make-dev ## Write the versions of this environment to constraints.txt
	$(BIN)/pip freeze --exclude-editable | sort -f > constraints.txt

clean: ## Remove the environment and everything that was made
	rm -rf $(VENV) .make-* build dist samples READY .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(BIN)/pip:
	@test -n "$(PYTHON)" || { echo "Selvage needs Python 3.11 or newer; none was found. Install it, or run make PYTHON=/path/to/python."; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Python cannot make environments here. On Debian and Ubuntu: apt install python3-venv"; rm -rf $(VENV); exit 1; }

.make-run: $(BIN)/pip pyproject.toml constraints.txt
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@echo "Compiling the numeric code, once ..."; $(BIN)/python -m services.matting.warm
	@touch $@

.make-dev: $(BIN)/pip pyproject.toml constraints.txt
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@ .make-run
