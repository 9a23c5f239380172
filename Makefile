# Everything one does with this project. `make` alone lists it.
#
#   make run                     the local city, on this machine, at http://localhost:4566
#   make demo                    a day in Incheon, against the running city
#   make reset                   empties the local city
#   make test                    every test; nothing has to be started by hand
#   make deploy STAGE=dev        to AWS

ENVIRONMENTS := .environments
PYTHON := $(ENVIRONMENTS)/development/bin/python
SIMULATOR_PYTHON := PYTHONPATH=layers/eeum/python $(ENVIRONMENTS)/simulator/bin/python
SAM := SAM_CLI_TELEMETRY=0 $(ENVIRONMENTS)/sam/bin/sam

# What is built and deployed: x86_64 or arm64 for Lambda, host for this machine's Python.
TARGET ?= x86_64
STAGE ?= dev
EVENT ?= events/payment_authorisation/http.json
FUNCTION ?= PaymentAuthorisationFunction
# How long functions are killed.
SECONDS ?= 60
# Tests run side by side; those that share a city run in one process (`xdist_group`).
TESTS ?= tests
OPS ?= 20000
PYTEST_OPTIONS ?= -n auto --dist loadgroup

export AT PORT CITY FROM

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install environments simulated-city export payments-of-export check-policy explain-policy try-policy simulate-policy publish-payments compare-evaluators measure-simulator build run demo demo-with-kills upgrade-drill release-fixture fold rebuild republish invoke reset audit catch-up redrive test simulate mutants bench deploy validate lint format openapi policy-examples policy-schema lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

# --- environments, each made once and again when its requirements change --------------------------------------------

$(ENVIRONMENTS)/installer/.complete: requirements/installer.txt deployment/environment.sh
	@echo "· Making the installer's environment (once)."
	@deployment/environment.sh installer

$(ENVIRONMENTS)/%/.complete: requirements/%.txt $(ENVIRONMENTS)/installer/.complete
	@echo "· Making the environment $* (once)."
	@deployment/environment.sh $*

$(ENVIRONMENTS)/node/.complete: requirements/dynoxide/package-lock.json deployment/environment.sh
	@echo "· Fetching the engine that store tests run on (once)."
	@deployment/environment.sh node

DEVELOPMENT := $(ENVIRONMENTS)/development/.complete
EMULATOR := $(ENVIRONMENTS)/emulator/.complete
SAM_CLI := $(ENVIRONMENTS)/sam/.complete
SIMULATOR := $(ENVIRONMENTS)/simulator/.complete
NODE := $(ENVIRONMENTS)/node/.complete

install: $(DEVELOPMENT) $(EMULATOR) $(SAM_CLI) $(SIMULATOR) $(NODE) ## every environment, below .environments/
environments: install

# --- the local city ---------------------------------------------------------------------------------------------------

run: $(DEVELOPMENT) $(EMULATOR) $(SAM_CLI) ## the local city; AT=2021-01-31T23:58+09:00 or AT=now chooses its time, PORT its port
	@$(PYTHON) -m local.run

demo: $(DEVELOPMENT) ## a day in Incheon, against the running city
	@$(PYTHON) -m local.demo

demo-with-kills: $(DEVELOPMENT) $(EMULATOR) $(SAM_CLI) ## the demonstration in a city of its own whose functions are killed at random: SECONDS=60
	@PYTHONPATH=layers/eeum/python $(PYTHON) -m local.demo_with_kills --seconds $(SECONDS)

upgrade-drill: $(DEVELOPMENT) $(EMULATOR) $(SAM_CLI) ## updates an earlier release's city to this checkout while clients pay: FROM=a commit or tag
	@PYTHONPATH=layers/eeum/python $(PYTHON) -m local.upgrade

reset: $(DEVELOPMENT) $(EMULATOR) ## empties the local city
	@$(PYTHON) -m local.reset

