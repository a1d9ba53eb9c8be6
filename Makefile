# `make demo` and `make test` are all a new machine needs: both make .venv first, the demo with half of the packages.
# A distribution's Python is built with optimization; one that pyenv builds takes half as long again for everything. It is
# taken if it can make environments (Debian: python3-venv) and is new enough.
PYTHON ?= $(shell /usr/bin/python3 -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo /usr/bin/python3 || echo python3)
VENV := .venv
BIN := $(VENV)/bin
# A second ExaBGP, for the tests that run both majors in use.
EXABGP42 := .venv-exabgp42
CHECKOV := .venv-checkov
# What reads its command line takes 1.7 s of CPU, nearly all of it to compare arguments by their text that are equal only
# if they are the same object: it is told so, since the tests start it a hundred times.
DOCOPT42 = $(EXABGP42)/lib/python3.*/site-packages/exabgp/vendoring/docopt.py

# Most tests that take long wait for other processes: five workers for two cores keep the cores busy.
WORKERS ?= $(shell expr 5 '*' $$(nproc) / 2)
SPREAD := --no-loadscope-reorder

# The modules are compiled once and kept, wherever this runs: a start of the daemon without that costs 0.3 s more.
unexport PYTHONDONTWRITEBYTECODE
COMPILE = $(BIN)/python -m compileall -q bgp2vpc

.PHONY: setup demo check test lint mutants explore fuzz soak terraform bench bench-all dist packages deb docs generate clean

setup: $(VENV)/.ready $(EXABGP42)/.ready

# Debian's pip takes twice as long as the newest one to look through an index.
$(BIN)/pip:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip

# What a target needs, by its extra in pyproject.toml; where what the tests need is installed, that has all of it.
needs = $(or $(wildcard $(VENV)/.ready),$(VENV)/.$(1))

$(VENV)/.demo $(VENV)/.docs $(VENV)/.packages: $(VENV)/.%: pyproject.toml | $(BIN)/pip
	@echo "Installing what 'make $*' needs into $(VENV): 50 packages or more, about a minute"
	$(BIN)/pip install --disable-pip-version-check --editable '.[$*]'
	$(COMPILE)
	@touch $@

$(VENV)/.ready: pyproject.toml | $(BIN)/pip
	@echo 'Installing what the tests need into $(VENV): about two minutes'
	$(BIN)/pip install --disable-pip-version-check --editable '.[test]'
	$(COMPILE)
	@# It keeps its parser beside its code, from its first use on.
	$(BIN)/python -c 'import hcl2; hcl2.loads("")'
	@touch $@

$(EXABGP42)/.ready:
	$(PYTHON) -m venv $(EXABGP42)
	$(EXABGP42)/bin/pip install --quiet 'exabgp==4.2.25' 'setuptools<81'
	sed -i 's/case.count(child) > 1/sum(child is other for other in case) > 1/' $(DOCOPT42)
	grep -q 'child is other' $(DOCOPT42)
	touch $@

demo: $(call needs,demo)
	$(BIN)/bgp2vpc demo

lint: $(VENV)/.ready
	$(BIN)/ruff check bgp2vpc tests benchmarks docs setup.py
	$(BIN)/ruff format --check --quiet bgp2vpc tests benchmarks docs setup.py
	$(BIN)/mypy
	$(BIN)/lint-imports

# At every commit: linters, types, and every test that needs no process, socket or root. One minute.
check: $(VENV)/.ready lint
	$(BIN)/python -m pytest --no-io --hypothesis-profile=quick -n 2 $(SPREAD)

# The linters are among it (tests/suite/test_lint.py), beside tests that leave a core free.
test: setup
	$(BIN)/python -m pytest -n $(WORKERS) $(SPREAD)

# Not part of `make test`: does a test find each small change of the code that decides (CONTRIBUTING.md)?
mutants: $(VENV)/.mutants
	$(BIN)/python -m tests.mutation

$(VENV)/.mutants: $(VENV)/.ready
	$(BIN)/pip install --quiet --editable '.[test,mutants]'
	touch $@

# Not part of `make test`: checkov brings a hundred packages. The provider of AWS is not asked, so Terraform only formats;
# tests/docs/test_terraform.py compares the modules with the stacks of CloudFormation.
terraform: $(CHECKOV)/.ready
	$(CHECKOV)/bin/checkov --config-file examples/terraform/checkov.yaml
	if command -v terraform; then terraform fmt -recursive -check -diff examples/terraform; fi

$(CHECKOV)/.ready:
	$(PYTHON) -m venv $(CHECKOV)
	$(CHECKOV)/bin/pip install --quiet checkov
	touch $@

# The next three are not part of `make test` either (CONTRIBUTING.md); their figures go where those of `bench` do.
RESULTS = --json benchmarks/results.json

# Every interleaving of two hosts, to the depth that ten minutes reach.
explore: $(VENV)/.ready
	$(BIN)/python -m tests.explore $(RESULTS) $(ARGS)

# Ten million lines and a million files: an hour or two.
fuzz: $(VENV)/.ready
	$(BIN)/python -m tests.fuzz $(RESULTS) $(ARGS)

# An hour, as root.
soak: setup
	$(BIN)/python -m benchmarks.soak $(RESULTS) $(ARGS)

# Two minutes; the figures go to benchmarks/results.json, and with `make generate` into the documents.
bench: $(VENV)/.ready
	$(BIN)/python -m benchmarks

# Half an hour, as root.
bench-all: $(VENV)/.ready
	$(BIN)/python -m benchmarks --all

# dist/: what is published on an index. BGP2VPC_REPOSITORY=https://HOST/OWNER/bgp2vpc makes the README's links lead there.
dist: $(call needs,packages)
	rm -f dist/*.whl dist/*.tar.gz
	$(BIN)/python -m build --outdir dist .
	$(BIN)/twine check --strict dist/*.whl dist/*.tar.gz

# dist/: the Debian package, for the release of this machine, the rpm, and the SBOM of both (docs/packaging.md).
packages: $(call needs,packages)
	packaging/build

deb: packages

# What docs/ has that is made of the source: run it when a key, a command, a log event or a figure changes.
generate: $(VENV)/.ready
	for script in docs/generate*.py; do $(BIN)/python $$script || exit 1; done

# site/: index.html opens in a browser, without a server.
docs: $(call needs,docs)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

clean:
	rm -rf build site $(VENV) $(EXABGP42) $(CHECKOV) dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
