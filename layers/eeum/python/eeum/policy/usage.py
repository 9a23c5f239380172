"""How far limits are used where something is judged: pure functions over plain values, amounts in won.

Use is kept by limit and window (`monthly-spend@2021-01`), so that it turns by itself. Commands and postings, which keep their use apart,
ask the same questions of it.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from eeum.policy.rules import Gives, Limit, LimitId, PolicyVersion
from eeum.policy.windows import carried_into, previous_window, start_of_window, window_key, window_name

Usage = Mapping[str, int]
"""Won used by limit and window."""


class Standing(NamedTuple):
    """How far limits are used in the windows of an instant, and what was carried over into these, by limit; zeros are left out."""

    used: Mapping[LimitId, int]
    carried: Mapping[LimitId, int]


def standing(limits: Iterable[Limit], usage: Usage, at: datetime) -> Standing:
    """What `limits` have come to by `usage`, for what is accepted at `at`."""
    used, carried = {}, {}
    for limit in limits:
        if won := usage.get(key_of(limit, at)):
            used[limit.id] = won
        if left := carried_over(limit, usage, at):
            carried[limit.id] = left
    return Standing(used, carried)


def limits_of(policy: PolicyVersion, gives: frozenset[Gives]) -> dict[LimitId, Limit]:
    """The limits by id that the layers which give so use."""
    return {limit.id: limit for layer in policy.acting(gives) for limit in layer.limits}


def key_of(limit: Limit, at: datetime) -> str:
    """The window of `at`, as the limit's use in it is kept."""
    return window_key(limit.id, window_name(limit.window, at))


def key_before(limit: Limit, at: datetime) -> str | None:
    """The window of which something is carried over into that of `at`, as its use is kept; None where nothing carries over."""
    if limit.carries_over_from is None or limit.amount is None:
        return None
    before = previous_window(limit.window, window_name(limit.window, at))
    if before is None or start_of_window(limit.window, before) < limit.carries_over_from:
        return None
    return window_key(limit.id, before)


def carried_over(limit: Limit, usage: Usage, at: datetime) -> int:
    """What was left of the window before the one of `at` and is added to it, once; 0 where nothing carries over."""
    before = key_before(limit, at)
    return carried_into(limit.amount, usage.get(before, 0)) if before and limit.amount is not None else 0
