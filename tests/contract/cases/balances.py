"""Every function of the stores of balances and of whole wallets."""

from datetime import timedelta

import pytest

from eeum.balances.fold_store import FoldStore
from eeum.balances.page_store import PageStore
from eeum.balances.rebuild_store import RebuildStore
from eeum.balances.rules import BalancePage, Closing, Holder, Projection, every_page, page_of
from eeum.balances.store import MOST_HOLDERS, BalanceStore, FoldState
from eeum.journal.accounts import HolderKind
from eeum.journal.store import JournalStore
from eeum.payments.items import payment_item, payment_key
from eeum.storage import ConditionsFailed, ProjectionStorage, Put, Storage
from eeum.wallet.rules import wallet_id_of
from tests.contract.cases import case
from tests.contract.examples import NOON, payment, send, stored_wallet
from tests.patience import patience_of

SHOP = Holder(HolderKind.MERCHANT, "shop")
OTHER_SHOP = Holder(HolderKind.MERCHANT, "other-shop")
CITY = Holder(HolderKind.FUNDER, "city", "2021")
BANK = Holder(HolderKind.BANK, "국민")
COUNTS = {
    SHOP: {"payable": 1_000, "reward": -30},
    CITY: {"balance": -70},
    BANK: {"balance": -5_000, "issued": 5_000},
}
SHARD = "shardId-00000001609815600000-1f3c9d2a"
SEQUENCE = 4_421_584_500_000_000_017_450_439_091
"""Longer than any number that DynamoDB stores exactly, and longer than a float."""
FIRST = Projection(batches=1)
"""The counts of one batch."""


def _balances(storage: Storage) -> BalanceStore:
    return BalanceStore(storage, patience_of())


def _fold(storage: ProjectionStorage) -> FoldStore:
    return FoldStore(storage, patience_of())


def _rebuild(storage: ProjectionStorage) -> RebuildStore:
    return RebuildStore(storage, patience_of())


def _append(storage: Storage, sequence: int, amounts: dict[Holder, dict[str, int]], shard: str = SHARD) -> None:
    store = _balances(storage)
    store.append(shard, store.fold_state(shard), sequence, amounts, NOON)


@case
def a_checkpoint_moves_with_its_batch(storage: Storage) -> None:
    store, pages = _balances(storage), PageStore(storage)
    assert (store.fold_state(SHARD), pages.projection()) == (FoldState(Projection(), False, 0), None)
    _append(storage, SEQUENCE, COUNTS)
    assert store.fold_state(SHARD) == FoldState(FIRST, True, SEQUENCE)
    assert store.fold_state("another") == FoldState(FIRST, True, 0)
    _append(storage, SEQUENCE + 1, {SHOP: {"payable": -300}})
    _append(storage, 7, {CITY: {"balance": -1}}, "another")
    assert pages.projection() == Projection(batches=3)
    found = list(pages.batches(0, 1))
    assert sorted(map(str, found)) == sorted(
        map(str, [COUNTS, {SHOP: {"payable": -300}}, {CITY: {"balance": -1}}]),
    )
    assert list(pages.batches(0, 2)) == list(pages.batches(1, 1)) == []


@case
def a_checkpoint_moves_alone_where_nothing_changes(storage: Storage) -> None:
    store = _balances(storage)
    _append(storage, 1, {})
    _append(storage, 2, {})
    assert store.fold_state(SHARD) == FoldState(Projection(), False, 2)


@case
def a_batch_from_an_old_checkpoint_is_refused(storage: Storage) -> None:
    store = _balances(storage)
    at_first = store.fold_state(SHARD)
    store.append(SHARD, at_first, 5, {SHOP: {"payable": 1}}, NOON)
    then = store.fold_state(SHARD)
    store.append(SHARD, then, 6, {SHOP: {"payable": 1}}, NOON)
    for fold_state in (at_first, then):
        with pytest.raises(ConditionsFailed) as failed:
            store.append(SHARD, fold_state, 9, {SHOP: {"payable": 1}}, NOON)
        assert 0 in failed.value.positions
    assert (store.fold_state(SHARD).checkpoint, len(list(PageStore(storage).batches(0, 1)))) == (6, 2)


