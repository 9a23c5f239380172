"""Limits in their windows, what a window carries over, and how funders share a reward: the audit's own arithmetic.

It shares nothing with `eeum.policy.usage`, `eeum.policy.windows` and `eeum.money`, so that an error there is found here. Months are
counted from year 0, and windows follow from these counts.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from eeum.calendar import SEOUL
from eeum.policy.rules import Layer, Limit, PolicyVersion, Pool, RewardKind

Window = str
"""A limit and the name of one of its windows: `monthly-spend@2021-01`."""

Usage = Mapping[Window, int]
"""Limit usage in won, by limit and window."""

FIRST_HALF = 15
MONTHS = 12


class LimitAt(NamedTuple):
    """A limit in its window at an instant, and the window that it carries over from."""

    limit: Limit
    window: Window
    carried_from: Window | None

    def left_over(self, usage: Usage) -> int:
        """The won that the window before did not use and adds to this one."""
        if self.carried_from is None or self.limit.amount is None:
            return 0
        unused = self.limit.amount - usage.get(self.carried_from, 0)
        return unused if unused > 0 else 0

    def most(self, usage: Usage) -> int | None:
        """The most won that may be used in this window; None where the limit only counts."""
        return None if self.limit.amount is None else self.limit.amount + self.left_over(usage)


def limits_at(limits: Iterable[Limit], at: datetime) -> tuple[LimitAt, ...]:
    """Each limit once, in its window at an instant."""
    by_id = {limit.id: limit for limit in limits}
    return tuple(LimitAt(limit, window_at(limit, at), window_before(limit, at)) for limit in by_id.values())


def limits_of(policy: PolicyVersion, gives: frozenset[RewardKind]) -> list[Limit]:
    """The limits of the layers that give one of `gives`."""
    return [limit for layer in layers_of(policy, gives) for limit in (*layer.spend_limits, *layer.reward_limits)]


def layers_of(policy: PolicyVersion, gives: frozenset[RewardKind]) -> list[Layer]:
    return [layer for layer in policy.layers if layer.reward_kind in gives]


def used_and_carried(limits: Iterable[LimitAt], usage: Usage) -> tuple[dict[str, int], dict[str, int]]:
    """By limit, the won used in its window, and those carried over into it; zeros are left out."""
    limits = tuple(limits)
    used = {each.limit.id: won for each in limits if (won := usage.get(each.window, 0))}
    carried = {each.limit.id: won for each in limits if (won := each.left_over(usage))}
    return used, carried


def window_at(limit: Limit | Pool, at: datetime) -> Window:
    """The window of a limit or pool that an instant falls into."""
    local = at.astimezone(SEOUL)
    month = local.year * MONTHS + local.month - 1
    match limit.window.kind:
        case "event":
            name = f"until-{limit.window.until.astimezone(SEOUL):%Y-%m}" if limit.window.until else ""
        case "year":
            name = f"{local.year:04d}"
        case "half_month":
            name = f"{_month(month)}-{2 if local.day > FIRST_HALF else 1}"
        case _:
            name = _month(month)
    return f"{limit.id}@{name}"


def window_before(limit: Limit, at: datetime) -> Window | None:
    """The window before the one of an instant, if it carries over; one that began before `carries_over_from` does not."""
    if limit.carries_over_from is None or limit.amount is None:
        return None
    local = at.astimezone(SEOUL)
    month = local.year * MONTHS + local.month - 1
    match limit.window.kind:
        case "event":
            return None
        case "year":
            name, begins = f"{local.year - 1:04d}", datetime(local.year - 1, 1, 1, tzinfo=SEOUL)
        case "half_month" if local.day > FIRST_HALF:
            name, begins = f"{_month(month)}-1", _begins(month, 1)
        case "half_month":
            name, begins = f"{_month(month - 1)}-2", _begins(month - 1, FIRST_HALF + 1)
        case _:
            name, begins = _month(month - 1), _begins(month - 1, 1)
    return f"{limit.id}@{name}" if begins >= limit.carries_over_from else None


def is_open(window: object, at: datetime) -> bool:
    """Whether a window counts at an instant: an event from its start until just before its end, any other always."""
    start, until = getattr(window, "start", None), getattr(window, "until", None)
    return not (start is not None and at < start) and not (until is not None and at >= until)


def last_month(name: str) -> str:
    """The last month that a window reaches into, from its name: that of a year is December."""
    bare = name.removeprefix("until-")
    return bare[:7] if "-" in bare else f"{bare}-12"


def shares(layer: Layer, won: int) -> list[tuple[str, int]]:
    """The part of each funder in `won` won of a layer's reward: rounded down, and the last funder pays the rest."""
    whole, left, parts = sum(layer.shares), won, []
    for funder, share in zip(layer.funders[:-1], layer.shares[:-1], strict=True):
        parts.append((funder, won * share // whole))
        left -= parts[-1][1]
    return [*parts, (layer.funders[-1], left)]


def _month(months: int) -> str:
    return f"{months // MONTHS:04d}-{months % MONTHS + 1:02d}"


def _begins(months: int, day: int) -> datetime:
    return datetime(months // MONTHS, months % MONTHS + 1, day, tzinfo=SEOUL)
