"""Safeguards at boundaries: the last won of a discount that is given back, the instant of an end, and reads during postings."""

from typing import Any
from unittest.mock import patch

from eeum.cashback.rules import MonthBook
from eeum.payments import discounts, progress
from eeum.policy import amendments
from eeum.policy.windows import Window
from eeum.storage import AtLeast, Condition, Table, Update, Write
from tests.simulation.mutation import NOT_STORED, Mutant, dropping

is_open = Window.is_open


def _rounded_up(discount: int, price: int, won: int) -> int:
    return -(-discount * won // price) if discount else 0


def _an_instant_late(window: Window, instant: Any) -> bool:
    return is_open(window, instant) or instant == window.until


def _on_other_places(write: Write, each: Condition) -> bool:
    """Whether a write draws from an item other than its budget shard: near the end of a budget, the unallocated balance."""
    if not isinstance(write, Update) or write.key.table is not Table.BUDGETS or write.key.sk != "REST":
        return False
    by_grant = any(other.path == ("closed",) for other in write.conditions) and len(write.changes) > 0
    return by_grant and isinstance(each, AtLeast) and each.path[0] == "won"


MUTANTS_OF_BOUNDARIES = (
    Mutant(
        "discount given back",
        "the rest of a discount is rounded up, so cancellations give back one won too much or too little",
        lambda: patch.object(discounts, "discount_up_to", _rounded_up),
        forms=True,
    ),
    Mutant(
        "discount given back twice",
        "each cancellation gives back the whole discount",
        lambda: patch.object(progress, "parts_between", lambda parts, *_: parts),
        forms=True,
    ),
    Mutant(
        "suspended layer",
        "a suspended layer gives rewards",
        lambda: patch.object(amendments.Suspension, "suspends", lambda *_: False),
        forms=True,
    ),
    Mutant(
        "end of a suspension",
        "a suspension still applies at its end, and so until the next change",
        lambda: patch.object(
            amendments.Suspension,
            "holds_at",
            lambda own, at: own.start <= at and (own.until is None or at <= own.until),
        ),
        forms=True,
    ),
    Mutant(
        "end of an event",
        "an event is open one instant too long",
        lambda: patch.object(Window, "is_open", _an_instant_late),
        forms=True,
    ),
    Mutant(
        "months read during a posting",
        "postings made while a month is read are counted, though the wallet was read before",
        lambda: patch.object(MonthBook, "up_to", lambda book, number: book),
        blind=NOT_STORED,
        forms=True,
    ),
    Mutant(
        "condition on the unallocated balance",
        "near the end of a budget a draw does not require the unallocated balance to have its amount",
        lambda: dropping(_on_other_places),
        forms=True,
    ),
)
