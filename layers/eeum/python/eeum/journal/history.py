"""When an entry's money moved, and what was in a wallet at an instant that is past."""

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
    """When an entry's money moved. Raises `KeyError`, `TypeError` or `Invalid` for what is no entry."""
    field = kind_of(item).moved_at
    return parse_instant(item[field], field)


def balances_at(entries: Iterable[Item], at: datetime) -> dict[str, int]:
    """Won by purse after everything that moved at `at` or before; purses with nothing in them are left out, but the member's own two."""
    balances = {CHARGED: 0, CASHBACK: 0}
    for item in entries:
        postings = item.get("postings")
        if postings and moved_at(item) <= at:
            for purse, won in by_purse(postings).items():
                balances[purse] = balances.get(purse, 0) + won
    return {purse: won for purse, won in balances.items() if won or purse in (CHARGED, CASHBACK)}


def balances_of_wallet_at(store: JournalStore, wallet_id: str, at: datetime, now: datetime) -> dict[str, int]:
    """What was in a wallet at `at`, in won by purse, from its own entries.

    An entry has the instant at which it was decided and is stored a moment later, a minute at most: until then an instant just past may
    still gain an entry. Costs what the wallet's entries cost to read. Raises `Invalid` for an instant to come.
    """
    if at > now:
        raise Invalid("at", f"is still to come: it is {text_of(now)}", "not_past")
    return balances_at(store.entries(wallet_id), at)
