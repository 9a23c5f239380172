"""How entries store facts, rewards and links: the audit's own reading, so that an error of the codec is found."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from eeum.policy.conditions import Facts

CHAIN = "chain"

PLACES = (
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
"""The place of each fact in a list of facts, as cities have stored them."""

OF_THE_MERCHANT = {
    "district": "merchant_district",
    "category": "merchant_category",
    "annual_revenue": "merchant_annual_revenue",
    "own_rate": "merchant_own_rate",
    "flags": "merchant_flags",
}
"""The facts that `Facts` names otherwise than entries do."""

OF_EVERY_PAYMENT = PLACES[:9]
"""The facts that each payment has; the others, and those of a top-up, are stored where they are known."""


def facts_by_name(stored: Mapping[str, Any] | Sequence[Any]) -> dict[str, Any]:
    """Stored facts by name, from either form. Raises `ValueError` for more facts than this version knows."""
    if isinstance(stored, Mapping):
        return dict(stored)
    if not isinstance(stored, list | tuple):
        raise TypeError(f"facts are neither by name nor in places: {stored!r}")
    if len(stored) > len(PLACES):
        raise ValueError(f"{len(stored)} facts, but only {len(PLACES)} are known")
    return dict(zip(PLACES, [*stored, *([None] * (len(PLACES) - len(stored)))], strict=True))


def facts_of(stored: Mapping[str, Any] | Sequence[Any], *, of_top_up: bool = False) -> Facts:
    """The facts of a payment or a top-up. Raises `KeyError` when a fact is missing that every payment has."""
    named = facts_by_name(stored)
    known = {name: named[name] for name in PLACES if name in named or not (of_top_up or name not in OF_EVERY_PAYMENT)}
    if "flags" in known:
        known["flags"] = frozenset(known["flags"])
    return Facts(**{OF_THE_MERCHANT.get(name, name): value for name, value in known.items()})


def rewards_by_name(stored: Sequence[Any]) -> list[Mapping[str, Any]]:
    """The rewards of an earning or a top-up, from either form."""
    return [each if isinstance(each, Mapping) else _reward(*each) for each in stored]


def _reward(layer: str, won: int, bands: list[Any], funders: list[Any], *into: str) -> dict[str, Any]:
    reward = {"layer": layer, "won": won, "bands": _runs(bands, 4), "funders": _runs(funders, 2)}
    return reward | dict(zip(("into",), into, strict=False))


def _runs(values: list[Any], length: int) -> list[list[Any]]:
    return [list(run) for run in zip(*[iter(values)] * length, strict=True)]


def entry_hash(item: Mapping[str, Any]) -> str:
    """The hash of an entry without its link: SHA-256 over its JSON with sorted keys, as base64url without padding."""
    content = json.dumps(
        {name: item[name] for name in item if name != CHAIN}, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    return _hash(content)


def link_hash(before: str, length: int, source: str, entry: str) -> str:
    """The hash of link number `length`, over the link before, the source's hash and the entry's."""
    return _hash(":".join((str(length), before, source, entry)))


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return base64.urlsafe_b64encode(digest).decode("ascii").rstrip("=")
