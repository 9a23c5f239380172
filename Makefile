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
# Commands of the project: Ctrl-C, or a file that is missing, ends them with a sentence.
COMMAND := PYTHONPATH=layers/eeum/python:functions:. $(PYTHON) -m local.command
SIMULATOR_COMMAND := $(SIMULATOR_PYTHON) -m local.command
STATISTICS_PYTHON := PYTHONPATH=layers/eeum/python:functions:. $(ENVIRONMENTS)/simulator/bin/python

DEVELOPMENT := $(ENVIRONMENTS)/development/.complete
EMULATOR := $(ENVIRONMENTS)/emulator/.complete
SAM_CLI := $(ENVIRONMENTS)/sam/.complete
SIMULATOR := $(ENVIRONMENTS)/simulator/.complete
NODE := $(ENVIRONMENTS)/node/.complete
CLIENTS := $(ENVIRONMENTS)/clients/.complete
BROWSER := $(ENVIRONMENTS)/browser/.complete
BROWSER_PYTHON := $(ENVIRONMENTS)/browser/bin/python
WEB := web/node_modules/.package-lock.json

# What is built and deployed: x86_64 or arm64 for Lambda, host for this machine's Python.
TARGET ?= x86_64
STAGE ?= dev
EVENT ?= events/programme_policy/http.json
FUNCTION ?= ProgrammeQueryFunction
# Where pictures of the apps are written.
SCREENS ?= .local/screens
# How long functions are killed.
SECONDS ?= 60
# Tests run side by side; those that share a city run in one process (`xdist_group`).
TESTS ?= tests
OPS ?= 20000
PYTEST_OPTIONS ?= -n auto --dist loadgroup
# Where a simulated city's payments are, and how much of the city it holds, in basis points of its members.
PAYMENTS ?= .local/simulated-city
CITY_SHARE ?= 1000
# A folder that `make export` writes, or one that was downloaded from S3.
EXPORT ?= .local/export
# Only an export that was named: statistics of the running city have an export of their own.
named_export = $(filter command environment,$(firstword $(origin EXPORT)))
# Where `make generated-city` writes its export and input tables.
GENERATED ?= .local/generated
# What simulations over the API call published payments.
SOURCE ?= city

export AT PORT CITY FROM

# A name or value that is wrong is found before anything begins. Where Python is missing, environment.sh says so.
GIVEN := $(foreach each,$(.VARIABLES),$(if $(filter command,$(firstword $(origin $(each)))),$(each)))
# Those that commands take from the environment are checked there too; other names may mean something else to other programs.
GIVEN += $(foreach each,AT PORT CITY FROM,$(if $(filter environment,$(firstword $(origin $(each)))),$(each)))
quoted = '$(subst ','\'',$(1)=$($(1)))'
ifneq ($(and $(GIVEN),$(shell command -v python3 2>/dev/null)),)
$(shell python3 local/variables.py $(foreach each,$(GIVEN),$(call quoted,$(each))))
ifneq ($(.SHELLSTATUS),0)
$(error Nothing was done)
endif
endif
# What a target cannot do without: $(call needs,POLICY,an example)
needs = $(if $(strip $($(1))),,$(error $@ needs $(1): make $@ $(1)=$(2)))

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# Every target is a command, none a file to make.
.PHONY: $(shell sed -nE 's/^([a-z][a-z-]*):.*/\1/p' $(firstword $(MAKEFILE_LIST)))

help:
	@sed -nE 's/^# --- ([^:-]*[^: -]).*/\n\1/p; s/^([a-z-]+):.*## /  \1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 22

# --- The local city: docs/local-city.md ------------------------------------------------------------------------------

run: $(DEVELOPMENT) $(EMULATOR) $(SAM_CLI) ## open it, or continue it: AT=2021-01-31T23:58+09:00 or AT=now, PORT=4600
	@$(COMMAND) local.run

demo: $(DEVELOPMENT) ## a day in Incheon, against the running city
	@$(COMMAND) local.demo

demo-with-kills: $(DEVELOPMENT) $(EMULATOR) $(SAM_CLI) ## the same in a city of its own, whose functions are killed at random: SECONDS=60
	@$(COMMAND) local.demo_with_kills --seconds $(SECONDS)

upgrade-drill: $(DEVELOPMENT) $(EMULATOR) $(SAM_CLI) ## update an earlier release's city to this checkout while clients pay: FROM=a commit or tag
	@$(COMMAND) local.upgrade

reset: $(DEVELOPMENT) $(EMULATOR) ## empty it; exports, reports and simulated payments stay
	@$(COMMAND) local.reset

