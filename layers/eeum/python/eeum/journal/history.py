"""When an entry's money moved, and a wallet's balances at a past instant."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from eeum.calendar import parse_instant, text_of
from eeum.errors import Invalid
from eeum.journal.accounts import CASHBACK, CHARGED, by_purse
from eeum.journal.kinds import kind_of
from eeum.storage import Item

if TYPE_CHECKING:
    from eeum.journal.store import JournalStore


def moved_at(item: Item) -> datetime:
    """The instant at which an entry's money moved. Raises `KeyError`, `TypeError` or `Invalid` for any other item."""
    field = kind_of(item).moved_at
    return parse_instant(item[field], field)


def balances_at(entries: Iterable[Item], at: datetime) -> dict[str, int]:
    """Won by purse after all movements up to and including `at`, without empty purses other than the member's own two."""
    balances = {CHARGED: 0, CASHBACK: 0}
    for item in entries:
        postings = item.get("postings")
        if postings and moved_at(item) <= at:
            for purse, won in by_purse(postings).items():
                balances[purse] = balances.get(purse, 0) + won
    return {purse: won for purse, won in balances.items() if won or purse in (CHARGED, CASHBACK)}


def balances_of_wallet_at(store: JournalStore, wallet_id: str, at: datetime, now: datetime) -> dict[str, int]:
    """A wallet's balances at `at`, in won by purse, from its own entries.

    An entry has the instant of its decision and is stored a moment later, a minute at most. Until then the balances of a recent instant may
    still change. Costs the read units of the wallet's entries. Raises `Invalid` for a future instant.
    """
    if at > now:
        raise Invalid("at", f"must not be later than now, {text_of(now)}", "not_past")
    return balances_at(store.entries(wallet_id), at)
