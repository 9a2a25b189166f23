# The workbook's commands. `make help` lists them. Set-up, lab and tests are start.py's, so that
# who has no make gets the same: `python start.py lab`.
unexport PYTHONDONTWRITEBYTECODE
export JUPYTER_PREFER_ENV_PATH = 1
# Trust what the system trusts, so that set-up works behind a company's proxy.
export UV_SYSTEM_CERTS ?= 1
export NO_PROXY := 127.0.0.1,localhost,$(NO_PROXY)
export no_proxy := $(NO_PROXY)

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# One more than two processors: most tests wait some of their time. A browser does not: it has two.
JOBS ?= 3
BROWSERS ?= 2
START = $(PYTHON) start.py

.DEFAULT_GOAL := help
.PHONY: help setup lab run test test-all test-browser mutants lint notebooks bench lock clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## set up .venv from the lock
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; this is %d.%d. Set PYTHON=…" % sys.version_info[:2]) if sys.version_info < (3, 11) else 0'
	@$(START) setup

lab: ## open the workbook in JupyterLab
	@$(START) lab $(LAB_OPTIONS)

run: setup ## execute the pages with the reference answers, print the scorecard
	@$(BIN)/workbook run --mode solution

test: ## run the tests: one seed, a third of the hold-outs, one page also by papermill
	@$(START) test -n $(JOBS) $(TESTS)

test-all: ## run the tests on five seeds, nothing left out
	@$(START) test -n $(JOBS) --seeds 5 $(TESTS)

test-browser: setup ## play a learner in a browser (SHOTS=folder keeps pictures)
	@$(BIN)/uv pip install -q --python $(BIN)/python --no-deps --require-hashes -r tests/browser/requirements.lock
	$(BIN)/python -m pytest tests/browser -n $(BROWSERS) --dist loadgroup $(if $(SHOTS),--shots "$(SHOTS)") $(TESTS)

mutants: setup ## edit right answers, show what no check catches (EXERCISE=id)
	$(BIN)/python -m tests.mutants $(EXERCISE) $(if $(SAMPLE),--sample $(SAMPLE))

lint: setup ## check format, style and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

notebooks: setup ## execute the pages and write them in their canonical form
	$(BIN)/python -m tests.notebooks.rewrite

bench: setup ## measure all, write docs/benchmarks.md
	$(BIN)/python -m tests.bench $(BENCH_OPTIONS)

lock: ## resolve the dependencies again
	$(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o requirements.lock
	$(BIN)/python -m tests.environment.constraints
	$(BIN)/uv pip compile tests/browser/requirements.in -c constraints.txt --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o tests/browser/requirements.lock

clean: ## remove what setup and tests made; your work stays
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
