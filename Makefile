# Everything a newcomer or CI runs; each target installs what it needs into $(VENV) by itself.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: demo test lint format types docs package dist krew release-dry-run e2e cluster clean

demo: $(VENV)/.runtime
	@$(BIN)/kubectl-calico_nic demo

test: $(VENV)/.development
	$(BIN)/python -m pytest

lint: $(VENV)/.development
	$(BIN)/ruff check
	$(BIN)/ruff format --check

format: $(VENV)/.development
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

types: $(VENV)/.development
	$(BIN)/mypy

# The reference of the commands, from the definitions that parse them.
docs: $(VENV)/.development
	$(BIN)/python -m kubectl_calico_nic.commands.reference > docs/commands.md

# The wheel is what users of pip get: build it, install it alone, and run it from there.
package: $(VENV)/.development
	rm -rf build
	$(BIN)/python -m build --quiet --outdir build/dist .
	$(PYTHON) -m venv --clear build/wheel
	build/wheel/bin/python -m pip install --quiet --disable-pip-version-check build/dist/*.whl
	cd build && wheel/bin/kubectl-calico_nic version
	cd build && wheel/bin/kubectl-calico_nic demo > demo.txt && tail -n 3 demo.txt

# What users of krew get: the archive, its manifest and their checksums. The bytes depend on the
# sources and on the Pythons whose bytecode is in it (bytecode.txt of the archive), on nothing else.
dist: $(VENV)/.development
	$(BIN)/python -m krew --output dist

# That archive built twice, validated, installed, run, upgraded and removed by the real krew, which
# is built from its Go module when missing.
krew: $(VENV)/.development
	$(BIN)/python -m pytest tests/e2e/test_krew.py

# Everything of a release that needs neither its tag nor a key: .github/workflows/release.yaml.
release-dry-run: $(VENV)/.development
	$(BIN)/python -m krew.release
	$(MAKE) krew

# A real control plane on loopback: built from Go modules into a cache outside the tree when missing.
e2e: $(VENV)/.development
	$(BIN)/python -m tests.e2e.binaries
	$(BIN)/python -m pytest tests/e2e

# The same control plane with the incident on it, kept up until Ctrl-C.
cluster: $(VENV)/.development
	@$(BIN)/python -m tests.e2e.cluster

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: setup.cfg pyproject.toml | $(BIN)/python
	$(PIP) --editable .
	touch $@

$(VENV)/.development: setup.cfg pyproject.toml | $(BIN)/python
	$(PIP) --editable '.[test,check]'
	touch $@ $(VENV)/.runtime
