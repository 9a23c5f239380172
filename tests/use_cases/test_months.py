"""The reset opens a month and closes the one before, also late, repeated and concurrently."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from eeum.calendar import start_of_month
from eeum.errors import Invalid, NotFound
from eeum.months.rules import MonthStatus, Turn
from eeum.months.use_cases import CLOCKS_APART, MOST_MISSED, month_record, reset_month
from eeum.storage import Put, Table
from eeum.wallet.rules import Card, DebitOrder, new_wallet
from eeum.wallet.store import wallet_key
from eeum.wallet.wallet_items import wallet_item
from tests.concurrency import attempts_at_once
from tests.use_cases.world import World

JANUARY, FEBRUARY = start_of_month("2021-01"), start_of_month("2021-02")
OPEN, CLOSED = MonthStatus.OPEN, MonthStatus.CLOSED


def _reset(world: World, due_at: datetime, late: timedelta = timedelta(seconds=3)) -> Turn:
    return reset_month(world.months, world.patience, due_at, due_at + late)


def _statuses(world: World) -> dict[str, MonthStatus]:
    records, _ = world.months.latest(200)
    return {record.month: record.status for record in records[::-1]}


def test_the_first_run_opens_its_month(world: World) -> None:
    turn = _reset(world, JANUARY)
    assert [record.month for record in turn.opened] == ["2021-01"]
    assert _statuses(world) == {"2021-01": OPEN}
    assert month_record(world.months, "2021-01").opened_at == JANUARY + timedelta(seconds=3)


def test_the_next_month_closes_the_one_before(world: World) -> None:
    _reset(world, JANUARY)
    turn = _reset(world, FEBRUARY)
    assert ([record.month for record in turn.opened], [record.month for record in turn.closed]) == (
        ["2021-02"],
        ["2021-01"],
    )
    assert _statuses(world) == {"2021-01": CLOSED, "2021-02": OPEN}
    assert month_record(world.months, "2021-01").closed_at == FEBRUARY + timedelta(seconds=3)


def test_a_repeated_run_does_nothing(world: World) -> None:
    _reset(world, JANUARY)
    _reset(world, FEBRUARY)
    before = world.memory.items(Table.PROGRAMME)
    with world.counted() as costs:
        assert _reset(world, FEBRUARY, timedelta(hours=5)) == Turn((), ())
    assert (costs.calls, costs.write_units) == (["query"], 0)
    assert world.memory.items(Table.PROGRAMME) == before


def test_a_late_run_for_an_older_month_does_nothing(world: World) -> None:
    _reset(world, JANUARY)
    _reset(world, FEBRUARY)
    assert _reset(world, JANUARY, timedelta(days=40)) == Turn((), ())


def test_months_that_were_missed_are_opened_and_closed_at_once(world: World) -> None:
    _reset(world, JANUARY)
    turn = _reset(world, start_of_month("2021-06"))
    assert [record.month for record in turn.opened] == ["2021-02", "2021-03", "2021-04", "2021-05", "2021-06"]
    assert _statuses(world) == {f"2021-0{month}": CLOSED if month < 6 else OPEN for month in range(1, 7)}


def test_months_are_caught_up_over_the_end_of_a_year(world: World) -> None:
    _reset(world, start_of_month("2020-11"))
    _reset(world, FEBRUARY)
    assert list(_statuses(world)) == ["2020-11", "2020-12", "2021-01", "2021-02"]


def test_more_months_than_one_run_opens_are_refused_and_change_nothing(world: World) -> None:
    _reset(world, start_of_month("2013-01"))
    with pytest.raises(Invalid):
        _reset(world, start_of_month("2020-08"))
    assert _statuses(world) == {"2013-01": OPEN}
    assert len(_reset(world, start_of_month("2020-07")).opened) == MOST_MISSED


def test_a_run_in_the_future_is_refused(world: World) -> None:
    with pytest.raises(Invalid):
        _reset(world, JANUARY, -CLOCKS_APART - timedelta(milliseconds=1))
    assert _statuses(world) == {}


def test_a_run_slightly_in_the_future_is_accepted(world: World) -> None:
    assert timedelta() < CLOCKS_APART < timedelta(minutes=1)
    _reset(world, JANUARY, -CLOCKS_APART)
    assert _statuses(world) == {"2021-01": OPEN}


def test_a_run_opens_seouls_month(world: World) -> None:
    turn = _reset(world, datetime(2021, 1, 31, 15, 0, tzinfo=UTC))
    assert [record.month for record in turn.opened] == ["2021-02"]


def test_concurrent_runs_turn_the_month_once(world: World) -> None:
    _reset(world, JANUARY)
    turns = attempts_at_once([partial(_reset, world, start_of_month("2021-04"))] * 16)
    assert all(isinstance(turn, Turn) for turn in turns), turns
    assert sum(isinstance(turn, Turn) and bool(turn.opened) for turn in turns) == 1
    assert _statuses(world) == {"2021-01": CLOSED, "2021-02": CLOSED, "2021-03": CLOSED, "2021-04": OPEN}


def test_concurrent_runs_for_different_months_leave_no_gap(world: World) -> None:
    _reset(world, JANUARY)
    months = ["2021-02", "2021-03", "2021-04", "2021-05"]
    turns = attempts_at_once([partial(_reset, world, start_of_month(month)) for month in months * 4])
    assert all(isinstance(turn, Turn) for turn in turns), turns
    assert _statuses(world)["2021-05"] is OPEN


def test_a_run_that_loses_a_race_does_nothing(world: World) -> None:
    _reset(world, JANUARY)
    done = []

    def fault(moment: str, writes: object) -> None:
        if moment == "before" and not done:
            done.append(True)
            _reset(world, FEBRUARY)

    world.memory.fault = fault
    assert _reset(world, FEBRUARY) == Turn((), ())


@pytest.mark.parametrize("members", [1_000, 10_000])
def test_the_reset_does_the_same_work_for_a_thousand_members_and_for_many_more(world: World, members: int) -> None:
    card = Card("0011223344556677", "standard", "active")
    wallets = [new_wallet(f"member-{number}", DebitOrder.CHARGED_FIRST, card, JANUARY) for number in range(members)]
    for start in range(0, members, 100):
        world.send(*(Put(wallet_key(wallet.id), wallet_item(wallet)) for wallet in wallets[start : start + 100]))
    _reset(world, JANUARY)
    with world.counted() as costs:
        _reset(world, FEBRUARY)
    assert (costs.calls, costs.write_units) == (["query", "transact"], 4)


def test_the_reset_touches_no_wallet(world: World) -> None:
    payer, shop = world.member(charged=10_000), world.shop()
    world.accrue(world.pay(payer, shop, 10_000).entry)
    before = world.memory.items(Table.LEDGER)
    _reset(world, JANUARY)
    _reset(world, FEBRUARY)
    assert world.memory.items(Table.LEDGER) == before


def test_cashback_turns_with_the_month_whether_or_not_the_reset_ran(world: World) -> None:
    payer, shop = world.member(charged=5_000_000), world.shop()
    for month, run in (("2021-02", True), ("2021-03", False), ("2021-04", True)):
        world.now = start_of_month(month)
        if run:
            _reset(world, world.now, timedelta())
        world.accrue(world.pay(payer, shop, 1_000_000).entry)
        assert [earning.won for earning in world.earnings(payer, month)] == [55_000]


def test_a_month_that_was_not_opened_is_not_found(world: World) -> None:
    _reset(world, JANUARY)
    with pytest.raises(NotFound):
        month_record(world.months, "2021-02")


def test_months_are_listed_the_newest_first_over_pages(world: World) -> None:
    _reset(world, start_of_month("2019-05"))
    _reset(world, JANUARY)
    first, cursor = world.months.latest(12)
    rest, end = world.months.latest(12, cursor)
    assert [record.month for record in first][:2] == ["2021-01", "2020-12"]
    assert len({record.month for record in first + rest}) == 21
    assert end is None
