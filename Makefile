# `make demo` and `make test` are all a new machine needs: both make .venv first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# A second ExaBGP, for the tests that run both majors in use.
EXABGP42 := .venv-exabgp42

.PHONY: setup demo test lint mutants bench deb docs generate clean

setup: $(VENV)/.ready $(EXABGP42)/.ready

$(VENV)/.ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --editable '.[test]'
	touch $@

$(EXABGP42)/.ready:
	$(PYTHON) -m venv $(EXABGP42)
	$(EXABGP42)/bin/pip install --quiet 'exabgp==4.2.25' 'setuptools<81'
	touch $@

demo: $(VENV)/.ready
	$(BIN)/bgp2vpc demo

lint: $(VENV)/.ready
	$(BIN)/ruff check bgp2vpc tests benchmarks docs
	$(BIN)/ruff format --check --quiet bgp2vpc tests benchmarks docs
	$(BIN)/mypy
	$(BIN)/lint-imports

test: setup lint
	$(BIN)/python -m pytest

# Not part of `make test`: does a test find each small change of the code that decides (CONTRIBUTING.md)?
mutants: $(VENV)/.mutants
	$(BIN)/python -m tests.mutation

$(VENV)/.mutants: $(VENV)/.ready
	$(BIN)/pip install --quiet --editable '.[test,mutants]'
	touch $@

bench: $(VENV)/.ready
	$(BIN)/python -m benchmarks

# dist/bgp2vpc_VERSION_ARCHITECTURE.deb, for the Debian release of this machine (docs/packaging.md).
deb: $(VENV)/.ready
	packaging/deb/build

# What docs/ has that is made of the source: run it when a key, a command or a log event changes.
generate: $(VENV)/.ready
	for script in docs/generate*.py; do $(BIN)/python $$script || exit 1; done

docs: $(VENV)/.ready
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

clean:
	rm -rf site $(VENV) $(EXABGP42) dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
