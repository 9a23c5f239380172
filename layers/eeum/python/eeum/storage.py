"""What the stores of the parts need of a database: keys, reads, and writes that happen together or not at all.

The writes and conditions here are what the product sends, as plain values. `eeum.aws.dynamodb` renders them as DynamoDB expressions; the
in-memory storage of the tests evaluates the same values. One contract suite holds both to the same answers.
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
    """A secondary index by name, with the attributes it is ordered by. It is read a moment after what it indexes."""

    name: str
    partition: str
    sort: str


BY_MERCHANT = Index("by_merchant", "merchant_id", "id")
BY_EXPIRY = Index("by_expiry", "expiring", "expires_at")
BY_LISTING = Index("by_listing", "listed_in", "listing")
BY_REVIEW = Index("by_review", "review", "applied_at")
BY_OWNER = Index("by_owner", "owner", "id")

INDEXES: Mapping[Table, tuple[Index, ...]] = {
    Table.LEDGER: (BY_MERCHANT, BY_EXPIRY),
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
"""Told apart by their classes: to `==`, tuples of different conditions may be equal."""

NOT_YET_STORED = (Absent(("pk",)),)
"""The item must not exist: the claim of every entry."""


class SetTo(NamedTuple):
    path: Path
    value: Any


class Add(NamedTuple):
    """Adds to a number that exists; the amount may be negative."""

    path: Path
    amount: int


class Remove(NamedTuple):
    """Takes an attribute away, so that what is kept by name does not grow for ever; with a condition on what it was."""

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
"""Items of one transaction."""

MOST_ITEM_BYTES = 400_000
"""Of one item, by the names and values of its attributes (DynamoDB: 400 KB)."""

MOST_TRANSACTION_BYTES = 4_000_000
"""Of all items of one transaction (DynamoDB: 4 MB)."""


class Page(NamedTuple):
    """Items in order, and the cursor that goes on after them, or None at the end."""

    items: list[Item]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Query:
    """Items of one partition whose sort key starts with `prefix`, in its order or `newest_first`.

    With an `index` the partition and prefix are those of the index. A `consistent` query sees every write that was answered, at twice the
    read units; an index cannot. `where` leaves out items after they were read, and so saves no read
    units; a page then holds fewer than `limit`. `after` is the cursor of the page before. `before` leaves out what is sorted at that text
    and above it (and takes the place of a prefix): a cursor that names nothing but itself.
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
    """Items of a whole table, or of one of the `segments` parts that it is divided into by partition, as they stand when each is read.

    Consistent as each item is read, not as a whole: between two pages others write. The items of a partition follow each other in the
    order of their sort keys, the partitions in none that means anything. `limit`, `after` and `where` as of a `Query`; twice the read
    units of one that is not consistent. For work over all members alone (docs/architecture.md).
    """

    table: Table
    segment: int = 0
    segments: int = 1
    after: str | None = None
    limit: int | None = None
    where: tuple[Condition, ...] = ()


class Storage(Protocol):
    def read(self, keys: Sequence[Key]) -> list[Item | None]:
        """The items of `keys` as they stand now (strongly consistent), in one round trip; None for one that is not there.

        Raises `Unavailable`.
        """

    def query(self, query: Query) -> Page:
        """One page. Raises `Unavailable`, and `eeum.errors.Invalid` for a cursor that is not of this query."""

    def scan(self, scan: Scan) -> Page:
        """One page. Raises `Contended`, `Unavailable`, and `eeum.errors.Invalid` for a cursor that is not of a scan."""

    def transact(self, writes: Sequence[Write], token: str) -> None:
        """Does all `writes` or none, in one round trip; the same `token` within ten minutes has one effect.

        Raises `ConditionsFailed`, `Contended`, `Unavailable`, `Unstorable` or `Denied`.
        """


class ProjectionStorage(Storage, Protocol):
    """A storage of what can be made again from the journal, which may be written past a transaction, too."""

    def put(self, put: Put) -> None:
        """Stores one item if its conditions hold: half the write units of a transaction, and no token.

        Only for what shows by itself that it was done: whoever gets no answer looks. Raises `ConditionsFailed`, `Contended` or
        `Unavailable`.
        """


def every_item(storage: Storage, query: Query) -> Iterator[Item]:
    """The items of `query` in its order, however many pages they take; each page is read when the one before it is used up.

    A round trip for each page, and the read units of the query: half a unit per 4 KB that it looks at, 1 if it is consistent. Raises as
    `Storage.query` does, while it is gone through.
    """
    page = storage.query(query)
    yield from page.items
    while page.cursor is not None:
        page = storage.query(replace(query, after=page.cursor))
        yield from page.items


class ConditionsFailed(Exception):
    """Nothing was written; `positions` are those of the writes whose conditions did not hold, `keys` what these were about."""

    def __init__(self, positions: tuple[int, ...], keys: tuple[Key, ...] = ()) -> None:
        super().__init__(f"conditions failed at {positions}")
        self.positions = positions
        self.keys = keys


class Contended(Exception):
    """Nothing was written: another transaction holds an item, or the table is throttled. The same writes may be sent again."""


class Unavailable(Exception):
    """The database did not answer; what was sent may have happened. The same request finds out."""


class Unstorable(ValueError):
    """Nothing was written, and the same writes never will be: an item, or all of them, is larger than the database takes, or malformed."""


class Denied(Exception):
    """The database refuses the caller, not the writes: a permission or a table is missing. The same request works once that is mended."""
