"""Moves a year's money between the unallocated balance and the budget shards: pure functions over plain values, in whole won.

A move never changes the total of a line or a pool.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from eeum.budget.rules import (
    PARTS_OF_THE_UNALLOCATED,
    POOL,
    SHARDS,
    SMALLEST_REFILL,
    BudgetShard,
    FiscalYear,
    Move,
    PoolMoney,
)
from eeum.calendar import month_of, next_month
from eeum.policy.windows import last_month_of


@dataclass(frozen=True, slots=True)
class Unallocated:
    """A year's unallocated balance, and its total amounts: won by line and pool.

    `amounts` are the appropriations of lines and the amounts of opened pools. `since` is the first fiscal year that draws on a pool.
    `revision` counts the added lines, since a new line is checked against all others.
    """

    year: FiscalYear
    won: Mapping[str, int]
    amounts: Mapping[str, int]
    since: Mapping[str, FiscalYear]
    closed: bool
    revision: int


@dataclass(frozen=True, slots=True)
class Money:
    """A year's money; each item is as it was read. `unallocated` is None before the year is opened."""

    year: FiscalYear
    unallocated: Unallocated | None
    shards: tuple[BudgetShard, ...]

    def left(self, name: str) -> int:
        """The amount that can still be drawn, in all places together."""
        unallocated = self.unallocated.won.get(name, 0) if self.unallocated else 0
        return unallocated + self.in_shards(name)

    def in_shards(self, name: str) -> int:
        return sum(shard.won.get(name, 0) for shard in self.shards)


def left_of_pool(pool: PoolMoney, unallocated: Unallocated | None) -> int:
    """The unallocated balance of a pool in its home year, after it is raised to the amount of the policy in force.

    A later version with less takes nothing away, since the money may be drawn already.
    """
    amount = unallocated.amounts.get(pool.name) if unallocated else None
    if unallocated is None or amount is None:
        return pool.amount
    return unallocated.won[pool.name] + max(pool.amount - amount, 0)


def move_to_refill(lacking: int, unallocated: Move, others: Iterable[Move]) -> Move | None:
    """A move that brings a budget shard at least twice the `lacking` won, so that refills are rare; None where too little is left.

    It takes a small part of the unallocated balance, so that many can do so at once, else half of the fullest other shard.
    """
    portion = max(unallocated.won // PARTS_OF_THE_UNALLOCATED, min(SMALLEST_REFILL, unallocated.won // SHARDS))
    if portion >= 2 * lacking:
        return unallocated._replace(won=portion)
    fullest = max(others, key=lambda other: other.won, default=None)
    if fullest and fullest.won // 2 >= max(SMALLEST_REFILL, 2 * lacking):
        return fullest._replace(won=fullest.won // 2)
    return None


def nearest_first(lacking: int, number: int, unallocated: Move, others: Iterable[Move]) -> tuple[Move, ...]:
    """The places that shard `number` can draw on near the end of the money; those that have all of the `lacking` won first.

    Among these: the unallocated balance, then the shards by number from its own, so that transactions seldom meet. Of the others: the
    fullest first. There are at most as many as one year has, to limit the transaction: an event's pool has the places of several years.
    """

    def order(move: Move) -> tuple[bool, int]:
        enough = move.won >= lacking
        if move.place.shard is None:
            return not enough, -1 if enough else -move.won
        return not enough, (move.place.shard - number) % SHARDS if enough else -move.won

    return tuple(sorted((move for move in (unallocated, *others) if move.won > 0), key=order)[: 1 + SHARDS])


def is_over(name: str, now: datetime) -> bool:
    """Whether `name` is a pool's window that ended more than a month ago. Windows of events are few, and are kept."""
    window = name.partition("@")[2]
    return name.startswith(POOL) and window[0].isdigit() and next_month(last_month_of(window)) < month_of(now)


def ended_pools(shard: BudgetShard, now: datetime) -> Sequence[tuple[str, int]]:
    """Pools of `shard` whose windows ended long ago, with their won. They go back to the unallocated balance, so that items stay small.

    Money that is given back later adds the name again.
    """
    return [(name, won) for name, won in shard.won.items() if is_over(name, now)]