@case
def of_two_first_batches_one_is_appended(storage: Storage) -> None:
    store = _balances(storage)
    fold_state = store.fold_state("another")
    _append(storage, 5, {SHOP: {"payable": 1}})
    with pytest.raises(ConditionsFailed) as failed:
        store.append("another", fold_state, 5, {SHOP: {"payable": 1}}, NOON)
    assert failed.value.positions == (1,)


@case
def a_batch_of_the_most_holders_fits_into_an_item(storage: Storage) -> None:
    shops = {
        Holder(HolderKind.MERCHANT, f"{number:08x}-2296-8313-aee2-472d192b43db"): {
            "payable": 10**9 + number,
            "reward": -(10**9) - number,
        }
        for number in range(1, MOST_HOLDERS + 1)
    }
    for sequence in range(1, 15):
        _append(storage, sequence, shops)
    assert list(PageStore(storage).batches(0, 1)) == [shops] * 14


@case
def nothing_is_appended_to_a_round_that_was_closed(storage: ProjectionStorage) -> None:
    store, folding = _balances(storage), _fold(storage)
    _append(storage, 5, COUNTS)
    fold_state = store.fold_state(SHARD)
    folding.close(FIRST, NOON)
    closed = Projection(round=2, closing=Closing(1, NOON))
    assert folding.projection() == closed
    with pytest.raises(ConditionsFailed) as failed:
        store.append(SHARD, fold_state, 6, COUNTS, NOON)
    assert failed.value.positions == (1,)
    _append(storage, 6, {SHOP: {"payable": 2}})
    assert (list(folding.batches(0, 1)), list(folding.batches(0, 2))) == ([COUNTS], [{SHOP: {"payable": 2}}])


@case
def a_round_is_closed_once_and_with_all_that_was_appended(storage: ProjectionStorage) -> None:
    folding = _fold(storage)
    _append(storage, 5, COUNTS)
    _append(storage, 6, COUNTS)
    with pytest.raises(ConditionsFailed):
        folding.close(FIRST, NOON)
    folding.close(Projection(batches=2), NOON)
    with pytest.raises(ConditionsFailed):
        folding.close(Projection(batches=2), NOON)
    closed = Projection(round=2, closing=Closing(2, NOON))
    folding.end(closed, NOON)
    ended = Projection(round=2, as_of=NOON)
    assert folding.projection() == ended
    folding.close(ended, NOON + timedelta(hours=1))
    for before in (FIRST, closed):
        with pytest.raises(ConditionsFailed):
            folding.end(before, NOON)


@case
def a_page_is_replaced_only_as_it_was_read(storage: ProjectionStorage) -> None:
    folding = _fold(storage)
    name = page_of(SHOP)
    first = BalancePage(0, 1, NOON, {SHOP: COUNTS[SHOP]})
    then = BalancePage(0, 2, NOON + timedelta(hours=1), {SHOP: {"payable": 5}, OTHER_SHOP: {"reward": -7}})
    assert folding.pages([name]) == [None]
    folding.replace(name, first, None)
    assert folding.pages([name, "PROGRAMME"]) == [first, None]
    with pytest.raises(ConditionsFailed) as failed:
        folding.replace(name, then, None)
    assert failed.value.positions == (0,)
    folding.replace(name, then, first)
    # A page of another generation but the same round is refused, too.
    for before in (first, then._replace(generation=1)):
        with pytest.raises(ConditionsFailed):
            folding.replace(name, first, before)
    assert folding.pages([name]) == [then]


