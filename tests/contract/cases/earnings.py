"""Every function of the cashback's store."""

from dataclasses import replace
from datetime import timedelta

import pytest

from eeum.cashback.rules import Earning
from eeum.cashback.store import CashbackStore, WalletPosting
from eeum.payments.rules import Payment
from eeum.policy.rules import LayerReward
from eeum.storage import Add, ConditionsFailed, SetTo, Storage
from eeum.wallet.rules import Wallet
from eeum.wallet.store import WalletStore
from tests.contract.cases import case
from tests.contract.examples import NOON, change_wallet, earning, payment, stored_wallet, wallet
from tests.patience import patience_of

JANUARY, FEBRUARY = "2021-01", "2021-02"
NEXT_MONTH = NOON + timedelta(days=31)


def _post(storage: Storage, *postings: WalletPosting) -> None:
    CashbackStore(storage).post(postings, patience_of())


def _posting(wallet_id: str, posted: int, *earnings: Earning, usage: dict[str, int] | None = None) -> WalletPosting:
    return WalletPosting(wallet_id, posted, list(earnings), usage or {})


def _wallet(storage: Storage, wallet_id: str) -> Wallet:
    found = WalletStore(storage, patience_of()).wallet(wallet_id)
    assert found is not None
    return found


def _payments(wallet_id: str, count: int) -> list[Payment]:
    return [payment(wallet_id, f"payment-number-{n:02}", NOON + timedelta(minutes=n)) for n in range(count)]


@case
def an_earning_is_posted_with_its_credit(storage: Storage) -> None:
    opened = stored_wallet(storage, cashback=5, usage={"monthly-spend@2020-12": 7})
    made = earning(payment(opened.id), 1)
    _post(storage, _posting(opened.id, 0, made, usage={"monthly-spend@2021-01": 10_000}))
    after = _wallet(storage, opened.id)
    assert (after.balance("cashback"), after.posted, after.usage) == (1_005, 1, {"monthly-spend@2021-01": 10_000})
    assert CashbackStore(storage).all_of_month(opened.id, JANUARY) == [made]


@case
def an_earning_of_nothing_is_posted_all_the_same(storage: Storage) -> None:
    opened = stored_wallet(storage, cashback=-5)
    made = replace(earning(payment(opened.id), 1, won=0, used=0), base=0)
    _post(storage, _posting(opened.id, 0, made))
    after = _wallet(storage, opened.id)
    assert (after.balance("cashback"), after.posted, after.usage) == (-5, 1, {})
    assert CashbackStore(storage).all_of_month(opened.id, JANUARY) == [made]


@case
def the_largest_earning_is_posted(storage: Storage) -> None:
    opened = stored_wallet(storage, cashback=10**12)
    made = earning(payment(opened.id, amount=10**12), 1, won=10**12, used=10**12)
    _post(storage, _posting(opened.id, 0, made, usage={"monthly-spend@2021-01": 10**12}))
    assert _wallet(storage, opened.id).balance("cashback") == 2 * 10**12
    assert CashbackStore(storage).all_of_month(opened.id, JANUARY) == [made]


@case
def a_capture_has_one_earning(storage: Storage) -> None:
    opened = stored_wallet(storage)
    made = earning(payment(opened.id), 1)
    _post(storage, _posting(opened.id, 0, made))
    with pytest.raises(ConditionsFailed) as failed:
        _post(storage, _posting(opened.id, 1, earning(payment(opened.id), 2)))
    assert failed.value.positions == (1,)
    with pytest.raises(ConditionsFailed) as failed:
        _post(storage, _posting(opened.id, 0, made))
    assert failed.value.positions == (0, 1)
    assert _wallet(storage, opened.id).balance("cashback") == 1_000


@case
def an_earning_takes_the_next_number_of_its_wallet(storage: Storage) -> None:
    opened = stored_wallet(storage)
    change_wallet(storage, opened.id, SetTo(("posted",), 3), Add(("captures",), 4))
    with pytest.raises(ConditionsFailed) as failed:
        _post(storage, _posting(opened.id, 2, earning(payment(opened.id), 3)))
    assert failed.value.positions == (0,)
    assert CashbackStore(storage).all_of_month(opened.id, JANUARY) == []
    _post(storage, _posting(opened.id, 3, earning(payment(opened.id), 4)))
    assert _wallet(storage, opened.id).posted == 4


