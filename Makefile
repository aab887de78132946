# The two commands: `make run` and `make test`. Both set up what they need, and start in seconds when run again.
# The first of these that runs and is new enough; a name alone may be a version manager's empty shim.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
ADDRESS := 127.0.0.1
PORT ?= 8501

.PHONY: run test torture lint lock browser servers clean

run: $(VENV)/run.stamp
	@test -f artifacts/CURRENT || $(BIN)/python -m recsys build
	@echo "The studio is at http://$(ADDRESS):$(PORT) (Ctrl+C stops it)."
	@$(BIN)/streamlit run app.py --server.address $(ADDRESS) --server.port $(PORT) --server.headless true

# In three processes, that both cores are busy while some tests wait. The browser's is not shared with tests
# that have threads (greenlets upset Python 3.11). The sample store is built once for all, and threads that
# wait leave the core to the other processes.
APART := tests/torture tests/ui tests/jobs tests/test_wheel.py tests/test_readme.py
test: $(VENV)/test.stamp browser servers
	@export FACET_TESTS_SHARE=$$(mktemp -d) OMP_WAIT_POLICY=passive; \
	$(BIN)/python -m pytest tests/browser > $(VENV)/browser.log 2>&1 & browser=$$!; \
	$(BIN)/python -m pytest $(APART) > $(VENV)/apart.log 2>&1 & apart=$$!; \
	$(BIN)/python -m pytest $(addprefix --ignore=,tests/browser $(APART)); others=$$?; \
	echo "The tests that ran beside these:"; \
	wait $$apart; apart=$$?; cat $(VENV)/apart.log; \
	wait $$browser; browser=$$?; cat $(VENV)/browser.log; \
	rm -rf "$$FACET_TESTS_SHARE"; \
	test $$others -eq 0 -a $$apart -eq 0 -a $$browser -eq 0

# The fault injection of `make test`, in its long form (some minutes).
torture: $(VENV)/test.stamp
	FACET_TORTURE=long $(BIN)/python -m pytest tests/torture

lint: $(VENV)/test.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

browser: $(VENV)/test.stamp
	-@$(BIN)/python tests/browser/chromium.py

servers: $(VENV)/test.stamp
	-@$(BIN)/python tests/sources/postgres.py
	-@$(BIN)/python tests/browser/nginx.py

$(BIN)/python:
	@"$(or $(PYTHON),python3)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "Python 3.11 or newer is needed; name one with: make PYTHON=/path/to/python3" >&2; exit 1; }
	@"$(or $(PYTHON),python3)" -m venv --clear $(VENV) || \
		{ rm -rf $(VENV); echo "Python's venv module is needed (Debian: apt-get install python3-venv)" >&2; exit 1; }

# A stamp is as old as the last installation: the lock or the interpreter being newer brings another.
$(VENV)/run.stamp: requirements.txt $(BIN)/python
	@echo "Installing requirements.txt into $(VENV) (about a minute)"
	@$(PIP) --require-hashes -r requirements.txt
	@touch $@

$(VENV)/test.stamp: requirements-dev.txt $(VENV)/run.stamp
	@echo "Installing requirements-dev.txt into $(VENV)"
	@$(PIP) --require-hashes -r requirements-dev.txt
	@touch $@

# Pins the current releases anew, with the hashes of their files: only when dependencies are to be raised.
lock: $(BIN)/python
	$(PIP) uv
	$(COMPILE) --upgrade --group test -o requirements.txt
	$(COMPILE) --upgrade --extra sql --extra dask --extra auth --group test --group dev -c requirements.txt -o $(VENV)/all.txt
	{ echo "-r requirements.txt"; grep -vxFf requirements.txt $(VENV)/all.txt; } > requirements-dev.txt
COMPILE := $(BIN)/uv pip compile --quiet --universal --fork-strategy fewest --python-version 3.11 \
	--generate-hashes --no-header --no-annotate --no-emit-index-url pyproject.toml

clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache .mypy_cache .hypothesis dist
