"""Every function of the cashback store."""

from dataclasses import replace
from datetime import timedelta

import pytest

from eeum.cashback.plan import WalletPlan
from eeum.cashback.rules import CancelledCapture, Correction, Earning, MonthBook, RewardChange
from eeum.cashback.sources import Source, source_of
from eeum.cashback.store import CashbackStore, TooLarge
from eeum.journal.accounts import CASHBACK, purse
from eeum.payments.items import cancellation_item, cancellation_key, payment_item, payment_key
from eeum.payments.progress import cancel, progress_of
from eeum.payments.rules import Payment
from eeum.policy.rules import LayerReward
from eeum.storage import Add, ConditionsFailed, Put, SetTo, Storage
from eeum.wallet.rules import Negative, Wallet
from eeum.wallet.store import WalletStore
from tests.contract.cases import case
from tests.contract.examples import (
    NOON,
    acceptance,
    change_wallet,
    digest,
    earning,
    payment,
    send,
    stored_wallet,
    wallet,
)
from tests.contract.plans import plan_of
from tests.patience import patience_of

JANUARY, FEBRUARY = "2021-01", "2021-02"
NEXT_MONTH = NOON + timedelta(days=31)
EMPTY = MonthBook((), ())


def _accrue(storage: Storage, *plans: WalletPlan) -> None:
    CashbackStore(storage).accrue(plans, patience_of())


def _wallet(storage: Storage, wallet_id: str) -> Wallet:
    found = WalletStore(storage, patience_of()).wallet(wallet_id)
    assert found is not None
    return found


def _earnings(storage: Storage, wallet_id: str, month: str = JANUARY) -> list[Earning]:
    return list(CashbackStore(storage).month_book(wallet_id, month).earnings)


def _payments(wallet_id: str, count: int) -> list[Payment]:
    return [payment(wallet_id, f"payment-number-{n:02}", NOON + timedelta(minutes=n)) for n in range(count)]


def source_of_payment(paid: Payment) -> Source:
    key = payment_key(paid.acceptance.wallet_id, paid.acceptance.digest)
    return source_of({**payment_item(paid), "pk": key.pk, "sk": key.sk})


def cancellation(paid: Payment, number: int) -> Source:
    """A cancellation of 1,000 won, as the stream delivers it."""
    accepted = acceptance(paid.acceptance.wallet_id, f"a-cancellation-number-{number}", NEXT_MONTH)
    entry, _ = cancel(paid, progress_of(paid), accepted, 1_000, None)
    key = cancellation_key(accepted.wallet_id, accepted.digest)
    return source_of({**cancellation_item(entry), "pk": key.pk, "sk": key.sk})


def correction(of: Earning, number: int, won: int, *, recovered: int = 0) -> Correction:
    """The correction of a half-cancelled payment, which takes back `won` of its cashback."""
    refund = (of.end - of.start) // 2
    return Correction(
        wallet_id=of.wallet_id,
        month=of.month,
        digest=digest(f"cancellation {number}"),
        number=number,
        payment_id=of.payment_id,
        cancellation_id="0177592c-98fd-70fc-ad8d-e7974b56b225",
        accepted_at=NEXT_MONTH,
        posted_at=NEXT_MONTH + timedelta(seconds=1),
        cancelled=(CancelledCapture(of.digest, of.capture, refund),),
        changes=(RewardChange(of.number, "base", -won),),
        used={"monthly-spend": -refund},
        cashback={"funder/city": won, purse(CASHBACK): -won},
        recovered=recovered,
        released=(("charged", refund - recovered),),
    )


@case
def an_earning_is_posted_with_its_credit(storage: Storage) -> None:
    opened = stored_wallet(storage, cashback=5, usage={"monthly-spend@2020-12": 7})
    made = earning(payment(opened.id), 1)
    _accrue(storage, plan_of(opened, made, usage={"monthly-spend@2021-01": 10_000}))
    after = _wallet(storage, opened.id)
    assert (after.balance("cashback"), after.accrued, after.usage) == (1_005, 1, {"monthly-spend@2021-01": 10_000})
    assert after.chain.length == 1
    assert _earnings(storage, opened.id) == [made]


@case
def an_earning_of_zero_won_is_stored(storage: Storage) -> None:
    opened = stored_wallet(storage, cashback=-5)
    made = replace(earning(payment(opened.id), 1, won=0, used=0), base=0)
    _accrue(storage, plan_of(opened, made))
    after = _wallet(storage, opened.id)
    assert (after.balance("cashback"), after.accrued, after.usage) == (-5, 1, {})
    assert _earnings(storage, opened.id) == [made]


