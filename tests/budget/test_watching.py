"""Budget reports and the watch: each alarm is sent once, and none is lost when a process dies."""

from datetime import date, timedelta
from typing import Any

import pytest

from eeum.budget.alarms import LEVEL_REACHED, LEVELS, RUNS_OUT_SOON, Alarm
from eeum.budget.forecast import Outlook
from eeum.budget.report import Account
from eeum.budget.showing import last_day_of, year_forecast, year_report
from eeum.budget.use_cases import CloseYear, close_year
from eeum.budget.watching import Watched, watch
from eeum.errors import Busy, FiscalYearClosed, FiscalYearNotOver, NotFound
from eeum.months.rules import MonthRecord, MonthStatus, Turn, frozen
from eeum.months.store import MonthStore
from eeum.policy.rules import Pool
from eeum.policy.use_cases import PolicyBook
from eeum.policy.windows import Window
from eeum.storage import Write
from tests.budget.books import GROUNDS, MONTHLY, NEW_YEAR, NOON, PROGRAMME, Books, layer, line, policy

SHARED = layer("standard", {"national": 40, "city": 50, "district": 10}, "citywide")
OWN = policy([SHARED], Pool("citywide", MONTHLY, 500_000))
BOOK = PolicyBook([OWN])


@pytest.fixture
def books() -> Books:
    made = Books()
    made.add(line("national", "national"), 400_000)
    made.add(line("city", "city"), 1_000_000)
    return made


class Listener:
    """A receiver of alarms that can fail."""

    def __init__(self) -> None:
        self.heard: list[Alarm] = []
        self.fails = False

    def publish(self, alarm: Alarm) -> None:
        if self.fails:
            raise Busy("the bus is down")
        self.heard.append(alarm)


def look(books: Books, listener: Listener) -> Watched:
    return watch(listener.publish, books.reporting(BOOK))


# --- reports ----------------------------------------------------------------------------------------------------------


def test_a_report_shows_what_was_appropriated_spent_and_left(books: Books) -> None:
    books.draw(OWN, SHARED, 100_000)
    books.supplement(2022, "national", 100_000)
    report = year_report(2022, books.reporting(BOOK))
    city, national = report.lines
    assert (city.account, city.account.spent, city.account.share) == (
        Account("city", 1_000_000, 950_000, 0),
        50_000,
        500,
    )
    assert (national.original, national.supplements, national.account.amount) == (400_000, (100_000,), 500_000)
    assert (national.account.spent, national.account.share) == (40_000, 800)
    assert [(each.funder, each.spent, each.unbudgeted, each.per_won) for each in report.funders] == [
        ("city", 50_000, 0, 5_000),
        ("district", 0, 10_000, 1_000),
        ("national", 40_000, 0, 4_000),
    ]
    assert report.pools == (Account("citywide@2022-08", 500_000, 400_000, 0),)
    assert not report.closed


def test_an_unused_pool_is_whole_and_a_year_without_a_budget_is_empty(books: Books) -> None:
    assert year_report(2022, books.reporting(BOOK)).pools[0].left == 500_000
    empty = year_report(2031, books.reporting(BOOK))
    assert (empty.lines, empty.funders, empty.pools, empty.closed) == ((), (), (), False)


def test_money_given_back_after_the_close_is_shown_apart(books: Books) -> None:
    entry = books.draw(OWN, SHARED, 100_000)
    months = MonthStore(books.storage, books.patience, PROGRAMME)
    request = books.request(2022)

    def close() -> None:
        close_year(CloseYear(request, 2022, GROUNDS), books.administering)

    with pytest.raises(FiscalYearNotOver):
        close()
    books.now = NEW_YEAR.replace(year=2023, month=2)
    # The reset is late: not even December is open.
    months.turn(Turn((MonthRecord("2022-11", MonthStatus.OPEN, NOON),), ()))
    with pytest.raises(FiscalYearNotOver):
        close()
    december = MonthRecord("2022-12", MonthStatus.CLOSED, NOON, NOON)
    months.turn(Turn((december,), ()))
    with pytest.raises(FiscalYearNotOver):
        close()
    months.freeze(frozen(december, books.now))
    close()
    close()  # The same request again.
    with pytest.raises(FiscalYearClosed):
        close_year(CloseYear(books.request(2022), 2022, GROUNDS), books.administering)
    with pytest.raises(FiscalYearClosed):
        books.supplement(2022, "city", 1)
    with pytest.raises(FiscalYearClosed):
        books.add(line("late", "district"), 1)
    with pytest.raises(NotFound):
        close_year(CloseYear(books.request(2019), 2019, GROUNDS), books.administering)

    books.change(entry, 60_000)
    city, _ = year_report(2022, books.reporting(BOOK)).lines
    assert city.account == Account("city", 1_000_000, 950_000, 20_000)
    books.check(2022)


@pytest.mark.parametrize(
    ("window", "last"),
    [
        (Window("month"), date(2022, 8, 31)),
        (Window("half_month"), date(2022, 8, 15)),
        (Window("year"), date(2022, 12, 31)),
        (Window("event", NOON, NOON + timedelta(days=5)), date(2022, 8, 15)),
        (Window("event", NOON, NEW_YEAR.replace(year=2023)), date(2022, 12, 31)),
    ],
)
def test_the_last_day_of_a_window(window: Window, last: date) -> None:
    assert last_day_of(window, NOON) == last


def test_the_second_half_of_a_month_ends_with_it() -> None:
    assert last_day_of(Window("half_month"), NOON.replace(day=16)) == date(2022, 8, 31)


