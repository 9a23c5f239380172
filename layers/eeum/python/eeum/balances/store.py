"""What the stream's consumer appends, and balances as they are read: one function per access pattern, with its cost.

Units are for items up to 1 KB written and 4 KB read; a transactional write costs two.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from eeum.balances.items import (
    PROJECTION,
    batch_item,
    batch_key,
    checkpoint_key,
    page_in,
    page_key,
    projection_in,
    projection_item,
)
from eeum.balances.rules import PROGRAMME_PAGE, Counts, Holder, Projection, all_counts, page_of
from eeum.journal.accounts import HolderKind
from eeum.storage import NOT_YET_STORED, Add, Equals, Item, Put, SetTo, Storage, Update, Write
from eeum.unit_of_work import Patience, commit

MOST_HOLDERS = 1_000
"""In one batch: 45 KB or so, where an item may have 400."""


class Standing(NamedTuple):
    """How far a shard is projected (0 is not at all), and the projection; `is_stored` is false before the first batch of all."""

    projection: Projection
    is_stored: bool
    checkpoint: int


class Told(NamedTuple):
    """Balances, and the instant that they are of; None before the first fold."""

    balances: Mapping[Holder, Counts]
    as_of: datetime | None


class BalanceStore:
    def __init__(self, storage: Storage, patience: Patience) -> None:
        self._storage = storage
        self._patience = patience

    def standing(self, shard: str) -> Standing:
        """How far `shard` is, consistently, in one round trip. 2 read units."""
        state, checkpoint = self._storage.read([PROJECTION, checkpoint_key(shard)])
        return Standing(projection_in(state), state is not None, int(checkpoint["sequence"]) if checkpoint else 0)

    def append(
        self, shard: str, standing: Standing, sequence: int, amounts: Mapping[Holder, Counts], expires_at: datetime
    ) -> None:
        """Appends `amounts` to the open round and moves the shard's checkpoint to `sequence`, together.

        4 write units, and 2 a KB of the batch: about 22 merchants. Where nothing changes, 2 for the checkpoint.

        `ConditionsFailed` when the checkpoint moved since it was read, the round was closed, or a rebuild began.
        """
        writes = [_checkpoint(shard, standing, sequence)]
        if amounts:
            batch = Put(
                batch_key(standing.projection, shard, sequence),
                batch_item(standing.projection, amounts, expires_at),
                NOT_YET_STORED,
            )
            writes += [_counted(standing), batch]
        commit(self._storage, self._patience, *writes)

    def merchant(self, merchant_id: str) -> Told:
        """A merchant's balances, won by what is counted, consistently; all zero before the first. 2 read units, in two round trips."""
        holder = Holder(HolderKind.MERCHANT, merchant_id)
        told = self._page(page_of(holder))
        return Told({holder: all_counts(holder, told.balances.get(holder, {}))}, told.as_of)

    def programme(self) -> Told:
        """The balances of all funders and banks, consistently. 2 read units, in two round trips; about 90 of them are in 4 KB."""
        told = self._page(PROGRAMME_PAGE)
        return Told({holder: all_counts(holder, counts) for holder, counts in told.balances.items()}, told.as_of)

    def _page(self, name: str) -> Told:
        # The page second: it is never older than the state says.
        (state,) = self._storage.read([PROJECTION])
        (item,) = self._storage.read([page_key(name)])
        projection, page = projection_in(state), page_in(item)
        if page is None or not projection.has(page):
            return Told({}, projection.as_of)
        return Told(page.balances, max(page.as_of, projection.as_of) if projection.as_of else page.as_of)


def _checkpoint(shard: str, standing: Standing, sequence: int) -> Write:
    key = checkpoint_key(shard)
    if not standing.checkpoint:
        return Put(key, {"kind": "checkpoint", "sequence": str(sequence)}, NOT_YET_STORED)
    return Update(key, (SetTo(("sequence",), str(sequence)),), (Equals(("sequence",), str(standing.checkpoint)),))


def _counted(standing: Standing) -> Write:
    """One batch more in the open round, if it still is open: whoever closes it knows how many there are."""
    projection = standing.projection
    if not standing.is_stored:
        first: Item = projection_item(projection) | {"batches": 1}
        return Put(PROJECTION, first, NOT_YET_STORED)
    unmoved = (Equals(("generation",), projection.generation), Equals(("round",), projection.round))
    return Update(PROJECTION, (Add(("batches",), 1),), unmoved)
