"""The policy in force when an entry was accepted, and the windows of its limits at that time, computed once per wallet."""

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
    """A limit in its window at an instant, and the window that it carries over from."""

    limit: Limit
    window: Window
    carried_from: Window | None


class Judged(NamedTuple):
    """What judges an entry: the policy in force, the instant of acceptance, and the limits of rewards after a payment."""

    policy: PolicyVersion
    at: datetime
    limits: tuple[LimitAt, ...]

    def limit_usage(self, usage: dict[Window, int]) -> tuple[dict[str, int], dict[str, int]]:
        """By limit, the won used so far and those carried over."""
        used, carried = {}, {}
        for limit, window, carried_from in self.limits:
            if won := usage.get(window):
                used[limit.id] = won
            if carried_from and limit.amount is not None:
                carried[limit.id] = carried_into(limit.amount, usage.get(carried_from, 0))
        return used, carried


class Terms:
    """What judges each entry of a wallet, by its instant of acceptance."""

    def __init__(self, policy_at: PolicyAt) -> None:
        self._policy_at = policy_at
        self._judged: dict[str, Judged | None] = {}
        self._limits: dict[tuple[int, str, bool], tuple[LimitAt, ...]] = {}

    def at(self, accepted_at: str) -> Judged | None:
        """What judges an entry; None if no policy is in force. Raises `Invalid` for text that is not an instant."""
        if accepted_at not in self._judged:
            at = parse_instant(accepted_at, "accepted_at")
            policy = self._policy_at(at)
            self._judged[accepted_at] = (
                None if policy is None else Judged(policy, at, self._limits_of(policy, at, accepted_at))
            )
        return self._judged[accepted_at]

    def _limits_of(self, policy: PolicyVersion, at: datetime, accepted_at: str) -> tuple[LimitAt, ...]:
        """The limits at an instant. Their windows change at most twice a month, so they are computed once for each half."""
        half = (id(policy), accepted_at[:7], accepted_at[8:10] >= _SECOND_HALF)
        if half not in self._limits:
            limits = limits_of(policy, AFTER_PAYMENT).values()
            self._limits[half] = tuple(LimitAt(limit, key_of(limit, at), key_before(limit, at)) for limit in limits)
        return self._limits[half]
