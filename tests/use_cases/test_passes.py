"""Scheduled passes: a run continues where the one before stopped, at its pace, and a finished pass rests until the next is due."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from eeum.calendar import SEOUL
from eeum.errors import Busy
from eeum.passes.pace import MOST_TRIES, Pace, Setbacks
from eeum.passes.store import PassStore
from eeum.passes.use_cases import LONGEST_RUN, Event, Passes
from eeum.storage import Add, Key, Put, Table, Update
from tests.contract.examples import send
from tests.in_memory.storage import InMemoryStorage
from tests.patience import patience_of
from tests.use_cases.world import World

NOON = datetime(2021, 1, 5, 12, 30, tzinfo=SEOUL)
FIRST: Event = {"segment": 1, "segments": 4, "resume": ""}


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def passes(world: World, clock: Clock) -> Passes:
    return Passes(PassStore(world.storage, patience_of(), "incheon"), "catch_up", timedelta(hours=6), clock)


def _begun(passes: Passes, event: Event = FIRST, **about: str) -> Event:
    begun = passes.begin(event, **about)
    assert begun is not None
    return begun


def test_a_run_out_of_time_ends_and_the_next_run_continues_with_its_counts(passes: Passes, clock: Clock) -> None:
    begun = _begun(passes)
    going_on = passes.end(begun, {**FIRST, "resume": "page 2", "wallets": 100})
    assert (going_on["resume"], going_on["finished"]) == ("page 2", False)
    # The state machine calls again with the answer, which reads no position.
    assert passes.begin(going_on) == going_on

    clock.now += LONGEST_RUN
    over = passes.end(going_on, {**FIRST, "resume": "page 3", "wallets": 200})
    assert (over["resume"], over["finished"]) == (None, False)

    clock.now = NOON + timedelta(hours=1)
    continued = _begun(passes)
    assert (continued["resume"], continued["wallets"], continued["begun_at"]) == ("page 3", 200, begun["begun_at"])
    assert passes.end(continued, {**FIRST, "resume": "page 4"})["resume"] == "page 4"
    assert passes.hours(continued) == 1.0


def test_a_run_that_failed_is_continued_from_the_last_position(passes: Passes, clock: Clock) -> None:
    passes.end(_begun(passes), {**FIRST, "resume": "page 2"})
    clock.now += timedelta(hours=1)
    assert _begun(passes)["resume"] == "page 2"


def test_the_next_pass_begins_when_it_is_due(passes: Passes, clock: Clock) -> None:
    ended = passes.end(_begun(passes), {**FIRST, "resume": None})
    assert (ended["resume"], ended["finished"]) == (None, True)
    clock.now = NOON + timedelta(hours=6, milliseconds=-1)
    assert passes.begin(FIRST) is None
    assert _begun(passes, {**FIRST, "segment": 2})["resume"] == ""
    clock.now = NOON + timedelta(hours=6)
    again = _begun(passes)
    assert (again["resume"], again.get("wallets")) == ("", None)


def test_a_run_of_an_earlier_release_begins_anew(passes: Passes) -> None:
    """Its place is one in the whole ledger, which a scan of the index refuses; its counts are of other pages."""
    begun = _begun(passes, {**FIRST, "resume": "page of the ledger", "wallets": 900, "unposted": 2})
    assert (begun["resume"], begun.get("wallets"), begun.get("unposted")) == ("", None, None)


def test_a_pass_about_something_else_begins_anew(passes: Passes, clock: Clock) -> None:
    january = _begun(passes, month="2021-01")
    passes.end(january, {**FIRST, "month": "2021-01", "resume": "page 2", "unposted": 3})
    assert _begun(passes, month="2021-01")["unposted"] == 3
    february = _begun(passes, month="2021-02")
    assert (february["resume"], february.get("unposted"), february["month"]) == ("", None, "2021-02")


def test_a_pass_at_once_neither_reads_nor_keeps_a_position(passes: Passes, clock: Clock, world: World) -> None:
    passes.end(_begun(passes), {**FIRST, "resume": "page 2"})
    before = world.memory.log[:]
    at_once = {**FIRST, "at_once": True}
    begun = _begun(passes, at_once)
    clock.now += 2 * LONGEST_RUN
    answer = passes.end(begun, {**FIRST, "resume": "page 9"})
    assert (begun["resume"], answer["resume"], answer["at_once"], answer["finished"]) == ("", "page 9", True, False)
    assert passes.hours(answer) == 0.0
    assert world.memory.log == before


def test_a_pace_waits_as_long_as_its_units_take() -> None:
    seconds, waited = [100.0], list[float]()

    def pause(for_seconds: float) -> None:
        waited.append(for_seconds)
        seconds[0] += for_seconds

    pace = Pace(50.0, lambda: seconds[0], pause)
    pace.spend(100)
    assert waited == [2.0]
    # Time that passed since is not waited for again, and is not saved up.
    seconds[0] += 1.5
    pace.spend(100)
    seconds[0] += 60
    pace.spend(25)
    assert waited == [2.0, 2.0, 0.5]
    Pace(clock=lambda: seconds[0], pause=pause).spend(1_000_000)
    assert len(waited) == 3


def test_setbacks_wait_longer_each_time_and_give_up() -> None:
    waited: list[float] = []
    setbacks = Setbacks(waited.append)
    tries = [setbacks.again(Busy("busy")) for _ in range(MOST_TRIES)]
    assert tries == [True] * (MOST_TRIES - 1) + [False]
    assert waited == [1.0, 2.0, 4.0, 8.0]
    setbacks.clear()
    assert setbacks.error is None
    assert setbacks.again(Busy("busy"))
    assert waited[-1] == 1.0


def test_the_index_of_wallets_costs_a_unit_at_sign_up_and_none_afterwards() -> None:
    memory = InMemoryStorage()

    def units(sending: Callable[[], object]) -> int:
        before = memory.costs.write_units
        sending()
        return memory.costs.write_units - before

    key = Key(Table.LEDGER, "WALLET#1", "WALLET")
    assert units(lambda: send(memory, Put(key, {"opened_at": "2021-01-05T12:30:00.000+09:00", "due": 0}))) == 3
    assert units(lambda: send(memory, Update(key, (Add(("due",), 1),)))) == 2
