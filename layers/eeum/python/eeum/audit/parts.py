"""Corrections in parts: the first part names their number, and all of them are stored under consecutive numbers."""

from typing import Any

from eeum.audit.entries import add_to, without_zeros
from eeum.audit.partition import Findings, Item, Partition, digest_in

ONLY_IN_THE_FIRST = ("cancelled", "used", "recovered", "released", "expired", "spent", "recovered_from", "repaid")


def parts_of(partition: Partition, item: Item, findings: Findings) -> list[Item] | None:
    """All parts of the correction that begins with `item`; None for a further part, which is checked with the first."""
    if "part" not in item:
        return [item]
    place, of = item["part"]
    others = {
        each["part"][0]: each
        for each in partition.by_kind["correction"]
        if "part" in each and (each["month"], digest_in(each)) == (item["month"], digest_in(item))
    }
    if place:
        if 0 not in others:
            findings.add("part_missing", item["sk"], "it is a further part of a correction whose first part is missing")
        return None
    if sorted(others) != list(range(of)):
        findings.add("part_missing", item["sk"], f"it has {of} parts, but those stored are {sorted(others)}")
    parts = [others[number] for number in sorted(others)]
    for number, part in enumerate(parts):
        expected = {"part": [number, of], "number": item["number"] + number}
        shared = ("payment_id", "cancellation_id", "accepted_at", "posted_at")
        expected |= {name: item[name] for name in shared}
        stored = {name: part[name] for name in expected}
        findings.unequal("part_of_another", part["sk"], "what all parts share", stored, expected)
        if number and any(part.get(name) for name in ONLY_IN_THE_FIRST):
            findings.add("part_of_another", part["sk"], f"only the first part may have {', '.join(ONLY_IN_THE_FIRST)}")
    return parts


def together_posted(parts: list[Item]) -> dict[str, Any]:
    """The first part with the postings of all parts."""
    cashback: dict[str, int] = {}
    for part in parts:
        for account, won in part["cashback"].items():
            add_to(cashback, account, won)
    return {**parts[0], "cashback": without_zeros(cashback)}
