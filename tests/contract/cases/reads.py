"""Reads of items, and queries of partitions and indexes."""

from dataclasses import replace

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from eeum.errors import Invalid
from eeum.storage import (
    BY_LISTING,
    BY_MERCHANT,
    BY_OWNER,
    BY_REVIEW,
    Absent,
    AtLeast,
    AtMost,
    Condition,
    Equals,
    Key,
    Put,
    Query,
    SetTo,
    Storage,
    Table,
    Update,
    every_item,
)
from tests.contract.cases import case
from tests.contract.examples import pages_of, send

PARTITION = "WALLET#one"
SORTS = ["A#1", "A#10", "A#2", "B#1", "B#가", "B#나", "c#1", "가#1"]


def _fill(storage: Storage, sorts: list[str] = SORTS, partition: str = PARTITION) -> None:
    for start in range(0, len(sorts), 100):
        together = sorts[start : start + 100]
        send(storage, *(Put(Key(Table.LEDGER, partition, sk), {"place": SORTS.index(sk)}) for sk in together))


def _sorts(storage: Storage, query: Query) -> list[str]:
    return [item["sk"] for item in _items(storage, query)]


def _items(storage: Storage, query: Query) -> list[dict[str, object]]:
    def page(cursor: str | None) -> tuple[list[dict[str, object]], str | None]:
        found = storage.query(replace(query, after=cursor))
        return found.items, found.cursor

    return pages_of(page)


@case
def items_come_back_in_the_order_asked_from_several_tables(storage: Storage) -> None:
    keys = [Key(table, "P", sk) for sk in ("b", "a") for table in Table]
    send(storage, *(Put(key, {"name": f"{key.table}/{key.sk}"}) for key in keys))
    missing = Key(Table.LEDGER, "P", "c")
    items = storage.read([keys[5], missing, *keys, keys[0]])
    names = [item["name"] if item else None for item in items]
    assert names == [f"{key.table}/{key.sk}" if key != missing else None for key in [keys[5], missing, *keys, keys[0]]]


@case
def a_hundred_items_are_read_together(storage: Storage) -> None:
    keys = [Key(list(Table)[number % 3], f"P{number}", "s") for number in range(100)]
    send(storage, *(Put(key, {"a": 1}) for key in keys[::2]))
    assert [bool(item) for item in storage.read(keys)] == [number % 2 == 0 for number in range(100)]


@case
def more_than_a_hundred_items_are_not_read_together(storage: Storage) -> None:
    keys = [Key(Table.LEDGER, f"P{number}", "s") for number in range(101)]
    with pytest.raises((ValueError, ClientError)):
        storage.read(keys)


@case
def more_than_a_hundred_items_of_several_tables_are_not_read_together(storage: Storage) -> None:
    keys = [Key(list(Table)[number % 3], f"P{number}", "s") for number in range(101)]
    with pytest.raises((ValueError, ClientError)):
        storage.read(keys)


@case
def a_read_of_no_items_is_no_request(storage: Storage) -> None:
    with pytest.raises((ValueError, ClientError, ParamValidationError)):
        storage.read([])


@case
def a_partition_is_ordered_by_the_bytes_of_its_sort_keys(storage: Storage) -> None:
    _fill(storage, SORTS[::-1])
    _fill(storage, ["A#1"], "WALLET#another")
    for consistent in (False, True):
        assert _sorts(storage, Query(Table.LEDGER, PARTITION, consistent=consistent)) == SORTS
        newest = Query(Table.LEDGER, PARTITION, newest_first=True, consistent=consistent)
        assert _sorts(storage, newest) == SORTS[::-1]
    assert _sorts(storage, Query(Table.LEDGER, "WALLET#unknown")) == []


@case
def a_prefix_selects_part_of_a_partition(storage: Storage) -> None:
    _fill(storage)
    for prefix in ("A#", "A#1", "B#가", "D", "가#1"):
        expected = [sk for sk in SORTS if sk.startswith(prefix)]
        assert _sorts(storage, Query(Table.LEDGER, PARTITION, prefix)) == expected
        assert _sorts(storage, Query(Table.LEDGER, PARTITION, prefix, newest_first=True)) == expected[::-1]
        assert _sorts(storage, Query(Table.LEDGER, PARTITION, prefix, consistent=True)) == expected


@case
def a_prefix_has_no_wildcards(storage: Storage) -> None:
    sorts = ["A#1", "A%1", "AB1", "A_1", "a#1"]
    send(storage, *(Put(Key(Table.LEDGER, PARTITION, sk), {}) for sk in sorts))
    assert _sorts(storage, Query(Table.LEDGER, PARTITION)) == sorts
    for prefix in ("A%", "A_", "A_1", "%", "_"):
        expected = [sk for sk in sorts if sk.startswith(prefix)]
        assert _sorts(storage, Query(Table.LEDGER, PARTITION, prefix)) == expected, prefix


