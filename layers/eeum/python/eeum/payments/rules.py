"""Whether a payment is approved and what it takes from the wallet: pure functions over plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from eeum.merchants.rules import Merchant, MerchantStatus, is_payable
from eeum.policy.conditions import Facts
from eeum.policy.rules import PolicyVersion
from eeum.request import Acceptance
from eeum.wallet.rules import Card, Draw, Wallet, WalletStatus, plan_debit

ACTIVE_CARD = "active"


class Decline(StrEnum):
    """Why a payment is declined; `CODES` has the ISO 8583 response code of each."""

    UNKNOWN_MERCHANT = "unknown_merchant"
    UNKNOWN_CARD = "unknown_card"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    MERCHANT_NOT_PAYABLE_YET = "merchant_not_payable_yet"
    MERCHANT_EXCLUDED = "merchant_excluded"
    WALLET_SUSPENDED = "wallet_suspended"
    CARD_BLOCKED = "card_blocked"


CODES: Mapping[Decline, str] = {
    Decline.UNKNOWN_MERCHANT: "03",
    Decline.UNKNOWN_CARD: "14",
    Decline.INSUFFICIENT_FUNDS: "51",
    Decline.MERCHANT_NOT_PAYABLE_YET: "58",
    Decline.MERCHANT_EXCLUDED: "57",
    Decline.WALLET_SUSPENDED: "62",
    Decline.CARD_BLOCKED: "78",
}


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for: `amount` in won at a merchant. `card` is a reference within the wallet, None for the first active card.

    `requested_at` is the caller's own time, RFC 3339: shown, and decides nothing.
    """

    merchant_id: str
    amount: int
    channel: str
    method: str
    card: str | None
    requested_at: str | None


@dataclass(frozen=True, slots=True)
class Payment:
    """An entry: a payment as it was decided, with the facts it was judged by and its balanced postings.

    `postings` is won by account; they sum to zero. A declined payment has none.
    """

    acceptance: Acceptance
    order: Order
    card: str | None
    facts: Facts
    decline: Decline | None
    postings: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What an order comes to: declined, or paid from which purses (what was drawn, and what was found empty on the way)."""

    decline: Decline | None
    card: Card | None
    facts: Facts
    draws: tuple[Draw, ...]
    postings: Mapping[str, int]


def judge(wallet: Wallet, merchant: Merchant | None, policy: PolicyVersion, at: datetime, order: Order) -> Judgement:
    """Whether `order` may be paid at the instant `at`, on what was read of wallet and merchant."""
    card = _card_of(wallet, order)
    facts = facts_of(wallet, card, merchant, order)
    decline = _decline_by_standing(wallet, card, order, merchant, policy, at)
    draws = plan_debit(wallet, order.amount) if decline is None else None
    if draws is None:
        return Judgement(decline or Decline.INSUFFICIENT_FUNDS, card, facts, (), {})
    return Judgement(None, card, facts, draws, _postings(order, draws))


def authorise(judgement: Judgement, acceptance: Acceptance, order: Order) -> Payment:
    """The entry of an order that was judged as of `acceptance.accepted_at`; the same as it will be when it is read again."""
    card = judgement.card.reference if judgement.card else None
    return Payment(
        acceptance=acceptance,
        order=replace(order, card=card),
        card=card,
        facts=judgement.facts,
        decline=judgement.decline,
        postings=judgement.postings,
    )


def _card_of(wallet: Wallet, order: Order) -> Card | None:
    if order.card is not None:
        return wallet.card(order.card)
    return next((card for card in wallet.cards if card.status == ACTIVE_CARD), None)


def _decline_by_standing(
    wallet: Wallet, card: Card | None, order: Order, merchant: Merchant | None, policy: PolicyVersion, at: datetime
) -> Decline | None:
    if wallet.status is not WalletStatus.ACTIVE:
        return Decline.WALLET_SUSPENDED
    if card is None or card.status != ACTIVE_CARD:
        named_none = card is None and order.card is not None
        return Decline.UNKNOWN_CARD if named_none else Decline.CARD_BLOCKED
    # Nobody learns from a payment who has applied, or was rejected.
    if merchant is None or merchant.status is not MerchantStatus.APPROVED:
        return Decline.UNKNOWN_MERCHANT
    if not is_payable(merchant, at):
        return Decline.MERCHANT_NOT_PAYABLE_YET
    if policy.merchants.exclude(merchant.shop.category, merchant.shop.annual_revenue):
        return Decline.MERCHANT_EXCLUDED
    return None


def facts_of(wallet: Wallet, card: Card | None, merchant: Merchant | None, order: Order) -> Facts:
    """What the payment is judged by, now and in every later replay."""
    shop = merchant.shop if merchant else None
    return Facts(
        merchant_district=shop.district if shop else None,
        merchant_category=shop.category if shop else None,
        merchant_annual_revenue=shop.annual_revenue if shop else None,
        merchant_flags=shop.flags if shop else frozenset(),
        merchant_own_rate=shop.own_rate if shop else 0,
        card_product=card.product if card else None,
        member_class=wallet.member_class,
        channel=order.channel,
        method=order.method,
    )


def _postings(order: Order, draws: tuple[Draw, ...]) -> dict[str, int]:
    paid = {f"purse/{draw.purse_id}": -draw.amount for draw in draws if draw.amount}
    return {**paid, f"merchant_payable/{order.merchant_id}": order.amount}


def paid_from(postings: Mapping[str, int]) -> dict[str, int]:
    """How many won came out of each purse."""
    return {account.removeprefix("purse/"): -won for account, won in postings.items() if account.startswith("purse/")}


def eligible_base(paid: Mapping[str, int], earns_from: frozenset[str]) -> int:
    """The won of a payment that may earn: what came from the purses that the policy names; `grants` stands for every grant."""
    return sum(won for purse, won in paid.items() if _kind_of(purse) in earns_from)


def _kind_of(purse_id: str) -> str:
    return purse_id if purse_id in ("charged", "cashback") else "grants"
