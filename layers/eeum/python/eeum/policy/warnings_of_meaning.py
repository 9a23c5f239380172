"""Warnings about how parts of a valid document work together: nights, bands, groups, sums, and the version before.

`eeum.policy.document_warnings` has the warnings about single parts, and yields all of them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from itertools import combinations
from typing import Any

from eeum.calendar import SEOUL, is_in_bounds
from eeum.policy.conditions import WEEKDAYS
from eeum.policy.plain_layers import furthest
from eeum.policy.reading import period_of
from eeum.policy.rules import RewardKind
from eeum.policy.validation_conditions import Problem
from eeum.policy.windows import EVENT, Window, start_of_window, window_name

MIDNIGHT_OF_UTC = time(9)
"""Midnight in UTC as a time of day in Seoul."""

ADDED = re.compile(
    r"추가|더 |더하|또 |자체|특별|\b(more|extra|added|on top|bonus|another|additional|own)\b", re.ASCII | re.IGNORECASE
)
"""Words in a title that say that a layer adds to others on purpose."""


def warnings_of_meaning(document: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield the warnings about a document without faults."""
    yield from _midnight_of_utc(document)
    yield from _nights(document["layers"])
    yield from _beyond_the_bands(document)
    yield from _pools_in_groups(document["layers"])
    yield from _adds_up(document["layers"])


def starts_from_zero(document: Mapping[str, Any], before: Mapping[str, Any]) -> Iterator[Problem]:
    """New limits that replace one of the version before in the middle of its window, and so start from zero."""
    starts_at, _ = period_of(document)
    own = {limit["id"] for limit in document.get("limits") or ()}
    known = {limit["id"] for limit in before.get("limits") or ()}
    gone = [limit for limit in before.get("limits") or () if limit["id"] not in own]
    for index, limit in enumerate(document.get("limits") or ()):
        if limit["id"] in known or limit["window"] == EVENT or limit.get("amount") is None:
            continue
        window = Window(limit["window"])
        begun = start_of_window(window, window_name(window, starts_at))
        like = [each for each in gone if (each["measure"], each["window"]) == (limit["measure"], limit["window"])]
        if like and begun < starts_at:
            old = like[0]["id"]
            why = f"{limit['id']} starts from zero in the middle of its window. A member who used up {old} of the version before"
            why += f" gets {limit['amount']:,} won again. To count that usage, keep the id {old}."
            yield f"limits.{index}.id", "starts_from_zero", why


def _midnight_of_utc(document: Mapping[str, Any]) -> Iterator[Problem]:
    for path in ("starts_at", "ends_at"):
        if document.get(path) is None:
            continue
        at = datetime.fromisoformat(document[path]).astimezone(SEOUL)
        if is_in_bounds(at) and at.timetz().replace(tzinfo=None) == MIDNIGHT_OF_UTC:
            midnight = (at - timedelta(hours=9)).isoformat()
            why = f"It is midnight in UTC, which is 09:00 in Seoul. In Seoul the day begins at {midnight}."
            yield path, "midnight_of_utc", why


