"""Every function of the stores of months and policies."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from eeum.calendar import next_month
from eeum.months.rules import MonthRecord, MonthStatus, Turn
from eeum.months.store import MonthStore
from eeum.policy.history import Did, Step, Subject
from eeum.policy.store import PolicyStore
from eeum.storage import ConditionsFailed, Storage
from tests.contract.cases import case
from tests.contract.examples import NOON, pages_of
from tests.patience import patience_of

WHEN = "2021-01-01T00:00:00.000+09:00"
THREADS = 6


def _months(storage: Storage, programme: str = "incheon") -> MonthStore:
    return MonthStore(storage, patience_of(), programme)


def _policies(storage: Storage, programme: str = "incheon") -> PolicyStore:
    return PolicyStore(storage, patience_of(), programme)


def _opened(month: str) -> MonthRecord:
    return MonthRecord(month, MonthStatus.OPEN, NOON)


def _closed(month: str) -> MonthRecord:
    return MonthRecord(month, MonthStatus.CLOSED, NOON, NOON + timedelta(days=20))


def _document(starts_at: str, name: str, text: str = "") -> dict[str, Any]:
    return {"version": name, "starts_at": starts_at, "title": {"ko": text}, "limits": [], "ends_at": None}


def _loaded(name: str = "incheon") -> Step:
    return Step(Subject.HISTORY, name, 1, Did.LOADED, "operator", NOON, None)


@case
def a_month_is_opened_and_the_one_before_closed(storage: Storage) -> None:
    store = _months(storage)
    assert store.latest(2) == ([], None)
    store.turn(Turn((_opened("2021-01"),), ()))
    store.turn(Turn((_opened("2021-02"),), (_closed("2021-01"),)))
    assert store.month("2021-01") == _closed("2021-01")
    assert store.month("2021-02") == _opened("2021-02")
    assert store.month("2021-03") is None
    assert store.latest(2)[0] == [_opened("2021-02"), _closed("2021-01")]
    assert _months(storage, "busan").latest(2) == ([], None)


@case
def a_month_is_opened_once_and_closed_while_open(storage: Storage) -> None:
    store = _months(storage)
    store.turn(Turn((_opened("2021-01"),), ()))
    with pytest.raises(ConditionsFailed) as failed:
        store.turn(Turn((_opened("2021-01"),), ()))
    assert failed.value.positions == (0,)
    store.turn(Turn((_opened("2021-02"),), (_closed("2021-01"),)))
    with pytest.raises(ConditionsFailed) as failed:
        store.turn(Turn((_opened("2021-03"),), (_closed("2021-01"),)))
    assert failed.value.positions == (1,)
    with pytest.raises(ConditionsFailed) as failed:
        store.turn(Turn((_opened("2021-02"),), (_closed("2021-01"),)))
    assert failed.value.positions == (0, 1)
    with pytest.raises(ConditionsFailed):
        store.turn(Turn((_opened("2021-03"),), (_closed("2020-12"),)))
    assert store.month("2021-03") is None


@case
def many_missed_months_are_opened_together_and_listed_in_pages(storage: Storage) -> None:
    store = _months(storage)
    names = ["2013-07"]
    while len(names) < 91:
        names.append(next_month(names[-1]))
    missed = [_closed(name) for name in names[1:-1]]
    store.turn(Turn((_opened(names[0]),), ()))
    store.turn(Turn((*missed, _opened(names[-1])), (_closed(names[0]),)))
    for count in (1, 12, 90, 91, 200):
        pages = pages_of(lambda cursor, count=count: store.latest(count, cursor))  # type: ignore[misc]
        assert [record.month for record in pages] == names[::-1]
    assert store.latest(1)[0] == [_opened(names[-1])]


@case
def versions_are_read_in_the_order_of_their_starts(storage: Storage) -> None:
    store = _policies(storage)
    assert store.documents() == []
    first = _document("2021-01-01T00:00:00+09:00", "first", "월 50만원까지 10%")
    later = _document("2022-07-01T00:00:00+09:00", "later")
    between = _document("2021-12-31T23:00:00Z", "between")
    for revision, document in enumerate((first, later, between)):
        assert store.revision() == revision
        store.add(document, "operator", WHEN, revision)
    assert store.documents() == [first, between, later]
    assert _policies(storage, "busan").documents() == []


@case
def no_two_versions_have_one_start_or_one_name(storage: Storage) -> None:
    store = _policies(storage)
    first = _document("2021-01-01T00:00:00+09:00", "first")
    store.add(first, "operator", WHEN, 0)
    taken = [
        (_document("2020-12-31T15:00:00Z", "second"), (0,)),
        (_document("2021-02-01T00:00:00+09:00", "first"), (1,)),
        (first, (0, 1)),
    ]
    for document, positions in taken:
        with pytest.raises(ConditionsFailed) as failed:
            store.add(document, "operator", WHEN, 1)
        assert failed.value.positions == positions
    assert (store.documents(), store.revision()) == ([first], 1)


@case
def a_version_is_stored_only_beside_the_versions_that_were_read(storage: Storage) -> None:
    store = _policies(storage)
    documents = [_document(f"2021-0{month}-01T00:00:00+09:00", f"v{month}") for month in range(1, 4)]
    store.add(documents[0], "operator", WHEN, 0)
    store.add(documents[1], "operator", WHEN, 1)
    for revision in (0, 1, 3):
        with pytest.raises(ConditionsFailed) as failed:
            store.add(documents[2], "operator", WHEN, revision)
        assert failed.value.positions == (2,)
    assert (store.documents(), store.revision()) == (documents[:2], 2)
    store.add(documents[2], "operator", WHEN, 2)
    assert store.documents() == documents


@case
def of_several_versions_checked_against_one_revision_one_is_stored(storage: Storage) -> None:
    store = _policies(storage)
    store.add(_document("2020-01-01T00:00:00+09:00", "first"), "operator", WHEN, 0)
    ready = threading.Barrier(THREADS)

    def load(thread: int) -> bool:
        document = _document(f"2021-0{thread + 1}-01T00:00:00+09:00", f"v{thread}")
        ready.wait()
        try:
            store.add(document, "operator", WHEN, 1)
        except ConditionsFailed:
            return False
        return True

    with ThreadPoolExecutor(THREADS) as threads:
        assert list(threads.map(load, range(THREADS))).count(True) == 1
    assert (len(store.documents()), store.revision()) == (2, 2)


@case
def the_largest_history_is_loaded_at_once_into_an_empty_programme(storage: Storage) -> None:
    store = _policies(storage)
    documents = [_document(f"20{year:02}-01-01T00:00:00+09:00", f"v{year}", "가" * 1_000) for year in range(10, 59)]
    store.add_history(documents[::-1], _loaded())
    assert (store.documents(), store.revision()) == (documents, 1)
    with pytest.raises(ConditionsFailed) as failed:
        store.add_history([_document("2060-01-01T00:00:00+09:00", "v60")], _loaded("later"))
    assert failed.value.positions == (0,)
    assert store.documents() == documents


@case
def documents_of_more_than_a_megabyte_are_read_over_pages(storage: Storage) -> None:
    store = _policies(storage)
    documents = [_document(f"202{year}-01-01T00:00:00+09:00", f"v{year}", "x" * 200_000) for year in range(8)]
    for document in documents:
        store.add(document, "operator", WHEN, store.revision())
    assert store.documents() == documents
