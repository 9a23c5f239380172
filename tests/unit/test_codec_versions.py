"""Both versions of the codec: an item of version 1, rewritten in version 2, says the same and is smaller."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.sizes import item_bytes
from eeum.cashback.items import earning_item, earning_of
from eeum.journal.forms import reward_in_places, rewards_by_name
from eeum.journal.kinds import KINDS
from eeum.journal.partitions import PARTITION
from eeum.payments.items import capture_item, capture_of, payment_item, payment_of
from eeum.payments.rules import Decline
from eeum.wallet.purses import purse_named
from eeum.wallet.rules import Card, Negative, Purse, Wallet
from eeum.wallet.wallet_items import wallet_item, wallet_of
from tests.contract.examples import NOON, payment, wallet
from tests.stored_forms import named_rewards
from tests.upgrade.fixture import paths, read
from tests.version_1 import as_version_1

Item = dict[str, Any]
CODECS: dict[str, tuple[Callable[[str, Item], Any], Callable[[Any], Item]]] = {
    "payment": (payment_of, payment_item),
    "capture": (capture_of, capture_item),
    "earning": (earning_of, earning_item),
    "wallet": (wallet_of, wallet_item),
}
NOT_OF_THE_CODEC = {"pk", "sk", "chain"}
"""Keys, and the chain link that is added when an entry is stored."""


@cache
def _of_releases(kind: str) -> list[Item]:
    """Items as releases before version 2 stored them."""
    found = [item for path in paths() for item in read(path).of_kind(kind)]
    return [item for item in found if as_version_1(item) == item]


def _without(item: Item, names: set[str] = NOT_OF_THE_CODEC) -> Item:
    return {name: value for name, value in item.items() if name not in names}


@pytest.mark.parametrize("kind", CODECS)
def test_items_of_earlier_releases_read_the_same_in_version_2(kind: str) -> None:
    items = _of_releases(kind)
    assert len(items) > 10
    reads, writes = CODECS[kind]
    for stored in items:
        known = reads(stored["pk"].removeprefix(PARTITION), stored)
        written = writes(known)
        assert _without(as_version_1(written)) == _without(stored)
        assert reads(stored["pk"].removeprefix(PARTITION), {**stored, **_keyed(stored, written)}) == known
        if kind != "wallet":
            new = {**_keyed(stored, written)}
            assert KINDS[kind].published(new) == KINDS[kind].published(stored)
            assert KINDS[kind].rewards(new) == KINDS[kind].rewards(stored)
            assert item_bytes(_without(written)) <= item_bytes(_without(stored))


def _keyed(stored: Item, written: Item) -> Item:
    return {**written, "pk": stored["pk"], "sk": stored["sk"]}


optional = st.none() | st.text("abc_-가", min_size=1, max_size=12)
names = st.sampled_from(
    ["points@2026-12", "points@2027-01", "points@2027", "lasting@always", "payback@2026-03", "gift"]
)
rewards = st.fixed_dictionaries(
    {
        "layer": st.text(max_size=9),
        "won": st.integers(0, 10**9),
        "bands": st.lists(
            st.tuples(st.integers(0), st.none() | st.integers(0), st.integers(0), st.integers(0)).map(list), max_size=4
        ),
        "funders": st.lists(st.tuples(st.text(max_size=9), st.integers(0, 10**9)).map(list), max_size=3),
    },
    optional={"into": st.text(min_size=1, max_size=9)},
)


@given(st.lists(rewards, max_size=4))
def test_rewards_read_the_same_by_name_and_by_position(given_: list[Item]) -> None:
    places = [reward_in_places(each) for each in given_]
    assert rewards_by_name(places) == given_
    assert rewards_by_name(given_) == given_
    assert named_rewards({"rewards": places}) == given_


@pytest.mark.parametrize("bands", [[0], [0, None, 1_000], [0, None, 1_000, 5, 6]])
def test_a_reward_with_part_of_a_band_is_refused(bands: list[Any]) -> None:
    with pytest.raises(ValueError, match="values are not 4 each"):
        rewards_by_name([["layer", 5, bands, ["city", 5]]])


@st.composite
def wallets(draw: st.DrawFn) -> Wallet:
    purses = tuple(purse_named(name)._replace(amount=draw(st.integers(0, 9))) for name in sorted(draw(st.sets(names))))
    cards = [
        Card(f"{number:016x}", draw(st.sampled_from(["standard", "student"])), "active", draw(optional))
        for number in range(draw(st.integers(1, 3)))
    ]
    if draw(st.booleans()):
        cards = [replace(card, issuer=cards[0].issuer) for card in cards]
    made = wallet(
        cards=tuple(cards),
        member_class=draw(optional),
        district=draw(optional),
        birth_date=draw(st.none() | st.just(date(2000, 2, 29))),
        negative=draw(st.none() | st.just(Negative("payment", NOON))),
        decisions_made=draw(st.integers(0, 2)),
    )
    return replace(made, purses=made.purses + purses)


@given(wallets())
def test_a_wallet_is_read_as_it_was_from_both_versions(made: Wallet) -> None:
    item = wallet_item(made)
    assert wallet_of(made.id, item) == made
    assert wallet_of(made.id, as_version_1(item)) == made


def test_a_purse_with_its_own_terms_stores_them() -> None:
    """For example a purse that a later policy names differently: its written terms count."""
    made = replace(wallet(), purses=(*wallet().purses, Purse("points@2026-12", 5, NOON, None, "elsewhere")))
    stored = wallet_item(made)
    assert stored["purses"]["points@2026-12"].keys() == {"amount", "from", "where"}
    assert wallet_of(made.id, stored) == made


@given(optional, st.sampled_from([None, Decline.INSUFFICIENT_FUNDS]), st.booleans())
def test_a_payment_is_read_as_it_was_from_both_versions(
    requested: str | None, decline: Decline | None, card: bool
) -> None:
    made = payment("wallet", decline=decline)
    reference = made.card if card else None
    made = replace(made, card=reference, order=replace(made.order, card=reference, requested_at=requested))
    item = {**payment_item(made), "sk": f"PAYMENT#{made.acceptance.digest}"}
    assert payment_of("wallet", item) == payment_of("wallet", as_version_1(item)) == made
    assert None not in item.values()
