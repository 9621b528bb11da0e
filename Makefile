# Two commands do everything on a machine with python3 >= 3.11, its venv module and make:
#   make run     set up, measure the embedded examples, explain one red figure, close and verify two periods
#   make test    set up, then lint, types, layers and all tests
.PHONY: run test lint types layers tests fidelity bench bench-peers bench-statement bench-backtest bench-live bench-recording docs clean wheel

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
export PIP_DISABLE_PIP_VERSION_CHECK = 1

$(READY): requirements-dev.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("upheld needs Python 3.11 or newer, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

run: $(READY)
	@$(BIN)/upheld demo

test: lint types layers tests

lint: $(READY)
	$(BIN)/ruff check src tests benchmarks campaigns examples docs

types: $(READY)
	$(BIN)/mypy

layers: $(READY)
	$(BIN)/lint-imports

tests: $(READY)
	$(BIN)/python -m pytest

fidelity: $(READY)
	$(BIN)/python benchmarks/fidelity.py

bench: $(READY)
	$(BIN)/python benchmarks/run.py $(if $(OUT),--out $(OUT)) $(if $(FULL),--full)

# a statement and a backtest over a million facts and cases, a million running clocks, recording: against their bars
bench-statement bench-backtest bench-live bench-recording: bench-%: $(READY)
	$(BIN)/python benchmarks/$*.py $(if $(OUT),--out $(OUT))

bench-peers: $(READY)
	$(BIN)/python benchmarks/peers.py --setup $(if $(OUT),--out $(OUT))

# make campaign-fuzz, campaign-calendars, campaign-clocks; COUNT= and SEED= to choose
campaign-%: $(READY)
	$(BIN)/python campaigns/run.py $* $(COUNT) $(SEED)

docs: $(READY)
	$(BIN)/python docs/build.py

wheel: $(READY)
	$(BIN)/python -m build --no-isolation --wheel

clean:
	rm -rf $(VENV) .venv-peers dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
