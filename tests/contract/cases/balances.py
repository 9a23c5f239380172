"""Every function of the stores of balances and of whole wallets."""

from collections.abc import Iterable
from datetime import timedelta
from itertools import chain, combinations

import pytest

from eeum.balances.rebuild_store import RebuildStore
from eeum.balances.rules import Holder, HolderKind, Projection
from eeum.balances.store import MOST_HOLDERS, BalanceStore
from eeum.journal.store import JournalStore
from eeum.payments.items import payment_item, payment_key
from eeum.storage import ConditionsFailed, Put, Storage
from eeum.wallet.rules import wallet_id_of
from tests.contract.cases import case
from tests.contract.examples import NOON, payment, send, stored_wallet
from tests.patience import patience_of

SHOP = Holder(HolderKind.MERCHANT, "shop")
OTHER_SHOP = Holder(HolderKind.MERCHANT, "other-shop")
CITY = Holder(HolderKind.FUNDER, "city", "2021")
BANK = Holder(HolderKind.BANK, "국민")
COUNTS = {SHOP: {"payable": 1_000}, CITY: {"balance": -70}, BANK: {"balance": -5_000, "issued": 5_000}}
SHARD = "shardId-00000001609815600000-1f3c9d2a"
SEQUENCE = 4_421_584_500_000_000_017_450_439_091
"""Longer than any number that DynamoDB would keep exactly in all its digits, and than a float."""


def _balances(storage: Storage) -> BalanceStore:
    return BalanceStore(storage, patience_of())


def _rebuild(storage: Storage) -> RebuildStore:
    return RebuildStore(storage, patience_of())


def _project(storage: Storage, sequence: int, amounts: dict[Holder, dict[str, int]], shard: str = SHARD) -> None:
    store = _balances(storage)
    store.project(shard, store.standing(shard, list(amounts)), sequence, amounts)


@case
def a_checkpoint_moves_with_the_balances_it_stands_for(storage: Storage) -> None:
    store = _balances(storage)
    assert store.standing(SHARD, list(COUNTS)) == (Projection(), 0, frozenset())
    _project(storage, SEQUENCE, COUNTS)
    assert store.standing(SHARD, [*COUNTS, OTHER_SHOP]) == (Projection(), SEQUENCE, frozenset(COUNTS))
    assert store.standing("another", []) == (Projection(), 0, frozenset())
    _project(storage, SEQUENCE + 1, {SHOP: {"payable": -300, "reward": -20}, CITY: {"balance": -1}})
    assert store.merchant("shop") == {"payable": 700, "reward": -20}
    assert store.merchant("other-shop") == {"payable": 0, "reward": 0}
    assert store.programme() == {CITY: {"balance": -71}, BANK: {"balance": -5_000, "issued": 5_000}}


@case
def whoever_reads_a_shard_a_moment_later_finds_it_moved(storage: Storage) -> None:
    store = _balances(storage)
    at_first = store.standing(SHARD, [SHOP])
    store.project(SHARD, at_first, 5, {SHOP: {"payable": 1}})
    then = store.standing(SHARD, [SHOP])
    store.project(SHARD, then, 6, {SHOP: {"payable": 1}})
    for standing in (at_first, then):
        with pytest.raises(ConditionsFailed):
            store.project(SHARD, standing, 9, {SHOP: {"payable": 1}})
    assert (store.standing(SHARD, []).checkpoint, store.merchant("shop")["payable"]) == (6, 2)


@case
def a_balance_that_another_shard_began_meanwhile_is_found(storage: Storage) -> None:
    store = _balances(storage)
    standing = store.standing(SHARD, [SHOP])
    _project(storage, 5, {SHOP: {"payable": 1}}, "another")
    with pytest.raises(ConditionsFailed) as failed:
        store.project(SHARD, standing, 5, {SHOP: {"payable": 1}})
    assert failed.value.positions == (1,)
    assert store.standing(SHARD, [SHOP]).checkpoint == 0


@case
def a_transaction_has_room_for_its_most_holders(storage: Storage) -> None:
    shops = {
        Holder(HolderKind.MERCHANT, f"shop-{number}"): {"payable": number} for number in range(1, MOST_HOLDERS + 1)
    }
    _project(storage, 1, shops)
    _project(storage, 2, shops)
    assert dict(_rebuild(storage).all_balances()) == {
        holder: {"payable": 2 * counts["payable"], "reward": 0} for holder, counts in shops.items()
    }


