"""Which policy is in force when something is accepted, and in which windows its limits count then: worked out once for a wallet."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from eeum.calendar import parse_instant
from eeum.policy.rules import AFTER_PAYMENT, Limit, PolicyVersion
from eeum.policy.usage import key_before, key_of, limits_of
from eeum.policy.windows import carried_into

PolicyAt = Callable[[datetime], PolicyVersion | None]
Window = str
"""A limit and the name of one of its windows: `monthly-spend@2021-01`."""

_SECOND_HALF = "16"


class LimitAt(NamedTuple):
    """A limit in the window of an instant, and the window that something is carried over from into it."""

    limit: Limit
    window: Window
    carried_from: Window | None


class Judged(NamedTuple):
    """What judges something: the policy in force, the instant it was accepted, the limits of what is given after a payment."""

    policy: PolicyVersion
    at: datetime
    limits: tuple[LimitAt, ...]

    def standing(self, usage: dict[Window, int]) -> tuple[dict[str, int], dict[str, int]]:
        """By limit, the won used so far and those carried over."""
        used, carried = {}, {}
        for limit, window, carried_from in self.limits:
            if won := usage.get(window):
                used[limit.id] = won
            if carried_from and limit.amount is not None:
                carried[limit.id] = carried_into(limit.amount, usage.get(carried_from, 0))
        return used, carried


class Terms:
    """What judges each entry of a wallet, by the instant that it was accepted at."""

    def __init__(self, policy_at: PolicyAt) -> None:
        self._policy_at = policy_at
        self._judged: dict[str, Judged | None] = {}
        self._limits: dict[tuple[int, str, bool], tuple[LimitAt, ...]] = {}

    def at(self, accepted_at: str) -> Judged | None:
        """None where no policy is in force. Raises `Invalid` for what is no instant."""
        if accepted_at not in self._judged:
            at = parse_instant(accepted_at, "accepted_at")
            policy = self._policy_at(at)
            self._judged[accepted_at] = (
                None if policy is None else Judged(policy, at, self._limits_of(policy, at, accepted_at))
            )
        return self._judged[accepted_at]

    def _limits_of(self, policy: PolicyVersion, at: datetime, accepted_at: str) -> tuple[LimitAt, ...]:
        """Windows are whole halves of months, or the same at every instant."""
        half = (id(policy), accepted_at[:7], accepted_at[8:10] >= _SECOND_HALF)
        if half not in self._limits:
            limits = limits_of(policy, AFTER_PAYMENT).values()
            self._limits[half] = tuple(LimitAt(limit, key_of(limit, at), key_before(limit, at)) for limit in limits)
        return self._limits[half]
