"""What a wallet is, and which amounts may enter and leave it: pure functions over plain values. Amounts are whole won."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple, TypedDict

from eeum.calendar import SEOUL
from eeum.ids import natural_id
from eeum.journal.accounts import CASHBACK, CHARGED, HELD, NOT_SPENDABLE, REFUND_PENDING, added, funder, purse
from eeum.journal.chain import Head
from eeum.policy.conditions import Facts
from eeum.policy.rules import LayerReward, WalletTerms
from eeum.request import Acceptance
from eeum.wallet.debts import Debts

STANDARD_CARD = "standard"


class WalletStatus(StrEnum):
    ACTIVE = "active"
    SUSPENDED = "suspended"


class DebitOrder(StrEnum):
    """The member's choice of what is spent first. Allowances always come before both."""

    CHARGED_FIRST = "charged_first"
    CASHBACK_FIRST = "cashback_first"


SPENDS_FIRST: Mapping[str, DebitOrder] = {
    "charged": DebitOrder.CHARGED_FIRST,
    "cashback": DebitOrder.CASHBACK_FIRST,
}
"""The debit order for a policy's `spends_first`; none where the member chooses."""


class Purse(NamedTuple):
    """One balance of a wallet: `charged` (the loaded balance), `cashback`, an allowance by its own id, rewards, `held` or `refund_pending`.

    Only cashback may be below zero, by clawback. Rewards in a purse of their own can be spent from `spendable_from` on and before
    `expires_at`, at the places that the policy names for the purse.
    """

    id: str
    amount: int
    spendable_from: datetime | None = None
    expires_at: datetime | None = None
    where: str | None = None

    @property
    def has_terms(self) -> bool:
        """Whether it holds rewards. An allowance has neither dates nor places."""
        return not (self.spendable_from is None and self.expires_at is None and self.where is None)


@dataclass(frozen=True, slots=True)
class Card:
    """What a member pays with. `reference` names the card within its wallet; its token also names the wallet.

    `issuer` is the bank or company that issued it, if an operator recorded one.
    """

    reference: str
    product: str
    status: str
    issuer: str | None = None


class Negative(NamedTuple):
    """Why cashback is below zero: the cancelled payment whose cashback was spent already, and when that was recomputed."""

    payment_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LimitUsage:
    """Limit usage by commands: won by limit and window (`welcome-bonus@2026-03`) of discounts, bonuses and top-ups.

    It is separate from `Wallet.usage`, which accruals count later. In a wallet, `version` counts the changes; 0 is not stored yet. In an
    entry, `used` is what the entry used or gave back and `version` the number of that change, which orders a wallet's commands; 0 changed
    nothing.
    """

    version: int = 0
    used: Mapping[str, int] = field(default_factory=dict)

    def given_back(self, won: Mapping[str, int]) -> "LimitUsage":
        """The usage after `won` were given back. A window that the wallet no longer carries is past and is skipped."""
        used = {key: used - won.get(key, 0) for key, used in self.used.items()}
        return LimitUsage(self.version + 1, {key: left for key, left in used.items() if left})

    def change(self, used: Mapping[str, int]) -> "LimitUsage":
        """The usage that a command adds, with the number of the wallet's next change; its entry stores both."""
        return LimitUsage(self.version + 1, used) if used else NO_USAGE


NO_USAGE = LimitUsage()


@dataclass(frozen=True, slots=True)
class Wallet:
    """A member's balances and cards, and its limit usage.

    Attributes:
        usage: limit usage by accruals: won by limit and window (`monthly-spend@2021-01`).
        limit_usage: limit usage by commands.
        due: how many accruals captures and cancellations call for.
        posted: the number of the last accrual; if it differs from `due`, cashback is pending.
        district: where the member lives, as an operator saw in papers; `birth_date` likewise.
        standings: how many decisions operators made about the wallet.
        debts: what its purses owe each other (`eeum.wallet.debts`).
    """

    id: str
    member: str
    status: WalletStatus
    verified: bool
    member_class: str | None
    debit_order: DebitOrder
    purses: tuple[Purse, ...]
    cards: tuple[Card, ...]
    usage: Mapping[str, int]
    due: int
    accrued: int
    chain: Head
    negative: Negative | None
    opened_at: datetime
    district: str | None = None
    birth_date: date | None = None
    decisions_made: int = 0
    limit_usage: LimitUsage = NO_USAGE
    debts: Debts = field(default_factory=dict)

    def balance(self, purse_id: str) -> int:
        return next((purse.amount for purse in self.purses if purse.id == purse_id), 0)

    def purse(self, purse_id: str) -> Purse | None:
        return next((purse for purse in self.purses if purse.id == purse_id), None)

    def card(self, reference: str) -> Card | None:
        return next((card for card in self.cards if card.reference == reference), None)


