"""Every function of the store of passes, and scans of the index that has the wallets."""

from dataclasses import replace

import pytest

from eeum.errors import Invalid
from eeum.passes.store import PassStore
from eeum.segments import Segment
from eeum.storage import BY_OPENING, Item, Key, Put, Scan, SetTo, Storage, Table, Update
from tests.contract.cases import case
from tests.contract.examples import pages_of, send
from tests.patience import patience_of

OPENED = [(f"WALLET#{number}", f"2021-01-0{1 + number % 4}T09:00:00.000+09:00") for number in range(12)]


def _fill(storage: Storage) -> None:
    for pk, opened_at in OPENED:
        wallet = {"kind": "wallet", "opened_at": opened_at, "due": 0}
        send(
            storage,
            Put(Key(Table.LEDGER, pk, "WALLET"), wallet),
            Put(Key(Table.LEDGER, pk, "PAYMENT#1"), {"kind": "payment", "id": "1"}),
        )


def _scanned(storage: Storage, scan: Scan) -> list[Item]:
    def page(cursor: str | None) -> tuple[list[Item], str | None]:
        found = storage.scan(replace(scan, after=cursor))
        return found.items, found.cursor

    return pages_of(page)


@case
def a_scan_of_an_index_gives_the_keys_of_its_items_once(storage: Storage) -> None:
    assert _scanned(storage, Scan(Table.LEDGER, index=BY_OPENING)) == []
    _fill(storage)
    # Keys only: what the index does not have is not in its items.
    expected = [{"pk": pk, "sk": "WALLET", "opened_at": opened_at} for pk, opened_at in OPENED]
    for segments, limit in ((1, None), (1, 1), (1, 5), (3, 2), (40, 100)):
        found: list[Item] = []
        for segment in range(segments):
            found += _scanned(storage, Scan(Table.LEDGER, segment, segments, limit=limit, index=BY_OPENING))
        assert sorted(found, key=lambda item: int(item["pk"][7:])) == expected


@case
def a_change_of_other_attributes_leaves_the_keys_of_an_index(storage: Storage) -> None:
    _fill(storage)
    before = _scanned(storage, Scan(Table.LEDGER, index=BY_OPENING))
    send(storage, Update(Key(Table.LEDGER, "WALLET#3", "WALLET"), (SetTo(("due",), 1),)))
    assert _scanned(storage, Scan(Table.LEDGER, index=BY_OPENING)) == before


@case
def a_scan_of_an_index_takes_cursors_of_that_index_only(storage: Storage) -> None:
    _fill(storage)
    of_index = storage.scan(Scan(Table.LEDGER, limit=1, index=BY_OPENING)).cursor
    of_table = storage.scan(Scan(Table.LEDGER, limit=1)).cursor
    with pytest.raises(Invalid):
        storage.scan(Scan(Table.LEDGER, after=of_table, index=BY_OPENING))
    with pytest.raises(Invalid):
        storage.scan(Scan(Table.LEDGER, after=of_index))


@case
def the_last_position_of_a_pass_is_kept_for_each_segment(storage: Storage) -> None:
    store = PassStore(storage, patience_of(), "incheon")
    segment = Segment(1, 4)
    assert store.position("catch_up", segment) is None
    first = {"segment": 1, "segments": 4, "resume": "x", "excepted": ["a"], "wallets": 7}
    store.keep("catch_up", segment, first)
    assert store.position("catch_up", segment) == first
    ended = {**first, "resume": None, "finished": True}
    store.keep("catch_up", segment, ended)
    assert store.position("catch_up", segment) == ended
    # Another segment, another division and another pass are elsewhere.
    assert store.position("catch_up", Segment(2, 4)) is None
    assert store.position("catch_up", Segment(1, 5)) is None
    assert store.position("month_closing", segment) is None
