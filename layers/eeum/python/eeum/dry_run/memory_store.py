"""The storage port in memory, for dry runs, tests and simulations.

The contract suite in tests/contract holds it to the real engines. Transactions are atomic between threads; tests can inject failures.
"""

import marshal
import threading
import zlib
from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from eeum.cursors import cursor_of, key_of_cursor, key_of_scan_cursor
from eeum.item_size import bytes_of
from eeum.storage import (
    INDEXES,
    MOST_ITEM_BYTES,
    MOST_TRANSACTION_BYTES,
    Absent,
    Add,
    AtLeast,
    AtMost,
    Condition,
    ConditionsFailed,
    Equals,
    Index,
    Item,
    Key,
    Page,
    Path,
    Put,
    Query,
    Remove,
    Scan,
    Storage,
    Table,
    Unstorable,
    Update,
    Write,
)

PAGE_BYTES = 1_000_000
MISSING = object()
WITHOUT_REFERENCES = 2
SHORTER_AT_MOST = 2
"""How many times larger an item can be in DynamoDB than marshalled: a list element of one byte takes two there.

Measuring the marshalled size first is faster than measuring DynamoDB's.
"""


@dataclass
class Costs:
    """Requests and units consumed, in DynamoDB's terms (a write unit per 1 KB, a read unit per 4 KB)."""

    round_trips: int = 0
    write_units: int = 0
    calls: list[str] = field(default_factory=list)


