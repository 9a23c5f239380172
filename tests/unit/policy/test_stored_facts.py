"""One list writes, reads and validates facts: it accepts all that it writes, and reads what earlier versions wrote."""

import json
from dataclasses import fields
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashback_calculation.bodies import Method
from eeum.audit.forms import facts_of as audited_facts
from eeum.aws.attribute_values import attribute_value, plain_item
from eeum.dry_run.events import AllFacts, MemberFacts
from eeum.journal.forms import FACTS
from eeum.payments.bodies import MEMBER_CHANNELS, Channel
from eeum.policy.conditions import CHANNELS, FACTS_OF_A_TOP_UP, METHODS, Facts
from eeum.policy.document_conditions import FORMS, IsBetween
from eeum.policy.stored_facts import (
    STORED_FACTS,
    STORED_WITH_A_TOP_UP,
    FactType,
    StoredFact,
    facts_of_item,
    facts_of_top_up_stored,
    facts_stored,
    fault_of_facts,
)
from tests.every_fact import FACTS_OF_THE_LANGUAGE, conditions, words_of
from tests.simulation.reference_of_facts import facts_of
from tests.stored_forms import PLACES, with_fact
from tests.use_cases.world import MORNING
from tests.version_1 import as_version_1

FOLLOW = {
    "amount": "amount",
    "instant": "accepted_at",
    "weekday": "accepted_at",
    "day_of_month": "accepted_at",
    "time_of_day": "accepted_at",
}
"""Facts that follow from other attributes of each entry."""
VALUES: dict[FactType, st.SearchStrategy[Any]] = {
    FactType.TEXT: st.text(max_size=40),
    FactType.WHOLE_NUMBER: st.integers(min_value=0, max_value=10**13),
    FactType.FLAGS: st.frozensets(st.text(min_size=1, max_size=20), max_size=5),
}
WRONG: dict[FactType, tuple[Any, ...]] = {
    FactType.TEXT: (1, True, ["a"], {"a": "b"}),
    FactType.WHOLE_NUMBER: ("1", True, 1.5, [1]),
    FactType.FLAGS: (None, "partner", 1, [1], [None]),
}


def _values_of(fact: StoredFact) -> st.SearchStrategy[Any]:
    values = VALUES[fact.type]
    return st.none() | values if fact.may_be_unknown else values


def _some(stored: tuple[StoredFact, ...]) -> st.SearchStrategy[Facts]:
    return st.builds(Facts, **{fact.name: _values_of(fact) for fact in stored})


def _as_stored(facts: Any) -> Any:
    return plain_item({"facts": attribute_value(facts)})["facts"]


def _in_version_1(facts: Facts) -> dict[str, Any]:
    return dict(as_version_1({"kind": "capture", "facts": facts_stored(facts)})["facts"])


def test_every_fact_is_stored_or_follows_from_what_each_entry_has() -> None:
    assert {fact.name for fact in STORED_FACTS} == {field.name for field in fields(Facts)} - set(FOLLOW.values())
    assert len({fact.stored for fact in STORED_FACTS}) == len(STORED_FACTS)
    asked_for = {fact.name for fact in STORED_FACTS} - {"merchant_own_rate"}
    assert asked_for | set(FOLLOW) == FACTS_OF_THE_LANGUAGE


def test_what_a_top_up_stores_is_what_it_is_judged_by() -> None:
    assert {fact.name for fact in STORED_WITH_A_TOP_UP} == FACTS_OF_A_TOP_UP - set(FOLLOW)
    assert all(fact.stored == fact.name and not fact.always for fact in STORED_WITH_A_TOP_UP)


@given(_some(STORED_FACTS))
def test_written_facts_are_valid_and_read_back_equal(facts: Facts) -> None:
    for written in (facts_stored(facts), _in_version_1(facts)):
        item = _as_stored(written)
        assert fault_of_facts(item) is None
        assert facts_of_item(item) == facts


@given(_some(STORED_WITH_A_TOP_UP))
def test_written_facts_of_a_top_up_are_read_back_equal(facts: Facts) -> None:
    item = _as_stored(facts_of_top_up_stored(facts))
    assert None not in item.values()
    assert facts_of_item(item, STORED_WITH_A_TOP_UP) == facts


@pytest.mark.parametrize(
    ("fact", "value"), [(fact, value) for fact in STORED_FACTS for value in WRONG[fact.type]], ids=str
)
def test_a_value_of_another_type_is_named(fact: StoredFact, value: Any) -> None:
    facts = Facts(
        "seo", "cafe", 1, frozenset({"partner"}), 300, "standard", "youth", "qr", "app", "nonghyup", "seo", 70
    )
    for item in (facts_stored(facts), _in_version_1(facts)):
        assert fault_of_facts(item) is None
        wrong = with_fact(item, fact.stored, value)
        assert fault_of_facts(wrong) == f"its fact {fact.stored} is {value!r}, which is not {fact.type}"


