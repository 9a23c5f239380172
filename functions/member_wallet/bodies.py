"""What wallets look like over HTTP."""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self, cast

from pydantic import BaseModel, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from eeum.aws.http import Body, Line, Won
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
    # Pydantic would read a number as seconds since 1970; a day is written out here.
    if isinstance(value, str) and _DAY.fullmatch(value):
        with suppress(ValueError):
            return date.fromisoformat(value)
    raise PydanticCustomError("day_format", "Input should be a day such as 1980-05-18")


Day = Annotated[date, BeforeValidator(_day_as_text)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9]+([_-][a-z0-9]+)*$", max_length=40)]
"""How policies name things."""


class OpeningRequest(Body):
    """How the member wants the wallet: which purse pays first. Its first card is a standard one."""

    debit_order: DebitOrder = DebitOrder.CHARGED_FIRST


class TopUpRequest(Body):
    """Money that a bank took from the member's account, with the bank's own reference of it."""

    amount: Won
    bank_reference: Line = Field(max_length=64)


class StandingRequest(Body):
    """What an operator decides about a wallet, and why; and what policies ask of its member, by papers that the operator saw.

    What is not given stays as it is. A class, district, day of birth or issuer of null takes back what was said.
    """

    status: WalletStatus | None = None
    verified: bool | None = Field(default=None, strict=True)
    member_class: Name | None = Field(default=None, description="A class of members that policies name.")
    member_district: Name | None = Field(
        default=None, description="Where the member lives: one of the programme's districts."
    )
    birth_date: Day | None = Field(
        default=None, description="The member's day of birth; policies ask for the age alone."
    )
    card_issuer: Name | None = Field(default=None, description="Who issued the member's cards.")
    reason: Line = Field(max_length=200)

    @model_validator(mode="after")
    def _decides_something(self) -> Self:
        if self.status is None and self.verified is None and not self.about():
            raise PydanticCustomError("nothing_decided", "Give status, verified, or something about the member")
        return self

    def about(self) -> AboutMember:
        """What was said of the member; what was not given is not in it."""
        given = {_ABOUT[name]: getattr(self, name) for name in _ABOUT if name in self.model_fields_set}
        return cast("AboutMember", given)


_ABOUT = {
    "member_class": "member_class",
    "member_district": "district",
    "birth_date": "birth_date",
    "card_issuer": "card_issuer",
}
"""Fields of a request by what the wallet calls them."""


class CardBody(BaseModel):
    token: str
    product: str
    status: str


class NegativeCashbackBody(BaseModel):
    """Why cashback is below zero: a payment was cancelled whose cashback was spent already. Later cashback and refunds fill it up first."""

    won: int
    payment_id: str
    since: str
    message: str
    message_en: str


class WalletBody(BaseModel):
    """A wallet: won by purse, its cards, and how many payments and cancellations wait for their cashback to be worked out.

    `purses` may be spent, `cashback` unless it is below zero, and those of `rewards` as each of them says; `held` is promised to merchants,
    `refund_pending` comes back in a moment. `used` is how far cashback has used the policy's limits, `taken` how far payments and top-ups
    have, by limit and window. `owed` is what comes back to another purse than it was spent from, and why.
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


class PastBalancesBody(BaseModel):
    """What was in a wallet at an instant, in won by purse, as its entries say; those of the minute before now may still be on their way."""

    at: str
    purses: dict[str, int]
    held: int
    refund_pending: int


class StandingBody(BaseModel):
    """What an operator may know of a wallet: neither what is in it nor the tokens that pay from it."""

    id: str
    status: WalletStatus
    verified: bool
    member_class: str | None
    member_district: str | None
    birth_date: str | None
    card_issuers: list[str | None]


class TopUpRewardBody(RewardBody):
    """What one layer of the policy gave at a top-up, in won: a bonus `into` a purse, or a discount, which has none."""

    into: str | None


class TopUpBody(BaseModel):
    """A top-up as it was decided: `amount` is its face value.

    `debited` is what the bank is to take from the member's account, `credited` what came into the wallet, in won by purse: they differ by
    `rewards`. `cut` names those that budgets did not pay whole.
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
        cashback_pending=wallet.due - wallet.posted,
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
        message="이미 사용한 캐시백의 결제가 취소되어 캐시 잔액이 부족합니다. 다음 캐시백으로 먼저 채워집니다.",
        message_en="A payment was cancelled whose cashback was already spent, so that the cashback balance is below zero. "
        "Your next cashback fills it up first.",
    )


def standing_body(wallet: Wallet) -> StandingBody:
    return StandingBody(
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
        cut=cut_bodies(top_up.ceilings),
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
