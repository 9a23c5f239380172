"""The contents of entries by name, for any version of the codec, read without the product's code."""

from collections.abc import Mapping
from typing import Any

Item = dict[str, Any]
PLACES = (
    *(
        "district",
        "category",
        "annual_revenue",
        "flags",
        "own_rate",
        "card_product",
        "member_class",
        "channel",
        "method",
    ),
    *("card_issuer", "member_district", "member_age"),
)
"""The positions of facts in version 2, as cities have stored them."""


WON, FUNDERS, INTO = 1, 3, 4
"""Positions within a reward of an earning."""


def named_facts(stored: Any) -> Item:
    if isinstance(stored, Mapping):
        return dict(stored)
    assert len(stored) <= len(PLACES), stored
    return dict.fromkeys(PLACES) | dict(zip(PLACES, stored, strict=False))


def with_fact(stored: Any, name: str, value: Any) -> Any:
    """The stored facts with one of them changed."""
    if isinstance(stored, Mapping):
        return {**stored, name: value}
    return [value if place == name else known for place, known in named_facts(stored).items()]


def named_rewards(entry: Item) -> list[Item]:
    return [dict(each) if isinstance(each, Mapping) else _named_reward(each) for each in entry["rewards"]]


def _named_reward(stored: list[Any]) -> Item:
    layer, won, bands, funders, *into = stored
    return {
        "layer": layer,
        "won": won,
        "bands": [list(band) for band in zip(*(bands[place::4] for place in range(4)), strict=True)],
        "funders": [list(part) for part in zip(funders[::2], funders[1::2], strict=True)],
        **({"into": into[0]} if into else {}),
    }
