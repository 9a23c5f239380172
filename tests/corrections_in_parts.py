"""Corrections in parts, put together again: the sum must be a valid correction, and each part is a complete entry."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

Item = dict[str, Any]

LISTS = ("changes", "ceilings")
OF_THE_FIRST = {"cancelled": [], "used": {}, "released": [], "recovered": 0}
SHARED = ("kind", "month", "payment_id", "cancellation_id", "accepted_at", "posted_at")


def is_further(entry: Mapping[str, Any]) -> bool:
    """Whether this is a further part of a correction, which is due once the first part is posted."""
    return bool(entry["kind"] == "correction" and entry.get("part", (0,))[0])


def digest_of_key(sk: str) -> str:
    return sk.rpartition("#")[2]


def whole_corrections(entries: Iterable[Item]) -> list[Item]:
    """The corrections of one wallet, each as one entry, in the order of their accrual numbers."""
    parts: dict[tuple[str, str], list[Item]] = defaultdict(list)
    for entry in sorted(entries, key=lambda each: each["number"]):
        parts[entry["month"], digest_of_key(entry["sk"])].append(entry)
    return [whole(each) for each in parts.values()]


def whole(parts: list[Item]) -> Item:
    """The parts as one entry. They must be complete, with consecutive accrual numbers."""
    first = parts[0]
    if "part" not in first:
        assert len(parts) == 1, parts
        return first
    assert len(parts) > 1, first
    together: Item = {name: value for name, value in first.items() if name != "part"}
    for place, part in enumerate(parts):
        assert part["part"] == [place, len(parts)], (part, len(parts))
        assert part["number"] == first["number"] + place, (part, first)
        assert {name: part[name] for name in SHARED} == {name: first[name] for name in SHARED}, (part, first)
        assert sum(part["cashback"].values()) == 0, part
        if place:
            assert {name: part[name] for name in OF_THE_FIRST} == OF_THE_FIRST, part
            assert "expired" not in part, part
            assert part["postings"] == part["cashback"], part
    for name in LISTS:
        listed = [each for part in parts for each in part.get(name, ())]
        if listed or name == "changes":
            together[name] = listed
    for name in ("cashback", "postings"):
        summed: Counter[str] = Counter()
        for part in parts:
            summed.update(part[name])
        together[name] = {account: won for account, won in summed.items() if won}
    return together
