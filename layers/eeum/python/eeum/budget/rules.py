"""Which budget line pays a reward, and how much of it can be funded: pure functions over plain values, amounts in whole won.

A line is a funder's money for a fiscal year, which is the calendar year in Seoul (Local Finance Act, article 6). What is left of it stands
in `SUB_LINES` parts, so that no item is written by everybody, and a rest that they are refilled from. A citywide pool is kept alike.
At every moment, for each line: rest + what is left in its sub-lines + granted = appropriated + given back.
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

SUB_LINES = 16
"""Parts of a year's money. A transaction draws on one of them: at batches of 20 payments an item is written 1/320 times a payment."""

PARTS_OF_THE_REST = 32
"""A refill takes a 32nd of the rest, so that a line is drawn on some 32 * ln(won / smallest refill) times: 460 for 195 billion."""

SMALLEST_REFILL = 100_000
"""Won that a refill takes at least, or a sub-line's part of the rest if that is less: else it would be refilled for every payment."""

MERCHANT = "merchant"
"""The funder that pays out of his own pocket: never budgeted."""

POOL, RETURNED, UNBUDGETED = "pool/", "returned/", "unbudgeted/"
"""What money of another kind than a line's is named by, before the pool's window, the line, the funder."""

COUNTED = (RETURNED, UNBUDGETED)
"""What is only counted: it grows as it is used, and never runs out."""

FiscalYear = int


def fiscal_year_of(at: datetime) -> FiscalYear:
    """The fiscal year that pays what was accepted at `at`."""
    return at.astimezone(SEOUL).year


def sub_line_of(hashed: str) -> int:
    """The number of the sub-line that a transaction draws on: by hash, so that all are drawn on alike."""
    return hashlib.sha256(hashed.encode()).digest()[0] % SUB_LINES


@dataclass(frozen=True, slots=True)
class Line:
    """A funder's money of a fiscal year for some layers by id, or (`layers` None) for all of that funder's that no other line names.

    It pays what is accepted from `applies_from` on. How much it is, and what is left, is not of it: amounts are never cached.
    """

    fiscal_year: FiscalYear
    id: str
    funder: str
    layers: frozenset[str] | None
    applies_from: datetime
    title: Mapping[str, str]

    def pays_the_same_as(self, other: "Line") -> bool:
        """Whether something would be paid by both."""
        if (self.fiscal_year, self.funder) != (other.fiscal_year, other.funder):
            return False
        if self.layers is None or other.layers is None:
            return self.layers is other.layers
        return bool(self.layers & other.layers)


class Lines:
    """All lines of a programme. Which line pays something follows from when it was accepted, and so never changes."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self.all = tuple(sorted(lines, key=lambda line: (line.fiscal_year, line.id)))
        self._of_funder: dict[tuple[FiscalYear, str], list[Line]] = {}
        self._since: dict[FiscalYear, datetime] = {}
        for line in self.all:
            # One that names its layers goes before the one for all others.
            own = self._of_funder.setdefault((line.fiscal_year, line.funder), [])
            own.insert(len(own) if line.layers is None else 0, line)
            since = self._since.get(line.fiscal_year, line.applies_from)
            self._since[line.fiscal_year] = min(since, line.applies_from)

    def of_year(self, year: FiscalYear) -> tuple[Line, ...]:
        return tuple(line for line in self.all if line.fiscal_year == year)

    def paying(self, funder: str, layer: str, at: datetime) -> Line | None:
        """The line that pays what `layer` costs `funder` for a payment accepted at `at`; None: nobody has budgeted it."""
        for line in self._of_funder.get((fiscal_year_of(at), funder), ()):
            if line.applies_from <= at and (line.layers is None or layer in line.layers):
                return line
        return None

    def are_kept_at(self, at: datetime) -> bool:
        """Whether the year of `at` has a line by then: from the first on, what no line pays is counted as unbudgeted."""
        since = self._since.get(fiscal_year_of(at))
        return since is not None and since <= at


class PoolMoney(NamedTuple):
    """A citywide pool in one of its windows: `amount` won by the policy in force, kept under the year `home`."""

    name: str
    amount: int
    home: FiscalYear


def pool_money(policy: PolicyVersion, pool_id: str, at: datetime) -> PoolMoney:
    """The money of the window of a pool that `at` falls into. A window lies within a year, but that of an event."""
    pool = policy.pools[pool_id]
    last = at if pool.window.until is None else pool.window.until - timedelta(microseconds=1)
    return PoolMoney(f"{POOL}{pool_id}@{window_name(pool.window, at)}", pool.amount, fiscal_year_of(last))


def years_drawing(first: FiscalYear, last: FiscalYear, home: FiscalYear) -> list[FiscalYear]:
    """The years from `first` to `last` in which a pool was drawn on, in order; its home is the last in the list.

    Both are years in which something was paid. What an event states may be far from them.
    """
    return [*range(first, min(last, home - 1) + 1), home]


@dataclass(frozen=True, slots=True)
class SubLine:
    """One of the parts of a year's money as it was read: won left by line and pool, and what was returned after the close."""

    year: FiscalYear
    number: int
    won: Mapping[str, int]
    closed: bool


