"""Bounds of dates in documents, for every date of the schema, so that a new one is covered automatically."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from eeum.calendar import FIRST_YEAR, LAST_YEAR, SEOUL, is_in_bounds
from eeum.errors import PolicyRefused
from eeum.policy.dates import DATE_WORDS, dates_of
from eeum.policy.document_models import PolicyDocument, stored_document
from eeum.policy.document_warnings import warnings_of
from eeum.policy.documents import canonical_document, shaped_document
from eeum.policy.lifecycle import _fits
from eeum.policy.store import Stored
from eeum.policy.validation import problems_of
from tests.unit.policy.policy_documents import document

SCHEMA = json.loads((Path(__file__).parents[3] / "policies" / "policy.schema.json").read_text(encoding="utf-8"))
FIRST, LAST = f"{FIRST_YEAR}-01-01T00:00:00+09:00", f"{LAST_YEAR}-12-31T23:59:59.999+09:00"
BEFORE_THE_FIRST = ["1999-12-31T23:59:59.999+09:00", "1999-12-31T14:59:59Z", "0001-01-01T00:00:00+18:00"]
AFTER_THE_LAST = ["2201-01-01T00:00:00+09:00", "2200-12-31T15:00:00Z", "9998-12-31T00:00:00Z", "9999-12-31T23:59:59Z"]

EVENT = {"window": "event", "from": "2026-02-01T00:00:00+09:00", "until": "2026-03-01T00:00:00+09:00"}
WITHIN = {"fact": "instant", "from": "2026-02-01T00:00:00+09:00", "until": "2026-03-01T00:00:00+09:00"}


@cache
def with_every_date() -> dict[str, Any]:
    """A valid document with each date that the language has."""
    made = document(("ends_at", "2026-12-01T00:00:00+09:00"))
    made["limits"][0]["carries_over_from"] = "2026-01-01T00:00:00+09:00"
    made["limits"].append({"id": "fair", "measure": "reward", "amount": 5_000} | EVENT)
    made["pools"] = [{"id": "money", "amount": 5_000_000} | EVENT]
    made["purses"] = [{"id": "points", "title": {"ko": "점수", "en": "Points"}}]
    made["layers"][0] |= {"bands": [{"from": 0, "up_to": None, "rate_basis_points": 1000}], "when": WITHIN}
    made["layers"][0] |= {"limits": ["monthly-spend", "fair"], "pools": ["money"], "into": "points"}
    return canonical_document(made)


def of_the_schema() -> set[tuple[str, str]]:
    """The part and the word of each date in the published schema."""
    parts = {"PolicyDocument": SCHEMA, **SCHEMA["$defs"]}
    return {
        (part, word)
        for part, described in parts.items()
        for word, value in described.get("properties", {}).items()
        if any(each.get("format") == "date-time" for each in (value, *value.get("anyOf", ())))
    }


def placed(part: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[str, str], tuple[Any, ...]]]:
    """The part and the word of each date of a document that was read, with its path."""
    if isinstance(part, BaseModel):
        for name, field in type(part).model_fields.items():
            word, value = field.alias or name, getattr(part, name)
            if isinstance(value, datetime):
                yield (type(part).__name__, word), (*path, word)
            yield from placed(value, (*path, word))
    elif isinstance(part, list):
        for index, each in enumerate(part):
            yield from placed(each, (*path, index))


PLACES = {".".join(map(str, path)): path for _, path in placed(PolicyDocument.model_validate(with_every_date()))}


def moved(path: tuple[Any, ...], text: str) -> dict[str, Any]:
    made = copy.deepcopy(with_every_date())
    inside: Any = made
    for step in path[:-1]:
        inside = inside[step]
    inside[path[-1]] = text
    return made


def test_the_document_of_these_tests_has_every_date_of_the_schema() -> None:
    here = {of for of, _ in placed(PolicyDocument.model_validate(with_every_date()))}
    assert here == of_the_schema()
    assert {word for _, word in of_the_schema()} == DATE_WORDS


def test_every_date_is_found_in_a_stored_document() -> None:
    assert {path for path, _ in dates_of(with_every_date())} == set(PLACES)


@pytest.mark.parametrize("text", BEFORE_THE_FIRST + AFTER_THE_LAST)
@pytest.mark.parametrize("place", PLACES)
def test_a_date_out_of_bounds_is_a_fault_that_names_its_place(place: str, text: str) -> None:
    with pytest.raises(PolicyRefused) as refused:
        canonical_document(moved(PLACES[place], text))
    ((path, code, why),) = refused.value.problems
    assert (path, code) == (place, "instant_range")
    assert why == f'The year in Seoul must be 2000 to 2200, not "{text}".'


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("text", [FIRST, LAST])
def test_a_date_at_the_bounds_is_none(place: str, text: str) -> None:
    at_the_bound = shaped_document(moved(PLACES[place], text))
    assert "instant_range" not in {code for _, code, _ in problems_of(at_the_bound)}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("text", [LAST, f"{LAST_YEAR}-12-31T23:59:00+09:00", f"{LAST_YEAR}-12-31T00:00:00+09:00"])
def test_no_advice_names_a_date_out_of_bounds(place: str, text: str) -> None:
    advised = [why for _, _, why in warnings_of(shaped_document(moved(PLACES[place], text)))]
    assert not [why for why in advised if str(LAST_YEAR + 1) in why]


@pytest.mark.parametrize(
    "text", ["9999-12-31T23:59:59+09:00", "9998-12-31T00:00:00+09:00", "0001-01-02T00:00:00+09:00"]
)
@pytest.mark.parametrize("place", PLACES)
def test_what_an_earlier_version_stored_is_read_and_found_by_the_check(place: str, text: str) -> None:
    stored = moved(PLACES[place], text)
    assert ("instant_range", place) in {(code, path) for path, code, _ in problems_of(stored)}
    assert stored_document(stored)
    list(warnings_of(stored))
    if place != "starts_at":
        with pytest.raises(PolicyRefused) as refused:
            _fits(stored, Stored([], []), datetime(2025, 1, 1, tzinfo=SEOUL))
        assert refused.value.problems[0][:2] == (place, "instant_range")


def test_an_instant_that_seoul_s_calendar_lacks_is_out_of_bounds() -> None:
    assert not is_in_bounds(datetime.fromisoformat("9999-12-31T23:59:59+00:00"))
    assert not is_in_bounds(datetime.fromisoformat("0001-01-01T00:00:00+18:00"))


@given(st.datetimes(timezones=st.just(SEOUL)))
def test_bounds_are_those_of_the_year_in_seoul(instant: datetime) -> None:
    assert is_in_bounds(instant) is (2000 <= instant.year <= 2200)
