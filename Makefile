# Everything a newcomer or CI runs; each target installs what it needs into $(VENV) by itself.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: demo test versions faults soak planted fuzz differential lint format types docs package dist krew release-dry-run e2e hosts cluster bench clean

demo: $(VENV)/.runtime
	@$(BIN)/kubectl-calico_nic demo

test: $(VENV)/.development
	$(BIN)/python -m pytest --numprocesses auto

# The same by every CPython of 3.10 to 3.14 that is here, and with every client that setup.cfg allows.
# PYTHONS=/opt/a/bin/python3.14:... names more Pythons, MATRIX=full runs every pair of the two.
versions: $(VENV)/.development
	$(BIN)/python -m tests.version_matrix

# Every fault at every request of set, and 10,000 random schedules of faults; a test run tries some.
FAULT_SCHEDULES ?= 10000
faults: $(VENV)/.development
	FAULT_SCHEDULES=$(FAULT_SCHEDULES) $(BIN)/python -m pytest tests/test_faults*.py

# rollout-check over the rolling update of a thousand nodes; a test run follows sixty.
SOAK_NODES ?= 1000
soak: $(VENV)/.development
	SOAK_NODES=$(SOAK_NODES) $(BIN)/python -m pytest tests/test_soak.py

# An attack in every text that a cluster hands out, a few in each run; a test run plants many at once.
PLANTED_RUNS ?= 100
planted: $(VENV)/.development
	PLANTED_RUNS=$(PLANTED_RUNS) $(BIN)/python -m pytest --timeout 3600 tests/test_output_planted*.py

# The fuzz tests with so many times as many examples, and others each time.
FUZZ_FACTOR ?= 50
fuzz: $(VENV)/.development
	FUZZ_FACTOR=$(FUZZ_FACTOR) $(BIN)/python -m pytest --timeout 3600 tests/test_fuzz*.py

lint: $(VENV)/.development
	$(BIN)/ruff check
	$(BIN)/ruff format --check

format: $(VENV)/.development
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

types: $(VENV)/.development
	$(BIN)/mypy

# The reference of the commands, from the definitions that parse them, and the matrix of faults.
docs: $(VENV)/.development
	$(BIN)/python -m kubectl_calico_nic.commands.reference > docs/commands.md
	$(BIN)/python -m tests.fault_matrix_page > docs/faults.md

# The wheel is what users of pip get: build it, install it alone, and run it from there.
package: $(VENV)/.development
	rm -rf build/dist build/lib build/bdist.*
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

# Generated kubeconfigs and command lines by the thousand, each also run by the real kubectl.
CASES ?= 3000
differential: $(VENV)/.development
	CALICO_NIC_CASES=$(CASES) $(BIN)/python -m pytest tests/test_cluster_differential.py

# Real control planes on loopback, one for each process that runs tests: built from Go modules into a
# cache outside the tree when missing. KUBERNETES_VERSION=1.35 asks for an older one, E2E=path... for
# some of the tests.
E2E_PROCESSES ?= 2
E2E ?= tests/e2e
e2e: $(VENV)/.development
	$(BIN)/python -m tests.e2e.binaries
	$(BIN)/python -m pytest $(E2E) --numprocesses $(E2E_PROCESSES) --dist loadfile

# The plugin below kubectls of older releases: 1.32 from its Go module, and Debian's 1.20.
hosts: $(VENV)/.development
	kubectls=$$($(BIN)/python -m tests.e2e.kubectl_hosts) && \
	CALICO_NIC_KUBECTLS=$$kubectls $(BIN)/python -m pytest tests/test_cluster_version_skew.py

# The same control plane with the incident on it, kept up until Ctrl-C.
cluster: $(VENV)/.development
	@$(BIN)/python -m tests.e2e.cluster

# How fast and how gentle, beside peers that do the same work in the same run. Not a test: half an
# hour, and other work on the machine shows. BENCH="--nodes 5000", or --help, asks for more or less.
bench: $(VENV)/.development
	@$(BIN)/python -m benchmarks $(BENCH)

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
