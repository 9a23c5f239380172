"""Discounts and top-up bonuses: their budget draws are written in the transaction of the payment or top-up."""

from dataclasses import replace
from itertools import product

import pytest

from eeum.budget.appropriation_store import AppropriationStore
from eeum.budget.appropriations import BudgetChange, ChangeKind, Grounds
from eeum.budget.funding import Budgets, Funding
from eeum.budget.rules import Funds, Lines
from eeum.budget.store import BudgetStore
from eeum.calendar import start_of_month
from eeum.merchants.store import MerchantStore
from eeum.payments.progress import cancel, numbered
from eeum.payments.progress_store import ProgressStore
from eeum.payments.rules import Debit, Payment
from eeum.payments.store import PaymentStore
from eeum.policy.rules import BandPortion, Layer, LayerReward, PolicyVersion
from eeum.request import Request
from eeum.storage import Add, ConditionsFailed, Item, Storage
from eeum.wallet.rules import Draw, LimitUsage, Negative, Purse, TopUp, TopUpReward
from eeum.wallet.store import Credit, WalletStore, top_up_key
from tests.budget.books import layer, line, policy
from tests.contract.cases import case
from tests.contract.examples import (
    MERCHANT,
    NOON,
    acceptance,
    approved,
    change_wallet,
    item_at,
    payment,
    stored_wallet,
    top_up,
)
from tests.patience import patience_of

COUPON: Layer = layer("coupon", {"city": 1})
POLICY: PolicyVersion = policy([COUPON])
LIMIT = 500_000


def funding_of(storage: Storage, won: int) -> Funding:
    """A funding of a new city budget line with this amount for the year."""
    patience = patience_of(600)
    budgets = BudgetStore(storage, patience, "incheon")
    budgets.open_year(NOON.year)
    request = Request.of("operator", f"budgets/{NOON.year}", "a-key-of-the-test", {"won": won})
    change = BudgetChange(
        request.accept(NOON), ChangeKind.ORIGINAL, NOON.year, "city", won, Grounds("본예산", "제267회 시의회 의결")
    )
    own = line("city", "city", year=NOON.year, applies_from=start_of_month("2021-01"))
    AppropriationStore(storage, patience, "incheon").add_line(own, change, 0)
    return another_funding(storage)


def another_funding(storage: Storage) -> Funding:
    """Another funding of the same budget, for another transaction."""
    budgets = BudgetStore(storage, patience_of(600), "incheon")
    return Budgets(budgets, Lines(budgets.lines())).funding("wallet", NOON)


def granted(storage: Storage, funding: Funding, won: int) -> Funds:
    """Funds with a draw of `won`, after refills have brought the money to the shard."""
    while True:
        keys = funding.keys([(POLICY, NOON)])
        funds = funding.funds(dict(zip(keys, storage.read(keys), strict=True)))
        funds.draw(POLICY, COUPON, won, NOON)
        if not funds.missing:
            return funds
        funding.refill(funds)


def _reward(won: int) -> LayerReward:
    return LayerReward("coupon", won, (BandPortion(0, None, 1_000, 10 * won),), (("city", won),))


def _discounted(wallet_id: str) -> Payment:
    plain = payment(wallet_id, paid={"charged": 9_000})
    return replace(plain, discounts=(_reward(1_000),), limit_usage=LimitUsage(1, {"coupon@2021-01": 1_000}))


@case
def a_payment_is_read_with_the_budget_shard_of_its_discount(storage: Storage) -> None:
    funding = funding_of(storage, 1_000_000)
    opened = stored_wallet(storage, charged=20_000)
    MerchantStore(storage, patience_of()).add(approved())
    (key,) = keys = funding.keys([(POLICY, NOON)])
    payments = PaymentStore(storage, patience_of())
    found = payments.read_for_authorisation(opened.id, [_discounted(opened.id).acceptance.digest], [MERCHANT], keys)
    assert found[:3] == ((), opened, {MERCHANT: approved()})
    assert set(found.others) == {key}


@case
def a_quote_reads_its_shard_and_the_whole_year_if_the_shard_has_too_little(storage: Storage) -> None:
    funding, budgets = funding_of(storage, 90_000), BudgetStore(storage, patience_of(600), "incheon")
    opened = stored_wallet(storage, charged=10_000)
    (key,) = funding.keys([(POLICY, NOON)])
    found = PaymentStore(storage, patience_of()).read_for_quote(opened.id, MERCHANT, [key])
    assert (found.wallet, found.merchants, set(found.others)) == (opened, {MERCHANT: None}, {key})
    assert funding.funds(found.others).draw(POLICY, COUPON, 100_000, NOON) == 100_000
    assert Budgets(budgets, Lines(budgets.lines())).in_all(POLICY, NOON).draw(POLICY, COUPON, 100_000, NOON) == 90_000


