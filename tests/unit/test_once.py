"""What makes two requests the same request."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eeum.calendar import SEOUL
from eeum.errors import Invalid
from eeum.ids import digest_of
from eeum.request import LONGEST_KEY, SHORTEST_KEY, Request

KEY = "k" * SHORTEST_KEY
printable = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0x7E, exclude_characters=","),
    min_size=SHORTEST_KEY,
    max_size=LONGEST_KEY,
)
bodies = st.dictionaries(st.text(max_size=8), st.one_of(st.integers(), st.text(max_size=8), st.booleans()), max_size=4)


@given(printable)
def test_every_printable_key_of_16_to_255_characters_without_commas_is_good(key: str) -> None:
    assert Request.of("caller", "wallet", key, {}).digest


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        (None, "missing"),
        ("", "missing"),
        ("k" * 15, "length"),
        ("k" * 256, "length"),
        ("k" * 15 + "é", "characters"),
        ("k" * 16 + "," + "k" * 16, "characters"),
        ("가" * 16, "characters"),
        ("k" * 15 + "\n", "characters"),
        ("k" * 15 + "\x7f", "characters"),
        ("k" * 15 + "\x00", "characters"),
    ],
)
def test_any_other_key_is_invalid(key: str | None, reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        Request.of("caller", "wallet", key, {})
    assert (refused.value.field, refused.value.reason) == ("Idempotency-Key", reason)


def test_the_same_key_of_another_caller_or_wallet_is_another_request() -> None:
    digests = {Request.of(caller, wallet, KEY, {}).digest for caller in ("a", "b") for wallet in ("a", "b")}
    assert len(digests) == 4


def test_the_body_is_no_part_of_what_finds_the_entry() -> None:
    assert Request.of("caller", "wallet", KEY, {"amount": 1}).digest == Request.of("caller", "wallet", KEY, {}).digest


@given(bodies, bodies)
def test_bodies_are_the_same_when_their_values_are(one: dict[str, object], other: dict[str, object]) -> None:
    one.pop("requested_at", None)
    other.pop("requested_at", None)
    hashes = [Request.of("caller", "wallet", KEY, body).body_hash for body in (one, other)]
    alike = one == other and {name: type(value) for name, value in one.items()} == {
        name: type(value) for name, value in other.items()
    }
    assert (hashes[0] == hashes[1]) == alike


@given(bodies, st.text(max_size=30))
def test_field_order_nulls_and_requested_at_do_not_change_the_body(body: dict[str, object], when: str) -> None:
    body.pop("requested_at", None)
    shuffled = dict(reversed(list(body.items()))) | {"requested_at": when, "left out": None}
    assert (
        Request.of("caller", "wallet", KEY, body).body_hash == Request.of("caller", "wallet", KEY, shuffled).body_hash
    )


def test_an_acceptance_carries_its_request_under_an_id_of_its_time() -> None:
    request = Request.of("acquirer/kim", "wallet", KEY, {"amount": 1})
    at = datetime(2021, 1, 5, 10, tzinfo=SEOUL)
    accepted = request.accept(at)
    assert digest_of(accepted.id) == accepted.digest == request.digest
    assert (accepted.caller, accepted.wallet_id, accepted.accepted_at) == ("acquirer/kim", "wallet", at)
    assert accepted.body_hash == request.body_hash
