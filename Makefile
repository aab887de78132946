# The two commands: `make run` and `make test`. Both set up what they need, and start in seconds when run again.
PYTHON ?= $(shell command -v python3.13 || command -v python3.12 || command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
ADDRESS := 127.0.0.1
PORT ?= 8501

.PHONY: run test lint lock browser clean

run: $(VENV)/run.stamp
	@test -f artifacts/CURRENT || $(BIN)/python -m recsys build
	@echo "The studio is at http://$(ADDRESS):$(PORT) (Ctrl+C stops it)."
	@$(BIN)/streamlit run app.py --server.address $(ADDRESS) --server.port $(PORT) --server.headless true

test: $(VENV)/test.stamp browser
	$(BIN)/python -m pytest

lint: $(VENV)/test.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

browser: $(VENV)/test.stamp
	@$(BIN)/python tests/browser/chromium.py

$(VENV)/bin/python:
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; name one with: make PYTHON=/path/to/python3" >&2; exit 1; }
	@"$(PYTHON)" -m venv $(VENV) || \
		{ rm -rf $(VENV); echo "Python's venv module is needed (Debian: apt-get install python3-venv)" >&2; exit 1; }

$(VENV)/run.stamp: requirements.txt | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/test.stamp: requirements.txt requirements-dev.txt | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt -r requirements-dev.txt
	@touch $@ $(VENV)/run.stamp

# Pins the current releases anew: only when dependencies are to be raised.
lock: $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile $(LOCK) pyproject.toml --group test -o requirements.txt
	$(BIN)/uv pip compile $(LOCK) pyproject.toml --group test --group dev -c requirements.txt -o requirements-dev.txt
LOCK := --quiet --universal --fork-strategy fewest --python-version 3.11 --no-header --no-annotate --no-emit-index-url

clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache .mypy_cache
