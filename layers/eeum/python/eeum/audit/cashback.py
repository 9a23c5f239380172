"""Check that each month's cashback is what the policies give for surviving captures, in the order of accrual numbers.

This shares no code with the accrual (`eeum.cashback`), so that each checks the other. Both use the evaluator of policies, which published
examples check.
"""

from collections import defaultdict
from datetime import datetime, timedelta

from eeum.audit.debts import check_debts
from eeum.audit.entries import add_to, without_zeros
from eeum.audit.folds import Fold, Folded, in_full, together
from eeum.audit.found_balances import check_found_balances
from eeum.audit.limits import LimitAt, Window, last_month
from eeum.audit.partition import Findings, Item, Partition, digest_in
from eeum.audit.terms import Terms
from eeum.calendar import previous_month, text_of

GRACE = timedelta(minutes=10)
"""How long cashback may be pending. After that its absence is reported, even if a catch-up may still post it."""


def check_cashback(partition: Partition, terms: Terms, now: datetime, findings: Findings) -> list[Folded]:
    """Check the cashback of a wallet; return its earnings as cancellations left them."""
    postings = [*partition.by_kind["earning"], *partition.by_kind["correction"]]
    numbered = sorted(postings, key=lambda item: item["number"])
    _check_numbers(partition, numbered, findings)
    _check_due(partition, text_of(now - GRACE), findings)
    judged_by = _judged_by(numbered, terms)
    fold_of: dict[str, Fold] = {}
    for months in together(judged_by):
        fold = Fold(partition, terms, findings)
        fold_of |= dict.fromkeys(months, fold)
    findings.each(numbered, lambda item: fold_of[item["sk"].split("#")[1]].add(item))
    _check_usage(partition, numbered, judged_by, findings)
    folds = list(dict.fromkeys(fold_of.values()))
    returned = {sk: due for fold in folds for sk, due in fold.returned.items()}
    check_found_balances(partition, returned, findings)
    check_debts(partition, returned, findings)
    return [folded for fold in folds for folded in fold.earnings]


def _judged_by(numbered: list[Item], terms: Terms) -> dict[str, set[LimitAt]]:
    """By month, the limits that judge its earnings."""
    found: dict[str, set[LimitAt]] = defaultdict(set)
    for item in numbered:
        of_month = found[item["sk"].split("#")[1]]
        judged = terms.at(item["accepted_at"]) if item["kind"] == "earning" else None
        of_month.update(judged.limits if judged else ())
    return found


def _check_numbers(partition: Partition, numbered: list[Item], findings: Findings) -> None:
    for expected, item in enumerate(numbered, 1):
        if item["number"] != expected:
            findings.add(
                "posting_number", item["sk"], f"its accrual number is {item['number']}, but must be {expected}"
            )
            break
    if partition.wallet is not None:
        findings.unequal(
            "posted_count", "WALLET", "its count of accruals posted", partition.wallet["posted"], len(numbered)
        )


def _check_due(partition: Partition, too_old: str, findings: Findings) -> None:
    """Check that `due` counts every accrual that is due, and that each is posted or recent enough to be pending.

    Further parts of a correction become due once its first part is posted.
    """
    claimed = {item["sk"] for kind in ("earning", "correction") for item in partition.by_kind[kind]}
    due = sum("part" in item and item["part"][0] > 0 for item in partition.by_kind["correction"])

    def check_accruals(item: Item, claims: list[str]) -> None:
        nonlocal due
        due += len(claims)
        missing = [claim for claim in claims if claim not in claimed]
        if missing and item["accepted_at"] < too_old:
            findings.add(
                "posting_missing", item["sk"], f"it was accepted at {item['accepted_at']}, and {missing} is missing"
            )

    def of_capture(item: Item) -> None:
        payment, capture = (digest_in(item), 0) if item["kind"] == "payment" else (item["payment"], item["capture"])
        check_accruals(item, [f"EARNING#{item['month']}#{payment}#{capture}"])

    def of_cancellation(item: Item) -> None:
        months = dict.fromkeys(month for _, _, month, *_ in item["of"])
        check_accruals(item, [f"CORRECTION#{month}#{digest_in(item)}" for month in months])

    findings.each(partition.sources.values(), of_capture)
    findings.each(partition.by_kind["cancellation"], of_cancellation)
    if partition.wallet is not None:
        findings.unequal("due_count", "WALLET", "its count of accruals due", partition.wallet["due"], due)


def _check_usage(
    partition: Partition,
    numbered: list[Item],
    judged_by: dict[str, set[LimitAt]],
    findings: Findings,
) -> None:
    """Check that no limit is exceeded, and that the wallet carries the windows that reach into its latest month or the one before.

    It may also carry older windows whose limits carry over into a later one.
    """
    windows: dict[Window, int] = {}
    findings.each(numbered, lambda item: _add_used(windows, item))
    allowed: dict[Window, set[LimitAt]] = defaultdict(set)
    for of_month in judged_by.values():
        for each in of_month:
            allowed[each.window].add(each)
    for window, won in windows.items():
        most = _most(allowed[window])
        if won < 0 or (most is not None and won > most):
            findings.add("limit_exceeded", "WALLET", f"{window} has {won} won used, but allows {most}")
    if partition.wallet is not None:
        carried = without_zeros(partition.wallet["usage"])
        kept = _kept(windows)
        known = {window: won for window, won in windows.items() if won and (window in kept or window in carried)}
        findings.unequal("usage", "WALLET", "its limit usage", carried, known)


def _most(allowed: set[LimitAt]) -> int | None:
    """The most that a limit can allow in a window, with a whole carry-over into it; None where it only counts.

    The fold checks the actual carry-over: a late accrual may have used more of it since.
    """
    most = 0
    for limit, _, carried_from in allowed:
        if limit.amount is None:
            return None
        most = max(most, limit.amount * 2 if carried_from else limit.amount)
    return most


def _kept(windows: dict[Window, int]) -> set[Window]:
    """The windows that reach into the month in which the latest window begins, or into the month before."""
    names = [window.partition("@")[2] for window in windows]
    # A year's window is named by the year alone; an event's name says when it ends.
    begun = [f"{name}-01" if len(name) == len("2021") else name[:7] for name in names if name[0].isdigit()]
    if not begun:
        return set(windows)
    oldest = previous_month(max(begun))
    return {window for window, name in zip(windows, names, strict=True) if last_month(name) >= oldest}


def _add_used(windows: dict[Window, int], item: Item) -> None:
    for window, won in in_full(item["used"], item["sk"].split("#")[1]).items():
        add_to(windows, window, won)