invoke: $(DEVELOPMENT) $(SAM_CLI) ## one function in a container (needs Docker): FUNCTION=… EVENT=… OPTIONS="--debug"
	@$(COMMAND) local.invoke --check $(FUNCTION) $(EVENT)
	@$(MAKE) --no-print-directory build
	@$(COMMAND) local.invoke $(FUNCTION) $(EVENT) $(OPTIONS)

start-api: $(DEVELOPMENT) $(SAM_CLI) ## every function in containers, behind HTTP without sign-in (needs Docker): OPTIONS="--port 3001"
	@$(COMMAND) local.start_api --check
	@$(MAKE) --no-print-directory build
	@$(COMMAND) local.start_api $(OPTIONS)

# --- Operate the local city, or with CITY=dev a deployed one: docs/operations.md --------------------------------------

partner-secret: $(DEVELOPMENT) ## a partner's secret, into a new file: PARTNER=bank OUTPUT=…; STEP=begin and STEP=finish replace it
	$(call needs,PARTNER,bank)
	@$(COMMAND) operations.partner_secret $(PARTNER) $(or $(STEP),fetch) $(if $(OUTPUT),--output $(OUTPUT))

audit: $(DEVELOPMENT) ## recompute everything that is stored, and name what deviates: ROOTS=all verifies every daily root
	@$(COMMAND) operations.audit $(if $(filter all,$(ROOTS)),--all-roots)

catch-up: $(DEVELOPMENT) ## post cashback that never came, now
	@$(COMMAND) operations.catch_up

redrive: $(DEVELOPMENT) ## send the dead letters of cashback again, and report the outcome of each
	@$(COMMAND) operations.redrive

fold: $(DEVELOPMENT) ## bring balances up to date, now; that happens every hour, locally every minute
	@$(COMMAND) operations.fold

rebuild: $(DEVELOPMENT) ## recompute the balances of merchants, funders and banks, while payments continue
	@$(COMMAND) operations.rebuild

republish: $(DEVELOPMENT) ## publish entries on the city's bus again: SINCE=… UNTIL=… KINDS="payment earning"
	@$(COMMAND) operations.republish $(if $(SINCE),--since $(SINCE)) $(if $(UNTIL),--until $(UNTIL)) $(if $(KINDS),--kinds $(KINDS))

export: $(DEVELOPMENT) ## the local city's ledger, as DynamoDB exports tables: EXPORT=… (a new folder)
	@$(COMMAND) operations.export $(EXPORT)

statistics: $(SIMULATOR) ## the city in figures and its public page: EXPORT=… (default: the running one), OUTPUT=… (a folder), AS_OF=2020-12-20
	@$(STATISTICS_PYTHON) -m local.command operations.statistics $(if $(OUTPUT),--output $(OUTPUT)) \
	    $(if $(named_export),--export $(EXPORT)) $(if $(AS_OF),--as-of $(AS_OF)) $(if $(INPUTS),--inputs $(INPUTS)) \
	    $(if $(SCALE),--synthetic --scale $(SCALE))

publish-payments: $(DEVELOPMENT) ## payments for simulations over the API: PAYMENTS=… SOURCE=city CITY=dev
	@$(COMMAND) operations.publish_payments $(PAYMENTS) --source $(SOURCE)

# --- Write a policy, see what it costs (./eeum does the same from any folder): docs/policy-language.md, docs/simulator.md -----

check-policy: $(DEVELOPMENT) ## the faults of policy documents: POLICY="A.json B.json"
	$(call needs,POLICY,policies/incheon/incheon-2021-01-01.json)
	@./eeum policy check $(POLICY)

explain-policy: $(DEVELOPMENT) ## a policy in plain Korean and English: POLICY=A.json
	$(call needs,POLICY,policies/incheon/incheon-2021-01-01.json)
	@./eeum policy explain $(POLICY)

try-policy: $(DEVELOPMENT) ## what payments and top-ups get under a policy: POLICY=A.json EVENTS=B.json, JSON=yes for a program
	$(call needs,POLICY,policies/examples/carry-over.json EVENTS=policies/examples/carry-over.events.json)
	$(call needs,EVENTS,policies/examples/carry-over.events.json)
	@./eeum policy try $(POLICY) $(EVENTS) $(if $(JSON),--json)