def test_a_fact_that_is_missing_or_not_known_is_named() -> None:
    item = _in_version_1(Facts())
    assert fault_of_facts(item) is None
    assert fault_of_facts(item | {"shoe_size": 42}) == (
        "its fact shoe_size is not one that this version knows: annual_revenue, card_issuer, card_product, category, channel, "
        "district, flags, member_age, member_class, member_district, method, own_rate"
    )
    del item["method"]
    assert fault_of_facts(item) == "its fact method is missing"
    later = [*facts_stored(Facts(member_age=70)), "a fact of a later version"]
    assert fault_of_facts(later) == (
        "its fact in place 12 is not one that this version knows: annual_revenue, card_issuer, card_product, category, channel, "
        "district, flags, member_age, member_class, member_district, method, own_rate"
    )


@pytest.mark.parametrize("facts", ["none", 7, None])
def test_any_other_form_of_facts_is_a_fault(facts: Any) -> None:
    with pytest.raises(TypeError):
        facts_of_item(facts)


def test_the_places_of_facts_never_change() -> None:
    """Cities have stored facts by place, so a new fact comes last."""
    assert tuple(fact.stored for fact in STORED_FACTS) == PLACES == FACTS


def test_what_earlier_versions_stored_is_read() -> None:
    """The names and values are those in existing ledgers, and must not change."""
    oldest = json.loads(
        '{"district": "seo", "category": "cafe", "annual_revenue": 1, "flags": ["partner"], "own_rate": 300,'
        ' "card_product": "standard", "member_class": null, "channel": "qr", "method": "app"}'
    )
    facts = Facts("seo", "cafe", 1, frozenset({"partner"}), 300, "standard", None, "qr", "app")
    assert facts_of_item(oldest) == facts
    assert fault_of_facts(oldest) is None
    assert _in_version_1(facts) == oldest
    assert facts_stored(facts) == ["seo", "cafe", 1, ["partner"], 300, "standard", None, "qr", "app"]
    later = oldest | {"card_issuer": "nonghyup", "member_district": "seo", "member_age": 70}
    assert facts_of_item(later).member_age == 70
    assert fault_of_facts(later) is None
    assert _in_version_1(facts_of_item(later)) == later


def test_every_fact_every_form_and_every_word_has_a_case() -> None:
    """A new fact of the language needs a case in `tests.every_fact`, which pays with it in a deployed city."""
    cases = conditions(MORNING)
    assert cases.keys() == FACTS_OF_THE_LANGUAGE
    assert all(fact in set(words_of(condition)) for fact, condition in cases.items())
    between = {"above", "at_least", "at_most", "below"}
    assert between | {"fact"} == set(IsBetween.model_fields)
    forms = {form.strip("()") for form in FORMS.values()}
    words = {"between": between, "day": {"from", "until"}, "within": {"from", "until"}}
    used = {word for condition in cases.values() for word in words_of(condition)} | {"all"}
    assert {word for form in forms for word in words.get(form, {form})} <= used


@given(_some(STORED_FACTS), _some(STORED_WITH_A_TOP_UP))
def test_both_oracles_read_every_fact(facts: Facts, of_a_top_up: Facts) -> None:
    """The audit and the reference read facts with code of their own, to find what the ledger reads wrongly."""
    assert audited_facts(facts_stored(facts)) == audited_facts(_in_version_1(facts)) == facts
    assert audited_facts(facts_of_top_up_stored(of_a_top_up), of_top_up=True) == of_a_top_up
    assert facts_of(facts_stored(facts)) == facts
    assert facts_of(_in_version_1(facts)) == facts
    assert facts_of(facts_of_top_up_stored(of_a_top_up)) == of_a_top_up


def test_a_file_of_events_has_every_fact_with_every_word() -> None:
    assert set(AllFacts.model_fields) == {fact.name for fact in STORED_FACTS}
    assert set(MemberFacts.model_fields) == {fact.name for fact in STORED_WITH_A_TOP_UP}
    words = {name: frozenset(get_args(AllFacts.model_fields[name].annotation)) for name in ("channel", "method")}
    assert words == {"channel": CHANNELS, "method": METHODS}


def test_every_request_and_every_quote_knows_the_channels_and_methods() -> None:
    assert frozenset(get_args(Channel)) == CHANNELS
    assert frozenset(get_args(Method)) == METHODS
    assert MEMBER_CHANNELS < CHANNELS