@case
def every_page_is_read_a_hundred_at_a_time(storage: ProjectionStorage) -> None:
    folding = _fold(storage)
    stored = {name: BalancePage(0, 1, NOON, {}) for name in every_page()[::50]}
    for name, page in stored.items():
        folding.replace(name, page, None)
    found = dict(folding.every_page(every_page()))
    assert {name: page for name, page in found.items() if page} == stored
    assert list(found) == every_page()


@case
def balances_are_returned_with_their_instant(storage: ProjectionStorage) -> None:
    store, folding = _balances(storage), _fold(storage)
    assert (store.merchant("shop").as_of, store.programme()) == (None, ({}, None))
    later = NOON + timedelta(hours=1)
    folding.replace(page_of(SHOP), BalancePage(0, 1, later, {SHOP: {"payable": 700}}), None)
    folding.replace(page_of(CITY), BalancePage(0, 1, NOON, {CITY: {"balance": -7}, BANK: {"issued": 9}}), None)
    _append(storage, 5, COUNTS)
    folding.close(FIRST, NOON)
    folding.end(Projection(round=2), NOON)
    # A page that was folded already is newer than the programme's balances.
    assert store.merchant("shop") == ({SHOP: {"payable": 700, "reward": 0}}, later)
    assert store.merchant("other-shop").as_of == NOON
    assert store.programme() == ({CITY: {"balance": -7}, BANK: {"balance": 0, "issued": 9}}, NOON)


@case
def the_state_of_the_projection_is_changed_by_one_rebuild_at_a_time(storage: ProjectionStorage) -> None:
    store = _rebuild(storage)
    begun = Projection(1, None, rebuilding=True)
    store.change_projection(begun, None)
    with pytest.raises(ConditionsFailed):
        store.change_projection(begun, None)
    done = Projection(1, NOON, rebuilding=False, as_of=NOON)
    store.change_projection(done, begun)
    assert (store.projection(), _balances(storage).fold_state(SHARD).projection) == (done, done)
    for before in (begun, Projection(2, NOON, rebuilding=False)):
        with pytest.raises(ConditionsFailed):
            store.change_projection(Projection(3), before)


@case
def while_balances_are_rebuilt_no_round_is_closed_or_ended(storage: ProjectionStorage) -> None:
    store, folding = _rebuild(storage), _fold(storage)
    begun = Projection(1, rebuilding=True)
    store.change_projection(begun, None)
    for act in (folding.close, folding.end):
        with pytest.raises(ConditionsFailed):
            act(begun, NOON)
        with pytest.raises(ConditionsFailed):
            act(Projection(), NOON)
    assert store.projection() == begun


@case
def a_rebuild_replaces_pages_up_to_its_own_generation(storage: ProjectionStorage) -> None:
    store, folding = _rebuild(storage), _fold(storage)
    name = page_of(SHOP)
    before, rebuilt = BalancePage(0, 8, NOON, COUNTS), BalancePage(2, 0, NOON, {SHOP: {"payable": 5}})
    folding.replace(name, before, None)
    with pytest.raises(ConditionsFailed):
        store.replace(name, rebuilt, is_new=True)
    store.replace(name, rebuilt, is_new=False)
    store.replace(name, rebuilt, is_new=False)
    # A fold of an earlier page is refused, and so is an earlier rebuild.
    with pytest.raises(ConditionsFailed):
        folding.replace(name, BalancePage(0, 9, NOON, {}), before)
    with pytest.raises(ConditionsFailed):
        store.replace(name, BalancePage(1, 0, NOON, {}), is_new=False)
    assert store.pages([name]) == [rebuilt]
    store.replace("PROGRAMME", rebuilt, is_new=True)


@case
def the_whole_ledger_is_read_in_segments(storage: ProjectionStorage) -> None:
    store = _rebuild(storage)
    wallet = stored_wallet(storage)
    paid = payment(wallet.id)
    send(storage, Put(payment_key(wallet.id, paid.acceptance.digest), payment_item(paid)))
    for segments in (1, 3):
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
    assert list(JournalStore(storage).entries(wallet_id_of("another member"))) == []
