"""The end of an audit: what its passes come to, the roots that are verified and the one that is stored, as a report."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from eeum.audit.partition import Deviation
from eeum.audit.roots import (
    SETTLED,
    AnotherRoot,
    Root,
    RootsChecked,
    RootStore,
    as_of_date,
    last_midnight,
    root_of,
    verify_order,
    verify_root,
)
from eeum.audit.use_cases import Account, Found, compare_balances
from eeum.calendar import parse_instant, text_of

ROOTS_VERIFIED = 3
"""How many of the latest roots an audit holds against the ledger, unless it is told to take all: each was verified on the days after it."""


@dataclass(frozen=True)
class Report:
    """What was checked, by name and number, and every deviation. No deviation is what is hoped for."""

    at: str
    checked: Mapping[str, int]
    deviations: list[Deviation]
    roots_verified: list[str]
    root: Root | None

    def document(self) -> dict[str, Any]:
        return asdict(self)


def wanted_instants(roots: RootStore, now: datetime, most: int | None = ROOTS_VERIFIED) -> list[datetime]:
    """As of when the heads of chains are needed: those of the latest roots, and the midnight whose root is due."""
    dates = roots.dates()
    known = {parse_instant(as_of_date(date), "date") for date in (dates if most is None else dates[-most:])}
    return sorted(known | ({last_midnight(now)} if _is_due(now) else set()))


def _is_due(now: datetime) -> bool:
    return now >= last_midnight(now) + SETTLED


def conclude(found: Found, roots: RootStore, projected: Mapping[str, int] | None, now: datetime) -> Report:
    """The report on what all segments found; verifies the stored roots among its instants, and stores the root that is due.

    `projected` are the balances after the passes, None when they cannot be compared; `found` has those before.
    """
    checked = check_roots(found.heads, roots, now)
    compared, differing = 0, list[Deviation]()
    if projected is not None and found.projected is not None:
        compared, differing = compare_balances(found.accounts, found.projected, projected, now)
    counts = {
        "wallets": found.wallets,
        "entries": found.entries,
        "postings_on_their_way": found.awaiting,
        "accounts": len(found.accounts),
        "balances_compared": compared,
        "roots_verified": len(checked.verified),
    }
    total = sum(account.won for account in found.accounts.values())
    unbalanced = [Deviation("", "ledger_unbalanced", "", f"all postings sum to {total} won")] if total else []
    deviations = [*found.deviations, *unbalanced, *differing, *checked.deviations]
    return Report(text_of(now), counts, deviations, checked.verified, checked.stored)


def check_roots(heads: Mapping[str, list[str]], roots: RootStore, now: datetime) -> RootsChecked:
    """Verifies the roots of the instants in `heads`, that they follow each other and the one before, and stores the root that is due."""
    dates = roots.dates()
    wanted = [date for date in dates if as_of_date(date) in heads]
    first = dates.index(wanted[0]) if wanted else len(dates)
    # With the one before, which the first must name; the last is the one that the new one names.
    stored = {date: roots.root(date) for date in dates[max(first - 1, 0) :]}
    wrong = verify_order(stored)
    verified = []
    for date in wanted:
        root = stored[date]
        if root is not None:
            wrong += verify_root(root, roots.heads(date), heads[as_of_date(date)])
            verified.append(date)
    due = text_of(last_midnight(now))
    if due not in heads or due in map(as_of_date, dates):
        return RootsChecked(verified, wrong, None)
    before = [root for date, root in stored.items() if root and as_of_date(date) < due]
    root, lines = root_of(last_midnight(now), heads[due], before[-1] if before else None)
    try:
        roots.add(root, lines)
    except AnotherRoot as error:
        return RootsChecked(verified, [*wrong, Deviation("", "root_damaged", root.date, str(error))], None)
    return RootsChecked(verified, wrong, root)


def part_document(found: Found) -> dict[str, Any]:
    """What one call found, as it waits for the others."""
    return asdict(found)


def part_of(document: Mapping[str, Any]) -> Found:
    return Found(
        **{
            **document,
            "deviations": [Deviation(**each) for each in document["deviations"]],
            "accounts": {name: Account(*each) for name, each in document["accounts"].items()},
        }
    )
