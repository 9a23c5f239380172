"""The document's patterns and the code accept the same texts, as far as a pattern can express it."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from deployment.openapi import DESCRIPTION
from deployment.patterns import CURSOR, SCHEMAS
from eeum.aws.dynamodb import cursor_of, key_of_scan_cursor
from eeum.aws.http import Line
from eeum.calendar import parse_instant, parse_month
from eeum.errors import Invalid
from eeum.ids import is_id
from eeum.policy.document_values import Line as LineOfAPolicy
from eeum.request import Request
from eeum.text import PUBLISHED_LINE
from programme_policy.budget_bodies import LineId, fiscal_year

DOCUMENT: dict[str, Any] = json.loads(DESCRIPTION.read_text())
SAID = ("pattern", "enum", "const", "format")
"""Schema keywords that say which texts are accepted."""

LOOKED_UP = {
    "card_token": "a card may contain any text: one that no wallet has is declined (14), and neither stored nor shown"
}


def _texts(schema: Any, name: str, seen: frozenset[str] = frozenset()) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every text in a schema, with the name of its field."""
    if not isinstance(schema, dict):
        return
    if "$ref" in schema:
        reference = schema["$ref"].rpartition("/")[2]
        if reference not in seen:
            yield from _texts(DOCUMENT["components"]["schemas"][reference], name, seen | {reference})
        return
    if schema.get("type") == "string":
        yield name, schema
    for words in ("anyOf", "oneOf", "allOf", "prefixItems"):
        for part in schema.get(words, ()):
            yield from _texts(part, name, seen)
    for field, part in schema.get("properties", {}).items():
        yield from _texts(part, field, seen)
    for words in ("items", "additionalProperties"):
        yield from _texts(schema.get(words), name, seen)


def _asked() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every text in a request: its place, the field or parameter, and its schema."""
    for path, operations in DOCUMENT["paths"].items():
        for method, operation in operations.items():
            where = f"{method.upper()} {path}"
            for content in operation.get("requestBody", {}).get("content", {}).values():
                yield from ((where, *each) for each in _texts(content["schema"], "body"))
            for parameter in operation.get("parameters", ()):
                yield from ((where, *each) for each in _texts(parameter["schema"], parameter["name"]))


def test_every_text_of_a_request_says_what_it_accepts() -> None:
    """A new free-text field whose schema lacks the pattern of `LINE` fails here."""
    silent = {(where, name) for where, name, schema in _asked() if not any(word in schema for word in SAID)}
    assert {name for _, name in silent} == set(LOOKED_UP), silent


def test_free_text_has_the_pattern_of_lines() -> None:
    """A pattern that accepts a letter of another script accepts people's own words, so it must be the pattern of lines."""
    free = {
        (where, name): schema["pattern"]
        for where, name, schema in _asked()
        if "pattern" in schema and re.search(schema["pattern"], "가게 이름 A")
    }
    assert {name for _, name in free} >= {
        "bank_reference",
        "reason",
        "name",
        "document",
        "ko",
        "en",
        "note",
        "sources",
        "id",
    }
    assert set(free.values()) == {PUBLISHED_LINE}, free


def _takes(adapter: TypeAdapter[Any], text: str) -> bool:
    try:
        adapter.validate_python(text)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("line", [Line, LineOfAPolicy], ids=["of a body", "of a policy"])
def test_the_published_pattern_of_lines_is_the_enforced_one(line: Any) -> None:
    """For every character that Unicode has assigned; its next version may assign others as letters."""
    adapter, published = TypeAdapter(line), re.compile(PUBLISHED_LINE)
    different = []
    planes = [*range(0x20000), *range(0xE0000, 0xE0200), 0xF0000, 0xFFFFD, 0x100000, 0x10FFFD]
    for code in planes:
        character = chr(code)
        if unicodedata.category(character) in ("Cn", "Cs"):
            continue
        for text in (f"a{character}b", character):
            # The pattern does not express that lines are in NFC.
            expected = bool(published.match(text)) and unicodedata.is_normalized("NFC", text)
            if _takes(adapter, text) != expected:
                different.append(f"U+{code:04X} in {text!r}")
    assert not different, different[:20]


# Default_Ignorable_Code_Point, as Unicode 16 lists it: a font may show each of these as nothing.
IGNORABLE = (
    "00AD 034F 061C 115F-1160 17B4-17B5 180B-180F 200B-200F 202A-202E 2060-206F 3164 FE00-FE0F FEFF FFA0 FFF0-FFF8 1BCA0-1BCA3"
    " 1D173-1D17A E0000-E0FFF"
)
BLANK = "2800 13441 13442 16FE4 1D159"
"""Symbols and letters whose shape is blank: of Braille, of hieroglyphs, of Khitan and of music."""
SEPARATORS_AND_CONTROLS = "0000-001F 007F-00A0 1680 2000-200A 2028 2029 202F 205F 3000"