@case
def a_prefix_is_case_sensitive(storage: Storage) -> None:
    send(storage, *(Put(Key(Table.LEDGER, PARTITION, sk), {}) for sk in ("A#1", "a#1")))
    assert _sorts(storage, Query(Table.LEDGER, PARTITION, "A#")) == ["A#1"]
    assert _sorts(storage, Query(Table.LEDGER, PARTITION, "a")) == ["a#1"]


@case
def pages_of_every_size_give_each_item_once_in_both_directions(storage: Storage) -> None:
    _fill(storage)
    for limit in range(1, len(SORTS) + 2):
        assert _sorts(storage, Query(Table.LEDGER, PARTITION, limit=limit)) == SORTS
        assert _sorts(storage, Query(Table.LEDGER, PARTITION, newest_first=True, limit=limit)) == SORTS[::-1]
        assert _sorts(storage, Query(Table.LEDGER, PARTITION, "B#", limit=limit, consistent=True)) == SORTS[3:6]
        assert len(storage.query(Query(Table.LEDGER, PARTITION, limit=limit)).items) == min(limit, len(SORTS))


@case
def a_page_continues_correctly_after_an_insertion(storage: Storage) -> None:
    _fill(storage, ["A#1", "A#2", "B#1"])
    first = storage.query(Query(Table.LEDGER, PARTITION, limit=1))
    _fill(storage, ["A#10"])
    rest = storage.query(Query(Table.LEDGER, PARTITION, after=first.cursor))
    assert [item["sk"] for item in rest.items] == ["A#10", "A#2", "B#1"]


@case
def filtered_items_still_count_towards_pages(storage: Storage) -> None:
    _fill(storage)
    filters: list[tuple[tuple[Condition, ...], list[str]]] = [
        ((Equals(("place",), 7),), ["가#1"]),
        ((AtLeast(("place",), 6),), ["c#1", "가#1"]),
        ((AtMost(("place",), 0),), ["A#1"]),
        ((Absent(("place",)),), []),
        ((AtLeast(("place",), 2), AtMost(("place",), 3)), ["A#2", "B#1"]),
    ]
    for where, expected in filters:
        for limit in (None, 1, 3):
            assert _sorts(storage, Query(Table.LEDGER, PARTITION, where=where, limit=limit)) == expected
    page = storage.query(Query(Table.LEDGER, PARTITION, where=(Equals(("place",), 7),), limit=3))
    assert page.items == []
    assert page.cursor is not None


@case
def a_partition_of_more_than_a_megabyte_comes_in_pages(storage: Storage) -> None:
    for number in range(8):
        send(storage, Put(Key(Table.PROGRAMME, "P", f"POLICY#{number}"), {"document": "x" * 300_000, "number": number}))
    for newest_first in (False, True):
        query = Query(Table.PROGRAMME, "P", "POLICY#", newest_first=newest_first)
        assert 1 <= len(storage.query(query).items) < 8
        expected = list(range(8))[:: -1 if newest_first else 1]
        assert [item["number"] for item in _items(storage, query)] == expected


@case
def a_query_over_pages_gives_each_item_once_in_order(storage: Storage) -> None:
    assert list(every_item(storage, Query(Table.LEDGER, PARTITION))) == []
    _fill(storage)
    in_the_middle = (AtLeast(("place",), 2), AtMost(("place",), 6))
    for limit in (None, 1, 2, 3, len(SORTS), len(SORTS) + 1):
        for newest_first, order in ((False, 1), (True, -1)):
            query = Query(Table.LEDGER, PARTITION, newest_first=newest_first, limit=limit, consistent=True)
            assert [item["sk"] for item in every_item(storage, query)] == SORTS[::order]
            within = replace(query, where=in_the_middle)
            assert [item["sk"] for item in every_item(storage, within)] == SORTS[2:7][::order]
        prefixed = Query(Table.LEDGER, PARTITION, "B#", limit=limit)
        assert [item["sk"] for item in every_item(storage, prefixed)] == SORTS[3:6]
        nothing = Query(Table.LEDGER, PARTITION, limit=limit, where=(Absent(("place",)),))
        assert list(every_item(storage, nothing)) == []
    rest = Query(Table.LEDGER, PARTITION, limit=2, after=storage.query(Query(Table.LEDGER, PARTITION, limit=3)).cursor)
    assert [item["sk"] for item in every_item(storage, rest)] == SORTS[3:]


@case
def every_item_of_a_query_reads_no_page_before_it_is_needed(storage: Storage) -> None:
    _fill(storage, ["A#1", "A#2"])
    items = every_item(storage, Query(Table.LEDGER, PARTITION, limit=1, consistent=True))
    first = next(items)
    _fill(storage, ["A#10"])
    assert [first["sk"], *(item["sk"] for item in items)] == ["A#1", "A#10", "A#2"]


