"""The purses that a payment is taken from, and the top-ups that a wallet accepts."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from eeum.calendar import SEOUL
from eeum.ids import is_id
from eeum.journal.accounts import CASHBACK, CHARGED, HELD, REFUND_PENDING
from eeum.journal.chain import Head
from eeum.policy.rules import WalletTerms
from eeum.wallet.rules import (
    TOP_UP_CODES,
    Card,
    DebitOrder,
    Purse,
    Spending,
    TopUpDecline,
    Wallet,
    WalletStatus,
    card_token,
    card_within,
    judge_top_up,
    new_wallet,
    parse_card_token,
    plan_debit,
    wallet_id_of,
)

CARD = Card("00ff", "standard", "active")
MEMBER = new_wallet("payer", DebitOrder.CHARGED_FIRST, CARD, datetime(2021, 1, 5, tzinfo=SEOUL))
TERMS = WalletTerms(minimum_top_up=30_000, holding_limit=500_000, holding_limit_verified=2_000_000)

NOON = datetime(2026, 3, 31, 12, tzinfo=SEOUL)
SPENDING = Spending(NOON, lambda purse: purse == "here")

balances = st.integers(0, 10**12)
instants = st.none() | st.sampled_from([NOON + timedelta(milliseconds=apart) for apart in (-1, 0, 1, 86_400_000)])
rewards = st.builds(Purse, st.just(""), balances, instants, instants, st.sampled_from([None, "here", "there"])).filter(
    lambda purse: purse.has_terms
)
wallets = st.builds(
    lambda charged, cashback, grants, order, rewarded: replace(
        MEMBER,
        debit_order=order,
        purses=(
            *(Purse(f"grant/{name}", amount) for name, amount in grants.items()),
            *(purse._replace(id=f"points@{number}") for number, purse in enumerate(rewarded)),
            Purse(CASHBACK, cashback),
            Purse(CHARGED, charged),
        ),
    ),
    balances,
    st.integers(-(10**6), 10**12),
    st.dictionaries(st.sampled_from(["a", "b", "청년"]), balances, max_size=3),
    st.sampled_from(list(DebitOrder)),
    st.lists(rewards, max_size=4),
)
amounts = st.integers(1, 4 * 10**12)


def _is_open(purse: Purse) -> bool:
    begun = purse.spendable_from is None or purse.spendable_from <= NOON
    return begun and (purse.expires_at is None or purse.expires_at > NOON) and purse.where in (None, "here")


def _spendable(wallet: Wallet) -> int:
    return sum(max(purse.amount, 0) for purse in wallet.purses if _is_open(purse))


@given(wallets, amounts)
def test_a_debit_is_planned_when_the_wallet_holds_enough_and_takes_exactly_the_amount(
    wallet: Wallet, amount: int
) -> None:
    draws = plan_debit(wallet, amount, SPENDING)
    assert (draws is not None) == (amount <= _spendable(wallet))
    if draws is not None:
        assert sum(draw.amount for draw in draws) == amount


@given(wallets, amounts)
def test_no_purse_gives_more_than_it_holds_and_each_but_the_last_is_emptied(wallet: Wallet, amount: int) -> None:
    draws = plan_debit(wallet, min(amount, _spendable(wallet)), SPENDING) if _spendable(wallet) else None
    for draw in draws or ():
        assert draw.held == wallet.balance(draw.purse_id)
        assert 0 <= draw.amount <= max(draw.held, 0)
    if draws:
        *emptied, last = draws
        assert all(draw.amount == max(draw.held, 0) for draw in emptied)
        assert last.amount > 0


@given(wallets, amounts)
def test_allowances_come_first_then_rewards_by_expiry_then_the_members_choice(wallet: Wallet, amount: int) -> None:
    draws = plan_debit(wallet, amount, SPENDING) or ()
    own = [CHARGED, CASHBACK] if wallet.debit_order is DebitOrder.CHARGED_FIRST else [CASHBACK, CHARGED]
    grants = sorted(purse.id for purse in wallet.purses if purse.id.startswith("grant/"))
    rewarded = [purse for purse in wallet.purses if purse.id.startswith("points@") and _is_open(purse)]
    lasting = [purse.id for purse in rewarded if purse.expires_at is None]
    dated = sorted((purse.expires_at, purse.id) for purse in rewarded if purse.expires_at is not None)
    order = [*grants, *(name for _, name in dated), *lasting, *own]
    assert [draw.purse_id for draw in draws] == order[: len(draws)]


@given(wallets, amounts)
def test_a_policys_debit_order_overrides_the_members_choice(wallet: Wallet, amount: int) -> None:
    for first in DebitOrder:
        chosen = plan_debit(replace(wallet, debit_order=first), amount, SPENDING)
        assert plan_debit(wallet, amount, SPENDING._replace(first=first)) == chosen


def test_rewards_are_spendable_from_their_start_until_their_expiry() -> None:
    midnight = datetime(2026, 4, 1, tzinfo=SEOUL)
    points = replace(MEMBER, purses=(Purse("points@2026-03", 1, NOON, midnight),))
    spent = {
        at: plan_debit(points, 1, Spending(at, lambda _: True)) is not None
        for at in (NOON - timedelta(milliseconds=1), NOON, midnight - timedelta(milliseconds=1), midnight)
    }
    assert list(spent.values()) == [False, True, True, False]


@given(wallets, amounts)
def test_the_order_in_which_purses_are_stored_makes_no_difference(wallet: Wallet, amount: int) -> None:
    assert plan_debit(replace(wallet, purses=wallet.purses[::-1]), amount, SPENDING) == plan_debit(
        wallet, amount, SPENDING
    )


@given(st.integers(0, 3 * 10**6), st.integers(1, 3 * 10**6), st.booleans())
def test_a_top_up_is_judged_by_minimum_and_holding_limit(held: int, amount: int, verified: bool) -> None:
    wallet = replace(MEMBER, verified=verified, purses=(Purse(CHARGED, held), Purse(CASHBACK, 10**9)))
    decline = judge_top_up(wallet, TERMS, amount)
    limit = 2_000_000 if verified else 500_000
    if amount < 30_000:
        assert decline is TopUpDecline.BELOW_MINIMUM
    else:
        assert decline == (TopUpDecline.HOLDING_LIMIT if held + amount > limit else None)


def test_a_suspended_wallet_takes_no_top_up() -> None:
    suspended = replace(MEMBER, status=WalletStatus.SUSPENDED)
    assert judge_top_up(suspended, TERMS, 50_000) is TopUpDecline.WALLET_SUSPENDED


def test_every_decline_of_a_top_up_has_its_code() -> None:
    assert set(TOP_UP_CODES) == set(TopUpDecline)


def test_a_new_wallet_is_active_empty_and_unverified() -> None:
    assert MEMBER.id == wallet_id_of("payer")
    assert is_id(MEMBER.id)
    assert (MEMBER.status, MEMBER.verified, MEMBER.due, MEMBER.accrued) == (WalletStatus.ACTIVE, False, 0, 0)
    assert {purse.id: purse.amount for purse in MEMBER.purses} == {CHARGED: 0, CASHBACK: 0, HELD: 0, REFUND_PENDING: 0}
    assert (MEMBER.chain, MEMBER.negative) == (Head(0, ""), None)


def test_a_card_token_names_wallet_and_card() -> None:
    token = card_token(MEMBER.id, CARD)
    assert parse_card_token(token) == (MEMBER.id, CARD.reference)
    assert card_within(MEMBER.id, token) == CARD.reference
    assert card_within(wallet_id_of("jun"), token) == ""


@given(st.text(max_size=80))
def test_no_text_names_a_card_of_a_wallet_that_it_does_not_name(text: str) -> None:
    wallet_id, reference = parse_card_token(text)
    assert text.startswith(wallet_id)
    assert MEMBER.card(card_within(MEMBER.id, text)) is None
    assert reference in text
