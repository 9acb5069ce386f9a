# Everything a person does here. `make` alone lists it.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
STAMP := $(VENV)/.ready
STAY ?= 1
say = @printf '[%4d s] %s\n' "$$SECONDS" "$(1)"

.PHONY: help setup demo test check bench clean lock

help:  ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

setup: $(STAMP)  ## make .venv with everything that is pinned (a minute the first time)

$(STAMP): requirements/dev.txt pyproject.toml scripts/setup
	@PYTHON=$(PYTHON) scripts/setup $(VENV)
	@touch $(STAMP)

demo: $(STAMP)  ## tell the story on a real Kubernetes API; servers stay up until Ctrl-C (STAY=0: end)
	@scripts/toolchains
	@$(RUN) -m practice.demo $(if $(filter 0,$(STAY)),,--stay)

check: $(STAMP)  ## format, lint, types, import contracts, unit tests (under 2 minutes)
	@scripts/check

test: $(STAMP)  ## everything: the checks, then all tests on a real ground
	@scripts/toolchains
	@scripts/test

bench: $(STAMP)  ## the benchmarks: each prints a ratio against a peer or a floor
	@scripts/bench

lock: $(STAMP)  ## move the pinned versions (read the diff)
	@requirements/compile.sh

clean:  ## remove what was made here, and end this checkout's practice ground
	@if [ -x $(RUN) ]; then $(RUN) -m practice down; fi
	@rm -rf $(VENV) dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
