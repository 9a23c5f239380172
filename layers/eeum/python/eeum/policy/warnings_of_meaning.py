"""Warnings about how parts of a valid document work together: nights, bands, groups, sums, and the version before.

`eeum.policy.document_warnings` has the warnings about single parts, and yields all of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any

from eeum.calendar import SEOUL, is_in_bounds
from eeum.policy.conditions import WEEKDAYS
from eeum.policy.plain_layers import furthest
from eeum.policy.reading import period_of, window_of
from eeum.policy.validation_conditions import Problem
from eeum.policy.warnings_of_sums import adds_up
from eeum.policy.windows import WindowName, start_of_window, window_name

MIDNIGHT_OF_UTC = time(9)
"""Midnight in UTC as a time of day in Seoul."""


def warnings_of_meaning(document: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield the warnings about a document without faults."""
    yield from _midnight_of_utc(document)
    yield from _nights(document["layers"])
    yield from _beyond_the_bands(document)
    yield from _pools_in_groups(document["layers"])
    yield from adds_up(document)


def starts_from_zero(document: Mapping[str, Any], before: Mapping[str, Any]) -> Iterator[Problem]:
    """Limits and pools that begin to count in the middle of their window, though payments were made in it under the version before."""
    starts_at, _ = period_of(document)
    _, ended_at = period_of(before)
    for part in ("limits", "pools"):
        now, earlier = ({each["id"]: each for each in version.get(part) or ()} for version in (document, before))
        for index, each in enumerate(document.get(part) or ()):
            begun = _begin_of_window(each, starts_at)
            if begun >= starts_at or (ended_at is not None and ended_at <= begun):
                continue
            was = earlier.get(each["id"])
            if was is None:
                gone = [old for name, old in earlier.items() if name not in now and _counts_alike(old, each)]
                yield f"{part}.{index}.id", "starts_from_zero", _from_zero(each, gone)
            elif _name_of_window(was, starts_at) != _name_of_window(each, starts_at):
                why = f"{each['id']} starts from zero: with another window, what was used of it in the version before does not count."
                yield f"{part}.{index}.window", "starts_from_zero", why


def _from_zero(added: Mapping[str, Any], gone: Sequence[Mapping[str, Any]]) -> str:
    """Why it matters that a limit or pool is new. `gone` are the removed ones that it may replace."""
    why = f"{added['id']} starts from zero in the middle of its window."
    if not gone:
        return f"{why} What was used in that window before this version starts does not count in it."
    old, amount = gone[0]["id"], added.get("amount")
    again = f"gets another {amount:,} won" if amount is not None else "begins again at the first band"
    who = (
        f"A member who has used up {old} in the previous version {again}."
        if "measure" in added
        else f"The pool {old} may be used up already, and its money would be available a second time."
    )
    return f"{why} {who} To carry that usage over, keep the id {old}."


def _counts_alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return (one.get("measure"), one["window"]) == (other.get("measure"), other["window"])


def _name_of_window(counted: Mapping[str, Any], at: datetime) -> WindowName:
    return window_name(window_of(counted), at)


def _begin_of_window(counted: Mapping[str, Any], at: datetime) -> datetime:
    window = window_of(counted)
    return start_of_window(window, window_name(window, at))


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
