"""Conflicts, lost answers, processes that die between two calls, and concurrent draws: no money is lost."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from eeum.budget.rules import UNBUDGETED
from eeum.budget.use_cases import CloseYear, close_year
from eeum.errors import Busy
from eeum.policy.rules import Pool
from eeum.storage import Contended, Item, Key, Page, Query, Table, Unavailable, Write
from tests.budget.books import GROUNDS, MONTHLY, NEW_YEAR, NOON, Books, layer, line, policy
from tests.in_memory.storage import InMemoryStorage

PAID = layer("standard", {"national": 50, "city": 50}, "citywide")
OWN = policy([PAID], Pool("citywide", MONTHLY, 1_500_000))
FAULTS = [
    pytest.param(Contended, "before", id="conflict"),
    pytest.param(Unavailable, "before", id="lost-on-the-way-there"),
    pytest.param(Unavailable, "after", id="lost-on-the-way-back"),
]


class Death(BaseException):
    """The process is killed; no code catches this exception."""


class Interrupted(InMemoryStorage):
    """A storage that runs `happens` once, before one of its reads."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = 0
        self.happens: Callable[[], object] | None = None
        self.before = 0

    def read(self, keys: Sequence[Key]) -> list[Item | None]:
        self._next()
        return super().read(keys)

    def query(self, query: Query) -> Page:
        self._next()
        return super().query(query)

    def _next(self) -> None:
        self.reads += 1
        if self.happens is not None and self.reads == self.before:
            happens, self.happens = self.happens, None
            happens()


@pytest.mark.parametrize("opened", [True, False])
@pytest.mark.parametrize("before", range(1, 7))
def test_a_retried_appropriation_gets_the_answer_of_the_first_at_any_moment(before: int, opened: bool) -> None:
    """A retry must not get "line exists": the operator would then add a supplement, and the money would be there twice."""
    memory = Interrupted()
    books = Books(memory)
    if opened:
        books.add(line("national", "national"), 700_000)

    def add() -> bool:
        return books.add(line("city", "city"), 900_000, key="the-same-request-1").replayed

    memory.reads, memory.before, memory.happens = 0, before, add
    assert add() is (memory.happens is None)
    assert books.store.money(2022).left("city") == 900_000


@pytest.mark.parametrize("before", range(1, 7))
def test_a_retried_close_gets_the_answer_of_the_first_at_any_moment(before: int) -> None:
    memory = Interrupted()
    books = Books(memory)
    books.add(line("city", "city"), 900_000)
    request = books.request(2022)
    over = NEW_YEAR.replace(year=2023)

    def close() -> bool:
        using = replace(books.administering, clock=lambda: over)
        return close_year(CloseYear(request, 2022, GROUNDS), using).replayed

    memory.reads, memory.before, memory.happens = 0, before, close
    assert close() is (memory.happens is None)


def test_money_given_back_while_its_pool_window_ends_is_not_lost() -> None:
    books = Books()
    books.add(line("national", "national"), 700_000)
    books.add(line("city", "city"), 900_000)
    given = books.draw(OWN, PAID, 100_000, hashed="a wallet")
    books.now = NOON.replace(month=10)
    done: list[bool] = []

    def fault(moment: str, writes: Sequence[Write]) -> None:
        if moment == "before" and not done:
            done.append(True)
            # The first draw of a new window in that shard: the old window's money returns to the unallocated balance.
            books.draw(OWN, PAID, 10_000, hashed="a wallet")

    books.memory.fault = fault
    assert books.change(given, 40_000, hashed="a wallet") == 40_000
    assert done
    books.memory.fault = lambda moment, writes: None
    books.check()


def _books() -> Books:
    books = Books()
    books.add(line("national", "national"), 700_000)
    books.add(line("city", "city"), 900_000)
    return books


def _life(books: Books) -> list[int]:
    """Draw until nothing is left, with some money given back in between: shards refill from the unallocated balance and each other."""
    won = []
    for number in range(12):
        won.append(books.draw(OWN, PAID, 150_000, hashed=str(number)).won)
        if number == 6:
            books.change(books.granted[2], 10_000, hashed="another")
    return won


