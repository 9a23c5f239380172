"""The hash chain of a wallet: its exact form, and that every change breaks it."""

import copy
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from eeum.journal.chain import CHAIN, Head, entry_hash, link, linked

Item = dict[str, Any]

TOP_UP: Item = {
    "pk": "WALLET#w",
    "sk": "TOP_UP#0",
    "kind": "top_up",
    "amount": 50_000,
    "note": "국민 2021-01-15/77",
    "postings": {"purse/charged": 50_000, "bank/kookmin": -50_000},
}
# Computed with `printf … | openssl dgst -sha256 -binary | basenc --base64url | tr -d =`, not with this code.
HASH_OF_TOP_UP = "8kYS361ALKEyWMBJMG8qw0WWMkLB5CXZybxjdvuzgfw"
FIRST_LINK = "CFtizM1_IJx8nVE_s2j3nDWBT2AFWxpKfYCuVx3QitQ"
SECOND_LINK = "sSbpd4_TlnNAQt3_G47traszMdULEN3_ii9Zzrcnl3g"
HASH_OF_NOTHING = "RBNvo1WzZ4oRRq0W9-hknpT7T8If536DEMBg9hyq_4o"

won = st.integers(-(10**12), 10**12)
words = st.text(alphabet='abc #/국민"\\\n', max_size=6)
values = st.one_of(
    won, words, st.booleans(), st.none(), st.lists(won, max_size=2), st.dictionaries(words, won, max_size=2)
)
entries = st.builds(
    lambda kind, amount, postings, rewards, note: {
        "kind": kind,
        "amount": amount,
        "postings": postings,
        "rewards": rewards,
        "note": note,
    },
    st.sampled_from(["top_up", "earning", "correction", "release"]),
    won,
    st.dictionaries(st.sampled_from(["purse/charged", "purse/held", "funder/city"]), won, min_size=1),
    st.lists(st.lists(st.one_of(won, words), min_size=1, max_size=3), max_size=2),
    st.one_of(words, st.none()),
)
chains = st.lists(st.tuples(entries, st.sampled_from(["", "s" * 43, "t" * 43])), min_size=1, max_size=5)


def _linked_in_turn(entries_with_sources: Sequence[tuple[Item, str]]) -> tuple[list[Item], Head]:
    head, items = Head(), []
    for entry, source in entries_with_sources:
        head, item = linked(head, entry, source)
        items.append(item)
    return items, head


def _stored(made: Sequence[tuple[Item, str]]) -> tuple[list[Item], Head]:
    """Entries linked one after another, and the head that the wallet then has."""
    keyed = [
        ({"pk": "WALLET#w", "sk": f"ENTRY#{number}", **entry}, source) for number, (entry, source) in enumerate(made)
    ]
    return _linked_in_turn(keyed)


def _intact(items: Sequence[Item], head: Head) -> bool:
    """Whether the entries, in the order read, lead to the wallet's head, as an auditor checks it."""
    hash_so_far = ""
    for length, item in enumerate(items, 1):
        hash_so_far = link(hash_so_far, length, item[CHAIN]["source"], entry_hash(item))
        if item[CHAIN] != {"length": length, "head": hash_so_far, "source": item[CHAIN]["source"]}:
            return False
    return head == Head(len(items), hash_so_far)


def _with_recomputed_links(items: Sequence[Item]) -> list[Item]:
    """The entries with every link recomputed, as a forger would store them after a change."""
    bare = [({name: value for name, value in item.items() if name != CHAIN}, item[CHAIN]["source"]) for item in items]
    return _linked_in_turn(bare)[0]


