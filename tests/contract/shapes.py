"""The shapes of storage requests, without their values, to find requests that the contract does not cover."""

from collections.abc import Hashable, Sequence
from functools import cache

from eeum.storage import Add, Change, Condition, Item, Key, Page, Path, Put, Query, Remove, Scan, Storage, Write
from tests.contract.cases import all_cases
from tests.in_memory.storage import InMemoryStorage

Shape = Hashable

NAMED_BY_DATA = ("purses", "cards", "won", "amounts", "since", "codes")
"""Maps whose keys are ids: every id has the same shape."""


class Recording:
    """A storage that passes every request on and records its shape."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self.shapes: set[Shape] = set()

    def read(self, keys: Sequence[Key]) -> list[Item | None]:
        self.shapes.add(("read", frozenset(_place(key) for key in keys)))
        return self._storage.read(keys)

    def query(self, query: Query) -> Page:
        self.shapes.add(_query(query))
        return self._storage.query(query)

    def scan(self, scan: Scan) -> Page:
        conditions = frozenset(_condition(condition) for condition in scan.where)
        self.shapes.add(("scan", scan.table, scan.index and scan.index.name, scan.limit is not None, conditions))
        return self._storage.scan(scan)

    def transact(self, writes: Sequence[Write], token: str) -> None:
        self.shapes.add(("transact", frozenset(_write(write) for write in writes)))
        self._storage.transact(writes, token)

    def put(self, put: Put) -> None:
        self.shapes.add(("put alone", _write(put)))
        self._storage.put(put)


@cache
def shapes_of_the_contract() -> frozenset[Shape]:
    """The shapes of all requests that the contract's cases send."""
    shapes: set[Shape] = set()
    for case in all_cases():
        recording = Recording(InMemoryStorage())
        case(recording)
        shapes |= recording.shapes
    return frozenset(shapes)


def _place(key: Key) -> Shape:
    return key.table, key.sk.partition("#")[0]


PLACES_OF_MONEY = ("REST", "SUB_LINE")
"""The places of a budget's money: which one a draw uses is data, like the choice of a purse."""


def _write(write: Write) -> Shape:
    conditions = frozenset(_condition(condition) for condition in write.conditions)
    if isinstance(write, Put):
        return "put", _place(write.key), conditions
    place = (write.key.table, PLACES_OF_MONEY) if write.key.sk in PLACES_OF_MONEY else _place(write.key)
    return "update", place, conditions, frozenset(_change(change) for change in write.changes)


def _condition(condition: Condition) -> Shape:
    value = getattr(condition, "value", None)
    return type(condition).__name__, _path(condition.path), type(value).__name__


def _change(change: Change) -> Shape:
    if isinstance(change, Add | Remove):
        return type(change).__name__, _path(change.path)
    return "SetTo", _path(change.path), type(change.value).__name__


def _path(path: Path) -> Path:
    if len(path) > 1 and path[0] in NAMED_BY_DATA:
        return path[0], "*", *path[2:]
    return path


def _query(query: Query) -> Shape:
    return (
        "query",
        query.table,
        query.index,
        bool(query.prefix),
        query.before is not None,
        query.newest_first,
        query.limit is not None,
        frozenset(_condition(condition) for condition in query.where),
        query.consistent,
    )
