"""A reference evaluator that computes rewards from a document won by won: slow, and simple enough to be checked by reading.

It shares no code with the evaluator, and follows docs/policy-language/meanings.md. The numbers in the comments are those of that
page's table.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from math import floor
from typing import Any

SEOUL = timezone(timedelta(hours=9))
DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
AFTER, AT_PAYMENT, AT_TOP_UP = {"cashback", "payback"}, {"discount"}, {"top_up_bonus", "top_up_discount"}


@dataclass
class Given:
    """By layer, won given and won accepted; by limit, the won added to its usage."""

    won: dict[str, int] = field(default_factory=dict)
    accepted: dict[str, int] = field(default_factory=dict)
    used: dict[str, int] = field(default_factory=dict)
    funders: dict[str, dict[str, int]] = field(default_factory=dict)


class Reference:
    """One member under one document. `uses` has every use of a limit with its instant; windows are computed again each time."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.limits = {limit["id"]: limit for limit in document.get("limits", [])}
        self.uses: list[tuple[str, datetime, int]] = []

    def give(
        self, acts: set[str], facts: dict[str, Any], base: int, at: datetime, ceilings: dict[str, int] | None = None
    ) -> Given:
        at = at.astimezone(SEOUL)
        layers = [layer for layer in self.document["layers"] if layer.get("gives", "cashback") in acts]
        alone = {layer["id"]: self._alone(layer, facts, base, at) for layer in layers}
        chosen = [layer for layer in layers if self._counts_in_its_group(layer, layers, alone, at)]
        given = Given()
        price_left = base - 1  # 14
        for layer in layers:
            name = layer["id"]
            won, accepted = (
                alone[name] if layer in chosen else (0, 0)
            )  # 10: a layer with `counts: all` still counts everything (7)
            self._count_spend(layer, base, accepted, at, given)
            if not accepted:
                continue
            off_price = layer.get("gives") in ("discount", "top_up_discount")
            if off_price:
                won = min(won, price_left)
            for limit in self._of(layer, reward=True):  # 9
                if limit.get("amount") is not None:
                    won = min(won, max(self._left(limit, at) - given.used.get(limit["id"], 0), 0))
            won = min(won, (ceilings or {}).get(name, won))
            for limit in self._of(layer, reward=True):  # 8
                given.used[limit["id"]] = given.used.get(limit["id"], 0) + won
            price_left -= won if off_price else 0
            given.won[name], given.accepted[name] = won, accepted
            given.funders[name] = _shared(won, layer["funders"])
        self.uses += [(limit, at, won) for limit, won in given.used.items()]
        return given

    def left(self, limit_id: str, at: datetime) -> int:
        return self._left(self.limits[limit_id], at.astimezone(SEOUL))

    # --- one layer, as if it were alone -----------------------------------------------------------------------------------

    def _alone(self, layer: dict[str, Any], facts: dict[str, Any], base: int, at: datetime) -> tuple[int, int]:
        """Won before reward limits, capped by `most_at_once`, and won accepted."""
        won, accepted = self._uncapped(layer, facts, base, at)
        most = layer.get("most_at_once")
        return won if most is None else min(won, most), accepted

    def _uncapped(self, layer: dict[str, Any], facts: dict[str, Any], base: int, at: datetime) -> tuple[int, int]:
        open_now = all(_is_open(limit, at) for limit in self._all(layer))  # 13
        if not open_now or not holds(layer.get("when"), facts, at):
            return 0, 0
        spend = self._of(layer, reward=False)
        start = self._used(spend[0], at) if spend else 0
        room = 0
        while room < base and all(limit.get("amount") is None or room < self._left(limit, at) for limit in spend):
            room += 1
        steps = layer.get("steps")
        if steps and steps["per"] == "payment":  # 11
            won = _steps(steps, room)
            return won, room if won else 0
        if steps:
            return _steps(steps, start + room) - _steps(steps, start), room
        exact, accepted = Fraction(0), 0
        for won_number in range(start, start + room):  # 4
            rate = _rate(layer["bands"], won_number, facts)
            exact += Fraction(rate, 10_000)
            accepted += rate > 0  # 7
        return floor(exact), accepted

    def _counts_in_its_group(
        self, layer: dict[str, Any], layers: list[dict[str, Any]], alone: dict[str, tuple[int, int]], at: datetime
    ) -> bool:
        group = layer.get("exclusive")
        if group is None:
            return True
        members = [each for each in layers if each.get("exclusive") == group and alone[each["id"]][1]]
        if layer not in members:
            return False
        how = next(each["counts"] for each in self.document["groups"] if each["id"] == group)
        if how == "first":
            return layer is members[0]

        def after_limits(each: dict[str, Any]) -> int:  # 10
            capped = [limit for limit in self._of(each, reward=True) if limit.get("amount") is not None]
            return min([alone[each["id"]][0], *(self._left(limit, at) for limit in capped)])

        best = max(after_limits(each) for each in members)
        return layer is next(each for each in members if after_limits(each) == best)

    def _count_spend(self, layer: dict[str, Any], base: int, accepted: int, at: datetime, given: Given) -> None:
        for limit in self._of(layer, reward=False):
            won = accepted
            if layer.get("counts") == "all" and all(_is_open(each, at) for each in self._all(layer)):
                won = base if limit.get("amount") is None else min(base, self._left(limit, at))
            given.used[limit["id"]] = max(given.used.get(limit["id"], 0), won)  # 6

    def _all(self, layer: dict[str, Any]) -> list[dict[str, Any]]:
        return [self.limits[name] for name in layer.get("limits", [])]

    def _of(self, layer: dict[str, Any], *, reward: bool) -> list[dict[str, Any]]:
        return [limit for limit in self._all(layer) if (limit["measure"] == "reward") is reward]

    # --- limits in their windows ------------------------------------------------------------------------------------------

    def _used(self, limit: dict[str, Any], at: datetime) -> int:
        start, end = _window(limit, at)
        return sum(won for name, when, won in self.uses if name == limit["id"] and start <= when < end)

    def _left(self, limit: dict[str, Any], at: datetime) -> int:
        return max(limit["amount"] + self._carried(limit, at) - self._used(limit, at), 0)

    def _carried(self, limit: dict[str, Any], at: datetime) -> int:
        """12"""
        since = limit.get("carries_over_from")
        if since is None:
            return 0
        start, _ = _window(limit, at)
        before = start - timedelta(microseconds=1)
        if _window(limit, before)[0] < datetime.fromisoformat(since):
            return 0
        return max(int(limit["amount"]) - self._used(limit, before), 0)


