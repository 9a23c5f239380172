"""A month that is over is frozen once all its sources are posted; then each member has a statement, which never changes."""

from datetime import timedelta
from functools import partial
from itertools import pairwise
from typing import Any

import pytest

from eeum.calendar import Month, next_month, start_of_month
from eeum.cashback.catch_up import CatchUp
from eeum.cashback.gap_store import GapStore
from eeum.errors import NotFound
from eeum.months.closing import SegmentClosed, close_segment, due_month, write_late_statements
from eeum.months.freezing import SegmentFound, freeze_month
from eeum.months.rules import CLOSING_BEGINS, EXCEPTIONS_BEGIN, MOST_EXCEPTED, MonthStatus
from eeum.months.showing import statement_of_month
from eeum.months.statement_store import StatementStore
from eeum.months.statements import Statement
from eeum.months.use_cases import month_record, reset_month
from eeum.payments.items import payment_item, payment_key
from eeum.segments import BEGINNING, Segment
from eeum.storage import Key, Put
from eeum.wallet.rules import Wallet
from tests.concurrency import attempts_at_once
from tests.stored_forms import with_fact
from tests.use_cases.world import World

JANUARY, FEBRUARY, MARCH = "2021-01", "2021-02", "2021-03"
WHOLE = Segment(0, 1)


def _turn(world: World, month: Month) -> None:
    """Open `month` at midnight, as the reset does."""
    world.now = start_of_month(month)
    reset_month(world.months, world.patience, world.now, world.now)


def _close(world: World, segment: Segment = WHOLE) -> SegmentClosed:
    """The result of one pass over a segment that begins now."""
    month = due_month(world.months, world.now)
    if month is None:
        return SegmentClosed(None, None)
    statements = StatementStore(world.storage, world.patience)
    return close_segment(_catch_up(world), world.sweeping, statements, month, segment, BEGINNING)


def _catch_up(world: World) -> CatchUp:
    gaps = GapStore(world.storage)
    return CatchUp(gaps, world.accrual())


def _run(world: World, segments: int = 1) -> Month | None:
    """A whole run: a pass over every segment, and its result."""
    found = []
    for number in range(segments):
        segment = Segment(number, segments)
        closed = _close(world, segment)
        assert closed.resume is None
        wallets = tuple(each.wallet_id for each in closed.unposted)
        found.append(SegmentFound(segment, closed.month, len(closed.unposted), wallets))
    return freeze_month(world.months, found, world.now)


def _statement(world: World, wallet: Wallet, month: Month) -> Statement:
    return statement_of_month(StatementStore(world.storage, world.patience), wallet.id, month)


@pytest.fixture
def january(world: World) -> World:
    """A city whose first month is open."""
    _turn(world, JANUARY)
    world.now += timedelta(days=9, hours=12)
    return world


def _member(world: World, name: str = "payer", won: int = 400_000) -> Wallet:
    member = world.member(name)
    world.top_up(member, won)
    return world.wallet(member.id)


def test_a_month_is_closed_from_an_hour_after_its_end_on(january: World) -> None:
    assert due_month(january.months, january.now) is None
    _turn(january, FEBRUARY)
    assert due_month(january.months, january.now + CLOSING_BEGINS - timedelta(milliseconds=1)) is None
    assert due_month(january.months, january.now + CLOSING_BEGINS) == JANUARY


def test_entries_that_the_stream_missed_are_posted_and_in_the_statement(january: World) -> None:
    payer, shop = _member(january), january.shop()
    january.accrue(january.pay(payer, shop, 30_000).entry)
    january.pay(payer, shop, 20_000)
    _turn(january, FEBRUARY)
    january.now += CLOSING_BEGINS

    assert _run(january) == JANUARY

    record = month_record(january.months, JANUARY)
    assert (record.status, record.frozen_at) == (MonthStatus.FROZEN, january.now)
    statement = _statement(january, payer, JANUARY)
    assert statement.end == {"charged": 350_000, "cashback": 5_000}
    assert (statement.topped_up, statement.paid, statement.cashback.won) == (400_000, 50_000, 5_000)
    assert sum(statement.cashback.by_layer.values()) == sum(statement.cashback.by_funder.values()) == 5_000
    # Posted in February, and earned in January.
    assert [earning.posted_at > start_of_month(FEBRUARY) for earning in january.earnings(payer)] == [False, True]


