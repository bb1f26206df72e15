# `make demo` shows the main job, `make test` proves it; each target works by itself on a machine that has Python only.
PYTHON ?= python3
ALEX := .venv/bin/alex
ENV ?= local
.DEFAULT_GOAL := help
# Bytecode makes every synthesis twice as fast; the analytics need no threads of a linear-algebra library.
unexport PYTHONDONTWRITEBYTECODE
export OPENBLAS_NUM_THREADS := 1

.PHONY: help tools demo deploy down status synth test quick e2e lint types format snapshots openapi lock bench doctor clean matrix crosscheck guardrails trace runbooks

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

tools: ## prepare the tools (.venv, CDK CLI, local cloud); does nothing when they are ready
	@$(PYTHON) alex/toolbox.py

demo: tools ## deploy to the local cloud and read a finished portfolio analysis
	@$(ALEX) demo

deploy: tools ## deploy every stack of ENV (default: local)
	@$(ALEX) deploy -e $(ENV)

down: tools ## stop the local cloud
	@$(ALEX) down

status: tools ## what runs locally
	@$(ALEX) status || [ $$? -eq 4 ]

synth: tools ## synthesise ENV with the policy gate on
	@$(ALEX) synth -e $(ENV)

test: tools lint types ## everything: style, types, layers, unit, templates, database, one end-to-end run
	@.venv/bin/python -m pytest

quick: tools ## the tests without the end-to-end run
	@.venv/bin/python -m pytest -m "not e2e"

e2e: tools ## the end-to-end run alone
	@.venv/bin/python -m pytest -m e2e

lint: tools ## ruff and the layers
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check -q .
	@.venv/bin/lint-imports --config pyproject.toml > .alex/layers.txt || (cat .alex/layers.txt; false)

types: tools ## mypy --strict
	@.venv/bin/mypy

format: tools ## write the code in the project's style
	@.venv/bin/ruff check --fix -q . ; .venv/bin/ruff format -q .

snapshots: tools ## accept the templates as they are now
	@.venv/bin/python -m pytest -q tests/stacks tests/hardened --snapshot-update

openapi: tools ## write lambdas/openapi.json from the handlers, and docs/api.html from it
	@.venv/bin/python -m advisor.handlers.openapi > .alex/openapi.json && mv .alex/openapi.json lambdas/openapi.json
	@.venv/bin/python -m alex.api_page

matrix: tools ## write docs/control-matrix.md from the criteria and the rules
	@.venv/bin/python -m alex.evidence.control_matrix

crosscheck: tools ## compare our rules with checkov, cfn-lint and cdk-nag; write docs/crosscheck.md
	@$(PYTHON) alex/toolbox.py checkov
	@$(ALEX) synth -e prod && $(ALEX) synth -e local
	@.venv/bin/python -m alex.policy.crosscheck .alex/prod/assembly .alex/local/assembly \
		--checkov .alex/checkov/bin/checkov --write docs/crosscheck.md

guardrails: tools ## measure the guardrails on the adversarial cases; write docs/guardrails.md
	@$(ALEX) guardrails --write

trace: tools ## write docs/traceability.md from the ids in settings, code and tests
	@.venv/bin/python -m alex.trace

runbooks: tools ## write the tables of docs/runbooks from production's alarms; says what is missing there
	@$(ALEX) synth -e prod
	@.venv/bin/python -m alex.runbooks

lock: tools ## compile the pinned requirements with hashes
	@.venv/bin/python -m alex.lock

bench: tools ## measure: synthesis, cold starts, API, analysis, retirement engine
	@$(ALEX) bench

doctor: tools ## what this machine lacks, and what to do
	@$(ALEX) doctor

clean: ## stop the local cloud and remove everything that was generated
	@[ ! -x $(ALEX) ] || $(ALEX) down || true
	@rm -rf .alex .venv node_modules cdk.out .pytest_cache .mypy_cache .ruff_cache .hypothesis