invoke: $(DEVELOPMENT) $(SAM_CLI) ## one function in a container (needs Docker), on the running city: FUNCTION=… EVENT=…
	@$(PYTHON) -m local.invoke --check $(FUNCTION) $(EVENT)
	@$(MAKE) --no-print-directory build
	@$(PYTHON) -m local.invoke $(FUNCTION) $(EVENT)

# --- running a city: the local one, or a stage that is deployed with CITY=dev ------------------------------------------

catch-up: $(DEVELOPMENT) ## posts cashback that never came, now: CITY=local (default) or a deployed stage
	@$(PYTHON) -m operations.catch_up

redrive: $(DEVELOPMENT) ## sends what waits in the cashback dead-letter queue again, and says what became of it
	@$(PYTHON) -m operations.redrive

audit: $(DEVELOPMENT) ## works everything that is stored out anew, and names what deviates; ROOTS=all verifies every daily root
	@PYTHONPATH=layers/eeum/python $(PYTHON) -m operations.audit $(if $(filter all,$(ROOTS)),--all-roots)

fold: $(DEVELOPMENT) ## brings balances up to date, now: by itself that happens every hour, locally every minute
	@$(PYTHON) -m operations.fold

republish: $(DEVELOPMENT) ## publishes entries on the city's bus again: FROM=… UNTIL=… KINDS="payment earning"
	@PYTHONPATH=layers/eeum/python $(PYTHON) -m operations.republish $(if $(FROM),--from $(FROM)) $(if $(UNTIL),--until $(UNTIL)) $(if $(KINDS),--kinds $(KINDS))

rebuild: $(DEVELOPMENT) ## works out the balances of merchants, funders and banks anew from the journal, while payments go on
	@PYTHONPATH=layers/eeum/python $(PYTHON) -m operations.rebuild

# --- writing a policy: docs/policy-language.md ------------------------------------------------------------------------------

check-policy: $(DEVELOPMENT) ## the faults of policy documents: POLICY="A.json B.json"
	@PYTHONPATH=layers/eeum/python $(PYTHON) -m eeum.policy check $(POLICY)

explain-policy: $(DEVELOPMENT) ## a policy in plain Korean and English: POLICY=A.json
	@PYTHONPATH=layers/eeum/python $(PYTHON) -m eeum.policy explain $(POLICY)

try-policy: $(DEVELOPMENT) ## what payments and top-ups get under a policy: POLICY=A.json EVENTS=B.json, JSON=yes for a program
	@PYTHONPATH=layers/eeum/python $(PYTHON) -m eeum.policy try $(POLICY) $(EVENTS) $(if $(JSON),--json)

# --- what a policy would cost: docs/simulator.md ---------------------------------------------------------------------------

# Where a simulated city's payments are, and how much of the city it holds, in basis points of its members.
PAYMENTS ?= .local/simulated-city
CITY_SHARE ?= 1000

simulated-city: $(SIMULATOR) ## payments of a simulated city, 2020: PAYMENTS=… (a folder), CITY_SHARE=1000 (a tenth of its members)
	@$(SIMULATOR_PYTHON) -m simulator.city $(PAYMENTS) --share $(CITY_SHARE)

# A folder that `make export` writes, or one that was downloaded from S3.
EXPORT ?= .local/export

export: $(DEVELOPMENT) ## the local city's ledger, as DynamoDB exports tables: EXPORT=… (a new folder)
	@PYTHONPATH=layers/eeum/python $(PYTHON) -m operations.export $(EXPORT)

payments-of-export: $(SIMULATOR) ## payments of an export, to be replayed: EXPORT=… PAYMENTS=… (a new folder)
	@$(SIMULATOR_PYTHON) -m simulator.export $(EXPORT) $(PAYMENTS)

