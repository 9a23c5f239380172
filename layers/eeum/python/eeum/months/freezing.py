"""Freeze a closed month. Separate from `closing`, since it reads the findings of the passes and no wallet."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from eeum.calendar import Month, whole_milliseconds
from eeum.months.rules import frozen, may_freeze_without
from eeum.months.store import MonthStore
from eeum.segments import Segment
from eeum.storage import ConditionsFailed


class SegmentFound(NamedTuple):
    """What a whole pass found in one segment: its month, the number of unposted entries, and their wallets.

    The list of `wallets` may be incomplete beyond `MOST_EXCEPTED`.
    """

    segment: Segment
    month: Month | None
    unposted: int
    wallets: tuple[str, ...] = ()


def excepted_wallets(found: Sequence[SegmentFound]) -> list[str]:
    """The wallets with an entry that has no accrual yet, sorted."""
    return sorted({wallet for each in found for wallet in each.wallets})


def freeze_month(months: MonthStore, found: Sequence[SegmentFound], now: datetime) -> Month | None:
    """Freeze the month of a pass if no segment has unposted entries; return it if this call froze it.

    A day after its end the month is frozen without the wallets of unposted entries, if they are few.

    Raises `ValueError` unless `found` has every segment exactly once.
    """
    of = {each.segment.of for each in found}
    if len(of) != 1 or sorted(each.segment.number for each in found) != list(range(*of)):
        raise ValueError("there must be exactly one result for each segment")
    about = {each.month for each in found}
    (month,) = about if len(about) == 1 else (None,)
    if month is None:
        return None
    excepted = excepted_wallets(found)
    if any(each.unposted for each in found) and not (excepted and may_freeze_without(month, len(excepted), now)):
        return None
    record = months.month(month)
    if record is None or record.frozen_at is not None:
        return None
    try:
        months.freeze(frozen(record, whole_milliseconds(now), excepted))
        return month
    except ConditionsFailed:
        return None