simulate-policy: $(SIMULATOR) ## what a policy would have cost: POLICY=A.json AGAINST=B.json PAYMENTS=… OUTPUT=… BUDGET="city=… national=…"
	$(call needs,POLICY,policies/incheon/incheon-2021-01-01.json)
	@./eeum policy simulate $(POLICY) $(if $(AGAINST),--against $(AGAINST)) --payments $(PAYMENTS) \
	    $(foreach each,$(BUDGET),--budget $(each)) $(if $(OUTPUT),--output $(OUTPUT))

simulated-city: $(SIMULATOR) ## payments of a simulated city, 2020: PAYMENTS=… (a folder), CITY_SHARE=1000 (a tenth of its members)
	@$(SIMULATOR_COMMAND) simulator.city $(PAYMENTS) --share $(CITY_SHARE)

generated-city: $(SIMULATOR) ## a thousandth of Incheon that pays by the use cases: GENERATED=… (a new folder), SEED=2020, AVERAGE=23900 won a payment
	@$(STATISTICS_PYTHON) -m local.command simulator.generated $(GENERATED) $(if $(SEED),--seed $(SEED)) $(if $(SCALE),--scale $(SCALE)) $(if $(AVERAGE),--average $(AVERAGE))

payments-of-export: $(SIMULATOR) ## payments of an export, to be replayed: EXPORT=… PAYMENTS=… (a new folder)
	@$(SIMULATOR_COMMAND) simulator.export $(EXPORT) $(PAYMENTS)

compare-evaluators: $(SIMULATOR) ## the simulator's SQL against the evaluator, payment by payment: POLICY=A.json PAYMENTS=…
	$(call needs,POLICY,policies/incheon/incheon-2021-01-01.json)
	@$(SIMULATOR_COMMAND) simulator.comparison $(POLICY) --payments $(PAYMENTS)

measure-simulator: $(SIMULATOR) ## how fast payments are replayed, in how much memory: PAYMENTS=…
	@$(SIMULATOR_COMMAND) simulator.measurement $(PAYMENTS)

# --- What it costs on AWS: docs/cost.md -------------------------------------------------------------------------------

cost: $(DEVELOPMENT) ## what a city pays AWS: MEMBERS=1400000 PAYMENTS=100000000 (a year), YEARS=3, IDENTITY=cognito-lite, CATCH_UP=scan
	@$(COMMAND) costs $(if $(MEMBERS),--members $(MEMBERS)) $(if $(filter command environment,$(firstword $(origin PAYMENTS))),--payments $(PAYMENTS)) \
	    $(if $(YEARS),--years $(YEARS)) $(if $(IDENTITY),--identity $(IDENTITY)) $(if $(CATCH_UP),--catch-up $(CATCH_UP)) $(if $(OLD_PRICES),--old-prices)

measure-usage: $(DEVELOPMENT) ## what a payment takes of AWS's services: costs/usage.json, which `make cost` reads
	@$(COMMAND) bench.usage

# --- Check the code: docs/testing.md ---------------------------------------------------------------------------------

test: install ## every test, or TESTS=tests/unit
	$(if $(filter tests,$(TESTS)),@$(STATISTICS_PYTHON) -m pytest tests/simulator tests/statistics tests/disclosure)
	$(if $(filter tests,$(TESTS)),@npm --prefix web test --silent)
	$(if $(filter tests tests/web,$(TESTS)),@$(BROWSER_PYTHON) -m pytest tests/web || [ $$? = 5 ]) # 5 where there is no Chromium
	$(if $(filter-out tests/web,$(TESTS)),@$(PYTHON) -m pytest $(PYTEST_OPTIONS) $(TESTS))

screens: install ## every view of the apps as a picture, in both languages, on a phone and on a desk: SCREENS=a folder
	@PYTHONPATH=layers/eeum/python:functions:. $(BROWSER_PYTHON) -m local.command tests.web.screens $(SCREENS)

simulate: $(DEVELOPMENT) ## a simulated city with faults: OPS=20000 operations over two seeds, or under SEED=7; FORMS=yes: every form of policies
	@$(COMMAND) tests.simulation --operations $(OPS) $(if $(SEED),--seed $(SEED)) $(if $(FORMS),--forms)

mutants: $(DEVELOPMENT) ## remove one safeguard after another, and show what each oracle finds: MUTANTS="rounding pool", or all
	@$(COMMAND) tests.simulation.mutants $(MUTANTS)

lint: $(DEVELOPMENT) $(SAM_CLI) validate ## style, words, types and the template
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) deployment/words.py
	$(PYTHON) -m mypy

validate: $(SAM_CLI) ## the template alone
	$(SAM) validate --lint

