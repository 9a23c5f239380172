"""Funds rewards from budgets within a use case's own transaction: which items to read, what to draw, and what to write.

A use case makes a `Funding` for its transaction. In each attempt it reads `keys` together with its own items, and decides on the `funds`
from them. If these are `missing` something, it calls `refill`, drops its decision and starts the next attempt. Otherwise it adds `writes`
to its own.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from eeum.budget.money import Money, Unallocated, ended_pools, is_over, left_of_pool, move_to_refill, nearest_first
from eeum.budget.rules import (
    BudgetShard,
    Drawing,
    FiscalYear,
    Funds,
    Lines,
    Move,
    Name,
    Place,
    PoolMoney,
    Short,
    fiscal_year_of,
    pool_money,
    shard_of,
    years_drawing,
)
from eeum.budget.store import BudgetStore
from eeum.errors import Busy
from eeum.policy.rules import PolicyVersion
from eeum.storage import ConditionsFailed, Item, Key, Write

LONGEST_AGE = timedelta(seconds=60)
"""How long lines are cached. A line is stored 120 s before it applies. Amounts are never cached."""


class CachedLines:
    """A programme's lines, cached for 60 s by the city's clock."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lines = Lines(())
        self._read_at = datetime.min.replace(tzinfo=UTC)

    def lines(self, store: BudgetStore, *, running: bool) -> Lines:
        """The programme's lines. Before it is `running` they are not cached: until the first policy is loaded, lines may apply at once."""
        now = self._clock()
        if not timedelta(0) <= now - self._read_at <= LONGEST_AGE:
            lines = Lines(store.lines())
            if not running:
                return lines
            self._lines, self._read_at = lines, now
        return self._lines


class Looking(NamedTuple):
    """How often a transaction may look for money that its budget shard lacks, and for how long it may start to."""

    times: int
    seconds: float


COMMAND = Looking(3, 2.0)
POSTING = Looking(6, 10.0)
"""How often an accrual looks for money: more often than a command, since no caller waits for it."""

ATTEMPTS_ON_ITS_OWN = 3
"""How many attempts a transaction then makes with its shard's own money, before it gives no reward."""

MOST_STEPS = 6
"""The steps that prepare a shard for a name: opening the year, opening the pool, adding the name. Others may do them at the same time."""


class Budgets:
    """The budgets of a programme, for one invocation of a function."""

    def __init__(self, store: BudgetStore, lines: Lines) -> None:
        self.store = store
        self.lines = lines

    def funding(self, hashed: str, now: datetime) -> "Funding":
        """The funding of one command's transaction. `hashed`, a wallet id, chooses the budget shard."""
        return Funding(self.store, self.lines, shard_of(hashed), now)

    def in_all(self, policy: PolicyVersion, at: datetime) -> Funds:
        """Everything that refilling could bring to one transaction at `at`, if no other draws on it. Reads only, and moves nothing.

        17 read units for each fiscal year: the year of `at`, and those in which an event's pool was drawn on before.
        """
        year = fiscal_year_of(at)
        pools = [pool_money(policy, pool_id, at) for pool_id, pool in policy.pools.items() if pool.window.is_open(at)]
        money = {each: self.store.money(each) for each in sorted({pool.home for pool in pools} | {year})}
        for pool in pools:
            unallocated = money[pool.home].unallocated
            since = unallocated.since.get(pool.name, year) if unallocated else year
            for each in years_drawing(since, year, pool.home):
                if each not in money:
                    money[each] = self.store.money(each)
        won = {line.id: money[year].left(line.id) for line in self.lines.of_year(year)}
        for pool in pools:
            in_shards = sum(each.in_shards(pool.name) for each in money.values())
            won[pool.name] = left_of_pool(pool, money[pool.home].unallocated) + in_shards
        return Funds(self.lines, {year: BudgetShard(year, 0, won, closed=False)}, {(year, name): () for name in won})

    def funding_of_a_posting(self, hashed: str, now: datetime) -> "Funding":
        """The funding of one accrual transaction, whose shard `hashed` chooses. It looks for money more often, since no caller waits."""
        return Funding(self.store, self.lines, shard_of(hashed), now, POSTING)


