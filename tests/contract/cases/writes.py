"""Puts and updates, and the items that they leave."""

import uuid

import pytest

from eeum.storage import (
    NOT_YET_STORED,
    Absent,
    Add,
    ConditionsFailed,
    Equals,
    Key,
    ProjectionStorage,
    Put,
    Remove,
    SetTo,
    Storage,
    Table,
    Update,
)
from tests.contract.cases import case
from tests.contract.examples import item_at, refused, send

LIST_OF_4_KB = ["0123456789"] * 360
"""The size of an item with one value: 10 bytes and 1 for each, and 3."""

ONE = Key(Table.LEDGER, "WALLET#one", "WALLET")
TWO = Key(Table.LEDGER, "WALLET#one", "PAYMENT#two")
OTHER = Key(Table.PROGRAMME, "PROGRAMME#incheon", "MONTH#2021-01")

EVERYTHING = {
    "text": "연수e음 · ﷽ · 😀",
    "empty_text": "",
    "zero": 0,
    "largest_amount": 10**12,
    "negative": -(10**12),
    "far_above": 10**30 + 1,
    "yes": True,
    "no": False,
    "nothing": None,
    "empty_map": {},
    "empty_list": [],
    "map": {"purses": {"charged": {"amount": 1}}, "monthly-spend@2021-01": 500_000, "한도": None},
    "list": [["national", 1], ["city", 2], [], {}, None, [0, None, 100, 0]],
    "size": "a reserved word",
    "a.b": "a dot in a name",
}


@case
def an_item_is_read_as_it_was_put(storage: Storage) -> None:
    send(storage, Put(ONE, EVERYTHING))
    assert item_at(storage, ONE) == EVERYTHING | {"pk": ONE.pk, "sk": ONE.sk}


@case
def a_put_replaces_the_whole_item(storage: Storage) -> None:
    send(storage, Put(ONE, {"a": 1, "b": 2}))
    send(storage, Put(ONE, {"b": 3}))
    assert item_at(storage, ONE) == {"pk": ONE.pk, "sk": ONE.sk, "b": 3}


@case
def an_item_that_must_be_new_is_stored_once(storage: Storage) -> None:
    send(storage, Put(ONE, {"a": 1}, NOT_YET_STORED))
    with pytest.raises(ConditionsFailed) as failed:
        send(storage, Put(ONE, {"a": 2}, NOT_YET_STORED))
    assert failed.value.positions == (0,)
    assert item_at(storage, ONE) == {"pk": ONE.pk, "sk": ONE.sk, "a": 1}


@case
def an_update_sets_what_it_names_and_keeps_the_rest(storage: Storage) -> None:
    send(
        storage, Put(ONE, {"status": "active", "usage": {"a@2021-01": 1}, "kept": [1], "purses": {"x": {"amount": 5}}})
    )
    changes = (
        SetTo(("status",), "suspended"),
        SetTo(("usage",), {"a@2021-02": 7}),
        SetTo(("new",), None),
        SetTo(("purses", "x", "amount"), 6),
        SetTo(("purses", "y"), {"amount": 1}),
    )
    send(storage, Update(ONE, changes))
    assert item_at(storage, ONE) == {
        "pk": ONE.pk,
        "sk": ONE.sk,
        "status": "suspended",
        "usage": {"a@2021-02": 7},
        "kept": [1],
        "new": None,
        "purses": {"x": {"amount": 6}, "y": {"amount": 1}},
    }


@case
def an_update_sets_empty_maps_and_lists(storage: Storage) -> None:
    send(storage, Put(ONE, {"usage": {"a": 1}, "flags": ["b"], "status": "x"}))
    send(storage, Update(ONE, (SetTo(("usage",), {}), SetTo(("flags",), []), SetTo(("status",), ""))))
    assert item_at(storage, ONE) == {"pk": ONE.pk, "sk": ONE.sk, "usage": {}, "flags": [], "status": ""}


@case
def an_update_without_conditions_makes_the_item(storage: Storage) -> None:
    send(storage, Update(ONE, (SetTo(("a",), 1),)))
    assert item_at(storage, ONE) == {"pk": ONE.pk, "sk": ONE.sk, "a": 1}


