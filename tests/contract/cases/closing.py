"""Every function of the stores of the catch-up and of the month close."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from eeum.calendar import Month
from eeum.cashback.gap_store import Gaps, GapStore
from eeum.cashback.items import earning_item, earning_key
from eeum.journal.partitions import partition_of
from eeum.months.rules import MonthRecord, MonthStatus, Turn, frozen
from eeum.months.statement_store import StatementStore
from eeum.months.statements import EarlierMonth, RewardSum, Statement
from eeum.months.store import MonthStore
from eeum.payments.items import payment_item, payment_key
from eeum.payments.rules import Payment
from eeum.segments import Segment
from eeum.storage import ConditionsFailed, Key, Put, Storage, Table
from eeum.wallet.rules import Wallet
from tests.contract.cases import case
from tests.contract.examples import NOON, earning, pages_of, payment, send, stored_wallet
from tests.patience import patience_of


def _statements(storage: Storage) -> StatementStore:
    return StatementStore(storage, patience_of())


def _months(storage: Storage) -> MonthStore:
    return MonthStore(storage, patience_of(), "incheon")


def _stored(storage: Storage, paid: Payment) -> Payment:
    send(storage, Put(payment_key(paid.acceptance.wallet_id, paid.acceptance.digest), payment_item(paid)))
    return paid


def _statement(wallet: Wallet, month: Month = "2021-01") -> Statement:
    return Statement(
        wallet_id=wallet.id,
        month=month,
        written_at=NOON + timedelta(days=20),
        start={},
        end={"charged": 40_000, "cashback": 1_000},
        topped_up=50_000,
        paid=10_000,
        held=0,
        captured=0,
        released=0,
        cancelled=0,
        cashback=RewardSum(1_000, {"base": 1_000}, {"national": 482, "city": 518}),
        earlier_months=(EarlierMonth("2020-12", 5_000, RewardSum(-500, {"base": -500}, {"city": -500})),),
        discounts=RewardSum(700, {"off": 700}, {"city": 500, "merchant": 200}),
        top_up_rewards=RewardSum(5_000, {"on top": 5_000}, {"national": 5_000}),
        expired=300,
    )


@case
def only_wallets_are_found_among_all_items_of_the_ledger(storage: Storage) -> None:
    gaps = GapStore(storage)
    assert gaps.wallets(Segment(0, 1)) == ([], None)
    wallets = [stored_wallet(storage, f"member-{number}", charged=number) for number in range(9)]
    for wallet in wallets:
        _stored(storage, payment(wallet.id))
    for of in (1, 4):
        found: list[Wallet] = []
        for number in range(of):
            found += pages_of(partial(gaps.wallets, Segment(number, of)))
        assert sorted(found, key=lambda wallet: wallet.balance("charged")) == wallets


@case
def a_gap_is_a_source_without_an_accrual(storage: Storage) -> None:
    gaps, wallet = GapStore(storage), stored_wallet(storage)
    assert gaps.gaps(wallet.id) == Gaps([], [])
    accrued, missing = (_stored(storage, payment(wallet.id, f"idempotency-key-{number}")) for number in (1, 2))
    _stored(storage, replace(payment(wallet.id, "idempotency-key-3"), order=replace(accrued.order, hold=True)))
    earned = earning(accrued, 1)
    send(storage, Put(earning_key(wallet.id, "2021-01", earned.digest, 0), earning_item(earned)))
    found = gaps.gaps(wallet.id)
    assert ([source.entry for source in found.sources], found.unsound) == ([missing], [])


@case
def a_source_that_cannot_be_accrued_is_named_with_its_month(storage: Storage) -> None:
    wallet = stored_wallet(storage)
    spoilt = payment_item(payment(wallet.id))
    del spoilt["facts"]
    send(storage, Put(Key(Table.LEDGER, partition_of(wallet.id), "PAYMENT#spoilt"), spoilt))
    send(storage, Put(Key(Table.LEDGER, partition_of(wallet.id), "CAPTURE#spoilt"), {"kind": "capture"}))
    found = GapStore(storage).gaps(wallet.id)
    assert found.sources == []
    assert [(each.entry, each.month) for each in found.unsound] == [
        ("PAYMENT#spoilt", "2021-01"),
        ("CAPTURE#spoilt", None),
    ]


@case
def a_statement_is_stored_once(storage: Storage) -> None:
    store, wallet = _statements(storage), stored_wallet(storage)
    assert store.statement(wallet.id, "2021-01") is None
    written = _statement(wallet)
    store.add(written)
    with pytest.raises(ConditionsFailed):
        store.add(written._replace(paid=0))
    assert store.statement(wallet.id, "2021-01") == written
    assert store.statement(wallet.id, "2021-02") is None


@case
def existing_statements_are_found_for_more_than_a_hundred_wallets(storage: Storage) -> None:
    store = _statements(storage)
    wallets = [stored_wallet(storage, f"member-{number}") for number in range(103)]
    for wallet in wallets[::2]:
        store.add(_statement(wallet))
    ids = [wallet.id for wallet in wallets]
    assert store.written(ids, "2021-01") == set(ids[::2])
    assert store.written(ids, "2021-02") == set()
    assert store.written([], "2021-01") == set()


@case
def only_entries_that_moved_money_are_read_for_statements(storage: Storage) -> None:
    store, wallet = _statements(storage), stored_wallet(storage)
    assert store.bookings(wallet.id) == []
    paid = _stored(storage, payment(wallet.id))
    earned = earning(paid, 1)
    send(storage, Put(earning_key(wallet.id, "2021-01", earned.digest, 0), earning_item(earned)))
    store.add(_statement(wallet))
    found = {(booking.line, booking.rewards_line): booking for booking in store.bookings(wallet.id)}
    assert set(found) == {("paid", "discounts"), ("", "cashback")}
    assert (found["paid", "discounts"].amount, found["paid", "discounts"].booked_in) == (10_000, "2021-01")
    assert found["", "cashback"].layers == {"base": 1_000}


@case
def a_month_is_frozen_once_it_is_closed(storage: Storage) -> None:
    store = _months(storage)
    assert store.closed() == []
    opened = MonthRecord("2021-01", MonthStatus.OPEN, NOON)
    store.turn(Turn((opened,), ()))
    with pytest.raises(ConditionsFailed):
        store.freeze(frozen(opened, NOON))
    closed = replace(opened, status=MonthStatus.CLOSED, closed_at=NOON + timedelta(days=20))
    store.turn(Turn((replace(opened, month="2021-02"),), (closed,)))
    assert store.closed() == [closed]
    icy = frozen(closed, NOON + timedelta(days=21))
    store.freeze(icy)
    assert (store.month("2021-01"), store.closed()) == (icy, [])
    with pytest.raises(ConditionsFailed):
        store.freeze(icy)


@case
def months_frozen_without_some_wallets_are_found_with_those_wallets(storage: Storage) -> None:
    store = _months(storage)
    months = [MonthRecord(f"2021-0{number}", MonthStatus.CLOSED, NOON, NOON) for number in (1, 2, 3)]
    store.turn(Turn(tuple(months), ()))
    assert store.with_exceptions() == []
    icy = [frozen(each, NOON, without) for each, without in zip(months, (["b", "a", "b"], [], ["c"]), strict=True)]
    for each in icy:
        store.freeze(each)
    assert store.with_exceptions() == [icy[0], icy[2]]
    assert [each.excepted for each in store.with_exceptions()] == [("a", "b"), ("c",)]
