"""Decides which budget line pays a reward, and how much of it: pure functions over plain values, amounts in whole won.

A line is a funder's money for a fiscal year, which is the calendar year in Seoul (Local Finance Act, article 6). Its money is divided into
`SHARDS` budget shards, so that no single item takes every write, and an unallocated balance that refills them. A citywide pool is stored
alike. For each line, at every moment: unallocated + left in its shards + drawn = appropriated + given back.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import NamedTuple

from eeum.calendar import SEOUL
from eeum.money import split_by_share
from eeum.policy.rules import Layer, PolicyVersion, funded
from eeum.policy.windows import window_name

SHARDS = 16
"""The number of shards. Each transaction draws on one: with batches of 20 payments, an item is written 1/320 times per payment."""

PARTS_OF_THE_UNALLOCATED = 32
"""A refill takes a 32nd of the unallocated balance, so a line is refilled some 32 * ln(won / smallest refill) times: 460 for 195
billion.
"""

SMALLEST_REFILL = 100_000
"""The least won of a refill, or a shard's part of the unallocated balance if that is less. It avoids a refill for every payment."""

MERCHANT = "merchant"
"""The merchant, who pays its own share: never budgeted."""

POOL, RETURNED, UNBUDGETED = "pool/", "returned/", "unbudgeted/"
"""Prefixes of names of money, before the pool's window, the line or the funder. The name of a line has none."""

COUNTED = (RETURNED, UNBUDGETED)
"""Names of counters: they grow with use and never run out."""

FiscalYear = int


def fiscal_year_of(at: datetime) -> FiscalYear:
    """The fiscal year that pays for what was accepted at `at`."""
    return at.astimezone(SEOUL).year


def shard_of(hashed: str) -> int:
    """The number of the budget shard that a transaction draws on: by hash, so that draws are spread evenly."""
    return hashlib.sha256(hashed.encode()).digest()[0] % SHARDS


@dataclass(frozen=True, slots=True)
class Line:
    """A funder's line of a fiscal year for the `layers` with these ids; None: all layers that no other line of the funder names.

    It pays for what is accepted from `applies_from` on. It does not have its amount: lines are cached, amounts never are.
    """

    fiscal_year: FiscalYear
    id: str
    funder: str
    layers: frozenset[str] | None
    applies_from: datetime
    title: Mapping[str, str]

    def pays_the_same_as(self, other: "Line") -> bool:
        """Whether both lines would pay for the same rewards."""
        if (self.fiscal_year, self.funder) != (other.fiscal_year, other.funder):
            return False
        if self.layers is None or other.layers is None:
            return self.layers is other.layers
        return bool(self.layers & other.layers)


class Lines:
    """All lines of a programme. The acceptance time decides which line pays, so that this never changes afterwards."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self.all = tuple(sorted(lines, key=lambda line: (line.fiscal_year, line.id)))
        self._of_funder: dict[tuple[FiscalYear, str], list[Line]] = {}
        self._since: dict[FiscalYear, datetime] = {}
        for line in self.all:
            # A line that names its layers goes before the one for all others.
            own = self._of_funder.setdefault((line.fiscal_year, line.funder), [])
            own.insert(len(own) if line.layers is None else 0, line)
            since = self._since.get(line.fiscal_year, line.applies_from)
            self._since[line.fiscal_year] = min(since, line.applies_from)

    def of_year(self, year: FiscalYear) -> tuple[Line, ...]:
        return tuple(line for line in self.all if line.fiscal_year == year)

    def paying(self, funder: str, layer: str, at: datetime) -> Line | None:
        """The line that pays `funder`'s part of `layer` for what was accepted at `at`; None: not budgeted."""
        for line in self._of_funder.get((fiscal_year_of(at), funder), ()):
            if line.applies_from <= at and (line.layers is None or layer in line.layers):
                return line
        return None

    def are_kept_at(self, at: datetime) -> bool:
        """Whether the year of `at` has a line that applies at `at`. From then on, what no line pays counts as unbudgeted."""
        since = self._since.get(fiscal_year_of(at))
        return since is not None and since <= at


class PoolMoney(NamedTuple):
    """A citywide pool in one of its windows: `amount` won by the policy in force, stored under the year `home`."""

    name: str
    amount: int
    home: FiscalYear


def pool_money(policy: PolicyVersion, pool_id: str, at: datetime) -> PoolMoney:
    """The money of the pool's window that contains `at`. A window lies within one year, except an event's."""
    pool = policy.pools[pool_id]
    last = at if pool.window.until is None else pool.window.until - timedelta(microseconds=1)
    return PoolMoney(f"{POOL}{pool_id}@{window_name(pool.window, at)}", pool.amount, fiscal_year_of(last))


