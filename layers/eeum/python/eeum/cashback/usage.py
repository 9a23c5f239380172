"""Limit usage by accruals, by limit and window: pure functions over plain values, amounts in won.

The window is in the key (`monthly-spend@2021-01`), so a new window starts at zero. Entries store usage without the window where it is their
own month, as it mostly is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from eeum.calendar import Month, month_of, next_month, previous_month, start_of_month
from eeum.policy import usage as of_limits
from eeum.policy.rules import AFTER_PAYMENT, Limit, LimitId, PolicyVersion
from eeum.policy.usage import Usage, WindowUsage, key_before, key_of, limits_of
from eeum.policy.windows import (
    EVENT,
    MONTH,
    last_month_of,
    months_of,
    window_key,
    window_name,
)

if TYPE_CHECKING:
    from eeum.policy.use_cases import PolicyBook


def usage_at(policy: PolicyVersion, at: datetime, usage: Usage) -> WindowUsage:
    """The usage of the policy's limits on cashback for a payment at `at`, by `usage`, and what is carried over to it."""
    return of_limits.window_usage(limits_of(policy, AFTER_PAYMENT).values(), usage, at)


def asked_for(policy: PolicyVersion, at: datetime) -> set[str]:
    """The windows whose usage a payment at `at` is judged by."""
    limits = limits_of(policy, AFTER_PAYMENT).values()
    return {key_of(limit, at) for limit in limits} | carried_from(policy, at)


def carried_from(policy: PolicyVersion, at: datetime) -> set[str]:
    """The windows that carry something over into those of `at`."""
    limits = limits_of(policy, AFTER_PAYMENT).values()
    return {key for limit in limits if (key := key_before(limit, at))}


def use_in_windows(policy: PolicyVersion, at: datetime, used: Mapping[LimitId, int]) -> dict[str, int]:
    """Usage as the entry of what was accepted at `at` stores it: with the window where it is not the entry's month."""
    limits = limits_of(policy, AFTER_PAYMENT)
    return shortened({key_of(limits[limit], at): won for limit, won in used.items()}, month_of(at))


def shortened(usage: Usage, month: Month) -> dict[str, int]:
    """Usage as an entry of `month` stores it: without the window where it is this month."""
    own = window_key("", month)
    return {key.removesuffix(own): won for key, won in usage.items()}


def in_full(used: Usage, month: Month) -> dict[str, int]:
    """Usage by limit and window from what an entry of `month` stores."""
    return {key if "@" in key else window_key(key, month): won for key, won in used.items()}


def usage_with(usage: Usage, used: Usage) -> dict[str, int]:
    """The sum of both. A window with a total of zero stays, since it shows which months a wallet carries."""
    after = dict(usage)
    for key, won in used.items():
        after[key] = after.get(key, 0) + won
    return after


class Uses(Protocol):
    """An entry that says how much it uses of limits."""

    @property
    def used(self) -> Usage: ...

    @property
    def month(self) -> Month: ...


def used_by(entries: Iterable[Uses]) -> dict[str, int]:
    """Usage by limit and window, summed over entries."""
    total: dict[str, int] = {}
    for entry in entries:
        month = entry.month
        for key, won in entry.used.items():
            full = key if "@" in key else window_key(key, month)
            total[full] = total.get(full, 0) + won
    return total


def usage_to_keep(usage: Usage, carried: Iterable[str] = ()) -> dict[str, int]:
    """The windows that a wallet carries: those that reach into its latest month or the one before, for late accruals.

    Of older windows only those that something is `carried` over from.
    """
    wanted = set(carried)
    return {key: won for key, won in usage.items() if key in wanted or is_kept(usage, key)}


def latest_month(usage: Usage) -> Month | None:
    """The latest month that a wallet surely has accruals in, by the windows that it carries; None if they do not say."""
    begun = (_begins_in(key.partition("@")[2]) for key in usage)
    return max((month for month in begun if month), default=None)


def _begins_in(name: str) -> Month | None:
    """The month in which a window begins. An event's name only says when the event ends."""
    if len(name) == len("2021"):
        return f"{name}-01"
    return name[:7] if name[0].isdigit() else None


def is_kept(usage: Usage, key: str) -> bool:
    """Whether a wallet with this `usage` still stores the window of `key`. An older window's usage must be summed over its entries."""
    latest = latest_month(usage)
    return latest is None or last_month_of(key.partition("@")[2]) >= previous_month(latest)


def months_together(policies: PolicyBook, month: Month, latest: Month) -> tuple[Month, Month]:
    """The first and the last month, `latest` at most, whose cashback depends on `month` or the other way round.

    Months depend on each other when they share a limit's window or a carry-over between windows, directly or through other months. If all
    limits are monthly, it is `month` alone.
    """
    first = last = month
    while True:
        versions = policies.in_force_between(start_of_month(first), start_of_month(next_month(last)))
        limits = [limit for version in versions for limit in limits_of(version, AFTER_PAYMENT).values()]
        reached = [_reach(limit, first, last, latest) for limit in limits]
        wider = (
            min([first, *(start for start, _ in reached)]),
            min(max([last, *(end for _, end in reached)]), latest),
        )
        if wider == (first, last):
            return wider
        first, last = wider


def _reach(limit: Limit, first: Month, last: Month, latest: Month) -> tuple[Month, Month]:
    """The months that a limit connects to those from `first` to `last`.

    A carry-over connects each window to the next. So the range extends at once to `carries_over_from` and to `latest`.
    """
    window = limit.window
    if window.kind == EVENT:
        start, end = months_of(window, window_name(window, start_of_month(first)))
        return (start, end) if start <= last and end >= first else (first, last)
    since = month_of(limit.carries_over_from) if limit.carries_over_from and limit.amount is not None else None
    if window.kind == MONTH and since is None:
        return first, last
    name = window_name(window, start_of_month(first))
    start, _ = months_of(window, name)
    end = last_month_of(window_name(window, start_of_month(last)))
    if since is not None:
        start = min(start, months_of(window, window_name(window, start_of_month(since)))[0])
        if end >= since:
            end = max(end, latest)
    return start, end
