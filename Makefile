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

IMAGES ?= 0
SERVERS ?= cluster observability retrieval host

.PHONY: help setup demo test check bench load soak images manifests bundles manual clean lock

help:  ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

setup: $(STAMP)  ## make .venv with everything that is pinned (a minute the first time)

$(STAMP): requirements/dev.txt pyproject.toml scripts/setup
	@PYTHON=$(PYTHON) scripts/setup $(VENV)
	@touch $(STAMP)

demo: $(STAMP)  ## tell the story on a real Kubernetes API; servers stay up until Ctrl-C (STAY=0: end; IMAGES=1: from the images)
	@scripts/toolchains $(if $(filter 1,$(IMAGES)),images,)
	@$(if $(filter 1,$(IMAGES)),PRACTICE_IMAGES=1 )$(RUN) -m practice.demo $(if $(filter 0,$(STAY)),,--stay)

check: $(STAMP)  ## format, lint, types, import contracts, unit tests (under 2 minutes)
	@scripts/check

test: $(STAMP)  ## everything: the checks, then all tests on a real ground
	@scripts/toolchains fleet images
	@scripts/test

bench: $(STAMP)  ## the benchmarks: each prints a ratio against a peer or a floor
	@scripts/bench

load: $(STAMP)  ## fifty clients of two replicas for five minutes, while things fail
	@scripts/toolchains fleet
	@$(RUN) -m tests.benchmarks.load

soak: $(STAMP)  ## the same without failures for half an hour: memory stays flat
	@scripts/toolchains fleet
	@$(RUN) -m tests.benchmarks.load --seconds 1800 --calm

images: $(STAMP)  ## build the images (SERVERS="cluster host": only these), their SBOMs, and a table of sizes
	@manifests/container/build $(SERVERS)

bundles: $(STAMP)  ## build dist/*.mcpb, for a click in Claude Desktop
	@$(RUN) scripts/bundles.py

manifests: $(STAMP)  ## write what is generated for Kubernetes: schema, plain manifests, goldens
	@$(RUN) scripts/manifests.py

manual: $(STAMP)  ## build the manual into dist/manual, without the network
	@NO_MKDOCS_2_WARNING=1 $(VENV)/bin/mkdocs build --strict --quiet --site-dir dist/manual

lock: $(STAMP)  ## move the pinned versions (read the diff)
	@requirements/compile.sh

clean:  ## remove what was made here, and end this checkout's practice ground
	@if [ -x $(RUN) ]; then $(RUN) -m practice down; fi
	@rm -rf $(VENV) dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