def _nights(layers: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    for index, layer in enumerate(layers):
        for parts in _joined(layer.get("when")):
            night = next(
                (each for each in parts if each.get("fact") == "time_of_day" and each["from"] > each["until"]), None
            )
            day = next((each for each in parts if _names_days(each)), None)
            if night and day:
                name = day["in"][-1] if day["fact"] == "weekday" else "the last of these days"
                why = f"From {night['from']} until {night['until']} on {name} means {name} before {night['until']} and {name} from"
                why += (
                    f" {night['from']} on, not the night that follows. For that night, write two conditions under any."
                )
                yield f"layers.{index}.when", "night_of_one_day", why


def _names_days(part: Mapping[str, Any]) -> bool:
    if part.get("fact") == "weekday":
        return set(part.get("in") or ()) < set(WEEKDAYS)
    return part.get("fact") == "day_of_month"


def _joined(when: Mapping[str, Any] | None) -> Iterator[list[Mapping[str, Any]]]:
    """Lists of conditions on facts that must hold at the same time: those of each `all`, with those around it."""
    if when is None:
        return
    yield from _under([], when)


def _under(around: list[Mapping[str, Any]], when: Mapping[str, Any]) -> Iterator[list[Mapping[str, Any]]]:
    parts = when.get("all") or [when]
    facts = [*around, *(part for part in parts if "fact" in part)]
    inner = [
        each for part in parts for each in (part.get("any") or ([part] if "all" in part and part is not when else []))
    ]
    if not inner:
        yield facts
    for each in inner:
        yield from _under(facts, each)


def _beyond_the_bands(document: Mapping[str, Any]) -> Iterator[Problem]:
    for index, limit in enumerate(document.get("limits") or ()):
        amount = limit.get("amount")
        if limit["measure"] == "reward" or amount is None or limit.get("carries_over_from") is not None:
            continue
        end = furthest(document, limit["id"])
        if end < amount:
            why = f"No layer gives anything above {end:,.0f} won, where the last band ends, so {limit['id']} could be that amount."
            yield f"limits.{index}.amount", "beyond_the_bands", why


def _pools_in_groups(layers: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    for index, layer in enumerate(layers):
        group = layer.get("exclusive")
        others = [each for each in layers if each.get("exclusive") == group and each["id"] != layer["id"]]
        if group is not None and layer.get("pools") and any(each.get("pools") != layer["pools"] for each in others):
            why = f"{layer['id']} is chosen in {group} even when its pool is empty. Then members get 0, and no other layer of"
            why += f" {group} replaces it."
            yield f"layers.{index}.pools", "pool_in_a_group", why


def _adds_up(layers: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    """Layers for different categories or flags under the same limits: a shop with both gets the sum of the two rates."""
    asked = [(index, layer, _marks(layer.get("when"))) for index, layer in enumerate(layers)]
    for (_, first, one), (index, second, other) in combinations(asked, 2):
        if (
            one is None
            or other is None
            or not (one or other)
            or not _on_one_occasion(first, second)
            or _says_added(first)
            or _says_added(second)
        ):
            continue
        if _both_may_hold(one, other):
            why = f"Where both {first['id']} and {second['id']} apply, members get both. If only one is meant, put both layers into a"
            why += " group, or exclude the other's condition by not."
            yield f"layers.{index}.when", "adds_up", why


def _on_one_occasion(first: Mapping[str, Any], second: Mapping[str, Any]) -> bool:
    group = first.get("exclusive")
    after = {RewardKind.CASHBACK.value, RewardKind.PAYBACK.value}
    acts = [layer.get("gives", "cashback") for layer in (first, second)]
    return (
        ((acts[0] in after) is (acts[1] in after))
        and (group is None or group != second.get("exclusive"))
        and first.get("limits") == second.get("limits")
    )


def _says_added(layer: Mapping[str, Any]) -> bool:
    return ADDED.search(f"{layer['title']['ko']} {layer['title'].get('en', '')}") is not None


def _marks(when: Mapping[str, Any] | None) -> dict[str, frozenset[str]] | None:
    """The categories and flags that a condition requires: empty for every shop, None where it compares anything else."""
    if when is None:
        return {}
    parts = when.get("all") or [when]
    marks: dict[str, frozenset[str]] = {}
    for part in parts:
        if part.get("fact") == "merchant_category" and "in" in part:
            marks["category"] = frozenset(part["in"])
        elif part.get("fact") == "merchant_flags":
            marks["flags"] = marks.get("flags", frozenset()) | {part["has"]}
        else:
            return None
    return marks


def _both_may_hold(one: Mapping[str, frozenset[str]], other: Mapping[str, frozenset[str]]) -> bool:
    if "category" in one and "category" in other:
        return bool(one["category"] & other["category"])
    return True
