"""Clawback: where rewards that are taken back come from. Pure functions over plain values, in won.

A reward is taken from its own purse first. Rewards that expired were not spent, and come from the account of expired rewards. Rewards that
were spent come from cashback, which may fall below zero.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from eeum.journal.accounts import CASHBACK, added, by_purse, is_of_rewards, purse
from eeum.journal.accounts import expired as account_of_expired


class TakenBack(NamedTuple):
    """Balanced postings, and by purse how much of them is of rewards that had `expired`, or that were `spent` and come from cashback."""

    postings: dict[str, int]
    expired: dict[str, int]
    spent: dict[str, int]


def lacking_of(postings: Mapping[str, int], balance_of: Callable[[str], int]) -> dict[str, int]:
    """The won that `postings` take from each purse of rewards beyond its balance, which `balance_of` returns."""
    lacking = {purse_id: -won - balance_of(purse_id) for purse_id, won in by_purse(postings).items()}
    return {purse_id: won for purse_id, won in lacking.items() if won > 0 and is_of_rewards(purse_id)}


def taken_back(
    postings: Mapping[str, int], balance_of: Callable[[str], int], expired_of: Callable[[str], int]
) -> TakenBack:
    """Change the `postings` of a replay so that no purse but cashback falls below zero.

    `balance_of` returns the balance of a purse; `expired_of` what expired in it, less what of that was taken back before. It is called only
    for the purses of `lacking_of`.
    """
    changes: list[Mapping[str, int]] = [postings]
    expired: dict[str, int] = {}
    spent: dict[str, int] = {}
    for purse_id, lacking in lacking_of(postings, balance_of).items():
        unspent = min(lacking, expired_of(purse_id))
        if unspent:
            expired[purse_id] = unspent
        if lacking > unspent:
            spent[purse_id] = lacking - unspent
        name = purse_id.partition("@")[0]
        changes.append(
            {purse(purse_id): lacking, account_of_expired(name): -unspent, purse(CASHBACK): -(lacking - unspent)}
        )
    return TakenBack(added(*changes), expired, spent)
