"""Funding rewards from budgets in somebody else's transaction: reading, granting, refilling, and what to write.

Whoever grants makes a `Funding` for the transaction that he is about to make, and with each attempt reads `keys` along with his own items,
works out on fresh `funds`, refills when these are `missing` something, and adds `writes` to his own. What was worked out while something
was missing is thrown away.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from eeum.budget.money import Money, Move, Place, Rest, ended_pools, is_over, left_of_pool, moves_to_refill
from eeum.budget.rules import (
    FiscalYear,
    Funds,
    Lines,
    Name,
    PoolMoney,
    Short,
    SubLine,
    fiscal_year_of,
    pool_money,
    sub_line_of,
    years_drawing,
)
from eeum.budget.store import BudgetStore
from eeum.policy.rules import PolicyVersion
from eeum.storage import ConditionsFailed, Item, Key, Write

LONGEST_AGE = timedelta(seconds=60)
"""Which lines there are is read anew after this; a line is stored 120 s before it applies. Amounts are never kept."""


class CachedLines:
    """A programme's lines, read anew when they are older than 60 s on the city's clock."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lines = Lines(())
        self._read_at = datetime.min.replace(tzinfo=UTC)

    def lines(self, store: BudgetStore, *, running: bool) -> Lines:
        """Of a programme that is not `running` yet none are kept: until its first policy is loaded, lines may apply at once."""
        now = self._clock()
        if not timedelta(0) <= now - self._read_at <= LONGEST_AGE:
            lines = Lines(store.lines())
            if not running:
                return lines
            self._lines, self._read_at = lines, now
        return self._lines


class Budgets:
    """The budgets of a programme, for one invocation of a function."""

    def __init__(self, store: BudgetStore, lines: Lines) -> None:
        self.store = store
        self.lines = lines

    def funding(self, hashed: str, now: datetime) -> "Funding":
        """For one transaction; `hashed` chooses its sub-line: the id of a wallet, or of the first of a batch."""
        return Funding(self.store, self.lines, sub_line_of(hashed), now)

    def in_all(self, policy: PolicyVersion, at: datetime) -> Funds:
        """All that refilling could bring to one transaction at `at`, as if nobody else drew on it. Reads, and moves nothing.

        17 read units for each fiscal year: the year of `at`, and those in which an event's pool was drawn on before.
        """
        year = fiscal_year_of(at)
        pools = [pool_money(policy, pool_id, at) for pool_id, pool in policy.pools.items() if pool.window.is_open(at)]
        money = {each: self.store.money(each) for each in sorted({pool.home for pool in pools} | {year})}
        for pool in pools:
            rest = money[pool.home].rest
            since = rest.since.get(pool.name, year) if rest else year
            for each in years_drawing(since, year, pool.home):
                if each not in money:
                    money[each] = self.store.money(each)
        won = {line.id: money[year].left(line.id) for line in self.lines.of_year(year)}
        for pool in pools:
            in_sub_lines = sum(each.in_sub_lines(pool.name) for each in money.values())
            won[pool.name] = left_of_pool(pool, money[pool.home].rest) + in_sub_lines
        return Funds(self.lines, {year: SubLine(year, 0, won, closed=False)}, frozenset((year, name) for name in won))