@case
def nothing_is_credited_to_no_wallet(storage: Storage) -> None:
    missing = wallet("nobody")
    with pytest.raises(ConditionsFailed):
        _post(storage, _posting(missing.id, 0, earning(payment(missing.id), 1)))
    assert CashbackStore(storage).all_of_month(missing.id, JANUARY) == []


@case
def several_wallets_are_posted_together_or_not_at_all(storage: Storage) -> None:
    one, two = stored_wallet(storage, "one"), stored_wallet(storage, "two")
    postings = [
        _posting(one.id, 0, *(earning(each, number) for number, each in enumerate(_payments(one.id, 2), 1))),
        _posting(two.id, 0, earning(payment(two.id), 1)),
    ]
    change_wallet(storage, two.id, SetTo(("posted",), 1))
    with pytest.raises(ConditionsFailed) as failed:
        _post(storage, *postings)
    assert failed.value.positions == (3,)
    assert _wallet(storage, one.id) == one
    change_wallet(storage, two.id, SetTo(("posted",), 0))
    _post(storage, *postings)
    assert [_wallet(storage, each.id).balance("cashback") for each in (one, two)] == [2_000, 1_000]


@case
def the_largest_batch_is_read_and_posted_in_one_go(storage: Storage) -> None:
    store = CashbackStore(storage)
    wallets = [stored_wallet(storage, f"member-{number}") for number in range(49)]
    payments = [payment(each.id) for each in wallets]
    found, posted = store.read_for_posting(payments)
    assert (found, posted) == ({each.id: each for each in wallets}, set())
    _post(storage, *(_posting(each.acceptance.wallet_id, 0, earning(each, 1)) for each in payments))
    found, posted = store.read_for_posting(payments)
    assert {each.balance("cashback") for each in found.values()} == {1_000}
    assert posted == {(each.acceptance.wallet_id, each.acceptance.digest) for each in payments}


@case
def many_payments_of_one_wallet_are_posted_in_one_go(storage: Storage) -> None:
    store = CashbackStore(storage)
    opened = stored_wallet(storage)
    payments = _payments(opened.id, 49)
    assert store.read_for_posting([*payments, payments[0]]) == ({opened.id: opened}, set())
    earnings = [earning(each, number) for number, each in enumerate(payments, 1)]
    _post(storage, _posting(opened.id, 0, *earnings))
    assert _wallet(storage, opened.id).posted == 49
    assert store.all_of_month(opened.id, JANUARY) == earnings


@case
def what_is_posted_and_which_wallets_are_missing_is_read_together(storage: Storage) -> None:
    opened = stored_wallet(storage)
    posted, waiting = _payments(opened.id, 2)
    stray = payment(wallet("nobody").id)
    _post(storage, _posting(opened.id, 0, earning(posted, 1)))
    wallets, claimed = CashbackStore(storage).read_for_posting([waiting, stray, posted])
    assert list(wallets) == [opened.id]
    assert claimed == {(opened.id, posted.acceptance.digest)}


@case
def earnings_of_a_month_are_those_of_its_payments_by_number(storage: Storage) -> None:
    store = CashbackStore(storage)
    opened = stored_wallet(storage)
    january = [payment(opened.id, f"january-payment-{n}", NOON + timedelta(minutes=n)) for n in range(5)]
    february = payment(opened.id, "february-payment-1", NEXT_MONTH)
    earnings = [earning(each, number) for number, each in enumerate([*january[:3], february, *january[3:]][::-1], 1)]
    for posted, each in enumerate(earnings):
        _post(storage, _posting(opened.id, posted, each))
    assert store.all_of_month(opened.id, JANUARY) == [each for each in earnings if each.month == JANUARY]
    assert store.all_of_month(opened.id, FEBRUARY) == [each for each in earnings if each.month == FEBRUARY]
    assert store.all_of_month(opened.id, "2021-1") == []
    assert store.all_of_month(wallet("nobody").id, JANUARY) == []


@case
def earnings_of_a_month_are_added_up_over_pages(storage: Storage) -> None:
    opened = stored_wallet(storage)
    wide = tuple((f"funder-{number}-{'구' * 40}", 1) for number in range(900))
    earnings = []
    for number, each in enumerate(_payments(opened.id, 6), 1):
        made = earning(each, number)
        reward = LayerReward("base", 900, made.rewards[0].portions, wide)
        earnings.append(replace(made, rewards=(reward,)))
        _post(storage, _posting(opened.id, number - 1, earnings[-1]))
    assert CashbackStore(storage).all_of_month(opened.id, JANUARY) == earnings