@case
def numbers_are_added_to_and_taken_from(storage: Storage) -> None:
    send(storage, Put(ONE, {"captures": 0, "purses": {"charged": {"amount": 10**12}, "정책수당": {"amount": 3}}}))
    changes = (
        Add(("captures",), 1),
        Add(("purses", "charged", "amount"), -(10**12) - 1),
        Add(("purses", "정책수당", "amount"), 10**12),
    )
    send(storage, Update(ONE, changes))
    send(storage, Update(ONE, (Add(("captures",), 0),)))
    item = item_at(storage, ONE)
    assert item is not None
    assert item["captures"] == 1
    assert item["purses"] == {"charged": {"amount": -1}, "정책수당": {"amount": 10**12 + 3}}


@case
def conditions_and_changes_may_name_the_same_attribute(storage: Storage) -> None:
    send(storage, Put(ONE, {"posted": 4}))
    send(storage, Update(ONE, (SetTo(("posted",), 6),), (Equals(("posted",), 4),)))
    with pytest.raises(ConditionsFailed):
        send(storage, Update(ONE, (SetTo(("posted",), 6),), (Equals(("posted",), 4),)))


@case
def adding_to_a_missing_number_is_refused_and_writes_nothing(storage: Storage) -> None:
    send(storage, Put(ONE, {"purses": {}}))
    for path in (("missing",), ("purses", "charged"), ("purses", "charged", "amount")):
        refused(storage, Put(TWO, {"a": 1}), Update(ONE, (Add(path, 1),)))
    assert item_at(storage, TWO) is None
    assert item_at(storage, ONE) == {"pk": ONE.pk, "sk": ONE.sk, "purses": {}}


@case
def adding_to_a_text_is_refused_and_writes_nothing(storage: Storage) -> None:
    send(storage, Put(ONE, {"text": "1"}))
    refused(storage, Put(TWO, {"a": 1}), Update(ONE, (Add(("text",), 1),)))
    assert storage.read([ONE, TWO]) == [{"pk": ONE.pk, "sk": ONE.sk, "text": "1"}, None]


@case
def setting_a_path_below_a_missing_map_is_refused_and_writes_nothing(storage: Storage) -> None:
    send(storage, Put(ONE, {"a": 1}))
    refused(storage, Put(TWO, {"a": 1}), Update(ONE, (SetTo(("purses", "charged"), {"amount": 1}),)))
    assert item_at(storage, TWO) is None


@case
def all_writes_happen_or_none(storage: Storage) -> None:
    send(storage, Put(ONE, {"amount": 5}))
    taken = Update(ONE, (Add(("amount",), -5),), (Equals(("amount",), 5),))
    send(storage, taken, Put(TWO, {"kind": "payment"}, NOT_YET_STORED), Put(OTHER, {"kind": "month"}))
    with pytest.raises(ConditionsFailed) as failed:
        send(storage, Put(OTHER, {"kind": "changed"}), Put(TWO, {"kind": "changed"}, NOT_YET_STORED), taken)
    assert failed.value.positions == (1, 2)
    one, two, other = storage.read([ONE, TWO, OTHER])
    assert one is not None
    assert two is not None
    assert other is not None
    assert (one["amount"], two["kind"], other["kind"]) == (0, "payment", "month")


@case
def the_positions_of_failed_conditions_are_those_of_the_writes(storage: Storage) -> None:
    keys = [Key(Table.LEDGER, f"WALLET#{number}", "WALLET") for number in range(100)]
    taken = {0, 57, 99}
    send(storage, *(Put(keys[position], {"a": 1}) for position in taken))
    with pytest.raises(ConditionsFailed) as failed:
        send(storage, *(Put(key, {"a": 2}, NOT_YET_STORED) for key in keys))
    assert failed.value.positions == (0, 57, 99)
    assert [bool(item) for item in storage.read(keys)] == [position in taken for position in range(100)]


@case
def a_hundred_items_are_written_together_and_not_one_more(storage: Storage) -> None:
    keys = [Key(Table.LEDGER, f"WALLET#{number:03}", "WALLET") for number in range(101)]
    refused(storage, *(Put(key, {"a": 1}) for key in keys))
    assert not any(storage.read(keys[:100]))
    send(storage, *(Put(key, {"a": 1}) for key in keys[:100]))
    assert all(storage.read(keys[:100]))


@case
def no_two_writes_of_a_transaction_are_on_one_item(storage: Storage) -> None:
    send(storage, Put(ONE, {"a": 1}))
    refused(storage, Put(ONE, {"a": 2}), Update(ONE, (Add(("a",), 1),)))
    refused(storage, Update(ONE, (Add(("a",), 1),)), Update(ONE, (Add(("a",), 2),)))
    assert item_at(storage, ONE) == {"pk": ONE.pk, "sk": ONE.sk, "a": 1}


