"""What a policy makes of a top-up: its limits, bonuses and discounts. Pure functions over plain values, amounts in won."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from eeum.calendar import years_since
from eeum.policy.conditions import Facts
from eeum.policy.rules import AT_TOP_UP, Gives, Limit, PolicyVersion
from eeum.policy.usage import Usage, key_of, standing
from eeum.wallet.giving import Grants, give
from eeum.wallet.purses import purse_into
from eeum.wallet.rules import (
    NOTHING_KNOWN,
    NOTHING_TAKEN,
    Purse,
    Taken,
    TopUpDecline,
    TopUpReward,
    Wallet,
    judge_top_up,
)


class JudgedTopUp(NamedTuple):
    """Declined, or which rewards it gets, the purses that they come into, by how much it uses limits, and what it was judged by."""

    decline: TopUpDecline | None
    rewards: tuple[TopUpReward, ...] = ()
    purses: tuple[Purse, ...] = ()
    taken: Taken = NOTHING_TAKEN
    facts: Facts = NOTHING_KNOWN
    ceilings: Mapping[str, int] = {}


def top_up_by(policy: PolicyVersion, wallet: Wallet, amount: int, at: datetime, grants: Grants) -> JudgedTopUp:
    """What a top-up of `amount`, its face value, comes to at the instant `at`: what is not funded is not given, and the top-up stands."""
    decline = judge_top_up(wallet, policy.wallet, amount)
    if decline is None and exceeds_a_limit(policy, wallet.taken.used, amount, at):
        decline = TopUpDecline.TOP_UP_LIMIT
    if decline:
        return JudgedTopUp(decline)
    facts = _facts_of(wallet, at) if policy.at_top_up else NOTHING_KNOWN
    judged_by = replace(facts, amount=amount, accepted_at=at)
    given = give(policy, AT_TOP_UP, judged_by, amount, wallet.taken, at, grants)
    layers = {layer.id: layer for layer in policy.layers}
    rewards, purses = [], {}
    for reward in given.rewards:
        layer = layers[reward.layer]
        if layer.gives is Gives.TOP_UP_DISCOUNT:
            rewards.append(TopUpReward(reward, None))
            continue
        purse = purse_into(policy, layer.into, at)
        purses[purse.id] = purse
        rewards.append(TopUpReward(reward, purse.id))
    taken = wallet.taken.change({**given.used, **topped_up(policy, amount, at)})
    return JudgedTopUp(None, tuple(rewards), tuple(purses.values()), taken, facts, given.ceilings)


def _limits_on_top_ups(policy: PolicyVersion, at: datetime) -> list[Limit]:
    """The limits that the policy puts on top-ups themselves; one of an event is none before and after it."""
    return [limit for limit in policy.wallet.top_up_limits if limit.window.is_open(at)]


def topped_up(policy: PolicyVersion, amount: int, at: datetime) -> dict[str, int]:
    """By how much a top-up uses the limits on top-ups themselves, by limit and window."""
    return {key_of(limit, at): amount for limit in _limits_on_top_ups(policy, at)}


def exceeds_a_limit(policy: PolicyVersion, usage: Usage, amount: int, at: datetime) -> bool:
    """Whether a limit on top-ups leaves no room for all of `amount`."""
    limits = _limits_on_top_ups(policy, at)
    used, carried = standing(limits, usage, at)
    return any(
        limit.amount is not None and used.get(limit.id, 0) + amount > limit.amount + carried.get(limit.id, 0)
        for limit in limits
    )


def _facts_of(wallet: Wallet, at: datetime) -> Facts:
    """What a top-up is judged by, besides its amount and instant: neither a merchant nor a card is part of it."""
    return Facts(
        member_class=wallet.member_class,
        member_district=wallet.district,
        member_age=years_since(wallet.birth_date, at) if wallet.birth_date else None,
    )
