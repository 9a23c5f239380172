"""How the money of a year moves between its rest and its sub-lines: pure functions over plain values, in whole won.

Moving is all that this does: what a line or a pool has in all is the same before and after.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from eeum.budget.rules import PARTS_OF_THE_REST, POOL, SMALLEST_REFILL, SUB_LINES, FiscalYear, Move, PoolMoney, SubLine
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


def move_to_refill(lacking: int, rest: Move, others: Iterable[Move]) -> Move | None:
    """A move that brings a sub-line twice the `lacking` won or more, so that it is seldom needed; None where too little is left for that.

    It takes a small part of the rest, so that many can do so at once, else half of the fullest other sub-line.
    """
    portion = max(rest.won // PARTS_OF_THE_REST, min(SMALLEST_REFILL, rest.won // SUB_LINES))
    if portion >= 2 * lacking:
        return rest._replace(won=portion)
    fullest = max(others, key=lambda other: other.won, default=None)
    if fullest and fullest.won // 2 >= max(SMALLEST_REFILL, 2 * lacking):
        return fullest._replace(won=fullest.won // 2)
    return None


def nearest_first(lacking: int, number: int, rest: Move, others: Iterable[Move]) -> tuple[Move, ...]:
    """Where near its end the money of sub-line `number` can be drawn on besides: places that have all of the `lacking` won go first.

    Among them the rest, then the next by number, so that transactions from different sub-lines seldom meet; of the others the fullest.
    They are no more than the places of one year, for the sake of the transaction: a pool of an event has those of several.
    """

    def order(move: Move) -> tuple[bool, int]:
        enough = move.won >= lacking
        if move.place.sub_line is None:
            return not enough, -1 if enough else -move.won
        return not enough, (move.place.sub_line - number) % SUB_LINES if enough else -move.won

    return tuple(sorted((move for move in (rest, *others) if move.won > 0), key=order)[: 1 + SUB_LINES])


def is_over(name: str, now: datetime) -> bool:
    """Whether `name` is that of a pool in a window that was over a whole month ago. Those of events are few, and stay."""
    window = name.partition("@")[2]
    return name.startswith(POOL) and window[0].isdigit() and next_month(last_month_of(window)) < month_of(now)


def ended_pools(sub_line: SubLine, now: datetime) -> Sequence[tuple[str, int]]:
    """Pools of `sub_line` whose window is long over, and the won left there: they go back to the rest, or the item would grow.

    What comes back later lets it know the window again.
    """
    return [(name, won) for name, won in sub_line.won.items() if is_over(name, now)]
