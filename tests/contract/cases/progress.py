"""Every function of the store of captures, releases and cancellations."""

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest

from eeum.cashback.store import CashbackStore
from eeum.journal.chain import entry_hash
from eeum.payments.items import payment_item, payment_key
from eeum.payments.progress import cancel, capture, numbered, progress_of, release
from eeum.payments.progress_store import ProgressStore, State
from eeum.payments.rules import Debit, Payment
from eeum.payments.store import PaymentStore
from eeum.policy.rules import BandPortion, LayerReward
from eeum.storage import Add, ConditionsFailed, SetTo, Storage
from eeum.wallet.expiry_store import ExpiryStore
from eeum.wallet.purses import purse_named
from eeum.wallet.rules import Draw, LimitUsage, Negative, Wallet, wallet_id_of
from eeum.wallet.store import WalletStore
from tests.contract.cases import case
from tests.contract.examples import MERCHANT, NOON, acceptance, change_wallet, digest, payment, stored_wallet, wallet
from tests.patience import patience_of

EXPIRY = NOON + timedelta(days=7)
LATER = NOON + timedelta(hours=1)


def _store(storage: Storage) -> ProgressStore:
    return ProgressStore(storage, patience_of())


def _wallet(storage: Storage, wallet_id: str) -> Wallet:
    found = WalletStore(storage, patience_of()).wallet(wallet_id)
    assert found is not None
    return found


def _held(storage: Storage, member: str = "member", key: str = "idempotency-key-1", after: int = 0) -> Payment:
    """A hold of 10,000 won on a wallet with 20,000; it expires `after` minutes later than the other holds."""
    opened = stored_wallet(storage, member, charged=20_000)
    plain = payment(opened.id, key)
    made = replace(plain, order=replace(plain.order, hold=True), expires_at=EXPIRY + timedelta(minutes=after))
    PaymentStore(storage, patience_of()).debit_and_record([Debit(made, [Draw("charged", 10_000, 20_000)])])
    return made


def _paid(storage: Storage, member: str = "member") -> Payment:
    opened = stored_wallet(storage, member, charged=20_000)
    made = payment(opened.id)
    PaymentStore(storage, patience_of()).debit_and_record([Debit(made, [Draw("charged", 10_000, 20_000)])])
    return made


def _state(storage: Storage, made: Payment) -> State:
    state = _store(storage).of_payment(made.acceptance.wallet_id, made.acceptance.digest)
    assert state is not None
    return state


def _purses(storage: Storage, made: Payment) -> dict[str, int]:
    return {each.id: each.amount for each in _wallet(storage, made.acceptance.wallet_id).purses if each.amount}


@case
def a_hold_is_stored_with_its_progress(storage: Storage) -> None:
    made = _held(storage)
    state = _state(storage, made)
    key = payment_key(made.acceptance.wallet_id, made.acceptance.digest)
    assert (state.payment, state.progress) == (made, replace(progress_of(made), version=1))
    assert state.payment_hash == entry_hash({**payment_item(made), "pk": key.pk, "sk": key.sk})
    assert (_purses(storage, made), state.wallet.due) == ({"charged": 10_000, "held": 10_000}, 0)
    assert _store(storage).of_payment(made.acceptance.wallet_id, digest("none")) is None


@case
def a_hold_on_several_purses_is_refused_when_one_changed(storage: Storage) -> None:
    opened = stored_wallet(storage, charged=9_000, cashback=1_000)
    plain = payment(opened.id, paid={"charged": 9_000, "cashback": 1_000})
    made = replace(plain, order=replace(plain.order, hold=True), expires_at=EXPIRY)
    draws = [Draw("charged", 9_000, 9_000), Draw("cashback", 1_000, 1_000)]
    PaymentStore(storage, patience_of()).debit_and_record([Debit(made, draws)])
    assert _purses(storage, made) == {"held": 10_000}


@case
def a_hold_is_captured_in_parts_each_once(storage: Storage) -> None:
    store, made = _store(storage), _held(storage)
    wallet_id, payment_id = made.acceptance.wallet_id, made.acceptance.id
    accepted = acceptance(wallet_id, "a-capture-of-the-hold-1", LATER)
    entry, state = store.for_capture(wallet_id, payment_id, accepted.digest)
    assert (entry, state) == (None, _state(storage, made))
    assert state
    first, progress = capture(made, state.progress, accepted, 4_000, state.payment_hash)
    store.capture(first, progress, state.progress)
    assert store.for_capture(wallet_id, payment_id, accepted.digest)[0] == first
    with pytest.raises(ConditionsFailed) as failed:
        store.capture(first, progress, state.progress)
    assert failed.value.positions == (1, 2)
    assert _purses(storage, made) == {"charged": 10_000, "held": 6_000}
    assert _wallet(storage, wallet_id).due == 1
    read = CashbackStore(storage).captured_source(wallet_id, made.acceptance.digest, 1)
    assert read is not None
    assert read.entry == first
    assert CashbackStore(storage).captured_source(wallet_id, made.acceptance.digest, 2) is None


