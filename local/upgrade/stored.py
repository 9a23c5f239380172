"""Everything that a city's tables hold, as their administrator reads it, and the changes that an upgrade must not make."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from local.city import City
from local.upgrade.clients import Answered

COMMANDS = frozenset({"payment", "capture", "release", "cancellation", "top_up"})
"""Kinds of entries that a request of a client makes, one each."""

LEDGER = "LedgerTable"


class Place(NamedTuple):
    """A table by its logical id, and an item's keys in it."""

    table: str
    pk: str
    sk: str


Stored = dict[Place, dict[str, Any]]


def stored(city: City) -> Stored:
    """Every item of every table of the stack, as DynamoDB writes attributes."""
    tables = city.emulator.client("dynamodb")
    found: Stored = {}
    for table, name in city.stack.resources.items():
        if table.endswith("Table"):
            for page in tables.get_paginator("scan").paginate(TableName=name, ConsistentRead=True):
                found |= {Place(table, item["pk"]["S"], item["sk"]["S"]): item for item in page["Items"]}
    return found


def lost(before: Stored, after: Stored) -> list[str]:
    """Items that are gone: the product never deletes one."""
    return [f"{place.table} lost {place.pk} {place.sk}" for place in before if place not in after]


def changed(before: Stored, after: Stored) -> list[str]:
    """Entries with an attribute that is missing or different now. New attributes are allowed: linking an entry adds some."""
    return [
        f"{place.pk} {place.sk}: {name} was {value}, and is {after[place].get(name)}"
        for place, item in before.items()
        if "postings" in item and place in after
        for name, value in item.items()
        if after[place].get(name) != value
    ]


def commands(items: Stored) -> set[str]:
    """Ids of the entries that requests made; each request makes one."""
    return {
        item["id"]["S"]
        for place, item in items.items()
        if place.table == LEDGER and item.get("kind", {}).get("S") in COMMANDS
    }


def uncounted(answered: Iterable[Answered], before: Stored, after: Stored) -> list[str]:
    """Answers without an entry, and entries without an answer, among all that were made meanwhile."""
    wanted = {each.answer["id"] for each in answered}
    made = commands(after) - commands(before)
    return [
        *(f"the answer {each} has no entry" for each in sorted(wanted - made)),
        *(f"the entry {each} answers no request" for each in sorted(made - wanted)),
    ]


def answered_otherwise(answered: Iterable[Answered], send: Callable[[Any], Mapping[str, Any]]) -> list[str]:
    """Requests that, sent again, are answered with another value in a field of the first answer."""
    found = []
    for request, answer in answered:
        first, again = lasting(answer), send(request)
        if known(first, again) != first:
            found.append(f"{request.path} under {request.key}: {answer}, and now {again}")
    return found


def lasting(answer: Any) -> Any:
    """An answer without `current`, at any depth, since the state of a payment changes."""
    if isinstance(answer, Mapping):
        return {name: lasting(value) for name, value in answer.items() if name != "current"}
    return [lasting(each) for each in answer] if isinstance(answer, list) else answer


def known(earlier: Any, later: Any) -> Any:
    """A later answer without the fields that the earlier one lacks, at any depth: new fields are allowed."""
    if isinstance(earlier, Mapping) and isinstance(later, Mapping):
        return {name: known(value, later[name]) for name, value in earlier.items() if name in later}
    if isinstance(earlier, list) and isinstance(later, list) and len(earlier) == len(later):
        return [known(*pair) for pair in zip(earlier, later, strict=True)]
    return later