def _places(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path to each attribute, and to each value within one."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [each for name, within in inner for each in ((*way, name), *_places(within, (*way, name)))]


def _at(item: Any, way: Sequence[Any]) -> Any:
    for step in way:
        item = item[step]
    return item


# --- exact form -------------------------------------------------------------------------------------------------------


def test_the_hash_of_an_entry_is_that_of_its_canonical_form() -> None:
    assert entry_hash(TOP_UP) == HASH_OF_TOP_UP
    assert entry_hash({}) == HASH_OF_NOTHING


def test_a_link_is_the_hash_of_its_number_the_one_before_the_source_and_the_entry() -> None:
    assert link("", 1, "", HASH_OF_TOP_UP) == FIRST_LINK
    assert link(FIRST_LINK, 2, HASH_OF_TOP_UP, HASH_OF_TOP_UP) == SECOND_LINK


def test_each_entry_carries_its_link() -> None:
    head, item = linked(Head(), TOP_UP)
    assert head == Head(1, FIRST_LINK)
    assert item == {**TOP_UP, CHAIN: {"length": 1, "head": FIRST_LINK, "source": ""}}
    head, item = linked(head, TOP_UP, HASH_OF_TOP_UP)
    assert head == Head(2, SECOND_LINK)
    assert item[CHAIN] == {"length": 2, "head": SECOND_LINK, "source": HASH_OF_TOP_UP}
    assert CHAIN not in TOP_UP


def test_the_link_that_an_entry_carries_is_no_part_of_its_hash() -> None:
    assert entry_hash({**TOP_UP, CHAIN: {"length": 7}}) == HASH_OF_TOP_UP
    assert entry_hash({**TOP_UP, "postings": {**TOP_UP["postings"], CHAIN: 7}}) != HASH_OF_TOP_UP


# --- canonical form ---------------------------------------------------------------------------------------------------


@given(entries, st.data())
def test_the_order_of_attributes_makes_no_difference(entry: Item, data: st.DataObject) -> None:
    shuffled = {name: entry[name] for name in data.draw(st.permutations(list(entry)))}
    shuffled["postings"] = {
        name: entry["postings"][name] for name in data.draw(st.permutations(list(entry["postings"])))
    }
    assert entry_hash(shuffled) == entry_hash(entry)


@pytest.mark.parametrize(
    "others",
    [
        (1, "1", True, None, [1], [[1]], {"1": 1}, ""),
        ("a", "a ", "A", "\u00e1", "a\u0301", "\\u0061"),
        ([1, 2], [2, 1], [12], [[1], 2], ["1", 2]),
        ({}, [], "", None, 0, False),
    ],
)
def test_different_values_have_different_canonical_forms(others: tuple[Any, ...]) -> None:
    assert len({entry_hash({"value": value}) for value in others}) == len(others)


def test_an_attribute_cannot_be_moved_from_one_name_into_another() -> None:
    assert entry_hash({"a": "b", "c": "d"}) != entry_hash({"a": 'b","c":"d'})
    assert link("", 1, "", "x") != link("", 11, "", "x")
    assert link("a", 1, "b", "x") != link("a", 1, "", "x") != link("", 1, "a", "x")


# --- what breaks it ---------------------------------------------------------------------------------------------------


@given(chains)
def test_an_unchanged_chain_is_intact(made: list[tuple[Item, str]]) -> None:
    items, head = _stored(made)
    assert _intact(items, head)
    assert _with_recomputed_links(items) == items


@given(chains, st.data())
def test_any_changed_value_breaks_it(made: list[tuple[Item, str]], data: st.DataObject) -> None:
    items, head = _stored(made)
    touched = copy.deepcopy(items)
    item = data.draw(st.sampled_from(touched))
    *way, last = data.draw(st.sampled_from([place for place in _places(item) if place[0] != CHAIN]))
    place = _at(item, way)
    value = data.draw(values)
    # Compared by their text: Python takes True for 1, and a canonical form does not.
    assume(repr(place[last]) != repr(value))
    place[last] = value
    assert not _intact(touched, head)
    assert not _intact(_with_recomputed_links(touched), head)


@given(chains, st.data())
def test_any_added_or_removed_attribute_breaks_it(made: list[tuple[Item, str]], data: st.DataObject) -> None:
    items, head = _stored(made)
    touched = copy.deepcopy(items)
    item = data.draw(st.sampled_from(touched))
    if data.draw(st.booleans()):
        *way, last = data.draw(st.sampled_from([place for place in _places(item) if place[0] != CHAIN]))
        del _at(item, way)[last]
    else:
        item["added"] = data.draw(values)
    assert not _intact(touched, head)
    assert not _intact(_with_recomputed_links(touched), head)


@given(chains, st.data())
def test_a_removed_repeated_or_added_entry_breaks_it(made: list[tuple[Item, str]], data: st.DataObject) -> None:
    items, head = _stored(made)
    position = data.draw(st.integers(0, len(items) - 1))
    without = items[:position] + items[position + 1 :]
    twice = items[: position + 1] + items[position:]
    _, foreign = linked(Head(position, "h" * 43), {"pk": "WALLET#w", "sk": "ENTRY#foreign", "kind": "earning"})
    for touched in (without, twice, [*items[:position], foreign, *items[position:]], [*items, foreign]):
        assert not _intact(touched, head)
        assert not _intact(_with_recomputed_links(touched), head)


@given(chains, st.data())
def test_entries_in_another_order_break_it(made: list[tuple[Item, str]], data: st.DataObject) -> None:
    items, head = _stored(made)
    touched = data.draw(st.permutations(items))
    assume(touched != items)
    assert not _intact(touched, head)
    assert not _intact(_with_recomputed_links(touched), head)


@given(chains, st.data(), st.sampled_from(["length", "head", "source"]))
def test_a_link_that_is_changed_breaks_it(made: list[tuple[Item, str]], data: st.DataObject, name: str) -> None:
    items, head = _stored(made)
    touched = copy.deepcopy(items)
    carried = data.draw(st.sampled_from(touched))[CHAIN]
    carried[name] = carried[name] + 1 if name == "length" else "u" * 43
    assert not _intact(touched, head)


@given(chains, st.data())
def test_a_source_that_is_changed_afterwards_breaks_it(made: list[tuple[Item, str]], data: st.DataObject) -> None:
    """The link contains the source's hash, so that a posting's source cannot be exchanged either."""
    items, head = _stored(made)
    position = data.draw(st.integers(0, len(items) - 1))
    touched = copy.deepcopy(items)
    touched[position][CHAIN]["source"] = "u" * 43
    assert not _intact(touched, head)
    assert not _intact(_with_recomputed_links(touched), head)
