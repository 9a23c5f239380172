"""Scans: everything in a table, in segments, for work over all members."""

from dataclasses import replace

import pytest

from eeum.errors import Invalid
from eeum.storage import Absent, AtLeast, Condition, Equals, Item, Key, Put, Scan, Storage, Table
from tests.contract.cases import case
from tests.contract.examples import pages_of, send

PARTITIONS = [f"WALLET#{number}" for number in range(12)]
SORTS = ["A#1", "A#10", "A#2", "WALLET", "가#1"]
EVERYTHING = sorted((pk, sk) for pk in PARTITIONS for sk in SORTS)


def _fill(storage: Storage) -> None:
    for pk in PARTITIONS:
        kind = {"WALLET": "wallet"}
        puts = [
            Put(Key(Table.LEDGER, pk, sk), {"kind": kind.get(sk, "entry"), "place": SORTS.index(sk)}) for sk in SORTS
        ]
        send(storage, *puts[::-1])
    send(storage, Put(Key(Table.MERCHANTS, "MERCHANT#1", "A#1"), {"kind": "merchant"}))


def _items(storage: Storage, scan: Scan) -> list[Item]:
    def page(cursor: str | None) -> tuple[list[Item], str | None]:
        found = storage.scan(replace(scan, after=cursor))
        return found.items, found.cursor

    return pages_of(page)


def _keys(items: list[Item]) -> list[tuple[str, str]]:
    return [(item["pk"], item["sk"]) for item in items]


@case
def a_scan_gives_every_item_of_its_table_once(storage: Storage) -> None:
    assert _items(storage, Scan(Table.LEDGER)) == []
    _fill(storage)
    assert sorted(_keys(_items(storage, Scan(Table.LEDGER)))) == EVERYTHING
    assert _keys(_items(storage, Scan(Table.MERCHANTS))) == [("MERCHANT#1", "A#1")]


@case
def segments_have_every_item_once_and_keep_partitions_whole(storage: Storage) -> None:
    _fill(storage)
    for segments in (1, 2, 5, 40):
        found = [_keys(_items(storage, Scan(Table.LEDGER, each, segments))) for each in range(segments)]
        assert sorted(key for keys in found for key in keys) == EVERYTHING
        partitions = [{pk for pk, _ in keys} for keys in found]
        assert sum(len(each) for each in partitions) == len(PARTITIONS)


@case
def the_items_of_a_partition_follow_each_other_in_their_order(storage: Storage) -> None:
    _fill(storage)
    for limit in (None, 3):
        keys = _keys(_items(storage, Scan(Table.LEDGER, limit=limit)))
        for start in range(0, len(keys), len(SORTS)):
            together = keys[start : start + len(SORTS)]
            assert together == [(together[0][0], sk) for sk in SORTS]


@case
def a_scan_continues_where_its_page_ended(storage: Storage) -> None:
    _fill(storage)
    for segments, limit in ((1, 1), (1, 7), (3, 2), (1, 100)):
        found: list[Item] = []
        for segment in range(segments):
            found += _items(storage, Scan(Table.LEDGER, segment, segments, limit=limit))
        assert sorted(_keys(found)) == EVERYTHING
    assert len(storage.scan(Scan(Table.LEDGER, limit=7)).items) == 7


@case
def items_filtered_out_of_a_scan_still_count_towards_pages(storage: Storage) -> None:
    _fill(storage)
    filters: list[tuple[tuple[Condition, ...], set[str]]] = [
        ((Equals(("kind",), "wallet"),), {"WALLET"}),
        ((Equals(("kind",), "entry"), AtLeast(("place",), 2)), {"A#2", "가#1"}),
        ((Absent(("kind",)),), set()),
    ]
    for where, expected in filters:
        for limit in (None, 4):
            keys = _keys(_items(storage, Scan(Table.LEDGER, limit=limit, where=where)))
            assert sorted(keys) == [key for key in EVERYTHING if key[1] in expected]
    page = storage.scan(Scan(Table.LEDGER, limit=4, where=(Absent(("kind",)),)))
    assert page.items == []
    assert page.cursor is not None


@case
def a_table_of_more_than_a_megabyte_is_scanned_in_pages(storage: Storage) -> None:
    for number in range(8):
        send(storage, Put(Key(Table.PROGRAMME, "P", f"POLICY#{number}"), {"document": "x" * 300_000, "number": number}))
    assert 1 <= len(storage.scan(Scan(Table.PROGRAMME)).items) < 8
    assert [item["number"] for item in _items(storage, Scan(Table.PROGRAMME))] == list(range(8))


@case
def a_scan_sees_what_was_written_before_its_page(storage: Storage) -> None:
    _fill(storage)
    first = storage.scan(Scan(Table.LEDGER, limit=1))
    partition = first.items[0]["pk"]
    send(storage, Put(Key(Table.LEDGER, partition, "A#11"), {"kind": "entry", "place": 9}))
    assert storage.scan(Scan(Table.LEDGER, after=first.cursor, limit=2)).items[1]["sk"] == "A#11"


@case
def a_scan_takes_cursors_of_scans_only(storage: Storage) -> None:
    _fill(storage)
    cursor = storage.scan(Scan(Table.LEDGER, limit=1)).cursor
    assert cursor is not None
    for text in ("", "x", "가", cursor[:-4], cursor[4:], "e30=", "W10="):
        with pytest.raises(Invalid):
            storage.scan(Scan(Table.LEDGER, after=text))
