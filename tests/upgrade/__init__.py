"""Cities of earlier releases, checked with this checkout: `fixtures/` has one of each release, `local.upgrade` a running one."""

import os

import tests.simulation  # noqa: F401 - sets variables that functions read when they are imported

# Variables that the template gives further functions.
for _name, _value in {
    "EVENT_BUS": "the-city-s-bus",
    "SIMULATIONS_QUEUE_URL": "http://127.0.0.1:9/000000000000/simulations",
    "SIMULATIONS_BUCKET": "simulations",
}.items():
    os.environ.setdefault(_name, _value)
