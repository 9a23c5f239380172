"""Where rewards that are taken back come from: pure functions over plain values, in won.

Each is taken from its own purse, as far as that still has it. What had expired there was not spent, and comes back from what expired. What
was spent is taken from cashback, which may go below zero by it.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from eeum.journal.accounts import CASHBACK, added, by_purse, is_of_rewards, purse
from eeum.journal.accounts import expired as account_of_expired


class TakenBack(NamedTuple):
    """Balanced postings, and, by purse, what of them is of rewards that had expired, or were spent and are taken from cashback."""

    postings: dict[str, int]
    expired: dict[str, int]
    spent: dict[str, int]


def lacking_of(postings: Mapping[str, int], balance_of: Callable[[str], int]) -> dict[str, int]:
    """By purse of rewards, the won that `postings` take from it and that are not in it. `balance_of` is what a purse has."""
    lacking = {purse_id: -won - balance_of(purse_id) for purse_id, won in by_purse(postings).items()}
    return {purse_id: won for purse_id, won in lacking.items() if won > 0 and is_of_rewards(purse_id)}


def taken_back(
    postings: Mapping[str, int], balance_of: Callable[[str], int], expired_of: Callable[[str], int]
) -> TakenBack:
    """The `postings` of a replay, so that no purse but cashback goes below zero.

    `balance_of` is what a purse has, `expired_of` what was moved out of it when it expired, less what of that was taken back before: asked
    only for `lacking_of`.
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
