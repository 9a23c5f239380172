"""Storage that fails as a database does, under a seed: conflicts, lost answers, crashes of the caller, and operations in between."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from eeum.storage import Contended, Item, Key, Page, Query, Scan, Storage, Unavailable, Write


class Died(BaseException):
    """The calling process has crashed. No product code may catch this."""


@dataclass(frozen=True)
class Odds:
    """How often each fault happens, for one call."""

    conflict: float = 0.02
    unavailable_before: float = 0.01
    unavailable_after: float = 0.01
    death_before: float = 0.003
    death_after: float = 0.003
    others_first: float = 0.04
    others_between_queries: float = 0.12
    """Other operations write between the queries of one read."""


CALM = Odds(0, 0, 0, 0, 0, 0, 0)


mutation: Callable[[Write], Write] | None = None
"""Changes each write: this is how `mutants` removes conditions."""


class FaultyStorage:
    """The storage of one operation. `others` does another whole operation before a call of this one has its effect."""

    def __init__(self, inner: Storage, chance: random.Random, odds: Odds, others: Callable[[], None]) -> None:
        self._inner = inner
        self._chance = chance
        self._odds = odds
        self._others = others

    def read(self, keys: Sequence[Key]) -> list[Item | None]:
        self._before()
        found = self._inner.read(keys)
        # Conditions exist because of other operations after the read.
        self._perhaps_others()
        return found

    def query(self, query: Query) -> Page:
        if self._chance.random() < self._odds.others_between_queries:
            self._others()
        self._before()
        return self._inner.query(query)

    def scan(self, scan: Scan) -> Page:
        self._before()
        return self._inner.scan(scan)

    def transact(self, writes: Sequence[Write], token: str) -> None:
        self._perhaps_others()
        self._before()
        if self._chance.random() < self._odds.conflict:
            raise Contended("injected")
        self._inner.transact(list(map(mutation, writes)) if mutation else writes, token)
        if self._chance.random() < self._odds.death_after:
            raise Died
        if self._chance.random() < self._odds.unavailable_after:
            raise Unavailable("injected, after the effect")

    def _before(self) -> None:
        if self._chance.random() < self._odds.death_before:
            raise Died
        if self._chance.random() < self._odds.unavailable_before:
            raise Unavailable("injected")

    def _perhaps_others(self) -> None:
        if self._chance.random() < self._odds.others_first:
            self._others()
