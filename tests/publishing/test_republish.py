"""Publishing the journal again: each wanted event once, under its earlier id."""

from collections.abc import Callable
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eeum.aws.events import MOST_ENTRIES
from eeum.journal.history import moved_at
from eeum.journal.kinds import KINDS
from eeum.publishing.events import Event
from eeum.publishing.ledger import event_of_entry
from eeum.publishing.parts import event_of_part
from eeum.storage import Contended, Page, Scan, Table
from operations.republish import TYPES, Republished, Wanted, every_item_of, republish
from tests.balances.journal import entries
from tests.patience import patience_of
from tests.publishing.test_parts import stored_parts

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


def test_items_that_are_no_entries_are_skipped_and_unreadable_ones_are_listed() -> None:
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


PARTS = frozenset(TYPES) - set(KINDS)


@pytest.mark.parametrize("kind", sorted(PARTS - {"wallet_opened", "wallet_decision"}))
def test_changes_of_a_part_are_published_again_under_the_ids_that_they_had(kind: str) -> None:
    wanted = Wanted(frozenset({kind}))
    items = stored_parts()[TYPES[kind]]
    events: list[Event] = []
    done = republish(items, wanted, _take(events))
    expected = [event for event in map(event_of_part, (item for item in items if item["kind"] == kind)) if event]
    assert expected
    assert (events, done.unreadable) == (expected, [])
    newest = max(event.detail["at"] for event in expected)
    bounded: list[Event] = []
    republish(items, Wanted(frozenset({kind}), None, datetime.fromisoformat(newest)), _take(bounded))
    assert bounded == [event for event in expected if event.detail["at"] != newest]


def test_wallets_are_published_again_as_they_were_opened_and_decided_about() -> None:
    events: list[Event] = []
    republish(stored_parts()[Table.LEDGER], Wanted(frozenset({"wallet_opened", "wallet_decision"})), _take(events))
    assert sorted(event.type for event in events) == ["wallet_decision"] * 3 + ["wallet_opened"]


def test_only_tables_with_wanted_events_are_read() -> None:
    assert Wanted(frozenset({"payment", "wallet_opened"})).tables == [Table.LEDGER]
    assert Wanted(frozenset({"month", "policy_step"})).tables == [Table.PROGRAMME]
    assert Wanted(frozenset(TYPES)).tables == [Table.LEDGER, Table.MERCHANTS, Table.PROGRAMME, Table.BUDGETS]


def test_a_table_is_read_to_its_end_despite_throttling() -> None:
    class Throttled:
        calls = 0

        def scan(self, scan: Scan) -> Page:
            self.calls += 1
            if self.calls % 2:
                raise Contended
            start = int(scan.after or 0)
            return Page([{"number": start}], str(start + 1) if start < 3 else None)

    items = list(every_item_of(Throttled(), Table.MERCHANTS, patience_of()))  # type: ignore[arg-type]
    assert [item["number"] for item in items] == [0, 1, 2, 3]
