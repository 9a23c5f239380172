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
        return purse_named(f"{PAYBACK}@{next_month(month_of(at))}")
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
        return purse_named(f"{into}@{months_later(month_of(at), listed.months)}")
    if listed.years is not None:
        return purse_named(f"{into}@{int(month_of(at)[:4]) + listed.years:04d}")
    return purse_named(f"{into}@{ALWAYS}")


def purse_named(purse_id: str) -> Purse:
    """The purse, empty, that has this id, with its terms: so one that is gone from a wallet comes back as it was."""
    name, _, dated = purse_id.partition("@")
    if not dated:
        return Purse(purse_id, 0)
    if name == PAYBACK:
        return Purse(purse_id, 0, start_of_month(dated))
    if dated == ALWAYS:
        return Purse(purse_id, 0, where=name)
    last: Month = dated if len(dated) > len("2021") else f"{dated}-12"
    return Purse(purse_id, 0, None, start_of_month(next_month(last)), name)
