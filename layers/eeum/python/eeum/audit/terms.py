"""The policy in force when an entry was accepted, and the windows of its limits at that time, computed once per wallet."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from eeum.audit.in_force import open_at
from eeum.audit.limits import FIRST_HALF, LimitAt, limits_at, limits_of
from eeum.calendar import parse_instant
from eeum.policy.rules import AFTER_PAYMENT, PolicyVersion

PolicyAt = Callable[[datetime], PolicyVersion | None]


class Judged(NamedTuple):
    """What judges an entry: the policy in force, the instant of acceptance, and the limits of rewards after a payment.

    `open` is the policy without layers whose event is closed then.
    """

    policy: PolicyVersion
    at: datetime
    limits: tuple[LimitAt, ...]
    open: PolicyVersion

    @property
    def gives(self) -> bool:
        """Whether layers pay rewards: they do until the version ends."""
        return self.policy.ends_at is None or self.at < self.policy.ends_at


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
                None
                if policy is None
                else Judged(policy, at, self._limits_of(policy, at, accepted_at), open_at(policy, at))
            )
        return self._judged[accepted_at]

    def _limits_of(self, policy: PolicyVersion, at: datetime, accepted_at: str) -> tuple[LimitAt, ...]:
        """The limits at an instant. Their windows change at most twice a month, so they are computed once for each half."""
        half = (id(policy), accepted_at[:7], int(accepted_at[8:10]) > FIRST_HALF)
        if half not in self._limits:
            self._limits[half] = limits_at(limits_of(policy, AFTER_PAYMENT), at)
        return self._limits[half]
