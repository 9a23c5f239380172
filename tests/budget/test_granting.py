"""Budget draws in transactions, refills, supplements and the close of a year: nothing is lost or overspent."""

from collections import Counter
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eeum.budget.funding import LONGEST_AGE, CachedLines
from eeum.budget.rules import SHARDS, Funds
from eeum.calendar import SEOUL
from eeum.policy.rules import Pool
from eeum.policy.windows import Window
from eeum.storage import Item, Table
from tests.budget.books import MONTHLY, NEW_YEAR, NOON, Books, layer, line, policy
from tests.in_memory.storage import InMemoryStorage

SHARED = layer("standard", {"national": 40, "city": 60})
DISTRICT = layer("district", {"district": 30, "merchant": 70})
POOLED = layer("event", {"city": 100}, "citywide", "twice")
OWN = policy([SHARED, DISTRICT, POOLED], Pool("citywide", MONTHLY, 60_000), Pool("twice", Window("half_month"), 45_000))


@pytest.fixture
def books() -> Books:
    made = Books()
    made.add(line("national", "national"), 1_000_000)
    made.add(line("city", "city"), 2_000_000)
    made.add(line("event", "city", "event"), 100_000)
    return made


def test_a_reward_is_paid_by_the_line_of_each_funder(books: Books) -> None:
    assert books.draw(OWN, SHARED, 1_001).won == 1_001
    assert (books.left("national"), books.left("city")) == (999_600, 1_999_399)
    books.check()


def test_draws_use_the_whole_line_from_any_shard_and_no_more(books: Books) -> None:
    grants = [books.draw(OWN, POOLED, 7_000).won for _ in range(10)]
    assert grants == [7_000] * 6 + [3_000] + [0] * 3  # A pool of 45,000 for half a month.
    assert books.left("event") == 55_000
    books.check()


def test_a_half_month_pool_starts_full_and_a_month_pool_keeps_its_remainder(books: Books) -> None:
    assert books.draw(OWN, POOLED, 50_000).won == 45_000
    books.now += timedelta(days=10)
    assert books.draw(OWN, POOLED, 50_000).won == 15_000
    books.now += timedelta(days=20)
    assert books.draw(OWN, POOLED, 50_000).won == 40_000  # The line is empty.
    books.check()


def test_a_later_version_can_raise_a_pool_and_never_shrinks_it(books: Books) -> None:
    assert books.draw(OWN, POOLED, 50_000).won == 45_000
    larger = policy([POOLED], Pool("citywide", MONTHLY, 60_000), Pool("twice", Window("half_month"), 52_000))
    assert books.draw(larger, POOLED, 50_000).won == 7_000
    smaller = policy([POOLED], Pool("citywide", MONTHLY, 10_000), Pool("twice", Window("half_month"), 10_000))
    assert books.change(books.granted[0], 40_000) == 40_000
    assert books.draw(smaller, POOLED, 50_000).won == 5_000
    books.check()


def test_a_pool_of_an_event_spans_the_turn_of_the_year(books: Books) -> None:
    window = Window("event", datetime(2022, 12, 1, tzinfo=SEOUL), datetime(2023, 2, 1, tzinfo=SEOUL))
    paid = layer("standard", {"city": 100}, "winter")
    own = policy([paid], Pool("winter", window, 10_000))
    assert books.draw(own, paid, 6_000, window.start).won == 6_000
    assert books.draw(own, paid, 6_000, datetime(2023, 1, 5, tzinfo=SEOUL)).won == 4_000
    assert books.change(books.granted[0], 1_000) == 1_000
    assert books.draw(own, paid, 6_000, datetime(2023, 1, 6, tzinfo=SEOUL)).won == 5_000
    books.check(2022, 2023)


def test_a_supplement_can_be_drawn_at_once(books: Books) -> None:
    assert books.draw(OWN, SHARED, 3_000_000).won == 2_500_002  # 40 % of it uses up the national line.
    assert books.draw(OWN, SHARED, 100).won == 2  # 40 % of 2 won are rounded down to 0.
    books.supplement(2022, "national", 400)
    assert books.draw(OWN, SHARED, 1_000).won == 1_000
    books.check()


