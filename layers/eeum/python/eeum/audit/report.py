"""The end of an audit: one report on all segments, the verified roots, and the root that this audit stored."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from eeum.audit.partition import Deviation
from eeum.audit.roots import (
    SETTLED,
    AnotherRoot,
    Line,
    Root,
    RootsChecked,
    RootStore,
    as_of_date,
    date_of,
    last_midnight,
    store_root,
    verify_order,
    verify_root,
)
from eeum.audit.use_cases import Account, Found, compare_balances
from eeum.calendar import parse_instant, text_of

ROOTS_VERIFIED = 3
"""How many of the latest roots an audit verifies by default. Older ones were verified on the days after them."""

Heads = Mapping[str, Callable[[], Iterator[Line]]]
"""How to read the heads of all chains as of each instant, in their order. They may be read several times, and need not fit in memory."""


@dataclass(frozen=True)
class Report:
    """What was checked, by name and number, and every deviation; an intact ledger has none."""

    at: str
    checked: Mapping[str, int]
    deviations: list[Deviation]
    roots_verified: list[str]
    root: Root | None

    def document(self) -> dict[str, Any]:
        return asdict(self)


def wanted_instants(roots: RootStore, now: datetime, most: int | None = ROOTS_VERIFIED) -> list[datetime]:
    """The instants at which chain heads are needed: those of the latest roots, and the midnight whose root is due."""
    dates = roots.dates()
    known = {parse_instant(as_of_date(date), "date") for date in (dates if most is None else dates[-most:])}
    return sorted(known | ({last_midnight(now)} if _is_due(now) else set()))


def _is_due(now: datetime) -> bool:
    return now >= last_midnight(now) + SETTLED


def in_memory(heads: Mapping[str, list[Line]]) -> Heads:
    """Heads that an audit in one process found."""
    return {instant: lambda lines=lines: iter(sorted(lines)) for instant, lines in heads.items()}  # type: ignore[misc]


def conclude(
    found: Found, roots: RootStore, projected: Mapping[str, int] | None, now: datetime, heads: Heads | None = None
) -> Report:
    """Combine what all segments found into a report; verify the stored roots, and store the root that is due.

    `projected` are the balances after the passes, None if they cannot be compared; `found` has those before the passes. `heads` are those
    of all segments, if `found` does not have them.
    """
    checked = check_roots(in_memory(found.heads) if heads is None else heads, roots, now)
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
    further = f"the audit found {found.unnamed} further deviations"
    unnamed = [Deviation("", "further_deviations", "", further)] if found.unnamed else []
    deviations = [*found.deviations, *unnamed, *unbalanced, *differing, *checked.deviations]
    return Report(text_of(now), counts, deviations, checked.verified, checked.stored)


def check_roots(heads: Heads, roots: RootStore, now: datetime) -> RootsChecked:
    """Verify the roots of the instants in `heads` and that each follows the one before; store the root that is due."""
    dates = roots.dates()
    wanted = [date for date in dates if as_of_date(date) in heads]
    first = dates.index(wanted[0]) if wanted else len(dates)
    # The root before the first is read too, since the first names it. The new root names the last.
    stored = {date: roots.root(date) for date in dates[max(first - 1, 0) :]}
    wrong = verify_order(stored)
    verified = []
    for date in wanted:
        root = stored[date]
        if root is not None:
            wrong += verify_root(root, roots.heads(date), heads[as_of_date(date)]())
            verified.append(date)
    due = text_of(last_midnight(now))
    if due not in heads or due in map(as_of_date, dates):
        return RootsChecked(verified, wrong, None)
    before = [root for date, root in stored.items() if root and as_of_date(date) < due]
    try:
        root = store_root(roots, last_midnight(now), heads[due](), before[-1] if before else None)
    except AnotherRoot as error:
        damaged = Deviation("", "root_damaged", date_of(last_midnight(now)), str(error))
        return RootsChecked(verified, [*wrong, damaged], None)
    return RootsChecked(verified, wrong, root)


def part_document(found: Found) -> dict[str, Any]:
    """What one call found but heads, as stored until all segments are done."""
    return asdict(replace(found, heads={}))


def part_of(document: Mapping[str, Any]) -> Found:
    return Found(
        **{
            **document,
            "deviations": [Deviation(**each) for each in document["deviations"]],
            "accounts": {name: Account(*each) for name, each in document["accounts"].items()},
        }
    )