def test_a_frozen_month_is_not_closed_again(january: World) -> None:
    _member(january)
    _turn(january, FEBRUARY)
    january.now += CLOSING_BEGINS
    assert _run(january) == JANUARY
    before = january.memory.log[:]
    assert _run(january) is None
    assert january.memory.log == before


def test_a_month_stays_closed_while_a_wallet_has_an_unposted_capture_of_it(january: World) -> None:
    payer, other, shop = _member(january), _member(january, "other"), january.shop()
    payment = january.pay(payer, shop, 10_000).entry
    january.accrue(january.pay(other, shop, 10_000).entry)
    key, item = payment_key(payer.id, payment.acceptance.digest), payment_item(payment)
    january.send(Put(key, {**item, "facts": with_fact(item["facts"], "own_rate", "much")}))
    _turn(january, FEBRUARY)
    for hour in (1, 2):
        january.now = start_of_month(FEBRUARY) + timedelta(hours=hour)
        assert _run(january) is None
    assert month_record(january.months, JANUARY).status is MonthStatus.CLOSED
    # Complete wallets have a statement already; incomplete ones do not.
    assert _statement(january, other, JANUARY).cashback.won == 1_000
    with pytest.raises(NotFound):
        _statement(january, payer, JANUARY)
    january.send(Put(key, item))
    assert _run(january) == JANUARY
    assert _statement(january, payer, JANUARY).cashback.won == 1_000


def test_unposted_entries_of_the_new_month_do_not_delay_the_old_one(january: World) -> None:
    payer, shop = _member(january), january.shop()
    _turn(january, FEBRUARY)
    january.now += CLOSING_BEGINS
    payment = january.pay(payer, shop, 10_000).entry
    key, item = payment_key(payer.id, payment.acceptance.digest), payment_item(payment)
    january.send(Put(key, {**item, "facts": with_fact(item["facts"], "own_rate", "much")}))
    assert _run(january) == JANUARY
    assert _statement(january, payer, JANUARY).end == {"charged": 400_000}
    january.send(Put(key, item))
    january.accrue(payment)


def test_a_cancellation_after_the_freeze_shows_in_the_month_it_comes_in(january: World) -> None:
    payer, shop = _member(january), january.shop()
    payment = january.pay(payer, shop, 100_000).entry
    january.accrue(payment)
    _turn(january, FEBRUARY)
    january.now += CLOSING_BEGINS
    assert _run(january) == JANUARY
    written = _statement(january, payer, JANUARY)

    january.now += timedelta(days=3)
    january.accrue(january.cancel(payment, 40_000).entry)
    _turn(january, MARCH)
    january.now += CLOSING_BEGINS
    assert _run(january) == FEBRUARY

    assert _statement(january, payer, JANUARY) == written
    february = _statement(january, payer, FEBRUARY)
    (earlier,) = february.earlier_months
    assert (earlier.month, earlier.cancelled, earlier.cashback.won) == (JANUARY, 40_000, -4_000)
    assert (february.cancelled, february.cashback.won) == (0, 0)
    assert (february.start, february.end) == (
        {"charged": 300_000, "cashback": 10_000},
        {"charged": 340_000, "cashback": 6_000},
    )
    # By the rules it counts in its own month.
    assert [correction.month for correction in january.book(payer, JANUARY).corrections] == [JANUARY]


