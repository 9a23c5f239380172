"""The purse that a reward goes to, and when it can be spent from there: pure functions over plain values."""

from datetime import datetime

from eeum.calendar import Month, month_of, months_later, next_month, start_of_month
from eeum.journal.accounts import CASHBACK, CHARGED
from eeum.policy.rules import Layer, PolicyVersion, RewardKind
from eeum.wallet.rules import Purse

PAYBACK = "payback"
"""The kind of purse for deferred cashback, with one purse for each month from which it can be spent: `payback@2026-04`."""


ALWAYS = "always"


def purse_of(policy: PolicyVersion, layer: Layer, at: datetime) -> Purse:
    """The empty purse that `layer` pays into for what was accepted at `at`."""
    if layer.reward_kind is RewardKind.PAYBACK:
        return purse_named(f"{PAYBACK}@{next_month(month_of(at))}")
    return purse_into(policy, layer.into, at)


def purse_into(policy: PolicyVersion, into: str, at: datetime) -> Purse:
    """The empty purse that a reward of what was accepted at `at` goes into.

    A purse that expires does so at the end of a calendar month or year and is named by it (`points@2026-04`), so a wallet has one purse of
    a kind for each. A purse that never expires is `points@always`.
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
    """The empty purse with this id and its terms, so that a purse that was removed from a wallet comes back unchanged."""
    name, _, dated = purse_id.partition("@")
    if not dated:
        return Purse(purse_id, 0)
    if name == PAYBACK:
        return Purse(purse_id, 0, start_of_month(dated))
    if dated == ALWAYS:
        return Purse(purse_id, 0, where=name)
    last: Month = dated if len(dated) > len("2021") else f"{dated}-12"
    return Purse(purse_id, 0, None, start_of_month(next_month(last)), name)