@case
def no_more_is_captured_than_the_wallet_holds(storage: Storage) -> None:
    store, made = _store(storage), _held(storage)
    state = _state(storage, made)
    change_wallet(storage, made.acceptance.wallet_id, SetTo(("purses", "held", "amount"), 9_999))
    accepted = acceptance(made.acceptance.wallet_id, "a-capture-of-the-hold-1", LATER)
    entry, progress = capture(made, state.progress, accepted, None, state.payment_hash)
    with pytest.raises(ConditionsFailed) as failed:
        store.capture(entry, progress, state.progress)
    assert failed.value.positions == (0,)


@case
def a_hold_is_released_once_with_a_link(storage: Storage) -> None:
    store, made = _store(storage), _held(storage)
    wallet_id = made.acceptance.wallet_id
    assert store.for_release(wallet_id, made.acceptance.id) == (None, _state(storage, made))
    state = _state(storage, made)
    accepted = acceptance(wallet_id, "a-release-of-the-hold-1", LATER)
    entry, progress = release(made, state.progress, accepted, "voided", state.payment_hash)
    store.release(entry, progress, state)
    found, after = store.for_release(wallet_id, made.acceptance.id)
    assert after is not None
    assert (found, after.progress) == (entry, progress)
    assert (_purses(storage, made), after.wallet.chain.length) == ({"charged": 20_000}, 1)
    with pytest.raises(ConditionsFailed) as failed:
        store.release(entry, progress, state)
    assert failed.value.positions == (0, 1, 2)


@case
def a_release_is_refused_when_the_chain_changed(storage: Storage) -> None:
    store, made = _store(storage), _held(storage)
    state = _state(storage, made)
    change_wallet(storage, made.acceptance.wallet_id, SetTo(("chain",), {"length": 1, "head": "another"}))
    accepted = acceptance(made.acceptance.wallet_id, "a-release-of-the-hold-1", LATER)
    entry, progress = release(made, state.progress, accepted, "expired", state.payment_hash)
    with pytest.raises(ConditionsFailed) as failed:
        store.release(entry, progress, state)
    assert failed.value.positions == (0,)


@case
def a_release_brings_rewards_back_whether_or_not_their_purse_was_forgotten(storage: Storage) -> None:
    for number, (forgotten, negative) in enumerate(itertools.product((True, False), (True, False))):
        points, paid = purse_named("payback@2021-01"), {"payback@2021-01": 4_000, "charged": 5_000, "cashback": 1_000}
        opened = stored_wallet(
            storage, f"member {number}", charged=5_000, cashback=1_000, rewards=[points._replace(amount=4_000)]
        )
        plain = payment(opened.id, paid=paid)
        made = replace(plain, order=replace(plain.order, hold=True), expires_at=EXPIRY)
        PaymentStore(storage, patience_of()).debit_and_record(
            [Debit(made, [Draw(each, won, won) for each, won in paid.items()])]
        )
        if negative:
            owed = {"payment_id": made.acceptance.id, "at": "2021-01-15T12:00:00.000+09:00"}
            change_wallet(storage, opened.id, Add(("purses", "cashback", "amount"), -400), SetTo(("negative",), owed))
        stale = _state(storage, made)
        if forgotten:
            ExpiryStore(storage, patience_of()).sweep(stale.wallet, None, [points])
        state = _state(storage, made)
        accepted = acceptance(opened.id, "a-release-of-the-hold-1", LATER)
        entry, progress = release(made, state.progress, accepted, "voided", state.payment_hash)
        if forgotten:
            # The sweep added nothing to the chain: only the condition on the purse can show that it is gone.
            with pytest.raises(ConditionsFailed) as failed:
                _store(storage).release(entry, progress, stale)
            assert failed.value.positions == (0,)
        _store(storage).release(entry, progress, state)
        after = _wallet(storage, opened.id)
        assert after.purse(points.id) == points._replace(amount=4_000)
        assert (after.balance("cashback"), after.negative) == (600 if negative else 1_000, None)


