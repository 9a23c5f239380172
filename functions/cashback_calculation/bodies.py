"""Quotes over HTTP."""

from typing import Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from eeum.aws.http import Body, Won
from eeum.bodies import AnswerBody
from eeum.cashback.bodies import EarnedBody, RewardBody, earned_body, reward_body
from eeum.cashback.quoting import NotGuaranteed, Plan, QuoteAnswer, Reason
from eeum.payments.bodies import (
    MEMBER_CHANNELS,
    CardToken,
    Channel,
    CutBody,
    DeclineBody,
    MerchantId,
    cut_bodies,
    decline_body,
)
from eeum.policy.document_values import Instant

Method = Literal["card", "app"]


class QuoteRequest(Body):
    """A payment that a member plans, in the app or with a card."""

    merchant_id: MerchantId
    amount: Won
    channel: Channel = "shop"
    card_token: CardToken | None = Field(
        default=None, description="The card that would pay; without it the first active one."
    )
    method: Method | None = Field(
        default=None,
        description="How it would be paid: `card` through an acquirer, or `app` by the member. Left out, it is `app`, but `card` where "
        "`card_token` is given, where `capture` is `later`, and in channels that are no member's own.",
    )
    capture: Literal["now", "later"] = Field(
        default="now", description="`later` is a hold by an acquirer; holds get no discount."
    )

    at: Instant | None = Field(
        default=None,
        description="When the payment would be made: the policy and the limits of that time apply. Without it, or in the past: now.",
    )
    topped_up: bool = Field(
        default=False,
        description="Whether to assume that the loaded balance is enough, to plan a payment before topping up.",
    )

    @model_validator(mode="after")
    def _can_be_paid(self) -> Self:
        if self.method == "app" and self._needs_a_card():
            raise PydanticCustomError(
                "not_paid_in_the_app", "A payment in the app is captured now, in one of the channels shop and qr"
            )
        return self

    def _needs_a_card(self) -> bool:
        return self.capture == "later" or self.channel not in MEMBER_CHANNELS

    def plan(self) -> Plan:
        return Plan(self.at, self.topped_up)

    def paid_by(self) -> Method:
        """The method that the payment would use."""
        return self.method or ("card" if self.card_token or self._needs_a_card() else "app")


class NotGuaranteedBody(AnswerBody):
    """Why cashback of these layers may differ from the quote, with a sentence for the member.

    - `budget_is_shared`: cashback is funded a moment after the payment, and other payments may use up the budget before.
    - `earlier_cashback_pending`: the cashback of an earlier payment or cancellation is pending, and uses or frees the same limits.
    - `earlier_use_not_read`: a limit counts an earlier window whose usage is known only when cashback is accrued.
    - `captured_later`: cashback is for what is captured, under the policy, limits and budgets of that moment.
    - `planned_ahead`: until then the policy may be amended, and other payments may use limits and budgets.
    """

    reason: Reason
    layers: list[str]
    message: str
    message_en: str


MESSAGES: dict[Reason, str] = {
    Reason.BUDGET_IS_SHARED: "예산이 먼저 소진되면 캐시백이 줄어들 수 있습니다.",
    Reason.EARLIER_CASHBACK_PENDING: "이전 결제의 캐시백이 처리되는 중이어서 금액이 달라질 수 있습니다.",
    Reason.EARLIER_USE_NOT_READ: "이전 기간의 이용 금액에 따라 캐시백이 달라질 수 있습니다.",
    Reason.CAPTURED_LATER: "캐시백은 매입되는 시점의 정책과 금액에 따라 정해집니다.",
    Reason.PLANNED_AHEAD: "그때까지의 결제와 정책 변경에 따라 캐시백이 달라질 수 있습니다.",
}

MESSAGES_IN_ENGLISH: dict[Reason, str] = {
    Reason.BUDGET_IS_SHARED: "Cashback may be less if the budget is used up before.",
    Reason.EARLIER_CASHBACK_PENDING: "Cashback of earlier payments is still being computed, so the amount may change.",
    Reason.EARLIER_USE_NOT_READ: "Cashback may change with what was spent in an earlier period.",
    Reason.CAPTURED_LATER: "Cashback follows the policy and the amount at the time of capture.",
    Reason.PLANNED_AHEAD: "Payments and changes of policy until then may change the cashback.",
}


class QuoteBody(AnswerBody):
    """What the payment would get if it were made now, in won.

    `discount` and `paid` are what the payment itself would answer; `cashback` is the sum that would follow, whichever purse it goes to.
    `cut` names the layers that budgets cannot pay whole. `decline` says why the payment would be declined instead. `not_guaranteed` names
    the cashback that may still change; if it is empty, only another payment or decision changes it.
    """

    merchant_id: str
    merchant_name: str | None = Field(description="The merchant's name; null if it is not approved.")
    paid: int
    discount: int
    discounts: list[RewardBody]
    cashback: int
    base: int
    policy: str
    method: Method
    rewards: list[EarnedBody]
    cut: list[CutBody] = []
    not_guaranteed: list[NotGuaranteedBody] = []
    decline: DeclineBody | None = None


def quote_body(answer: QuoteAnswer, method: Method, merchant_name: str | None) -> QuoteBody:
    judgement, earning = answer.judgement, answer.earning
    return QuoteBody(
        merchant_id=earning.merchant_id,
        merchant_name=merchant_name,
        paid=sum(won for _, won in judgement.paid_from),
        discount=judgement.given.won,
        discounts=[reward_body(reward) for reward in judgement.given.rewards],
        cashback=earning.won,
        base=earning.base,
        policy=earning.policy,
        method=method,
        rewards=[earned_body(reward, earning.into) for reward in earning.rewards],
        cut=cut_bodies(answer.funded_amounts),
        not_guaranteed=[_not_guaranteed_body(each) for each in answer.not_guaranteed],
        decline=decline_body(judgement.decline) if judgement.decline else None,
    )


def _not_guaranteed_body(each: NotGuaranteed) -> NotGuaranteedBody:
    return NotGuaranteedBody(
        reason=each.reason,
        layers=list(each.layers),
        message=MESSAGES[each.reason],
        message_en=MESSAGES_IN_ENGLISH[each.reason],
    )