def test_statements_follow_each_other_without_a_gap_and_end_with_the_wallet(january: World) -> None:
    payer, shop = _member(january), january.shop()
    month = JANUARY
    for amount in (50_000, 30_000, 20_000):
        payment = january.pay(payer, shop, amount).entry
        held = january.pay(payer, shop, 10_000, hold=True).entry
        january.accrue(payment, january.cancel(payment, 5_000).entry, january.capture(held, 4_000).entry)
        january.void(held)
        month = next_month(month)
        _turn(january, month)
        january.now += CLOSING_BEGINS
        assert _run(january) is not None
    statements = [_statement(january, payer, each) for each in (JANUARY, FEBRUARY, MARCH)]
    for earlier, later in pairwise(statements):
        assert earlier.end == later.start
    assert statements[-1].end == {name: won for name, won in january.balances(payer).items() if won}
    assert [(each.paid, each.cancelled, each.held, each.captured, each.released) for each in statements] == [
        (50_000, 5_000, 10_000, 4_000, 6_000),
        (30_000, 5_000, 10_000, 4_000, 6_000),
        (20_000, 5_000, 10_000, 4_000, 6_000),
    ]


def test_missed_months_are_frozen_in_order(january: World) -> None:
    payer, shop = _member(january), january.shop()
    january.pay(payer, shop, 10_000)
    _turn(january, "2021-04")
    january.now += CLOSING_BEGINS
    assert [_run(january) for _ in range(4)] == [JANUARY, FEBRUARY, MARCH, None]
    assert [_statement(january, payer, month).paid for month in (JANUARY, FEBRUARY, MARCH)] == [10_000, 0, 0]


def test_empty_unused_and_later_wallets_have_no_statement(january: World) -> None:
    empty = january.member("empty")
    _turn(january, FEBRUARY)
    january.now += timedelta(days=31)
    late = _member(january, "late")
    assert _run(january) == JANUARY
    for member in (empty, late):
        with pytest.raises(NotFound):
            _statement(january, member, JANUARY)


def test_segments_are_frozen_together_or_not_at_all(january: World) -> None:
    members = [_member(january, f"member-{number}", 30_000) for number in range(9)]
    _turn(january, FEBRUARY)
    january.now += CLOSING_BEGINS
    found = [SegmentFound(Segment(number, 4), JANUARY, 0) for number in range(4)]
    for incomplete in (found[:3], found[:1], [*found[:3], found[0]], []):
        with pytest.raises(ValueError, match="for each segment"):
            freeze_month(january.months, incomplete, january.now)
    assert freeze_month(january.months, [*found[:3], found[3]._replace(unposted=1)], january.now) is None
    assert freeze_month(january.months, [*found[:3], found[3]._replace(month=None)], january.now) is None
    assert month_record(january.months, JANUARY).status is MonthStatus.CLOSED
    assert _run(january, segments=4) == JANUARY
    assert all(_statement(january, member, JANUARY).topped_up == 30_000 for member in members)


def test_a_slow_pass_does_not_freeze_a_month_twice(january: World) -> None:
    _turn(january, FEBRUARY)
    january.now += CLOSING_BEGINS
    found = [SegmentFound(WHOLE, JANUARY, 0)]
    assert freeze_month(january.months, found, january.now) == JANUARY
    frozen = month_record(january.months, JANUARY)
    assert freeze_month(january.months, found, january.now + timedelta(hours=1)) is None
    assert month_record(january.months, JANUARY) == frozen


def test_passes_at_once_write_each_statement_once(january: World) -> None:
    for number in range(6):
        january.pay(_member(january, f"member-{number}"), january.shop(), 10_000)
    _turn(january, FEBRUARY)
    january.now += CLOSING_BEGINS
    passes = attempts_at_once([partial(_close, january)] * 6)
    assert all(isinstance(each, SegmentClosed) for each in passes), passes
    assert sum(each.statements for each in passes if isinstance(each, SegmentClosed)) == 6
    assert sum(each.accrued for each in passes if isinstance(each, SegmentClosed)) == 6
    assert len(january.entries("statement")) == 6


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_pass_is_repeated_after_a_crash(january: World, moment: str) -> None:
    members = [_member(january, f"member-{number}") for number in range(3)]
    for member in members:
        january.pay(member, january.shop(), 10_000)
    _turn(january, FEBRUARY)
    january.now += CLOSING_BEGINS
    for _ in range(2):
        with january.failing(MemoryError, moment, 1), pytest.raises(MemoryError):
            _close(january)
    assert _run(january) == JANUARY
    assert [_statement(january, member, JANUARY).end for member in members] == [
        {"charged": 390_000, "cashback": 1_000}
    ] * 3


