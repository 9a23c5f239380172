"""Warnings about layers whose rewards are added where only one may be meant."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import combinations, product
from math import inf
from types import SimpleNamespace
from typing import Any, NamedTuple, cast

from eeum.policy.conditions import CHANNELS, METHODS, NUMBER_FACTS, WEEKDAYS, Condition, Facts
from eeum.policy.reading import condition_of, period_of
from eeum.policy.rules import AFTER_PAYMENT, RewardKind
from eeum.policy.validation_conditions import Problem

ADDED = re.compile(
    r"추가|더 |더하|또 |자체|특별|\b(more|extra|added|on top|bonus|another|additional|own)\b", re.ASCII | re.IGNORECASE
)
"""Words in a title that say that a layer adds to others on purpose."""

MOST_WAYS = 16
"""Ways in which one condition can hold, up to which its layer is compared with others: so the largest document takes a second."""

Range = tuple[float, bool, float, bool]
"""The lower end and whether it is included, the upper end and whether it is included."""
When = Mapping[str, Any] | None


class Part(NamedTuple):
    """A condition on one fact, as written and as evaluated, and whether it must hold."""

    written: Mapping[str, Any]
    condition: Condition
    wanted: bool


Way = tuple[Part, ...]
"""Conditions on facts that satisfy a layer's condition when all of them are as wanted."""


