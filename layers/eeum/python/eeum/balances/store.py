"""Balances, checkpoints and the state of their projection in a table of their own: one function per access pattern, with its cost.

A merchant's balances are one item, those of funders and banks one partition. Units are for items up to 1 KB written and 4 KB read; a
transactional write costs two.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from eeum.balances.items import PROGRAMME, balance_item, balance_key, counts_of, holder_of
from eeum.balances.rules import COUNTED, Counts, Holder, HolderKind, Projection
from eeum.calendar import parse_instant
from eeum.storage import NOT_YET_STORED, Add, Equals, Item, Key, Put, Query, SetTo, Storage, Table, Update, Write
from eeum.unit_of_work import Patience, commit

MOST_ITEMS = 100
"""Of one batch read, and of one transaction."""

MOST_HOLDERS = MOST_ITEMS - 2
"""Read together with the projection's state and the shard's checkpoint."""

PROJECTION = Key(Table.BALANCES, "PROJECTION", "PROJECTION")


class Standing(NamedTuple):
    """How far a shard is projected (0 is not at all), and which of the holders that were asked for have a balance already."""

    projection: Projection
    checkpoint: int
    known: frozenset[Holder]


class BalanceStore:
    def __init__(self, storage: Storage, patience: Patience) -> None:
        self._storage = storage
        self._patience = patience

    def standing(self, shard: str, holders: Sequence[Holder]) -> Standing:
        """How far `shard` is, consistently, in one round trip. 2 read units, and 1 for each holder, of whom there are at most 98."""
        state, checkpoint, *balances = self._storage.read(
            [PROJECTION, _checkpoint_key(shard), *(balance_key(holder) for holder in holders)]
        )
        known = frozenset(holder for holder, item in zip(holders, balances, strict=True) if item)
        return Standing(projection_of(state), int(checkpoint["sequence"]) if checkpoint else 0, known)

    def project(self, shard: str, standing: Standing, sequence: int, amounts: Mapping[Holder, Counts]) -> None:
        """Adds `amounts` and moves the shard's checkpoint to `sequence`, together. 2 write units for each holder, and 2.

        `ConditionsFailed` when the checkpoint moved since it was read, a balance appeared, or a rebuild began to store its own.
        """
        key = _checkpoint_key(shard)
        checkpoint: Write = Put(key, {"kind": "checkpoint", "sequence": str(sequence)}, NOT_YET_STORED)
        if standing.checkpoint:
            unmoved = (Equals(("sequence",), str(standing.checkpoint)),)
            checkpoint = Update(key, (SetTo(("sequence",), str(sequence)),), unmoved)
        generation = standing.projection.generation
        changes = [_change(holder, counts, holder in standing.known, generation) for holder, counts in amounts.items()]
        commit(self._storage, self._patience, checkpoint, *changes)

    def merchant(self, merchant_id: str) -> dict[str, int]:
        """A merchant's balances, won by what is counted, consistently; all zero before the first. 1 read unit."""
        holder = Holder(HolderKind.MERCHANT, merchant_id)
        (item,) = self._storage.read([balance_key(holder)])
        return counts_of(item, holder)

    def programme(self) -> dict[Holder, dict[str, int]]:
        """The balances of all funders and banks, consistently. 1 read unit per 4 KB: about 25 of them."""
        found: dict[Holder, dict[str, int]] = {}
        cursor: str | None = None
        while True:
            page = self._storage.query(Query(Table.BALANCES, PROGRAMME, after=cursor, consistent=True))
            found |= _balances_of(page.items)
            cursor = page.cursor
            if cursor is None:
                return found


def _checkpoint_key(shard: str) -> Key:
    return Key(Table.BALANCES, f"CHECKPOINT#{shard}", "CHECKPOINT")


def _change(holder: Holder, counts: Counts, known: bool, generation: int) -> Write:
    if not known:
        return Put(balance_key(holder), balance_item(holder, counts, generation), NOT_YET_STORED)
    added = tuple(Add((counted,), counts.get(counted, 0)) for counted in COUNTED[holder.kind])
    return Update(balance_key(holder), added, (Equals(("generation",), generation),))


def _balances_of(items: Sequence[Item]) -> dict[Holder, dict[str, int]]:
    found = {}
    for item in items:
        holder = holder_of(item)
        if holder:
            found[holder] = counts_of(item, holder)
    return found


def projection_of(item: Item | None) -> Projection:
    if item is None:
        return Projection()
    cut = parse_instant(item["cut"], "cut") if item["cut"] else None
    return Projection(item["generation"], cut, item["rebuilding"])
