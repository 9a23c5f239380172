"""Every function of the payment store."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from eeum.calendar import SEOUL
from eeum.ids import entry_id
from eeum.merchants.store import MerchantStore
from eeum.payments.rules import Debit, Decline, Payment
from eeum.payments.store import PaymentStore, Read
from eeum.storage import Add, ConditionsFailed, SetTo, Storage
from eeum.wallet.rules import Draw, Wallet
from eeum.wallet.store import WalletStore
from tests.contract.cases import case
from tests.contract.examples import (
    CARD,
    MERCHANT,
    NOON,
    approved,
    change_wallet,
    digest,
    pages_of,
    payment,
    stored_wallet,
    wallet,
)
from tests.patience import patience_of


def _store(storage: Storage) -> PaymentStore:
    return PaymentStore(storage, patience_of())


def _wallet(storage: Storage, wallet_id: str) -> Wallet:
    found = WalletStore(storage, patience_of()).wallet(wallet_id)
    assert found is not None
    return found


@case
def an_authorisation_reads_wallet_entry_and_merchant(storage: Storage) -> None:
    store = _store(storage)
    nothing = store.read_for_authorisation(wallet().id, [digest("none")], [MERCHANT])
    assert nothing == Read((), None, {MERCHANT: None})
    opened = stored_wallet(storage, charged=10_000)
    MerchantStore(storage, patience_of()).add(approved())
    found = store.read_for_authorisation(opened.id, [digest("none")], [MERCHANT])
    assert found == Read((), opened, {MERCHANT: approved()})
    declined = payment(opened.id, decline=Decline.INSUFFICIENT_FUNDS)
    store.record_declines([declined])
    found = store.read_for_authorisation(opened.id, [declined.acceptance.digest], ["unknown merchant"])
    assert found == Read((declined,), opened, {"unknown merchant": None})


@case
def a_quote_reads_wallet_and_merchant(storage: Storage) -> None:
    store = _store(storage)
    assert store.read_for_quote(wallet().id, MERCHANT) == Read((), None, {MERCHANT: None})
    opened = stored_wallet(storage, charged=10_000)
    MerchantStore(storage, patience_of()).add(approved())
    assert store.read_for_quote(opened.id, MERCHANT) == Read((), opened, {MERCHANT: approved()})


@case
def a_payment_takes_the_money_and_is_stored(storage: Storage) -> None:
    store = _store(storage)
    opened = stored_wallet(storage, charged=10_000)
    paid = payment(opened.id)
    store.debit_and_record([Debit(paid, [Draw("charged", 10_000, 10_000)])])
    after = _wallet(storage, opened.id)
    assert (after.balance("charged"), after.due) == (0, 1)
    assert store.payment(opened.id, paid.acceptance.id) == paid


@case
def the_largest_payment_takes_the_largest_balance(storage: Storage) -> None:
    opened = stored_wallet(storage, charged=10**12, cashback=10**12)
    paid = payment(opened.id, amount=10**12)
    _store(storage).debit_and_record([Debit(paid, [Draw("charged", 10**12, 10**12)])])
    assert _store(storage).payment(opened.id, paid.acceptance.id) == paid
    assert _wallet(storage, opened.id).balance("charged") == 0


@case
def a_payment_draws_on_several_purses_as_they_were_read(storage: Storage) -> None:
    grants = {"grant/청년": 3_000, "grant/노인": 0}
    draws = [
        Draw("grant/노인", 0, 0),
        Draw("grant/청년", 3_000, 3_000),
        Draw("cashback", 0, -5),
        Draw("charged", 7_000, 9_000),
    ]
    opened = stored_wallet(storage, charged=9_000, cashback=-5, grants=grants)
    paid = payment(opened.id, paid={"grant/청년": 3_000, "charged": 7_000})
    _store(storage).debit_and_record([Debit(paid, draws)])
    after = _wallet(storage, opened.id)
    assert {purse.id: purse.amount for purse in after.purses} == {
        "charged": 2_000,
        "cashback": -5,
        "held": 0,
        "refund_pending": 0,
        "grant/청년": 0,
        "grant/노인": 0,
    }


def _stands_no_longer(storage: Storage, draws: Sequence[Draw], *changes: Add | SetTo, member: str) -> None:
    opened = stored_wallet(storage, member, charged=10_000, cashback=500, grants={"grant/1": 100})
    change_wallet(storage, opened.id, *changes)
    before = _wallet(storage, opened.id)
    paid = payment(opened.id)
    with pytest.raises(ConditionsFailed) as failed:
        _store(storage).debit_and_record([Debit(paid, draws)])
    assert failed.value.positions == (0,)
    assert _wallet(storage, opened.id) == before
    assert _store(storage).payment(opened.id, paid.acceptance.id) is None


@case
def a_decision_is_refused_when_the_wallet_changed(storage: Storage) -> None:
    draws = [Draw("grant/1", 100, 100), Draw("cashback", 500, 500), Draw("charged", 9_400, 10_000)]
    changes: list[list[Add | SetTo]] = [
        [SetTo(("status",), "suspended")],
        [SetTo(("cards", CARD, "status"), "blocked")],
        [SetTo(("cards",), {})],
        [Add(("purses", "grant/1", "amount"), 1)],
        [Add(("purses", "grant/1", "amount"), -1)],
        [Add(("purses", "cashback", "amount"), 1)],
        [Add(("purses", "charged", "amount"), -601)],
        [SetTo(("purses",), {"charged": {"amount": 10_000}})],
    ]
    for number, change in enumerate(changes):
        _stands_no_longer(storage, draws, *change, member=f"member-{number}")


@case
def a_decision_is_accepted_while_the_last_purse_holds_enough(storage: Storage) -> None:
    opened = stored_wallet(storage, charged=10_000, cashback=500)
    change_wallet(storage, opened.id, Add(("purses", "charged", "amount"), -500), SetTo(("verified",), True))
    draws = [Draw("cashback", 500, 500), Draw("charged", 9_500, 10_000)]
    _store(storage).debit_and_record([Debit(payment(opened.id, paid={"cashback": 500, "charged": 9_500}), draws)])
    assert _wallet(storage, opened.id).balance("charged") == 0


@case
def a_request_is_stored_once_whatever_was_decided(storage: Storage) -> None:
    store = _store(storage)
    opened = stored_wallet(storage, charged=30_000)
    approved_payment = payment(opened.id)
    draws = [Draw("charged", 10_000, 30_000)]
    store.debit_and_record([Debit(approved_payment, draws)])
    with pytest.raises(ConditionsFailed) as failed:
        store.debit_and_record([Debit(approved_payment, draws)])
    assert failed.value.positions == (1,)
    with pytest.raises(ConditionsFailed) as failed:
        store.record_declines([payment(opened.id, decline=Decline.CARD_BLOCKED)])
    assert failed.value.positions == (0,)
    assert _wallet(storage, opened.id).balance("charged") == 20_000
    with pytest.raises(ConditionsFailed) as failed:
        store.debit_and_record([Debit(approved_payment, [Draw("charged", 30_000, 30_000)])])
    assert failed.value.positions == (0, 1)


@case
def a_decline_is_stored_without_postings(storage: Storage) -> None:
    opened = stored_wallet(storage)
    declined = payment(opened.id, decline=Decline.UNKNOWN_MERCHANT)
    _store(storage).record_declines([declined])
    assert _store(storage).payment(opened.id, declined.acceptance.id) == declined
    assert _wallet(storage, opened.id) == opened


@case
def a_payment_is_found_by_its_own_id_only(storage: Storage) -> None:
    store = _store(storage)
    opened, other = stored_wallet(storage, charged=10_000), stored_wallet(storage, "other")
    paid = payment(opened.id)
    store.record_declines([paid])
    assert store.payment(opened.id, paid.acceptance.id) == paid
    assert store.payment(other.id, paid.acceptance.id) is None
    another_time = entry_id(NOON + timedelta(milliseconds=1), paid.acceptance.digest)
    for name in (another_time, "", "x", paid.acceptance.id.upper(), opened.id):
        assert store.payment(opened.id, name) is None


@case
def payments_of_a_month_are_listed_by_acceptance_newest_first(storage: Storage) -> None:
    store = _store(storage)
    opened = stored_wallet(storage)
    last = datetime(2021, 1, 31, 23, 59, 59, 999_000, tzinfo=SEOUL)
    january = [payment(opened.id, f"january-payment-{n}", last - timedelta(hours=n)) for n in range(4)]
    february = payment(opened.id, "february-payment-1", last + timedelta(milliseconds=1))
    for each in (*january[::2], february, *january[1::2]):
        store.record_declines([each])
    assert store.of_month(opened.id, "2021-01", None) == (january, None)
    assert store.of_month(opened.id, "2021-02", None) == ([february], None)
    assert store.of_month(opened.id, "2021-03", None) == ([], None)
    assert store.of_month(wallet("unknown").id, "2021-01", None) == ([], None)


@case
def payments_at_a_merchant_are_listed_in_pages_newest_first(storage: Storage) -> None:
    store = _store(storage)
    made: list[Payment] = []
    for number in range(7):
        opened = stored_wallet(storage, f"member-{number % 3}", charged=10_000)
        paid = payment(opened.id, f"payment-number-{number}", NOON + timedelta(minutes=number))
        store.debit_and_record([Debit(paid, [Draw("charged", 10_000, 10_000)])])
        made.append(paid)
    store.record_declines([payment(wallet("member-0").id, "payment-elsewhere", merchant_id="elsewhere")])
    for limit in (1, 2, 3, 7, 50):
        assert pages_of(lambda cursor, limit=limit: store.of_merchant(MERCHANT, limit, cursor)) == made[::-1]  # type: ignore[misc]
    assert store.of_merchant("nowhere", 5, None) == ([], None)
