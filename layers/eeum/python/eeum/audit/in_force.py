"""The policy that judges an entry: the version in force, less suspended layers and layers whose event is closed.

The audit decides this from versions and amendments by itself: `eeum.policy.amendments` is what the ledger used.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from eeum.audit.limits import is_open
from eeum.policy.amendments import Amendment, EndChange, Lifting, Suspension, Withdrawal
from eeum.policy.rules import Layer, PolicyVersion
from eeum.policy.windows import CALENDAR_MONTH


class InForce:
    """The approved versions of a programme with their amendments, in the order in which they were stored."""

    def __init__(self, versions: Sequence[PolicyVersion], amendments: Sequence[Amendment]) -> None:
        withdrawn = {each.version for each in amendments if isinstance(each, Withdrawal)}
        moved = {each.version: each.ends_at for each in amendments if isinstance(each, EndChange)}
        kept = [each for each in versions if each.version not in withdrawn]
        self._versions = [
            replace(each, ends_at=moved[each.version]) if each.version in moved else each
            for each in sorted(kept, key=lambda each: each.starts_at, reverse=True)
        ]
        self._suspensions = [each for each in amendments if isinstance(each, Suspension)]
        self._lifted = {
            each.id: min(
                (one.at for one in amendments if isinstance(one, Lifting) and one.suspension == each.id), default=None
            )
            for each in self._suspensions
        }
        self._reduced: dict[tuple[str, tuple[str, ...]], PolicyVersion] = {}

    def at(self, instant: datetime) -> PolicyVersion | None:
        """The version in force at an instant, with the layers that pay rewards then; None before the first version."""
        version = next((each for each in self._versions if each.starts_at <= instant), None)
        if version is None:
            return None
        suspended = [each for each in self._suspensions if self._holds(each, instant)]
        if not suspended:
            return version
        names = {name for each in suspended for name in each.layers}
        whole = any(not each.layers for each in suspended)
        layers = tuple(each for each in version.layers if not whole and each.id not in names)
        return self._with(version, layers)

    def _holds(self, suspension: Suspension, instant: datetime) -> bool:
        lifted = self._lifted[suspension.id]
        ends = [end for end in (suspension.until, lifted) if end is not None]
        return instant >= suspension.start and all(instant < end for end in ends)

    def _with(self, version: PolicyVersion, layers: tuple[Layer, ...]) -> PolicyVersion:
        known = (version.version, tuple(layer.id for layer in layers))
        if known not in self._reduced:
            self._reduced[known] = replace(version, layers=layers)
        return self._reduced[known]


def open_at(policy: PolicyVersion, at: datetime) -> PolicyVersion:
    """The policy without the layers whose event is closed at an instant; the evaluator need not look at events any more."""
    if not any(layer.events for layer in policy.layers):
        return policy
    layers = (layer for layer in policy.layers if all(is_open(window, at) for window in layer.events))
    return replace(policy, layers=tuple(map(_without_events, layers)))


def _without_events(layer: Layer) -> Layer:
    if not layer.events:
        return layer
    spend = tuple(replace(limit, window=CALENDAR_MONTH) for limit in layer.spend_limits)
    return replace(
        layer,
        spend_limits=spend,
        reward_limits=tuple(replace(limit, window=CALENDAR_MONTH) for limit in layer.reward_limits),
    )
