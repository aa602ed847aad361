# Each target sets up what it needs, on a machine that has only Python, and says what it does.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.current
TOOLS := .venv-tools/.current
COMPILE := .venv-tools/bin/uv pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes --no-header --no-annotate
PAGE := gateway/graphiql/dist/built-from
MINUTES ?= 10
TOGETHER := --numprocesses auto --dist loadfile --no-loadscope-reorder
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help run test setup check lint types imports unit fix schema docs bench bench-peers bench-growth bench-classes bench-abuse soak clients supergraph supergraph-schema screenshots schema-check rolling chaos fuzz fuzz-requests lock hashes audit release

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: setup ## the gateway, the sandbox upstream and GraphiQL on http://127.0.0.1:8000
	@$(BIN)/python -m gateway serve --sandbox

test: setup ## every test
	@$(BIN)/pytest -q $(TOGETHER)

setup: $(STAMP) $(PAGE) ## .venv with the exact versions of constraints.txt, whose hashes are known, and GraphiQL's page

$(STAMP): constraints.txt requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed, this is " + sys.version.split()[0] + "; name another one: make PYTHON=python3.12")'
	@echo "setting up .venv (about a minute)"
	@$(PYTHON) -m venv .venv
	@PIP_CONSTRAINT=constraints.txt $(BIN)/pip install --quiet --no-deps --require-hashes --requirement requirements-dev.txt
	@$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(PAGE): $(STAMP) $(wildcard gateway/graphiql/*.*)
	@$(BIN)/python -m building.page || echo "all else works without it" >&2

check: lint types imports schema-check unit ## lint, types, import contracts, changes of the schema, tests with coverage, schema.graphql unchanged
	@$(BIN)/python -m gateway schema --check schema.graphql

lint: setup
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/hadolint Dockerfile
	@$(BIN)/yamllint --strict --config-file deploy/.yamllint.yaml deploy
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.compose-spec deploy/compose/compose.yaml
	@$(BIN)/python -m tests.deploy.lint
	@$(BIN)/python -m building.locks

types: setup
	@$(BIN)/mypy

imports: setup
	@$(BIN)/lint-imports --no-cache

unit: setup
	@$(BIN)/pytest -q $(TOGETHER) --cov --cov-fail-under=100

fix: setup ## mend formatting and what the linter can mend
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

schema: setup ## print the schema to schema.graphql
	@$(BIN)/python -m gateway schema > schema.graphql

docs: setup ## write the README's table of settings anew
	@$(BIN)/python -m tests.settings_table

schema-check: setup ## what has changed in schema.graphql since main; fails for what CHANGELOG.md does not name
	@$(BIN)/python -m tests.schema_changes

bench: setup ## how keys are split into upstream calls, what a cache saves, entities, and a second worker, each against other ways (three minutes)
	@failed=0; for each in upstream_calls cached entities workers; do $(BIN)/python -m bench.$$each || failed=1; done; exit $$failed

rolling: setup ## gateways restarted in turn behind HAProxy, under 200 operations a second (a minute); needs a haproxy on the path
	@$(BIN)/python -m bench.rolling

bench-peers: setup ## what an operation costs, here and in other GraphQL servers; installs Node and them (eight minutes)
	@$(BIN)/python -m bench.peers

bench-classes: setup ## what each kind of operation costs by a plan and on graphql-core (half a minute)
	@$(BIN)/python -m bench.classes

bench-growth: setup ## how an operation's cost grows with customers, fields, connections and documents (two minutes)
	@$(BIN)/python -m bench.growth

clients: setup ## real clients and routers, and the gateway; installs Node and them (two minutes); from then on `make test` has them
	@CI=true $(BIN)/pytest -q tests/clients tests/federation

supergraph: setup ## the gateway in a federated graph, behind a router on http://127.0.0.1:4000; installs Node and that (half a minute)
	@$(BIN)/python -m tests.federation

supergraph-schema: setup ## the supergraph of deploy/compose anew, from schema.graphql
	@$(BIN)/python -m tests.federation.deployed

screenshots: setup ## the README's pictures of GraphiQL, taken of this build; needs a chromium on the path
	@$(BIN)/python -m tests.graphiql.screenshots

soak: setup ## mixed load with faults for ten minutes (MINUTES=2: for two); fails on a wrong figure, a leak, or growth
	@$(BIN)/python -m tests.soak --minutes $(MINUTES)

bench-abuse: setup ## what attacks cost the gateway in processor time and memory (two minutes)
	@$(BIN)/python -m bench.abuse

chaos: setup ## sequences of upstream faults and floods of callers for half an hour; `make test` has a minute of it
	@$(BIN)/pytest -q tests/chaos --hypothesis-profile=chaos

fuzz: setup ## a hundred thousand operations, each run by a plan and by graphql-core, for hours; `make test` has hundreds
	@$(BIN)/pytest -q tests/plan/test_agreement.py --hypothesis-profile=fuzz

fuzz-requests: setup ## a hundred thousand requests to a gateway whose memory is watched, for an hour; `make test` has hundreds
	@$(BIN)/pytest -q -s tests/abuse/test_fuzz.py --hypothesis-profile=requests

lock: ## renew constraints.txt with today's versions, and the hashes
	@rm -rf .venv-lock
	@$(PYTHON) -m venv .venv-lock
	@.venv-lock/bin/pip install --quiet '.[dev]'
	@.venv-lock/bin/pip freeze --exclude customer-kpi-gateway > constraints.txt
	@rm -rf .venv-lock
	@echo "constraints.txt renewed: $$(wc -l < constraints.txt) packages"
	@rm -f requirements.txt requirements-dev.txt
	@$(MAKE) --no-print-directory hashes

hashes: $(TOOLS) ## the hashes of what constraints.txt pins: requirements.txt, what runs; requirements-dev.txt, all of it
	@$(COMPILE) --constraint constraints.txt pyproject.toml --extra otel --output-file requirements.txt > /dev/null
	@$(COMPILE) --constraint constraints.txt pyproject.toml --extra dev --output-file requirements-dev.txt > /dev/null
	@$(COMPILE) building/tools.in --output-file building/requirements.txt > /dev/null
	@$(COMPILE) building/node.in --output-file building/node.txt > /dev/null

audit: $(TOOLS) ## known vulnerabilities of what is pinned, and withdrawn versions; needs the network, and says what could not be asked
	@$(PYTHON) -m building.audit

release: setup $(TOOLS) ## wheel, sdist, SBOM and SHA256SUMS of this commit in dist/
	@$(BIN)/python -m building.release

$(TOOLS): building/requirements.txt
	@$(PYTHON) -m venv .venv-tools
	@.venv-tools/bin/pip install --quiet --no-deps --require-hashes --requirement building/requirements.txt
	@touch $@
