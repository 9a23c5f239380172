"""Wallets over HTTP."""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self, cast

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from eeum.aws.http import Body, Line, Won
from eeum.bodies import AnswerBody
from eeum.calendar import text_of
from eeum.cashback.bodies import RewardBody, reward_body
from eeum.journal.accounts import CASHBACK, HELD, NOT_SPENDABLE, REFUND_PENDING
from eeum.payments.bodies import CutBody, DeclineBody, cut_bodies
from eeum.policy.rules import PolicyVersion
from eeum.wallet.bodies import OwedBody, owed_bodies
from eeum.wallet.rules import (
    TOP_UP_CODES,
    AboutMember,
    DebitOrder,
    OwnDecline,
    TopUp,
    TopUpDecline,
    Wallet,
    WalletStatus,
    card_token,
)
from member_wallet.rewards import RewardPurseBody, reward_purses

KOREAN: dict[TopUpDecline, str] = {
    TopUpDecline.WALLET_SUSPENDED: "사용이 정지된 지갑입니다.",
    TopUpDecline.BELOW_MINIMUM: "최소 충전 금액보다 적습니다.",
    TopUpDecline.HOLDING_LIMIT: "보유 한도를 넘습니다.",
    TopUpDecline.TOP_UP_LIMIT: "충전 한도를 넘습니다.",
}
ENGLISH: dict[TopUpDecline, str] = {
    TopUpDecline.WALLET_SUSPENDED: "This wallet is suspended.",
    TopUpDecline.BELOW_MINIMUM: "The amount is below the smallest top-up.",
    TopUpDecline.HOLDING_LIMIT: "The wallet would hold more than it may.",
    TopUpDecline.TOP_UP_LIMIT: "The amount exceeds the top-up limit.",
}


_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _day_as_text(value: Any) -> Any:
    # Pydantic would read a number as seconds since 1970; only a written day is accepted here.
    if isinstance(value, str) and _DAY.fullmatch(value):
        with suppress(ValueError):
            return date.fromisoformat(value)
    raise PydanticCustomError("day_format", "Input should be a day such as 1980-05-18")


Day = Annotated[date, BeforeValidator(_day_as_text)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9]+([_-][a-z0-9]+)*$", max_length=40)]
"""The pattern of names in policies."""


class OpeningRequest(Body):
    """A new wallet: which purse pays first. Its first card is a standard one."""

    debit_order: DebitOrder = DebitOrder.CHARGED_FIRST


class TopUpRequest(Body):
    """A top-up: the amount that a bank debited from the member's account, and the bank's own reference."""

    amount: Won
    bank_reference: Line = Field(max_length=64)


class WalletDecisionRequest(Body):
    """An operator's decision about a wallet, with its reason, and facts of the member that the operator saw in papers.

    A missing field stays as it is. Null for a class, district, date of birth or issuer removes what was recorded.
    """

    status: WalletStatus | None = None
    verified: bool | None = Field(default=None, strict=True)
    member_class: Name | None = Field(default=None, description="A class of members that policies name.")
    member_district: Name | None = Field(
        default=None, description="The district where the member lives: one of the programme's."
    )
    birth_date: Day | None = Field(default=None, description="The member's date of birth; policies use only the age.")
    card_issuer: Name | None = Field(default=None, description="The issuer of the member's cards.")
    reason: Line = Field(max_length=200)

    @model_validator(mode="after")
    def _decides_something(self) -> Self:
        if self.status is None and self.verified is None and not self.about():
            raise PydanticCustomError("nothing_decided", "Send status, verified, or a fact of the member")
        return self

    def about(self) -> AboutMember:
        """The recorded facts of the member, without missing fields."""
        given = {_ABOUT[name]: getattr(self, name) for name in _ABOUT if name in self.model_fields_set}
        return cast("AboutMember", given)


_ABOUT = {
    "member_class": "member_class",
    "member_district": "district",
    "birth_date": "birth_date",
    "card_issuer": "card_issuer",
}
"""The wallet's names for fields of a request."""


class CardBody(AnswerBody):
    token: str
    product: str
    status: str


class NegativeCashbackBody(AnswerBody):
    """Why cashback is below zero: a payment was cancelled whose cashback was spent already. Later cashback and refunds fill it up first."""

    won: int
    payment_id: str
    since: str
    message: str
    message_en: str


class WalletBody(AnswerBody):
    """A wallet: balances by purse, cards, and how many payments and cancellations wait for their cashback.

    `purses` can be spent, `cashback` unless it is below zero, and each of `rewards` as it says. `held` is promised to merchants,
    `refund_pending` comes back in a moment. `used` is limit usage by cashback, `taken` limit usage by payments and top-ups, each by limit
    and window. `owed` is what will come back to another purse than it was spent from, and why.
    """

    id: str
    status: WalletStatus
    verified: bool
    debit_order: DebitOrder
    purses: dict[str, int]
    rewards: list[RewardPurseBody]
    held: int
    refund_pending: int
    negative_cashback: NegativeCashbackBody | None
    owed: list[OwedBody]
    cards: list[CardBody]
    cashback_pending: int
    used: dict[str, int]
    taken: dict[str, int]
    opened_at: str


