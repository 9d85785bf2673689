# `make synthetic` trains and tabulates; `make test CI=1` runs what CI runs.
PYTHON ?= python3
VENV := .venv
# PINNED=1 installs the versions that the committed figures were made with.
CONSTRAINTS := $(if $(PINNED),-c constraints.txt)
BIN := $(VENV)/bin
# Modules are compiled where they are first imported: most of TensorFlow's never are.
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile
SOURCES := leakgan_tf benchmarks tests docs/hooks.py
export TF_CPP_MIN_LOG_LEVEL ?= 2

.PHONY: help setup synthetic smoke pretrained test suite lint format docs clean

help:
	@echo "make synthetic   train MLE and LeakGAN on a small oracle, print the table (3 minutes)"
	@echo "make smoke       the same code path, shrunken for every system"
	@echo "make test        lint and tests (CI=1: also smoke, docs and the tests that only CI runs)"
	@echo "make setup       build $(VENV) (PINNED=1: with the versions of the committed figures)"
	@echo "make docs        the documentation site, in build/site, to be read offline (needs npm)"
	@echo "make pretrained  train the models that come with the package again (3 minutes of one core)"
	@echo "make lint        ruff and mypy;  make format: ruff;  make clean: remove $(VENV)"

$(VENV)/made:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.10 or newer is needed" if sys.version_info < (3, 10) else 0)'
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/runtime: $(VENV)/made requirements.txt
	$(INSTALL) $(CONSTRAINTS) -r requirements.txt
	@touch $@

$(VENV)/development: $(VENV)/runtime requirements-dev.txt
	$(INSTALL) $(CONSTRAINTS) -r requirements-dev.txt
	@touch $@

$(VENV)/site: $(VENV)/runtime requirements-docs.txt | $(if $(CI),$(VENV)/development)
	$(INSTALL) -r requirements-docs.txt
	@touch $@

setup: $(VENV)/development $(if $(CI),$(VENV)/site)

synthetic: $(VENV)/runtime
	$(BIN)/python -m benchmarks.synthetic --preset=quick

smoke: $(VENV)/runtime | $(if $(CI),$(VENV)/site)
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	$(BIN)/python -m benchmarks.synthetic --preset=smoke --systems=all --run_dir="$$folder/smoke"

pretrained: $(VENV)/runtime
	$(BIN)/python -m benchmarks.publish.pretrained

lint: $(VENV)/development
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy

format: $(VENV)/development
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

docs: $(VENV)/site
	DISABLE_MKDOCS_2_WARNING=true NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

test: lint suite $(if $(CI),smoke docs)

suite: $(VENV)/development
	$(BIN)/python -m pytest -n auto --dist=loadfile --no-loadscope-reorder $(if $(CI),--ci)

clean:
	rm -rf $(VENV)
