"""What a load saw: a table by route, declines by code, and what was answered with an error."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

from bench.load.callers import Answered
from bench.load.running import Loaded

SERVER_ERROR = 500


def percentile(sorted_values: Sequence[float], share: float) -> float:
    """The least value that at least `share` of the values do not exceed. `sorted_values` is ascending and not empty."""
    return sorted_values[max(0, math.ceil(share * len(sorted_values)) - 1)]


def table(answers: Sequence[Answered]) -> list[str]:
    """A line for each route: requests, milliseconds of p50, p95, p99 and the longest, 503s that stayed, other server errors."""
    by_route: dict[str, list[Answered]] = defaultdict(list)
    for each in answers:
        by_route[each.route].append(each)
    lines = [
        f"{'route':58} {'requests':>9} {'p50':>7} {'p95':>7} {'p99':>7} {'longest':>8} {'503':>5} {'5xx':>5} {'none':>5}"
    ]
    for route, those in sorted(by_route.items()):
        times = sorted(1000 * each.seconds for each in those)
        p50, p95, p99 = (percentile(times, share) for share in (0.50, 0.95, 0.99))
        busy = sum(each.status == 503 for each in those)
        errors = sum(each.status >= SERVER_ERROR and each.status != 503 for each in those)
        silent = sum(each.status == 0 for each in those)
        lines.append(
            f"{route:58} {len(those):9,} {p50:7,.0f} {p95:7,.0f} {p99:7,.0f} {times[-1]:8,.0f} {busy:5} {errors:5} {silent:5}"
        )
    return lines


def failed(loaded: Loaded) -> int:
    """Requests without an answer, or with a server error at each attempt."""
    return sum(each.status == 0 or each.status >= SERVER_ERROR for each in loaded.answers)


def printed(loaded: Loaded, rate: float) -> str:
    """The report for a person; times are in milliseconds from the moment a request was due."""
    lines = table(loaded.answers)
    lines.append("")
    lines.append(
        f"{len(loaded.answers):,} requests in {loaded.seconds:.0f} s: {loaded.rate:.1f} a second, {rate:g} wanted."
    )
    lines.append(f"The latest was sent {1000 * loaded.latest:,.0f} ms after it was due.")
    lines.append(
        f"{sum(each.sent_again for each in loaded.answers):,} times a request was sent again, under the same key."
    )
    lines.append(_counted("Declined", Counter(each.decline for each in loaded.answers if each.decline)))
    refused = Counter(str(each.status) for each in loaded.answers if 400 <= each.status < SERVER_ERROR)
    lines.append(_counted("Refused", refused))
    return "\n".join(lines)


def _counted(what: str, counts: Counter[str]) -> str:
    listed = ", ".join(f"{count:,} {code}" for code, count in counts.most_common())
    return f"{what}: {listed or 'none'}."