@case
def the_largest_earning_is_posted(storage: Storage) -> None:
    opened = stored_wallet(storage, cashback=10**12)
    made = earning(payment(opened.id, amount=10**12), 1, won=10**12, used=10**12)
    _accrue(storage, plan_of(opened, made, usage={"monthly-spend@2021-01": 10**12}))
    assert _wallet(storage, opened.id).balance("cashback") == 2 * 10**12
    assert _earnings(storage, opened.id) == [made]


@case
def a_capture_has_one_earning(storage: Storage) -> None:
    opened = stored_wallet(storage)
    made = earning(payment(opened.id), 1)
    _accrue(storage, plan_of(opened, made))
    with pytest.raises(ConditionsFailed) as failed:
        _accrue(storage, plan_of(_wallet(storage, opened.id), earning(payment(opened.id), 2)))
    assert failed.value.positions == (1,)
    with pytest.raises(ConditionsFailed) as failed:
        _accrue(storage, plan_of(opened, made))
    assert failed.value.positions == (0, 1)
    assert _wallet(storage, opened.id).balance("cashback") == 1_000


@case
def an_earning_takes_the_next_number_of_its_wallet(storage: Storage) -> None:
    opened = stored_wallet(storage)
    change_wallet(storage, opened.id, SetTo(("posted",), 3), Add(("due",), 4))
    with pytest.raises(ConditionsFailed) as failed:
        _accrue(storage, plan_of(replace(opened, accrued=2), earning(payment(opened.id), 3)))
    assert failed.value.positions == (0,)
    assert _earnings(storage, opened.id) == []
    _accrue(storage, plan_of(replace(opened, accrued=3), earning(payment(opened.id), 4)))
    assert _wallet(storage, opened.id).accrued == 4


@case
def an_earning_is_linked_to_the_chain_as_it_was_read(storage: Storage) -> None:
    opened = stored_wallet(storage)
    change_wallet(storage, opened.id, SetTo(("chain",), {"length": 1, "head": "another"}))
    with pytest.raises(ConditionsFailed) as failed:
        _accrue(storage, plan_of(opened, earning(payment(opened.id), 1)))
    assert failed.value.positions == (0,)
    assert _earnings(storage, opened.id) == []


@case
def an_earning_of_an_unknown_wallet_is_refused(storage: Storage) -> None:
    missing = wallet("unknown")
    with pytest.raises(ConditionsFailed):
        _accrue(storage, plan_of(missing, earning(payment(missing.id), 1)))
    assert _earnings(storage, missing.id) == []


@case
def several_wallets_are_posted_together_or_not_at_all(storage: Storage) -> None:
    one, two = stored_wallet(storage, "one"), stored_wallet(storage, "two")
    postings = [
        plan_of(one, *(earning(each, number) for number, each in enumerate(_payments(one.id, 2), 1))),
        plan_of(two, earning(payment(two.id), 1)),
    ]
    change_wallet(storage, two.id, SetTo(("posted",), 1))
    with pytest.raises(ConditionsFailed) as failed:
        _accrue(storage, *postings)
    assert failed.value.positions == (3,)
    assert _wallet(storage, one.id) == one
    change_wallet(storage, two.id, SetTo(("posted",), 0))
    _accrue(storage, *postings)
    assert [_wallet(storage, each.id).balance("cashback") for each in (one, two)] == [2_000, 1_000]


@case
def the_largest_batch_is_read_and_posted_in_one_go(storage: Storage) -> None:
    store = CashbackStore(storage)
    wallets = [stored_wallet(storage, f"member-{number}") for number in range(49)]
    payments = [payment(each.id) for each in wallets]
    sources = [source_of_payment(each) for each in payments]
    assert store.read_for_posting(sources) == ({each.id: each for each in wallets}, set(), {})
    postings = zip(wallets, payments, strict=True)
    _accrue(storage, *(plan_of(opened, earning(each, 1)) for opened, each in postings))
    found, accrued, _ = store.read_for_posting(sources)
    assert {each.balance("cashback") for each in found.values()} == {1_000}
    assert accrued == {source.key for source in sources}


