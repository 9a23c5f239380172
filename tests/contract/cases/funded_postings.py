"""Accruals with funded rewards: their budget draws are written in the transaction of wallets and entries."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from eeum.budget.funding import Funding
from eeum.budget.rules import BudgetShard, Funds, Lines, Move, Place, shard_of
from eeum.budget.store import BudgetStore
from eeum.cashback.rules import MonthBook
from eeum.cashback.store import CashbackStore
from eeum.storage import Add, ConditionsFailed, Storage, Write
from eeum.wallet.rules import Negative, Wallet
from eeum.wallet.store import WalletStore
from tests.contract.cases import case
from tests.contract.cases.commands import COUPON, POLICY, another_funding, funding_of, granted
from tests.contract.cases.earnings import JANUARY, cancellation, correction, source_of_payment
from tests.contract.examples import NOON, change_wallet, earning, payment, stored_wallet
from tests.contract.plans import plan_of
from tests.patience import patience_of


def _left(storage: Storage) -> int:
    return BudgetStore(storage, patience_of(), "incheon").money(NOON.year).left("city")


def returned(storage: Storage, funding: Funding, won: int) -> list[Write]:
    """The writes that return `won` of an earlier draw."""
    keys = funding.keys([(POLICY, NOON)])
    funds = funding.funds(dict(zip(keys, storage.read(keys), strict=True)))
    funds.give_back(POLICY, COUPON, {"city": won}, NOON)
    return funding.writes(funds)


def drawn_elsewhere(storage: Storage, won: int) -> list[Write]:
    """The writes that draw `won` from the unallocated balance, as happens when the budget is nearly used up."""
    budgets = BudgetStore(storage, patience_of(), "incheon")
    year, number = NOON.year, shard_of("wallet")
    reach = {(year, "city"): [Move(Place(year, None), won)]}
    funds = Funds(Lines(budgets.lines()), {year: BudgetShard(year, number, {}, closed=False)}, reach)
    assert funds.draw(POLICY, COUPON, won, NOON) == won
    return budgets.writes(funds)


def _wallet(storage: Storage, wallet_id: str) -> Wallet:
    opened = WalletStore(storage, patience_of()).wallet(wallet_id)
    assert opened is not None
    return opened


def _wallets(storage: Storage) -> list[Wallet]:
    return [stored_wallet(storage, name) for name in ("one", "two")]


@case
def payments_are_read_with_the_budget_shard_of_their_cashback(storage: Storage) -> None:
    funding = funding_of(storage, 1_000_000)
    wallets = _wallets(storage)
    keys = funding.keys([(POLICY, NOON)])
    sources = [source_of_payment(payment(each.id)) for each in wallets]
    found = CashbackStore(storage).read_for_posting(sources, keys)
    assert found[:2] == ({each.id: each for each in wallets}, set())
    assert list(found.others) == keys
    funds = funding.funds(found.others)
    funds.draw(POLICY, COUPON, 1, NOON)
    assert funds.missing, "no money has been moved there yet"


@case
def cashback_is_taken_from_the_budget_together_with_its_entries_or_not_at_all(storage: Storage) -> None:
    funding = funding_of(storage, 3_000)
    store = CashbackStore(storage)
    wallets = _wallets(storage)
    grants = funding.writes(granted(storage, funding, 2_000))
    cut = [replace(earning(payment(each.id), 1), funded_amounts={"base": 1_000}) for each in wallets]
    plans = [plan_of(_wallet(storage, each.wallet_id), each) for each in cut]
    store.accrue(plans, patience_of(), grants)
    assert _left(storage) == 1_000
    assert [store.month_book(each.id, JANUARY).earnings[0].funded_amounts for each in wallets] == [{"base": 1_000}] * 2
    third = stored_wallet(storage, "three")
    with pytest.raises(ConditionsFailed) as failed:
        store.accrue([plan_of(third, earning(payment(third.id), 1))], patience_of(), grants)
    assert failed.value.positions == (2,), "the budget has no more"
    assert store.month_book(third.id, JANUARY) == MonthBook((), ())
    assert _left(storage) == 1_000


@case
def accruals_return_money_to_the_budget_or_draw_more(storage: Storage) -> None:
    """Corrections, earnings or both, with and without a condition on the cashback balance, ending above or below zero."""
    funding_of(storage, 10_000)
    store = CashbackStore(storage)
    left = 10_000
    writes_of: dict[int, Callable[[], Sequence[Write]]] = {
        250: lambda: returned(storage, another_funding(storage), 250),
        -250: lambda: (own := another_funding(storage)).writes(granted(storage, own, 250)),
        0: lambda: [*returned(storage, another_funding(storage), 250), *drawn_elsewhere(storage, 250)],
    }
    negatives = (None, Negative("payment", NOON))
    kinds = itertools.product((-250, 250, 0), (True, False), negatives, ((True, True), (False, True), (True, False)))
    for number, (won, rests, negative, (earns, corrects)) in enumerate(kinds):
        opened = stored_wallet(storage, f"member {number}", cashback=500)
        change_wallet(storage, opened.id, Add(("purses", "refund_pending", "amount"), 5_000))
        earned = earning(payment(opened.id), 1)
        funded_amounts = {1: {"base": 500, "own": 0}}
        made = replace(correction(earned, 2 if earns else 1, 500), funded_amounts=funded_amounts)
        entries = [*([earned] if earns else []), *([made] if corrects else [])]
        plan = plan_of(_wallet(storage, opened.id), *entries, needs_same_cashback=rests, negative=negative)
        store.accrue([plan], patience_of(), writes_of[won]())
        left += won
        book = MonthBook((earned,) if earns else (), (made,) if corrects else ())
        assert store.month_book(opened.id, JANUARY) == book
        assert _left(storage) == left


@case
def cancellations_are_read_with_the_budget_shard_that_they_return_to(storage: Storage) -> None:
    funding = funding_of(storage, 1_000)
    keys = funding.keys([(POLICY, NOON)])
    opened = stored_wallet(storage)
    paid = payment(opened.id)
    store = CashbackStore(storage)
    for sources in ([cancellation(paid, 1)], [source_of_payment(paid), cancellation(paid, 1)]):
        assert store.read_for_posting(sources, keys)[:2] == ({opened.id: opened}, set())