class Funding:
    """The money that one transaction may draw on, over all its attempts."""

    def __init__(self, store: BudgetStore, lines: Lines, number: int, now: datetime) -> None:
        self._store = store
        self._lines = lines
        self._number = number
        self._now = now
        self._years: set[FiscalYear] = set()
        self._exhausted: frozenset[Name] = frozenset()

    def keys(self, needs: Iterable[tuple[PolicyVersion, datetime]]) -> list[Key]:
        """The sub-lines that payments accepted then, under these policies, may need: one for each fiscal year, 1 read unit each.

        None where nothing is budgeted and no layer draws on a pool.
        """
        for policy, at in needs:
            if policy.pools or self._lines.are_kept_at(at):
                self._years.add(fiscal_year_of(at))
        return [self._store.sub_line_key(year, self._number) for year in sorted(self._years)]

    def funds(self, items: Mapping[Key, Item | None]) -> Funds:
        """What there is by the `items` that were read, None for one that is not there."""
        read = {year: self._store.sub_line(year, self._number, items) for year in self._years}
        sub_lines = {year: sub_line for year, sub_line in read.items() if sub_line is not None}
        return Funds(self._lines, sub_lines, self._exhausted)

    def refill(self, funds: Funds) -> None:
        """Brings what is missing into the sub-line, and notes of what there is not so much left anywhere.

        Each move is a transaction of its own, which loses nothing if it is the last that this process does. Raises `Busy`.
        """
        for short in funds.missing:
            self._years.add(short.year)
            if not refill(self._store, self._number, short, self._now):
                self._exhausted |= {(short.year, short.name)}

    def writes(self, funds: Funds) -> list[Write]:
        """An update of each sub-line that `funds` changes: `ConditionsFailed` when so much is no longer there, or the year was closed."""
        return self._store.writes(funds)


def refill(store: BudgetStore, number: int, short: Short, now: datetime) -> bool:
    """Whether the sub-line `number` has what is `short`, after bringing there what could be found.

    From the rest, and when that is used up from the other sub-lines. When others change them meanwhile it is looked again. Raises `Busy`.
    """
    attempt = 0
    while True:
        try:
            return _refill(store, number, short, now)
        except ConditionsFailed:
            attempt += 1
            store.patience.wait(attempt)


def _refill(store: BudgetStore, number: int, short: Short, now: datetime) -> bool:
    """As `refill`; `ConditionsFailed` when something is no longer as it was read."""
    name, pool = short.name, short.pool
    home = pool.home if pool else short.year
    years = {year: _opened(store, year) for year in {home, short.year}}
    if pool:
        rest, since = _put_up(store, pool, years[home], short.year)
        for year in years_drawing(since, max(short.year, fiscal_year_of(now)), home):
            years.setdefault(year, store.money(year))
    else:
        rest = _rest_of(years[home]).won.get(name, 0)
    sub_line = years[short.year].sub_lines[number]
    have = sub_line.won.get(name)
    if have is None:
        # Not for what comes back of a window long over, or two of them would drive each other out.
        for ended, won in () if is_over(name, now) else ended_pools(sub_line, now):
            store.take_home(sub_line, ended, won)
        store.name_in(sub_line, name)
        have = 0
    others = [
        Move(Place(money.year, other.number), other.won.get(name, 0))
        for money in years.values()
        for other in money.sub_lines
        if (money.year, other.number) != (short.year, number)
    ]
    moves = moves_to_refill(short.wanted - have, Move(Place(home, None), rest), others)
    for move in moves:
        store.move(name, move, Place(short.year, number))
    return have + sum(move.won for move in moves) >= short.wanted


def opened(store: BudgetStore, year: FiscalYear) -> Rest:
    """The rest of a year, which is opened if it is not yet."""
    return _rest_of(_opened(store, year))


def _opened(store: BudgetStore, year: FiscalYear) -> Money:
    """The money of a year, which is opened if it is not yet."""
    money = store.money(year)
    if money.rest is None:
        # When somebody else was faster, it is open all the same.
        with suppress(ConditionsFailed):
            store.open_year(year)
        money = store.money(year)
    return money


def _put_up(store: BudgetStore, pool: PoolMoney, home: Money, year: FiscalYear) -> tuple[int, FiscalYear]:
    """What the rest has of a pool that `year` draws on, and the first year that drew on it.

    On first use it is given what the policy in force says, and more by a later version. A later version that gives less takes
    nothing away: it may be granted already.
    """
    rest = _rest_of(home)
    amount = rest.amounts.get(pool.name)
    if amount is None:
        store.open_pool(pool, year)
        return pool.amount, year
    since = rest.since[pool.name]
    if year < since:
        store.draw_since(pool, since, year)
    if pool.amount > amount:
        store.raise_pool(pool, amount)
    return left_of_pool(pool, rest), min(since, year)


def _rest_of(money: Money) -> Rest:
    if money.rest is None:
        raise LookupError(f"the fiscal year {money.year} has no money")
    return money.rest