@case
def a_discount_is_taken_from_wallet_limit_and_budget_together(storage: Storage) -> None:
    funding = funding_of(storage, 1_000)
    opened = stored_wallet(storage, charged=20_000)
    made = _discounted(opened.id)
    payments = PaymentStore(storage, patience_of())
    draws, used = [Draw("charged", 9_000, 20_000)], LimitUsage(1, {"coupon@2021-01": 1_000})
    writes = funding.writes(granted(storage, funding, 1_000))
    payments.debit_and_record([Debit(made, draws, used)], writes)
    assert payments.payment(opened.id, made.acceptance.id) == made
    again = replace(made, acceptance=acceptance(opened.id, "another-request-of-it"))
    with pytest.raises(ConditionsFailed) as failed:
        payments.debit_and_record([Debit(again, draws, replace(used, version=2))], writes)
    assert failed.value.positions == (2,), "the budget has no more"
    assert payments.payment(opened.id, again.acceptance.id) is None


@case
def a_discount_without_a_budget_line_is_counted(storage: Storage) -> None:
    funding_of(storage, 1_000)
    budgets = BudgetStore(storage, patience_of(600), "incheon")
    others = line("others", "city", "another-layer", year=NOON.year, applies_from=start_of_month("2021-01"))
    funding = Budgets(budgets, Lines([others])).funding("wallet", NOON)
    opened, payments = stored_wallet(storage, charged=20_000), PaymentStore(storage, patience_of())
    made, used = _discounted(opened.id), LimitUsage(1, {"coupon@2021-01": 1_000})
    writes = funding.writes(granted(storage, funding, 1_000))
    payments.debit_and_record([Debit(made, [Draw("charged", 9_000, 20_000)], used)], writes)
    assert budgets.money(NOON.year).left("unbudgeted/city") == 1_000


@case
def a_discount_is_refused_when_an_emptied_purse_or_the_limit_usage_changed(storage: Storage) -> None:
    funding = funding_of(storage, 1_000_000)
    payments = PaymentStore(storage, patience_of())
    draws = [Draw("youth", 4_000, 4_000), Draw("charged", 5_000, 5_000)]
    for number, (version, used_before) in enumerate([(0, LimitUsage()), (1, LimitUsage(1, {"coupon@2020-12": 7}))]):
        for funded in (True, False):
            opened = stored_wallet(
                storage, f"member {number} {funded}", charged=5_000, grants={"youth": 4_000}, limit_usage=used_before
            )
            made = replace(_discounted(opened.id), paid_from=(("youth", 4_000), ("charged", 5_000)))
            used = LimitUsage(version + 1, {"coupon@2021-01": 1_000})
            grants = funding.writes(granted(storage, funding, 1_000)) if funded else ()
            with pytest.raises(ConditionsFailed) as failed:
                payments.debit_and_record([Debit(made, draws, replace(used, version=version + 2))], grants)
            assert failed.value.positions == (0,)
            payments.debit_and_record([Debit(made, draws, used)], grants)
            found = WalletStore(storage, patience_of()).wallet(opened.id)
            assert found is not None
            assert (found.limit_usage, found.balance("youth"), found.balance("charged")) == (used, 0, 0)
    assert BudgetStore(storage, patience_of(), "incheon").money(NOON.year).left("city") == 998_000


@case
def a_discount_without_a_limit_is_drawn_from_the_budget_and_returned(storage: Storage) -> None:
    funding = funding_of(storage, 1_000_000)
    payments, store = PaymentStore(storage, patience_of()), ProgressStore(storage, patience_of())
    for grants in ({}, {"youth": 4_000}):
        opened = stored_wallet(storage, f"member with {grants}", charged=5_000 if grants else 9_000, grants=grants)
        paid = {**grants, "charged": 5_000 if grants else 9_000}
        draws = [Draw(purse, won, won) for purse, won in paid.items()]
        made = replace(_discounted(opened.id), limit_usage=LimitUsage(), paid_from=tuple(paid.items()))
        payments.debit_and_record([Debit(made, draws, None)], funding.writes(granted(storage, funding, 1_000)))
        for number in (1, 2):
            accepted = acceptance(opened.id, f"a-cancellation-number-{number}")
            _, state = store.for_cancellation(opened.id, made.acceptance.id, accepted.digest)
            assert state is not None
            assert (state.payment, state.wallet.limit_usage) == (made, LimitUsage())
            entry, progress = cancel(made, state.progress, accepted, 5_000, None)
            funds = funding.funds(store.others(funding.keys([(POLICY, NOON)])))
            funds.give_back(POLICY, COUPON, {"city": 500}, NOON)
            store.cancel(entry, progress, state, *funding.writes(funds))
    assert BudgetStore(storage, patience_of(), "incheon").money(NOON.year).left("city") == 1_000_000