class InMemoryStorage:
    """Storage in memory.

    `fault` is called before and after each transaction or single write with ("before" | "after", writes), and may raise. `written`
    receives the keys and items of each transaction before any reader sees them; it must not change the items. A storage that lives
    long should not keep a `log`.
    """

    def __init__(self, *, keeps_log: bool = True) -> None:
        self._items: dict[Key, Item] = {}
        self._sorted: dict[tuple[Table, str], list[str]] = defaultdict(list)
        self._indexed: dict[tuple[Table, str, str], list[tuple[str, Key]]] = defaultdict(list)
        self._keeps_log = keeps_log
        self.written: Callable[[Sequence[tuple[Key, Item]]], None] = lambda _changed: None
        self._tokens: set[str] = set()
        self._lock = threading.RLock()
        self.costs = Costs()
        self.fault: Callable[[str, Sequence[Write]], None] = lambda _moment, _writes: None
        self.log: list[Write] = []

    def read(self, keys: Sequence[Key]) -> list[Item | None]:
        if not 1 <= len(set(keys)) <= 100:
            raise ValueError(f"DynamoDB reads 1 to 100 items at once, not {len(set(keys))}")
        with self._lock:
            self._count("read")
            return [_copy(self._items.get(key)) for key in keys]

    def query(self, query: Query) -> Page:
        with self._lock:
            self._count("query")
            keys = self._keys_of(query)
            if query.after is not None:
                keys = _after(keys, key_of_cursor(query), query, self._items)
            page: list[Item] = []
            read = 0
            for position, key in enumerate(keys):
                item = self._items[key]
                stored = marshal.dumps(item)
                read += len(stored)
                if all(holds(condition, item) for condition in query.where):
                    page.append(marshal.loads(stored))
                if position + 1 == query.limit or read > PAGE_BYTES:
                    return Page(page, cursor_of(_last_key(item, query.index)))
            return Page(page, None)

    def scan(self, scan: Scan) -> Page:
        if not 0 <= scan.segment < scan.segments:
            raise ValueError(f"there is no segment {scan.segment} of {scan.segments}")
        with self._lock:
            self._count("scan")
            page: list[Item] = []
            read = 0
            for position, key in enumerate(self._keys_of_segment(scan)):
                item = _projected(self._items[key], scan.index)
                stored = marshal.dumps(item)
                read += len(stored)
                if all(holds(condition, item) for condition in scan.where):
                    page.append(marshal.loads(stored))
                if position + 1 == scan.limit or read > PAGE_BYTES:
                    return Page(page, cursor_of(_last_key(item, scan.index)))
            return Page(page, None)

    def transact(self, writes: Sequence[Write], token: str) -> None:
        if not 1 <= len({write.key for write in writes}) == len(writes) <= 100:
            raise ValueError("a transaction writes 1 to 100 items, each once")
        with self._lock:
            self._count("transact")
            self.fault("before", writes)
            if token not in self._tokens:
                self._write(writes)
                self._tokens.add(token)
            self.fault("after", writes)

    def put(self, put: Put) -> None:
        with self._lock:
            self._count("put")
            self.fault("before", [put])
            self._write([put], units=1)
            self.fault("after", [put])

    def items(self, table: Table) -> list[Item]:
        """All items of a table, for tests."""
        with self._lock:
            return [_copy(item) for key, item in self._items.items() if key.table is table]

    def everything(self) -> Iterator[tuple[Key, Item]]:
        """All items of all tables, not copied: callers must not change them."""
        return iter(self._items.items())

    def _write(self, writes: Sequence[Write], units: int = 2) -> None:
        failed = [
            position
            for position, write in enumerate(writes)
            if not all(holds(condition, self._items.get(write.key)) for condition in write.conditions)
        ]
        if failed:
            raise ConditionsFailed(tuple(failed))
        changed = [(write.key, self._changed(write)) for write in writes]
        _refuse_too_large([item for _, item in changed])
        for key, item in changed:
            if key not in self._items:
                insort(self._sorted[key.table, key.pk], key.sk)
            before = self._items.get(key)
            self._index(key, before, item)
            self._items[key] = item
            self.costs.write_units += units + sum(is_written(index, before, item) for index in INDEXES[key.table])
        if self._keeps_log:
            self.log.extend(writes)
        self.written(changed)

    def _index(self, key: Key, before: Item | None, after: Item) -> None:
        for index in INDEXES[key.table]:
            old, new = _place_in(index, before or {}), _place_in(index, after)
            if old == new:
                continue
            if old:
                self._indexed[key.table, index.name, old[0]].remove((old[1], key))
            if new:
                insort(self._indexed[key.table, index.name, new[0]], (new[1], key))

    def _changed(self, write: Write) -> Item:
        match write:
            case Put():
                item: Item = _copy(write.item)
            case Update():
                item = _copy(self._items.get(write.key, {}))
                for change in write.changes:
                    apply(item, change)
        return item | {"pk": write.key.pk, "sk": write.key.sk}

    def _keys_of(self, query: Query) -> list[Key]:
        if query.index is None:
            sorts = self._sorted.get((query.table, query.partition), [])
            keys = [Key(query.table, query.partition, sk) for sk in _starting_with(sorts, query.prefix, lambda sk: sk)]
        else:
            placed = self._indexed.get((query.table, query.index.name, query.partition), [])
            keys = [key for _, key in _starting_with(placed, query.prefix, lambda place: place[0])]
        if query.before is not None:
            sort = query.index.sort if query.index else "sk"
            keys = [key for key in keys if self._items[key][sort] < query.before]
        return keys[::-1] if query.newest_first else keys

    def _keys_of_segment(self, scan: Scan) -> Iterator[Key]:
        """The keys of a scan's segment by the hash of their partition, as in DynamoDB: an arbitrary order, but always the same."""
        if scan.index is not None:
            yield from self._keys_of_segment_of_index(scan, scan.index)
            return
        start = key_of_scan_cursor(scan.after) if scan.after is not None else None
        place = (_hash_of(start["pk"]["S"]), start["pk"]["S"]) if start else (-1, "")
        partitions = sorted(
            (hashed, pk)
            for table, pk in self._sorted
            if table is scan.table and (hashed := _hash_of(pk)) % scan.segments == scan.segment
        )
        for hashed, pk in partitions[bisect_left(partitions, place) :]:
            sorts = self._sorted[scan.table, pk]
            first = bisect_right(sorts, start["sk"]["S"]) if start and place == (hashed, pk) else 0
            yield from (Key(scan.table, pk, sk) for sk in sorts[first:])

    def _keys_of_segment_of_index(self, scan: Scan, index: Index) -> Iterator[Key]:
        """As `_keys_of_segment`, by the hash of the index's partition."""
        start = key_of_scan_cursor(scan.after, index) if scan.after is not None else None
        after = tuple(start[name]["S"] for name in (index.partition, index.sort, "pk", "sk")) if start else None
        places = sorted(
            (_hash_of(partition), partition, sort, key.pk, key.sk)
            for (table, name, partition), placed in self._indexed.items()
            if (table, name) == (scan.table, index.name) and _hash_of(partition) % scan.segments == scan.segment
            for sort, key in placed
        )
        first = bisect_right(places, (_hash_of(after[0]), *after)) if after else 0
        yield from (Key(scan.table, pk, sk) for *_, pk, sk in places[first:])

    def _count(self, call: str) -> None:
        self.costs.round_trips += 1
        if self._keeps_log:
            self.costs.calls.append(call)