def overlaps(layers: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    """Layers whose ranges overlap: 10 % up to 300 million and 5 % up to 3 billion, with `at_most` alone, give small shops 15 %.

    In layers that are otherwise alike, ranges of one fact are usually meant to be separate. An author who wants to add a reward for a
    part of a range uses a layer that always applies, or another condition.
    """
    ranged = [(index, layer, _range(layer.get("when"))) for index, layer in enumerate(layers)]
    for (_, first, one), (index, second, other) in combinations(ranged, 2):
        if one is None or other is None or one[:2] != other[:2] or not _on_one_occasion(first, second):
            continue
        if one[2] != other[2] and _meet(one[2], other[2]):
            why = f"{first['id']} and {second['id']} overlap in {one[0]}; where both apply, their rewards are added."
            yield (
                f"layers.{index}.when",
                "both_apply",
                f"{why} To separate them, give each range both ends: above and at_most.",
            )


def _range(when: Mapping[str, Any] | None) -> tuple[str, str, Range] | None:
    """The fact, the other conditions and the range of a condition with exactly one range of numbers; else None."""
    if when is None:
        return None
    parts = when.get("all") or [when]
    ranges = [part for part in parts if part.get("fact") in NUMBER_FACTS]
    if len(ranges) != 1:
        return None
    found = ranges[0]
    low = found.get("above") if found.get("above") is not None else found.get("at_least")
    high = found.get("below") if found.get("below") is not None else found.get("at_most")
    rest = sorted(str(part) for part in parts if part is not found)
    return (
        found["fact"],
        str(rest),
        (
            -inf if low is None else low,
            found.get("at_least") is not None,
            inf if high is None else high,
            found.get("at_most") is not None,
        ),
    )


def _meet(one: Range, other: Range) -> bool:
    low, high = max(one[0], other[0]), min(one[2], other[2])
    if low != high:
        return low < high
    begins = all(each[1] for each in (one, other) if each[0] == low)
    return begins and all(each[3] for each in (one, other) if each[2] == high)


def adds_up(document: Mapping[str, Any]) -> Iterator[Problem]:
    """Layers under the same limits that one payment can satisfy together: a shop with both gets the sum of the two rates."""
    layers = document["layers"]
    ways = [_ways(layer.get("when"), wanted=True) for layer in layers]
    for (one, first), (other, second) in combinations(enumerate(layers), 2):
        if (
            _on_one_occasion(first, second)
            and not (_says_added(first) or _says_added(second))
            and ((_are_of_shops(ways[one]) and _are_of_shops(ways[other])) or _share_money(first, second))
            and not _differ_in_one_range(first, second)
            and _both_may_hold(document, ways[one], ways[other])
        ):
            why = f"Where both {first['id']} and {second['id']} apply, members get both. If only one is meant, put both layers into a"
            why += " group, or exclude the other's condition by not."
            yield f"layers.{other}.when", "adds_up", why


def _are_of_shops(ways: Sequence[Way]) -> bool:
    """Whether a layer is for every shop, for categories or for flags: usually one rate each, from any funder."""
    return all(part.written["fact"] in ("merchant_category", "merchant_flags") for way in ways for part in way)


def _share_money(first: Mapping[str, Any], second: Mapping[str, Any]) -> bool:
    """Whether a limit and a funder are the same: a district that adds to the city's rate pays for a layer of its own."""
    funders = [{each["funder"] for each in layer["funders"]} for layer in (first, second)]
    return bool(first.get("limits") and funders[0] & funders[1])


def _differ_in_one_range(first: Mapping[str, Any], second: Mapping[str, Any]) -> bool:
    """Whether the layers are for the same payments, or for the same but for a range, which `overlaps` looks at.

    Layers for exactly the same payments can only be meant to be added.
    """
    if first.get("when") == second.get("when"):
        return True
    one, other = _range(first.get("when")), _range(second.get("when"))
    return one is not None and other is not None and one[:2] == other[:2]


def _on_one_occasion(first: Mapping[str, Any], second: Mapping[str, Any]) -> bool:
    group = first.get("exclusive")
    after = [RewardKind(layer.get("gives", "cashback")) in AFTER_PAYMENT for layer in (first, second)]
    return (
        after[0] is after[1]
        and (group is None or group != second.get("exclusive"))
        and sorted(first.get("limits") or ()) == sorted(second.get("limits") or ())
    )


def _says_added(layer: Mapping[str, Any]) -> bool:
    return ADDED.search(f"{layer['title']['ko']} {layer['title'].get('en', '')}") is not None


def _ways(when: When, *, wanted: bool) -> list[Way]:
    """The ways in which a condition is as wanted; more than `MOST_WAYS` are cut off."""
    if when is None:
        return [()]
    if "not" in when:
        return _ways(when["not"], wanted=not wanted)
    if "fact" in when:
        return [(Part(when, condition_of(when), wanted),)]
    parts = [_ways(part, wanted=wanted) for part in when.get("all") or when["any"]]
    if ("all" in when) is not wanted:
        return [way for part in parts for way in part][:MOST_WAYS]
    ways: list[Way] = [()]
    for part in parts:
        ways = [(*way, *more) for way, more in product(ways, part)][:MOST_WAYS]
    return ways


def _both_may_hold(document: Mapping[str, Any], one: Sequence[Way], other: Sequence[Way]) -> bool:
    return any(_may_hold(document, (*first, *second)) for first, second in product(one, other))


def _may_hold(document: Mapping[str, Any], way: Way) -> bool:
    """Whether some payment can satisfy all parts; each fact is looked at alone."""
    by_fact: dict[str, list[Part]] = {}
    for part in way:
        by_fact.setdefault(part.written["fact"], []).append(part)
    return all(_some_value(document, fact, parts) for fact, parts in by_fact.items())


def _some_value(document: Mapping[str, Any], fact: str, parts: Sequence[Part]) -> bool:
    """Whether some value of a fact satisfies these parts."""
    if "in" in parts[0].written:
        return _some_name(document, fact, parts)
    return any(_is_as_wanted(parts, fact, value) for value in _values(document, fact, parts))


def _some_name(document: Mapping[str, Any], fact: str, parts: Sequence[Part]) -> bool:
    refused = {name for part in parts if not part.wanted for name in part.written["in"]}
    named = [frozenset(part.written["in"]) for part in parts if part.wanted]
    all_names = _all_names(document, fact)
    # Where the fact may have other values than the named ones, or be unknown, some value is always left.
    return bool(frozenset.intersection(*named) - refused) if named else not all_names or bool(all_names - refused)


def _is_as_wanted(parts: Sequence[Part], fact: str, value: Any) -> bool:
    known = cast("Facts", SimpleNamespace(**{"accepted_at" if fact == "instant" else fact: value}))
    return all(part.condition.holds(known) is part.wanted for part in parts)


def _values(document: Mapping[str, Any], fact: str, parts: Sequence[Part]) -> Iterator[Any]:
    """Values of a fact, enough of them to find one that satisfies the parts, if there is any."""
    ends = [part.written[word] for part in parts for word in _ENDS if part.written.get(word) is not None]
    match fact:
        case "merchant_flags":
            # A shop may have any of them together.
            yield frozenset(part.written["has"] for part in parts if part.wanted)
        case "time_of_day":
            yield from ("00:00", *ends)
        case "instant":
            starts_at, ends_at = period_of(document)
            instants = (starts_at, *map(datetime.fromisoformat, ends))
            yield from (at for at in instants if starts_at <= at and (ends_at is None or at < ends_at))
        case _:
            yield None
            yield from (each + step for each in ends for step in (-1, 0, 1) if each + step >= 0)


_ENDS = ("above", "at_least", "at_most", "below", "from", "until")


def _all_names(document: Mapping[str, Any], fact: str) -> frozenset[str]:
    """All values of a fact that is known of every payment; empty where others may come."""
    closed: dict[str, Iterable[str]] = {
        "weekday": WEEKDAYS,
        "channel": CHANNELS,
        "method": METHODS,
        "merchant_category": document["merchants"]["categories"],
        "merchant_district": document["merchants"]["districts"],
    }
    return frozenset(closed.get(fact, ()))
