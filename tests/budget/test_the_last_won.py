"""The last won of a line or pool: no payment waits for them, none is paid twice, and what is left goes to the next payment."""

import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Lock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eeum.budget.funding import ATTEMPTS_ON_ITS_OWN, COMMAND, POSTING, Budgets, Funding, Looking
from eeum.budget.rules import SHARDS, Funds, Lines, Move, Place
from eeum.policy.rules import Layer, Pool
from eeum.storage import NOT_YET_STORED, ConditionsFailed, Contended, Item, Key, Put, Table, Write
from eeum.unit_of_work import Patience, commit
from eeum.wallet.budget_draws import keep_funded
from tests.budget.books import MONTHLY, NOON, Books, layer, line, policy
from tests.in_memory.storage import InMemoryStorage

PAID = layer("standard", {"city": 100})
POOLED = layer("event", {"city": 100}, "citywide")
SHARED = layer("shared", {"national": 40, "city": 60}, "citywide")
LAST_WON = 13_337
OWN = policy([PAID, POOLED, SHARED], Pool("citywide", MONTHLY, LAST_WON))
MOST_READS = 4 + 3 * COMMAND.times
TILLS = 24


class Counting(InMemoryStorage):
    """Count the reads of each attempt, and run `between` after each read."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = 0
        self.between: Callable[[], None] = lambda: None

    def read(self, keys: Sequence[Key]) -> list[Item | None]:
        self.reads += 1
        return super().read(keys)

    def transact(self, writes: Sequence[Write], token: str) -> None:
        self.between()
        super().transact(writes, token)


def _books(won: int, memory: InMemoryStorage | None = None) -> Books:
    books = Books(memory or InMemoryStorage(), seconds=600.0)
    books.add(line("city", "city"), won)
    books.add(line("national", "national"), 10**9)
    return books


def _spread(books: Books, parts: Sequence[int], name: str = "city") -> None:
    """Move won from the unallocated balance to the shards, one after another."""
    for number, won in enumerate(parts):
        shard = books.store.money(2022).shards[number]
        if name not in shard.won:
            books.store.name_in(shard, name)
        if won:
            books.store.move(name, Move(Place(2022, None), won), Place(2022, number))


@pytest.mark.parametrize("paid", [PAID, POOLED, SHARED], ids=lambda paid: paid.id)
@pytest.mark.parametrize("seed", range(4))
def test_tills_at_once_get_all_of_the_last_won_and_no_more(paid: Layer, seed: int) -> None:
    books = _books(LAST_WON if paid is PAID else 10**9)
    ready, chance, lock = Barrier(TILLS), random.Random(seed), Lock()
    waited: list[float] = []

    def pay(till: int) -> int:
        ready.wait()
        own = patience_counted(waited, lock)
        return grant(books, paid, 1_000, f"{seed}-{chance.random()}-{till}", own)

    with ThreadPoolExecutor(TILLS) as tills:
        given_at_once = list(tills.map(pay, range(TILLS)))
    name = "city" if paid is PAID else "pool/citywide@2022-08"
    assert sum(given_at_once) + books.left(name) == LAST_WON
    # A draw is cut when it found less than a reward everywhere, or lost the race each time.
    assert books.left(name) < 1_000
    assert max(waited) < 4.0


def patience_counted(waited: list[float], lock: Lock) -> Callable[[float], None]:
    total = [0.0]

    def pause(seconds: float) -> None:
        total[0] += seconds
        with lock:
            waited.append(total[0])

    return pause


def grant(books: Books, paid: Layer, won: int, hashed: str, pause: Callable[[float], None]) -> int:
    """Draw for one payment as the use cases do: read, decide, store, and start again when a condition fails."""
    patience = Patience(lambda: 60.0, pause)
    funding = Budgets(books.store, books.lines).funding(hashed, NOON)
    attempt = 0
    while True:
        keys = funding.keys([(OWN, NOON)])
        funds = funding.funds(dict(zip(keys, books.storage.read(keys), strict=True)))
        granted = funds.draw(OWN, paid, won, NOON)
        put = Put(Key(Table.LEDGER, "LAST", hashed), {"kind": "grant", "won": granted}, NOT_YET_STORED)

        def keep(own: Patience, writes: Sequence[Write], put: Put = put) -> None:
            commit(books.storage, own, *writes, put)

        try:
            if not funds.missing:
                keep_funded(funding, funds, keep, patience)
                return granted
            funding.refill(funds)
            raise ConditionsFailed(())
        except ConditionsFailed:
            attempt += 1
            patience.wait(attempt)


@settings(max_examples=80, deadline=None)
@given(
    parts=st.lists(st.integers(0, 3_000), min_size=SHARDS, max_size=SHARDS),
    rest=st.integers(0, 3_000),
    wanted=st.lists(st.tuples(st.integers(1, 4_000), st.integers(0, 15), st.booleans()), max_size=25),
)
def test_payments_one_after_another_get_all_that_is_left_in_any_shard(
    parts: list[int], rest: int, wanted: list[tuple[int, int, bool]]
) -> None:
    memory = Counting()
    books = _books(max(sum(parts) + rest, 1), memory)
    _spread(books, parts)
    left = max(sum(parts) + rest, 1)
    for number, (won, hashed, _) in enumerate(wanted):
        memory.reads = 0
        got = grant(books, PAID, won, f"{hashed}/{number}", lambda _: None)
        assert got == min(won, left), "it was cut although there was money"
        left -= got
        assert memory.reads - 1 <= 3  # Not counted: `books.lines` reads by query, and no read asks for the entry.
    assert books.left("city") == left


@settings(max_examples=80, deadline=None)
@given(
    parts=st.lists(st.integers(0, 3_000), min_size=SHARDS, max_size=SHARDS),
    chance=st.randoms(use_true_random=False),
    wanted=st.integers(1, 5_000),
)
def test_a_payment_is_decided_in_a_bounded_number_of_reads_despite_races(
    parts: list[int], chance: random.Random, wanted: int
) -> None:
    memory = Counting()
    books = _books(max(sum(parts), 1) + 1_000, memory)
    _spread(books, parts)
    left = books.left("city")
    memory.reads = 0
    others: list[int] = []
    inside = [False]

    def between() -> None:
        if inside[0] or chance.random() < 0.2:
            return
        inside[0], reads = True, memory.reads
        others.append(grant(books, PAID, chance.randint(1, 3_000), f"other/{len(others)}", lambda _: None))
        memory.reads, inside[0] = reads, False

    memory.between = between
    got = grant(books, PAID, wanted, "the payment", lambda _: None)
    memory.between = lambda: None
    assert memory.reads <= MOST_READS + 1  # One more transaction adds the line to its shard.
    assert got <= wanted
    assert got + sum(others) + books.left("city") == left


@pytest.mark.parametrize("looking", [COMMAND, POSTING])
def test_a_payment_that_always_loses_is_stored_without_the_reward_after_some_attempts(looking: Looking) -> None:
    books = _books(400_000)
    funding = Funding(books.store, Lines(books.store.lines()), 3, NOON, looking)
    rival = Funding(books.store, Lines(books.store.lines()), 3, NOON, Looking(1_000, 600.0))
    attempts = 0
    while True:
        attempts += 1
        assert attempts <= 1 + 2 * looking.times + ATTEMPTS_ON_ITS_OWN
        funds = _read(books, funding)
        granted = funds.draw(OWN, PAID, 250_000, NOON)
        if funds.missing:
            funding.refill(funds)
            continue
        writes = funding.writes(funds)
        if not writes:
            break
        # Another payment is faster each time and gives its money back later, so that no read stays valid.
        taken = _take(books, rival, 400_000)
        with pytest.raises(ConditionsFailed):
            books.store._storage.transact(writes, f"lost-{attempts}")
        funding.lost()
        _give_back(books, rival, taken)
    assert granted == 0
    assert books.left("city") == 400_000


def _read(books: Books, funding: Funding) -> Funds:
    keys = funding.keys([(OWN, NOON)])
    return funding.funds(dict(zip(keys, books.storage.read(keys), strict=True)))


def _take(books: Books, funding: Funding, won: int) -> int:
    while True:
        funds = _read(books, funding)
        granted = funds.draw(OWN, PAID, won, NOON)
        if not funds.missing:
            books.storage.transact(funding.writes(funds), f"take-{random.random()}")
            return granted
        funding.refill(funds)


def _give_back(books: Books, funding: Funding, won: int) -> None:
    funds = _read(books, funding)
    funds.give_back(OWN, PAID, {"city": won}, NOON)
    books.storage.transact(funding.writes(funds), f"back-{random.random()}")


def test_a_payment_is_stored_at_once_when_every_shared_item_is_contended() -> None:
    """As DynamoDB cancels transactions that meet on an item: the payment does not wait for the shared items."""
    books = _books(LAST_WON)
    _spread(books, [0] * SHARDS)

    def busy(moment: str, writes: Sequence[Write]) -> None:
        if moment == "before" and any(write.key.sk == "REST" for write in writes):
            raise Contended("another holds it")

    books.memory.fault = busy
    waited: list[float] = []
    assert grant(books, PAID, 1_000, "a wallet", patience_counted(waited, Lock())) == 0
    assert max(waited) < 3.0
    books.memory.fault = lambda moment, writes: None
    assert grant(books, PAID, 1_000, "another wallet", lambda _: None) == 1_000
    assert books.left("city") == LAST_WON - 1_000