def test_money_given_back_can_be_drawn_by_any_wallet(books: Books) -> None:
    first = books.draw(OWN, POOLED, 45_000, hashed="one")
    assert books.draw(OWN, POOLED, 1_000, hashed="another").won == 0
    assert books.change(first, 10_000, hashed="a third") == 10_000
    assert books.draw(OWN, POOLED, 40_000, hashed="another").won == 35_000
    books.check()


def test_a_layer_without_a_budget_reads_and_writes_nothing(books: Books) -> None:
    before = len(books.memory.items(Table.BUDGETS)), books.memory.costs.round_trips
    assert books.draw(OWN, SHARED, 10_000, NEW_YEAR - timedelta(days=1)).won == 10_000
    plain = policy([SHARED])
    earlier = books.memory.costs.round_trips
    assert books.draw(plain, SHARED, 10_000, NEW_YEAR - timedelta(days=1)).won == 10_000
    # The lines, which a function caches, and the transaction.
    assert books.memory.costs.round_trips - earlier == 2
    assert len(books.memory.items(Table.BUDGETS)) == before[0]
    assert books.memory.costs.round_trips > before[1]


def test_draws_that_no_line_pays_are_counted(books: Books) -> None:
    entry = books.draw(OWN, DISTRICT, 1_000)
    assert books.store.money(2022).in_shards("unbudgeted/district") == 300
    books.change(entry, 100)
    assert books.store.money(2022).in_shards("unbudgeted/district") == 30


def test_a_shard_drops_pools_of_old_windows_and_still_takes_their_returns(books: Books) -> None:
    entry = books.draw(OWN, POOLED, 1_000, hashed="one")
    books.now += timedelta(days=62)
    books.draw(OWN, POOLED, 1_000, hashed="one")
    names = {name for part in books.store.money(2022).shards for name in part.won}
    assert names >= {"pool/citywide@2022-10", "pool/twice@2022-10-1"}
    assert not [name for name in names if "2022-08" in name]
    books.check()
    books.change(entry, 0, hashed="one")
    books.check()
    assert books.left("pool/citywide@2022-08") == 60_000


def test_lines_are_read_again_after_a_minute_and_each_time_before_the_programme_runs(books: Books) -> None:
    cached = CachedLines(lambda: books.now)
    assert len(cached.lines(books.store, running=False).all) == 3
    books.add(line("later", "district"), 1_000)
    assert len(cached.lines(books.store, running=True).all) == 4
    books.add(line("too-late", "province"), 1_000)
    assert len(cached.lines(books.store, running=True).all) == 4
    books.now += LONGEST_AGE
    assert len(cached.lines(books.store, running=True).all) == 4
    books.now += timedelta(milliseconds=1)
    assert len(cached.lines(books.store, running=True).all) == 5
    books.now -= timedelta(hours=1)
    assert len(cached.lines(books.store, running=True).all) == 5


class Steps:
    """Any sequence of operations on budgets."""

    grant = st.tuples(st.just("grant"), st.integers(0, 2), st.integers(1, 400_000), st.integers(0, 5))
    change = st.tuples(st.just("change"), st.integers(0, 30), st.integers(0, 300_000), st.integers(0, 5))
    supplement = st.tuples(st.just("supplement"), st.integers(0, 2), st.integers(1, 500_000), st.just(0))
    wait = st.tuples(st.just("wait"), st.integers(1, 30), st.just(0), st.just(0))
    many = st.lists(grant | change | supplement | wait, max_size=30)


@settings(max_examples=60, deadline=None)
@given(Steps.many)
def test_no_sequence_of_operations_loses_or_overspends_money(steps: list[tuple[str, int, int, int]]) -> None:
    books = Books()
    names = ("national", "city", "event")
    for name, won in zip(names, (1_000_000, 2_000_000, 100_000), strict=True):
        books.add(
            line(name, "national" if name == "national" else "city", *(["event"] if name == "event" else [])), won
        )
    for kind, which, won, hashed in steps:
        if kind == "grant":
            books.draw(OWN, OWN.layers[which], won, hashed=str(hashed))
        elif kind == "change" and books.granted:
            books.change(books.granted[which % len(books.granted)], won, hashed=str(hashed))
        elif kind == "supplement":
            books.supplement(2022, names[which], won)
        elif kind == "wait":
            books.now = min(books.now + timedelta(days=which), datetime(2022, 12, 31, tzinfo=SEOUL))
        books.check()


