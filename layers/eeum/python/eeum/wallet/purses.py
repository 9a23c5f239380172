"""Which purse of a wallet a reward comes into, and when it is spendable there: pure functions over plain values."""

from datetime import datetime

from eeum.calendar import Month, month_of, months_later, next_month, start_of_month
from eeum.journal.accounts import CASHBACK, CHARGED
from eeum.policy.rules import Gives, Layer, PolicyVersion
from eeum.wallet.rules import Purse

PAYBACK = "payback"
"""What paybacks wait in, one purse for each month that they become spendable in: `payback@2026-04`."""


ALWAYS = "always"


def purse_of(policy: PolicyVersion, layer: Layer, at: datetime) -> Purse:
    """The purse, empty, that what `layer` gives for what was accepted at `at` comes into."""
    if layer.gives is Gives.PAYBACK:
        month = next_month(month_of(at))
        return Purse(f"{PAYBACK}@{month}", 0, start_of_month(month))
    return purse_into(policy, layer.into, at)


def purse_into(policy: PolicyVersion, into: str, at: datetime) -> Purse:
    """The purse, empty, that a reward of what was accepted at `at` comes into.

    What expires does so with the calendar month, or year, that its period ends in, so that a wallet has one purse of a kind for each; it is
    named by that month or year (`points@2026-04`), and what never expires is `points@always`.
    """
    if into in (CASHBACK, CHARGED):
        return Purse(into, 0)
    listed = policy.purses[into]
    if listed.months is not None:
        last: Month = months_later(month_of(at), listed.months)
        return Purse(f"{into}@{last}", 0, None, start_of_month(months_later(last, 1)), into)
    if listed.years is not None:
        year = int(month_of(at)[:4]) + listed.years
        return Purse(f"{into}@{year}", 0, None, start_of_month(f"{year + 1:04d}-01"), into)
    return Purse(f"{into}@{ALWAYS}", 0, where=into)
