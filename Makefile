# `make run` serves the demonstration, `make test` runs every test. README.md shows both.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PORT ?= 8000
TRIALS ?= 10000
export PORT

# One heap that keeps what it has been given: a large workbook needs the same memory again when the next one comes.
export MALLOC_ARENA_MAX = 1
export MALLOC_TRIM_THRESHOLD_ = 1000000000
export MALLOC_MMAP_THRESHOLD_ = 1000000000

.PHONY: run test check style types imports guards scripts bench torture translations clean

run: $(VENV)/product
	$(BIN)/flask --app app demo
	$(BIN)/gunicorn --config gunicorn.conf.py 'app:create_app()'

test: $(VENV)/tests
	.ci/packages
	$(MAKE) check
	$(BIN)/python -m pytest -n 3 --dist loadgroup --ignore=tests/guards tests

check: $(VENV)/tests
	$(MAKE) --jobs=2 --output-sync=target --no-print-directory style types imports guards scripts

style:
	$(BIN)/ruff check .

types:
	$(BIN)/mypy

imports:
	$(BIN)/lint-imports --no-cache

guards:
	$(BIN)/python -m pytest -q tests/guards

# Types, linter and unit tests of the scripts and styles, with the Node that comes from PyPI.
scripts: export PATH := $(abspath $(BIN)):$(PATH)
scripts: node_modules/.package-lock.json
	node_modules/.bin/tsc --project .
	node_modules/.bin/biome check --error-on-warnings
	node --test --test-reporter=dot $$(find tests/javascript -name '*.test.js')

bench: $(VENV)/tests
	$(BIN)/python -m tests.benchmarks

torture: $(VENV)/tests
	.ci/packages
	TRIALS=$(TRIALS) $(BIN)/python -m pytest -q -s tests/torture

# After a message was added, changed or dropped: run this, translate what is new, run it again. Nothing new, nothing changes.
translations: $(VENV)/tests
	$(BIN)/pybabel -q extract -F babel.cfg --no-location --sort-output -o $(VENV)/messages.pot .
	for language in kk ru; do \
		$(BIN)/pybabel -q update -i $(VENV)/messages.pot -d evaluation/translations -l $$language \
			--no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --no-wrap || exit 1; \
	done
	$(BIN)/pybabel -q compile -d evaluation/translations

$(VENV)/product: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'Python 3.11 or later is needed; name it: make PYTHON=python3.12'; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/tests: $(VENV)/product requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

# Node trusts the machine's certificates, as pip does.
node_modules/.package-lock.json: export PATH := $(abspath $(BIN)):$(PATH)
node_modules/.package-lock.json: export NODE_USE_SYSTEM_CA := 1
node_modules/.package-lock.json: $(VENV)/tests package-lock.json
	npm ci --silent --no-audit --no-fund --ignore-scripts
	touch $@

clean:
	rm -rf $(VENV) node_modules instance .pytest_cache .mypy_cache .ruff_cache .hypothesis
