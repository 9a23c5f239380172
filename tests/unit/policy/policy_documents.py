"""A small valid policy document that tests change in one place."""

import copy
from collections.abc import Sequence
from typing import Any

from eeum.policy.documents import parse_policy
from eeum.policy.rules import PolicyVersion

_BASE: dict[str, Any] = {
    "language": 1,
    "programme": "haneul",
    "version": "haneul-2026-01-01",
    "title": {"ko": "월 30만원까지 10% 캐시백", "en": "10 % back on the first 300,000 won of a month"},
    "starts_at": "2026-01-01T00:00:00+09:00",
    "rows": [{"id": "notice-1", "trust": "A", "sources": ["https://haneul.example/notices/1"]}],
    "wallet": {"minimum_top_up": 10000, "holding_limit": 500000, "holding_limit_verified": 1000000},
    "earns_from": ["charged"],
    "merchants": {
        "districts": ["north", "south"],
        "categories": ["restaurant", "bookshop", "large_mart"],
        "excluded_categories": ["large_mart"],
    },
    "limits": [
        {"id": "monthly-spend", "measure": "spend", "window": "month", "amount": 300000},
        {"id": "monthly-reward", "measure": "reward", "window": "month", "amount": 20000},
    ],
    "layers": [
        {
            "id": "base",
            "title": {"ko": "기본", "en": "Base"},
            "bands": [{"from": 0, "up_to": 300000, "rate_basis_points": 1000}],
            "limits": ["monthly-spend"],
            "funders": [{"funder": "national", "share": 1}, {"funder": "city", "share": 1}],
        }
    ],
}


def document(*changes: tuple[str, Any]) -> dict[str, Any]:
    """The valid document with the value at each dotted path replaced; a path ending in `-` removes the field."""
    changed = copy.deepcopy(_BASE)
    for path, value in changes:
        *way, last = path.split(".")
        place: Any = changed
        for step in way:
            place = place[int(step)] if isinstance(place, list) else place[step]
        if last.endswith("-"):
            del place[last.removesuffix("-")]
        else:
            place[int(last) if isinstance(place, list) else last] = value
    return changed


def layer(
    name: str,
    bands: Sequence[tuple[int | None, int | str]],
    limits: Sequence[str] = (),
    funders: Sequence[tuple[str, int]] = (("city", 1),),
    when: dict[str, Any] | None = None,
    counts: str = "accepted",
) -> dict[str, Any]:
    """A layer with bands given as (upper end, rate), each starting where the one before ends."""
    starts = [0, *(up_to for up_to, _ in bands[:-1])]
    return {
        "id": name,
        "title": {"ko": name, "en": name},
        "when": when,
        "bands": [
            {"from": start, "up_to": up_to, "rate_basis_points": rate}
            for start, (up_to, rate) in zip(starts, bands, strict=True)
        ],
        "limits": list(limits),
        "counts": counts,
        "funders": [{"funder": funder, "share": share} for funder, share in funders],
    }


def policy(limits: Sequence[tuple[str, str, int | None]], *layers: dict[str, Any]) -> PolicyVersion:
    """The rules of these layers; limits are (id, measure, amount)."""
    named = [{"id": name, "measure": measure, "window": "month", "amount": amount} for name, measure, amount in limits]
    return parse_policy(document(("limits", named), ("layers", list(layers))))
