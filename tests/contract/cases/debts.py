"""Debts between the purses of a wallet are stored with the entry that changes them; a wallet without debts has no such attribute."""

import itertools
from collections.abc import Sequence
from dataclasses import replace

from eeum.cashback.store import CashbackStore
from eeum.payments.progress import release
from eeum.payments.progress_store import ProgressStore
from eeum.payments.rules import Debit
from eeum.payments.store import PaymentStore
from eeum.storage import Add, Remove, SetTo, Storage, Write
from eeum.wallet.debts import Debts
from eeum.wallet.purses import purse_named
from eeum.wallet.rules import Draw, Negative
from tests.contract.cases import case
from tests.contract.cases.commands import funding_of, granted
from tests.contract.cases.funded_postings import returned
from tests.contract.cases.progress import EXPIRY, LATER
from tests.contract.cases.reward_purses import OTHERS, POINTS, _read, moving
from tests.contract.examples import NOON, acceptance, change_wallet, payment, stored_wallet
from tests.patience import patience_of

OWED: Debts = {POINTS: {"charged": 4_000}}
NONE: Debts = {}
MOVES = ({}, {"cashback": 3}, {POINTS: 5}, {OTHERS: 7}, {OTHERS: 7, "cashback": 3}, {OTHERS: 7, POINTS: 5})


@case
def an_accrual_stores_debts_of_purses_and_removes_repaid_ones(storage: Storage) -> None:
    funding, store = funding_of(storage, 10_000_000), CashbackStore(storage)
    negatives = (None, Negative("payment", NOON))
    kinds = (("correction",), ("earning", "correction"))
    everything = itertools.product(MOVES, kinds, negatives, (0, 100, -100), (OWED, NONE))
    for number, (moves, of, negative, won, owed) in enumerate(everything):
        points = purse_named(POINTS)._replace(amount=10)
        opened = stored_wallet(storage, f"member {number}", cashback=50, rewards=[points])
        if not owed:
            change_wallet(storage, opened.id, SetTo(("debts",), OWED))
            opened = _read(storage, opened.id)
            assert opened.debts == OWED
        plan = moving(opened, moves, *of, needs_same_cashback=True, negative=negative, debts=owed)
        grants: Sequence[Write] = ()
        if won:
            grants = funding.writes(granted(storage, funding, won)) if won > 0 else returned(storage, funding, -won)
        store.accrue([plan], patience_of(), grants)
        assert _read(storage, opened.id).debts == owed


@case
def a_release_repays_the_debts_of_its_purses(storage: Storage) -> None:
    paid = {POINTS: 3_000, "charged": 7_000}
    everything = itertools.product((3_000, 9_000), ("charged", "cashback", "gift@2021-01"), (True, False))
    for number, (owed, creditor, negative) in enumerate(everything):
        points = purse_named(POINTS)._replace(amount=3_000)
        opened = stored_wallet(storage, f"member {number}", charged=7_000, rewards=[points])
        plain = payment(opened.id, paid=paid)
        made = replace(plain, order=replace(plain.order, hold=True), expires_at=EXPIRY)
        draws = [Draw(each, won, won) for each, won in paid.items()]
        PaymentStore(storage, patience_of()).debit_and_record([Debit(made, draws)])
        change_wallet(storage, opened.id, SetTo(("debts",), {POINTS: {creditor: owed}}))
        if negative:
            because = {"payment_id": made.acceptance.id, "at": "2021-01-15T12:00:00.000+09:00"}
            change_wallet(
                storage, opened.id, Add(("purses", "cashback", "amount"), -400), SetTo(("negative",), because)
            )
        store = ProgressStore(storage, patience_of())
        state = store.of_payment(opened.id, made.acceptance.digest)
        assert state is not None
        accepted = acceptance(opened.id, "a-release-of-the-hold-1", LATER)
        entry, progress = release(made, state.progress, accepted, "voided", state.payment_hash, state.wallet.debts)
        store.release(entry, progress, state)
        found, after = store.for_release(opened.id, made.acceptance.id)
        assert found == entry
        assert after is not None
        assert after.wallet.debts == ({POINTS: {creditor: 6_000}} if owed > paid[POINTS] else NONE)
        assert after.wallet.balance(POINTS) == 0
        recovered = creditor == "cashback"
        assert (after.wallet.negative is None) == (not negative or recovered)


@case
def a_wallet_without_debts_has_no_such_attribute(storage: Storage) -> None:
    opened = stored_wallet(storage)
    change_wallet(storage, opened.id, SetTo(("debts",), OWED))
    change_wallet(storage, opened.id, Remove(("debts",)))
    assert _read(storage, opened.id) == opened
