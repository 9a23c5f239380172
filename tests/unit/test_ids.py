"""Ids are the same each time, have the form of a UUID, and contain the 74 bits that identify a request."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eeum.calendar import SEOUL, milliseconds_of
from eeum.ids import digest_of, entry_id, is_id, natural_id, request_digest

instants = st.datetimes(datetime(2019, 1, 1), datetime(2199, 1, 1), timezones=st.just(UTC))
digests = st.integers(0, 2**74 - 1).map(lambda bits: f"{bits:019x}")
texts = st.text(max_size=40)


@given(texts, texts, texts)
def test_a_digest_is_74_bits_and_the_same_each_time(caller: str, wallet: str, key: str) -> None:
    digest = request_digest(caller, wallet, key)
    assert len(digest) == 19
    assert 0 <= int(digest, 16) < 2**74
    assert request_digest(caller, wallet, key) == digest


@given(st.tuples(texts, texts, texts), st.tuples(texts, texts, texts))
def test_different_requests_have_different_digests(one: tuple[str, str, str], other: tuple[str, str, str]) -> None:
    assert (request_digest(*one) == request_digest(*other)) == (one == other)


def test_moving_a_letter_between_parts_makes_another_request() -> None:
    assert request_digest("ab", "c", "d") != request_digest("a", "bc", "d") != request_digest("a", "b", "cd")
    assert request_digest("1:a", "", "") != request_digest("", "1:a", "")


def test_all_74_bits_are_used() -> None:
    seen_set, seen_clear = 0, 0
    for number in range(400):
        bits = int(request_digest("caller", "wallet", str(number)), 16)
        seen_set |= bits
        seen_clear |= ~bits & (2**74 - 1)
    assert seen_set == seen_clear == 2**74 - 1


@given(instants, digests)
def test_an_entrys_id_is_a_uuid_of_version_7_that_gives_time_and_digest_back(at: datetime, digest: str) -> None:
    text = entry_id(at, digest)
    value = uuid.UUID(text)
    assert (value.version, value.variant, str(value)) == (7, uuid.RFC_4122, text)
    assert value.int >> 80 == milliseconds_of(at)
    assert digest_of(text) == digest
    assert is_id(text)


@given(instants, digests, st.integers(1, 10**9))
def test_later_entries_have_larger_ids(at: datetime, digest: str, milliseconds: int) -> None:
    later = at + timedelta(milliseconds=milliseconds)
    assert entry_id(at, digest) < entry_id(later, "0" * 19)


def test_an_id_is_the_same_in_every_time_zone() -> None:
    at = datetime(2021, 1, 31, 15, 0, tzinfo=UTC)
    assert entry_id(at, "1" * 19) == entry_id(at.astimezone(SEOUL), "1" * 19)


@given(st.one_of(texts, st.uuids().map(str), st.uuids(version=4).map(str)))
def test_other_texts_have_no_digest(text: str) -> None:
    version = uuid.UUID(text).version if is_id(text) else None
    assert (digest_of(text) is not None) == (version == 7)


@pytest.mark.parametrize(
    "change",
    [str.upper, lambda text: text.replace("-", ""), lambda text: f"urn:uuid:{text}", lambda text: f"{{{text}}}"],
)
def test_an_id_is_written_in_one_way(change: object) -> None:
    text = entry_id(datetime(2021, 1, 31, tzinfo=SEOUL), "abcdef" + "1" * 13)
    assert digest_of(change(text)) is None  # type: ignore[operator]
    assert not is_id(change(text))  # type: ignore[operator]


@given(st.lists(texts, min_size=1, max_size=3))
def test_a_natural_id_is_a_uuid_of_version_8(nature: list[str]) -> None:
    text = natural_id("wallet", *nature)
    value = uuid.UUID(text)
    assert (value.version, value.variant) == (8, uuid.RFC_4122)
    assert natural_id("wallet", *nature) == text != natural_id("merchant", *nature)
    assert is_id(text)
