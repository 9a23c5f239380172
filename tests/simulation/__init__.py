"""A city simulated under one seed, with faults at every call, and compared with a reference after every operation."""

import os

# Variables that the template gives each function; functions read them when they are imported.
for _name, _value in {
    "STAGE": "local",
    "PROGRAMME": "incheon",
    "LEDGER_TABLE": "ledger",
    "MERCHANTS_TABLE": "merchants",
    "PROGRAMME_TABLE": "programme",
    "BALANCES_TABLE": "balances",
    "BUDGETS_TABLE": "budgets",
    "POWERTOOLS_SERVICE_NAME": "simulation",
    "DEAD_LETTER_QUEUE_URL": "http://127.0.0.1:9/000000000000/dead-letters",
    "AWS_DEFAULT_REGION": "ap-northeast-2",
    "AWS_ACCESS_KEY_ID": "simulation",
    "AWS_SECRET_ACCESS_KEY": "simulation",
}.items():
    os.environ.setdefault(_name, _value)