class Funding:
    """The money that one transaction may draw on, over all its attempts.

    The attempts are bounded. A transaction looks for money that its shard lacks as `Looking` allows. When that is used up, or it has `lost`
    as often to other transactions, it draws only on its own shard; after `ATTEMPTS_ON_ITS_OWN` more losses it draws nothing.

    So budgets cost a command at most 4 + 3 * `times` reads, 13 for a payment or top-up, however many compete for the last of the money.
    These are two for each look (the look, and the read that led to it), one for each loss, and the last read. The first use of a year, a
    pool or a name in a shard costs one more each.
    """

    def __init__(
        self, store: BudgetStore, lines: Lines, number: int, now: datetime, looking: Looking = COMMAND
    ) -> None:
        self._store = store
        self._lines = lines
        self._number = number
        self._now = now
        self._most_looks = looking.times
        self._last_look = store.patience.remaining_seconds() - looking.seconds
        self._years: set[FiscalYear] = set()
        self._reach: dict[Name, Sequence[Move]] = {}
        self._looks = 0
        self._losses = 0

    def keys(self, needs: Iterable[tuple[PolicyVersion, datetime]]) -> list[Key]:
        """The keys of the budget shards that payments of these instants and policies may need: one per fiscal year, 1 read unit each.

        None where no budget and no pool applies.
        """
        for policy, at in needs:
            if policy.pools or self._lines.are_kept_at(at):
                self._years.add(fiscal_year_of(at))
        return [self._store.shard_key(year, self._number) for year in sorted(self._years)]

    def funds(self, items: Mapping[Key, Item | None]) -> Funds:
        """The money in the `items` that were read; None for an item that does not exist."""
        read = {year: self._store.shard(year, self._number, items) for year in self._years}
        shards = {year: shard for year, shard in read.items() if shard is not None}
        return Funds(self._lines, shards, dict(self._reach), self._drawing())

    def _drawing(self) -> Drawing:
        in_time = self._store.patience.remaining_seconds() >= self._last_look
        may_look = (self._looks < self._most_looks and in_time) or bool(self._reach)
        if may_look and self._losses < self._most_looks:
            return Drawing.ANYWHERE
        return Drawing.OWN if self._losses < self._most_looks + ATTEMPTS_ON_ITS_OWN else Drawing.NOTHING

    def refill(self, funds: Funds) -> None:
        """Bring the missing money into the shard, or, when the money is nearly used up, note which other places to draw on.

        Each move is a transaction of its own: a process that stops after any of them loses no money. If others draw on the money at the
        same time, it looks again, a bounded number of times.
        """
        self._looks += any(short.wanted for short in funds.missing)
        known: dict[FiscalYear, Money] = {}
        for short in funds.missing:
            self._years.add(short.year)
            places = look(self._store, self._number, short, self._now, known=known)
            if places is not None:
                self._reach[short.year, short.name] = places

    def writes(self, funds: Funds) -> list[Write]:
        """An update of each place that `funds` changes. They fail with `ConditionsFailed` when the money was drawn or the year closed."""
        return self._store.writes(funds)

    def lost(self) -> None:
        """Record that others were faster. What was noted about other places may be outdated, so it is dropped."""
        self._reach.clear()
        self._losses += 1


def look(
    store: BudgetStore, number: int, short: Short, now: datetime, *, known: dict[FiscalYear, Money]
) -> Sequence[Move] | None:
    """Other places with money of what `short` lacks; None when the money was moved into shard `number`, or another look is needed.

    While there is plenty, a part of it is moved. Near its end nothing is moved, since the next transaction would move it away again.
    `known` caches what was read of years, for all names that are short.
    """
    for _ in range(MOST_STEPS):
        try:
            return _look(store, number, short, now, known)
        except ConditionsFailed:
            # Another transaction has done this step for all.
            known.clear()
    return None


def _look(
    store: BudgetStore, number: int, short: Short, now: datetime, known: dict[FiscalYear, Money]
) -> Sequence[Move] | None:
    """As `look`, but raises `ConditionsFailed` if another transaction did the preparing step."""
    name, pool = short.name, short.pool
    home = pool.home if pool else short.year
    years = {year: _opened(store, year, known) for year in {home, short.year}}
    if pool:
        unallocated, since = _put_up(store, pool, years[home], short.year)
        for year in years_drawing(since, max(short.year, fiscal_year_of(now)), home):
            if year not in years:
                known[year] = years[year] = known.get(year) or store.money(year)
    else:
        unallocated = _unallocated_of(years[home]).won.get(name, 0)
    shard = years[short.year].shards[number]
    if name not in shard.won:
        _name_in(store, shard, name, now)
    lacking = short.wanted - shard.won.get(name, 0)
    if lacking <= 0:
        return None
    others = [
        Move(Place(money.year, other.number), other.won.get(name, 0))
        for money in years.values()
        for other in money.shards
        if (money.year, other.number) != (short.year, number)
    ]
    from_unallocated = Move(Place(home, None), unallocated)
    move = move_to_refill(lacking, from_unallocated, others)
    if move is None:
        return nearest_first(lacking, number, from_unallocated, others)
    # Another transaction may have refilled the shard.
    with suppress(ConditionsFailed, Busy):
        store.move(name, move, Place(short.year, number))
    return None


def _name_in(store: BudgetStore, shard: BudgetShard, name: str, now: datetime) -> None:
    # Skipped for a window that ended long ago, or two transactions would add and remove its name in turn.
    for ended, won in () if is_over(name, now) else ended_pools(shard, now):
        store.take_home(shard, ended, won)
    store.name_in(shard, name)


def opened(store: BudgetStore, year: FiscalYear) -> Unallocated:
    """The unallocated balance of a year, which is opened if needed."""
    return _unallocated_of(_opened(store, year, {}))


def _opened(store: BudgetStore, year: FiscalYear, known: dict[FiscalYear, Money]) -> Money:
    """The money of a year, which is opened if needed."""
    if year in known:
        return known[year]
    money = store.money(year)
    if money.unallocated is None:
        # Another transaction has opened the year.
        with suppress(ConditionsFailed):
            store.open_year(year)
        money = store.money(year)
    known[year] = money
    return money


def _put_up(store: BudgetStore, pool: PoolMoney, home: Money, year: FiscalYear) -> tuple[int, FiscalYear]:
    """The unallocated balance of a pool that `year` draws on, and the first year that drew on it.

    On first use a pool gets the amount of the policy in force, and more when a later version has more. A later version with less takes
    nothing away, since the money may be drawn already.
    """
    unallocated = _unallocated_of(home)
    amount = unallocated.amounts.get(pool.name)
    if amount is None:
        store.open_pool(pool, year)
        return pool.amount, year
    since = unallocated.since[pool.name]
    if year < since:
        store.draw_since(pool, since, year)
    if pool.amount > amount:
        store.raise_pool(pool, amount)
    return left_of_pool(pool, unallocated), min(since, year)


def _unallocated_of(money: Money) -> Unallocated:
    if money.unallocated is None:
        raise LookupError(f"the fiscal year {money.year} has no money")
    return money.unallocated
