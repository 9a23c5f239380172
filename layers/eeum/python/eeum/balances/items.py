"""The ledger's entries as movements of balances, and the items of the balances table."""

from collections.abc import Mapping
from datetime import datetime

from eeum.balances.rules import (
    BalancePage,
    Change,
    Closing,
    Counts,
    Holder,
    Movement,
    Projection,
    UnknownAccount,
    amounts_of,
)
from eeum.calendar import month_of, parse_instant, text_of
from eeum.errors import Refusal
from eeum.journal.accounts import ACCOUNT_KINDS, ISSUED, HolderKind
from eeum.journal.history import moved_at
from eeum.journal.kinds import KINDS
from eeum.storage import Item, Key, Table


class UnreadableEntry(Exception):
    """A stored entry that this version cannot count; a retry does not help."""


def movement_of(item: Item) -> Movement:
    """What an entry moved outside its wallet. Raises `UnreadableEntry`."""
    try:
        kind = KINDS.get(item["kind"])
        if kind is None:
            raise UnreadableEntry(f"no entry of the journal: {item['kind']}")
        postings = item["postings"]
        if not all(map(_is_whole, postings.values())):
            raise UnreadableEntry("its postings are not whole won")
        if sum(postings.values()) != 0:
            raise UnreadableEntry("its postings do not balance")
        at = moved_at(item)
        return Movement(at, amounts_of(postings, kind.month(item) or month_of(at), issues=kind.issues))
    except (KeyError, ValueError, TypeError, AttributeError, IndexError, Refusal, UnknownAccount) as error:
        raise UnreadableEntry(f"{type(error).__name__}: {error}") from error


def change_of(sequence: int, item: Item) -> Change:
    """The change of balances by a record of the stream."""
    try:
        return Change(sequence, movement_of(item))
    except UnreadableEntry as reason:
        return Change(sequence, None, str(reason))


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


# --- stored form ----------------------------------------------------------------------------------------------

PROJECTION = Key(Table.BALANCES, "PROJECTION", "STATE")

_NAMES = {
    **{(each.holder, each.counted): each.stored_as for each in ACCOUNT_KINDS.values()},
    (HolderKind.BANK, ISSUED): "issued",
}
"""The attribute that holds the won of all holders of a kind, by count."""


def checkpoint_key(shard: str) -> Key:
    return Key(Table.BALANCES, f"CHECKPOINT#{shard}", "CHECKPOINT")


def page_key(name: str) -> Key:
    return Key(Table.BALANCES, f"PAGE#{name}", "PAGE")


def round_partition(generation: int, number: int) -> str:
    """The partition of a round's batches; it names the generation, so that batches of earlier ones are never read."""
    return f"ROUND#{generation}#{number}"


def batch_key(projection: Projection, shard: str, sequence: int) -> Key:
    """The key of a batch in the open round, up to `sequence` of its shard."""
    partition = round_partition(projection.generation, projection.round)
    return Key(Table.BALANCES, partition, f"BATCH#{shard}#{sequence}")


def batch_item(projection: Projection, amounts: Mapping[Holder, Counts], expires_at: datetime) -> Item:
    """The item of a batch. The table deletes it at `expires_at`, stored in seconds."""
    return {
        "kind": "batch",
        "generation": projection.generation,
        "round": projection.round,
        "expires_at": int(expires_at.timestamp()),
        **_won_by_name(amounts),
    }


def page_item(page: BalancePage) -> Item:
    return {
        "kind": "page",
        "generation": page.generation,
        "round": page.round,
        "as_of": text_of(page.as_of),
        **_won_by_name(page.balances),
    }


def page_in(item: Item | None) -> BalancePage | None:
    if item is None:
        return None
    return BalancePage(item["generation"], item["round"], parse_instant(item["as_of"], "as_of"), amounts_in(item))


def amounts_in(item: Item) -> dict[Holder, dict[str, int]]:
    """Won by holder, from the item of a batch or a page."""
    found: dict[Holder, dict[str, int]] = {}
    for (kind, counted), name in _NAMES.items():
        for stored, won in item.get(name, {}).items():
            year, name_of_holder = stored.split("#", 1) if kind is HolderKind.FUNDER else ("", stored)
            found.setdefault(Holder(kind, name_of_holder, year), {})[counted] = won
    return found


def _won_by_name(amounts: Mapping[Holder, Counts]) -> Item:
    """Won by name, without zeros and without repeated attribute names: a page of twenty merchants takes one write unit."""
    found: Item = {}
    for holder, counts in sorted(amounts.items()):
        stored = f"{holder.year}#{holder.name}" if holder.kind is HolderKind.FUNDER else holder.name
        for counted, won in counts.items():
            if won:
                found.setdefault(_NAMES[holder.kind, counted], {})[stored] = won
    return found


def projection_item(projection: Projection) -> Item:
    return {
        "kind": "projection",
        "generation": projection.generation,
        "cut": text_of(projection.cut) if projection.cut else None,
        "rebuilding": projection.rebuilding,
        "round": projection.round,
        "batches": projection.batches,
        "closing": closing_item(projection.closing),
        "as_of": text_of(projection.as_of) if projection.as_of else None,
    }


def closing_item(closing: Closing | None) -> Item | None:
    return {"batches": closing.batches, "at": text_of(closing.at)} if closing else None


def projection_in(item: Item | None) -> Projection:
    if item is None:
        return Projection()
    closing = item["closing"]
    return Projection(
        generation=item["generation"],
        cut=_instant(item["cut"]),
        rebuilding=item["rebuilding"],
        round=item["round"],
        batches=item["batches"],
        closing=Closing(closing["batches"], parse_instant(closing["at"], "closing")) if closing else None,
        as_of=_instant(item["as_of"]),
    )


def _instant(text: str | None) -> datetime | None:
    return parse_instant(text, "projection") if text else None
