"""What must hold for everything that is stored: the audit finds nothing, budgets have what their draws left, records are complete.

The audit is one of two oracles (docs/decisions/0042). It does not read budgets: their sums are recomputed in
`tests.invariants_of_budgets`, on the audit's side.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from eeum.audit.partition import Deviation
from eeum.audit.store import AuditStore
from eeum.audit.use_cases import Audit
from eeum.policy.reading import policy_of
from eeum.policy.use_cases import PolicyBook
from eeum.storage import Storage, Table
from tests.in_memory.storage import InMemoryStorage
from tests.invariants_of_budgets import check_budgets

Item = dict[str, Any]

BEFORE_ALL_ENTRIES = datetime(2000, 1, 1, tzinfo=UTC)
"""An audit at this instant expects no accrual yet."""

OF_A_DEBT = ("negative_reason", "undone_not_restored")


def check_everything(storage: InMemoryStorage) -> None:
    """Check what is stored under the versions as they were approved, since no test of a whole city amends one."""
    versions = [item for item in storage.items(Table.PROGRAMME) if item["kind"] == "policy"]
    check_stored(storage, PolicyBook([policy_of(json.loads(item["document"])) for item in versions]))


def check_stored(storage: InMemoryStorage, policies: PolicyBook, now: datetime | None = None) -> None:
    """Check what is stored; with `now`, no accrual may be missing that is older than the audit allows."""
    ledger = storage.items(Table.LEDGER)
    check_ledger(storage, policies, now, _in_debt_from_the_start(ledger))
    check_budgets(storage.items(Table.BUDGETS), ledger, policies)
    check_merchants(storage.items(Table.MERCHANTS))
    check_programme(storage.items(Table.PROGRAMME))


def check_ledger(
    storage: Storage, policies: PolicyBook, now: datetime | None = None, in_debt: frozenset[str] = frozenset()
) -> None:
    """Check that the audit finds nothing in the ledger, apart from allowances, which no part of the product pays yet.

    For wallets `in_debt` it may find that cashback below zero has no reason, and that undoing everything does not restore it.
    """
    audit = Audit(AuditStore(storage), policies, now or BEFORE_ALL_ENTRIES, (), lambda: True, lambda _: None)
    found = audit.segment(0, 1).found.deviations
    wrong = [
        each
        for each in found
        if not _is_an_allowance(each) and not (each.check in OF_A_DEBT and each.wallet_id in in_debt)
    ]
    assert not wrong, wrong[:5]


def _in_debt_from_the_start(ledger: Sequence[Item]) -> frozenset[str]:
    """The wallets whose test began with cashback below zero, a debt that no operation makes."""
    taken = (item for item in ledger if item["kind"] == "grant" and item["postings"].get("purse/cashback", 0) < 0)
    return frozenset(item["pk"].removeprefix("WALLET#") for item in taken)


def _is_an_allowance(deviation: Deviation) -> bool:
    return (deviation.check, deviation.entry[:6]) == ("kind_unknown", "GRANT#")


def check_merchants(items: Sequence[Item]) -> None:
    for item in items:
        assert ("review" in item) == (item["status"] == "applied"), item
        assert ("listed_in" in item) == ("listing" in item) == (item["status"] == "approved"), item
        assert (item["payable_from"] is not None) == (item["status"] == "approved"), item
        decided = [decision["status"] for decision in item["decisions"]]
        assert item["status"] == "applied" or decided[-1] == item["status"], item
        assert decided.count("approved") <= 1, item


def check_programme(items: Sequence[Item]) -> None:
    months = sorted((item for item in items if item["kind"] == "month"), key=lambda item: item["month"])
    for earlier, later in pairwise(months):
        assert earlier["status"] in ("closed", "frozen"), earlier
        number = [int(month["month"][:4]) * 12 + int(month["month"][5:]) for month in (earlier, later)]
        assert number[1] - number[0] == 1, f"a gap between {earlier['month']} and {later['month']}"
    assert not months or months[-1]["status"] == "open", months[-1]
    versions = [item for item in items if item["kind"] == "policy"]
    names = {item["sk"]: item for item in items if item["kind"] == "policy_name"}
    assert {f"NAME#{version['version']}" for version in versions} == set(names)
    assert len(names) == len(versions)
    assert bool(versions) == any(item["sk"] == "BEGINNING" for item in items)