def _fault_at(
    number: int, moment: str, error: Callable[[str], BaseException]
) -> Callable[[str, Sequence[Write]], None]:
    """A storage that fails at the transaction with this number."""
    seen = {"before": 0, "after": 0}

    def fault(when: str, writes: Sequence[Write]) -> None:
        seen[when] += 1
        if when == moment and seen[when] == number:
            raise error("injected")

    return fault


def _transactions() -> int:
    books = _books()
    before = books.memory.costs.calls.count("transact")
    _life(books)
    return books.memory.costs.calls.count("transact") - before


@pytest.mark.parametrize(("error", "moment"), FAULTS)
def test_a_failure_or_lost_answer_at_any_transaction_changes_no_result(
    error: Callable[[str], BaseException], moment: str
) -> None:
    expected = _life(_books())
    assert sum(expected) > 1_000_000
    for number in range(1, _transactions() + 1):
        books = _books()
        books.memory.fault = _fault_at(number, moment, error)
        assert _life(books) == expected, number
        books.check()


@pytest.mark.parametrize("moment", ["before", "after"])
def test_another_process_continues_after_one_dies_at_any_transaction(moment: str) -> None:
    for number in range(1, _transactions() + 1):
        books = _books()
        books.memory.fault = _fault_at(number, moment, Death)
        with pytest.raises(Death):
            _life(books)
        books.memory.fault = lambda moment, writes: None
        # What the killed process had stored is in the table, though it never saw the answer.
        stored = [item for item in books.memory.items(Table.LEDGER) if item["kind"] == "grant"]
        known = {str(entry.number) for entry in books.granted}
        lost = [item for item in stored if item["sk"] not in known]
        changed = [item for item in books.memory.items(Table.LEDGER) if item["kind"] == "change"]
        assert len(lost) <= 1
        for item in lost:
            books.granted.append(_entry(books, int(item["sk"]), item["won"]))
        if changed:
            books.granted[2].won = changed[0]["won"]
        books.check()
        while books.draw(OWN, PAID, 150_000).won > 1:
            pass
        assert books.left("national") == 0
        books.check()


def _entry(books: Books, number: int, won: int) -> Any:
    from tests.budget.books import Granted

    return Granted(number, PAID, OWN, NOON, 150_000, won)


def test_a_call_out_of_time_has_only_moved_money_between_shards() -> None:
    books = _books()
    books.memory.fault = lambda moment, writes: (_ for _ in ()).throw(Contended("always"))
    books.seconds = 1.0
    with pytest.raises(Busy):
        books.draw(OWN, PAID, 1_000)
    books.memory.fault = lambda moment, writes: None
    assert books.granted == []
    books.check()


@pytest.mark.parametrize("wanted", [997, 40_000])
def test_concurrent_draws_use_the_whole_budget_and_no_more(wanted: int) -> None:
    """Twelve threads want three times the budget, so that at the end they empty each other's shards."""
    books = Books(seconds=600.0)
    own = layer("standard", {"city": 100})
    plain = policy([own])
    there = 3_000_000
    books.add(line("city", "city"), there)

    def grant_many(thread: int) -> None:
        for _ in range(3 * there // wanted // 12):
            books.draw(plain, own, wanted)

    with ThreadPoolExecutor(12) as threads:
        list(threads.map(grant_many, range(12)))
    assert sum(entry.won for entry in books.granted) == there
    assert books.left("city") == 0
    books.check()


def test_concurrent_draws_returns_and_supplements_lose_nothing() -> None:
    books = Books(seconds=600.0)
    books.add(line("national", "national"), 300_000)
    books.add(line("city", "city"), 500_000)

    def live(thread: int) -> None:
        for number in range(30):
            entry = books.draw(OWN, PAID, 9_000 + thread)
            if number % 3 == 0:
                books.change(entry, entry.won // 2)
            if number % 10 == 9:
                books.supplement(2022, "national", 20_000)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(live, range(8)))
    books.check()
    names = {name for part in books.store.money(2022).shards for name in part.won}
    assert not [name for name in names if name.startswith(UNBUDGETED)]
