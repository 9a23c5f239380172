"""Choose the policy version for each payment: one version for all, or the versions of a history, each from its start."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from eeum.calendar import Month, milliseconds_of, month_of, next_month, start_of_month
from eeum.policy.check import problems_of_file
from eeum.policy.reading import policy_of
from eeum.policy.rules import AT_TOP_UP, PolicyVersion
from eeum.policy.windows import (
    EVENT,
    HALF_MONTH,
    Window,
    previous_window,
    start_of_window,
    window_key,
    window_name,
)
from simulator.errors import NoPolicyInForce, PolicyUnusable
from simulator.sql.coverage import obstacles


@dataclass(frozen=True, slots=True)
class Stretch:
    """A version and the period from `start` until `end` (exclusive, milliseconds since 1970) in which it applies and no window changes.

    The policy has only the layers that give rewards for payments in that period. `keys` has the key of the window of each limit and
    pool; `previous` has the key of the window before, for limits that carry over.
    """

    policy: PolicyVersion
    start: int
    end: int
    keys: Mapping[str, str]
    previous: Mapping[str, str]

    @property
    def obstacles(self) -> tuple[str, ...]:
        """The reasons why the evaluator must replay it."""
        return obstacles(self.policy)


@dataclass(frozen=True, slots=True)
class Plan:
    """The stretches of one month, replayed one after the other."""

    month: Month
    stretches: tuple[Stretch, ...]

    @property
    def keys(self) -> frozenset[str]:
        """Keys of the windows whose usage the month needs."""
        return frozenset(
            key for stretch in self.stretches for key in (*stretch.keys.values(), *stretch.previous.values())
        )

    @property
    def obstacles(self) -> tuple[str, ...]:
        """The reasons why the evaluator must replay parts of the month, each with its version."""
        found = [f"{why} ({each.policy.version})" for each in self.stretches for why in each.obstacles]
        return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Policies:
    """The versions of a simulation in the order of their starts; reports use `name`."""

    name: str
    versions: tuple[PolicyVersion, ...]

    def plan(self, month: Month) -> Plan:
        """Divide `month` into stretches at the starts of versions and the changes of windows.

        Raises:
            NoPolicyInForce: the month begins before the first version.
        """
        start, end = (milliseconds_of(start_of_month(each)) for each in (month, next_month(month)))
        starts = [milliseconds_of(version.starts_at) for version in self.versions]
        held = [
            (version, max(begin, start), min(until, end))
            for version, begin, until in zip(self.versions, starts, [*starts[1:], end], strict=True)
            if begin < end and until > start
        ]
        if not held or held[0][1] > start:
            raise NoPolicyInForce(f"No version of {self.name} is in force in all of {month}.")
        stretches = [
            _stretch(version, *part)
            for version, begin, until in held
            for part in pairwise([begin, *_turns(version, month, begin, until), until])
        ]
        return Plan(month, tuple(stretches))

    @property
    def flags(self) -> frozenset[str]:
        """The flags of shops that conditions compare."""
        return frozenset(flag for version in self.versions for flag in version.merchants.flags)

    @property
    def at_top_ups(self) -> tuple[str, ...]:
        """Layers that apply at top-ups, whose cost payments do not show."""
        return tuple(dict.fromkeys(layer.id for version in self.versions for layer in version.at_top_up))


def layers_of(runs: Iterable[Policies]) -> frozenset[str]:
    """The ids of all layers of all versions."""
    return frozenset(layer.id for run in runs for version in run.versions for layer in version.layers)


def _windows(version: PolicyVersion) -> Iterator[Window]:
    yield from (limit.window for layer in version.layers for limit in layer.limits)
    yield from (pool.window for pool in version.pools.values())


def _turns(version: PolicyVersion, month: Month, start: int, end: int) -> list[int]:
    """The instants within a part of a month at which the version, or one of its windows, begins or ends."""
    turns = {milliseconds_of(version.ends_at)} if version.ends_at is not None else set()
    for window in _windows(version):
        if window.kind == HALF_MONTH:
            turns.add(milliseconds_of(start_of_window(window, f"{month}-2")))
        if window.kind == EVENT:
            turns |= {milliseconds_of(each) for each in (window.start, window.until) if each is not None}
    return sorted(turn for turn in turns if start < turn < end)


def _stretch(version: PolicyVersion, start: int, end: int) -> Stretch:
    at = datetime.fromtimestamp(start / 1000, UTC)
    # A closed pool pays nothing, but its layers still count spend.
    pools = {pool.id: window_name(pool.window, at) for pool in version.pools.values() if pool.window.is_open(at)}
    layers = tuple(
        layer
        for layer in version.layers
        if layer.reward_kind not in AT_TOP_UP
        and version.pays_at(at)
        and all(window.is_open(at) for window in layer.events)
    )
    limits = {limit.id: limit for layer in layers for limit in layer.limits}
    names = {limit.id: window_name(limit.window, at) for limit in limits.values()}
    before = {
        limit.id: previous
        for limit in limits.values()
        if limit.amount is not None
        and limit.carries_over_from is not None
        and (previous := previous_window(limit.window, names[limit.id])) is not None
        and start_of_window(limit.window, previous) >= limit.carries_over_from
    }
    return Stretch(
        replace(version, layers=layers),
        start,
        end,
        {name: window_key(name, window) for name, window in (names | pools).items()},
        {name: window_key(name, window) for name, window in before.items()},
    )


def read_policies(path: Path) -> Policies:
    """Read policies: a file's version applies to all payments at any time; a folder's versions apply from their starts.

    Raises:
        PolicyUnusable: with the first faults.
    """
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    versions = sorted((_version(file) for file in files), key=lambda version: version.starts_at)
    if not versions:
        raise PolicyUnusable(f"There is no policy in {path}.")
    if not path.is_dir():
        return always(versions[0])
    _check_history(versions, path)
    return Policies(versions[0].programme, tuple(versions))


def always(version: PolicyVersion) -> Policies:
    """Return the version as if it had always been in force, to simulate a policy that has not started."""
    return Policies(
        version.version, (replace(version, starts_at=datetime.min.replace(tzinfo=UTC) + _DAY, ends_at=None),)
    )


_DAY = timedelta(days=1)
"""Early enough for every payment, and late enough to have a date in Seoul's calendar."""


