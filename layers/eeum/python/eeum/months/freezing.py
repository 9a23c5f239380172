"""Freezing a month that is closed. Apart from `closing`, since it reads what the passes found and no wallet."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from eeum.calendar import Month, whole_milliseconds
from eeum.months.rules import frozen, may_freeze_without
from eeum.months.store import MonthStore
from eeum.segments import Segment
from eeum.storage import ConditionsFailed


class SegmentFound(NamedTuple):
    """What a whole pass found in one segment: the month it was about, how many entries of it are unposted, and the wallets they are of.

    Of `wallets` there may be fewer than there are, from `MOST_EXCEPTED` on.
    """

    segment: Segment
    month: Month | None
    unposted: int
    wallets: tuple[str, ...] = ()


def excepted_wallets(found: Sequence[SegmentFound]) -> list[str]:
    """The wallets that have something that cannot be posted."""
    return sorted({wallet for each in found for wallet in each.wallets})


def freeze_month(months: MonthStore, found: Sequence[SegmentFound], now: datetime) -> Month | None:
    """Freezes the month that a pass was about if no segment has anything unposted; gives it if this call froze it.

    A day after its end it is frozen without the wallets that have, if they are few.

    Raises `ValueError` when `found` is not of every segment, once: then it says nothing of the city.
    """
    of = {each.segment.of for each in found}
    if len(of) != 1 or sorted(each.segment.number for each in found) != list(range(*of)):
        raise ValueError("what was found is not of every segment")
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
