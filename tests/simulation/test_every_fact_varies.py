"""The simulated city varies every fact of the policy language, and its policies use each: a fact that never varies tests nothing."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any

import pytest

from eeum.policy.conditions import CHANNELS, FLAGS, METHODS, Facts
from eeum.policy.rules import AT_TOP_UP, Layer
from eeum.policy.stored_facts import STORED_FACTS, STORED_WITH_A_TOP_UP
from eeum.storage import Table
from tests.every_fact import FACTS_OF_THE_LANGUAGE, words_of
from tests.simulation.city import Simulated
from tests.simulation.faults import CALM
from tests.simulation.forms import documents
from tests.simulation.reference_of_policies import facts_at
from tests.simulation.running import do, new_city, steps_of
from tests.stored_forms import named_facts

STEPS = 2_000
UNKNOWN_OF_SOME = ("card_issuer", "member_class", "member_district", "member_age")
Judged = list[tuple[dict[str, Any], Facts]]


@cache
def _city(seed: int) -> Simulated:
    """A city under Incheon's policies if the seed is even, otherwise under all forms."""
    city = new_city(seed, STEPS)
    for step in steps_of(seed, STEPS):
        city.now = _later(city.now, step.seconds)
        do(city, step, CALM)
    return city


def _later(now: datetime, seconds: float) -> datetime:
    return datetime.fromtimestamp(now.timestamp() + seconds, now.tzinfo)


def _judged(seed: int, kind: str) -> Judged:
    items = _city(seed).memory.items(Table.LEDGER)
    taken = [item for item in items if item["kind"] == kind and item["status"] != "declined"]
    return [(item, facts_at(item.get("facts", {}), item["amount"], item["accepted_at"])) for item in taken]


@pytest.mark.parametrize("seed", [0, 1])
def test_every_fact_of_a_payment_varies(seed: int) -> None:
    found: dict[str, set[Any]] = defaultdict(set)
    for _, facts in _judged(seed, "payment"):
        for fact in (*(each.name for each in STORED_FACTS), *FACTS_OF_THE_LANGUAGE):
            found[fact].add(getattr(facts, fact))
    assert found.keys() == FACTS_OF_THE_LANGUAGE | {fact.name for fact in STORED_FACTS}
    assert not [fact for fact, values in found.items() if len(values) < 2]
    assert not [fact for fact in UNKNOWN_OF_SOME if None not in found[fact]]
    assert (found["channel"], found["method"]) == (CHANNELS, METHODS)
    assert len(found["weekday"]) == len("MTWTFSS")
    assert frozenset().union(*found["merchant_flags"]) >= FLAGS


@pytest.mark.parametrize("seed", [0, 1])
def test_captures_have_every_fact_of_their_holds(seed: int) -> None:
    captures = [item for item in _city(seed).memory.items(Table.LEDGER) if item["kind"] == "capture"]
    known = {name for each in captures for name, value in named_facts(each["facts"]).items() if value is not None}
    assert known == {fact.stored for fact in STORED_FACTS}


def test_every_fact_of_a_top_up_varies() -> None:
    """Policies without rewards on top-ups store no facts of them."""
    found: dict[str, set[Any]] = defaultdict(set)
    for _, facts in _judged(1, "top_up"):
        for fact in STORED_WITH_A_TOP_UP:
            found[fact.name].add(getattr(facts, fact.name))
    assert not [name for name, values in found.items() if len(values) < 2 or None not in values]
    assert found.keys() == {fact.name for fact in STORED_WITH_A_TOP_UP}


def test_the_policies_ask_for_every_fact_and_every_answer_comes() -> None:
    layers = [layer for document in documents() for layer in document["layers"]]
    asked = {word for layer in layers for word in words_of(layer.get("when"))}
    assert asked >= FACTS_OF_THE_LANGUAGE
    payments, top_ups = _judged(1, "payment"), _judged(1, "top_up")
    for layer in _layers():
        about = top_ups if layer.reward_kind in AT_TOP_UP else payments
        answers = {layer.condition.holds(facts) for _, facts in about}
        assert answers == ({True, False} if layer.id in {each["id"] for each in layers if each.get("when")} else {True})


def _layers() -> Iterator[Layer]:
    yield from _city(1).versions[0].layers
