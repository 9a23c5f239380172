"""What quotes look like over HTTP."""

from pydantic import BaseModel

from eeum.aws.http import Body, Won
from eeum.cashback.bodies import RewardBody, reward_body
from eeum.cashback.quoting import QuoteAnswer
from eeum.payments.bodies import CardToken, Channel, DeclineBody, MerchantId, decline_body


class QuoteRequest(Body):
    """A payment that a member thinks of making."""

    merchant_id: MerchantId
    amount: Won
    channel: Channel = "shop"
    card_token: CardToken | None = None


class QuoteBody(BaseModel):
    """What the payment would earn now. `decline` says why it would be declined instead."""

    cashback: int
    base: int
    policy: str
    rewards: list[RewardBody]
    decline: DeclineBody | None = None


def quote_body(answer: QuoteAnswer) -> QuoteBody:
    quoted = answer.quote
    return QuoteBody(
        cashback=sum(reward.won for reward in quoted.rewards),
        base=quoted.base,
        policy=quoted.policy,
        rewards=[reward_body(reward) for reward in quoted.rewards],
        decline=decline_body(answer.decline) if answer.decline else None,
    )
