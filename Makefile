# Caravan. `make` alone says what there is; `make run` and `make test` need nothing but git, make and Python 3.11.
# What they install stays in this folder: .venv (Python packages), .tools (a browser), var (database, pictures, keys).

.DEFAULT_GOAL := help
.PHONY: help run test lint format bench backup restore clean

PY := .venv/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --quiet
export PLAYWRIGHT_BROWSERS_PATH := $(CURDIR)/.tools/browsers

help:  ## what there is to type
	@echo "Caravan: from a catalogue to a bought order. Type one of"
	@echo
	@grep -E '^[a-z]+:.*  ## ' $(firstword $(MAKEFILE_LIST)) | sed -e 's/:.*  ## /	/' | while IFS='	' read -r name text; do printf '  make %-9s %s\n' "$$name" "$$text"; done
	@echo
	@echo "PORT (8501), HOST (127.0.0.1), DATABASE_URL, CARAVAN_DATA (var) and CARAVAN_ADMIN_PASSWORD are honoured."

run: .venv/app  ## set up what is missing and serve the app; Ctrl-C ends it
	@$(PY) serve.py

test: .venv/dev  ## the whole suite: units, pages, a real browser, SQLite and PostgreSQL (ARGS="-k word" for a part)
	@$(PY) -m tests.browser.chromium
	@$(PY) -m pytest $(ARGS)

lint: .venv/dev  ## format, style and types, nothing changed
	@$(PY) -m ruff format --check .
	@$(PY) -m ruff check .
	@$(PY) -m mypy

format: .venv/dev  ## put the code in its usual shape
	@$(PY) -m ruff format .
	@$(PY) -m ruff check --fix .

bench: .venv/bench  ## a million products, measured against the Django admin (ARGS="--small" for a quick look)
	@$(PY) -m bench $(ARGS)

backup: .venv/app  ## one file with the database and the pictures, while people work (TO=file, WITH_KEYS=1)
	@$(PY) -m lib.backup save $(if $(TO),--to "$(TO)") $(if $(WITH_KEYS),--with-keys)

restore: .venv/app  ## put a backup back (FROM=file; FORCE=1 replaces what is there)
	@$(PY) -m lib.backup restore $(if $(FROM),--from "$(FROM)") $(if $(FORCE),--force)

clean:  ## remove what the tools left; your database in var stays
	@rm -rf .venv .tools .pytest_cache .ruff_cache .mypy_cache .hypothesis test-results
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp is younger than the list it was installed from, so a second start installs nothing.
.venv/app: requirements.txt .venv/bin/python
	@echo "Installing what Caravan needs into .venv: a minute or two, the first time only."
	@$(PIP) install -r requirements.txt
	@touch $@

.venv/dev: requirements-dev.txt requirements.txt .venv/bin/python
	@echo "Installing what the tests need into .venv: a minute or two, the first time only."
	@$(PIP) install -r requirements-dev.txt
	@touch .venv/app $@

.venv/bench: requirements-bench.txt requirements-dev.txt requirements.txt .venv/bin/python
	@echo "Installing what the benchmarks need into .venv."
	@$(PIP) install -r requirements-bench.txt
	@touch .venv/app .venv/dev $@

.venv/bin/python:
	@for python in python3 python3.14 python3.13 python3.12 python3.11; do \
		if $$python -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			echo "Making .venv with $$($$python --version)."; exec $$python -m venv --clear .venv; \
		fi; \
	done; \
	echo "Caravan needs Python 3.11 or newer with its venv module, and found none." >&2; \
	echo "Nothing was installed. On Debian or Ubuntu: apt-get install python3 python3-venv" >&2; \
	exit 1
