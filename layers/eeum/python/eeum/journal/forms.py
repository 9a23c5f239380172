"""The two stored forms of facts and rewards: version 1 by name, version 2 by position, which fits into one write unit.

An entry keeps its form, since the chain has its hash. So both forms must stay readable (docs/decisions/0034).
"""

from collections.abc import Mapping, Sequence
from typing import Any

FACTS = (
    "district",
    "category",
    "annual_revenue",
    "flags",
    "own_rate",
    "card_product",
    "member_class",
    "channel",
    "method",
    "card_issuer",
    "member_district",
    "member_age",
)
"""The position of each fact in version 2. Add new facts at the end: stored positions never change."""

_LAYER, _WON, _BANDS, _FUNDERS, _INTO = range(5)
_BAND, _FUNDER = 4, 2
"""How many values describe a band (start, end, rate, base) and a funder (name, won)."""

Stored = Mapping[str, Any]


def facts_in_places(named: Stored) -> list[Any]:
    """Facts in the form of version 2, without unknown facts at the end."""
    places = [named.get(name) for name in FACTS]
    while places and places[-1] is None:
        places.pop()
    return places


def facts_by_name(stored: Stored | Sequence[Any]) -> Stored:
    """Facts from either form. Facts of a later version, unknown here, are named by their positions."""
    if isinstance(stored, Mapping):
        return stored
    if not isinstance(stored, list | tuple):
        raise TypeError(f"facts are neither by name nor in places: {stored!r}")
    known = {name: stored[place] if place < len(stored) else None for place, name in enumerate(FACTS)}
    return known | {f"in place {place}": stored[place] for place in range(len(FACTS), len(stored))}


def reward_in_places(reward: Stored) -> list[Any]:
    """A reward in the form of version 2: layer, won, its bands and its funders one after the other, and the purse unless it is cashback."""
    places = [
        reward["layer"],
        reward["won"],
        [value for band in reward["bands"] for value in band],
        [value for funder in reward["funders"] for value in funder],
    ]
    return [*places, reward["into"]] if "into" in reward else places


def rewards_by_name(stored: Sequence[Any]) -> list[Stored]:
    """The rewards of an earning or a top-up, from either form."""
    return [each if isinstance(each, Mapping) else _reward_by_name(each) for each in stored]


def _reward_by_name(places: Sequence[Any]) -> Stored:
    named = {
        "layer": places[_LAYER],
        "won": places[_WON],
        "bands": _divided(places[_BANDS], _BAND),
        "funders": _divided(places[_FUNDERS], _FUNDER),
    }
    return {**named, "into": places[_INTO]} if len(places) > _INTO else named


def _divided(values: Sequence[Any], each: int) -> list[list[Any]]:
    if len(values) % each:
        raise ValueError(f"{len(values)} values are not {each} each")
    return [list(values[start : start + each]) for start in range(0, len(values), each)]
