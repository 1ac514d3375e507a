# Every target works from a bare clone. The same steps as plain commands: README, "Without make".
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test coverage check bench chaos chaos-mutants load lighthouse lock build clean
.DELETE_ON_ERROR:

demo: .venv/runtime ## the main job on embedded SQLite with the simulated carrier
	$(BIN)/callweave demo $(ARGS)

test: .venv/development ## the whole suite
	$(BIN)/python -m tests.bring
	$(BIN)/pytest -n 3 --dist worksteal $(ARGS)

coverage: .venv/development ## the suite again, slower, and which lines and branches it reached
	$(BIN)/pytest -n 3 --dist worksteal --cov --cov-report=term:skip-covered $(ARGS)

check: .venv/development ## style, types, floors
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/development ## hot paths as ratios against a bare Flask endpoint
	$(BIN)/python -m tests.benchmarks $(ARGS)

# N calls of each of SEEDS seeds; PART virtual, real or both; WITHOUT=reconciler takes that net away.
N ?= 500
SEEDS ?= 5
DB ?= sqlite
PART ?= both
chaos: .venv/development ## that no call is lost: faults and kills, and a judge on the carrier's side
	$(BIN)/python -m tests.chaos --calls $(N) --seeds $(SEEDS) --db $(DB) --part $(PART) $(WITHOUT:%=--without %) $(ARGS)

chaos-mutants: .venv/development ## planted mistakes, and how many of them the chaos finds
	$(BIN)/python -m tests.chaos --mutants $(ARGS)

load: .venv/development ## rings while pages, slow sockets and floods come, as ratios to an idle server
	$(BIN)/python -m tests.load $(ARGS)

lighthouse: .venv/development ## the demo shop's performance score, with the snippet and without
	$(BIN)/python -m tests.lighthouse

build: .venv/development ## the browser snippet from its source
	$(BIN)/python -m callweave.snippet.build

lock: .venv/development ## the locked dependencies from pyproject.toml, with hashes
	$(BIN)/python config/lock.py

clean: ## everything that the other targets made
	rm -rf .venv .cache .coverage* .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache dist data

.venv/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Callweave needs Python 3.11 or newer: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv .venv
	touch $@

.venv/runtime: config/requirements.txt pyproject.toml | .venv/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r config/requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

.venv/development: config/requirements-dev.txt pyproject.toml | .venv/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r config/requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@ .venv/runtime