def _copy(value: Any) -> Any:
    """Copy an item of plain values, faster than `copy.deepcopy`."""
    return marshal.loads(marshal.dumps(value))


def is_written(index: Index, before: Item | None, after: Item) -> bool:
    """Whether a write changes the index. One of keys only changes when the item's place in it does."""
    if index.keys_only:
        return _place_in(index, before or {}) != _place_in(index, after)
    return index.partition in after


def _projected(item: Item, index: Index | None) -> Item:
    """The attributes of an item that a scan reads."""
    if index is None or not index.keys_only:
        return item
    return {name: item[name] for name in sorted({"pk", "sk", index.partition, index.sort})}


def _place_in(index: Index, item: Item) -> tuple[str, str] | None:
    """The item's place in an index; None unless it has both attributes, as texts."""
    partition, sort = item.get(index.partition), item.get(index.sort)
    return (partition, sort) if isinstance(partition, str) and isinstance(sort, str) else None


def _starting_with(ordered: list[Any], prefix: str, text_of: Callable[[Any], str]) -> list[Any]:
    first = bisect_left(ordered, prefix, key=text_of)
    found = []
    for place in range(first, len(ordered)):
        if not text_of(ordered[place]).startswith(prefix):
            break
        found.append(ordered[place])
    return found


def _hash_of(partition: str) -> int:
    """A hash that is the same in every process, unlike Python's own."""
    return zlib.crc32(partition.encode())


def value_at(item: Item | None, path: Path) -> Any:
    value: Any = item if item is not None else {}
    for part in path:
        if not isinstance(value, dict) or part not in value:
            return MISSING
        value = value[part]
    return value


def holds(condition: Condition, item: Item | None) -> bool:
    value = value_at(item, condition.path)
    match condition:
        case Absent():
            return value is MISSING
        case Equals(_, expected):
            return type(value) is type(expected) and value == expected
        case AtLeast(_, bound):
            return _is_number(value) and value >= bound
        case AtMost(_, bound):
            return _is_number(value) and value <= bound


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def apply(item: Item, change: Any) -> None:
    *way, last = change.path
    parent = value_at(item, tuple(way)) if way else item
    if not isinstance(parent, dict):
        raise ValueError(f"there is no {'.'.join(way)} to change")
    match change:
        case Add(_, amount):
            if not _is_number(parent.get(last)):
                raise ValueError(f"there is no number at {'.'.join(change.path)}")
            parent[last] += amount
        case Remove():
            parent.pop(last, None)
        case _:
            parent[last] = _copy(change.value)


def _last_key(item: Item, index: Index | None) -> dict[str, Any]:
    names = {"pk", "sk", *((index.partition, index.sort) if index else ())}
    return {name: {"S": item[name]} for name in names}


def _after(keys: list[Key], start: dict[str, Any], query: Query, items: dict[Key, Item]) -> list[Key]:
    sort = query.index.sort if query.index else "sk"
    place = (start[sort]["S"], start["pk"]["S"], start["sk"]["S"])

    def position(key: Key) -> tuple[str, str, str]:
        return items[key][sort], key.pk, key.sk

    if query.newest_first:
        return [key for key in keys if position(key) < place]
    return [key for key in keys if position(key) > place]


def as_storage(storage: InMemoryStorage) -> Storage:
    """Let the type checker prove that this class implements the port."""
    return storage


def _refuse_too_large(items: Sequence[Item]) -> None:
    """Refuse items that DynamoDB refuses; the emulators accept larger ones."""
    if sum(len(marshal.dumps(item, WITHOUT_REFERENCES)) for item in items) < MOST_ITEM_BYTES // SHORTER_AT_MOST:
        return
    sizes = [bytes_of(item) for item in items]
    if max(sizes) > MOST_ITEM_BYTES or sum(sizes) > MOST_TRANSACTION_BYTES:
        raise Unstorable(f"the largest item has {max(sizes)} bytes, all have {sum(sizes)}")