@case
def many_payments_of_one_wallet_are_posted_in_one_go(storage: Storage) -> None:
    opened = stored_wallet(storage)
    payments = _payments(opened.id, 99)
    found, accrued, _ = CashbackStore(storage).read_for_posting([source_of_payment(each) for each in payments])
    assert (found, accrued) == ({opened.id: opened}, set())
    earnings = [earning(each, number) for number, each in enumerate(payments, 1)]
    _accrue(storage, plan_of(opened, *earnings))
    assert (_wallet(storage, opened.id).accrued, _wallet(storage, opened.id).chain.length) == (99, 99)
    assert _earnings(storage, opened.id) == earnings


@case
def one_read_finds_accrued_sources_and_missing_wallets(storage: Storage) -> None:
    opened = stored_wallet(storage)
    accrued, waiting = _payments(opened.id, 2)
    stray = payment(wallet("unknown").id)
    _accrue(storage, plan_of(opened, earning(accrued, 1)))
    wallets, claimed, _ = CashbackStore(storage).read_for_posting(
        [source_of_payment(each) for each in (waiting, stray, accrued)]
    )
    assert list(wallets) == [opened.id]
    assert claimed == {source_of_payment(accrued).key}


@case
def a_correction_is_posted_once_with_its_refund(storage: Storage) -> None:
    opened = stored_wallet(storage, cashback=500)
    change_wallet(storage, opened.id, Add(("purses", "refund_pending", "amount"), 5_000))
    earned = earning(payment(opened.id), 1)
    _accrue(storage, plan_of(opened, earned))
    read = _wallet(storage, opened.id)
    _accrue(storage, plan_of(read, correction(earned, 2, 500), needs_same_cashback=True))
    after = _wallet(storage, opened.id)
    assert {each.id: each.amount for each in after.purses} == {
        "charged": 5_000,
        "cashback": 1_000,
        "held": 0,
        "refund_pending": 0,
    }
    assert CashbackStore(storage).month_book(opened.id, JANUARY) == MonthBook((earned,), (correction(earned, 2, 500),))
    again = plan_of(after, correction(earned, 2, 500))
    with pytest.raises(ConditionsFailed) as failed:
        _accrue(storage, again)
    assert failed.value.positions == (1,)


@case
def accrued_cancellations_are_found_alone_and_with_payments(storage: Storage) -> None:
    opened = stored_wallet(storage)
    paid = payment(opened.id)
    entries = [cancellation(paid, number) for number in (1, 2)]
    change_wallet(storage, opened.id, Add(("purses", "refund_pending", "amount"), 5_000))
    earned = earning(paid, 1)
    corrected = replace(correction(earned, 2, 500), digest=entries[0].entry.acceptance.digest)
    _accrue(storage, plan_of(opened, earned, corrected))
    read = _wallet(storage, opened.id)
    store = CashbackStore(storage)
    assert store.read_for_posting(entries) == ({opened.id: read}, {entries[0].key}, {})
    done = {source_of_payment(paid).key, entries[0].key}
    assert store.read_for_posting([source_of_payment(paid), *entries]) == ({opened.id: read}, done, {})


@case
def a_refund_is_refused_when_the_cashback_balance_changed(storage: Storage) -> None:
    opened = stored_wallet(storage, cashback=500)
    earned = earning(payment(opened.id), 1)
    posting = plan_of(opened, earned, correction(earned, 2, 500), needs_same_cashback=True)
    change_wallet(storage, opened.id, Add(("purses", "cashback", "amount"), -1))
    with pytest.raises(ConditionsFailed) as failed:
        _accrue(storage, posting)
    assert failed.value.positions == (0,)
    assert CashbackStore(storage).month_book(opened.id, JANUARY) == EMPTY
    change_wallet(storage, opened.id, Add(("purses", "cashback", "amount"), 1))
    _accrue(storage, posting)
    assert _wallet(storage, opened.id).accrued == 2


@case
def a_balance_below_zero_is_stored_with_its_reason(storage: Storage) -> None:
    opened = stored_wallet(storage, cashback=-200)
    earned = earning(payment(opened.id), 1)
    corrected, negative = correction(earned, 1, 500, recovered=100), Negative(earned.payment_id, NOON)
    _accrue(storage, plan_of(opened, corrected, needs_same_cashback=True, negative=negative))
    after = _wallet(storage, opened.id)
    assert (after.balance("cashback"), after.negative) == (-600, Negative(earned.payment_id, NOON))


@case
def payments_are_read_by_digest_more_than_a_hundred_at_once(storage: Storage) -> None:
    opened = stored_wallet(storage)
    payments = _payments(opened.id, 103)
    for each in payments:
        send(storage, Put(payment_key(opened.id, each.acceptance.digest), payment_item(each)))
    digests = [each.acceptance.digest for each in payments]
    found = CashbackStore(storage).payments(opened.id, [*digests, digest("none")])
    assert found == dict(zip(digests, payments, strict=True))