@case
def any_mixture_of_new_and_known_holders_is_counted(storage: Storage) -> None:
    """By kind of holder: those that have a balance already, and those that have none."""
    _project(storage, 1, COUNTS, "before")
    mixtures = [(known, new) for known in _subsets(COUNTS) for new in _subsets(COUNTS) if known or new]
    for number, (known, new) in enumerate(mixtures):
        for sequence in (1, 2):
            _project(storage, sequence, _counts(known) | _named(new, f"{number}-{sequence}"), f"shard-{number}")
        puts = _counts(known) | _named(new, f"{number}-again")
        _rebuild(storage).replace(puts, frozenset(known), 0)
    _project(storage, 2, {}, "before")
    _project(storage, 1, {}, "nothing but a checkpoint")
    found = dict(_rebuild(storage).all_balances())
    assert len(found) == len(COUNTS) + 3 * sum(len(new) for _, new in mixtures)
    assert {holder: found[holder] for holder in COUNTS} == {**COUNTS, SHOP: {"payable": 1_000, "reward": 0}}


def _subsets(holders: Iterable[Holder]) -> list[tuple[Holder, ...]]:
    each = sorted(holders)
    return list(chain.from_iterable(combinations(each, size) for size in range(len(each) + 1)))


def _counts(holders: Iterable[Holder]) -> dict[Holder, dict[str, int]]:
    return {holder: COUNTS[holder] for holder in holders}


def _named(holders: Iterable[Holder], more: str) -> dict[Holder, dict[str, int]]:
    return {holder._replace(name=f"{holder.name} {more}"): COUNTS[holder] for holder in holders}


@case
def the_state_of_the_projection_is_changed_by_one_rebuild_at_a_time(storage: Storage) -> None:
    store = _rebuild(storage)
    assert store.projection() == Projection()
    begun = Projection(1, None, rebuilding=True)
    store.change_projection(begun, Projection())
    with pytest.raises(ConditionsFailed):
        store.change_projection(begun, Projection())
    done = Projection(1, NOON, rebuilding=False)
    store.change_projection(done, begun)
    assert (store.projection(), _balances(storage).standing(SHARD, []).projection) == (done, done)
    for before in (begun, Projection(2, NOON, rebuilding=False)):
        with pytest.raises(ConditionsFailed):
            store.change_projection(Projection(3), before)


@case
def a_rebuild_takes_the_place_of_balances_up_to_its_own_generation(storage: Storage) -> None:
    store = _rebuild(storage)
    _project(storage, 1, COUNTS)
    standing = _balances(storage).standing(SHARD, [SHOP])
    store.replace({SHOP: {"payable": 5, "reward": -1}, OTHER_SHOP: {"payable": 7}}, frozenset({SHOP}), 2)
    assert dict(store.all_balances())[SHOP] == {"payable": 5, "reward": -1}
    # What was read before holds no longer; neither does an earlier rebuild, nor one that did not know of a balance.
    with pytest.raises(ConditionsFailed) as failed:
        _balances(storage).project(SHARD, standing, 2, {SHOP: {"payable": 1}})
    assert failed.value.positions == (1,)
    with pytest.raises(ConditionsFailed):
        store.replace({SHOP: {"payable": 0}}, frozenset({SHOP}), 1)
    with pytest.raises(ConditionsFailed):
        store.replace({OTHER_SHOP: {"payable": 0}}, frozenset(), 2)
    store.replace({SHOP: {"payable": 6}}, frozenset({SHOP}), 2)
    assert _balances(storage).merchant("shop") == {"payable": 6, "reward": 0}


@case
def all_balances_and_the_whole_ledger_are_read_in_segments(storage: Storage) -> None:
    store = _rebuild(storage)
    _project(storage, 1, COUNTS)
    wallet = stored_wallet(storage)
    paid = payment(wallet.id)
    send(storage, Put(payment_key(wallet.id, paid.acceptance.digest), payment_item(paid)))
    for segments in (1, 3):
        found = [each for segment in range(segments) for each in store.all_balances(segment, segments)]
        assert sorted(holder for holder, _ in found) == sorted(COUNTS)
        items = [item for segment in range(segments) for item in store.ledger(segment, segments)]
        assert sorted(item["kind"] for item in items) == ["payment", "wallet"]


@case
def a_wallet_s_entries_are_read_together(storage: Storage) -> None:
    wallet = stored_wallet(storage)
    made = [payment(wallet.id, f"idempotency-key-{number}", NOON + timedelta(seconds=number)) for number in range(7)]
    for each in made:
        send(storage, Put(payment_key(wallet.id, each.acceptance.digest), payment_item(each) | {"note": "x" * 200_000}))
    found = list(JournalStore(storage).entries(wallet.id))
    assert sorted(item["id"] for item in found if item["kind"] == "payment") == [each.acceptance.id for each in made]
    assert [item["kind"] for item in found].count("wallet") == 1
    assert list(JournalStore(storage).entries(wallet_id_of("somebody else"))) == []