# --- the watch --------------------------------------------------------------------------------------------------------


def test_each_level_is_alarmed_once_for_each_line_and_pool(books: Books) -> None:
    listener = Listener()
    assert look(books, listener) == Watched((), 0, 0)
    books.draw(OWN, SHARED, 410_000)
    found = look(books, listener)
    assert found.highest_share == 4_100
    assert found.published == ("pool/citywide@2022-08/500000/5000", "pool/citywide@2022-08/500000/8000")
    assert look(books, listener).published == ()
    books.draw(OWN, SHARED, 90_000)
    assert look(books, listener).published == tuple(
        f"{name}/{level}"
        for name, levels in (("line/national/400000", LEVELS[:1]), ("pool/citywide@2022-08/500000", LEVELS[2:]))
        for level in levels
    )
    assert len({alarm.detail["id"] for alarm in listener.heard}) == len(listener.heard) == 6
    first = listener.heard[0]
    assert (first.kind, first.detail["pool"], first.detail["level"], first.detail["share"]) == (
        LEVEL_REACHED,
        "citywide@2022-08",
        5_000,
        8_200,
    )


def test_after_a_supplement_a_level_is_alarmed_when_it_is_reached_again(books: Books) -> None:
    listener = Listener()
    plain = layer("standard", {"national": 100})
    books.draw(policy([plain]), plain, 330_000)
    assert look(books, listener).published == ("line/national/400000/5000", "line/national/400000/8000")
    books.supplement(2022, "national", 600_000)
    assert look(books, listener).published == ()
    books.draw(policy([plain]), plain, 170_000)
    assert look(books, listener).published == ("line/national/1000000/5000",)


def test_an_alarm_that_failed_is_sent_by_the_next_run(books: Books) -> None:
    listener = Listener()
    books.draw(OWN, SHARED, 260_000)
    listener.fails = True
    with pytest.raises(Busy):
        look(books, listener)
    listener.fails = False
    assert look(books, listener).published == ("pool/citywide@2022-08/500000/5000",)
    assert look(books, listener).published == ()


class Death(BaseException):
    """The process is killed; no code catches this exception."""


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_watch_that_dies_at_any_write_loses_no_alarm(moment: str) -> None:
    for number in range(1, 12):
        books = Books()
        books.add(line("city", "city"), 1_000_000)
        plain = layer("standard", {"city": 100})
        books.draw(policy([plain]), plain, 910_000)
        listener = Listener()
        seen = 0

        def fault(when: str, _writes: Any, number: int = number) -> None:
            nonlocal seen
            seen += when == moment
            if when == moment and seen == number:
                raise Death

        books.memory.fault = fault
        try:
            look(books, listener)
        except Death:
            pass
        else:
            assert number > 7  # A snapshot, and three alarms that are claimed and published.
            return
        books.memory.fault = lambda moment, writes: None
        look(books, listener)
        keys = [alarm.key for alarm in listener.heard]
        assert set(keys) == {f"line/city/1000000/{level}" for level in LEVELS[:3]}
        assert len(keys) <= 4  # One of them may be published twice, with one id.


def test_two_runs_at_once_send_each_alarm_once(books: Books) -> None:
    books.draw(OWN, SHARED, 260_000)
    first, second = Listener(), Listener()

    def meanwhile(when: str, writes: list[Write]) -> None:
        if when == "before" and writes[0].key.sk.startswith("ALARM#"):
            books.memory.fault = lambda moment, writes: None
            look(books, second)

    books.memory.fault = meanwhile  # type: ignore[assignment]
    look(books, first)
    assert [alarm.key for alarm in (*first.heard, *second.heard)] == ["pool/citywide@2022-08/500000/5000"]


def test_daily_spending_is_kept_and_forecasts_the_last_day(books: Books) -> None:
    plain = layer("standard", {"national": 100})
    own = policy([plain])
    listener = Listener()
    for _ in range(5):
        look(books, listener)
        books.draw(own, plain, 10_000)
        look(books, listener)
        books.now += timedelta(days=1)
    found = look(books, listener)
    assert found.running_out == 0  # 350,000 last for 35 days.
    national = year_forecast(2022, books.reporting(PolicyBook([own])))[1]
    assert (national.account.name, national.forecast.days, national.forecast.per_day) == ("national", 5, 10_000)
    assert national.forecast.runs_out_on == books.now.date() + timedelta(days=34)
    for _ in range(3):
        books.draw(own, plain, 10_000)
        books.now += timedelta(days=1)
    assert look(books, listener).running_out == 0
    books.draw(own, plain, 10_000)
    books.now += timedelta(days=1)
    found = look(books, listener)
    assert (found.running_out, found.published) == (1, ("line/national/400000/runs_out",))
    (alarm,) = [alarm for alarm in listener.heard if alarm.kind == RUNS_OUT_SOON]
    assert alarm.detail["runs_out_on"] == (books.now.date() + timedelta(days=30)).isoformat()
    assert look(books, listener).published == ()


def test_a_city_without_budgets_or_with_a_closed_year_has_no_alarms() -> None:
    books = Books()
    assert look(books, Listener()) == Watched((), 0, 0)
    assert year_forecast(2021, books.reporting(BOOK, NOON)) == []


def test_a_new_line_has_no_data_yet(books: Books) -> None:
    seen = year_forecast(2022, books.reporting(BOOK, NOON))
    assert [(each.kind, each.forecast.outlook) for each in seen] == [
        ("line", Outlook.NO_DATA),
        ("line", Outlook.NO_DATA),
        ("pool", Outlook.NO_DATA),
    ]