@case
def a_cancelled_discount_goes_back_to_limit_and_budget_together(storage: Storage) -> None:
    funding = funding_of(storage, 1_000)
    opened = stored_wallet(storage, charged=20_000)
    made = _discounted(opened.id)
    payments, store = PaymentStore(storage, patience_of()), ProgressStore(storage, patience_of())
    writes = funding.writes(granted(storage, funding, 1_000))
    payments.debit_and_record([Debit(made, [Draw("charged", 9_000, 20_000)], made.limit_usage)], writes)
    for number, left in ((1, 500), (2, 0)):
        accepted = acceptance(opened.id, f"a-cancellation-number-{number}")
        _, state = store.for_cancellation(opened.id, made.acceptance.id, accepted.digest)
        assert state is not None
        decided, progress = cancel(made, state.progress, accepted, 5_000, None)
        entry = numbered(decided, state.wallet.limit_usage)
        funds = funding.funds(store.others(funding.keys([(POLICY, NOON)])))
        funds.give_back(POLICY, COUPON, {"city": 500}, NOON)
        store.cancel(entry, progress, state, *funding.writes(funds))
        found = WalletStore(storage, patience_of()).wallet(opened.id)
        assert found is not None
        assert found.limit_usage == LimitUsage(number + 1, {"coupon@2021-01": left} if left else {})
        assert found.balance("refund_pending") == 9_000 - 9 * left
        assert BudgetStore(storage, patience_of(), "incheon").money(NOON.year).left("city") == 1_000 - left


@case
def a_cancelled_discount_with_an_old_limit_window_goes_back_to_the_budget(storage: Storage) -> None:
    funding = funding_of(storage, 1_000)
    opened = stored_wallet(storage, charged=20_000)
    made = _discounted(opened.id)
    payments, store = PaymentStore(storage, patience_of()), ProgressStore(storage, patience_of())
    writes = funding.writes(granted(storage, funding, 1_000))
    payments.debit_and_record([Debit(made, [Draw("charged", 9_000, 20_000)], None)], writes)
    accepted = acceptance(opened.id, "a-cancellation-number-1")
    _, state = store.for_cancellation(opened.id, made.acceptance.id, accepted.digest)
    assert state is not None
    entry, progress = cancel(made, state.progress, accepted, None, None)
    assert numbered(entry, state.wallet.limit_usage) == entry
    funds = funding.funds(store.others(funding.keys([(POLICY, NOON)])))
    funds.give_back(POLICY, COUPON, {"city": 1_000}, NOON)
    store.cancel(entry, progress, state, *funding.writes(funds))
    assert BudgetStore(storage, patience_of(), "incheon").money(NOON.year).left("city") == 1_000


def _rewarded(wallet_id: str, into: str | None, key: str = "idempotency-key-1", version: int = 1) -> TopUp:
    reward = TopUpReward(_reward(5_000), into)
    return replace(
        top_up(wallet_id, key=key), rewards=(reward,), limit_usage=LimitUsage(version, {"top-up@2021-01": 50_000})
    )


@case
def a_bonus_is_credited_to_its_purse_with_a_top_up_that_uses_its_limit(storage: Storage) -> None:
    funding = funding_of(storage, 100_000)
    store = WalletStore(storage, patience_of())
    opened = stored_wallet(storage, cashback=-700, negative=Negative("a payment", NOON), charged=450_000)
    points = Purse("points@2021-06", 0, None, start_of_month("2021-07"), "points")
    first = _rewarded(opened.id, points.id)
    keys = funding.keys([(POLICY, NOON)])
    read = store.wallet_and_top_up(opened.id, first.acceptance.digest, keys)
    assert (read.wallet, read.top_up, set(read.others)) == (opened, None, set(keys))
    with pytest.raises(ConditionsFailed) as failed:
        store.credit_and_record(Credit(first, opened, LIMIT - 1, [points], first.limit_usage))
    assert failed.value.positions == (0,)
    writes = funding.writes(granted(storage, funding, 5_000))
    store.credit_and_record(Credit(first, opened, LIMIT, [points], first.limit_usage), writes)
    found, stored, _ = store.wallet_and_top_up(opened.id, first.acceptance.digest)
    assert found is not None
    assert stored == first
    assert (found.balance("charged"), found.purse(points.id)) == (500_000, points._replace(amount=5_000))
    change_wallet(storage, opened.id, Add(("purses", "charged", "amount"), -500_000))
    second = _rewarded(opened.id, points.id, "another-key-for-it", 2)
    with pytest.raises(ConditionsFailed) as failed:
        store.credit_and_record(Credit(second, opened, LIMIT, [points], second.limit_usage))
    assert failed.value.positions == (0,), "the chain grew"
    store.credit_and_record(
        Credit(second, found, LIMIT, [points], second.limit_usage), funding.writes(granted(storage, funding, 5_000))
    )
    again = store.wallet(opened.id)
    assert again is not None
    assert (again.purse(points.id), again.limit_usage) == (points._replace(amount=10_000), second.limit_usage)


