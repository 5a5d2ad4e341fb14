# `make help` lists the targets.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PORT ?= 8000
DEMO ?= yes
TRIALS ?= 10000
UV_COMPILE = $(BIN)/uv --quiet pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate $(UV_FLAGS)
export PORT

# One heap that does not return freed memory to the system: the next large workbook needs it again.
export MALLOC_ARENA_MAX = 1
export MALLOC_TRIM_THRESHOLD_ = 1000000000
export MALLOC_MMAP_THRESHOLD_ = 1000000000

.PHONY: help run test check style types imports guards scripts bench torture translations requirements audit sbom env-example clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/product ## Serve the demonstration with its workers on http://127.0.0.1:8000/; with DEMO= an empty database
	$(BIN)/flask --app app database upgrade
	$(if $(DEMO),$(BIN)/flask --app app demo)
	$(BIN)/gunicorn --config gunicorn.conf.py 'app:create_app()'

test: $(VENV)/tests ## Run all checks and all tests
	.ci/packages
	$(MAKE) check
	$(BIN)/python -m pytest -n 3 --dist loadgroup --ignore=tests/guards tests

check: $(VENV)/tests ## Run all checks: style, types, imports, guards, scripts
	$(MAKE) --jobs=2 --output-sync=target --no-print-directory style types imports guards scripts

style: ## Check the style and the format of Python
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: ## Check the types of Python
	$(BIN)/mypy

imports: ## Check the import contracts
	$(BIN)/lint-imports --no-cache

guards: ## Run the tests that guard the rules of the code
	$(BIN)/python -m pytest -q tests/guards

# Types, linter and unit tests of the scripts and styles, with the Node that comes from PyPI.
scripts: export PATH := $(abspath $(BIN)):$(PATH)
scripts: node_modules/.package-lock.json ## Check and test scripts and styles
	node_modules/.bin/tsc --project .
	node_modules/.bin/biome check --error-on-warnings
	node --test --test-reporter=dot $$(find tests/javascript -name '*.test.js')

bench: $(VENV)/tests ## Run the benchmarks
	$(BIN)/python -m tests.benchmarks

torture: $(VENV)/tests ## Run the long randomised tests
	.ci/packages
	TRIALS=$(TRIALS) $(BIN)/python -m pytest -q -s tests/torture
	EVERY_PAGE=1 $(BIN)/python -m pytest -q tests/browser/access

# After a change of messages: run this, translate the new messages, run it again. Without changes it changes nothing.
translations: $(VENV)/tests ## Update the message catalogues from the code and compile them
	$(BIN)/pybabel -q extract -F babel.cfg --no-location --sort-output -o $(VENV)/messages.pot .
	for language in kk ru; do \
		$(BIN)/pybabel -q update -i $(VENV)/messages.pot -d evaluation/translations -l $$language \
			--no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --no-wrap || exit 1; \
	done
	$(BIN)/pybabel -q compile -d evaluation/translations

# Existing pins stay; `make requirements UV_FLAGS=--upgrade` takes the newest releases.
requirements: $(VENV)/tests ## Pin the dependencies of requirements.in and requirements-dev.in, with hashes
	$(UV_COMPILE) requirements.in -o requirements.txt
	$(UV_COMPILE) requirements.in requirements-dev.in -c requirements.txt -o requirements-dev.txt

audit: $(VENV)/tests ## Look up known vulnerabilities of the dependencies; needs the network
	$(BIN)/pip-audit --strict --require-hashes --disable-pip --requirement requirements-dev.txt
	npm audit

sbom: $(VENV)/tests ## Write the software bill of materials (CycloneDX) to build/sbom.json
	mkdir -p build
	$(BIN)/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible --of JSON -o build/sbom.json requirements.txt

env-example: $(VENV)/product ## Write .env.example from the settings
	$(BIN)/python -c 'from evaluation.settings import env_example; print(env_example(), end="")' > .env.example

$(VENV)/product: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'Python 3.11 or later is needed; name it: make PYTHON=python3.12'; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	touch $@

$(VENV)/tests: $(VENV)/product requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	touch $@

# Node trusts the machine's certificates, as pip does.
node_modules/.package-lock.json: export PATH := $(abspath $(BIN)):$(PATH)
node_modules/.package-lock.json: export NODE_USE_SYSTEM_CA := 1
node_modules/.package-lock.json: $(VENV)/tests package-lock.json
	npm ci --silent --no-audit --no-fund --ignore-scripts
	touch $@

clean: ## Remove the virtual environment, the instance folder and caches
	rm -rf $(VENV) node_modules instance .pytest_cache .mypy_cache .ruff_cache .hypothesis