class Draw(NamedTuple):
    """An amount taken from one purse, and the purse's balance when that was decided."""

    purse_id: str
    amount: int
    held: int


class OwnDecline(NamedTuple):
    """A participant's own reason to decline: a stable `value`, an ISO 8583 response code, and sentences for the member."""

    value: str
    code: str
    message: str
    message_en: str


class TopUpDecline(StrEnum):
    """Why a top-up is declined; `TOP_UP_CODES` has the ISO 8583 response code of each."""

    WALLET_SUSPENDED = "wallet_suspended"
    BELOW_MINIMUM = "below_minimum_top_up"
    HOLDING_LIMIT = "holding_limit_exceeded"
    TOP_UP_LIMIT = "top_up_limit_exceeded"


TOP_UP_CODES = {
    TopUpDecline.WALLET_SUSPENDED: "62",
    TopUpDecline.BELOW_MINIMUM: "13",
    TopUpDecline.HOLDING_LIMIT: "61",
    TopUpDecline.TOP_UP_LIMIT: "61",
}


NOTHING_KNOWN = Facts()


class TopUpReward(NamedTuple):
    """What one layer gave at a top-up: a bonus `into` a purse, or a discount, which has no purse."""

    reward: LayerReward
    into: str | None


@dataclass(frozen=True, slots=True)
class TopUp:
    """An entry: money that a bank debits from the member's account for the wallet, or why the top-up was declined.

    `amount` is the face value. `rewards` are what the policy gave, judged by `facts`. `limit_usage` is how much of the limits they used.
    `funded_amounts` are the funded amounts by layer, where the budgets paid less than the layer would give.
    """

    acceptance: Acceptance
    amount: int
    bank_reference: str
    decline: TopUpDecline | OwnDecline | None
    rewards: tuple[TopUpReward, ...] = ()
    limit_usage: LimitUsage = NO_USAGE
    facts: Facts = NOTHING_KNOWN
    funded_amounts: Mapping[str, int] = field(default_factory=dict)
    claimed: bool = False
    """Whether it claimed the bank's reference; top-ups of earlier versions did not."""
    parts: Mapping[str, Any] = field(default_factory=dict)
    """What participants store in it, by their names."""

    @property
    def debited(self) -> int:
        """The amount that the bank debits: the face value without discounts; 0 if declined."""
        return 0 if self.decline else self.amount - sum([each.reward.won for each in self.rewards if not each.into])

    @property
    def credited(self) -> dict[str, int]:
        """Won by purse: the face value to the loaded balance, each bonus to its layer's purse."""
        if self.decline:
            return {}
        credited = {CHARGED: self.amount}
        for each in self.rewards:
            if each.into:
                credited[each.into] = credited.get(each.into, 0) + each.reward.won
        return credited

    @property
    def postings(self) -> dict[str, int]:
        """Won by account: from the bank and the funders of rewards to purses; empty for a declined top-up."""
        if self.decline:
            return {}
        funded = ({funder(name): -won} for each in self.rewards for name, won in each.reward.funders)
        into = {purse(each): won for each, won in self.credited.items()}
        return added({self.acceptance.caller: -self.debited}, *funded, into)


def wallet_id_of(member: str) -> str:
    """The id of a member's one wallet. It follows from the member's subject in the user pool."""
    return natural_id("wallet", member)


def new_wallet(member: str, debit_order: DebitOrder, card: Card, opened_at: datetime) -> Wallet:
    return Wallet(
        id=wallet_id_of(member),
        member=member,
        status=WalletStatus.ACTIVE,
        verified=False,
        member_class=None,
        debit_order=debit_order,
        purses=(Purse(CHARGED, 0), Purse(CASHBACK, 0), Purse(HELD, 0), Purse(REFUND_PENDING, 0)),
        cards=(card,),
        usage={},
        due=0,
        accrued=0,
        chain=Head(),
        negative=None,
        opened_at=opened_at,
    )


class AboutMember(TypedDict, total=False):
    """What an operator recorded about a member from papers. A missing field stays as it is; None removes it."""

    member_class: str | None
    district: str | None
    birth_date: date | None
    card_issuer: str | None


