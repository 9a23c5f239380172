"""How entries become balances: pure functions over plain values, in won and with the journal's signs.

A merchant's payable is above zero. What a merchant, a funder or a bank paid is below zero, since postings sum to zero.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from eeum.calendar import Month
from eeum.journal.accounts import ACCOUNT_KINDS, ISSUED, PURSE_KIND, HolderKind, Postings

Year = str
"""A fiscal year, which is the calendar year in Seoul: `2021`."""


class Holder(NamedTuple):
    """The holder of a balance; a funder has one for each fiscal `year`, other holders have no year."""

    kind: HolderKind
    name: str
    year: Year = ""


Counts = Mapping[str, int]
"""Won by count (`COUNTED`)."""

COUNTED: Mapping[HolderKind, tuple[str, ...]] = {
    holder: (
        *(each.counted for each in ACCOUNT_KINDS.values() if each.holder is holder),
        *((ISSUED,) if holder is HolderKind.BANK else ()),
    )
    for holder in HolderKind
}


class UnknownAccount(Exception):
    """An entry posts to an account that `eeum.journal.accounts` does not list."""


class Movement(NamedTuple):
    """What an entry moved outside the wallet, and when."""

    at: datetime
    amounts: Mapping[Holder, Counts]


class Change(NamedTuple):
    """A record of the journal's stream: its sequence in its shard, and its movement, or the reason why it has none."""

    sequence: int
    movement: Movement | None
    fault: str = ""


class Closing(NamedTuple):
    """A closed round, to which nothing is appended: its number of batches, and when it was closed."""

    batches: int
    at: datetime


class BalancePage(NamedTuple):
    """Balances stored in one item, up to the end of `round` in `generation`; `as_of` is when that round was closed.

    Holders whose counts are all zero are left out.
    """

    generation: int
    round: int
    as_of: datetime
    balances: Mapping[Holder, Counts]


class Projection(NamedTuple):
    """The state of all balances.

    `generation` counts the rebuilds. The last rebuild counted what moved before `cut` (None: no rebuild yet); while one runs, nothing is
    counted. The stream's consumer appends batches to the open `round`, which has `batches` so far; `closing` is the round before, until it
    is folded into pages. Balances are `as_of` the close of the last round that was folded, or of the cut; None before the first.
    """

    generation: int = 0
    cut: datetime | None = None
    rebuilding: bool = False
    round: int = 1
    batches: int = 0
    closing: Closing | None = None
    as_of: datetime | None = None

    @property
    def folded(self) -> int:
        """The last round that is in the pages; 0 for none."""
        return self.round - (2 if self.closing else 1)

    def has(self, page: BalancePage) -> bool:
        """Whether a page counts: it is not older than this generation, or a rebuild still runs."""
        return self.rebuilding or page.generation >= self.generation


PAGES = 4096
"""Pages of merchants: with fifty thousand merchants, twelve in a page, which fits one write unit. To change it, rebuild."""

PROGRAMME_PAGE = "PROGRAMME"
"""The page of all funders and banks, which are read together."""


def page_of(holder: Holder) -> str:
    """The page that stores a holder's balance: a merchant's by the hash of its id, so that pages grow evenly."""
    if holder.kind is not HolderKind.MERCHANT:
        return PROGRAMME_PAGE
    digest = hashlib.sha256(holder.name.encode()).digest()
    return f"{int.from_bytes(digest[:4]) % PAGES:03x}"


def every_page() -> list[str]:
    return [PROGRAMME_PAGE, *(f"{number:03x}" for number in range(PAGES))]


def by_page(balances: Mapping[Holder, Counts]) -> dict[str, dict[Holder, Counts]]:
    """Balances by the page that stores them."""
    found: dict[str, dict[Holder, Counts]] = {}
    for holder, counts in balances.items():
        found.setdefault(page_of(holder), {})[holder] = counts
    return found


def added(one: Mapping[Holder, Counts], other: Mapping[Holder, Counts]) -> dict[Holder, dict[str, int]]:
    """The sum of both; counts of zero, and holders without other counts, are left out."""
    total: dict[Holder, dict[str, int]] = {}
    add_to(total, one)
    add_to(total, other)
    return without_nothing(total)


def without_nothing(balances: Mapping[Holder, Counts]) -> dict[Holder, dict[str, int]]:
    kept = {holder: {name: won for name, won in counts.items() if won} for holder, counts in balances.items()}
    return {holder: counts for holder, counts in kept.items() if counts}


def all_counts(holder: Holder, counts: Counts) -> dict[str, int]:
    """Every count of a holder, zeros too."""
    return {counted: counts.get(counted, 0) for counted in COUNTED[holder.kind]}


def amounts_of(postings: Postings, month: Month, *, issues: bool) -> dict[Holder, dict[str, int]]:
    """What postings move, by holder. Funders have the fiscal year of `month`.

    If the entry `issues`, money from a bank also counts as issued. Raises `UnknownAccount`.
    """
    amounts: dict[Holder, dict[str, int]] = {}
    for account, won in postings.items():
        kind, _, name = account.partition("/")
        if kind == PURSE_KIND:
            continue
        if kind not in ACCOUNT_KINDS or not name:
            raise UnknownAccount(f"no balance is kept of {account}")
        holder_kind, counted, _ = ACCOUNT_KINDS[kind]
        holder = Holder(holder_kind, name, month[:4] if holder_kind is HolderKind.FUNDER else "")
        counts = amounts.setdefault(holder, {})
        counts[counted] = counts.get(counted, 0) + won
        if holder_kind is HolderKind.BANK and issues:
            counts[ISSUED] = counts.get(ISSUED, 0) - won
    return amounts


def summed(movements: Iterable[Movement], since: datetime | None = None) -> dict[Holder, dict[str, int]]:
    """The sum of movements from `since` on, by holder, without zeros."""
    total: dict[Holder, dict[str, int]] = {}
    for movement in movements:
        if since is None or movement.at >= since:
            add_to(total, movement.amounts)
    return without_nothing(total)


def add_to(total: dict[Holder, dict[str, int]], amounts: Mapping[Holder, Counts]) -> None:
    for holder, counts in amounts.items():
        known = total.setdefault(holder, {})
        for counted, won in counts.items():
            known[counted] = known.get(counted, 0) + won


def in_order(changes: Iterable[Change]) -> list[Change]:
    """Changes in the order of their sequence in the shard, without duplicates."""
    return sorted({change.sequence: change for change in changes}.values(), key=lambda change: change.sequence)


def run_of(changes: Sequence[Change], most_holders: int) -> Sequence[Change]:
    """The longest run from the start of `changes` with at most `most_holders` holders; at least one change."""
    holders: set[Holder] = set()
    for position, change in enumerate(changes):
        if change.movement:
            holders.update(change.movement.amounts)
        if len(holders) > most_holders and position:
            return changes[:position]
    return changes