@case
def a_bonus_is_credited_with_or_without_a_limit_and_a_budget(storage: Storage) -> None:
    funding = funding_of(storage, 1_000_000)
    store = WalletStore(storage, patience_of())
    points = Purse("points@2021-06", 0, None, start_of_month("2021-07"), "points")
    purses = {None: None, "charged": Purse("charged", 0), "cashback": Purse("cashback", 0), points.id: points}
    for into, limited, funded in product(purses, (True, False), (True, False)):
        opened = stored_wallet(
            storage, f"{into} {limited} {funded}", cashback=-5_000, negative=Negative("a payment", NOON)
        )
        purse = purses[into]
        for number in (1, 2):
            found = store.wallet(opened.id)
            assert found is not None
            made = _rewarded(opened.id, into, f"top-up-number-{number}-of-it", number)
            entry = made if limited else replace(made, limit_usage=LimitUsage())
            writes = funding.writes(granted(storage, funding, 5_000)) if funded else ()
            if limited:
                with pytest.raises(ConditionsFailed) as failed:
                    store.credit_and_record(
                        Credit(entry, found, LIMIT, [purse] if purse else [], LimitUsage(9, {})), writes
                    )
                assert failed.value.positions == (0,), "another command used the limit"
            taken = entry.limit_usage if limited else None
            store.credit_and_record(Credit(entry, found, LIMIT, [purse] if purse else [], taken), writes)
        after = store.wallet(opened.id)
        assert after is not None
        assert after.balance("charged") == (110_000 if into == "charged" else 100_000)
        assert after.balance(points.id) == (10_000 if into == points.id else 0)
        assert (after.balance("cashback"), after.negative is None) == (
            (5_000, True) if into == "cashback" else (-5_000, False)
        )
        assert after.limit_usage == (entry.limit_usage if limited else LimitUsage())


@case
def a_cashback_bonus_fills_a_balance_below_zero(storage: Storage) -> None:
    funding = funding_of(storage, 100_000)
    store = WalletStore(storage, patience_of())
    for member, owed, cleared in (("one", -5_000, True), ("two", -5_001, False)):
        opened = stored_wallet(storage, member, cashback=owed, negative=Negative("a payment", NOON))
        entry = _rewarded(opened.id, "cashback")
        writes = funding.writes(granted(storage, funding, 5_000))
        store.credit_and_record(Credit(entry, opened, LIMIT, [Purse("cashback", 0)], entry.limit_usage), writes)
        found = store.wallet(opened.id)
        assert found is not None
        assert (found.balance("cashback"), found.negative is None) == (owed + 5_000, cleared)


@case
def a_top_up_discount_lowers_what_the_bank_takes(storage: Storage) -> None:
    funding = funding_of(storage, 5_000)
    store = WalletStore(storage, patience_of())
    opened = stored_wallet(storage)
    entry = _rewarded(opened.id, None)
    store.credit_and_record(
        Credit(entry, opened, LIMIT, [], entry.limit_usage), funding.writes(granted(storage, funding, 5_000))
    )
    item = _entry_of(storage, entry)
    assert item["postings"] == {"acquirer/kim": -45_000, "funder/city": -5_000, "purse/charged": 50_000}
    unlimited = replace(_rewarded(opened.id, None, "a-third-key-for-it"), limit_usage=LimitUsage())
    found = store.wallet(opened.id)
    assert found is not None
    store.credit_and_record(Credit(unlimited, found, LIMIT))
    assert BudgetStore(storage, patience_of(), "incheon").money(NOON.year).left("city") == 0


def _entry_of(storage: Storage, entry: TopUp) -> Item:
    item = item_at(storage, top_up_key(entry.acceptance.wallet_id, entry.acceptance.digest))
    assert item is not None
    return item
