"""Limit usage at the instant of a payment or top-up: pure functions over plain values, amounts in won.

Usage is stored by limit and window (`monthly-spend@2021-01`), so that a new window starts at zero without any job. Usage by commands
and usage by accruals are stored apart; these functions serve both.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from eeum.policy.rules import Limit, LimitId, PolicyVersion, RewardKind
from eeum.policy.windows import carried_into, previous_window, start_of_window, window_key, window_name

Usage = Mapping[str, int]
"""Limit usage in won, by limit and window: `monthly-spend@2021-01`."""


class WindowUsage(NamedTuple):
    """Limit usage in the windows of one instant, and what was carried over into them, in won by limit; zeros are left out."""

    used: Mapping[LimitId, int]
    carried: Mapping[LimitId, int]


def window_usage(limits: Iterable[Limit], usage: Usage, at: datetime) -> WindowUsage:
    """The usage of `limits` in the windows of `at`, and what was carried over into these windows."""
    used, carried = {}, {}
    for limit in limits:
        if won := usage.get(key_of(limit, at)):
            used[limit.id] = won
        if left := carried_over(limit, usage, at):
            carried[limit.id] = left
    return WindowUsage(used, carried)


def limits_of(policy: PolicyVersion, kinds: frozenset[RewardKind]) -> dict[LimitId, Limit]:
    """The limits, by id, of the layers that give one of `kinds`."""
    return {limit.id: limit for layer in policy.acting(kinds) for limit in layer.limits}


def key_of(limit: Limit, at: datetime) -> str:
    """The key under which the limit's usage in the window of `at` is stored."""
    return window_key(limit.id, window_name(limit.window, at))


def key_before(limit: Limit, at: datetime) -> str | None:
    """The key of the window before the one of `at`, if that window carries over into it; else None."""
    if limit.carries_over_from is None or limit.amount is None:
        return None
    before = previous_window(limit.window, window_name(limit.window, at))
    if before is None or start_of_window(limit.window, before) < limit.carries_over_from:
        return None
    return window_key(limit.id, before)


def carried_over(limit: Limit, usage: Usage, at: datetime) -> int:
    """The won that the window before carries over into the one of `at`; 0 where nothing carries over."""
    before = key_before(limit, at)
    return carried_into(limit.amount, usage.get(before, 0)) if before and limit.amount is not None else 0