def with_decision(wallet: Wallet, status: WalletStatus | None, verified: bool | None, about: AboutMember) -> Wallet:
    """The wallet after an operator's decision. None keeps status and verification; an issuer applies to all cards."""
    cards = wallet.cards
    if "card_issuer" in about:
        cards = tuple(replace(card, issuer=about["card_issuer"]) for card in cards)
    return replace(
        wallet,
        status=wallet.status if status is None else status,
        verified=wallet.verified if verified is None else verified,
        member_class=about.get("member_class", wallet.member_class),
        district=about.get("district", wallet.district),
        birth_date=about.get("birth_date", wallet.birth_date),
        cards=cards,
        decisions_made=wallet.decisions_made + 1,
    )


def card_token(wallet_id: str, card: Card) -> str:
    """The token that an acquirer pays with. It contains the wallet id, so no look-up is needed."""
    return f"{wallet_id}.{card.reference}"


def parse_card_token(token: str) -> tuple[str, str]:
    """The wallet id and card reference of a token. A malformed token is an unknown card."""
    wallet_id, _, reference = token.partition(".")
    return wallet_id, reference


def card_within(wallet_id: str, token: str) -> str:
    """The reference of a card of this wallet. A token of another wallet is an unknown card."""
    named, reference = parse_card_token(token)
    return reference if named == wallet_id else ""


class Spending(NamedTuple):
    """The circumstances of a debit: the instant, the purses that can be spent there, and what goes first by the policy, if anything."""

    at: datetime
    may_spend: Callable[[str], bool]
    first: DebitOrder | None = None


def plan_debit(wallet: Wallet, amount: int, spending: Spending) -> tuple[Draw, ...] | None:
    """The purses that pay `amount`, or None when the wallet does not hold enough.

    The order is: allowances by id, rewards by their expiry, then the loaded balance and cashback, by the policy's order or else the
    member's. The plan has every purse up to the last one debited; those found empty have an amount of 0, since the decision depends on them
    too. Purses that cannot be spent now and here are left out.
    """
    draws: list[Draw] = []
    missing = amount
    for each in _in_debit_order(wallet, spending):
        taken = min(missing, max(each.amount, 0))
        draws.append(Draw(each.id, taken, each.amount))
        missing -= taken
        if missing == 0:
            return tuple(draws)
    return None


_NO_GRANTS = NOT_SPENDABLE | {CHARGED, CASHBACK}
_NEVER = datetime.max.replace(tzinfo=SEOUL)


def _in_debit_order(wallet: Wallet, spending: Spending) -> list[Purse]:
    others = [each for each in wallet.purses if each.id not in _NO_GRANTS]
    if others:
        allowances = [each for each in others if not each.has_terms]
        rewards = [each for each in others if each.has_terms and is_spendable(each, spending)]
        rewards.sort(key=lambda reward: (reward.expires_at or _NEVER, reward.id))
        others = [*sorted(allowances, key=lambda each: each.id), *rewards]
    first = spending.first or wallet.debit_order
    order = (CHARGED, CASHBACK) if first is DebitOrder.CHARGED_FIRST else (CASHBACK, CHARGED)
    return others + [each for wanted in order for each in wallet.purses if each.id == wanted]


def has_expired(reward: Purse, at: datetime) -> bool:
    return reward.expires_at is not None and at >= reward.expires_at


def is_spendable(reward: Purse, spending: Spending) -> bool:
    """Whether rewards can be spent now and here. Expired rewards cannot, even before they are moved out of the wallet."""
    if reward.spendable_from is not None and spending.at < reward.spendable_from:
        return False
    if has_expired(reward, spending.at):
        return False
    return reward.where is None or spending.may_spend(reward.where)


def holding_limit_of(wallet: Wallet, terms: WalletTerms) -> int:
    """The most won that the loaded balance may hold; cashback and allowances do not count."""
    return terms.holding_limit_verified if wallet.verified else terms.holding_limit


def judge_top_up(wallet: Wallet, terms: WalletTerms, amount: int) -> TopUpDecline | None:
    """Why a top-up of `amount` is declined, or None. Minimum and holding limit are those of the policy in force."""
    if wallet.status is not WalletStatus.ACTIVE:
        return TopUpDecline.WALLET_SUSPENDED
    if amount < terms.minimum_top_up:
        return TopUpDecline.BELOW_MINIMUM
    if wallet.balance(CHARGED) + amount > holding_limit_of(wallet, terms):
        return TopUpDecline.HOLDING_LIMIT
    return None