def _window(limit: dict[str, Any], at: datetime) -> tuple[datetime, datetime]:
    """2"""
    kind = limit["window"]
    if kind == "event":
        return datetime.fromisoformat(limit["from"]), datetime.fromisoformat(limit["until"])
    month = datetime(at.year, at.month, 1, tzinfo=SEOUL)
    middle = datetime(at.year, at.month, 16, tzinfo=SEOUL)
    after = datetime(at.year + at.month // 12, at.month % 12 + 1, 1, tzinfo=SEOUL)
    if kind == "month":
        return month, after
    if kind == "half_month":
        return (month, middle) if at < middle else (middle, after)
    return datetime(at.year, 1, 1, tzinfo=SEOUL), datetime(at.year + 1, 1, 1, tzinfo=SEOUL)


def _is_open(limit: dict[str, Any], at: datetime) -> bool:
    if limit["window"] != "event":
        return True
    start, end = _window(limit, at)
    return start <= at < end


def _rate(bands: list[dict[str, Any]], won_number: int, facts: dict[str, Any]) -> int:
    for band in bands:
        if band["from"] <= won_number and (band["up_to"] is None or won_number < band["up_to"]):
            rate = band["rate_basis_points"]
            return int(facts.get("merchant_own_rate", 0) if rate == "merchant" else rate)
    return 0


def _steps(steps: dict[str, Any], won: int) -> int:
    if steps.get("reached") is not None:
        given = 0
        for step in steps["reached"]:
            if won >= step["from"]:
                given = step["gives"]
        return int(given)
    given = 0
    while won >= steps["every"]:
        won -= steps["every"]
        given += steps["gives"]
    return given


def _shared(won: int, funders: list[dict[str, Any]]) -> dict[str, int]:
    total = sum(funder["share"] for funder in funders)
    parts = {funder["funder"]: floor(Fraction(won * funder["share"], total)) for funder in funders[:-1]}
    return parts | {funders[-1]["funder"]: won - sum(parts.values())}


def holds(condition: dict[str, Any] | None, facts: dict[str, Any], at: datetime) -> bool:
    """Whether a condition of a document holds; an unknown fact satisfies no condition."""
    if condition is None:
        return True
    if "all" in condition:
        return all(holds(part, facts, at) for part in condition["all"])
    if "any" in condition:
        return any(holds(part, facts, at) for part in condition["any"])
    if "not" in condition:
        return not holds(condition["not"], facts, at)
    if condition["fact"] == "instant":
        start, end = condition.get("from"), condition.get("until")
        late_enough = start is None or at >= datetime.fromisoformat(start)
        return late_enough and (end is None or at < datetime.fromisoformat(end))
    return _holds_of(condition, {**facts, "weekday": DAYS[at.weekday()], "day_of_month": at.day}, at)


def _holds_of(condition: dict[str, Any], facts: dict[str, Any], at: datetime) -> bool:
    if condition["fact"] == "time_of_day":
        time, start, end = at.hour * 60 + at.minute, _minutes(condition["from"]), _minutes(condition["until"])
        return start <= time < end if start <= end else not end <= time < start
    known = facts.get(condition["fact"])
    if known is None:
        return False
    if "in" in condition:
        return known in condition["in"]
    if "has" in condition:
        return condition["has"] in known
    return all(
        (
            condition.get("above") is None or known > condition["above"],
            condition.get("at_least") is None or known >= condition["at_least"],
            condition.get("at_most") is None or known <= condition["at_most"],
            condition.get("below") is None or known < condition["below"],
        )
    )


def _minutes(time: str) -> int:
    hours, minutes = time.split(":")
    return int(hours) * 60 + int(minutes)
