"""The database port of the stores: keys, reads, and writes that happen together or not at all.

Writes and conditions are plain values. `eeum.aws.dynamodb` renders them as DynamoDB expressions; the tests' in-memory storage evaluates the
same values. One contract suite checks that both give the same answers.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

Item = dict[str, Any]
"""Attributes by name: str, int, bool, None, and lists and dicts of these; no floats, no sets, no bytes."""

Path = tuple[str, ...]
"""The way to an attribute: `("purses", "charged")`."""


class Table(StrEnum):
    LEDGER = "ledger"
    MERCHANTS = "merchants"
    PROGRAMME = "programme"
    BALANCES = "balances"
    BUDGETS = "budgets"


class Index(NamedTuple):
    """A secondary index by name, with its key attributes. It is updated a moment after its table.

    An index of `keys_only` has nothing else of its items. A change of their other attributes costs it no write unit.
    """

    name: str
    partition: str
    sort: str
    keys_only: bool = False


BY_MERCHANT = Index("by_merchant", "merchant_id", "id")
BY_EXPIRY = Index("by_expiry", "expiring", "expires_at")
BY_OPENING = Index("by_opening", "opened_at", "pk", keys_only=True)
"""Every wallet, and nothing else: only wallets have `opened_at`, which never changes."""
BY_LISTING = Index("by_listing", "listed_in", "listing")
BY_REVIEW = Index("by_review", "review", "applied_at")
BY_OWNER = Index("by_owner", "owner", "id")

INDEXES: Mapping[Table, tuple[Index, ...]] = {
    Table.LEDGER: (BY_MERCHANT, BY_EXPIRY, BY_OPENING),
    Table.MERCHANTS: (BY_LISTING, BY_REVIEW, BY_OWNER),
    Table.PROGRAMME: (),
    Table.BALANCES: (),
    Table.BUDGETS: (),
}


class Key(NamedTuple):
    table: Table
    pk: str
    sk: str


class Absent(NamedTuple):
    path: Path


class Equals(NamedTuple):
    path: Path
    value: str | int | bool


class AtLeast(NamedTuple):
    path: Path
    value: int


class AtMost(NamedTuple):
    path: Path
    value: int


Condition = Absent | Equals | AtLeast | AtMost
"""Distinguish conditions by class: tuples of different conditions may be equal by `==`."""

NOT_YET_STORED = (Absent(("pk",)),)
"""The item must not exist: every entry requires this."""


class SetTo(NamedTuple):
    path: Path
    value: Any


class Add(NamedTuple):
    """Add to an existing number; the amount may be negative."""

    path: Path
    amount: int


class Remove(NamedTuple):
    """Remove an attribute, on a condition on its value, so that maps by name do not grow without end."""

    path: Path


Change = SetTo | Add | Remove


class Put(NamedTuple):
    key: Key
    item: Item
    conditions: tuple[Condition, ...] = ()


class Update(NamedTuple):
    key: Key
    changes: tuple[Change, ...]
    conditions: tuple[Condition, ...] = ()


Write = Put | Update

MOST_READ = 100
"""Items of one read."""

MOST_WRITES = 100
"""The most items of one transaction."""

MOST_ITEM_BYTES = 400_000
"""The largest item, names and values of its attributes together (DynamoDB: 400 KB)."""

MOST_TRANSACTION_BYTES = 4_000_000
"""The largest transaction, all items together (DynamoDB: 4 MB)."""


class Page(NamedTuple):
    """Items in order, and the cursor of the next page, or None at the end."""

    items: list[Item]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Query:
    """Items of one partition whose sort key starts with `prefix`, in the order of the key or `newest_first`.

    With an `index`, partition and prefix are those of the index. A `consistent` query sees every write that was answered, at twice the
    read units; with an index this is not possible. `where` filters items after the read: it saves no read units, and pages may have fewer
    than `limit` items. `after` is the cursor of the page before. `before` keeps only items that sort below that text, and replaces the
    prefix: a cursor that reveals no key.
    """

    table: Table
    partition: str
    prefix: str = ""
    index: Index | None = None
    newest_first: bool = False
    limit: int | None = None
    after: str | None = None
    before: str | None = None
    where: tuple[Condition, ...] = ()
    consistent: bool = False


@dataclass(frozen=True, slots=True)
class Scan:
    """Items of a whole table, or of one of the `segments` parts that it is divided into by partition.

    Each read is consistent, the scan as a whole is not: writes may happen between two pages. Items of a partition follow each other in the
    order of their sort keys; partitions have no meaningful order. `limit`, `after` and `where` are as in a `Query`. Costs twice the read
    units of an inconsistent scan. Only for work on all members (docs/architecture.md).

    With an `index`, the scan reads the index: not consistently, at half the read units, and divided by the index's own partition.
    """

    table: Table
    segment: int = 0
    segments: int = 1
    after: str | None = None
    limit: int | None = None
    where: tuple[Condition, ...] = ()
    index: Index | None = None


class Storage(Protocol):
    def read(self, keys: Sequence[Key]) -> list[Item | None]:
        """The items of `keys`, strongly consistent, in one round trip; None for a missing item.

        Raises `Unavailable`.
        """

    def query(self, query: Query) -> Page:
        """One page. Raises `Unavailable`, and `eeum.errors.Invalid` for a cursor of another query."""

    def scan(self, scan: Scan) -> Page:
        """One page. Raises `Contended`, `Unavailable`, and `eeum.errors.Invalid` for a cursor that is not of a scan."""

    def transact(self, writes: Sequence[Write], token: str) -> None:
        """Do all `writes` or none, in one round trip; the same `token` within ten minutes has one effect.

        Raises `ConditionsFailed`, `Contended`, `Unavailable`, `Unstorable` or `Denied`.
        """


class ProjectionStorage(Storage, Protocol):
    """A storage of projections, which can be rebuilt from the journal and may be written without a transaction."""

    def put(self, put: Put) -> None:
        """Store one item if its conditions hold: half the write units of a transaction, and no token.

        Only for items that show whether they were stored: a caller without an answer reads the item. Raises `ConditionsFailed`, `Contended`
        or `Unavailable`.
        """


def every_item(storage: Storage, query: Query) -> Iterator[Item]:
    """All items of `query` in its order, over any number of pages; each page is read when the one before is used up.

    One round trip per page, and the read units of the query: half a unit per 4 KB read, 1 if it is consistent. The iteration raises the
    errors of `Storage.query`.
    """
    page = storage.query(query)
    yield from page.items
    while page.cursor is not None:
        page = storage.query(replace(query, after=page.cursor))
        yield from page.items


class ConditionsFailed(Exception):
    """Nothing was written. `positions` are those of the writes whose conditions failed, `keys` the keys of these writes."""

    def __init__(self, positions: tuple[int, ...], keys: tuple[Key, ...] = ()) -> None:
        super().__init__(f"conditions failed at {positions}")
        self.positions = positions
        self.keys = keys


class Contended(Exception):
    """Nothing was written: another transaction holds an item, or the table is throttled. The same writes may be sent again."""


class Unavailable(Exception):
    """The database did not answer, so the writes may have happened. The same request, sent again, finds out."""


class Unstorable(ValueError):
    """Nothing was written, and a retry cannot help: an item or the transaction is malformed or too large."""


class Denied(Exception):
    """The database refuses the caller, not the writes: a permission or a table is missing. Retry after that is corrected."""
