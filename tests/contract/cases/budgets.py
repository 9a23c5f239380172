"""Every function of the stores of budgets."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from eeum.budget.alarms import Alarm
from eeum.budget.appropriation_store import AppropriationStore
from eeum.budget.appropriations import BudgetChange, ChangeKind, Grounds
from eeum.budget.forecast import Snapshot
from eeum.budget.funding import Budgets, Funding, look
from eeum.budget.rules import SHARDS, BudgetShard, FiscalYear, Funds, Line, Lines, Move, Place, PoolMoney, Short
from eeum.budget.store import BudgetStore
from eeum.budget.watch_store import WatchStore
from eeum.errors import Invalid
from eeum.policy.rules import Layer, PolicyVersion
from eeum.request import Request
from eeum.storage import ConditionsFailed, Put, Storage
from tests.budget.books import NOON, layer, line, policy
from tests.contract.cases import case
from tests.contract.examples import item_at, send
from tests.patience import patience_of

POOL = PoolMoney("pool/citywide@2022-08", 5_000, 2022)
PAID = layer("standard", {"city": 100})
THREADS = 4


def _budgets(storage: Storage, programme: str = "incheon") -> BudgetStore:
    return BudgetStore(storage, patience_of(600), programme)


def _appropriations(storage: Storage) -> AppropriationStore:
    return AppropriationStore(storage, patience_of(600), "incheon")


def _change(kind: ChangeKind, won: int, name: str | None = "city", key: str = "a-key-of-the-test") -> BudgetChange:
    request = Request.of("operator", "budgets/2022", key, {"won": won})
    grounds = Grounds("추가경정예산", "제279회 시의회 의결")
    return BudgetChange(request.accept(NOON), kind, 2022, name, won, grounds)


def _with_line(storage: Storage, won: int) -> tuple[BudgetStore, Line]:
    budgets = _budgets(storage)
    budgets.open_year(2022)
    own = line("city", "city")
    _appropriations(storage).add_line(own, _change(ChangeKind.ORIGINAL, won), 0)
    return budgets, own


def _shard(budgets: BudgetStore, number: int, year: FiscalYear = 2022) -> BudgetShard:
    return budgets.money(year).shards[number]


@case
def a_year_is_opened_once_with_all_its_shards(storage: Storage) -> None:
    budgets = _budgets(storage)
    assert budgets.money(2022).unallocated is None
    budgets.open_year(2022)
    money = budgets.money(2022)
    assert money.unallocated is not None
    assert (money.unallocated.won, money.unallocated.revision, money.unallocated.closed) == ({}, 0, False)
    assert money.shards == tuple(BudgetShard(2022, number, {}, closed=False) for number in range(SHARDS))
    with pytest.raises(ConditionsFailed) as failed:
        budgets.open_year(2022)
    assert failed.value.positions == tuple(range(1 + SHARDS))
    assert budgets.money(2023).unallocated is None
    assert _budgets(storage, "busan").money(2022).unallocated is None


@case
def a_line_is_read_as_stored_with_its_money_and_its_change(storage: Storage) -> None:
    budgets, own = _with_line(storage, 1_000)
    named = line("event", "city", "event", "festival")
    added = _change(ChangeKind.ORIGINAL, 10**12, "event", "another-key-of-it")
    _appropriations(storage).add_line(named, added, 1)
    assert budgets.lines() == [own, named]
    rest = budgets.money(2022).unallocated
    assert rest is not None
    assert (dict(rest.won), rest.revision) == ({"city": 1_000, "event": 10**12}, 2)
    assert rest.amounts == rest.won
    assert _appropriations(storage).changes(2022) == sorted(
        [_change(ChangeKind.ORIGINAL, 1_000), added], key=lambda change: change.acceptance.id
    )
    assert _appropriations(storage).change(2022, added.acceptance.digest) == added
    assert _appropriations(storage).change(2023, added.acceptance.digest) is None


@case
def changes_of_a_year_are_read_in_pages_by_cursors_of_their_own(storage: Storage) -> None:
    _with_line(storage, 1_000)
    store = _appropriations(storage)
    for number in range(4):
        store.supplement(_change(ChangeKind.SUPPLEMENT, 250 + number, key=f"the-key-of-supplement-{number}"))
    pages, cursor = [], None
    while not pages or cursor is not None:
        page, cursor = store.page_of_changes(2022, 2, cursor)
        pages.append(page)
    assert [len(page) for page in pages] == [2, 2, 1]
    assert [change for page in pages for change in page] == store.changes(2022)
    _, cursor = store.page_of_changes(2022, 2, None)
    with pytest.raises(Invalid):
        store.page_of_changes(2023, 2, cursor)


@case
def a_line_is_added_once_and_only_beside_the_lines_that_were_read(storage: Storage) -> None:
    budgets, own = _with_line(storage, 1_000)
    store = _appropriations(storage)
    with pytest.raises(ConditionsFailed) as failed:
        store.add_line(line("other", "city", "other"), _change(ChangeKind.ORIGINAL, 5, "other", "another-key-of-it"), 0)
    assert failed.value.positions == (0,)
    with pytest.raises(ConditionsFailed) as failed:
        store.add_line(own, _change(ChangeKind.ORIGINAL, 1_000), 1)
    assert failed.value.positions == (0, 1, 2)
    assert budgets.lines() == [own]
    assert budgets.money(2022).left("city") == 1_000


@case
def a_supplement_adds_to_what_is_left_once(storage: Storage) -> None:
    budgets, _ = _with_line(storage, 1_000)
    change = _change(ChangeKind.SUPPLEMENT, 250, key="the-key-of-a-supplement")
    _appropriations(storage).supplement(change)
    with pytest.raises(ConditionsFailed) as failed:
        _appropriations(storage).supplement(change)
    assert failed.value.positions == (1,)
    rest = budgets.money(2022).unallocated
    assert rest is not None
    assert rest.won == rest.amounts == {"city": 1_250}


@case
def a_closed_year_takes_nothing_more_and_is_closed_once(storage: Storage) -> None:
    budgets, _ = _with_line(storage, 1_000)
    store = _appropriations(storage)
    store.close(_change(ChangeKind.CLOSE, 0, None, "the-key-of-the-close"))
    money = budgets.money(2022)
    assert money.unallocated is not None
    assert money.unallocated.closed
    assert all(shard.closed for shard in money.shards)
    with pytest.raises(ConditionsFailed) as failed:
        store.close(_change(ChangeKind.CLOSE, 0, None, "the-key-of-another-close"))
    assert failed.value.positions == tuple(range(1 + SHARDS))
    with pytest.raises(ConditionsFailed) as failed:
        store.supplement(_change(ChangeKind.SUPPLEMENT, 1, key="a-supplement-too-late"))
    assert failed.value.positions == (0,)
    with pytest.raises(ConditionsFailed):
        store.add_line(
            line("late", "national"), _change(ChangeKind.ORIGINAL, 1, "late", "the-key-of-a-line-too-late"), 1
        )


@case
def available_money_moves_to_a_shard_that_has_its_line(storage: Storage) -> None:
    budgets, _ = _with_line(storage, 1_000)
    rest, third, fourth = Place(2022, None), Place(2022, 3), Place(2022, 4)
    with pytest.raises(ConditionsFailed) as failed:
        budgets.move("city", Move(rest, 600), third)
    assert failed.value.positions == (1,)
    budgets.name_in(_shard(budgets, 3), "city")
    with pytest.raises(ConditionsFailed):
        budgets.name_in(_shard(budgets, 3), "city")
    budgets.move("city", Move(rest, 600), third)
    with pytest.raises(ConditionsFailed) as failed:
        budgets.move("city", Move(rest, 401), third)
    assert failed.value.positions == (0,)
    budgets.name_in(_shard(budgets, 4), "city")
    budgets.move("city", Move(third, 600), fourth)
    with pytest.raises(ConditionsFailed) as failed:
        budgets.move("city", Move(third, 1), fourth)
    assert failed.value.positions == (0,)
    money = budgets.money(2022)
    assert money.unallocated is not None
    assert [money.unallocated.won["city"], *(money.shards[number].won["city"] for number in (3, 4))] == [400, 0, 600]


@case
def a_pools_window_is_opened_once_raised_from_its_old_amount_and_emptied(storage: Storage) -> None:
    budgets = _budgets(storage)
    budgets.open_year(2022)
    budgets.open_pool(POOL, 2022)
    with pytest.raises(ConditionsFailed):
        budgets.open_pool(POOL, 2022)
    budgets.draw_since(POOL, 2022, 2021)
    with pytest.raises(ConditionsFailed):
        budgets.draw_since(POOL, 2022, 2020)
    larger = POOL._replace(amount=7_000)
    budgets.raise_pool(larger, 5_000)
    with pytest.raises(ConditionsFailed):
        budgets.raise_pool(larger, 5_000)
    rest = budgets.money(2022).unallocated
    assert rest is not None
    assert (rest.won, rest.amounts, rest.since) == ({POOL.name: 7_000}, {POOL.name: 7_000}, {POOL.name: 2021})
    budgets.name_in(_shard(budgets, 0), POOL.name)
    budgets.move(POOL.name, Move(Place(2022, None), 3_000), Place(2022, 0))
    with pytest.raises(ConditionsFailed) as failed:
        budgets.take_home(_shard(budgets, 0), POOL.name, 2_999)
    assert failed.value.positions == (0,)
    budgets.take_home(_shard(budgets, 0), POOL.name, 3_000)
    money = budgets.money(2022)
    assert money.unallocated is not None
    assert money.unallocated.won == {POOL.name: 7_000}
    assert money.shards[0].won == {}


def _granted(storage: Storage, funding: Funding, own: PolicyVersion, paid: Layer, won: int) -> tuple[int, Funds]:
    """The amount of `won` that the budgets pay after refills, and the funds with that draw; nothing is stored."""
    while True:
        keys = funding.keys([(own, NOON)])
        funds = funding.funds(dict(zip(keys, storage.read(keys), strict=True)))
        granted = funds.draw(own, paid, won, NOON)
        if not funds.missing:
            return granted, funds
        funding.refill(funds)


@case
def a_draw_needs_its_money_and_a_return_is_added(storage: Storage) -> None:
    budgets, own = _with_line(storage, 1_000)
    plain = policy([PAID])
    made = Budgets(budgets, Lines([own]))
    funding = made.funding("a wallet", NOON)
    granted, funds = _granted(storage, funding, plain, PAID, 700)
    assert granted == 700
    send(storage, *funding.writes(funds))
    # The same draw from the old funds: that money is gone.
    with pytest.raises(ConditionsFailed) as failed:
        send(storage, *funding.writes(funds))
    assert failed.value.positions == (0,)
    funding.lost()
    assert budgets.money(2022).left("city") == 300
    granted, funds = _granted(storage, funding, plain, PAID, 700)
    assert granted == 300
    funds.give_back(plain, PAID, {"city": 500}, NOON)
    send(storage, *funding.writes(funds))
    assert budgets.money(2022).left("city") == 500


@case
def a_draw_decided_before_a_close_is_refused_after_it(storage: Storage) -> None:
    budgets, own = _with_line(storage, 1_000)
    plain = policy([PAID])
    funding = Budgets(budgets, Lines([own])).funding("a wallet", NOON)
    _, funds = _granted(storage, funding, plain, PAID, 700)
    _appropriations(storage).close(_change(ChangeKind.CLOSE, 0, None, "the-key-of-the-close"))
    with pytest.raises(ConditionsFailed):
        send(storage, *funding.writes(funds))
    funding.lost()
    _, funds = _granted(storage, funding, plain, PAID, 700)
    send(storage, *funding.writes(funds))
    while True:
        keys = funding.keys([(plain, NOON)])
        funds = funding.funds(dict(zip(keys, storage.read(keys), strict=True)))
        funds.give_back(plain, PAID, {"city": 200}, NOON)
        if not funds.missing:
            break
        funding.refill(funds)
    send(storage, *funding.writes(funds))
    money = budgets.money(2022)
    assert (money.left("city"), money.left("returned/city")) == (300, 200)


@case
def concurrent_refills_between_shards_lose_nothing(storage: Storage) -> None:
    budgets, _ = _with_line(storage, 4_000_000)
    ready = threading.Barrier(THREADS)

    def refill_often(thread: int) -> None:
        ready.wait()
        for number in range(3):
            look(budgets, (thread + number) % SHARDS, Short(2022, "city", 50_000, None), NOON, known={})

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(refill_often, range(THREADS)))
    money = budgets.money(2022)
    assert money.left("city") == 4_000_000
    assert money.in_shards("city") > 0


@case
def near_the_end_one_transaction_draws_from_several_places_or_none(storage: Storage) -> None:
    budgets, own = _with_line(storage, 1_000)
    for number, won in ((1, 300), (2, 200)):
        budgets.name_in(_shard(budgets, number), "city")
        budgets.move("city", Move(Place(2022, None), won), Place(2022, number))
    plain = policy([PAID])
    funding, late = (Funding(budgets, Lines([own]), 1, NOON) for _ in range(2))
    granted, funds = _granted(storage, funding, plain, PAID, 950)
    late_granted, late_funds = _granted(storage, late, plain, PAID, 950)
    assert (granted, late_granted) == (950, 950)
    assert funds.elsewhere == {Place(2022, None): {"city": 500}, Place(2022, 2): {"city": 150}}
    send(storage, *funding.writes(funds))
    with pytest.raises(ConditionsFailed):
        send(storage, *late.writes(late_funds))
    late.lost()
    assert [part.won.get("city", 0) for part in budgets.money(2022).shards[1:3]] == [0, 50]
    granted, funds = _granted(storage, late, plain, PAID, 950)
    assert granted == 50
    send(storage, *late.writes(funds))
    assert budgets.money(2022).left("city") == 0
    # Closing a year changes each of its items, so that a draw on any item read before is refused.
    more, _ = budgets, _appropriations(storage).supplement(_change(ChangeKind.SUPPLEMENT, 70, key="a-supplement-of-it"))
    granted, funds = _granted(storage, Funding(more, Lines([own]), 1, NOON), plain, PAID, 50)
    assert (granted, list(funds.elsewhere)) == (50, [Place(2022, None)])
    _appropriations(storage).close(_change(ChangeKind.CLOSE, 0, None, "the-key-of-the-close"))
    with pytest.raises(ConditionsFailed):
        send(storage, *budgets.writes(funds))


@case
def a_shards_largest_item_is_within_a_kilobyte(storage: Storage) -> None:
    """Eight lines, and a monthly and a half-monthly pool for each of the two months that a budget shard holds at once."""
    names = [f"national-2022-{number}" for number in range(8)]
    names += [f"pool/daejeon-citywide@2022-{month}{half}" for month in ("07", "08", "09") for half in ("", "-1", "-2")]
    key = _budgets(storage).shard_key(2022, 15)
    send(storage, Put(key, {"kind": "sub_line", "won": dict.fromkeys(names, 10**12), "closed": False}))
    item = item_at(storage, key)
    assert item is not None
    bytes_of_numbers = len(names) * (2 + len(str(10**12)) // 2)
    assert sum(len(name) + 1 for name in names) + bytes_of_numbers + len(key.pk + key.sk) + 60 < 1_024


@case
def a_days_spending_is_stored_once_and_read_in_order(storage: Storage) -> None:
    store = WatchStore(storage, patience_of(), "incheon")
    assert store.snapshots(2022) == {}
    days = [date(2022, 12, 31), date(2022, 2, 1), date(2022, 10, 1)]
    for number, day in enumerate(days):
        store.add_snapshot(2022, day, {"city": number * 1_000, "pool/citywide@2022-08": number})
    with pytest.raises(ConditionsFailed):
        store.add_snapshot(2022, days[0], {"city": 5})
    store.add_snapshot(2023, days[0], {"city": 7})
    assert store.snapshots(2022) == {
        "city": [Snapshot(days[1], 1_000), Snapshot(days[2], 2_000), Snapshot(days[0], 0)],
        "pool/citywide@2022-08": [Snapshot(days[1], 1), Snapshot(days[2], 2), Snapshot(days[0], 0)],
    }


@case
def an_alarm_is_claimed_once_and_published_once(storage: Storage) -> None:
    store = WatchStore(storage, patience_of(), "incheon")
    alarm = Alarm(2022, "line/city/1000/5000", "BudgetLevelReached", {"id": "an id", "level": 5_000, "latest": None})
    with pytest.raises(ConditionsFailed):
        store.published(alarm)
    store.claim(alarm)
    with pytest.raises(ConditionsFailed):
        store.claim(alarm)
    assert store.alarms(2022) == {alarm.key: (alarm, False)}
    store.published(alarm)
    with pytest.raises(ConditionsFailed):
        store.published(alarm)
    assert store.alarms(2022) == {alarm.key: (alarm, True)}
    assert store.alarms(2021) == {}
