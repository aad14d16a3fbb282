# Every target sets up what it needs; a machine with Python 3.11 or newer (with venv) and make is enough.

PYTHON ?= python3
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
RUN := $(VENV)/installed-run
DEV := $(VENV)/installed-dev
# what is made from the code, each with the module that prints it
GENERATED := examples/jobqueue.schema.json examples/.env.example exporter/METRICS.md exporter/README.md exporter/CLI.md \
	exporter/openapi.json
examples/jobqueue.schema.json.from := jobqueue_exporter.config.schema
examples/.env.example.from := jobqueue_exporter.config.environment
exporter/METRICS.md.from := jobqueue_exporter.catalog
exporter/README.md.from := jobqueue_exporter.engines
exporter/CLI.md.from := jobqueue_exporter.cli.reference
exporter/openapi.json.from := jobqueue_exporter.web.api

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test check bench mutate-rules fmt lint types layers fresh slow generated alerts dashboards tools build clean

help: ## show this
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-16s%s\n", $$1, $$2}'
	@echo '  ARGS="..." adds to a command, as in: make run ARGS="--scenario stuck"'

run: $(RUN) ## serve a demo database with living jobs, or your own when DATABASE_URL or REDIS_URL is set
	@if [ -n "$$DATABASE_URL$$REDIS_URL" ]; then exec $(BIN)/jobqueue serve $(ARGS); else exec $(BIN)/jobqueue demo $(ARGS); fi

test: $(DEV) tools ## run the tests (about a quarter of an hour)
	$(BIN)/python -m pytest -m "not slow" $(ARGS)

check: lint types layers fresh slow ## run everything else that CI does: style, types, layers, slow tests
	@echo "check: all good"

fmt: $(DEV) ## format the code and mend what ruff can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lint: $(DEV) ## check style and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(DEV) ## check types
	$(BIN)/mypy

layers: $(DEV) ## check that imports only go down
	$(BIN)/lint-imports

slow: $(DEV) tools ## run the slow tests: end to end, and the wheel installed alone
	$(BIN)/python -m pytest -m slow $(ARGS)

bench: $(DEV) tools ## measure what a reading costs the database, against other exporters
	$(BIN)/python -m tests.bench $(ARGS)

mutate-rules: $(DEV) tools ## change each alert rule a little; print the changes that no promtool case notices
	$(BIN)/python -m tests.mutation $(ARGS)

generated: $(DEV) ## write the files that are made from the code
	@set -e; $(foreach file,$(GENERATED),$(BIN)/python -m $($(file).from) >$(file).new && mv $(file).new $(file) \
		|| { rm -f $(file).new; exit 1; };)

alerts: $(DEV) ## render the alerts of the specs in alerts/, as they are without a jobqueue.yml
	$(BIN)/jobqueue alerts render --defaults --output-dir alerts

dashboards: $(DEV) ## render the dashboards of the sources in grafana/, as they are without a jobqueue.yml
	$(BIN)/jobqueue dashboards render --defaults --output-dir grafana

fresh: $(DEV) ## check that the files made from the code are as the code has them
	$(BIN)/jobqueue alerts render --defaults --output-dir alerts --check
	$(BIN)/jobqueue dashboards render --defaults --output-dir grafana --check
	$(BIN)/jobqueue dashboards check
	@set -e; $(foreach file,$(GENERATED),$(BIN)/python -m $($(file).from) | diff -u $(file) - \
		|| { echo "$(file) is stale: run make generated"; exit 1; };)

tools: ## unpack promtool, Prometheus, Chromium and the like into .tools, without root
	@.ci/tools
	@.ci/tools newest
	@.ci/tools chromium

build: $(DEV) ## build the sdist and, from it, the wheel into dist
	$(BIN)/python -m build

clean: ## remove all that make made
	rm -rf $(VENV) .tools build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find exporter tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or newer is needed, and $(PYTHON) is not: make PYTHON=/path/to/python3.11 ..."; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)

$(RUN): pyproject.toml $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[demo,bullmq,http]'
	@touch $@

$(DEV): pyproject.toml $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[demo,dev]'
	@touch $(RUN) $@
