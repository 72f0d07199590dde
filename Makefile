# The project's commands. `make repro` and `make test` are all that a newcomer needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# The environment is rebuilt by programs outside of it, even when it is activated.
OUTSIDE := env -u VIRTUAL_ENV PATH='$(subst $(CURDIR)/$(BIN):,,$(PATH))'
UV := $(shell $(OUTSIDE) sh -c 'command -v uv' 2>/dev/null)
export PATH := $(CURDIR)/$(BIN):$(PATH)
export DO_NOT_TRACK = 1
export MLFLOW_DISABLE_TELEMETRY = true
export MLFLOW_ALLOW_PICKLE_DESERIALIZATION = false

.DEFAULT_GOAL := help
.PHONY: help repro flow up ui test test-fast lint bench verify lock clean

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# The environment is rebuilt when the lock file changes; the stamp is written last.
$(VENV)/.ready: requirements.lock pyproject.toml
	@echo "installing requirements.lock into $(VENV)"
ifdef UV
	@$(OUTSIDE) $(UV) venv --quiet --clear --python $(PYTHON) $(VENV)
	@$(UV) pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes --no-deps -r requirements.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
else
	@$(OUTSIDE) $(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
endif
	@touch $@

repro: $(VENV)/.ready  ## Build the environment, run stages that are not up to date, print a summary
	@dvc repro
	@lockstep summary

flow: $(VENV)/.ready  ## Run the stages as a Prefect flow, on the server of `make up` or a temporary one
	@python -m flows.pipeline

up: $(VENV)/.ready  ## Start Prefect's server and UI on 127.0.0.1:4200, and serve the deployments
	@python -m lockstep.orchestrate.serve

ui: $(VENV)/.ready  ## Serve MLflow's pages on 127.0.0.1:5000 (other address: HOST=, PORT=)
	@lockstep ui --host $(or $(HOST),127.0.0.1) --port $(or $(PORT),5000)

# One worker more than cores: some always wait for a server or a process.
PYTEST := python -m pytest --numprocesses $$(($$(nproc) + 1)) --dist loadgroup --durations=30

test: $(VENV)/.ready  ## Run all tests in parallel; list the 30 slowest
	@$(PYTEST)

test-fast: $(VENV)/.ready  ## Run the unit, contract and architecture tests
	@$(PYTEST) tests/unit tests/contract tests/architecture

lint: $(VENV)/.ready  ## Check format, lint, types and import rules
	@ruff format --check .
	@ruff check .
	@mypy
	@lint-imports

bench: $(VENV)/.ready  ## Measure speed against other tools
	@for script in benchmarks/bench_*.py; do python $$script || exit 1; done

verify: $(VENV)/.ready  ## Rebuild HEAD in a clean clone and compare every hash
	@lockstep verify

lock: $(VENV)/.ready  ## Resolve the dependencies in pyproject.toml into requirements.lock
	@# nvidia-nccl is 250 MB that only training on several GPUs loads
	uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --fork-strategy fewest \
	  --generate-hashes --no-emit-index-url --no-emit-package nvidia-nccl-cu12 --quiet --output-file requirements.lock
	@python -c "from pathlib import Path; from lockstep.workbench.check.libraries import write; write(Path())"

clean:  ## Remove the environment and all data that `make repro` can rebuild
	rm -rf $(VENV) .lockstep data/source data/raw data/processed data/features data/models \
	  data/reports/evaluation data/reports/drift data/reports/report
