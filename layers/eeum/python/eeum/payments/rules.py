"""Decides whether a payment is approved and which purses pay it: pure functions over plain values."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from eeum.calendar import years_since
from eeum.ids import Digest
from eeum.journal.accounts import CASHBACK, CHARGED, HELD, added, funded_by, is_of_rewards, merchant_payable, purse
from eeum.merchants.rules import Merchant, MerchantStatus, accepts_payments
from eeum.payments.discounts import DiscountPart, discount_of, discount_up_to, parts_of
from eeum.policy.conditions import Facts
from eeum.policy.rules import LayerReward, PolicyVersion
from eeum.request import Acceptance
from eeum.wallet.command_rewards import CommandRewards, after
from eeum.wallet.participants import NO_SHARES, Case, Participant, Shares, shares_of
from eeum.wallet.rules import (
    NO_USAGE,
    SPENDS_FIRST,
    Card,
    Draw,
    LimitUsage,
    OwnDecline,
    Spending,
    Wallet,
    WalletStatus,
    plan_debit,
)

ACTIVE_CARD = "active"

HOLDS_LAST = timedelta(days=7)
"""How long a hold can be captured after its acceptance. We found no published rule; this one is ours."""

Portions = tuple[tuple[str, int], ...]
"""Won by purse, in the order of the debit."""


class Decline(StrEnum):
    """Why a payment is declined; `CODES` has the ISO 8583 response code of each reason."""

    UNKNOWN_MERCHANT = "unknown_merchant"
    UNKNOWN_CARD = "unknown_card"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    MERCHANT_NOT_PAYABLE_YET = "merchant_not_payable_yet"
    MERCHANT_EXCLUDED = "merchant_excluded"
    WALLET_SUSPENDED = "wallet_suspended"
    CARD_BLOCKED = "card_blocked"
    REVERSED = "reversed"
    BASKET_DECLINED = "basket_declined"


CODES: Mapping[Decline, str] = {
    Decline.UNKNOWN_MERCHANT: "03",
    Decline.UNKNOWN_CARD: "14",
    Decline.INSUFFICIENT_FUNDS: "51",
    Decline.MERCHANT_NOT_PAYABLE_YET: "58",
    Decline.MERCHANT_EXCLUDED: "57",
    Decline.WALLET_SUSPENDED: "62",
    Decline.CARD_BLOCKED: "78",
    Decline.REVERSED: "21",
    Decline.BASKET_DECLINED: "05",
}


@dataclass(frozen=True, slots=True)
class Order:
    """A requested payment: `amount` won at a merchant. `card` is a reference within the wallet; None is the first active card.

    `requested_at` is the caller's own time, RFC 3339. It is shown and decides nothing. `hold` keeps the money for later captures.
    """

    merchant_id: str
    amount: int
    channel: str
    method: str
    card: str | None
    requested_at: str | None
    hold: bool = False


class PaymentStatus(StrEnum):
    APPROVED = "approved"
    HELD = "held"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class Payment:
    """An entry: an order, its decision, and the facts that it was judged by.

    Attributes:
        paid_from: won by purse, in the order of the debit.
        expires_at: when a hold can no longer be captured.
        discounts: what the policy's layers took off the price, which is the order's amount.
        limit_usage: how much the discounts used of limits.
        funded_amounts: won by layer, where budgets paid less than the layer gives.
        parts: what participants store in the entry, by their names.
        decline: a reason of the payment's own or of a participant's.
    """

    acceptance: Acceptance
    order: Order
    card: str | None
    facts: Facts
    decline: Decline | OwnDecline | None
    paid_from: Portions
    expires_at: datetime | None = None
    discounts: tuple[LayerReward, ...] = ()
    limit_usage: LimitUsage = NO_USAGE
    funded_amounts: Mapping[str, int] = field(default_factory=dict)
    parts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def discount_parts(self) -> tuple[DiscountPart, ...]:
        return parts_of(self.discounts)

    @property
    def discount(self) -> int:
        return discount_of(self.discount_parts)

    def paid_for(self, start: int, end: int) -> Portions:
        """The purses that paid the part of the price from `start` to `end`, in the order of the debit."""
        price, discount = self.order.amount, self.discount
        return portion(
            self.paid_from,
            start - discount_up_to(discount, price, start),
            end - discount_up_to(discount, price, end),
        )

    @property
    def status(self) -> PaymentStatus:
        if self.decline:
            return PaymentStatus.DECLINED
        return PaymentStatus.HELD if self.order.hold else PaymentStatus.APPROVED

    @property
    def postings(self) -> dict[str, int]:
        """Won by account: from the purses and the funders of discounts to what the merchant is owed, or to what is held for it."""
        if self.decline:
            return {}
        merchant = self.order.merchant_id
        paid = {purse(each): -won for each, won in self.paid_from}
        target = purse(HELD) if self.order.hold else merchant_payable(merchant)
        if not self.discounts:
            return {**paid, target: self.order.amount}
        funded = added(*({funded_by(part.funder, merchant): -part.won} for part in self.discount_parts))
        return {**paid, **funded, target: self.order.amount}


class Judgement(NamedTuple):
    """The decision on an order: declined, or approved with the purses to debit (those found empty on the way too).

    `shares` are the participants' contributions, `limit_usage` is how much of the limits it uses.
    """

    decline: Decline | OwnDecline | None
    card: Card | None
    facts: Facts
    draws: tuple[Draw, ...]
    shares: Shares = NO_SHARES
    limit_usage: LimitUsage = NO_USAGE

    @property
    def given(self) -> CommandRewards:
        """The amount taken off the price, in won."""
        return self.shares.given

    @property
    def paid_from(self) -> Portions:
        return tuple((draw.purse_id, draw.amount) for draw in self.draws if draw.amount)

    def refused(self, decline: Decline) -> "Judgement":
        """The same judgement, declined for this reason."""
        return Judgement(decline, self.card, self.facts, ())


class Till(NamedTuple):
    """Where and when an order is judged: the merchant as read, the policy in force, and the instant `at`."""

    merchant: Merchant | None
    policy: PolicyVersion
    at: datetime


def judge(
    wallet: Wallet, till: Till, order: Order, participants: Sequence[Participant] = (), payment_key: Digest = ""
) -> Judgement:
    """Decide whether `order` may be paid, and what is taken off its price, from the wallet and the merchant as read.

    `participants` are asked only if the order may be paid; without them nothing is taken off. `payment_key` is the key of its entry.
    """
    card = _card_of(wallet, order)
    facts = facts_of(wallet, card, till.merchant, order, till.at)
    decline = _decline_by_status(wallet, card, order, till.merchant, till.policy, till.at)
    if decline:
        return Judgement(decline, card, facts, ())
    shares = NO_SHARES
    if participants:
        case = Case(payment_key, wallet, till.policy, till.at, order.amount, facts, order.merchant_id, not order.hold)
        shares = shares_of(participants, case)
    if shares.decline:
        return Judgement(shares.decline, card, facts, ())
    paid = order.amount - shares.given.won
    if paid < 0:
        raise ValueError(f"participants take off {-paid} won more than the price")
    draws = plan_debit(wallet, paid, _spending(till.policy, facts, till.at))
    if draws is None:
        return Judgement(Decline.INSUFFICIENT_FUNDS, card, facts, ())
    limit_usage = wallet.limit_usage.change(shares.given.used)
    return Judgement(None, card, facts, draws, shares, limit_usage)


class Debit(NamedTuple):
    """A payment and its debit from the wallet. `limit_usage` is the usage by commands afterwards; None where it used no limit."""

    payment: Payment
    draws: Sequence[Draw]
    limit_usage: LimitUsage | None = None


def wallet_after(wallet: Wallet, payment: Payment, draws: Sequence[Draw]) -> Wallet:
    """The wallet after `payment` was made by `draws`: the next payment of a basket is judged on it."""
    out = {draw.purse_id: -draw.amount for draw in draws}
    if payment.order.hold:
        out[HELD] = payment.order.amount
    purses = tuple(each._replace(amount=each.amount + out.get(each.id, 0)) for each in wallet.purses)
    return replace(wallet, purses=purses, limit_usage=used_after(wallet, payment) or wallet.limit_usage)


def used_after(wallet: Wallet, payment: Payment) -> LimitUsage | None:
    """The limit usage by commands after the payment; None where it uses no limit."""
    if not payment.limit_usage.version:
        return None
    return after(wallet.limit_usage, payment.limit_usage.used, payment.acceptance.accepted_at)


def _spending(policy: PolicyVersion, facts: Facts, at: datetime) -> Spending:
    """How the wallet may be spent here. Rewards of a purse that the policy no longer lists may be spent everywhere until they expire."""

    def may_spend(purse: str) -> bool:
        listed = policy.purses.get(purse)
        return listed is None or listed.spendable_at is None or listed.spendable_at.holds(facts)

    return Spending(at, may_spend, SPENDS_FIRST.get(policy.wallet.spends_first))


def authorise(judgement: Judgement, acceptance: Acceptance, order: Order) -> Payment:
    """The entry of an order that was judged at `acceptance.accepted_at`, equal to the one that is read back later."""
    card = judgement.card.reference if judgement.card else None
    held = order.hold and judgement.decline is None
    return Payment(
        acceptance=acceptance,
        order=order if (order.card, order.hold) == (card, held) else replace(order, card=card, hold=held),
        card=card,
        facts=judgement.facts,
        decline=judgement.decline,
        paid_from=judgement.paid_from,
        expires_at=acceptance.accepted_at + HOLDS_LAST if held else None,
        discounts=judgement.given.rewards,
        limit_usage=judgement.limit_usage,
        funded_amounts=judgement.given.funded_amounts,
        parts=judgement.shares.parts,
    )


def _card_of(wallet: Wallet, order: Order) -> Card | None:
    if order.card is not None:
        return wallet.card(order.card)
    return next((card for card in wallet.cards if card.status == ACTIVE_CARD), None)


def _decline_by_status(
    wallet: Wallet, card: Card | None, order: Order, merchant: Merchant | None, policy: PolicyVersion, at: datetime
) -> Decline | None:
    if wallet.status is not WalletStatus.ACTIVE:
        return Decline.WALLET_SUSPENDED
    if card is None or card.status != ACTIVE_CARD:
        named_none = card is None and order.card is not None
        return Decline.UNKNOWN_CARD if named_none else Decline.CARD_BLOCKED
    # An application and a rejection look like an unknown merchant, so that payments do not reveal them.
    if merchant is None or merchant.status is not MerchantStatus.APPROVED:
        return Decline.UNKNOWN_MERCHANT
    if not accepts_payments(merchant, at):
        return Decline.MERCHANT_NOT_PAYABLE_YET
    if policy.merchants.exclude(merchant.shop.category, merchant.shop.annual_revenue):
        return Decline.MERCHANT_EXCLUDED
    return None


def facts_of(wallet: Wallet, card: Card | None, merchant: Merchant | None, order: Order, at: datetime) -> Facts:
    """The facts that the payment is judged by, now and in each replay, except amount and instant, which each capture has for itself."""
    shop = merchant.shop if merchant else None
    return Facts(
        merchant_district=shop.district if shop else None,
        merchant_category=shop.category if shop else None,
        merchant_annual_revenue=shop.annual_revenue if shop else None,
        merchant_flags=shop.flags if shop else frozenset(),
        merchant_own_rate=shop.own_rate if shop else 0,
        card_product=card.product if card else None,
        card_issuer=card.issuer if card else None,
        member_class=wallet.member_class,
        member_district=wallet.district,
        member_age=years_since(wallet.birth_date, at) if wallet.birth_date else None,
        channel=order.channel,
        method=order.method,
    )


def portion(paid_from: Portions, start: int, end: int) -> Portions:
    """The purses that paid the part of a payment from `start` to `end` won, in the order of the debit."""
    found = []
    position = 0
    for purse_id, won in paid_from:
        taken = min(end, position + won) - max(start, position)
        if taken > 0:
            found.append((purse_id, taken))
        position += won
    return tuple(found)


def eligible_base(paid_from: Iterable[tuple[str, int]], earns_from: frozenset[str]) -> int:
    """The base: what was paid from the purses that earn by the policy, in won.

    `grants` covers every allowance. `rewards` covers every purse of rewards, also those that the policy no longer lists.
    """
    return sum([won for purse_id, won in paid_from if _kind_of(purse_id) in earns_from])


def _kind_of(purse_id: str) -> str:
    if purse_id in (CHARGED, CASHBACK):
        return purse_id
    return "rewards" if is_of_rewards(purse_id) else "grants"
