"""Funding rewards from budgets in a use case's own transaction: reading, granting, refilling, and what to write.

A use case makes a `Funding` for the transaction that it prepares, and with each attempt reads `keys` along with its own items, decides on
fresh `funds`, refills when these are `missing` something, and adds `writes` to its own. What was decided while something was missing is
thrown away.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from eeum.budget.money import Money, Rest, ended_pools, is_over, left_of_pool, move_to_refill, nearest_first
from eeum.budget.rules import (
    Drawing,
    FiscalYear,
    Funds,
    Lines,
    Move,
    Name,
    Place,
    PoolMoney,
    Short,
    SubLine,
    fiscal_year_of,
    pool_money,
    sub_line_of,
    years_drawing,
)
from eeum.budget.store import BudgetStore
from eeum.errors import Busy
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


class Looking(NamedTuple):
    """How often one transaction may look for money that its sub-line lacks, and for how long it may begin to."""

    times: int
    seconds: float


COMMAND = Looking(3, 2.0)
POSTING = Looking(6, 10.0)
"""A posting has nobody waiting for it."""

ATTEMPTS_ON_ITS_OWN = 3
"""How often it then tries with what its sub-line has, before it gives nothing."""

MOST_STEPS = 6
"""Steps that prepare a sub-line for a name, which others may do at the same time: opening the year, opening the pool, naming it."""


class Budgets:
    """The budgets of a programme, for one invocation of a function."""

    def __init__(self, store: BudgetStore, lines: Lines) -> None:
        self.store = store
        self.lines = lines

    def funding(self, hashed: str, now: datetime) -> "Funding":
        """For one command's transaction; `hashed` chooses its sub-line: the id of a wallet."""
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
        return Funds(self.lines, {year: SubLine(year, 0, won, closed=False)}, {(year, name): () for name in won})

    def funding_of_a_posting(self, hashed: str, now: datetime) -> "Funding":
        """For one transaction of a batch, which `hashed` is of: it looks for money more often, since nobody waits for it."""
        return Funding(self.store, self.lines, sub_line_of(hashed), now, POSTING)


class Funding:
    """The money that one transaction may draw on, over all its attempts.

    Its attempts are bounded. It looks for money that its sub-line lacks as often and as long as it may (`Looking`). Once it has done so, or
    has `lost` as often to others, it takes what the sub-line has, and after `ATTEMPTS_ON_ITS_OWN` losses more, nothing. So however many
    want the same won, budgets cost a command at most 4 + 3 * `times` reads, 13 for a payment or top-up: for each look, itself and the read
    that called for it; for each loss the read that it was decided on; and the last read. The first use of a year, a pool or a name in a
    sub-line costs one more each.
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
        return Funds(self._lines, sub_lines, dict(self._reach), self._drawing())

    def _drawing(self) -> Drawing:
        in_time = self._store.patience.remaining_seconds() >= self._last_look
        may_look = (self._looks < self._most_looks and in_time) or bool(self._reach)
        if may_look and self._losses < self._most_looks:
            return Drawing.ANYWHERE
        return Drawing.OWN if self._losses < self._most_looks + ATTEMPTS_ON_ITS_OWN else Drawing.NOTHING

    def refill(self, funds: Funds) -> None:
        """Brings what is missing into the sub-line, or near the end of the money notes where else it can be drawn on.

        Each move is a transaction of its own, which loses nothing if it is the last that this process does. What others take meanwhile is
        looked for once more, a bounded number of times.
        """
        self._looks += any(short.wanted for short in funds.missing)
        known: dict[FiscalYear, Money] = {}
        for short in funds.missing:
            self._years.add(short.year)
            places = look(self._store, self._number, short, self._now, known=known)
            if places is not None:
                self._reach[short.year, short.name] = places

    def writes(self, funds: Funds) -> list[Write]:
        """An update of each place that `funds` changes: `ConditionsFailed` when so much is no longer there, or the year was closed."""
        return self._store.writes(funds)

    def lost(self) -> None:
        """Others were faster: what was noted of other places no longer holds."""
        self._reach.clear()
        self._losses += 1


def look(
    store: BudgetStore, number: int, short: Short, now: datetime, *, known: dict[FiscalYear, Money]
) -> Sequence[Move] | None:
    """Where, besides in sub-line `number`, there is money of what is `short`; None when it was brought there, or must be looked for again.

    While there is plenty, a part of it is moved; near its end nothing is, since what one has moved the next would move away again. `known`
    is what was read of years, for all that is short at once.
    """
    for _ in range(MOST_STEPS):
        try:
            return _look(store, number, short, now, known)
        except ConditionsFailed:
            # Another was faster, who has done this step for all.
            known.clear()
    return None


def _look(
    store: BudgetStore, number: int, short: Short, now: datetime, known: dict[FiscalYear, Money]
) -> Sequence[Move] | None:
    """Like `look`; raises `ConditionsFailed` if another transaction did the preparing step."""
    name, pool = short.name, short.pool
    home = pool.home if pool else short.year
    years = {year: _opened(store, year, known) for year in {home, short.year}}
    if pool:
        rest, since = _put_up(store, pool, years[home], short.year)
        for year in years_drawing(since, max(short.year, fiscal_year_of(now)), home):
            if year not in years:
                known[year] = years[year] = known.get(year) or store.money(year)
    else:
        rest = _rest_of(years[home]).won.get(name, 0)
    sub_line = years[short.year].sub_lines[number]
    if name not in sub_line.won:
        _name_in(store, sub_line, name, now)
    lacking = short.wanted - sub_line.won.get(name, 0)
    if lacking <= 0:
        return None
    others = [
        Move(Place(money.year, other.number), other.won.get(name, 0))
        for money in years.values()
        for other in money.sub_lines
        if (money.year, other.number) != (short.year, number)
    ]
    from_rest = Move(Place(home, None), rest)
    move = move_to_refill(lacking, from_rest, others)
    if move is None:
        return nearest_first(lacking, number, from_rest, others)
    # When others were faster, there may be enough all the same.
    with suppress(ConditionsFailed, Busy):
        store.move(name, move, Place(short.year, number))
    return None


def _name_in(store: BudgetStore, sub_line: SubLine, name: str, now: datetime) -> None:
    # Not for what comes back of a window long over, or two of them would drive each other out.
    for ended, won in () if is_over(name, now) else ended_pools(sub_line, now):
        store.take_home(sub_line, ended, won)
    store.name_in(sub_line, name)


def opened(store: BudgetStore, year: FiscalYear) -> Rest:
    """The rest of a year, which is opened if it is not yet."""
    return _rest_of(_opened(store, year, {}))


def _opened(store: BudgetStore, year: FiscalYear, known: dict[FiscalYear, Money]) -> Money:
    """The money of a year, which is opened if it is not yet."""
    if year in known:
        return known[year]
    money = store.money(year)
    if money.rest is None:
        # When another was faster, it is open all the same.
        with suppress(ConditionsFailed):
            store.open_year(year)
        money = store.money(year)
    known[year] = money
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
