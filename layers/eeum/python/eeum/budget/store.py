"""Budgets in their table: one function per access pattern, with its cost.

Units are for items up to 1 KB written and 4 KB read; a transactional write costs two. A sub-line of eight lines and twelve windows of
pools is within 1 KB; the rest of a year, which is written some hundred times in its life, may have several.
"""

from collections.abc import Mapping

from eeum.budget.items import (
    LINE,
    line_of,
    lines_partition,
    money_keys,
    rest_key,
    sub_line_key,
    sub_line_of_item,
)
from eeum.budget.money import Money, Rest
from eeum.budget.rules import COUNTED, POOL, SUB_LINES, FiscalYear, Funds, Line, Move, Place, PoolMoney, SubLine
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

    # --- what a transaction that grants rewards reads and writes ------------------------------------------------------

    def lines(self) -> list[Line]:
        """Every line of every year, consistently: a read unit per 4 KB, some 20 lines."""
        query = Query(Table.BUDGETS, lines_partition(self._programme), LINE, consistent=True)
        return [line_of(item) for item in every_item(self._storage, query)]

    def sub_line_key(self, year: FiscalYear, number: int) -> Key:
        """For the caller's own batch read: 1 read unit."""
        return sub_line_key(self._programme, year, number)

    def sub_line(self, year: FiscalYear, number: int, items: Mapping[Key, Item | None]) -> SubLine | None:
        """The sub-line as the caller read it; None when he did not. No units of its own."""
        key = self.sub_line_key(year, number)
        return sub_line_of_item(year, number, items[key]) if key in items else None

    def writes(self, funds: Funds) -> list[Write]:
        """What `funds` changes, for the caller's transaction: an update of a sub-line for each year, of which there mostly is one.

        2 write units each, and for each other place that is drawn on near the end of the money. The conditions: as much is there as is
        taken, pools are known, and the year is closed or not, as was read.
        """
        elsewhere = funds.elsewhere
        changed = {
            Place(year, funds.sub_lines[year].number): dict(changes)
            for year, changes in sorted(funds.changes.items())
            if changes
        }
        for place, drawn in elsewhere.items():
            changes = changed.setdefault(place, {})
            for name, won in drawn.items():
                changes[name] = changes.get(name, 0) - won
        return [self._grant(place, changes, funds.sub_lines.get(place.year)) for place, changes in changed.items()]

    def _grant(self, place: Place, changes: Mapping[str, int], read: SubLine | None) -> Update:
        # A counter may be below zero in one sub-line: what comes back was mostly counted in another.
        taken = {name: -won for name, won in changes.items() if won < 0 and not name.startswith(COUNTED)}
        # A pool whose window is long over may have been taken home since it was read: nothing comes back to a name that is forgotten.
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
        """The rest of a year and its sub-lines, consistently, each as it stands when it is read. 17 read units, one round trip."""
        rest, *sub_lines = self._storage.read(money_keys(self._programme, year))
        return Money(
            year,
            _rest_of(year, rest) if rest else None,
            tuple(sub_line_of_item(year, number, item) for number, item in enumerate(sub_lines)),
        )

    def open_year(self, year: FiscalYear) -> None:
        """Makes the rest and the sub-lines of a year; `ConditionsFailed` when they are there. 34 write units, once a year."""
        sub_line: Item = {"kind": "sub_line", "won": {}, "closed": False}
        rest = sub_line | {"kind": "budget_rest", "amounts": {}, "since": {}, "revision": 0}
        items = [rest, *[sub_line] * SUB_LINES]
        # Updates, since who posts cashback may put nothing here.
        updates = [
            Update(key, tuple(SetTo((name,), value) for name, value in item.items()), NOT_YET_STORED)
            for key, item in zip(money_keys(self._programme, year), items, strict=True)
        ]
        commit(self._storage, self.patience, *updates)

    def open_pool(self, pool: PoolMoney, year: FiscalYear) -> None:
        """Puts up the money of a pool's window, which `year` is the first to draw on; `ConditionsFailed` when it is there.

        2 write units for each KB of the rest.
        """
        opened = (
            SetTo(("won", pool.name), pool.amount),
            SetTo(("amounts", pool.name), pool.amount),
            SetTo(("since", pool.name), year),
        )
        rest = rest_key(self._programme, pool.home)
        commit(self._storage, self.patience, Update(rest, opened, (Absent(("amounts", pool.name)),)))

    def raise_pool(self, pool: PoolMoney, amount: int) -> None:
        """Raises a window's money from `amount` to the pool's; `ConditionsFailed` unless it is that. Units as `open_pool`."""
        raised = (Add(("won", pool.name), pool.amount - amount), SetTo(("amounts", pool.name), pool.amount))
        rest = rest_key(self._programme, pool.home)
        commit(self._storage, self.patience, Update(rest, raised, (Equals(("amounts", pool.name), amount),)))

    def draw_since(self, pool: PoolMoney, before: FiscalYear, year: FiscalYear) -> None:
        """Notes that an earlier `year` draws on a pool, too; `ConditionsFailed` unless it was `before`. Units as `open_pool`."""
        earlier = (SetTo(("since", pool.name), year),)
        rest = rest_key(self._programme, pool.home)
        commit(self._storage, self.patience, Update(rest, earlier, (Equals(("since", pool.name), before),)))

    def move(self, name: str, move: Move, to: Place) -> None:
        """Moves won of `name` to a place that knows it; `ConditionsFailed` when so much is no longer there, or it has forgotten the name.

        4 write units, more from a large rest. It is tried a few times only, then `Busy`: whoever needs the money can look elsewhere.
        """
        way = ("won", name)
        taken = Update(self._key(move.place), (Add(way, -move.won),), (AtLeast(way, move.won),))
        brought = Update(self._key(to), (Add(way, move.won),), (AtLeast(way, 0),))
        commit(self._storage, self.patience.briefly(), taken, brought)

    def name_in(self, sub_line: SubLine, name: str) -> None:
        """Lets a sub-line have none of `name`; `ConditionsFailed` when it knows the name. 2 write units."""
        way = ("won", name)
        named = Update(self.sub_line_key(sub_line.year, sub_line.number), (SetTo(way, 0),), (Absent(way),))
        commit(self._storage, self.patience, named)

    def take_home(self, sub_line: SubLine, name: str, won: int) -> None:
        """Moves all `won` of `name` back to the rest and forgets the name; `ConditionsFailed` when it has changed. Units as `move`."""
        place = ("won", name)
        forgotten = Update(self.sub_line_key(sub_line.year, sub_line.number), (Remove(place),), (Equals(place, won),))
        commit(
            self._storage,
            self.patience,
            forgotten,
            Update(rest_key(self._programme, sub_line.year), (Add(place, won),)),
        )

    def _key(self, place: Place) -> Key:
        if place.sub_line is None:
            return rest_key(self._programme, place.year)
        return self.sub_line_key(place.year, place.sub_line)


def _rest_of(year: FiscalYear, item: Item) -> Rest:
    return Rest(year, item["won"], item["amounts"], item["since"], item["closed"], item["revision"])
