"""Which version of a policy judges which payments: one for all of them, or those of a history, each from its start."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from eeum.calendar import Month, milliseconds_of, month_of, next_month, start_of_month
from eeum.policy.check import problems_of_file
from eeum.policy.reading import policy_of
from eeum.policy.rules import PolicyVersion
from simulator.errors import NoPolicyInForce, PolicyUnusable
from simulator.sql.coverage import obstacles


@dataclass(frozen=True, slots=True)
class Stretch:
    """A version and the instants from `start` to before `end` at which it judges, in milliseconds since 1970."""

    policy: PolicyVersion
    start: int
    end: int

    def holds_at(self, instant: int) -> bool:
        return self.start <= instant < self.end

    def pays_at(self, instant: int) -> bool:
        """Whether anything is paid: not after the version's own end."""
        return self.policy.ends_at is None or instant < milliseconds_of(self.policy.ends_at)

    def __hash__(self) -> int:
        return hash((self.policy.version, self.start))


@dataclass(frozen=True, slots=True)
class Plan:
    """How one month is replayed: by statement when `obstacles` is empty, else by the evaluator."""

    month: Month
    stretches: tuple[Stretch, ...]
    obstacles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policies:
    """The versions of a simulation, in the order of their starts; `name` is what reports call them."""

    name: str
    versions: tuple[PolicyVersion, ...]

    def plan(self, month: Month) -> Plan:
        """How `month` is replayed; the versions that judge in it, each from its start or the month's.

        Raises:
            NoPolicyInForce: before the first version.
        """
        start, end = (milliseconds_of(start_of_month(each)) for each in (month, next_month(month)))
        starts = [milliseconds_of(version.starts_at) for version in self.versions]
        stretches = tuple(
            Stretch(version, max(begin, start), min(until, end))
            for version, begin, until in zip(self.versions, starts, [*starts[1:], end], strict=True)
            if begin < end and until > start
        )
        if not stretches or stretches[0].start > start:
            raise NoPolicyInForce(f"No version of {self.name} is in force in all of {month}.")
        found = [f"{why} ({each.policy.version})" for each in stretches for why in obstacles(each.policy)]
        return Plan(month, stretches, tuple(found))


def read_policies(path: Path) -> Policies:
    """One file: its version judges all payments, whenever they were. A folder: its versions judge from their starts.

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
    """The version as if it had been in force all the time: what a simulation asks of a policy that is not yet."""
    return Policies(
        version.version, (replace(version, starts_at=datetime.min.replace(tzinfo=UTC) + _DAY, ends_at=None),)
    )


_DAY = timedelta(days=1)
"""So that the first instant there is has a place in Seoul's calendar too."""


def _version(file: Path) -> PolicyVersion:
    document, problems = problems_of_file(file)
    if document is None:
        told = "; ".join(f"{path or 'document'}: {why} [{code}]" for path, code, why in problems[:3])
        raise PolicyUnusable(f"{file.name}: {told}")
    return policy_of(document)


def _check_history(versions: Sequence[PolicyVersion], path: Path) -> None:
    if len({version.programme for version in versions}) > 1:
        raise PolicyUnusable(f"The policies in {path} are of several programmes.")
    for before, after in pairwise(versions):
        if before.starts_at == after.starts_at:
            raise PolicyUnusable(f"{before.version} and {after.version} start at one instant.")


def months_between(first: int, last: int) -> list[Month]:
    """The months of Seoul from one instant to another, both in milliseconds since 1970."""
    return months_from(*(month_of(datetime.fromtimestamp(instant / 1000, UTC)) for instant in (first, last)))


def months_from(first: Month, last: Month) -> list[Month]:
    """The months from one to another, both included."""
    months = [first]
    while months[-1] < last:
        months.append(next_month(months[-1]))
    return months


def fallbacks(plans: Sequence[Plan]) -> list[str]:
    """Which months the evaluator replayed, and why, a sentence each; equal reasons once."""
    reasons: dict[str, list[str]] = {}
    for plan in plans:
        for why in plan.obstacles:
            reasons.setdefault(why, []).append(plan.month)
    return [
        f"Replayed by the evaluator, not by a statement, in {', '.join(months)}: {why}."
        for why, months in reasons.items()
    ]
