"""What the fold writes: one function per access pattern, with its cost.

Pages are written without a transaction, at half the units: each page records the last round that was folded into it.
"""

from datetime import datetime

from eeum.balances.items import PROJECTION, closing_item, page_item, page_key
from eeum.balances.page_store import PageStore
from eeum.balances.rules import BalancePage, Closing, Projection
from eeum.calendar import text_of
from eeum.storage import NOT_YET_STORED, Condition, Equals, ProjectionStorage, Put, SetTo, Update
from eeum.unit_of_work import Patience, commit


class FoldStore(PageStore):
    def __init__(self, storage: ProjectionStorage, patience: Patience) -> None:
        super().__init__(storage)
        self._alone = storage
        self._patience = patience

    def close(self, projection: Projection, at: datetime) -> None:
        """Close the open round and open the next; nothing is appended to a closed round. 2 write units.

        Raises `ConditionsFailed` if since the read a batch was appended, the round was closed, or a rebuild began.
        """
        changes = (
            SetTo(("round",), projection.round + 1),
            SetTo(("batches",), 0),
            SetTo(("closing",), closing_item(Closing(projection.batches, at))),
        )
        unmoved = (*_unmoved(projection), Equals(("batches",), projection.batches))
        commit(self._storage, self._patience, Update(PROJECTION, changes, unmoved))

    def replace(self, name: str, page: BalancePage, before: BalancePage | None) -> None:
        """Store a page in place of the one that was read. 1 write unit a KB: about 20 merchants.

        Raises `ConditionsFailed` if the page changed since. After `Contended` and `Unavailable` it may or may not be stored.
        """
        conditions: tuple[Condition, ...] = NOT_YET_STORED
        if before:
            conditions = (Equals(("generation",), before.generation), Equals(("round",), before.round))
        self._alone.put(Put(page_key(name), page_item(page), conditions))

    def end(self, projection: Projection, as_of: datetime) -> None:
        """Record that the closed round is in the pages. 2 write units. `ConditionsFailed` if that is recorded, or a rebuild began."""
        changes = (SetTo(("closing",), None), SetTo(("as_of",), text_of(as_of)))
        commit(self._storage, self._patience, Update(PROJECTION, changes, _unmoved(projection)))


def _unmoved(projection: Projection) -> tuple[Equals, ...]:
    return (
        Equals(("generation",), projection.generation),
        Equals(("rebuilding",), value=False),
        Equals(("round",), projection.round),
    )