@case
def a_release_into_cashback_ends_a_balance_below_zero(storage: Storage) -> None:
    opened = stored_wallet(storage, charged=9_000, cashback=1_000)
    plain = payment(opened.id, paid={"charged": 9_000, "cashback": 1_000})
    made = replace(plain, order=replace(plain.order, hold=True), expires_at=EXPIRY)
    draws = [Draw("charged", 9_000, 9_000), Draw("cashback", 1_000, 1_000)]
    PaymentStore(storage, patience_of()).debit_and_record([Debit(made, draws)])
    owed = {"payment_id": made.acceptance.id, "at": "2021-01-15T12:00:00.000+09:00"}
    change_wallet(storage, opened.id, Add(("purses", "cashback", "amount"), -400), SetTo(("negative",), owed))
    state = _state(storage, made)
    assert state.wallet.negative == Negative(made.acceptance.id, NOON)
    accepted = acceptance(opened.id, "a-release-of-the-hold-1", LATER)
    entry, progress = release(made, state.progress, accepted, "voided", state.payment_hash)
    _store(storage).release(entry, progress, state)
    assert (_purses(storage, made), _wallet(storage, opened.id).negative) == ({"charged": 9_000, "cashback": 600}, None)


@case
def a_payment_is_cancelled_in_parts_each_once(storage: Storage) -> None:
    store, made = _store(storage), _paid(storage)
    wallet_id, payment_id = made.acceptance.wallet_id, made.acceptance.id
    for number, left in ((1, 7_000), (2, 4_000)):
        accepted = acceptance(wallet_id, f"a-cancellation-number-{number}", LATER)
        entry, state = store.for_cancellation(wallet_id, payment_id, accepted.digest)
        assert entry is None
        assert state
        made_now, progress = cancel(made, state.progress, accepted, 3_000, "returned")
        store.cancel(made_now, progress, state)
        found, after = store.for_cancellation(wallet_id, payment_id, accepted.digest)
        assert after is not None
        assert (found, after.progress.left) == (made_now, left)
        with pytest.raises(ConditionsFailed) as failed:
            store.cancel(made_now, progress, state)
        assert failed.value.positions == (1, 2)
    assert _purses(storage, made) == {"charged": 10_000, "refund_pending": 6_000}
    assert _wallet(storage, wallet_id).due == 3


@case
def the_cancellations_of_a_payment_are_found_among_those_of_its_wallet(storage: Storage) -> None:
    store, made = _store(storage), _paid(storage)
    wallet_id = made.acceptance.wallet_id
    other = payment(wallet_id, "another-request-of-it")
    PaymentStore(storage, patience_of()).debit_and_record([Debit(other, [Draw("charged", 10_000, 10_000)])])
    entries = []
    for number, of in enumerate((made, other, made)):
        accepted = acceptance(wallet_id, f"a-cancellation-number-{number}", LATER + timedelta(minutes=number))
        state = _state(storage, of)
        entry, progress = cancel(of, state.progress, accepted, 1_000 + number, None)
        store.cancel(entry, progress, state)
        entries.append(entry)
    assert store.cancellations(wallet_id, made.acceptance.digest) == [entries[0], entries[2]]
    assert store.cancellations(wallet_id, other.acceptance.digest) == [entries[1]]
    assert store.cancellations(wallet_id, digest("none")) == []


@case
def a_cancelled_discount_gives_back_the_limits_that_it_used(storage: Storage) -> None:
    store = _store(storage)
    opened = stored_wallet(
        storage, charged=20_000, limit_usage=LimitUsage(3, {"coupon@2021-01": 900, "coupon@2020-12": 5})
    )
    plain = payment(opened.id, paid={"charged": 9_000})
    discount = LayerReward("coupon", 1_000, (BandPortion(0, None, 1_000, 10_000),), (("city", 1_000),))
    made = replace(
        plain, discounts=(discount,), limit_usage=LimitUsage(4, {"coupon@2021-01": 1_000, "coupon@2021": 10})
    )
    used = LimitUsage(4, {"coupon@2021-01": 1_900, "coupon@2020-12": 5})
    payments = PaymentStore(storage, patience_of())
    payments.debit_and_record([Debit(made, [Draw("charged", 9_000, 20_000)], used)])
    assert payments.payment(opened.id, made.acceptance.id) == made
    assert _wallet(storage, opened.id).limit_usage == used
    another = replace(made, acceptance=acceptance(opened.id, "another-request-of-it"))
    with pytest.raises(ConditionsFailed) as failed:
        payments.debit_and_record([Debit(another, [Draw("charged", 9_000, 11_000)], used)])
    assert failed.value.positions == (0,)
    state = _state(storage, made)
    accepted = acceptance(opened.id, "a-cancellation-number-1", LATER)
    decided, progress = cancel(made, state.progress, accepted, 5_000, None)
    entry = numbered(decided, state.wallet.limit_usage)
    assert entry.limit_usage == LimitUsage(5, {"coupon@2021-01": 500, "coupon@2021": 5})
    change_wallet(storage, opened.id, SetTo(("taken",), {"version": 5, "used": {"coupon@2021-01": 1_950}}))
    with pytest.raises(ConditionsFailed) as failed:
        store.cancel(entry, progress, state)
    assert failed.value.positions == (0,)
    again = _state(storage, made)
    entry = numbered(decided, again.wallet.limit_usage)
    store.cancel(entry, progress, again)
    assert _wallet(storage, opened.id).limit_usage == LimitUsage(6, {"coupon@2021-01": 1_450})
    assert _purses(storage, made) == {"charged": 11_000, "refund_pending": 4_500}
    assert store.for_cancellation(opened.id, made.acceptance.id, accepted.digest)[0] == entry
    later = acceptance(opened.id, "a-cancellation-number-2", LATER)
    again = _state(storage, made)
    second, progress = cancel(made, again.progress, later, 1_000, None)
    store.cancel(numbered(second, again.wallet.limit_usage), progress, again)
    assert _wallet(storage, opened.id).limit_usage == LimitUsage(7, {"coupon@2021-01": 1_350})


