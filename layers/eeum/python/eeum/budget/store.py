"""Budgets in their table: one function per access pattern, with its cost.

Units are for items up to 1 KB written and 4 KB read; a transactional write costs two. A budget shard of eight lines and twelve windows of
pools fits into 1 KB. The unallocated balance of a year, which is written some hundred times in its life, may need several.
"""

from collections.abc import Mapping

from eeum.budget.items import (
    LINE,
    line_of,
    lines_partition,
    money_keys,
    shard_key,
    shard_of_item,
    unallocated_key,
)
from eeum.budget.money import Money, Unallocated
from eeum.budget.rules import COUNTED, POOL, SHARDS, BudgetShard, FiscalYear, Funds, Line, Move, Place, PoolMoney
from eeum.storage import (
    NOT_YET_STORED,
    Absent,
    Add,
    AtLeast,
    Equals,
    Item,
    Key,
    Query,
    Remove,
    SetTo,
    Storage,
    Table,
    Update,
    Write,
    every_item,
)
from eeum.unit_of_work import Patience, commit


class BudgetStore:
    def __init__(self, storage: Storage, patience: Patience, programme: str) -> None:
        self._storage = storage
        self.patience = patience
        self._programme = programme

    # --- reads and writes of a transaction that draws on budgets ------------------------------------------------------

    def lines(self) -> list[Line]:
        """Every line of every year, consistently: a read unit per 4 KB, some 20 lines."""
        query = Query(Table.BUDGETS, lines_partition(self._programme), LINE, consistent=True)
        return [line_of(item) for item in every_item(self._storage, query)]

    def shard_key(self, year: FiscalYear, number: int) -> Key:
        """The key of a budget shard, for the caller's own batch read: 1 read unit."""
        return shard_key(self._programme, year, number)

    def shard(self, year: FiscalYear, number: int, items: Mapping[Key, Item | None]) -> BudgetShard | None:
        """The budget shard as the caller read it; None if the caller did not read it. No units of its own."""
        key = self.shard_key(year, number)
        return shard_of_item(year, number, items[key]) if key in items else None

    def writes(self, funds: Funds) -> list[Write]:
        """The updates that store `funds`, for the caller's transaction: one for each year's shard, mostly one in all.

        2 write units each, and for each other place that is drawn on near the end of the money. They fail with `ConditionsFailed` when less
        money is there than is drawn, a pool's name is unknown, or the year was closed since it was read.
        """
        elsewhere = funds.elsewhere
        changed = {
            Place(year, funds.shards[year].number): dict(changes)
            for year, changes in sorted(funds.changes.items())
            if changes
        }
        for place, drawn in elsewhere.items():
            changes = changed.setdefault(place, {})
            for name, won in drawn.items():
                changes[name] = changes.get(name, 0) - won
        return [self._update(place, changes, funds.shards.get(place.year)) for place, changes in changed.items()]

    def _update(self, place: Place, changes: Mapping[str, int], read: BudgetShard | None) -> Update:
        # A counter may be below zero in one shard: the draw that is given back may have counted in another.
        taken = {name: -won for name, won in changes.items() if won < 0 and not name.startswith(COUNTED)}
        # The name of an ended window may have been removed since the read; nothing is given back to a name that is gone.
        back = {name: 0 for name, won in changes.items() if won > 0 and name.startswith(POOL)}
        enough = [AtLeast(("won", name), won) for name, won in (taken | back).items()]
        # A year is closed in all its places together.
        closed = [Equals(("closed",), read.closed)] if read else []
        return Update(
            self._key(place),
            tuple(Add(("won", name), won) for name, won in changes.items()),
            (*closed, *enough),
        )

    # --- refilling ----------------------------------------------------------------------------------------------------

    def money(self, year: FiscalYear) -> Money:
        """A year's unallocated balance and its shards, each consistently but not at one instant. 17 read units, one round trip."""
        unallocated, *shards = self._storage.read(money_keys(self._programme, year))
        return Money(
            year,
            _unallocated_of(year, unallocated) if unallocated else None,
            tuple(shard_of_item(year, number, item) for number, item in enumerate(shards)),
        )

    def open_year(self, year: FiscalYear) -> None:
        """Create the items of a year; `ConditionsFailed` when they exist. 34 write units, once a year."""
        shard: Item = {"kind": "sub_line", "won": {}, "closed": False}
        unallocated = shard | {"kind": "budget_rest", "amounts": {}, "since": {}, "revision": 0}
        items = [unallocated, *[shard] * SHARDS]
        # Updates, since the role that posts cashback may not put items here.
        updates = [
            Update(key, tuple(SetTo((name,), value) for name, value in item.items()), NOT_YET_STORED)
            for key, item in zip(money_keys(self._programme, year), items, strict=True)
        ]
        commit(self._storage, self.patience, *updates)

    def open_pool(self, pool: PoolMoney, year: FiscalYear) -> None:
        """Add the money of a pool's window, which `year` is the first to draw on; `ConditionsFailed` when it was added before.

        2 write units for each KB of the unallocated balance.
        """
        opened = (
            SetTo(("won", pool.name), pool.amount),
            SetTo(("amounts", pool.name), pool.amount),
            SetTo(("since", pool.name), year),
        )
        unallocated = unallocated_key(self._programme, pool.home)
        commit(self._storage, self.patience, Update(unallocated, opened, (Absent(("amounts", pool.name)),)))

    def raise_pool(self, pool: PoolMoney, amount: int) -> None:
        """Raise a window's money from `amount` to the pool's; `ConditionsFailed` unless it is `amount`. Units as `open_pool`."""
        raised = (Add(("won", pool.name), pool.amount - amount), SetTo(("amounts", pool.name), pool.amount))
        unallocated = unallocated_key(self._programme, pool.home)
        commit(self._storage, self.patience, Update(unallocated, raised, (Equals(("amounts", pool.name), amount),)))

    def draw_since(self, pool: PoolMoney, before: FiscalYear, year: FiscalYear) -> None:
        """Record that an earlier `year` draws on a pool, too; `ConditionsFailed` unless it was `before`. Units as `open_pool`."""
        earlier = (SetTo(("since", pool.name), year),)
        unallocated = unallocated_key(self._programme, pool.home)
        commit(self._storage, self.patience, Update(unallocated, earlier, (Equals(("since", pool.name), before),)))

    def move(self, name: str, move: Move, to: Place) -> None:
        """Move money of `name` to a place that knows the name; `ConditionsFailed` when the money is gone, or the name was removed.

        4 write units, more from a large unallocated balance. After a few attempts it raises `Busy`, so that the caller can look elsewhere.
        """
        way = ("won", name)
        taken = Update(self._key(move.place), (Add(way, -move.won),), (AtLeast(way, move.won),))
        brought = Update(self._key(to), (Add(way, move.won),), (AtLeast(way, 0),))
        commit(self._storage, self.patience.briefly(), taken, brought)

    def name_in(self, shard: BudgetShard, name: str) -> None:
        """Add `name` with 0 won to a budget shard; `ConditionsFailed` when it has the name. 2 write units."""
        way = ("won", name)
        named = Update(self.shard_key(shard.year, shard.number), (SetTo(way, 0),), (Absent(way),))
        commit(self._storage, self.patience, named)

    def take_home(self, shard: BudgetShard, name: str, won: int) -> None:
        """Move all `won` of `name` back to the unallocated balance and remove the name. Raises `ConditionsFailed` if the amount is
        no longer `won`. Write units as of `move`.
        """
        place = ("won", name)
        forgotten = Update(self.shard_key(shard.year, shard.number), (Remove(place),), (Equals(place, won),))
        commit(
            self._storage,
            self.patience,
            forgotten,
            Update(unallocated_key(self._programme, shard.year), (Add(place, won),)),
        )

    def _key(self, place: Place) -> Key:
        if place.shard is None:
            return unallocated_key(self._programme, place.year)
        return self.shard_key(place.year, place.shard)


def _unallocated_of(year: FiscalYear, item: Item) -> Unallocated:
    return Unallocated(year, item["won"], item["amounts"], item["since"], item["closed"], item["revision"])
