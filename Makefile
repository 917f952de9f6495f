# Everything a checkout can do. `make` lists it. ARGS="..." is handed on, such as
# make test ARGS="tests/core -x".

SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
COMMAND := $(VENV)/bin/pinthread
RUN := $(VENV)/run.stamp
DEV := $(VENV)/dev.stamp
ARGS ?=

.DELETE_ON_ERROR:

.PHONY: help
help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

.PHONY: run
run: $(RUN) ## run Pinthread: with config.yaml if there is one, else with the sandbox
	@exec $(COMMAND) run $(ARGS)

.PHONY: test
test: $(DEV) ## run all tests (Chromium is installed where that is allowed)
	@tests/get-chromium
	$(PY) -m pytest -n auto --dist loadfile --no-loadscope-reorder $(ARGS)

.PHONY: check
check: $(DEV) ## check format, lint, types, import rules and the coverage of core/
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports
	$(PY) -m pytest tests/core -q --cov=core --cov-branch --cov-report=term --cov-fail-under=100

.PHONY: bench
bench: $(DEV) ## run the benchmarks and hold them against their bounds
	$(PY) -m benchmarks $(ARGS)

.PHONY: plug
plug: $(DEV) ## pull the plug for a minute among faults (PINTHREAD_PLUG: how many times)
	PINTHREAD_PLUG=$${PINTHREAD_PLUG:-1} $(PY) -m pytest tests/program/test_plug.py -k minute $(ARGS)

.PHONY: soak
soak: $(DEV) ## run the program among faults for 30 minutes (PINTHREAD_SOAK: seconds)
	PINTHREAD_SOAK=$${PINTHREAD_SOAK:-1800} $(PY) -m pytest tests/program/test_plug.py -k soak \
		-o log_cli=true --log-cli-level=INFO $(ARGS)

.PHONY: setup
setup: $(DEV) ## make .venv with all that the other targets need

.PHONY: clean
clean: ## remove .venv and caches; data/ and config.yaml stay
	rm -rf $(VENV) .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache

# A stamp says that .venv holds what its list of requirements names.
$(RUN): requirements/run.txt | $(PY)
	@$(PY) -m pip install -qq --disable-pip-version-check --require-hashes -r $<
	@$(link-command)
	@touch $@

$(DEV): requirements/dev.txt $(RUN)
	@$(PY) -m pip install -qq --disable-pip-version-check --require-hashes -r $<
	@touch $@

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Pinthread needs Python 3.11 or newer; make PYTHON=python3.12 takes another one." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || \
		{ echo "Python's venv module is missing. Install it: apt-get install python3-venv" >&2; exit 1; }
	@echo "Making $(VENV) and installing what Pinthread needs; this happens once."
	@$(PYTHON) -m venv $(VENV)

# The checkout is on the path of .venv, and `pinthread` is a line of shell: nothing is built.
define link-command
echo '$(CURDIR)' > "$$($(PY) -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/pinthread.pth" && \
printf '#!/bin/sh\nexec "%s" -m bridge "$$@"\n' '$(CURDIR)/$(PY)' > $(COMMAND) && chmod +x $(COMMAND)
endef
