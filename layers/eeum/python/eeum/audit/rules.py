"""What must hold for one wallet: a pure function from its items to the deviations.

docs/architecture.md lists the invariants. The audit uses none of the ledger's rules, so that it checks all of them (docs/decisions/0042).
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from eeum.audit.cashback import check_cashback
from eeum.audit.commands import check_commands
from eeum.audit.entries import check_entries
from eeum.audit.links import check_links
from eeum.audit.partition import UNREADABLE, Deviation, Findings, Partition
from eeum.audit.payments import check_payments
from eeum.audit.purses import check_purses
from eeum.audit.terms import PolicyAt, Terms
from eeum.ids import natural_id

PURSE = "purse/"


def deviations(partition: Partition, policy_at: PolicyAt, now: datetime) -> list[Deviation]:
    """Every deviation of a wallet, in the order of the checks; an intact wallet has none.

    `policy_at` returns the policy in force at an instant, or None; `now` decides which cashback may still be pending.
    """
    findings = Findings(partition.wallet_id)
    terms = Terms(policy_at)
    checks: tuple[Callable[[], object], ...] = (
        lambda: _check_wallet(partition, findings),
        lambda: check_entries(partition, findings),
        lambda: _check_balances(partition, findings),
        lambda: check_payments(partition, findings),
        lambda: check_commands(partition, terms, findings),
        lambda: check_cashback(partition, terms, now, findings),
        lambda: check_purses(partition, terms, findings),
        lambda: check_links(partition, findings),
    )
    for check in checks:
        try:
            check()
        except UNREADABLE as error:
            # An entry of an unknown shape stops one check only.
            findings.add("wallet_unreadable", "WALLET", f"a check failed with {type(error).__name__}: {error}")
    return findings.deviations


def _check_wallet(partition: Partition, findings: Findings) -> None:
    if partition.wallet is None:
        findings.add("wallet_missing", "WALLET", f"it is missing, but has {len(partition.entries)} entries")
        return
    expected = natural_id("wallet", partition.wallet["member"])
    findings.unequal("wallet_of_another_member", "WALLET", "its id", partition.wallet_id, expected)


def _check_balances(partition: Partition, findings: Findings) -> None:
    """Check that each purse equals the sum of its postings, and that only cashback is below zero, with a reason."""
    if partition.wallet is None:
        return
    posted: dict[str, int] = {}
    for entry in partition.entries:
        for account, won in entry.get("postings", {}).items():
            if account.startswith(PURSE):
                purse_id = account[len(PURSE) :]
                posted[purse_id] = posted.get(purse_id, 0) + won
    purses: Mapping[str, Any] = partition.wallet["purses"]
    for purse_id in {**purses, **posted}:
        amount = purses[purse_id]["amount"] if purse_id in purses else 0
        won = posted.get(purse_id, 0)
        if amount != won:
            what = f"{purse_id} holds {amount} won, but its postings sum to {won}"
            findings.add("balance", "WALLET", what)
        if amount < 0 and purse_id != "cashback":
            findings.add("purse_below_zero", "WALLET", f"{purse_id} holds {amount} won")
    owes = purses["cashback"]["amount"] < 0
    if owes != (partition.wallet.get("negative") is not None):
        what = f"cashback is {purses['cashback']['amount']} won with the reason {partition.wallet.get('negative')}"
        findings.add("negative_reason", "WALLET", what)


def movements(partition: Partition) -> Sequence[tuple[str, int, str]]:
    """What each entry moved: account, won and instant; a funder's account has the month's fiscal year, `funder/city@2021`."""
    found: list[tuple[str, int, str]] = []
    for entry in partition.entries:
        postings = entry.get("postings")
        if not postings:
            continue
        posted = entry["kind"] in ("earning", "correction")
        at = entry["posted_at"] if posted else entry["accepted_at"]
        year = entry["sk"].split("#")[1][:4] if posted else at[:4]
        for account, won in postings.items():
            name = f"{account}@{year}" if account.startswith("funder/") else account
            found.append((name, won, at))
    return found
