"""Texts that other people read, and paths, contain no invisible characters."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest

from eeum.text import LINE_WANTED
from tests.http.callers import BANK, OPERATOR, OWNER
from tests.http.checks import assert_problem, unchanged
from tests.http.city import InMemoryCity, application
from tests.http.requests import KEY, future_policy, good_request
from tests.http.routes import ROUTES, Route

HIDDEN = [
    "\x00", "\x1b", "\u200b", "\u202e", "\u2066", "\ufeff", "\u2028", "\u3164", "\u00ad", "\u034f", "\u17b4", "\u180b", "\u180f",
    "\ufe0f", "\U000e0100", "\u2800", "\U0001d159", "\u00a0", "\u3000", "\u200a",
]  # fmt: skip
PLACES: list[tuple[str | int, ...]] = [
    ("title", "ko"),
    ("title", "en"),
    ("layers", 0, "title", "ko"),
    ("layers", 0, "title", "en"),
    ("rows", 0, "id"),
    ("rows", 0, "note"),
    ("rows", 0, "sources", 0),
]


def _named(character: str) -> str:
    return f"U+{ord(character):04X}"


def _with(document: dict[str, Any], place: tuple[str | int, ...], text: str) -> dict[str, Any]:
    document["rows"] = [{"id": "r", "trust": "A", "note": "n", "sources": ["s"]}]
    part: Any = document
    for step in place[:-1]:
        part = part[step]
    part[place[-1]] = text
    return document


@pytest.mark.parametrize("character", HIDDEN, ids=_named)
@pytest.mark.parametrize("place", PLACES, ids=lambda place: ".".join(map(str, place)))
def test_a_policy_has_no_hidden_text(city: InMemoryCity, place: tuple[str | int, ...], character: str) -> None:
    document = _with(future_policy(version="hidden"), place, f"혜택{character}안내")
    with unchanged(city):
        answer = city.call(OPERATOR, "POST", "/policy_drafts", {"document": document, "reason": "추경"})

    path = ".".join(str(step) for step in ("document", *place))
    assert_problem(answer, 400, "invalid_request", "string_pattern_mismatch", path)
    assert answer.json["detail"] == f"{path}: {LINE_WANTED}"


def test_a_version_that_was_stored_with_hidden_text_is_still_shown(city: InMemoryCity) -> None:
    """Earlier releases accepted it, and versions never change."""
    stored = [item for _, item in city.storage.everything() if item["kind"] == "policy"]
    for item in stored:
        item["document"] = item["document"].replace('"ko":"', '"ko":"\u202e\u200b', 1)
    answer = city.call(None, "GET", "/policies")

    assert answer.status == 200
    assert any("\u202e\u200b" in policy["title"]["ko"] for policy in answer.json["policies"])


@pytest.mark.parametrize("character", HIDDEN, ids=_named)
def test_names_and_references_have_no_hidden_text(city: InMemoryCity, character: str) -> None:
    text = f"연수{character}상회"
    with unchanged(city):
        named = city.call(OWNER, "POST", "/merchants", application("1248100998", name=text))
        credit = {"amount": 50_000, "bank_reference": text}
        credited = city.call(BANK, "POST", f"/wallets/{city.who.wallet}/top_ups", credit, key=KEY)

    assert_problem(named, 400, "invalid_request", "string_pattern_mismatch", "name")
    assert_problem(credited, 400, "invalid_request", "string_pattern_mismatch", "bank_reference")
    assert [answer.json["errors"][0]["message"] for answer in (named, credited)] == [LINE_WANTED, LINE_WANTED]


@pytest.mark.parametrize("reference", [" KB-77", "KB-77 ", "\u00a0KB-77", "KB-77\u3000"], ids=ascii)
def test_a_reference_with_outer_spaces_is_not_another_reference(city: InMemoryCity, reference: str) -> None:
    path, credit = f"/wallets/{city.who.wallet}/top_ups", {"amount": 50_000, "bank_reference": "KB-77"}
    assert city.call(BANK, "POST", path, credit, key=KEY).status == 200
    with unchanged(city):
        again = city.call(BANK, "POST", path, credit | {"bank_reference": reference}, key=f"{KEY}-again")

    assert_problem(again, 400, "invalid_request", "string_pattern_mismatch", "bank_reference")
    assert again.json["errors"][0]["message"] == LINE_WANTED


NOT_COMPOSED = {"parts": "\u1100\u1161\u1100\u1166", "ideograph": "\uf90a상회", "letter": "cafe\u0301"}
"""Hangul in its parts, which look like the syllables; a compatibility ideograph; and an accent of its own."""


@pytest.mark.parametrize("text", NOT_COMPOSED.values(), ids=NOT_COMPOSED)
def test_one_text_is_written_in_one_way(city: InMemoryCity, text: str) -> None:
    """Otherwise a bank's transfer could be credited again, under a reference that looks the same."""
    assert unicodedata.normalize("NFC", text) != text
    path, credit = f"/wallets/{city.who.wallet}/top_ups", {"amount": 50_000, "bank_reference": text}
    draft = {"document": _with(future_policy(version="parts"), ("title", "ko"), text), "reason": "추경"}
    with unchanged(city):
        credited = city.call(BANK, "POST", path, credit, key=KEY)
        named = city.call(OWNER, "POST", "/merchants", application("1248100998", name=text))
        drafted = city.call(OPERATOR, "POST", "/policy_drafts", draft)
        explained = city.call(OPERATOR, "POST", "/policy_drafts", {**draft, "reason": text})

    assert_problem(credited, 400, "invalid_request", "not_composed", "bank_reference")
    assert_problem(named, 400, "invalid_request", "not_composed", "name")
    assert_problem(drafted, 400, "invalid_request", "not_composed", "document.title.ko")
    assert explained.status == 400
    composed = city.call(BANK, "POST", path, credit | {"bank_reference": unicodedata.normalize("NFC", text)}, key=KEY)
    assert composed.status == 200


@pytest.mark.parametrize("text", [" 연수 상회", "연수 상회 ", "\u3000연수 상회"], ids=ascii)
def test_a_name_has_no_spaces_at_its_ends(city: InMemoryCity, text: str) -> None:
    with unchanged(city):
        named = city.call(OWNER, "POST", "/merchants", application("1248100998", name=text))

    assert_problem(named, 400, "invalid_request", "string_pattern_mismatch", "name")


def test_spaces_around_a_text_of_a_policy_are_taken_off(city: InMemoryCity) -> None:
    document = _with(future_policy(version="spaced"), ("title", "ko"), " 혜택 ")
    drafted = city.call(OPERATOR, "POST", "/policy_drafts", {"document": document, "reason": "추경"})

    assert drafted.status == 201
    assert drafted.json["document"]["title"]["ko"] == "혜택"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\u2028", "\x00", "\u200b"], ids=repr)
@pytest.mark.parametrize("route", [each for each in ROUTES if "{" in each.path], ids=str)
def test_a_path_has_no_hidden_text(city: InMemoryCity, route: Route, end: str) -> None:
    """A line feed after an identifier, as `%0A`, is not part of it, whatever follows in the path."""
    sent = good_request(city, route)
    steps = zip(route.path.split("/"), sent.path.split("/"), strict=True)
    with unchanged(city):
        answer = sent.to(city, path="/".join(f"{step}{end}" if "{" in name else step for name, step in steps))

    assert_problem(answer, 404, "not_found")