@case
def earnings_of_a_month_are_those_of_its_payments_by_number(storage: Storage) -> None:
    store = CashbackStore(storage)
    opened = stored_wallet(storage)
    january = [payment(opened.id, f"january-payment-{n}", NOON + timedelta(minutes=n)) for n in range(5)]
    february = payment(opened.id, "february-payment-1", NEXT_MONTH)
    earnings = [earning(each, number) for number, each in enumerate([*january[:3], february, *january[3:]][::-1], 1)]
    for each in earnings:
        _accrue(storage, plan_of(_wallet(storage, opened.id), each))
    assert _earnings(storage, opened.id) == [each for each in earnings if each.month == JANUARY]
    assert _earnings(storage, opened.id, FEBRUARY) == [each for each in earnings if each.month == FEBRUARY]
    assert store.month_book(opened.id, "2021-1") == EMPTY
    assert store.month_book(wallet("unknown").id, JANUARY) == EMPTY


@case
def earnings_of_a_month_are_added_up_over_pages(storage: Storage) -> None:
    opened = stored_wallet(storage)
    wide = tuple((f"funder-{number}-{'구' * 40}", 1) for number in range(900))
    earnings = []
    for number, each in enumerate(_payments(opened.id, 6), 1):
        made = earning(each, number)
        reward = LayerReward("base", 900, made.rewards[0].portions, wide)
        earnings.append(replace(made, rewards=(reward,)))
        _accrue(storage, plan_of(_wallet(storage, opened.id), earnings[-1]))
    assert _earnings(storage, opened.id) == earnings


@case
def a_correction_that_moves_nothing_is_stored(storage: Storage) -> None:
    """The whole cancelled part was discount: nothing is refunded, and it had earned nothing."""
    for rests in (True, False):
        opened = stored_wallet(storage, f"member {rests}", accrued=1)
        of = earning(payment(opened.id), 1)
        made = replace(
            correction(of, 2, 0),
            cancelled=(CancelledCapture(of.digest, of.capture, 1, 1),),
            changes=(),
            used={},
            cashback={},
            released=(),
        )
        assert made.postings == {}
        _accrue(storage, plan_of(opened, made, needs_same_cashback=rests))
        assert _wallet(storage, opened.id).accrued == 2
        assert CashbackStore(storage).month_book(opened.id, JANUARY).corrections == (made,)


@case
def a_correction_in_parts_is_stored_whole_and_every_part_is_required(storage: Storage) -> None:
    for name, with_earning, owed in (("one", True, None), ("two", False, None), ("three", False, Negative("p", NOON))):
        opened = stored_wallet(storage, f"member {name}", due=3)
        earned = earning(payment(opened.id), 1)
        number = 2 if with_earning else 1
        first = replace(correction(earned, number, 500), part=(0, 3))
        further = [
            replace(first, number=number + place, part=(place, 3), cancelled=(), used={}, recovered=0, released=())
            for place in (1, 2)
        ]
        entries = [*([earned] if with_earning else []), first, *further]
        posting = plan_of(opened, *entries, needs_same_cashback=True, negative=owed)
        change_wallet(storage, opened.id, Add(("due",), 1))
        _accrue(storage, posting)
        after = _wallet(storage, opened.id)
        assert (after.due, after.accrued) == (opened.due + 1 + 2, number + 2)
        assert CashbackStore(storage).month_book(opened.id, JANUARY).corrections == (first, *further)
        with pytest.raises(ConditionsFailed):
            _accrue(storage, posting)


@case
def a_plan_too_large_for_a_transaction_is_refused_before_it_is_sent(storage: Storage) -> None:
    opened = stored_wallet(storage)
    earned = [earning(each, number) for number, each in enumerate(_payments(opened.id, 101), 1)]
    with pytest.raises(TooLarge):
        _accrue(storage, plan_of(opened, *earned[:100]))
    wide = LayerReward("base", 1, (), tuple((f"funder-{number}-{'x' * 400}", 1) for number in range(1_000)))
    with pytest.raises(TooLarge):
        _accrue(storage, plan_of(opened, replace(earned[0], rewards=(wide,))))
    assert _wallet(storage, opened.id).accrued == 0
    _accrue(storage, plan_of(opened, *earned[:99]))
    assert _wallet(storage, opened.id).accrued == 99
