"""Any short sequence of writes gets the same answers and leaves the same items in the in-memory storage and the strictest engine."""

import uuid
from collections.abc import Sequence

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eeum.storage import (
    Absent,
    Add,
    AtLeast,
    AtMost,
    Condition,
    ConditionsFailed,
    Equals,
    Key,
    Path,
    Put,
    SetTo,
    Storage,
    Table,
    Update,
    Write,
)
from tests.in_memory.storage import InMemoryStorage

ENGINE = "dynoxide"
pytestmark = pytest.mark.engine

SORTS = ("WALLET", "PAYMENT#1", "PAYMENT#2")
Outcome = tuple[int, ...] | str

paths = st.sampled_from(
    [
        ("amount",),
        ("status",),
        ("purses",),
        ("purses", "charged"),
        ("purses", "charged", "amount"),
        ("purses", "정책", "amount"),
    ]
)
numbers = st.sampled_from([0, 1, -1, 2, 10**12])
scalars = st.one_of(numbers, st.sampled_from(["", "active", "1"]), st.booleans())
values = st.one_of(
    scalars,
    st.none(),
    st.just({}),
    st.just([]),
    st.builds(lambda amount: {"charged": {"amount": amount}}, scalars),
    st.lists(scalars, max_size=2),
)
items = st.fixed_dictionaries({}, optional={"amount": scalars, "status": scalars, "purses": values})
conditions = st.one_of(
    st.builds(Absent, st.one_of(paths, st.just(("pk",)))),
    st.builds(Equals, paths, scalars),
    st.builds(AtLeast, paths, numbers),
    st.builds(AtMost, paths, numbers),
)


def _independent(changes: Sequence[SetTo | Add]) -> bool:
    """The product never sends an update in which one path contains another."""
    ways: list[Path] = [change.path for change in changes]
    return all(
        one[: len(other)] != other
        for position, one in enumerate(ways)
        for other in ways[:position] + ways[position + 1 :]
    )


changes = st.lists(st.one_of(st.builds(SetTo, paths, values), st.builds(Add, paths, numbers)), min_size=1, max_size=2)


def _writes(sort: str) -> st.SearchStrategy[Write]:
    key = Key(Table.LEDGER, "", sort)
    judged: st.SearchStrategy[tuple[Condition, ...]] = st.lists(conditions, max_size=2).map(tuple)
    return st.one_of(
        st.builds(Put, st.just(key), items, judged),
        st.builds(Update, st.just(key), changes.filter(_independent).map(tuple), judged),
    )


transactions = st.lists(st.sampled_from(SORTS), min_size=1, max_size=3, unique=True).flatmap(
    lambda sorts: st.tuples(*(_writes(sort) for sort in sorts))
)


def _moved(write: Write, partition: str) -> Write:
    key = write.key._replace(pk=partition)
    if isinstance(write, Put):
        return Put(key, write.item, write.conditions)
    return Update(key, write.changes, write.conditions)


def _outcome(storage: Storage, writes: Sequence[Write]) -> Outcome:
    try:
        storage.transact(writes, str(uuid.uuid4()))
    except ConditionsFailed as failed:
        return failed.positions
    except (ValueError, ClientError):
        return "refused"
    return "done"


@settings(
    max_examples=100, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(sequence=st.lists(transactions, min_size=1, max_size=6))
def test_any_sequence_of_writes_has_the_same_outcome(storage: Storage, sequence: list[tuple[Write, ...]]) -> None:
    partition = uuid.uuid4().hex
    in_memory = InMemoryStorage()
    for transaction in sequence:
        writes = [_moved(write, partition) for write in transaction]
        assert _outcome(in_memory, writes) == _outcome(storage, writes)
        keys = [Key(Table.LEDGER, partition, sort) for sort in SORTS]
        assert in_memory.read(keys) == storage.read(keys)