simulate-policy: $(SIMULATOR) ## what a policy would have cost: POLICY=A.json AGAINST=B.json PAYMENTS=… OUTPUT=… BUDGET="city=… national=…"
	@./eeum policy simulate $(POLICY) $(if $(AGAINST),--against $(AGAINST)) --payments $(PAYMENTS) \
	    $(foreach each,$(BUDGET),--budget $(each)) $(if $(OUTPUT),--output $(OUTPUT))

# What simulations over the API call them.
SOURCE ?= city

publish-payments: $(DEVELOPMENT) ## payments for simulations that operators ask for over the API: PAYMENTS=… SOURCE=city CITY=dev
	@PYTHONPATH=layers/eeum/python $(PYTHON) -m operations.publish_payments $(PAYMENTS) --source $(SOURCE)

compare-evaluators: $(SIMULATOR) ## the simulator's SQL against the evaluator, payment by payment: POLICY=A.json PAYMENTS=…
	@$(SIMULATOR_PYTHON) -m simulator.comparison $(POLICY) --payments $(PAYMENTS)

measure-simulator: $(SIMULATOR) ## how fast payments are replayed, in how much memory: PAYMENTS=…
	@$(SIMULATOR_PYTHON) -m simulator.measurement $(PAYMENTS)

# --- checks -----------------------------------------------------------------------------------------------------------

test: install ## every test
	$(if $(filter tests,$(TESTS)),@$(SIMULATOR_PYTHON) -m pytest tests/simulator)
	@$(PYTHON) -m pytest $(PYTEST_OPTIONS) $(TESTS)

simulate: $(DEVELOPMENT) ## a simulated city with faults, OPS operations over two seeds, or under one SEED; FORMS=yes: every form of policies
	@PYTHONPATH=layers/eeum/python:functions:. $(PYTHON) -m tests.simulation --operations $(OPS) $(if $(SEED),--seed $(SEED)) $(if $(FORMS),--forms)

mutants: $(DEVELOPMENT) ## removes one safeguard after another, and shows that the simulation notices
	@PYTHONPATH=layers/eeum/python:functions:. $(PYTHON) -m tests.simulation.mutants

lint: $(DEVELOPMENT) $(SAM_CLI) validate ## style, types and the template
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy

validate: $(SAM_CLI)
	$(SAM) validate --lint

format: $(DEVELOPMENT) ## writes the code in the project's style
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .

bench: install ## measures what docs/performance.md reports
	@$(PYTHON) -m bench

# --- what is generated from the code, and checked in -------------------------------------------------------------------

openapi: $(DEVELOPMENT) ## writes docs/openapi.json
	@PYTHONPATH=layers/eeum/python:functions $(PYTHON) -m deployment.openapi

policy-examples: $(DEVELOPMENT) ## writes policies/examples, from the pages below docs/policy-language
	@PYTHONPATH=layers/eeum/python:. $(PYTHON) -m tests.docs.worked_examples

policy-schema: $(DEVELOPMENT) ## writes policies/policy.schema.json
	@PYTHONPATH=layers/eeum/python $(PYTHON) -m eeum.policy schema > policies/policy.schema.json

release-fixture: $(DEVELOPMENT) ## stores a city of this checkout for later releases to read: RELEASE=a short commit
	@PYTHONPATH=layers/eeum/python:functions:. $(PYTHON) -m tests.upgrade $(RELEASE)

# --- building and deploying -------------------------------------------------------------------------------------------

build: $(SAM_CLI) ## functions and layers into .aws-sam/build: TARGET=x86_64 (default), arm64 or host
	TARGET=$(TARGET) $(SAM) build

deploy: $(DEVELOPMENT) $(SAM_CLI) ## builds and deploys to AWS: STAGE=dev or STAGE=prod, settings in samconfig.toml
	@$(PYTHON) -m deployment.deploy $(STAGE)

lock: $(DEVELOPMENT) ## pins every requirement again, by hash
	@deployment/lock.sh

clean: ## removes what was built, not the environments nor the city
	rm -rf .aws-sam
