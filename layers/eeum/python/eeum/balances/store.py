"""What the stream's consumer appends, and balances as read: one function per access pattern, with its cost.

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
"""In one batch: about 45 KB; an item may have 400 KB."""


class FoldState(NamedTuple):
    """The projection and a shard's checkpoint (0: nothing counted); `is_stored` is false before the very first batch."""

    projection: Projection
    is_stored: bool
    checkpoint: int


class BalancesAsOf(NamedTuple):
    """Balances, and their instant; None before the first fold."""

    balances: Mapping[Holder, Counts]
    as_of: datetime | None


class BalanceStore:
    def __init__(self, storage: Storage, patience: Patience) -> None:
        self._storage = storage
        self._patience = patience

    def fold_state(self, shard: str) -> FoldState:
        """The projection and the checkpoint of `shard`, consistently, in one round trip. 2 read units."""
        state, checkpoint = self._storage.read([PROJECTION, checkpoint_key(shard)])
        return FoldState(projection_in(state), state is not None, int(checkpoint["sequence"]) if checkpoint else 0)

    def append(
        self, shard: str, fold_state: FoldState, sequence: int, amounts: Mapping[Holder, Counts], expires_at: datetime
    ) -> None:
        """Append `amounts` to the open round and move the shard's checkpoint to `sequence`, in one transaction.

        4 write units, and 2 a KB of the batch: about 22 merchants. If `amounts` is empty, 2 for the checkpoint.

        Raises `ConditionsFailed` if since the read the checkpoint moved, the round was closed, or a rebuild began.
        """
        writes = [_checkpoint(shard, fold_state, sequence)]
        if amounts:
            batch = Put(
                batch_key(fold_state.projection, shard, sequence),
                batch_item(fold_state.projection, amounts, expires_at),
                NOT_YET_STORED,
            )
            writes += [_counted(fold_state), batch]
        commit(self._storage, self._patience, *writes)

    def merchant(self, merchant_id: str) -> BalancesAsOf:
        """A merchant's balances in won by count, consistently; zeros before the first fold. 2 read units, in two round trips."""
        holder = Holder(HolderKind.MERCHANT, merchant_id)
        found = self._page(page_of(holder))
        return BalancesAsOf({holder: all_counts(holder, found.balances.get(holder, {}))}, found.as_of)

    def programme(self) -> BalancesAsOf:
        """Balances of all funders and banks, consistently. 2 read units, in two round trips; 4 KB hold about 90 of them."""
        found = self._page(PROGRAMME_PAGE)
        return BalancesAsOf(
            {holder: all_counts(holder, counts) for holder, counts in found.balances.items()}, found.as_of
        )

    def _page(self, name: str) -> BalancesAsOf:
        # The page is read second, so that it is never older than the state.
        (state,) = self._storage.read([PROJECTION])
        (item,) = self._storage.read([page_key(name)])
        projection, page = projection_in(state), page_in(item)
        if page is None or not projection.has(page):
            return BalancesAsOf({}, projection.as_of)
        return BalancesAsOf(page.balances, max(page.as_of, projection.as_of) if projection.as_of else page.as_of)


def _checkpoint(shard: str, fold_state: FoldState, sequence: int) -> Write:
    key = checkpoint_key(shard)
    if not fold_state.checkpoint:
        return Put(key, {"kind": "checkpoint", "sequence": str(sequence)}, NOT_YET_STORED)
    return Update(key, (SetTo(("sequence",), str(sequence)),), (Equals(("sequence",), str(fold_state.checkpoint)),))


def _counted(fold_state: FoldState) -> Write:
    """Count one more batch in the open round, if it is still open: closing it stores the number of its batches."""
    projection = fold_state.projection
    if not fold_state.is_stored:
        first: Item = projection_item(projection) | {"batches": 1}
        return Put(PROJECTION, first, NOT_YET_STORED)
    unmoved = (Equals(("generation",), projection.generation), Equals(("round",), projection.round))
    return Update(PROJECTION, (Add(("batches",), 1),), unmoved)
