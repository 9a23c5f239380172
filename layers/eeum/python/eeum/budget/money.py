"""How the money of a year moves between its rest and its sub-lines: pure functions over plain values, in whole won.

Moving is all that this does: what a line or a pool has in all is the same before and after.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from eeum.budget.rules import PARTS_OF_THE_REST, POOL, SMALLEST_REFILL, FiscalYear, PoolMoney, SubLine
from eeum.calendar import month_of, next_month
from eeum.policy.windows import last_month_of


@dataclass(frozen=True, slots=True)
class Rest:
    """What of a year's money is in no sub-line, and what there is in all: won by line and pool.

    `amounts` are what was appropriated to a line, or opened for a pool's window; `since` is the first fiscal year that draws on a pool;
    `revision` counts the lines that were added: lines are judged together.
    """

    year: FiscalYear
    won: Mapping[str, int]
    amounts: Mapping[str, int]
    since: Mapping[str, FiscalYear]
    closed: bool
    revision: int


@dataclass(frozen=True, slots=True)
class Money:
    """A year's money as it was read, each item as it stood then; `rest` is None before the year has any."""

    year: FiscalYear
    rest: Rest | None
    sub_lines: tuple[SubLine, ...]

    def left(self, name: str) -> int:
        """Won that can still be granted, wherever they stand."""
        rest = self.rest.won.get(name, 0) if self.rest else 0
        return rest + self.in_sub_lines(name)

    def in_sub_lines(self, name: str) -> int:
        return sum(sub_line.won.get(name, 0) for sub_line in self.sub_lines)


def left_of_pool(pool: PoolMoney, rest: Rest | None) -> int:
    """Won that the rest of the pool's home year has of it, once it has what the policy in force says.

    A later version that says less takes nothing away: it may be granted already.
    """
    amount = rest.amounts.get(pool.name) if rest else None
    if rest is None or amount is None:
        return pool.amount
    return rest.won[pool.name] + max(pool.amount - amount, 0)


class Place(NamedTuple):
    """Where money stands: in a sub-line of a year, or (None) in its rest."""

    year: FiscalYear
    sub_line: int | None


class Move(NamedTuple):
    place: Place
    won: int


def moves_to_refill(lacking: int, rest: Move, others: Iterable[Move]) -> list[Move]:
    """From where the `lacking` won of a sub-line are taken: from the rest, and from the others, the fullest first, as far as there is any.

    More than is lacking is taken, so that it is not done for every payment: a part of the rest, and half of what another has.
    """
    moves = []
    sources = [(rest, max(rest.won // PARTS_OF_THE_REST, SMALLEST_REFILL))]
    sources += [(other, other.won // 2) for other in sorted(others, key=lambda other: (-other.won, other.place))]
    for (place, there), portion in sources:
        if lacking > 0 and there > 0:
            won = min(there, max(lacking, portion))
            moves.append(Move(place, won))
            lacking -= won
    return moves


def is_over(name: str, now: datetime) -> bool:
    """Whether `name` is that of a pool in a window that was over a whole month ago. Those of events are few, and stay."""
    window = name.partition("@")[2]
    return name.startswith(POOL) and window[0].isdigit() and next_month(last_month_of(window)) < month_of(now)


def ended_pools(sub_line: SubLine, now: datetime) -> Sequence[tuple[str, int]]:
    """Pools of `sub_line` whose window is long over, and the won left there: they go back to the rest, or the item would grow.

    What comes back later lets it know the window again.
    """
    return [(name, won) for name, won in sub_line.won.items() if is_over(name, now)]
