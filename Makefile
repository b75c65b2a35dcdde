# Two commands: `make run` starts the server, `make test` runs every test. Both set up what is missing first.
# Each step leaves a mark and is skipped while the file that it follows is unchanged; docs/setup.md tells the steps.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
MARKS := $(VENV)/marks
CACHE := $(or $(IVR_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/ivr)
# Python 3.11 or later: the first of these that really runs and is new enough, or PYTHON=...
PYTHON := $(or $(PYTHON),$(shell for p in python3 python3.11 python3.12 python3.13; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done))
UV := $(BIN)/uv
INSTALL := $(UV) pip install --quiet --python $(BIN)/python
PYTEST := $(BIN)/python -m pytest

.PHONY: help setup run test check format clean rasa models pjsua2 lock licences

help: ## tell what there is
	@grep -E '^[a-z0-9]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: setup ## set up what is missing and start everything
	@exec $(BIN)/ivr up

setup: $(MARKS)/base $(MARKS)/pjsua2 $(CACHE)/models/.installed rasa $(MARKS)/web ## set up what a running server needs

test: setup $(MARKS)/dev $(MARKS)/system-test ## set up what is missing and run every test (ARGS="-k name")
	@# Real calls run one after the other, and all else side by side. 5: ARGS chose none of these.
	@$(PYTEST) -n auto --dist loadfile -m "not sip and not clients" $(ARGS) || test $$? = 5
	@$(PYTEST) -m "sip or clients" $(ARGS) || test $$? = 5

check: $(MARKS)/dev ## formatting, lint, types, the import law
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(MARKS)/dev ## format and mend what can be mended
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

clean: ## throw away .venv and what checks left; the cache and the state stay
	@rm -rf $(VENV) build ivr.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

lock: $(MARKS)/venv ## compile the requirement files again (ARGS=--upgrade)
	@scripts/lock.sh $(ARGS)

licences: $(MARKS)/dev ## write the list of licences in docs/licences.md
	@$(BIN)/python -m scripts.licences

# Steps. A mark is newer than what it follows.

$(MARKS)/system: scripts/system-packages.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed (Debian 12: apt-get install python3)" >&2; exit 1; }
	@$(PYTHON) -m scripts.system_packages run build
	@mkdir -p $(@D) && touch $@

$(MARKS)/system-test: scripts/system-packages.txt $(MARKS)/system
	@$(PYTHON) -m scripts.system_packages test
	@touch $@

$(MARKS)/venv: requirements/bootstrap.txt | $(MARKS)/system
	@echo "python: $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	@touch $@

$(MARKS)/base: requirements/base.txt pyproject.toml $(MARKS)/venv
	@echo "python: packages of a running server"
	@$(INSTALL) --require-hashes -r requirements/base.txt
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(MARKS)/dev: requirements/dev.txt $(MARKS)/base
	@echo "python: packages for tests and checks"
	@$(INSTALL) --require-hashes -r requirements/dev.txt
	@touch $@

pjsua2: $(MARKS)/pjsua2
$(MARKS)/pjsua2: $(wildcard scripts/pjsua2/*.py) scripts/build_pjsua2.py $(MARKS)/base
	@wheel=$$($(BIN)/python -m scripts.build_pjsua2) && $(INSTALL) --no-deps --no-index "$$wheel"
	@touch $@

# Scripts and styles of the pages; calls do not wait for them.
$(MARKS)/web: $(wildcard ivr/web/assets/*) $(wildcard ivr/web/assets/*/*) scripts/build_web.py $(MARKS)/base
	@$(BIN)/python -m scripts.build_web >/dev/null && touch $@ || echo "web: going on without pages" >&2

models: $(CACHE)/models/.installed
$(CACHE)/models/.installed: ivr/model_table.py | $(MARKS)/base
	@$(BIN)/ivr models install && touch $@ || echo "models: going on with what there is; keypads always work" >&2

# Rasa's environment stands in the cache under the hash of its lock; looking there costs little, so no mark is kept.
# Without a Python that Rasa supports the server runs all the same: the built-in classifier understands.
rasa: $(MARKS)/base
	@$(BIN)/python -m scripts.setup_rasa >/dev/null || echo "rasa: going on without it" >&2
