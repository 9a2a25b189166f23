# The workbook's commands. `make help` lists them.
unexport PYTHONDONTWRITEBYTECODE
export JUPYTER_PREFER_ENV_PATH = 1
# Trust what the system trusts, so that set-up works behind a company's proxy.
export UV_SYSTEM_CERTS ?= 1
export NO_PROXY := 127.0.0.1,localhost,$(NO_PROXY)
export no_proxy := $(NO_PROXY)

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
JOBS ?= 2
PYTEST := $(BIN)/python -m pytest -n $(JOBS)

.DEFAULT_GOAL := help
.PHONY: help setup lab run test test-all lint notebooks bench lock clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## set up .venv from the lock

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; this is %d.%d. Set PYTHON=…" % sys.version_info[:2]) if sys.version_info < (3, 11) else 0'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@test -x $(BIN)/uv || $(BIN)/python -m pip install -q --disable-pip-version-check uv
	$(BIN)/uv pip install -q --python $(BIN)/python --no-deps --require-hashes --compile-bytecode -r requirements.lock
	$(BIN)/uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

lab: $(READY) ## open the workbook in JupyterLab
	@$(BIN)/workbook start
	$(BIN)/jupyter lab --notebook-dir=work $(LAB_OPTIONS) $$(ls work/*.ipynb | head -1)

run: $(READY) ## execute the pages with the reference answers, print the scorecard
	@$(BIN)/workbook run --mode solution

test: $(READY) ## run all tests, contracts on two seeds
	$(PYTEST)

test-all: $(READY) ## run all tests, contracts on five seeds
	$(PYTEST) --seeds 5

lint: $(READY) ## check format, style and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

notebooks: $(READY) ## execute the pages and write them in their canonical form
	$(BIN)/python -m tests.notebooks.rewrite

bench: $(READY) ## measure, print ratios and medians
	$(BIN)/python -m tests.bench

lock: ## resolve the dependencies again
	$(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o requirements.lock
	$(BIN)/python -m tests.environment.constraints

clean: ## remove what setup and tests made; your work stays
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
