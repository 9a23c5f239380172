"""How much each earning of a book uses of limits, and for which earnings that is known: pure functions over plain values.

An earning says what it used when it was posted. A correction says by how much the usage of all changed, not that of each: for those between
the first earning that was ever cancelled and the last correction it is unknown until they are replayed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from typing import TYPE_CHECKING

from eeum.cashback.usage import in_full, usage_with
from eeum.policy.usage import Usage

if TYPE_CHECKING:
    from eeum.cashback.rules import CaptureKey, Earning, MonthBook

NONE_FOUND: Mapping[int, Usage] = {}


class UsageByEarning:
    """The usage of limits while a book is replayed: `now`, up to the next earning, and as it was before the replay.

    `by_number` is what each earning uses, by its number, as far as it is known.
    """

    def __init__(self, known: Mapping[int, Usage], total: Usage) -> None:
        self.by_number = dict(known)
        self.now: Usage = {}
        self._total = total
        self._before: Usage | None = {}

    @classmethod
    def of(cls, book: MonthBook, found: Mapping[int, Usage]) -> UsageByEarning:
        """`found` is what an earlier replay of this book found."""
        first = _first_cancelled(book)
        last = max((correction.number for correction in book.corrections), default=0)
        known = {
            earning.number: found[earning.number] if earning.number in found else in_full(earning.used, earning.month)
            for earning in book.earnings
            if earning.number in found or earning.number < first or earning.number > last
        }
        return cls(known, book.used)

    def to_replay(self, book: MonthBook, hit: Set[CaptureKey]) -> Iterator[Earning]:
        """The earnings from the first on that is `hit`, or whose usage is unknown; what is before them is used `now`."""
        unknown = [earning.number for earning in book.earnings if earning.number not in self.by_number]
        first = min(
            [earning.number for earning in book.earnings if (earning.digest, earning.capture) in hit] + unknown[:1]
        )
        for earning in book.earnings:
            if earning.number < first:
                self.now = usage_with(self.now, self.by_number[earning.number])
        self._before = dict(self.now) if not unknown else None
        for place, earning in enumerate(book.earnings):
            if earning.number < first:
                continue
            yield earning
            if unknown and earning.number == unknown[-1]:
                # The usage of what follows is known, so that the rest of the total was used before.
                behind = [self.by_number[each.number] for each in book.earnings[place + 1 :]]
                self._before = _less(self._total, behind)

    def add(self, earning: Earning, used: Usage) -> None:
        """Records what `earning` uses now."""
        before = self.by_number.get(earning.number)
        if self._before is not None and before is not None:
            self._before = usage_with(self._before, before)
        self.now = usage_with(self.now, used)
        self.by_number[earning.number] = used

    @property
    def agree(self) -> bool:
        """Whether the usage up to here is known to be what it was."""
        return self._before is not None and not _difference(self.now, self._before)

    @property
    def difference(self) -> dict[str, int]:
        """By how much usage changed, by limit and window."""
        return _difference(self.now, self._total if self._before is None else self._before)


def _first_cancelled(book: MonthBook) -> int:
    cancelled = {(each.payment, each.capture) for entry in book.corrections for each in entry.cancelled}
    hit = [earning.number for earning in book.earnings if (earning.digest, earning.capture) in cancelled]
    return min(hit, default=0) or max((earning.number for earning in book.earnings), default=0) + 1


def _difference(now: Usage, before: Usage) -> dict[str, int]:
    changed = {key: now.get(key, 0) - before.get(key, 0) for key in {**now, **before}}
    return {key: won for key, won in changed.items() if won}


def _less(total: Usage, parts: list[Usage]) -> dict[str, int]:
    left = dict(total)
    for part in parts:
        for key, won in part.items():
            left[key] = left.get(key, 0) - won
    return left
