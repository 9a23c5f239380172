"""Publishing the journal again: what is wanted, each event once, under the id that it had."""

from collections.abc import Callable
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eeum.aws.events import MOST_ENTRIES
from eeum.journal.history import moved_at
from eeum.journal.kinds import KINDS
from eeum.publishing.events import Event, event_of_entry
from operations.republish import Republished, Wanted, republish
from tests.balances.journal import entries

INSTANTS = sorted({moved_at(item) for item in entries()})


def published(wanted: Wanted, more: tuple[dict[str, object], ...] = ()) -> tuple[Republished, list[Event]]:
    events: list[Event] = []
    done = republish([*entries(), *more], wanted, _take(events))
    return done, events


def _take(events: list[Event]) -> Callable[[list[Event]], None]:
    def take(batch: list[Event]) -> None:
        assert 0 < len(batch) <= MOST_ENTRIES
        events.extend(batch)

    return take


@given(
    st.sets(st.sampled_from(sorted(KINDS))),
    st.none() | st.sampled_from(INSTANTS),
    st.none() | st.sampled_from(INSTANTS),
)
def test_what_is_wanted_is_published_once(kinds: set[str], start: datetime | None, until: datetime | None) -> None:
    done, events = published(Wanted(frozenset(kinds), start, until))
    expected = [
        event_of_entry(item).id
        for item in entries()
        if item["kind"] in kinds and not (start and moved_at(item) < start) and not (until and moved_at(item) >= until)
    ]
    assert [event.id for event in events] == expected
    assert done.published == len(expected)


def test_what_is_no_entry_is_passed_over_and_what_cannot_be_read_is_listed() -> None:
    wallet = {"pk": "WALLET#1", "sk": "WALLET", "kind": "wallet"}
    broken = {"pk": "WALLET#1", "sk": "EXPIRY#00000001", "kind": "expiry", "accepted_at": "yesterday"}
    done, events = published(Wanted(frozenset(KINDS)), (wallet, broken))
    assert len(events) == len(entries())
    assert [entry for entry, _ in done.unreadable] == ["WALLET#1 EXPIRY#00000001"]


def test_a_bus_that_fails_is_reported() -> None:
    def fail(_: list[Event]) -> None:
        raise RuntimeError("the bus is down")

    with pytest.raises(RuntimeError):
        republish(entries(), Wanted(frozenset(KINDS)), fail)
