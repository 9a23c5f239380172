"""Positions of passes in the programme table: one function per access pattern, with its cost."""

from eeum.segments import Segment
from eeum.storage import Item, Key, Put, Storage, Table
from eeum.unit_of_work import Patience, commit

PASS = "PASS#"
"""Positions have partitions of their own, so that a role can be limited to them."""


class PassStore:
    def __init__(self, storage: Storage, patience: Patience, programme: str) -> None:
        self._storage = storage
        self._patience = patience
        self._programme = programme

    def position(self, name: str, segment: Segment) -> Item | None:
        """Where a pass over a segment is: the event of its next call. None if no pass ever ran, consistently. 1 read unit."""
        (item,) = self._storage.read([self._key(name, segment)])
        return item["event"] if item else None

    def keep(self, name: str, segment: Segment, event: Item) -> None:
        """Replace the position of a segment. 2 write units.

        The last one wins: a pass may be continued from any of its positions, since no page does anything twice.
        """
        item = {"kind": "pass_position", "pass": name, "event": event}
        commit(self._storage, self._patience, Put(self._key(name, segment), item))

    def _key(self, name: str, segment: Segment) -> Key:
        # Segments of another division are other parts of the wallets.
        place = f"SEGMENT#{segment.of:04}#{segment.number:04}"
        return Key(Table.PROGRAMME, f"{PASS}{self._programme}#{name}", place)