@case
def an_index_lists_items_with_its_attributes_in_its_order(storage: Storage) -> None:
    for index, table in (
        (BY_MERCHANT, Table.LEDGER),
        (BY_LISTING, Table.MERCHANTS),
        (BY_REVIEW, Table.MERCHANTS),
        (BY_OWNER, Table.MERCHANTS),
    ):
        for number, sort in enumerate(("b#나", "a#2", "b#가", "a#1")):
            key = Key(table, f"{index.name}#{number}", "S")
            send(storage, Put(key, {index.partition: "here", index.sort: sort}))
        send(storage, Put(Key(table, f"{index.name}#8", "S"), {index.partition: "elsewhere", index.sort: "b#1"}))
        send(storage, Put(Key(table, f"{index.name}#9", "S"), {index.sort: "b#1"}))
        ordered = ["a#1", "a#2", "b#가", "b#나"]
        for limit in (None, 1, 2, 4):
            query = Query(table, "here", index=index, limit=limit)
            assert [item[index.sort] for item in _items(storage, query)] == ordered
            query = Query(table, "here", index=index, newest_first=True, limit=limit)
            assert [item[index.sort] for item in _items(storage, query)] == ordered[::-1]
            query = Query(table, "here", "b#", index=index, limit=limit)
            assert [item[index.sort] for item in _items(storage, query)] == ordered[2:]


@case
def items_sorted_before_a_text_can_be_listed(storage: Storage) -> None:
    sorts = ["a#1", "a#2", "b#가", "b#나"]
    for number, sort in enumerate(sorts):
        send(storage, Put(Key(Table.LEDGER, f"W#{number}", "S"), {"merchant_id": "here", "id": sort}))
        send(storage, Put(Key(Table.LEDGER, PARTITION, sort), {}))
    for before in ("a", "a#1", "a#10", "b#", "b#나", "가"):
        expected = [sort for sort in sorts if sort < before]
        for newest_first in (False, True):
            for limit in (None, 1, 3):
                wanted = expected[::-1] if newest_first else expected
                of_index = Query(
                    Table.LEDGER, "here", index=BY_MERCHANT, newest_first=newest_first, limit=limit, before=before
                )
                assert [item["id"] for item in _items(storage, of_index)] == wanted
                of_table = Query(Table.LEDGER, PARTITION, newest_first=newest_first, limit=limit, before=before)
                assert _sorts(storage, of_table) == wanted


@case
def items_with_equal_index_keys_are_each_listed_once(storage: Storage) -> None:
    for number in range(5):
        key = Key(Table.MERCHANTS, f"MERCHANT#{number}", "MERCHANT")
        send(storage, Put(key, {"review": "applied", "applied_at": "2021-01-15T12:00:00.000+09:00", "number": number}))
    for limit in (1, 2, 5):
        for newest_first in (False, True):
            query = Query(Table.MERCHANTS, "applied", index=BY_REVIEW, newest_first=newest_first, limit=limit)
            assert sorted(item["number"] for item in _items(storage, query)) == [0, 1, 2, 3, 4]


@case
def an_index_follows_writes(storage: Storage) -> None:
    key = Key(Table.MERCHANTS, "MERCHANT#1", "MERCHANT")
    waiting = Query(Table.MERCHANTS, "applied", index=BY_REVIEW)
    send(storage, Put(key, {"review": "applied", "applied_at": "1"}))
    assert len(_items(storage, waiting)) == 1
    send(storage, Update(key, (SetTo(("name",), "가게"),)))
    assert [item["name"] for item in _items(storage, waiting)] == ["가게"]
    send(storage, Put(key, {"applied_at": "1", "listed_in": "yeonsu", "listing": "cafe#가게#1"}))
    assert _items(storage, waiting) == []
    assert len(_items(storage, Query(Table.MERCHANTS, "yeonsu", "cafe#", index=BY_LISTING))) == 1


@case
def a_cursor_is_valid_for_its_own_list_only(storage: Storage) -> None:
    _fill(storage)
    send(storage, *(Put(Key(Table.LEDGER, f"W{n}", "S"), {"merchant_id": "m", "id": str(n)}) for n in range(3)))
    cursor = storage.query(Query(Table.LEDGER, PARTITION, "A#", limit=1)).cursor
    of_index = storage.query(Query(Table.LEDGER, "m", index=BY_MERCHANT, limit=1)).cursor
    assert cursor is not None
    assert of_index is not None
    others = [
        Query(Table.LEDGER, "WALLET#two", "A#", after=cursor),
        Query(Table.LEDGER, PARTITION, "B#", after=cursor),
        Query(Table.LEDGER, PARTITION, index=BY_MERCHANT, after=cursor),
        Query(Table.LEDGER, PARTITION, after=of_index),
        Query(Table.LEDGER, "other", index=BY_MERCHANT, after=of_index),
        *(
            Query(Table.LEDGER, PARTITION, after=text)
            for text in ("", "x", "가", cursor[:-4], cursor[4:], "e30=", "W10=")
        ),
    ]
    for query in others:
        with pytest.raises(Invalid):
            storage.query(query)
