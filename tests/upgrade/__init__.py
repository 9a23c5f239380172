"""Cities that earlier releases stored, held against this checkout: `fixtures/` has one of each release, `local.upgrade` a live one."""

import os

import tests.simulation  # noqa: F401 - what functions read when they are imported

# What the template gives further functions.
for _name, _value in {
    "EVENT_BUS": "the-city-s-bus",
    "SIMULATIONS_QUEUE_URL": "http://127.0.0.1:9/000000000000/simulations",
    "SIMULATIONS_BUCKET": "simulations",
}.items():
    os.environ.setdefault(_name, _value)
