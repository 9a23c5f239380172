"""Judges a top-up by the policy: its limits, bonuses and discounts. Pure functions over plain values, amounts in won."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from eeum.calendar import years_since
from eeum.ids import Digest
from eeum.policy.conditions import Facts
from eeum.policy.rules import Limit, PolicyVersion, RewardKind
from eeum.policy.usage import Usage, key_of, window_usage
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
    """A decline, or the rewards, their purses, the limit usage and the facts of a top-up.

    `parts` and `writes` are the participants' contributions.
    """

    decline: TopUpDecline | OwnDecline | None
    rewards: tuple[TopUpReward, ...] = ()
    purses: tuple[Purse, ...] = ()
    limit_usage: LimitUsage = NO_USAGE
    facts: Facts = NOTHING_KNOWN
    funded_amounts: Mapping[str, int] = {}
    parts: Mapping[str, Any] = {}
    writes: tuple[Write, ...] = ()


class Counter(NamedTuple):
    """The instant and the policy that a top-up is judged by. `entry_key` is the key of its entry."""

    policy: PolicyVersion
    at: datetime
    entry_key: Digest


def top_up_by(wallet: Wallet, counter: Counter, amount: int, participants: Sequence[Participant]) -> JudgedTopUp:
    """Judge a top-up of the face value `amount`. Rewards that are not funded are not given, and the top-up stands."""
    policy, at, entry_key = counter
    decline = judge_top_up(wallet, policy.wallet, amount)
    if decline is None and exceeds_a_limit(policy, wallet.limit_usage.used, amount, at):
        decline = TopUpDecline.TOP_UP_LIMIT
    if decline:
        return JudgedTopUp(decline)
    facts = _facts_of(wallet, at) if policy.at_top_up else NOTHING_KNOWN
    shares = shares_of(participants, Case(entry_key, wallet, policy, at, amount, facts))
    if shares.decline:
        return JudgedTopUp(shares.decline)
    given = shares.given
    layers = {layer.id: layer for layer in policy.layers}
    rewards, purses = [], {}
    for reward in given.rewards:
        layer = layers.get(reward.layer)
        # What belongs to no layer is taken off the bank's debit.
        if layer is None or layer.reward_kind is RewardKind.TOP_UP_DISCOUNT:
            rewards.append(TopUpReward(reward, None))
            continue
        purse = purse_into(policy, layer.into, at)
        purses[purse.id] = purse
        rewards.append(TopUpReward(reward, purse.id))
    limit_usage = wallet.limit_usage.change({**given.used, **topped_up(policy, amount, at)})
    into = tuple(purses.values())
    return JudgedTopUp(
        None, tuple(rewards), into, limit_usage, facts, given.funded_amounts, shares.parts, shares.writes
    )


def _limits_on_top_ups(policy: PolicyVersion, at: datetime) -> list[Limit]:
    """The policy's limits on top-ups themselves. A limit of an event applies during the event only."""
    return [limit for limit in policy.wallet.top_up_limits if limit.window.is_open(at)]


def topped_up(policy: PolicyVersion, amount: int, at: datetime) -> dict[str, int]:
    """How much a top-up uses of the limits on top-ups themselves, by limit and window."""
    return {key_of(limit, at): amount for limit in _limits_on_top_ups(policy, at)}


def exceeds_a_limit(policy: PolicyVersion, usage: Usage, amount: int, at: datetime) -> bool:
    """Whether `amount` exceeds what a limit on top-ups has left."""
    limits = _limits_on_top_ups(policy, at)
    used, carried = window_usage(limits, usage, at)
    return any(
        limit.amount is not None and used.get(limit.id, 0) + amount > limit.amount + carried.get(limit.id, 0)
        for limit in limits
    )


def _facts_of(wallet: Wallet, at: datetime) -> Facts:
    """The facts of a top-up, besides amount and instant: it has neither a merchant nor a card."""
    return Facts(
        member_class=wallet.member_class,
        member_district=wallet.district,
        member_age=years_since(wallet.birth_date, at) if wallet.birth_date else None,
    )