class PastBalancesBody(AnswerBody):
    """The balances of a wallet at an instant, in won by purse, from its entries. Entries of the last minute may be missing."""

    at: str
    purses: dict[str, int]
    held: int
    refund_pending: int


class WalletDecisionBody(AnswerBody):
    """What an operator may see of a wallet: neither its balances nor the tokens of its cards."""

    id: str
    status: WalletStatus
    verified: bool
    member_class: str | None
    member_district: str | None
    birth_date: str | None
    card_issuers: list[str | None]


class TopUpRewardBody(RewardBody):
    """What one layer of the policy gave at a top-up, in won: a bonus `into` a purse, or a discount, which has no purse."""

    into: str | None


class TopUpBody(AnswerBody):
    """A top-up as it was decided. `amount` is its face value.

    `debited` is what the bank debits from the member's account, `credited` what the wallet got, in won by purse. They differ by `rewards`.
    `cut` names the rewards that budgets did not pay in full.
    """

    id: str
    wallet_id: str
    status: Literal["completed", "declined"]
    decline: DeclineBody | None
    amount: int
    debited: int
    credited: dict[str, int]
    rewards: list[TopUpRewardBody]
    cut: list[CutBody]
    bank_reference: str
    accepted_at: str


def wallet_body(wallet: Wallet, policy: PolicyVersion | None, now: datetime) -> WalletBody:
    return WalletBody(
        id=wallet.id,
        status=wallet.status,
        verified=wallet.verified,
        debit_order=wallet.debit_order,
        purses={purse.id: purse.amount for purse in wallet.purses if purse.id not in NOT_SPENDABLE},
        rewards=reward_purses(wallet.purses, policy, now),
        held=wallet.balance(HELD),
        refund_pending=wallet.balance(REFUND_PENDING),
        negative_cashback=_negative_body(wallet),
        owed=owed_bodies(wallet.debts),
        cards=[
            CardBody(token=card_token(wallet.id, card), product=card.product, status=card.status)
            for card in wallet.cards
        ],
        cashback_pending=wallet.due - wallet.accrued,
        used=dict(wallet.usage),
        taken=dict(wallet.limit_usage.used),
        opened_at=text_of(wallet.opened_at),
    )


def past_balances_body(at: datetime, balances: Mapping[str, int]) -> PastBalancesBody:
    return PastBalancesBody(
        at=text_of(at),
        purses={purse: won for purse, won in balances.items() if purse not in NOT_SPENDABLE},
        held=balances.get(HELD, 0),
        refund_pending=balances.get(REFUND_PENDING, 0),
    )


def _negative_body(wallet: Wallet) -> NegativeCashbackBody | None:
    if wallet.negative is None:
        return None
    return NegativeCashbackBody(
        won=wallet.balance(CASHBACK),
        payment_id=wallet.negative.payment_id,
        since=text_of(wallet.negative.at),
        message="캐시백을 이미 사용한 결제가 취소되어 캐시 잔액이 부족합니다. 다음에 받는 캐시백으로 먼저 채웁니다.",
        message_en="A payment was cancelled whose cashback was already spent, so that the cashback balance is below zero. "
        "Your next cashback fills it up first.",
    )


def wallet_decision_body(wallet: Wallet) -> WalletDecisionBody:
    return WalletDecisionBody(
        id=wallet.id,
        status=wallet.status,
        verified=wallet.verified,
        member_class=wallet.member_class,
        member_district=wallet.district,
        birth_date=wallet.birth_date.isoformat() if wallet.birth_date else None,
        card_issuers=[card.issuer for card in wallet.cards],
    )


def top_up_body(top_up: TopUp) -> TopUpBody:
    decline = top_up.decline
    return TopUpBody(
        id=top_up.acceptance.id,
        wallet_id=top_up.acceptance.wallet_id,
        status="declined" if decline else "completed",
        decline=_decline_body(decline) if decline else None,
        amount=top_up.amount,
        debited=top_up.debited,
        credited=top_up.credited,
        rewards=[TopUpRewardBody(**reward_body(each.reward).model_dump(), into=each.into) for each in top_up.rewards],
        cut=cut_bodies(top_up.funded_amounts),
        bank_reference=top_up.bank_reference,
        accepted_at=text_of(top_up.acceptance.accepted_at),
    )


def _decline_body(decline: TopUpDecline | OwnDecline) -> DeclineBody:
    if isinstance(decline, OwnDecline):
        return DeclineBody(
            code=decline.code, reason=decline.value, message=decline.message, message_en=decline.message_en
        )
    return DeclineBody(
        code=TOP_UP_CODES[decline], reason=decline.value, message=KOREAN[decline], message_en=ENGLISH[decline]
    )
