"""How entries become balances: pure functions over plain values, in won and in the journal's signs.

What a merchant is owed stands above zero; what a merchant, a funder or a bank has given stands below, since postings sum to zero.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from eeum.calendar import Month
from eeum.journal.accounts import Postings

Year = str
"""A fiscal year, which is the calendar year in Seoul: `2021`."""

PAYABLE, REWARD, BALANCE, ISSUED = "payable", "reward", "balance", "issued"
"""What is counted: of a merchant the first two, of a funder the third, of a bank the last two."""


class HolderKind(StrEnum):
    MERCHANT = "merchant"
    FUNDER = "funder"
    BANK = "bank"


class Holder(NamedTuple):
    """Whose balance it is; a funder has one for each fiscal `year`, others have none."""

    kind: HolderKind
    name: str
    year: Year = ""


Counts = Mapping[str, int]
"""Won by what is counted."""

COUNTED: Mapping[HolderKind, tuple[str, ...]] = {
    HolderKind.MERCHANT: (PAYABLE, REWARD),
    HolderKind.FUNDER: (BALANCE,),
    HolderKind.BANK: (BALANCE, ISSUED),
}

_PURSE = "purse"
_ACCOUNTS = {
    "merchant_payable": (HolderKind.MERCHANT, PAYABLE),
    "merchant_reward": (HolderKind.MERCHANT, REWARD),
    "funder": (HolderKind.FUNDER, BALANCE),
    "bank": (HolderKind.BANK, BALANCE),
}


class UnknownAccount(Exception):
    """Money moved on an account of which no balance is kept: whoever adds an account says here whose it is."""


@dataclass(frozen=True, slots=True)
class Movement:
    """What an entry moved outside the wallet, and when."""

    at: datetime
    amounts: Mapping[Holder, Counts]


@dataclass(frozen=True, slots=True)
class Change:
    """A record of the journal's stream: its place in its shard, and what it moved, or why nobody can tell."""

    sequence: int
    movement: Movement | None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Projection:
    """What holds for all balances: how often they were rebuilt, from when on the stream counts, and whether a rebuild is under way.

    What moved before `cut` was counted by the rebuild; None is since ever.
    """

    generation: int = 0
    cut: datetime | None = None
    rebuilding: bool = False


def amounts_of(postings: Postings, month: Month, *, issues: bool) -> dict[Holder, dict[str, int]]:
    """What postings move by holder. `month` is the one that the funders' fiscal year follows; money that comes in by an entry that `issues`
    is counted as issued, too. Raises `UnknownAccount`."""
    amounts: dict[Holder, dict[str, int]] = {}
    for account, won in postings.items():
        kind, _, name = account.partition("/")
        if kind == _PURSE:
            continue
        if kind not in _ACCOUNTS or not name:
            raise UnknownAccount(f"no balance is kept of {account}")
        holder_kind, counted = _ACCOUNTS[kind]
        holder = Holder(holder_kind, name, month[:4] if holder_kind is HolderKind.FUNDER else "")
        counts = amounts.setdefault(holder, {})
        counts[counted] = counts.get(counted, 0) + won
        if holder_kind is HolderKind.BANK and issues:
            counts[ISSUED] = counts.get(ISSUED, 0) - won
    return amounts


def summed(movements: Iterable[Movement], since: datetime | None = None) -> dict[Holder, dict[str, int]]:
    """What movements come to by holder, those before `since` left out; holders for whom nothing changes are left out, too."""
    total: dict[Holder, dict[str, int]] = {}
    for movement in movements:
        if since is None or movement.at >= since:
            add_to(total, movement.amounts)
    return {holder: counts for holder, counts in total.items() if any(counts.values())}


def add_to(total: dict[Holder, dict[str, int]], amounts: Mapping[Holder, Counts]) -> None:
    for holder, counts in amounts.items():
        known = total.setdefault(holder, {})
        for counted, won in counts.items():
            known[counted] = known.get(counted, 0) + won


def in_order(changes: Iterable[Change]) -> list[Change]:
    """Changes by their place in the shard, each once, however they were delivered."""
    return sorted({change.sequence: change for change in changes}.values(), key=lambda change: change.sequence)


def run_of(changes: Sequence[Change], most_holders: int) -> Sequence[Change]:
    """The longest beginning of `changes` that moves money of no more than `most_holders`; one change at least."""
    holders: set[Holder] = set()
    for position, change in enumerate(changes):
        if change.movement:
            holders.update(change.movement.amounts)
        if len(holders) > most_holders and position:
            return changes[:position]
    return changes