def years_drawing(first: FiscalYear, last: FiscalYear, home: FiscalYear) -> list[FiscalYear]:
    """The years from `first` to `last` in which a pool was drawn on, in order, with its home year last.

    Both are years with payments. An event's stated dates may be far from them.
    """
    return [*range(first, min(last, home - 1) + 1), home]


@dataclass(frozen=True, slots=True)
class BudgetShard:
    """A budget shard as it was read: won left by line and pool, and what was given back after the close."""

    year: FiscalYear
    number: int
    won: Mapping[str, int]
    closed: bool


class Place(NamedTuple):
    """A place that has money: a budget shard of a year, or (None) its unallocated balance."""

    year: FiscalYear
    shard: int | None


class Move(NamedTuple):
    place: Place
    won: int


class Short(NamedTuple):
    """Money that a shard lacks: `wanted` won of `name` in `year` (0: it only needs the name) before the transaction can be stored."""

    year: FiscalYear
    name: str
    wanted: int
    pool: PoolMoney | None


Name = tuple[FiscalYear, str]


class Drawing(Enum):
    """Which places a transaction draws on when its shard lacks money."""

    ANYWHERE = "anywhere"
    OWN = "own shard"
    NOTHING = "nothing"


def largest_fit(shares: Sequence[int], most: int, room: Sequence[int | None]) -> int:
    """The largest won up to `most` of which no part by `shares` is above its `room` (None: unlimited).

    All parts but the last never shrink when the total grows. The last gets the remainder of the flooring: it may shrink, but it grows by at
    most one per won. So lowering the total by the excess of the last part misses no fit.
    """
    total = sum(shares)
    won = most
    for share, most_of_part in zip(shares[:-1], room[:-1], strict=True):
        if share and most_of_part is not None:
            won = min(won, ((most_of_part + 1) * total - 1) // share)
    of_last = room[-1]
    while of_last is not None and (over := split_by_share(won, shares)[-1] - of_last) > 0:
        won -= over
    return won


@dataclass
class Funds:
    """What one transaction draws from budgets and gives back, computed on one budget shard of each year as it was read.

    For a name in `reach`, exactly the money in the shard and in those other places is available. Any other name is assumed to have enough:
    if the shard has not, `missing` reports it, and the result must be dropped, the shard refilled, and all computed again. A transaction
    whose `drawing` has stopped misses nothing. What is given back can be drawn again at once.
    """

    lines: Lines
    shards: Mapping[FiscalYear, BudgetShard]
    reach: Mapping[Name, Sequence[Move]] = field(default_factory=dict)
    drawing: Drawing = Drawing.ANYWHERE
    _taken: dict[Name, int] = field(default_factory=dict)
    _pools: dict[Name, PoolMoney] = field(default_factory=dict)

    def draw(self, policy: PolicyVersion, layer: Layer, won: int, at: datetime, before: int = 0) -> int:
        """Draw as much of a reward of `won` as budgets fund, and return the funded amount; `before` won of the same reward are funded
        already.

        `won` below `before` gives back. Parts are those of `funded`. `at` is when the payment was accepted: a pool of an event gives
        nothing outside of the event.
        """
        if any(not policy.pools[pool].window.is_open(at) for pool in layer.pools):
            won = 0
        names = [self._payer(layer, funder, at) for funder in layer.funders]
        drawn_before = [part for _, part in funded(layer, before)]
        room = [
            None if (free := self._room(name)) is None else free + part
            for name, part in zip(names, drawn_before, strict=True)
        ]
        for pool in self._pools_of(policy, layer, at):
            free = self._room(pool)
            if free is not None:
                won = min(won, free + before)
        drawn = largest_fit(layer.shares, won, room)
        parts = [part for _, part in funded(layer, drawn)]
        differences = (new - old for new, old in zip(parts, drawn_before, strict=True))
        self._take(policy, layer, dict(zip(layer.funders, differences, strict=True)), at)
        return drawn

    def is_shared(self, layer: Layer, at: datetime) -> bool:
        """Whether a layer draws on money that runs out: a pool, or a line of one of its funders."""
        payers = (self._payer(layer, funder, at) for funder in layer.funders)
        return bool(layer.pools) or any(payer is not None and not payer[1].startswith(COUNTED) for payer in payers)

    def take(self, policy: PolicyVersion, layer: Layer, parts: Mapping[str, int], at: datetime) -> bool:
        """Draw exactly `parts`, won by funder, and return True; or draw nothing when a part exceeds what is there."""
        rooms = [(self._room(self._payer(layer, funder, at)), part) for funder, part in parts.items()]
        rooms += [(self._room(pool), sum(parts.values())) for pool in self._pools_of(policy, layer, at)]
        if any(room is not None and part > room for room, part in rooms):
            return False
        self._take(policy, layer, parts, at)
        return True

    def give_back(self, policy: PolicyVersion, layer: Layer, parts: Mapping[str, int], at: datetime) -> None:
        """Give back exactly `parts`, won by funder, of what was drawn for a payment accepted at `at`. Pools get the sum."""
        self._take(policy, layer, {funder: -part for funder, part in parts.items()}, at)

    @property
    def missing(self) -> tuple[Short, ...]:
        """What the budget shards lack. While this is not empty, no result may be stored."""
        return tuple(
            Short(year, name, 0 if name.startswith(COUNTED) else max(taken, 0), self._pools.get((year, name)))
            for (year, name), taken in self._changes().items()
            if self._is_short(year, name, taken)
        )

    @property
    def changes(self) -> dict[FiscalYear, dict[str, int]]:
        """The change of each name in a budget shard in won, by year: negative for draws.

        Raises `ValueError` while something is missing.
        """
        if self.missing:
            raise ValueError("the budget shards lack what was drawn: refill them, and compute again")
        changes: dict[FiscalYear, dict[str, int]] = {}
        for (year, name), taken in self._changes().items():
            if own := self._of_own(year, name, taken):
                changes.setdefault(year, {})[name] = own if name.startswith(COUNTED) else -own
        return changes

    @property
    def elsewhere(self) -> dict[Place, dict[str, int]]:
        """What is drawn from other places, by place and name, in won: the part that the shards do not have."""
        drawn: dict[Place, dict[str, int]] = {}
        for (year, name), taken in self._changes().items():
            lacking = taken - self._of_own(year, name, taken)
            for place, there in self.reach.get((year, name), ()):
                if won := min(lacking, there):
                    drawn.setdefault(place, {})[name] = drawn.get(place, {}).get(name, 0) + won
                    lacking -= won
        return drawn

    def copy(self) -> "Funds":
        """A copy for a tentative computation."""
        return Funds(self.lines, self.shards, self.reach, self.drawing, dict(self._taken), dict(self._pools))

    def _payer(self, layer: Layer, funder: str, at: datetime) -> Name | None:
        """The name that pays a funder's part; None for a merchant's own part, and for parts before the year's first line."""
        if funder == MERCHANT or not self.lines.are_kept_at(at):
            return None
        line = self.lines.paying(funder, layer.id, at)
        return fiscal_year_of(at), line.id if line else f"{UNBUDGETED}{funder}"

    def _pools_of(self, policy: PolicyVersion, layer: Layer, at: datetime) -> list[Name]:
        names = []
        for pool_id in layer.pools:
            pool = pool_money(policy, pool_id, at)
            name = (fiscal_year_of(at), pool.name)
            self._pools[name] = pool
            names.append(name)
        return names

    def _room(self, name: Name | None) -> int | None:
        """The amount that can still be drawn; None: unlimited."""
        if name is None or name[1].startswith(COUNTED):
            return None
        if self.drawing is Drawing.ANYWHERE and name not in self.reach:
            return None
        there = 0
        if self.drawing is not Drawing.NOTHING:
            there = self._left(name) + sum(move.won for move in self.reach.get(name, ()))
        return max(there - self._taken.get(name, 0), 0)

    def _left(self, name: Name) -> int:
        shard = self.shards.get(name[0])
        return shard.won.get(name[1], 0) if shard else 0

    def _of_own(self, year: FiscalYear, name: str, taken: int) -> int:
        """The part of the drawn won that comes from the shard itself; for a return, all of it."""
        if name.startswith(COUNTED) or (year, name) not in self.reach:
            return taken
        return min(taken, self._left((year, name)))

    def _take(self, policy: PolicyVersion, layer: Layer, parts: Mapping[str, int], at: datetime) -> None:
        for funder, won in parts.items():
            if name := self._payer(layer, funder, at):
                self._taken[name] = self._taken.get(name, 0) + won
        for pool in self._pools_of(policy, layer, at):
            self._taken[pool] = self._taken.get(pool, 0) + sum(parts.values())

    def _changes(self) -> dict[Name, int]:
        """The drawn won by name. After a year's close, what is given back to a line is kept apart."""
        changes = {}
        for (year, name), taken in self._taken.items():
            if not taken:
                continue
            shard = self.shards.get(year)
            if taken < 0 and shard and shard.closed and not name.startswith((POOL, UNBUDGETED)):
                changes[year, f"{RETURNED}{name}"] = -taken
            else:
                changes[year, name] = taken
        return changes

    def _is_short(self, year: FiscalYear, name: str, taken: int) -> bool:
        own = self._of_own(year, name, taken)
        shard = self.shards.get(year)
        if shard is None or name not in shard.won:
            return own != 0
        return own > shard.won[name] and not name.startswith(COUNTED)
