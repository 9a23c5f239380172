"""What a policy makes of a top-up: its limits, bonuses and discounts. Pure functions over plain values, amounts in won."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from eeum.calendar import years_since
from eeum.ids import Digest
from eeum.policy.conditions import Facts
from eeum.policy.rules import Gives, Limit, PolicyVersion
from eeum.policy.usage import Usage, key_of, standing
from eeum.storage import Write
from eeum.wallet.participants import Case, Participant, shares_of
from eeum.wallet.purses import purse_into
from eeum.wallet.rules import (
    NO_USAGE,
    NOTHING_KNOWN,
    LimitUsage,
    OwnDecline,
    Purse,
    TopUpDecline,
    TopUpReward,
    Wallet,
    judge_top_up,
)


class JudgedTopUp(NamedTuple):
    """Declined, or which rewards it gets, the purses that they come into, by how much it uses limits, and what it was judged by.

    `parts` and `writes` are what its participants contribute.
    """

    decline: TopUpDecline | OwnDecline | None
    rewards: tuple[TopUpReward, ...] = ()
    purses: tuple[Purse, ...] = ()
    limit_usage: LimitUsage = NO_USAGE
    facts: Facts = NOTHING_KNOWN
    ceilings: Mapping[str, int] = {}
    parts: Mapping[str, Any] = {}
    writes: tuple[Write, ...] = ()


class Counter(NamedTuple):
    """When a top-up is judged, by the policy in force at the instant `at`; `entry_key` is that of its entry."""

    policy: PolicyVersion
    at: datetime
    entry_key: Digest


def top_up_by(wallet: Wallet, counter: Counter, amount: int, participants: Sequence[Participant]) -> JudgedTopUp:
    """What a top-up of `amount`, its face value, comes to: what is not funded is not given, and the top-up stands."""
    policy, at, entry_key = counter
    decline = judge_top_up(wallet, policy.wallet, amount)
    if decline is None and exceeds_a_limit(policy, wallet.limit_usage.used, amount, at):
        decline = TopUpDecline.TOP_UP_LIMIT
    if decline:
        return JudgedTopUp(decline)
    facts = _facts_of(wallet, at) if policy.at_top_up else NOTHING_KNOWN
    judged_by = replace(facts, amount=amount, accepted_at=at)
    shares = shares_of(participants, Case(entry_key, wallet, policy, at, amount, judged_by))
    if shares.decline:
        return JudgedTopUp(shares.decline)
    given = shares.given
    layers = {layer.id: layer for layer in policy.layers}
    rewards, purses = [], {}
    for reward in given.rewards:
        layer = layers.get(reward.layer)
        # What is of no layer comes off what the bank takes.
        if layer is None or layer.gives is Gives.TOP_UP_DISCOUNT:
            rewards.append(TopUpReward(reward, None))
            continue
        purse = purse_into(policy, layer.into, at)
        purses[purse.id] = purse
        rewards.append(TopUpReward(reward, purse.id))
    limit_usage = wallet.limit_usage.change({**given.used, **topped_up(policy, amount, at)})
    into = tuple(purses.values())
    return JudgedTopUp(None, tuple(rewards), into, limit_usage, facts, given.ceilings, shares.parts, shares.writes)


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
