"""A city updated from version 1 of the codec to version 2 at any point of a wallet's life: only the stored form differs."""

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from eeum.calendar import SEOUL
from eeum.cashback.context import EntriesCache
from eeum.cashback.sources import source_of
from eeum.cashback.use_cases import Accrued, Batch, accrue
from eeum.journal.chain import Head
from eeum.payments.items import cancellation_key, capture_key, payment_key
from eeum.payments.progress import Cancellation, Capture
from eeum.payments.rules import Payment
from eeum.policy.use_cases import PolicyBook
from eeum.storage import Table
from eeum.wallet.rules import Wallet
from tests.audit.damaging import book_with
from tests.audit.life import audit_of, found_by
from tests.invariants import check_everything
from tests.stored_forms import named_facts
from tests.use_cases.command_policies import Document, january_2021, layer, purse
from tests.use_cases.world import World
from tests.version_1 import as_version_1, written_in_version_1

KNOWN_CLASS = {"fact": "member_class", "in": ["youth"]}
NOT_YET = ("payback@2021-03",)
"""Spendable from March on."""
AUDITED = datetime(2021, 3, 20, 9, 0, tzinfo=SEOUL)


def _document() -> Document:
    """Points and deferred cashback for a class of members, and cashback for one card issuer and by age."""
    document = january_2021(purses=[purse("points", expires_after={"months": 1}), purse("lasting")])
    layers = [
        layer("points", "cashback", 1_000, into="points", when=KNOWN_CLASS),
        layer("later", "payback", 500),
        layer("issuer", "cashback", 100, when={"fact": "card_issuer", "in": ["nonghyup"]}),
        layer("young", "cashback", 300, when={"fact": "member_age", "below": 30}),
        layer("bonus", "top_up_bonus", 200, into="lasting", when=KNOWN_CLASS),
    ]
    return document | {"layers": layers, "limits": []}


class Updated(World):
    """A world whose accruals follow from entries in their stored form, as the stream delivers them."""

    def accrued(
        self,
        *entries: Payment | Capture | Cancellation,
        policies: PolicyBook | None = None,
        quick: bool = False,
        read_before: EntriesCache | None = None,
    ) -> Accrued:
        stored = {(item["pk"], item["sk"]): item for item in self.memory.items(Table.LEDGER)}
        ways = {Payment: payment_key, Capture: capture_key, Cancellation: cancellation_key}
        keys = [ways[type(each)](each.acceptance.wallet_id, each.acceptance.digest) for each in entries]
        sources = [source_of(stored[key.pk, key.sk]) for key in keys]
        return accrue(Batch(sources, quick), self.accrual(policies, read_before))


def _life(world: World) -> Iterator[None]:
    """The operations of one wallet; the update may come at any `yield`."""
    world.now = datetime(2021, 1, 10, 9, 0, tzinfo=SEOUL)
    payer, shop = world.member(), world.shop(flags=frozenset({"good_price", "partner"}), own_rate=0)
    yield
    world.about(payer, member_class="youth", district="yeonsu", birth_date=date(2000, 5, 6), card_issuer="nonghyup")
    yield
    world.top_up(payer, 200_000)
    first = world.pay(payer, shop, 40_000, requested_at="2021-01-10T09:00:00+09:00", key="idempotency-key-first").entry
    yield
    world.accrue(first)
    declined = world.pay(payer, shop, 9_000_000, key="idempotency-key-declined").entry
    yield
    hold = world.pay(payer, shop, 30_000, hold=True).entry
    yield
    world.accrue(world.capture(hold, 10_000).entry)
    yield
    world.accrue(world.capture(hold, 5_000).entry)
    world.void(hold)
    yield
    world.now = datetime(2021, 2, 3, 9, 0, tzinfo=SEOUL)
    second = world.pay(payer, shop, 50_000).entry
    yield
    world.accrue(second, world.cancel(first, 30_000).entry)
    yield
    again = world.pay(payer, shop, 40_000, requested_at="2021-01-10T09:00:00+09:00", key="idempotency-key-first")
    assert again.replayed
    assert (again.entry, declined) == (
        first,
        world.pay(payer, shop, 9_000_000, key="idempotency-key-declined").entry,
    )
    world.about(payer, member_class=None, card_issuer=None)
    yield
    every_won = sum(won for name, won in world.balances(payer).items() if name not in NOT_YET)
    assert world.pay(payer, shop, every_won).entry.decline is None
    yield
    world.accrue(world.cancel(second).entry, world.cancel(first).entry)
    yield
    world.now += timedelta(minutes=1)
    world.top_up(payer, 70_000)
    world.about(payer, member_class="youth")
    yield
    for payment in [each for each in world.payments.of_month(payer.id, "2021-02", None).payments if not each.decline]:
        world.accrue(payment)
    world.now = datetime(2021, 3, 2, 9, 0, tzinfo=SEOUL)
    world.sweeping.wallet(world.wallet(payer.id), world.now)


