"""Merges writes to one item, since DynamoDB refuses two actions on one item in a transaction. Pure functions over plain values.

Writes are merged as if they ran one after another. A condition of a later write refers to the item as the earlier writes leave it, so it is
converted to a condition on the stored item. Two writes that each take 600 if 600 are there become one that takes 1,200 if 1,200 are there.
"""

from collections.abc import Sequence
from typing import TypeGuard

from eeum.storage import Absent, Add, AtLeast, AtMost, Change, Condition, Equals, Key, Path, Put, SetTo, Update, Write


class WritesContradict(ValueError):
    """Two writes to the item `key` that cannot both be done. It is a bug in the code that made them: no retry mends it."""

    def __init__(self, key: Key, why: str) -> None:
        super().__init__(f"two writes to {key.pk} {key.sk} contradict: {why}")
        self.key = key


def merge_writes(writes: Sequence[Write]) -> tuple[Write, ...]:
    """One write for each item, at the place of the item's first write.

    Raises `WritesContradict` in four cases: an item is put and also written otherwise; conditions exclude each other; a value is set twice,
    the second time without a condition on the first; one change lies within another.
    """
    merged: dict[Key, Write] = {}
    for write in writes:
        before = merged.get(write.key)
        merged[write.key] = write if before is None else _merged(before, write)
    return tuple(merged.values())


def _merged(first: Write, second: Write) -> Update:
    if isinstance(first, Put) or isinstance(second, Put):
        raise WritesContradict(first.key, "one puts the whole item")
    changes = {change.path: change for change in first.changes}
    _refuse_overlaps(first.key, changes, second.changes)
    conditions = list(first.conditions)
    for condition in second.conditions:
        moved = _moved_back(first.key, condition, changes)
        if moved is not None:
            _add_condition(first.key, conditions, moved)
    follows = {condition.path for condition in second.conditions}
    for change in second.changes:
        changes[change.path] = _followed(first.key, changes.get(change.path), change, follows)
    return Update(first.key, tuple(changes.values()), tuple(conditions))


def _refuse_overlaps(key: Key, changes: dict[Path, Change], others: Sequence[Change]) -> None:
    for path in changes:
        for other in others:
            if path != other.path and _is_within(path, other.path):
                raise WritesContradict(key, f"{'.'.join(path)} and {'.'.join(other.path)} overlap")


def _is_within(one: Path, other: Path) -> bool:
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def _moved_back(key: Key, condition: Condition, changes: dict[Path, Change]) -> Condition | None:
    """The condition on the item as it is stored; None where the changes make it hold. Raises `WritesContradict` where they violate it."""
    found = next((change for path, change in changes.items() if _is_within(path, condition.path)), None)
    if found is None:
        return condition
    if isinstance(found, SetTo) and len(found.path) <= len(condition.path):
        holds = _holds(condition, found.value, condition.path[len(found.path) :])
    elif isinstance(found, Add) and found.path == condition.path:
        moved = _before_adding(condition, found.amount)
        if moved is not None:
            return moved
        holds = False
    else:
        # A removed attribute is absent. Where a part of an attribute was changed, it surely exists.
        holds = isinstance(condition, Absent) and not isinstance(found, SetTo | Add) and found.path == condition.path
    if not holds:
        raise WritesContradict(
            key, f"the first changes {'.'.join(found.path)}, so that the condition of the second cannot hold"
        )
    return None


def _before_adding(condition: Condition, amount: int) -> Condition | None:
    match condition:
        case AtLeast(path, bound):
            return AtLeast(path, bound - amount)
        case AtMost(path, bound):
            return AtMost(path, bound - amount)
        case Equals(path, value) if isinstance(value, int) and not isinstance(value, bool):
            return Equals(path, value - amount)
        case _:
            return None


def _holds(condition: Condition, value: object, within: Path) -> bool:
    for name in within:
        if not isinstance(value, dict) or name not in value:
            return isinstance(condition, Absent)
        value = value[name]
    match condition:
        case Absent():
            return False
        case Equals(_, expected):
            return type(value) is type(expected) and value == expected
        case AtLeast(_, bound):
            return _is_number(value) and value >= bound
        case AtMost(_, bound):
            return _is_number(value) and value <= bound


def _is_number(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _add_condition(key: Key, conditions: list[Condition], added: Condition) -> None:
    """Add a condition unless others imply it: the narrower of two bounds, and no bound where the value itself is known."""
    for place, known in enumerate(conditions):
        if known.path != added.path:
            continue
        if type(known) is type(added):
            match known, added:
                case AtLeast(path, one), AtLeast(_, other):
                    conditions[place] = AtLeast(path, max(one, other))
                case AtMost(path, one), AtMost(_, other):
                    conditions[place] = AtMost(path, min(one, other))
                case _ if known != added:
                    raise WritesContradict(key, f"{known} and {added}")
            return
        if isinstance(known, Absent) or isinstance(added, Absent):
            raise WritesContradict(key, f"{known} and {added}")
        if isinstance(known, Equals) or isinstance(added, Equals):
            exact, bound = (known, added) if isinstance(known, Equals) else (added, known)
            if not _holds(bound, exact.value, ()):
                raise WritesContradict(key, f"{known} and {added}")
            conditions[place] = exact
            return
    conditions.append(added)


def _followed(key: Key, first: Change | None, second: Change, follows: set[Path]) -> Change:
    """The one change that has the effect of both."""
    name = ".".join(second.path)
    match first, second:
        case None, _:
            return second
        case Add(path, one), Add(_, other):
            return Add(path, one + other)
        case SetTo(path, value), Add(_, amount) if _is_number(value):
            return SetTo(path, value + amount)
        case (SetTo(), SetTo()) if first == second or any(_is_within(second.path, path) for path in follows):
            return second
        case _:
            raise WritesContradict(key, f"both change {name}")
