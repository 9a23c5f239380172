"""Safeguards of corrections in parts and of the slow lane."""

from dataclasses import replace
from typing import Any
from unittest.mock import patch

from eeum.cashback import computing, parts, use_cases
from eeum.cashback.context import EntriesRead
from eeum.cashback.rules import Correction, MonthBook
from eeum.cashback.usage_by_earning import UsageByEarning
from eeum.storage import Add, Update, Write
from tests.simulation import running, slow_lane
from tests.simulation.mutation import Mutant, noting, writing

divided = parts.divided
of = UsageByEarning.of


def _all_but_the_last(*arguments: Any) -> list[Correction]:
    made = divided(*arguments)
    return made[:-1] if len(made) > 1 else made


def _the_last_twice(*arguments: Any) -> list[Correction]:
    first, *further = divided(*arguments)
    if not further:
        return [first]
    place = len(further)
    again = replace(further[-1], number=further[-1].number + 1, part=(place + 1, place + 1))
    return [first, *further, again]


def _all_in_the_first(*arguments: Any) -> list[Correction]:
    """Every part has its changes, and the first moves the money of all parts."""
    whole, made = arguments[0], divided(*arguments)
    return [replace(each, cashback=whole.cashback if place == 0 else {}) for place, each in enumerate(made)]


def _none_due(write: Write) -> Write:
    """Further parts are posted without having been due."""
    if isinstance(write, Update) and any(each.path == ("posted",) for each in write.changes):
        changes = tuple(each for each in write.changes if not (isinstance(each, Add) and each.path == ("due",)))
        return write._replace(changes=changes)
    return write


def _as_posted(book: MonthBook, found: Any) -> UsageByEarning:
    """The limit usage of an earning as it was posted, without later cancellations."""
    return of(MonthBook(book.earnings, ()), found)


def _of_any_time(read: EntriesRead, accrued: int) -> EntriesRead:
    """A cached month never becomes stale."""
    return replace(read, accrued=accrued)


def _dropped(city: Any, *_: Any) -> None:
    city.slow.clear()


MUTANTS_OF_PARTS = (
    Mutant(
        "all parts",
        "a correction in parts is stored without its last part",
        lambda: patch.object(computing, "divided", _all_but_the_last),
    ),
    Mutant(
        "each part once",
        "a correction's last part is stored twice",
        lambda: patch.object(computing, "divided", _the_last_twice),
    ),
    Mutant(
        "money of a part",
        "the first part moves the money of all parts",
        lambda: patch.object(computing, "divided", _all_in_the_first),
    ),
    Mutant(
        "due count of parts",
        "further parts are posted and not counted as due",
        lambda: writing(_none_due),
    ),
    Mutant(
        "usage that corrections changed",
        "a replay ignores that earlier corrections changed limit usage",
        lambda: patch.object(UsageByEarning, "of", staticmethod(_as_posted)),
    ),
    Mutant(
        "age of a cached month",
        "a cached month is used though the wallet has newer postings",
        lambda: patch.object(EntriesRead, "as_of", _of_any_time),
        forms=True,
    ),
    Mutant(
        "messages of the slow lane",
        "all messages to the slow lane are lost",
        lambda: patch.dict(
            running.OPERATIONS, {"deliver_slow": (noting(_dropped), slow_lane.SLOW_LANE["deliver_slow"][1])}
        ),
        redundant="the wallet counts due postings, and a catch-up posts them",
    ),
    Mutant(
        "isolation of a wallet",
        "both lanes post to a wallet with a pending refund at once",
        lambda: patch.object(use_cases, "_is_slow", lambda *_: False),
        redundant="each posting claims its source and the wallet's next accrual number in either lane, so this only costs time",
    ),
)