def _lived(updated_at: int) -> World:
    """The operations, of which the first `updated_at` were stored in version 1."""
    world = Updated(documents=(_document(),))
    life = _life(world)
    for part in range(100):
        with written_in_version_1() if part < updated_at else nullcontext():
            if next(life, "over") == "over":
                return world
    raise AssertionError("a life has an end")


def _parts() -> int:
    return sum(1 for _ in _life(Updated(documents=(_document(),)))) + 1


def _items(world: World) -> list[dict[str, Any]]:
    return [item for item in world.memory.items(Table.LEDGER) if item["kind"] != "wallet"]


def _said(world: World) -> dict[str, Any]:
    """All that entries say, in one form and without their hashes, which depend on the form. Cards have random references."""
    left_out = {"chain", "hold_hash", "card"}
    return {
        item["sk"]: {name: value for name, value in as_version_1(item).items() if name not in left_out}
        for item in _items(world)
    }


@pytest.mark.parametrize("updated_at", range(_parts() + 1))
def test_entries_say_the_same_at_any_point_of_the_update(updated_at: int) -> None:
    world, new = _lived(updated_at), _lived(0)
    check_everything(world.memory)
    assert found_by(audit_of(world.memory, now=AUDITED, policies=book_with(_document()))).deviations == []
    (wallet,), (of_new,) = ([world.wallet(item["pk"][7:]) for item in each.entries("wallet")] for each in (world, new))
    assert _without_chain(wallet) == _without_chain(of_new)
    assert wallet.chain.length == of_new.chain.length
    assert _said(world) == _said(new)


def _without_chain(wallet: Wallet) -> Wallet:
    return replace(wallet, chain=Head(), cards=tuple(replace(card, reference="card") for card in wallet.cards))


def test_the_operations_store_both_versions_of_every_kind() -> None:
    """Without this the test above could pass without meeting both versions."""
    old, new = _lived(_parts()), _lived(0)
    for kind, attribute in (("payment", "facts"), ("capture", "facts"), ("earning", "rewards")):
        forms = [[type(each).__name__ for each in _forms(world, kind, attribute)] for world in (old, new)]
        assert set(forms[0]) == {"dict"}, kind
        assert set(forms[1]) == {"list"}, kind
    assert {"decline", "card", "requested_at", "body_hash"} <= old.entries("payment")[0].keys()
    assert not {"decline", "body_hash"} & new.entries("payment")[0].keys()
    (in_old,), (in_new,) = old.entries("wallet"), new.entries("wallet")
    assert {"negative", "member_class", "resident"} <= in_old.keys()
    assert "about" not in in_old
    assert not {"member_class", "resident"} & in_new.keys()
    assert "about" in in_new
    assert named_facts(new.entries("payment")[0]["facts"])["member_class"] in ("youth", None)


def _forms(world: World, kind: str, attribute: str) -> list[Any]:
    found = [item[attribute] for item in world.entries(kind)]
    return [each for rewards in found for each in rewards] if attribute == "rewards" else found
