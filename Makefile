# Every target prepares the machine itself (playground/set_up.py); a second run takes seconds.
#   make demo                    the whole cluster on this machine: http://127.0.0.1:8080, Ctrl-C ends it
#   make start NODE=node1        also stop, kill, freeze, thaw, restart; make status, make down
#   make test, make check        all tests; the linters, the types and the architecture
#   make bench                   how long nobody leads, beside peers; what a thousand cost (25 minutes; ARGS=--quick: 3)
#   make prove                   takes out one rule at a time and shows that a test falls
# PYTHON=python3.13 chooses the interpreter, DATA_DIR=… another playground, ARGS=… what is passed on.

PYTHON ?= python3
VENV_PYTHON := .venv/bin/python
PLAYGROUND := $(VENV_PYTHON) -m playground
IN_DATA_DIR := $(if $(DATA_DIR),--data-dir $(DATA_DIR))
WORDS := start stop kill freeze thaw restart

.PHONY: demo $(WORDS) status down test bench prove check clean ready-to-run ready-to-check ready-to-test
.DEFAULT_GOAL := demo

demo: ready-to-run
	@$(PLAYGROUND) up $(IN_DATA_DIR) $(ARGS)

$(WORDS): ready-to-run
	@$(if $(NODE),,$(error Say which one: make $@ NODE=node1))$(PLAYGROUND) $@ $(NODE) $(IN_DATA_DIR)

status down: ready-to-run
	@$(PLAYGROUND) $@ $(IN_DATA_DIR)

test: ready-to-test
	$(VENV_PYTHON) -m pytest $(ARGS)

bench: ready-to-test
	$(VENV_PYTHON) -m benchmarks.failover $(ARGS)
	$(VENV_PYTHON) -m benchmarks.growth $(ARGS)

prove: ready-to-test
	$(VENV_PYTHON) -m tests.prove $(ARGS)

check: ready-to-check
	$(VENV_PYTHON) -m ruff check
	$(VENV_PYTHON) -m ruff format --check
	$(VENV_PYTHON) -m mypy
	$(VENV_PYTHON) -m pytest -q tests/unit/test_architecture.py

clean:
	-@if [ -e .playground/state.json ]; then $(PLAYGROUND) down; fi
	rm -rf .venv .playground build succession.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

ready-to-run ready-to-check ready-to-test:
	@$(PYTHON) playground/set_up.py $(patsubst ready-to-%,%,$@)