def _version(file: Path) -> PolicyVersion:
    document, problems = problems_of_file(file)
    if document is None:
        listed = "; ".join(f"{path or 'document'}: {why} [{code}]" for path, code, why in problems[:3])
        raise PolicyUnusable(f"{file.name}: {listed}")
    return policy_of(document)


def _check_history(versions: Sequence[PolicyVersion], path: Path) -> None:
    if len({version.programme for version in versions}) > 1:
        raise PolicyUnusable(f"The policies in {path} are of several programmes.")
    for before, after in pairwise(versions):
        if before.starts_at == after.starts_at:
            raise PolicyUnusable(f"{before.version} and {after.version} start at one instant.")


def months_between(first: int, last: int) -> list[Month]:
    """The months in Seoul from one instant to another, both in milliseconds since 1970."""
    return months_from(*(month_of(datetime.fromtimestamp(instant / 1000, UTC)) for instant in (first, last)))


def months_from(first: Month, last: Month) -> list[Month]:
    """The months from one to another, both included."""
    months = [first]
    while months[-1] < last:
        months.append(next_month(months[-1]))
    return months


def fallbacks(plans: Sequence[Plan]) -> list[str]:
    """A sentence for each reason why the evaluator replayed months, with these months."""
    reasons: dict[str, list[str]] = {}
    for plan in plans:
        for why in plan.obstacles:
            reasons.setdefault(why, []).append(plan.month)
    return [
        f"Replayed by the evaluator, not by a statement, in {', '.join(months)}: {why}."
        for why, months in reasons.items()
    ]


def left_out(policies: Policies) -> list[str]:
    """A sentence for each layer that is not part of the cost, since payments do not show top-ups."""
    return [
        f"Not in the cost of {policies.name}: layer {layer}, which gives at top-ups." for layer in policies.at_top_ups
    ]
