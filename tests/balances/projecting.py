"""A balances table in memory, with functions that project and fold, and ways to make them fail."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from eeum.balances.fold_store import FoldStore
from eeum.balances.folding import Folded, fold
from eeum.balances.page_store import PageStore
from eeum.balances.rules import Change, Projection, add_to, every_page
from eeum.balances.store import BalanceStore
from eeum.balances.use_cases import Projected, project
from eeum.balances.use_cases import Projecting as With
from eeum.balances.whole import whole
from eeum.storage import Write
from tests.balances.journal import Balances, without_zeros
from tests.balances.test_rules import NOON
from tests.contract.shapes import Recording, shapes_of_the_contract
from tests.in_memory.storage import InMemoryStorage
from tests.patience import patience_of


class Died(Exception):
    """The function's process ended here."""


@dataclass
class Projecting:
    """A balances table, and functions on it; a minute passes between two folds."""

    memory: InMemoryStorage = field(default_factory=InMemoryStorage)
    dead_lettered: list[Change] = field(default_factory=list)
    seconds: float = 60.0
    now: datetime = NOON

    def __post_init__(self) -> None:
        self.storage = Recording(self.memory)

    def bring(self, changes: Sequence[Change], shard: str = "shard-1") -> Projected:
        patience = patience_of(self.seconds)
        return project(
            With(BalanceStore(self.storage, patience), patience, self.now, self.dead_lettered.append), shard, changes
        )

    def fold(self) -> Folded:
        self.now += timedelta(minutes=1)
        patience = patience_of(self.seconds)
        return fold(FoldStore(self.storage, patience), patience, self.now)

    @property
    def projection(self) -> Projection:
        return PageStore(self.storage).projection() or Projection()

    @property
    def balances(self) -> Balances:
        """All balances, with batches that no fold has added yet."""
        store = PageStore(self.storage)
        return whole(store, self.projection)

    @property
    def folded(self) -> Balances:
        """The balances in the pages, which the API returns."""
        projection = self.projection
        found: Balances = {}
        for _, page in PageStore(self.storage).every_page(every_page()):
            if page and projection.has(page):
                add_to(found, page.balances)
        assert found == without_zeros(found), "counts of zero are not stored"
        return found

    def check_shapes(self) -> None:
        assert self.storage.shapes <= shapes_of_the_contract(), "a request without a contract case was sent"


def failing(error: type[Exception], at: str, times: int = 1) -> Callable[[str, Sequence[Write]], None]:
    left = [times]

    def fault(moment: str, _: Sequence[Write]) -> None:
        if moment == at and left[0]:
            left[0] -= 1
            raise error

    return fault
