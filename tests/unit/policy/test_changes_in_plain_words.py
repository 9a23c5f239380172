"""The sentences about two policies leave nothing out: every difference is a change, in both languages."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from math import gcd
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from eeum.errors import PolicyRefused
from eeum.policy.comparison import LISTS, Change, Kind, changes_between, explained
from eeum.policy.document_models import PolicyDocument
from eeum.policy.documents import shaped_document
from eeum.policy.plain import statements_of
from tests.unit.policy.policy_documents import document
from tests.unit.policy.random_documents import documents

GIVES = ("gives", "bands", "steps")
DEFAULTS: dict[str, Any] = {
    "layers": {"when": None, "gives": "cashback", "bands": None, "steps": None, "limits": [], "counts": "accepted"}
    | {"into": "cashback", "exclusive": None, "pools": [], "most_at_once": None},
    "limits": {"from": None, "until": None, "carries_over_from": None},
    "pools": {"from": None, "until": None},
    "purses": {"expires_after": None, "spendable_at": None},
    "rows": {},
    "groups": {},
}


def _instants_of(value: Any) -> Any:
    """A document with instants parsed and sets sorted, for comparison."""
    if isinstance(value, dict):
        return {name: sorted(part) if name == "in" else _instants_of(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_instants_of(part) for part in value]
    if isinstance(value, str) and value.startswith("20") and "T" in value:
        return datetime.fromisoformat(value)
    return value


def _single(condition: Any) -> Any:
    """A condition in an `all` or `any` of one, unwrapped: both mean the same."""
    if not isinstance(condition, dict):
        return condition
    for joint in ("all", "any"):
        if joint in condition:
            parts = [_single(part) for part in condition[joint]]
            return parts[0] if len(parts) == 1 else {joint: parts}
    return {"not": _single(condition["not"])} if "not" in condition else condition


def facts_of(of: dict[str, Any]) -> dict[str, Any]:
    """Everything a document states, by the path of its statement."""
    return dict(_facts(of))


def _facts(of: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name in ("title", "programme", "version", "language", "starts_at", "ends_at"):
        yield name, _instants_of(of.get(name))
    yield "earns_from", frozenset(of["earns_from"])
    wallet = {"spends_first": "member_chooses", "top_up_limits": []} | of["wallet"]
    yield from ((f"wallet.{name}", value) for name, value in wallet.items())
    merchants = {"excluded_categories": [], "flags": [], "excluded_above_revenue": None} | of["merchants"]
    for name, value in merchants.items():
        yield f"merchants.{name}", frozenset(value) if isinstance(value, list) else value
    for kind in ("districts", "categories", "flags", "card_products", "card_issuers", "member_classes"):
        yield f"names.{kind}", (of.get("names") or {}).get(kind, {})
    for part in LISTS:
        for each in of.get(part, ()):
            own = DEFAULTS[part] | {name: value for name, value in each.items() if name != "id"}
            about = f"{part}.{each['id']}"
            for name in ("when", "spendable_at"):
                if name in own:
                    own[name] = _instants_of(_single(own[name]))
            if part == "layers":
                shares = own["funders"]
                least = gcd(*(funder["share"] for funder in shares))
                own["funders"] = [(funder["funder"], funder["share"] // least) for funder in shares]
                yield f"{about}.gives", [own.pop(name) for name in GIVES]
            if part in ("layers", "purses"):
                yield from ((f"{about}.{name}", value) for name, value in own.items())
            else:
                yield f"{about}.title", own.pop("title", None)
                yield about, _instants_of(own)
    yield "layers", [each["id"] for each in of["layers"]]


def _is_told(about: str, changes: list[Change]) -> bool:
    return any(
        change.about == about or about.startswith(f"{change.about}.")
        for change in changes
        if change.about != "layers" or about == "layers"
    )


@settings(max_examples=150, deadline=None)
@given(documents(), documents())
def test_changes_are_exactly_the_differences_between_two_documents(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    changes = changes_between(before, after)
    earlier, later = facts_of(before), facts_of(after)
    missing = object()
    different = {
        about for about in earlier.keys() | later.keys() if earlier.get(about, missing) != later.get(about, missing)
    }
    assert [about for about in sorted(different) if not _is_told(about, changes)] == []
    for change in changes:
        assert any(about == change.about or about.startswith(f"{change.about}.") for about in different), change
        assert change.says.ko.strip()
        assert change.says.en.strip()


Place = tuple[str | int, ...]


def _leaves(value: Any, at: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Every number, instant and time of day, with its path."""
    if isinstance(value, dict | list):
        for name, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _leaves(part, (*at, name))
    elif (isinstance(value, int) and at != ("language",)) or (isinstance(value, str) and re.match(r"\d", value)):
        yield at, value