def test_a_shortfall_occurs_only_when_every_shard_is_empty(books: Books) -> None:
    while True:
        entry = books.draw(OWN, SHARED, 9_973)
        if entry.won < entry.wanted:
            break
    # The largest reward whose parts of 40 % and 60 % still fit: rounding down leaves at most one won.
    assert min(books.left("national"), books.left("city") - 500_000) <= 1
    books.check()


def test_no_item_takes_more_than_a_tenth_of_the_writes() -> None:
    """In batches of 20 from a full line until it is empty, and one by one by wallet as commands do it."""
    busiest = {}
    for name, batch, payments in (("posting", 20, 12_000), ("command", 1, 3_000)):
        books = Books(InMemoryStorage())
        books.add(line("national", "national"), payments * 400 * 9 // 10)
        books.add(line("city", "city"), payments * 600)
        books.memory.log.clear()
        for start in range(0, payments, batch):

            def work(funds: Funds, count: int = batch) -> Item:
                return {"kind": "grant", "won": sum(funds.draw(OWN, SHARED, 1_000, NOON) for _ in range(count))}

            books.transact(f"{name}-{start}", [(OWN, NOON)], work, f"{start}")
        writes = Counter(write.key for write in books.memory.log if write.key.table is Table.BUDGETS)
        busiest[name] = max(writes.values()) / payments
        assert books.left("national") == 0
        assert len([key for key in writes if key.sk == "SUB_LINE"]) == SHARDS
    assert busiest["posting"] <= 0.02
    assert busiest["command"] <= 0.1


def test_a_draw_costs_two_write_units_and_touches_one_shard(books: Books) -> None:
    books.draw(OWN, SHARED, 1_000, hashed="one")
    before = books.memory.costs.write_units
    books.memory.log.clear()
    books.draw(OWN, SHARED, 1_000, hashed="one")
    assert books.memory.costs.write_units - before == 4  # Two more for the entry.
    assert [write.key.table for write in books.memory.log] == [Table.BUDGETS, Table.LEDGER]


def test_a_retried_change_gets_the_first_answer(books: Books) -> None:
    """The answer is the same to the millisecond, the precision in which instants are stored."""
    books.now += timedelta(microseconds=1_234)
    added = line("district", "district")
    first = books.add(added, 100, "the-key-of-the-line")
    assert books.add(added, 100, "the-key-of-the-line").entry == first.entry
    more = books.supplement(2022, "district", 5, "the-key-of-the-supplement")
    assert books.supplement(2022, "district", 5, "the-key-of-the-supplement").entry == more.entry


def test_a_pool_of_a_very_long_event_reads_only_the_years_that_drew_on_it() -> None:
    start, until = datetime(2000, 1, 1, tzinfo=SEOUL), datetime(2200, 12, 31, tzinfo=SEOUL)
    paid = layer("gift", {"city": 100}, "festival")
    own = policy([paid], Pool("festival", Window("event", start, until), 1_000_000))
    books = Books()
    before = books.memory.costs.round_trips
    assert books.draw(own, paid, 100_000, hashed="a").won == 100_000
    assert books.memory.costs.round_trips - before < 20
    money = books.store.money(2200)
    assert money.unallocated is not None
    assert money.unallocated.since == {"pool/festival@until-2200-12": 2022}

    books.now = datetime(2024, 1, 1, tzinfo=SEOUL)
    assert books.draw(own, paid, 850_000, hashed="b").won == 850_000
    # Accepted in the year before the first and funded late: it finds what the other years left, and they find it.
    assert books.draw(own, paid, 30_000, at=datetime(2021, 12, 31, tzinfo=SEOUL), hashed="c").won == 30_000
    assert books.draw(own, paid, 30_000, hashed="d").won == 20_000, "all that was left in any year"
    assert books.store.money(2200).unallocated.since == {"pool/festival@until-2200-12": 2021}  # type: ignore[union-attr]
    books.check(2200, 2021, 2022, 2024)
    assert books.store.money(2023).unallocated is None, "a year that drew on nothing is not opened"