def _characters(ranges: str) -> Iterator[str]:
    for each in ranges.split():
        first, _, last = each.partition("-")
        yield from map(chr, range(int(first, 16), int(last or first, 16) + 1))


@pytest.mark.parametrize(
    "ranges", [IGNORABLE, BLANK, SEPARATORS_AND_CONTROLS], ids=["ignorable", "blank", "separators"]
)
@pytest.mark.parametrize("line", [Line, LineOfAPolicy], ids=["of a body", "of a policy"])
def test_no_line_has_invisible_characters(line: Any, ranges: str) -> None:
    """Two lines that look the same are the same: no character without a shape, and one kind of space."""
    adapter, published = TypeAdapter(line), re.compile(PUBLISHED_LINE)
    texts = [f"연수{character}e음" for character in _characters(ranges)]
    assert [ascii(text) for text in texts if _takes(adapter, text) or published.match(text)] == []


def _refused(read: Any, text: str) -> bool:
    try:
        return read(text) in (False, None)
    except Invalid:
        return True


def _instant(text: str) -> object:
    return parse_instant(text, "at")


def _key(text: str) -> object:
    return Request.of("caller", "wallet", text, {})


READ_BY: dict[str, Any] = {
    "month": parse_month,
    "at": _instant,
    "year": fiscal_year,
    "wallet_id": is_id,
    "cursor": key_of_scan_cursor,
    "Idempotency-Key": _key,
}
"""The function that reads each parameter."""

NEARLY = st.sampled_from(["", "\n", " ", "\u00a0", "\x00", "٣", "３", "-", "=", "a", "0", "Z", "\u200b"])


@pytest.mark.parametrize("name", READ_BY)
@given(data=st.data())
def test_texts_that_the_code_accepts_match_the_pattern(name: str, data: st.DataObject) -> None:
    """Texts that match the pattern, and some that nearly do: the code refuses every text that does not match."""
    schema, read = SCHEMAS[name], READ_BY[name]
    # \Z, since in Python a line end may follow $; in ECMA-262, which JSON Schema uses, it may not.
    pattern = re.compile(schema["pattern"].removesuffix("$") + r"\Z")
    text = data.draw(st.from_regex(pattern))
    place = data.draw(st.integers(0, len(text)))
    changed = text[:place] + data.draw(NEARLY) + text[place + data.draw(st.integers(0, 1)) :]
    for each in (text, changed):
        if not pattern.match(each):
            assert _refused(read, each), each


@pytest.mark.parametrize("name", ["month", "year"])
@given(data=st.data())
def test_texts_that_match_the_pattern_are_accepted(name: str, data: st.DataObject) -> None:
    text = data.draw(st.from_regex(SCHEMAS[name]["pattern"].removesuffix("$") + r"\Z"))
    assert not _refused(READ_BY[name], text)


@given(
    st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E, exclude_characters=","), min_size=16, max_size=255)
)
def test_idempotency_keys_that_match_the_pattern_are_accepted(key: str) -> None:
    assert re.fullmatch(SCHEMAS["Idempotency-Key"]["pattern"], key)
    assert not _refused(_key, key)


@given(st.datetimes(timezones=st.timezones()))
def test_every_valid_instant_matches_the_pattern(instant: Any) -> None:
    text = instant.isoformat()
    if re.fullmatch(SCHEMAS["at"]["pattern"], text) is None:
        assert _refused(_instant, text)


@given(st.dictionaries(st.just("pk"), st.text(min_size=1), min_size=1, max_size=1))
def test_every_returned_cursor_matches_the_pattern(key: dict[str, str]) -> None:
    cursor = cursor_of({name: {"S": value} for name, value in (key | {"sk": "WALLET"}).items()})
    assert re.fullmatch(CURSOR, cursor)
    assert key_of_scan_cursor(cursor)


@given(st.from_regex(r"\A[a-z0-9_-]{0,30}\Z") | st.text(max_size=30))
def test_ids_of_budget_lines_match_the_pattern(text: str) -> None:
    schema = SCHEMAS["line"]
    documented = (
        len(text) <= schema["maxLength"] and re.match(schema["pattern"].removesuffix("$") + r"\Z", text) is not None
    )
    assert _takes(TypeAdapter(LineId), text) == documented