@case
def a_transaction_of_no_writes_is_no_request(storage: Storage) -> None:
    refused(storage)


@case
def the_same_token_has_one_effect(storage: Storage) -> None:
    send(storage, Put(ONE, {"amount": 5}))
    token = str(uuid.uuid4())
    writes = (Update(ONE, (Add(("amount",), 1),)), Put(TWO, {"kind": "payment"}))
    storage.transact(writes, token)
    storage.transact(writes, token)
    item = item_at(storage, ONE)
    assert item is not None
    assert item["amount"] == 6


@case
def a_repeated_token_gets_its_answer_though_its_conditions_fail_now(storage: Storage) -> None:
    send(storage, Put(ONE, {"amount": 5}))
    token = str(uuid.uuid4())
    writes = (
        Update(ONE, (Add(("amount",), -5),), (Equals(("amount",), 5),)),
        Put(TWO, {"kind": "payment"}, NOT_YET_STORED),
    )
    storage.transact(writes, token)
    storage.transact(writes, token)
    item = item_at(storage, ONE)
    assert item is not None
    assert item["amount"] == 0


@case
def a_removed_attribute_can_be_set_again(storage: Storage) -> None:
    send(storage, Put(ONE, {"won": {"a": 1, "b": 2}, "c": 3}))
    send(storage, Update(ONE, (Remove(("won", "a")), Add(("won", "b"), 5)), (Equals(("won", "a"), 1),)))
    assert item_at(storage, ONE) == {"pk": ONE.pk, "sk": ONE.sk, "won": {"b": 7}, "c": 3}
    with pytest.raises(ConditionsFailed):
        send(storage, Update(ONE, (Remove(("won", "b")),), (Equals(("won", "b"), 2),)))
    send(storage, Update(ONE, (SetTo(("won", "a"), 4),), (Absent(("won", "a")),)))
    send(storage, Update(ONE, (Remove(("won", "b")), Remove(("c",)))))
    assert item_at(storage, ONE) == {"pk": ONE.pk, "sk": ONE.sk, "won": {"a": 4}}


@case
def removing_a_missing_attribute_changes_nothing(storage: Storage) -> None:
    send(storage, Put(ONE, {"won": {"a": 1}}))
    send(storage, Update(ONE, (Remove(("won", "b")),)))
    assert item_at(storage, ONE) == {"pk": ONE.pk, "sk": ONE.sk, "won": {"a": 1}}


@case
def a_single_put_is_made_if_its_conditions_hold(storage: ProjectionStorage) -> None:
    storage.put(Put(ONE, EVERYTHING, NOT_YET_STORED))
    assert item_at(storage, ONE) == EVERYTHING | {"pk": ONE.pk, "sk": ONE.sk}
    with pytest.raises(ConditionsFailed) as failed:
        storage.put(Put(ONE, {"a": 1}, NOT_YET_STORED))
    assert failed.value.positions == (0,)
    storage.put(Put(ONE, {"a": 1}, (Equals(("zero",), 0), Equals(("yes",), True))))
    with pytest.raises(ConditionsFailed):
        storage.put(Put(ONE, {"a": 2}, (Equals(("a",), 0),)))
    storage.put(Put(ONE, {"b": 3}))
    assert item_at(storage, ONE) == {"pk": ONE.pk, "sk": ONE.sk, "b": 3}


@case
def an_item_of_over_400_kb_is_refused(storage: Storage) -> None:
    refused(storage, Put(ONE, {str(number): LIST_OF_4_KB for number in range(105)}))
    assert item_at(storage, ONE) is None
    send(storage, Put(ONE, {str(number): LIST_OF_4_KB for number in range(95)}))
    refused(storage, Update(ONE, tuple(SetTo((f"more-{number}",), LIST_OF_4_KB) for number in range(10))))
    stored = item_at(storage, ONE)
    assert stored is not None
    assert len(stored) == 95 + len(("pk", "sk"))


@case
def a_transaction_of_over_4_mb_is_refused_whole(storage: Storage) -> None:
    keys = [Key(Table.LEDGER, "WALLET#one", f"ENTRY#{number}") for number in range(12)]
    writes = [Put(key, {str(number): LIST_OF_4_KB for number in range(90)}) for key in keys]
    refused(storage, *writes)
    assert storage.read(keys) == [None] * len(keys)
    send(storage, *writes[:10])