@case
def the_first_use_of_a_limit_by_commands_is_counted_once(storage: Storage) -> None:
    opened = stored_wallet(storage, charged=20_000)
    payments = PaymentStore(storage, patience_of())
    one, other = (
        replace(payment(opened.id, f"payment-number-{number}-of-it"), limit_usage=LimitUsage(1, {"coupon@2021-01": 1}))
        for number in (1, 2)
    )
    draws, used = [Draw("charged", 10_000, 20_000)], LimitUsage(1, {"coupon@2021-01": 1})
    payments.debit_and_record([Debit(one, draws, used)])
    with pytest.raises(ConditionsFailed) as failed:
        payments.debit_and_record([Debit(other, draws, used)])
    assert failed.value.positions == (0,)
    assert _wallet(storage, opened.id).limit_usage == LimitUsage(1, {"coupon@2021-01": 1})


@case
def a_cancellation_of_an_unknown_wallet_is_refused(storage: Storage) -> None:
    stray = payment(wallet_id_of("unknown"))
    before = progress_of(stray)
    entry, progress = cancel(stray, before, acceptance(wallet_id_of("unknown"), "a-cancellation-number-1"), None, None)
    with pytest.raises(ConditionsFailed) as failed:
        _store(storage).cancel(entry, progress, State(wallet("unknown"), stray, "", before))
    assert failed.value.positions == (0,)


@case
def progress_is_read_for_more_than_a_hundred_payments(storage: Storage) -> None:
    held = _held(storage)
    others = [payment(held.acceptance.wallet_id, f"payment-number-{number:03}") for number in range(102)]
    found = _store(storage).progress([held, *others])
    assert found == [replace(progress_of(held), version=1), *map(progress_of, others)]


@case
def expired_holds_are_found_oldest_first_while_they_are_held(storage: Storage) -> None:
    store = _store(storage)
    assert store.due_to_expire(EXPIRY, 100) == []
    holds = [_held(storage, f"member-{number}", after=number) for number in range(4)]
    names = [(each.acceptance.wallet_id, each.acceptance.digest) for each in holds]
    assert store.due_to_expire(EXPIRY - timedelta(milliseconds=1), 100) == []
    assert store.due_to_expire(EXPIRY + timedelta(minutes=2), 100) == names[:3]
    assert store.due_to_expire(EXPIRY + timedelta(days=1), 2) == names[:2]
    state = _state(storage, holds[0])
    accepted = acceptance(holds[0].acceptance.wallet_id, "a-release-of-the-hold-1", EXPIRY)
    store.release(*release(holds[0], state.progress, accepted, "expired", state.payment_hash), state)
    assert store.due_to_expire(EXPIRY + timedelta(days=1), 100) == names[1:]


@case
def the_wallet_of_a_payment_is_found_by_merchant_and_payment(storage: Storage) -> None:
    store, made = _store(storage), _paid(storage)
    assert store.wallet_of_payment(MERCHANT, made.acceptance.id) == made.acceptance.wallet_id
    assert store.wallet_of_payment("another merchant", made.acceptance.id) is None
    assert store.wallet_of_payment(MERCHANT, "no id at all") is None


@case
def an_id_with_another_time_finds_no_payment(storage: Storage) -> None:
    store, made = _store(storage), _paid(storage)
    wallet_id = made.acceptance.wallet_id
    other = "018f0000" + made.acceptance.id[8:]
    for found in (
        store.for_capture(wallet_id, other, digest("none")),
        store.for_release(wallet_id, other),
        store.for_cancellation(wallet_id, other, digest("none")),
        store.for_cancellation("no wallet", made.acceptance.id, digest("none")),
    ):
        assert found == (None, None)
