"""What quotes look like over HTTP."""

from pydantic import BaseModel

from eeum.aws.http import Body, Won
from eeum.cashback.bodies import EarnedBody, RewardBody, earned_body, reward_body
from eeum.cashback.quoting import QuoteAnswer
from eeum.payments.bodies import CardToken, Channel, DeclineBody, MerchantId, decline_body


class QuoteRequest(Body):
    """A payment that a member thinks of making."""

    merchant_id: MerchantId
    amount: Won
    channel: Channel = "shop"
    card_token: CardToken | None = None


class QuoteBody(BaseModel):
    """What would be taken off the payment now, and what it would earn, as far as budgets have the money.

    `paid` is what is asked of the member, `cashback` all that the payment would earn, whichever purse it comes into. `decline` says why the
    payment would be declined instead.
    """

    paid: int
    discount: int
    discounts: list[RewardBody]
    cashback: int
    base: int
    policy: str
    rewards: list[EarnedBody]
    decline: DeclineBody | None = None


def quote_body(answer: QuoteAnswer, amount: int) -> QuoteBody:
    """`amount` is the price, in won."""
    quoted = answer.quote
    discount = sum(reward.won for reward in answer.discounts)
    return QuoteBody(
        paid=amount - discount,
        discount=discount,
        discounts=[reward_body(reward) for reward in answer.discounts],
        cashback=sum(reward.won for reward in quoted.rewards),
        base=quoted.base,
        policy=quoted.policy,
        rewards=[earned_body(reward, answer.into) for reward in quoted.rewards],
        decline=decline_body(answer.decline) if answer.decline else None,
    )
