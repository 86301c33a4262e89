# Everyday commands. Each one sets up what it needs on a machine that has only Python and make:
# `.venv` is made and filled from the lock files when it is missing or older than they are.
# Runs with GNU make 3.81 (the one of macOS) and later.

# The interpreter that .venv is made with; empty: the newest supported one on PATH.
PYTHON ?=
# Further words for pytest, as in: make test PYTEST="-k windows"
PYTEST ?=
# One more than the cores that `make test` is made for: tests of processes wait a good deal.
TEST_PROCESSES ?= 3
# Options of the drill, as in: make drill DRILL="-k kill --kills 10"
DRILL ?=
# Options of docs/results.py, as in: make results RESULTS="--nvda-csv NVDA.csv --budget 30m"
RESULTS ?=
# Options of the long runs, as in: make fuzz FUZZ="--seed 1 --append"
FUZZ ?=
SOAK ?=
PORT ?= 5000

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
PEER := .venv-bench
RUNTIME := $(VENV)/.runtime-installed
DEV := $(VENV)/.dev-installed

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo serve test test-slow drill check check-format check-lint check-types check-imports check-docs check-messages \
    bench bench-search bench-strategies bench-peer bench-files bench-scaling fuzz soak results judging format docs messages lock clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile

demo: $(RUNTIME) ## train all 30 architectures on the sample and forecast with the champion
	TRINTENA_HOME=demo $(BIN)/trintena train --symbol sample:nasdaq --mode fast

serve: $(RUNTIME) ## the pages and the API on http://localhost:5000, until Ctrl-C (PORT=8000 for another port)
	$(BIN)/trintena serve --port $(PORT)

test: check ## everything that must hold before a change lands: `make check`, then the tests
	@printf '\n== Tests\n'
	@scripts/install-for-tests.sh
	$(BIN)/pytest -n $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder $(PYTEST)

test-slow: $(DEV) ## the checks that take minutes and are left out of `make test`
	@printf '\n== Slow tests\n'
	@scripts/install-for-tests.sh
	$(BIN)/pytest -m slow $(PYTEST)

drill: $(DEV) ## every fault in real processes, about an hour; the table goes into reliability/drill.json (DRILL="-k cache": a part)
	$(BIN)/pytest reliability/drill --record reliability/drill.json $(DRILL)

check: check-format check-lint check-types check-imports check-docs check-messages ## format, lint, types, layers, generated docs, translations

check-format: $(DEV)
	@printf '\n== Format\n'
	$(BIN)/ruff format --check

check-lint: $(DEV)
	@printf '\n== Lint\n'
	$(BIN)/ruff check

check-types: $(DEV)
	@printf '\n== Types\n'
	$(BIN)/mypy

check-imports: $(DEV)
	@printf '\n== Layers\n'
	$(BIN)/lint-imports --no-logo

check-docs: $(DEV)
	@printf '\n== Generated documentation\n'
	$(BIN)/python docs/generate.py --check
	$(BIN)/python docs/results.py --check
	$(BIN)/python docs/judging.py --check
	$(BIN)/python -m reliability.page --check

check-messages: $(DEV)
	@printf '\n== Translations\n'
	$(BIN)/python scripts/messages.py --check

bench: $(DEV) $(PEER)/.installed ## time all 30 architectures against the same ones under Keras on TensorFlow, then the web server
	$(BIN)/python benchmarks/run.py --peer-python $(PEER)/bin/python
	$(BIN)/python benchmarks/web.py

bench-peer: $(DEV) $(PEER)/.installed ## time a search over hyper-parameters against KerasTuner (about half an hour)
	$(BIN)/python benchmarks/tuner.py --peer-python $(PEER)/bin/python

bench-search: $(DEV) ## time the whole search: 30 architectures, 20 trials each, random and bayesian
	$(BIN)/python benchmarks/whole_job.py

bench-strategies: $(DEV) ## compare bayesian with random search on recorded trainings
	$(BIN)/python benchmarks/strategies.py

bench-scaling: $(DEV) ## how time and memory grow with rows, lookback and horizon (some ten minutes)
	$(BIN)/python benchmarks/scaling.py

bench-files: $(DEV) ## time the import of 5 MB against pandas.read_csv
	$(BIN)/python benchmarks/files.py

fuzz: $(DEV) ## ten thousand made-up requests, then ten thousand damaged files (an hour or so; FUZZ="--seed 1 --append")
	$(BIN)/python -m reliability.fuzz_api $(FUZZ)
	$(BIN)/python -m reliability.fuzz_csv $(FUZZ)

soak: $(DEV) ## an hour under load: trainings, forecasts, event streams; nothing may grow (SOAK="--minutes 10")
	$(BIN)/python -m reliability.soak $(SOAK)

format: $(DEV) ## bring the code into shape
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

results: $(DEV) ## run both modes on three long series and write docs/results.md (RESULTS="--nvda-csv FILE")
	$(BIN)/python docs/results.py $(RESULTS)

judging: $(DEV) ## compute the figures of docs/judging.md anew (some minutes)
	$(BIN)/python docs/judging.py

docs: $(DEV) ## write docs/reference/, the pages of results, on judging and of reliability anew
	$(BIN)/python docs/generate.py
	$(BIN)/python docs/results.py --pages
	$(BIN)/python docs/judging.py --pages
	$(BIN)/python -m reliability.page

# The larger lock is resolved first, so that both hold the same version of everything they share. (The
# peers have their own: TensorFlow does not allow their h5py.)
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest \
    --annotation-style line --custom-compile-command "make lock" $(UPGRADE)

messages: $(DEV) ## gather the texts of the pages for translation
	$(BIN)/python scripts/messages.py

lock: $(BIN)/python ## follow pyproject.toml in the lock files (newest versions: make lock UPGRADE=--upgrade)
	$(PIP) install 'uv>=0.9,<1'
	$(COMPILE) pyproject.toml --extra mlflow --extra postgres --extra ray --group build --group dev \
	    --output-file requirements-dev.txt
	$(COMPILE) pyproject.toml --group build --constraint requirements-dev.txt --output-file requirements.txt
	$(COMPILE) --group bench --output-file requirements-bench.txt

clean: ## remove the environments, the caches, and what `make demo` left
	rm -rf $(VENV) $(PEER) demo build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name .git -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@scripts/create-venv.sh $(VENV) $(PYTHON)

# The build backend comes from the lock too: nothing is fetched that is not pinned.
$(RUNTIME): requirements.txt pyproject.toml $(BIN)/python
	@echo "Installing what running needs into $(VENV) (once; a minute or two)"
	@$(PIP) install --requirement requirements.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(PEER)/.installed: requirements-bench.txt $(BIN)/python
	@scripts/create-venv.sh $(PEER) $(BIN)/python
	@echo "Installing TensorFlow into $(PEER)"
	@$(PEER)/bin/python -m pip --disable-pip-version-check --quiet install --requirement requirements-bench.txt
	@touch $@

$(DEV): requirements-dev.txt $(RUNTIME)
	@echo "Installing the development tools into $(VENV)"
	@$(PIP) install --requirement requirements-dev.txt
	@touch $@