class Place(NamedTuple):
    """Where money is: in a sub-line of a year, or (None) in its rest."""

    year: FiscalYear
    sub_line: int | None


class Move(NamedTuple):
    place: Place
    won: int


class Short(NamedTuple):
    """`wanted` won of `name` must be in the sub-line of `year` (0: it must know the name) before the transaction can be made."""

    year: FiscalYear
    name: str
    wanted: int
    pool: PoolMoney | None


Name = tuple[FiscalYear, str]


class Drawing(Enum):
    """How far a transaction goes for what its sub-line lacks."""

    ANYWHERE = "anywhere"
    OWN = "own sub-line"
    NOTHING = "nothing"


def largest_fit(shares: Sequence[int], most: int, room: Sequence[int | None]) -> int:
    """The largest won up to `most` of which no part by `shares` is above its `room` (None: any).

    All parts but the last grow with the whole. The last takes what flooring leaves, and may shrink while the whole grows, but from one
    won to the next it grows by one at most: so what it is too much by is what the whole can be lowered by without missing a fit.
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
    """What one transaction takes from budgets and gives back to them, worked out on one sub-line of each year as it was read.

    A name in `reach` has what is in the sub-line and in those places besides, as they were read, and no more. Any other is taken to have
    as much as is wanted: where it has not, `missing` says so, and what was worked out must be thrown away, the sub-line refilled, and all
    worked out again. A transaction that has to stop `drawing` anywhere misses nothing. What is given back can be granted again at once.
    """

    lines: Lines
    sub_lines: Mapping[FiscalYear, SubLine]
    reach: Mapping[Name, Sequence[Move]] = field(default_factory=dict)
    drawing: Drawing = Drawing.ANYWHERE
    _taken: dict[Name, int] = field(default_factory=dict)
    _pools: dict[Name, PoolMoney] = field(default_factory=dict)

    def grant(self, policy: PolicyVersion, layer: Layer, won: int, at: datetime, before: int = 0) -> int:
        """The largest reward up to `won` that can be funded, which is taken; `before` won of the same reward are funded already.

        `won` below `before` gives back. Parts are those of `funded`. `at` is when the payment was accepted: nothing is granted outside of
        an event that a pool is for.
        """
        if any(not policy.pools[pool].window.is_open(at) for pool in layer.pools):
            won = 0
        names = [self._payer(layer, funder, at) for funder in layer.funders]
        granted_before = [part for _, part in funded(layer, before)]
        room = [
            None if (free := self._room(name)) is None else free + part
            for name, part in zip(names, granted_before, strict=True)
        ]
        for pool in self._pools_of(policy, layer, at):
            free = self._room(pool)
            if free is not None:
                won = min(won, free + before)
        granted = largest_fit(layer.shares, won, room)
        parts = [part for _, part in funded(layer, granted)]
        differences = (new - old for new, old in zip(parts, granted_before, strict=True))
        self._take(policy, layer, dict(zip(layer.funders, differences, strict=True)), at)
        return granted

    def is_shared(self, layer: Layer, at: datetime) -> bool:
        """Whether a layer draws on money that runs out: a pool, or the line of one of its funders."""
        payers = (self._payer(layer, funder, at) for funder in layer.funders)
        return bool(layer.pools) or any(payer is not None and not payer[1].startswith(COUNTED) for payer in payers)

    def take(self, policy: PolicyVersion, layer: Layer, parts: Mapping[str, int], at: datetime) -> bool:
        """Takes exactly `parts`, won by funder, and says so; or nothing, when they are more than there is."""
        rooms = [(self._room(self._payer(layer, funder, at)), part) for funder, part in parts.items()]
        rooms += [(self._room(pool), sum(parts.values())) for pool in self._pools_of(policy, layer, at)]
        if any(room is not None and part > room for room, part in rooms):
            return False
        self._take(policy, layer, parts, at)
        return True

    def give_back(self, policy: PolicyVersion, layer: Layer, parts: Mapping[str, int], at: datetime) -> None:
        """Gives back exactly `parts`, won by funder, of what was granted for a payment accepted at `at`; pools get their sum."""
        self._take(policy, layer, {funder: -part for funder, part in parts.items()}, at)

    @property
    def missing(self) -> tuple[Short, ...]:
        """What the sub-lines lack; while there is any, nothing that was worked out may be stored."""
        return tuple(
            Short(year, name, 0 if name.startswith(COUNTED) else max(taken, 0), self._pools.get((year, name)))
            for (year, name), taken in self._changes().items()
            if self._is_short(year, name, taken)
        )

    @property
    def changes(self) -> dict[FiscalYear, dict[str, int]]:
        """By how many won each name of a sub-line changes, by year: negative for what is taken.

        Raises `ValueError` while something is missing.
        """
        if self.missing:
            raise ValueError("the sub-lines lack what was granted: refill them, and work out again")
        changes: dict[FiscalYear, dict[str, int]] = {}
        for (year, name), taken in self._changes().items():
            if own := self._of_own(year, name, taken):
                changes.setdefault(year, {})[name] = own if name.startswith(COUNTED) else -own
        return changes

    @property
    def elsewhere(self) -> dict[Place, dict[str, int]]:
        """What is taken from other places, won by place and name: what the sub-lines do not have."""
        drawn: dict[Place, dict[str, int]] = {}
        for (year, name), taken in self._changes().items():
            lacking = taken - self._of_own(year, name, taken)
            for place, there in self.reach.get((year, name), ()):
                if won := min(lacking, there):
                    drawn.setdefault(place, {})[name] = drawn.get(place, {}).get(name, 0) + won
                    lacking -= won
        return drawn

    def copy(self) -> "Funds":
        """The same, to try something that may be dropped."""
        return Funds(self.lines, self.sub_lines, self.reach, self.drawing, dict(self._taken), dict(self._pools))

    def _payer(self, layer: Layer, funder: str, at: datetime) -> Name | None:
        """What pays a funder's part; None for a merchant's own, and for what nobody has budgeted before there was any line."""
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
        """Won that can still be taken; None: as much as is wanted."""
        if name is None or name[1].startswith(COUNTED):
            return None
        if self.drawing is Drawing.ANYWHERE and name not in self.reach:
            return None
        there = 0
        if self.drawing is not Drawing.NOTHING:
            there = self._left(name) + sum(move.won for move in self.reach.get(name, ()))
        return max(there - self._taken.get(name, 0), 0)

    def _left(self, name: Name) -> int:
        sub_line = self.sub_lines.get(name[0])
        return sub_line.won.get(name[1], 0) if sub_line else 0

    def _of_own(self, year: FiscalYear, name: str, taken: int) -> int:
        """How many of the won taken are those of the sub-line itself; all of what comes back."""
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
        """Won taken by name; after a year's close, what comes back to a line is kept apart from what is left of it."""
        changes = {}
        for (year, name), taken in self._taken.items():
            if not taken:
                continue
            sub_line = self.sub_lines.get(year)
            if taken < 0 and sub_line and sub_line.closed and not name.startswith((POOL, UNBUDGETED)):
                changes[year, f"{RETURNED}{name}"] = -taken
            else:
                changes[year, name] = taken
        return changes

    def _is_short(self, year: FiscalYear, name: str, taken: int) -> bool:
        own = self._of_own(year, name, taken)
        sub_line = self.sub_lines.get(year)
        if sub_line is None or name not in sub_line.won:
            return own != 0
        return own > sub_line.won[name] and not name.startswith(COUNTED)
