"""What entries of the ledger mean for balances, and what balances look like in their own table."""

from typing import Any

from eeum.balances.rules import COUNTED, Change, Counts, Holder, HolderKind, Movement, UnknownAccount, amounts_of
from eeum.calendar import Month, month_of
from eeum.errors import Refusal
from eeum.journal.history import moved_at
from eeum.storage import Item, Key, Table

ENTRIES = frozenset({"top_up", "payment", "capture", "release", "cancellation", "earning", "correction"})
"""Kinds of what is in the journal; whatever else is in the ledger moves no money."""

PROGRAMME = "PROGRAMME"
"""The partition of what is read together: funders and banks."""


class UnreadableEntry(Exception):
    """An entry that this version cannot count, as it is stored: no retry will make it one."""


def movement_of(item: Item) -> Movement:
    """What an entry moved outside its wallet. Raises `UnreadableEntry`."""
    try:
        if item["kind"] not in ENTRIES:
            raise UnreadableEntry(f"no entry of the journal: {item['kind']}")
        postings = item["postings"]
        if not all(map(_is_whole, postings.values())):
            raise UnreadableEntry("its postings are not whole won")
        if sum(postings.values()) != 0:
            raise UnreadableEntry("its postings do not balance")
        at = moved_at(item)
        issues = item["kind"] == "top_up"
        return Movement(at, amounts_of(postings, _month(item) or month_of(at), issues=issues))
    except (KeyError, ValueError, TypeError, AttributeError, IndexError, Refusal, UnknownAccount) as error:
        raise UnreadableEntry(f"{type(error).__name__}: {error}") from error


def change_of(sequence: int, item: Item) -> Change:
    """A record of the stream with the entry that it brings."""
    try:
        return Change(sequence, movement_of(item))
    except UnreadableEntry as reason:
        return Change(sequence, None, str(reason))


def _month(item: Item) -> Month | None:
    """The month that an entry's funders are charged for; None is that of its own instant."""
    if item["kind"] == "earning":
        return str(item["sk"].split("#")[1])
    return str(item["month"]) if item["kind"] == "correction" else None


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def balance_key(holder: Holder) -> Key:
    match holder.kind:
        case HolderKind.MERCHANT:
            return Key(Table.BALANCES, f"MERCHANT#{holder.name}", "BALANCE")
        case HolderKind.FUNDER:
            return Key(Table.BALANCES, PROGRAMME, f"FUNDER#{holder.year}#{holder.name}")
        case HolderKind.BANK:
            return Key(Table.BALANCES, PROGRAMME, f"BANK#{holder.name}")


def balance_item(holder: Holder, counts: Counts, generation: int) -> Item:
    """Every count is there from the first, so that the next changes add to it; `generation` is that of the rebuild it follows."""
    return {
        "kind": f"{holder.kind}_balance",
        "name": holder.name,
        "year": holder.year,
        **{counted: counts.get(counted, 0) for counted in COUNTED[holder.kind]},
        "generation": generation,
    }


def holder_of(item: Item) -> Holder | None:
    """Whose balance an item of the table is; None for what is none, such as a checkpoint."""
    kind, _, balance = str(item["kind"]).partition("_")
    return Holder(HolderKind(kind), item["name"], item["year"]) if balance == "balance" else None


def counts_of(item: Item | None, holder: Holder) -> dict[str, int]:
    found: dict[str, Any] = item or {}
    return {counted: int(found.get(counted, 0)) for counted in COUNTED[holder.kind]}
