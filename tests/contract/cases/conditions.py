"""Each condition, when it holds and when it fails."""

import pytest

from eeum.storage import (
    Absent,
    AtLeast,
    AtMost,
    Condition,
    ConditionsFailed,
    Equals,
    Key,
    Put,
    SetTo,
    Storage,
    Table,
    Update,
)
from tests.contract.cases import case
from tests.contract.examples import send

WALLET = Key(Table.LEDGER, "WALLET#one", "WALLET")
MISSING = Key(Table.LEDGER, "WALLET#two", "WALLET")
ITEM = {
    "status": "active",
    "posted": 4,
    "verified": True,
    "text_number": "4",
    "member_class": None,
    "purses": {"charged": {"amount": 10**12}, "cashback": {"amount": -5}, "grant/청년": {"amount": 0}},
    "cards": {"00ff": {"status": "active"}},
    "empty": {},
}

HOLDING: list[Condition] = [
    Equals(("status",), "active"),
    Equals(("posted",), 4),
    Equals(("verified",), True),
    Equals(("purses", "charged", "amount"), 10**12),
    Equals(("purses", "cashback", "amount"), -5),
    Equals(("purses", "grant/청년", "amount"), 0),
    Equals(("cards", "00ff", "status"), "active"),
    Absent(("missing",)),
    Absent(("purses", "missing")),
    Absent(("missing", "below")),
    Absent(("status", "below")),
    AtLeast(("posted",), 4),
    AtLeast(("posted",), 3),
    AtLeast(("posted",), -1),
    AtLeast(("purses", "charged", "amount"), 10**12),
    AtLeast(("purses", "cashback", "amount"), -5),
    AtMost(("posted",), 4),
    AtMost(("posted",), 5),
    AtMost(("purses", "cashback", "amount"), -5),
    AtMost(("purses", "charged", "amount"), 10**12),
]
FAILING: list[Condition] = [
    Equals(("status",), "suspended"),
    Equals(("status",), "Active"),
    Equals(("posted",), 5),
    Equals(("posted",), -4),
    Equals(("verified",), False),
    Equals(("missing",), "active"),
    Equals(("purses", "missing", "amount"), 0),
    Equals(("cards", "", "status"), "active"),
    Equals(("cards", "ff00", "status"), "active"),
    Equals(("status", "below"), "active"),
    Absent(("status",)),
    Absent(("member_class",)),
    Absent(("empty",)),
    Absent(("purses", "charged", "amount")),
    AtLeast(("posted",), 5),
    AtLeast(("purses", "cashback", "amount"), 0),
    AtLeast(("missing",), -1),
    AtLeast(("purses", "missing", "amount"), -1),
    AtMost(("posted",), 3),
    AtMost(("posted",), -1),
    AtMost(("missing",), 10),
]
OF_ANOTHER_TYPE: list[Condition] = [
    Equals(("text_number",), 4),
    Equals(("posted",), "4"),
    Equals(("verified",), 1),
    Equals(("posted",), True),
    Equals(("member_class",), ""),
    AtLeast(("text_number",), 1),
    AtLeast(("verified",), 0),
    AtLeast(("member_class",), 0),
    AtMost(("text_number",), 9),
    AtMost(("member_class",), 9),
]


def _marked(*conditions: Condition) -> Update:
    return Update(WALLET, (SetTo(("mark",), "changed"),), conditions)


@case
def a_condition_that_holds_lets_the_write_through(storage: Storage) -> None:
    for condition in HOLDING:
        send(storage, Put(WALLET, ITEM))
        send(storage, _marked(condition))
        send(storage, Put(WALLET, ITEM | {"mark": "put"}, (condition,)))
    send(storage, Put(WALLET, ITEM))
    send(storage, _marked(*HOLDING))


@case
def a_condition_that_fails_keeps_the_item_as_it_was(storage: Storage) -> None:
    _all_fail(storage, FAILING)


@case
def values_of_different_types_are_never_equal(storage: Storage) -> None:
    _all_fail(storage, OF_ANOTHER_TYPE)


def _all_fail(storage: Storage, conditions: list[Condition]) -> None:
    send(storage, Put(WALLET, ITEM))
    for condition in conditions:
        for write in (_marked(condition), Put(WALLET, {"mark": "put"}, (condition,))):
            with pytest.raises(ConditionsFailed) as failed:
                send(storage, write)
            assert failed.value.positions == (0,), condition
    assert storage.read([WALLET]) == [ITEM | {"pk": WALLET.pk, "sk": WALLET.sk}]


@case
def one_failed_condition_of_several_stops_the_write(storage: Storage) -> None:
    send(storage, Put(WALLET, ITEM))
    for condition in FAILING:
        with pytest.raises(ConditionsFailed):
            send(storage, _marked(*HOLDING[:5], condition, *HOLDING[5:]))
    assert storage.read([WALLET]) == [ITEM | {"pk": WALLET.pk, "sk": WALLET.sk}]


@case
def a_missing_item_fails_every_condition_but_absence(storage: Storage) -> None:
    for condition in [each for each in HOLDING + FAILING if not isinstance(each, Absent)]:
        with pytest.raises(ConditionsFailed):
            send(storage, Update(MISSING, (SetTo(("mark",), 1),), (condition,)))
    assert storage.read([MISSING]) == [None]
    send(storage, Update(MISSING, (SetTo(("mark",), 1),), (Absent(("status",)),)))
    assert storage.read([MISSING]) == [{"pk": MISSING.pk, "sk": MISSING.sk, "mark": 1}]
