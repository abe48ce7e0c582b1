# Needs only python3.11 (or newer) and make. Every target that needs it makes .venv first.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
WEIGHTS := efficientnet-lite0 dinov2-small minilm elpv

.DEFAULT_GOAL := help
.PHONY: help demo test lint clean

help:
	@echo "make demo    the whole job on real photographs, into ./iad-demo"
	@echo "make test    style, types, import order, weights, tests"
	@echo "make lint    style, types and import order alone"
	@echo "make clean   remove .venv and what the demo made"

# One resolve: the upper bound on torch in pyproject.toml is what keeps it small.
$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[cpu,demo,dev]"
	@touch $@

demo: $(READY)
	$(BIN)/iad demo

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	$(BIN)/iad weights pull $(WEIGHTS)
	$(BIN)/python -m pytest -q

clean:
	rm -rf $(VENV) iad-demo .pytest_cache .ruff_cache .mypy_cache .import_linter_cache
