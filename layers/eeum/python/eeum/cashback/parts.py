"""Splits a correction into parts when one entry cannot hold all of its changes: pure functions over plain values.

Each part is an entry of its own, with the changes of some earnings and their postings. The first part also has the cancelled amount, the
refund, and what was taken from cashback for spent rewards. All parts are stored in one transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from eeum.cashback.rules import Correction, RewardChange
from eeum.item_size import bytes_of
from eeum.journal.accounts import added

PART_BYTES = 150_000
"""The most bytes of changes and their postings in one part. An entry has them twice: less than half of the largest item."""


def divided(whole: Correction, moved: Sequence[Mapping[str, int]], most_bytes: int | None = None) -> list[Correction]:
    """The parts of a correction, numbered from its number on; their sum is the whole. Most corrections have one part.

    `moved` has the accounts that each change moves. `most_bytes` is `PART_BYTES` by default.
    """
    groups = _groups(whole, moved, PART_BYTES if most_bytes is None else most_bytes)
    if len(groups) < 2:
        return [whole]
    others = [
        replace(
            whole,
            number=whole.number + place,
            part=(place, len(groups)),
            cancelled=(),
            changes=_changes(whole, numbers),
            used={},
            cashback=added(*_moved(whole, moved, numbers)),
            recovered=0,
            released=(),
            funded_amounts=_funded_amounts(whole, numbers),
            expired={},
            spent={},
            recovered_from={},
            repaid=(),
        )
        for place, numbers in enumerate(groups[1:], 1)
    ]
    elsewhere = [{account: -won for account, won in part.cashback.items()} for part in others]
    first = replace(
        whole,
        part=(0, len(groups)),
        changes=_changes(whole, groups[0]),
        # The first part has the postings that follow from no change, such as what is recovered from cashback.
        cashback=added(whole.cashback, *elsewhere),
        funded_amounts=_funded_amounts(whole, groups[0]),
    )
    return [first, *others]


def _groups(whole: Correction, moved: Sequence[Mapping[str, int]], most: int) -> list[set[int]]:
    """The numbers of the earnings in each part."""
    weights: dict[int, int] = {
        number: bytes_of(funded_amounts) * 2 for number, funded_amounts in whole.funded_amounts.items()
    }
    for change, accounts in zip(whole.changes, moved, strict=True):
        weights[change.number] = weights.get(change.number, 0) + bytes_of(list(change)) + 2 * bytes_of(accounts)
    groups: list[set[int]] = [set()]
    weight = 0
    for number, own in sorted(weights.items()):
        if groups[-1] and weight + own > most:
            groups.append(set())
            weight = 0
        groups[-1].add(number)
        weight += own
    return groups


def _changes(whole: Correction, numbers: set[int]) -> tuple[RewardChange, ...]:
    return tuple(change for change in whole.changes if change.number in numbers)


def _moved(whole: Correction, moved: Sequence[Mapping[str, int]], numbers: set[int]) -> list[Mapping[str, int]]:
    return [accounts for change, accounts in zip(whole.changes, moved, strict=True) if change.number in numbers]


def _funded_amounts(whole: Correction, numbers: set[int]) -> dict[int, Mapping[str, int]]:
    return {number: funded_amounts for number, funded_amounts in whole.funded_amounts.items() if number in numbers}