def test_a_statement_is_small_after_any_number_of_entries(january: World) -> None:
    payer, shop = _member(january, won=500_000), january.shop()
    for _ in range(60):
        january.accrue(january.pay(payer, shop, 1_000).entry)
    _turn(january, FEBRUARY)
    january.now += CLOSING_BEGINS
    _run(january)
    (item,) = january.entries("statement")
    assert len(str(item)) < 1_000


def _unpostable(world: World, payer: Wallet) -> Key:
    """Make an entry of the month unpostable; return its key."""
    paid = world.pay(payer, world.shop(), 10_000).entry
    key = payment_key(payer.id, paid.acceptance.digest)
    item = payment_item(paid)
    world.send(Put(key, {**item, "facts": with_fact(item["facts"], "own_rate", "a lot")}))
    return key


def _mend(world: World, key: Key) -> None:
    (item,) = world.memory.read([key])
    assert item is not None
    world.send(Put(key, {**item, "facts": with_fact(item["facts"], "own_rate", 0)}))


def _late(world: World) -> SegmentClosed:
    statements = StatementStore(world.storage, world.patience)
    return write_late_statements(_catch_up(world), world.wallets, statements, world.months)


def test_one_wallet_delays_a_month_for_a_day_and_gets_its_statement_when_fixed(january: World) -> None:
    payer, stranger = _member(january), _member(january, "stranger")
    key = _unpostable(january, payer)
    january.pay(stranger, january.shop(), 10_000)
    _turn(january, FEBRUARY)
    january.now += EXCEPTIONS_BEGIN - timedelta(milliseconds=1)
    assert _run(january, 3) is None
    assert _statement(january, stranger, JANUARY).cashback.won == 1_000
    january.now += timedelta(milliseconds=1)
    assert _run(january, 3) == JANUARY

    record = month_record(january.months, JANUARY)
    assert (record.status, record.excepted) == (MonthStatus.FROZEN, (payer.id,))
    with pytest.raises(NotFound):
        _statement(january, payer, JANUARY)
    assert (_late(january).statements, _late(january).accrued) == (0, 0)
    # The next month is closed beside it, without the same wallet.
    _turn(january, MARCH)
    january.now += EXCEPTIONS_BEGIN
    assert _run(january) == FEBRUARY
    assert month_record(january.months, FEBRUARY).excepted == (payer.id,)

    _mend(january, key)
    late = _late(january)
    assert (late.accrued, late.statements) == (1, 2)
    assert _statement(january, payer, JANUARY).cashback.won == 1_000
    assert _statement(january, payer, JANUARY).end == _statement(january, payer, FEBRUARY).start
    assert _late(january).statements == 0


def test_a_month_is_not_frozen_without_many_wallets(january: World) -> None:
    _turn(january, FEBRUARY)
    january.now += EXCEPTIONS_BEGIN
    wallets = tuple(f"wallet-{number}" for number in range(MOST_EXCEPTED + 1))
    found = SegmentFound(WHOLE, JANUARY, len(wallets), wallets)
    assert freeze_month(january.months, [found], january.now) is None
    assert freeze_month(january.months, [found._replace(wallets=())], january.now) is None
    assert freeze_month(january.months, [found._replace(wallets=wallets[1:])], january.now) == JANUARY


@pytest.mark.parametrize("broken", ["bookings", "add"])
def test_any_failure_of_one_wallet_lets_the_others_close(
    january: World, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    payer, stranger = _member(january), _member(january, "stranger")
    whole = getattr(StatementStore, broken)

    def failing(store: StatementStore, about: Any) -> Any:
        if payer.id in (about, getattr(about, "wallet_id", None)):
            raise ZeroDivisionError
        return whole(store, about)

    monkeypatch.setattr(StatementStore, broken, failing)
    _turn(january, FEBRUARY)
    january.now += EXCEPTIONS_BEGIN
    assert _run(january) == JANUARY
    assert month_record(january.months, JANUARY).excepted == (payer.id,)
    assert _statement(january, stranger, JANUARY).topped_up == 400_000
    monkeypatch.setattr(StatementStore, broken, whole)
    assert _late(january).statements == 1