def _another(value: Any) -> Any:
    """The next number, a millisecond later, a minute later."""
    if isinstance(value, int):
        return value + 1
    if "T" in value:
        return (datetime.fromisoformat(value) + timedelta(milliseconds=1)).isoformat()
    return f"{value[:-1]}{(int(value[-1]) + 1) % 10}"


@settings(max_examples=150, deadline=None)
@given(documents(), st.data())
def test_the_smallest_difference_is_a_change_in_both_languages(before: dict[str, Any], data: st.DataObject) -> None:
    at, value = data.draw(st.sampled_from(list(_leaves(before))))
    after = copy.deepcopy(before)
    place: Any = after
    for step in at[:-1]:
        place = place[step]
    place[at[-1]] = _another(value)

    changes = changes_between(before, after)

    if facts_of(before) == facts_of(after):  # one funder's share of the whole, 2 : 4 in place of 1 : 2
        assert changes == []
        return
    ((kind, _, says),) = changes
    assert kind in (Kind.BETTER, Kind.LESS, Kind.CHANGES)
    for language in ("ko", "en"):
        was, now = (_said(of, changes[0].about, language) for of in (before, after))
        assert was != now
        assert was in getattr(says, language)
        assert now in getattr(says, language)


def _said(of: dict[str, Any], about: str, language: str) -> str:
    (statement,) = [each for each in statements_of(of) if each.about == about]
    said: str = getattr(statement.says, language)
    return said


@settings(max_examples=60, deadline=None)
@given(documents())
def test_shares_that_are_the_same_proportion_are_the_same(of: dict[str, Any]) -> None:
    doubled = copy.deepcopy(of)
    for layer in doubled["layers"]:
        for funder in layer["funders"]:
            funder["share"] *= 2
    assert changes_between(of, doubled) == []


@settings(max_examples=60, deadline=None)
@given(documents())
def test_equal_documents_give_no_sentence(of: dict[str, Any]) -> None:
    assert changes_between(of, copy.deepcopy(of)) == []
    reordered = copy.deepcopy(of)
    for part in ("limits", "pools", "groups", "purses", "rows"):
        reordered.get(part, []).reverse()
    reordered["earns_from"].reverse()
    reordered["merchants"]["districts"].reverse()
    assert changes_between(of, reordered) == []


def test_the_same_reward_in_other_bands_is_neither_better_nor_less() -> None:
    nothing = {"from": 300_000, "up_to": None, "rate_basis_points": 0}
    said = [{"from": 0, "up_to": 300_000, "rate_basis_points": 1000}]
    one, other = (document(("layers.0.bands", bands)) for bands in (said, [*said, nothing]))
    for changes in (changes_between(one, other), changes_between(other, one)):
        assert {change.kind for change in changes} <= {Kind.CHANGES}


@settings(max_examples=60, deadline=None)
@given(documents(), documents())
def test_swapping_documents_swaps_better_and_less(before: dict[str, Any], after: dict[str, Any]) -> None:
    opposite = {Kind.BETTER: Kind.LESS, Kind.NEW: Kind.ENDS, Kind.CHANGES: Kind.CHANGES}
    opposite |= {value: key for key, value in opposite.items()}
    there = sorted((change.about, change.kind) for change in changes_between(before, after))
    back = sorted((change.about, opposite[change.kind]) for change in changes_between(after, before))
    assert there == back


@settings(max_examples=150, deadline=None)
@given(documents(), st.data())
def test_a_draft_with_missing_values_can_still_be_explained(of: dict[str, Any], data: st.DataObject) -> None:
    """Any document of the right shape can be read; its check reports other faults."""
    places = [(part, name) for part in _parts(of) for name in part]
    for part, name in data.draw(st.lists(st.sampled_from(places), max_size=4, unique_by=lambda each: id(each[0]))):
        part.pop(name, None)
    try:
        shaped = shaped_document(shaped_document(of))
    except PolicyRefused:
        return
    assert explained(shaped)
    assert changes_between(shaped, shaped) == []
    changes_between(document(), shaped)


def _parts(value: Any) -> Iterator[dict[str, Any]]:
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _parts(part)
    if isinstance(value, dict):
        yield value


def _words_of_the_schema() -> set[str]:
    schema = PolicyDocument.model_json_schema(by_alias=True)
    return {name for each in (schema, *schema["$defs"].values()) for name in each.get("properties", {})}


def test_the_random_documents_use_every_word_of_the_language() -> None:
    used: set[str] = set()

    def look(value: Any) -> None:
        if isinstance(value, dict):
            used.update(value)
        for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            look(part)

    @settings(max_examples=200, deadline=None, database=None, derandomize=True)
    @given(documents())
    def gather(of: dict[str, Any]) -> None:
        look(of)

    gather()
    assert _words_of_the_schema() <= used