format: $(DEVELOPMENT) ## write the code in the project's style
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .

bench: install ## measure what docs/performance.md reports
	@PYTHONPATH=layers/eeum/python:functions:. $(PYTHON) -m local.command bench

load: $(DEVELOPMENT) ## requests at a stated rate, then the audit: RATE=5 SECONDS=60, CITY=dev FILE=cards.json
	@$(COMMAND) bench.load --rate $(or $(RATE),5) --seconds $(SECONDS) $(if $(FILE),--file $(FILE))

soak: $(DEVELOPMENT) $(EMULATOR) $(SAM_CLI) ## half an hour of load on a city of its own whose functions are killed: SECONDS=1800
	@$(COMMAND) bench.load.soak --seconds $(if $(filter command environment,$(firstword $(origin SECONDS))),$(SECONDS),1800) $(if $(RATE),--rate $(RATE))

measure-storm: $(DEVELOPMENT) $(EMULATOR) $(SAM_CLI) ## how long a stranger waits for cashback while one shop cancels 10,000 times
	@$(COMMAND) bench.storm

# --- Generate what is checked in -------------------------------------------------------------------------------------

template: $(DEVELOPMENT) ## template.yaml, from template/*.yaml and functions/*/template.yaml
	@$(COMMAND) deployment.template_parts

openapi: $(DEVELOPMENT) ## docs/openapi.json, with examples that a city in memory answers
	@$(COMMAND) deployment.openapi
	@$(COMMAND) tests.openapi.examples
	@$(COMMAND) deployment.openapi

cost-page: $(DEVELOPMENT) ## docs/cost.md, from costs/usage.json, costs/prices.json and the template
	@$(COMMAND) costs --page $(if $(OLD_PRICES),--old-prices)

policy-examples: $(DEVELOPMENT) ## policies/examples, from the pages below docs/policy-language
	@$(COMMAND) tests.docs.worked_examples

policy-schema: $(DEVELOPMENT) ## policies/policy.schema.json
	@./eeum policy schema > policies/policy.schema.json

release-fixture: $(DEVELOPMENT) ## a city of this checkout, for later releases to read: RELEASE=a short commit
	$(call needs,RELEASE,66fc083)
	@$(COMMAND) tests.upgrade $(RELEASE)

# --- Install, build and deploy ---------------------------------------------------------------------------------------

install: $(DEVELOPMENT) $(EMULATOR) $(SAM_CLI) $(SIMULATOR) $(NODE) $(CLIENTS) $(BROWSER) $(WEB) ## every environment, below .environments/; each target makes what it needs

$(ENVIRONMENTS)/installer/.complete: requirements/installer.txt deployment/environment.sh
	@deployment/environment.sh installer

$(ENVIRONMENTS)/%/.complete: requirements/%.txt $(ENVIRONMENTS)/installer/.complete
	@deployment/environment.sh $*

$(CLIENTS): requirements/clients.txt requirements/generator/package-lock.json $(ENVIRONMENTS)/installer/.complete deployment/environment.sh
	@deployment/environment.sh clients

$(ENVIRONMENTS)/node/.complete: requirements/dynoxide/package-lock.json deployment/environment.sh
	@deployment/environment.sh node

$(BROWSER): requirements/browser.txt $(ENVIRONMENTS)/installer/.complete deployment/environment.sh deployment/chromium.sh
	@deployment/chromium.sh
	@deployment/environment.sh browser

$(WEB): web/package.json web/package-lock.json
	@npm ci --prefix web --no-audit --no-fund --silent && touch $@

build: $(SAM_CLI) ## functions and layers into .aws-sam/build: TARGET=x86_64 (default), arm64 or host
	TARGET=$(TARGET) $(SAM) build
	@python3 deployment/compiled.py .aws-sam/build

deploy: $(DEVELOPMENT) $(SAM_CLI) ## build, and deploy to AWS: STAGE=dev or STAGE=prod, settings in samconfig.toml; CONFIRMED=yes asks no one
	@$(COMMAND) deployment.deploy $(STAGE) $(CONFIRMED)

bootstrap-operators: $(DEVELOPMENT) ## the first two operators of a stage: STAGE=dev EMAILS="first@city.kr second@city.kr"
	$(call needs,EMAILS,"first@city.kr second@city.kr")
	@$(COMMAND) operations.bootstrap_operators $(STAGE) $(EMAILS)

lock: $(DEVELOPMENT) ## pin every requirement again, by hash
	@deployment/lock.sh

clean: ## remove what was built, not the environments nor the city
	rm -rf .aws-sam
