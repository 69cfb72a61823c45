# The commands of the house. `make run` and `make test` work on a fresh machine with Python >= 3.11 and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
N ?= 200
STEPS ?= 10000
PYTEST_WORKERS ?= 2

.PHONY: run setup test check fmt demo bench walk chaos histories migration lock browser

run: setup ## the whole system with simulators and real orders; stays up
	$(BIN)/orderloom run

setup: $(VENV)/.installed ## only installs

$(VENV)/.installed: requirements/dev.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements/dev.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	touch $@

browser: ## Debian's chromium and Chinese fonts, for the tests of the pages
	@sh scripts/browser.sh

test: setup browser ## every test, on a real PostgreSQL and a real Temporal server
	$(BIN)/python -m pytest -n $(PYTEST_WORKERS) --dist loadfile --no-loadscope-reorder

check: setup ## format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy domain ports workflows activities adapters api web orderloom simulators benchmarks
	$(BIN)/lint-imports

fmt: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

demo: setup ## N orders to their end, headless
	$(BIN)/orderloom demo --orders $(N)

bench: setup ## orders per second against the bare engine, in one run
	$(BIN)/python -m benchmarks.bench $(if $(JSON),--json)

walk: setup ## long random ways through stock and money; STEPS=10000, and SEED= to walk one again
	WALK_STEPS=$(STEPS) WALK_SEED=$(SEED) $(BIN)/python -m pytest tests/models -q -s -p no:randomly --timeout 0

chaos: setup ## kill -9 of real processes, then the auditor's report
	$(BIN)/orderloom demo --orders $(N) --chaos

histories: setup ## records the workflow tests' histories for a release: RELEASE=0.1.0
	RECORD_HISTORIES=$(CURDIR)/tests/replay/histories/$(RELEASE) $(BIN)/python -m pytest tests/workflows -q

migration: setup ## the migration that changed tables need: TOPIC="stock supply"
	$(BIN)/python -m scripts.migration $(TOPIC)
	$(BIN)/ruff format --quiet adapters/postgres/migrations

lock: ## renew the hashed requirements
	$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-header pyproject.toml -o requirements/base.txt
	$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-header pyproject.toml --extra pdf --group demo --group dev -c requirements/base.txt -o requirements/dev.txt
