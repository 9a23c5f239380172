"""Rewards over HTTP: which layer gave how much, and why."""

from collections.abc import Mapping

from pydantic import Field

from eeum.bodies import AnswerBody
from eeum.journal.accounts import CASHBACK
from eeum.policy.rules import LayerReward


class BandBody(AnswerBody):
    """The amount `base` in the band from `from` to `up_to` (null: no end), at a rate in basis points."""

    start: int = Field(serialization_alias="from")
    up_to: int | None
    rate_basis_points: int
    base: int


class RewardBody(AnswerBody):
    """The reward of one layer of the policy in won, with its bands and its funders."""

    layer: str
    won: int
    bands: list[BandBody]
    funders: dict[str, int]


def reward_body(reward: LayerReward) -> RewardBody:
    return RewardBody(
        layer=reward.layer,
        won=reward.won,
        bands=[
            BandBody(start=part.start, up_to=part.end, rate_basis_points=part.rate, base=part.base)
            for part in reward.portions
        ],
        funders=dict(reward.funders),
    )


class EarnedBody(RewardBody):
    """The reward of one layer after a payment in won, and the purse that it goes `into`."""

    into: str


def earned_body(reward: LayerReward, into: Mapping[str, str]) -> EarnedBody:
    """The body of a reward. `into` has the purse by layer for rewards that are not cashback."""
    return EarnedBody(**reward_body(reward).model_dump(), into=into.get(reward.layer, CASHBACK))
