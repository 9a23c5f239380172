"""The limit usage of each earning of a book, as far as known: pure functions over plain values.

An earning stores what it used when it was accrued. A correction stores only the change of all usage together. So the usage of earnings
between the first cancelled one and the last correction is unknown until they are replayed.
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
    """Limit usage while a book is replayed: `now`, before the next earning, and as it was before the replay.

    `by_number` is the usage of each earning by its number, as far as known.
    """

    def __init__(self, known: Mapping[int, Usage], total: Usage) -> None:
        self.by_number = dict(known)
        self.now: Usage = {}
        self._total = total
        self._before: Usage | None = {}

    @classmethod
    def of(cls, book: MonthBook, found: Mapping[int, Usage]) -> UsageByEarning:
        """The usage before a replay of `book`. `found` is what an earlier replay of it found."""
        first = _first_cancelled(book)
        last = max((correction.number for correction in book.corrections), default=0)
        known = {
            earning.number: found[earning.number] if earning.number in found else in_full(earning.used, earning.month)
            for earning in book.earnings
            if earning.number in found or earning.number < first or earning.number > last
        }
        return cls(known, book.used)

    def to_replay(self, book: MonthBook, hit: Set[CaptureKey]) -> Iterator[Earning]:
        """The earnings from the first that is `hit` or has unknown usage; the usage of those before it is added to `now`."""
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
                # The usage of the following earnings is known, so the rest of the total was used before them.
                behind = [self.by_number[each.number] for each in book.earnings[place + 1 :]]
                self._before = _less(self._total, behind)

    def add(self, earning: Earning, used: Usage) -> None:
        """Record what `earning` uses now."""
        before = self.by_number.get(earning.number)
        if self._before is not None and before is not None:
            self._before = usage_with(self._before, before)
        self.now = usage_with(self.now, used)
        self.by_number[earning.number] = used

    @property
    def agree(self) -> bool:
        """Whether the usage up to here is known to be unchanged."""
        return self._before is not None and not _difference(self.now, self._before)

    @property
    def difference(self) -> dict[str, int]:
        """The change of usage, by limit and window."""
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
