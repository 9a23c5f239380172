"""Several writes to one item merge into one with the effect of doing them in order."""

import copy
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from eeum.dry_run.memory_store import apply, holds
from eeum.merging import WritesContradict, merge_writes
from eeum.storage import (
    NOT_YET_STORED,
    Absent,
    Add,
    AtLeast,
    AtMost,
    Equals,
    Item,
    Key,
    Put,
    Remove,
    SetTo,
    Table,
    Update,
    Write,
)

KEY, OTHER = Key(Table.LEDGER, "WALLET#a", "WALLET"), Key(Table.LEDGER, "WALLET#a", "PAYMENT#b")
LEFT = ("won", "left")


def update(*parts: Any) -> Update:
    conditions = tuple(each for each in parts if isinstance(each, Absent | Equals | AtLeast | AtMost))
    return Update(KEY, tuple(each for each in parts if each not in conditions or isinstance(each, SetTo)), conditions)


def merged(*writes: Write) -> Update:
    (one,) = merge_writes(writes)
    assert isinstance(one, Update)
    return one


def test_writes_to_different_items_are_unchanged_and_in_order() -> None:
    writes = (update(Add(LEFT, 1)), Put(OTHER, {"kind": "x"}, NOT_YET_STORED))
    assert merge_writes(writes) == writes


def test_two_withdrawals_need_enough_for_both() -> None:
    take = update(Add(LEFT, -600), AtLeast(LEFT, 600))
    assert merged(take, take) == update(Add(LEFT, -1_200), AtLeast(LEFT, 1_200))


def test_the_second_write_may_take_what_the_first_adds() -> None:
    found = merged(update(Add(LEFT, 500)), update(Add(LEFT, -600), AtLeast(LEFT, 600)))
    assert found == update(Add(LEFT, -100), AtLeast(LEFT, 100))


def test_the_second_write_follows_the_version_that_the_first_sets() -> None:
    first = update(SetTo(("taken",), {"version": 1, "used": {"a": 5}}), Absent(("taken",)))
    second = update(SetTo(("taken",), {"version": 2, "used": {"a": 9}}), Equals(("taken", "version"), 1))
    assert merged(first, second) == update(SetTo(("taken",), {"version": 2, "used": {"a": 9}}), Absent(("taken",)))


def test_two_writes_on_a_missing_item_create_it_together() -> None:
    first = Update(KEY, (SetTo(("stamps",), 1),), NOT_YET_STORED)
    second = Update(KEY, (SetTo(("codes",), {"a": "b"}),), NOT_YET_STORED)
    assert merged(first, second) == Update(KEY, (*first.changes, *second.changes), NOT_YET_STORED)


def test_a_purse_emptied_by_one_write_is_empty_for_the_next() -> None:
    purse = ("purses", "charged", "amount")
    found = merged(update(Add(purse, -5_000), Equals(purse, 5_000)), update(Equals(purse, 0)))
    assert found == update(Add(purse, -5_000), Equals(purse, 5_000))


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        (update(SetTo(("a",), 1)), update(SetTo(("a",), 2)), "both change a"),
        (update(SetTo(("a",), 1)), update(Remove(("a",))), "both change a"),
        (update(Remove(("a",))), update(Add(("a",), 1)), "both change a"),
        (update(SetTo(("a",), {})), update(SetTo(("a", "b"), 2)), "overlap"),
        (update(SetTo(("a", "b"), 1)), update(SetTo(("a",), {})), "overlap"),
        (update(SetTo(("a",), 1)), update(Equals(("a",), 2)), "cannot hold"),
        (update(SetTo(("a",), 1)), update(Absent(("a",))), "cannot hold"),
        (update(Remove(("a",))), update(Equals(("a",), 2)), "cannot hold"),
        (update(Add(("a",), 1)), update(Absent(("a",))), "cannot hold"),
        (update(SetTo(("a", "b"), 1)), update(Absent(("a",))), "cannot hold"),
        (update(Equals(("a",), 1)), update(Equals(("a",), 2)), "and"),
        (update(Equals(("a",), 1)), update(AtLeast(("a",), 2)), "and"),
        (update(AtMost(("a",), 1)), update(Equals(("a",), 2)), "and"),
        (update(Absent(("a",))), update(Equals(("a",), 2)), "and"),
        (Put(KEY, {}), update(Add(("a",), 1)), "whole item"),
        (update(Add(("a",), 1)), Put(KEY, {}), "whole item"),
        (Put(KEY, {}), Put(KEY, {}), "whole item"),
    ],
)
def test_contradicting_writes_are_refused_naming_the_key(first: Write, second: Write, why: str) -> None:
    with pytest.raises(WritesContradict, match=why) as refused:
        merge_writes([first, second])
    assert refused.value.key == KEY


PATHS = st.sampled_from([("a",), ("b",), ("m", "x"), ("m", "y")])
NUMBERS = st.integers(-2, 2)
CONDITIONS = st.one_of(
    st.builds(Absent, PATHS), st.builds(Equals, PATHS, NUMBERS), st.builds(AtLeast, PATHS, NUMBERS),
    st.builds(AtMost, PATHS, NUMBERS),
)  # fmt: skip
CHANGES = st.one_of(st.builds(SetTo, PATHS, NUMBERS), st.builds(Add, PATHS, NUMBERS), st.builds(Remove, PATHS))
UPDATES = st.builds(
    lambda changes, conditions: Update(KEY, tuple(changes), tuple(conditions)),
    st.lists(CHANGES, max_size=3, unique_by=lambda change: change.path),
    st.lists(CONDITIONS, max_size=3),
)
ITEMS = st.fixed_dictionaries(
    {"m": st.fixed_dictionaries({}, optional={"x": NUMBERS, "y": NUMBERS})}, optional={"a": NUMBERS, "b": NUMBERS}
)


def _done(item: Item, writes: list[Update]) -> Item | None:
    """The item after doing the writes in order; None when a condition fails."""
    item = copy.deepcopy(item)
    for write in writes:
        if not all(holds(condition, item) for condition in write.conditions):
            return None
        for change in write.changes:
            try:
                apply(item, change)
            except ValueError:
                return None
    return item


@settings(max_examples=1_500, deadline=None)
@given(item=ITEMS, writes=st.lists(UPDATES, min_size=2, max_size=4))
@example(item={"m": {}, "a": 1}, writes=[update(Add(("a",), -1), AtLeast(("a",), 1))] * 2)
def test_merged_writes_have_the_effect_of_writes_in_order(item: Item, writes: list[Update]) -> None:
    one = _merged_or_why(writes)
    if isinstance(one, str):
        # Writes that are refused for their conditions fail in order, too.
        assert "both change" in one or _done(item, writes) is None
    else:
        assert _done(item, [one]) == _done(item, writes)


def _merged_or_why(writes: list[Update]) -> Update | str:
    try:
        return merged(*writes)
    except WritesContradict as refused:
        return str(refused)
