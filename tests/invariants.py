"""The invariants of everything that is stored, recomputed from the items, with no code of the stores.

The numbers are those of docs/architecture.md, "Invariants". Of the product they use only the evaluator of policies, which has tests and
published examples of its own.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from eeum.ids import entry_id
from eeum.policy.reading import policy_of
from eeum.policy.rules import PolicyVersion
from eeum.storage import Table
from tests.in_memory.storage import InMemoryStorage
from tests.invariants_of_budgets import check_budgets
from tests.invariants_of_cashback import check_cashback
from tests.invariants_of_commands import check_commands, funded_by
from tests.invariants_of_debts import check_debts
from tests.invariants_of_payments import check_chain, check_payments

Item = dict[str, Any]

CLAIMS = "BANK_REFERENCE#"


def check_everything(storage: InMemoryStorage) -> None:
    programme = storage.items(Table.PROGRAMME)
    check_ledger(storage.items(Table.LEDGER), _policies(programme))
    check_budgets(storage.items(Table.BUDGETS), storage.items(Table.LEDGER), _policies(programme))
    check_merchants(storage.items(Table.MERCHANTS))
    check_programme(programme)


def check_ledger(items: Sequence[Item], policies: Sequence[PolicyVersion]) -> None:
    partitions: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        partitions[item["pk"]].append(item)
    claims = {partition: own for partition, own in partitions.items() if partition.startswith(CLAIMS)}
    check_bank_references(claims, [item for item in items if item["kind"] == "top_up"])
    for partition, own in partitions.items():
        if partition not in claims:
            check_partition(partition, own, policies)


def check_bank_references(claims: Mapping[str, Sequence[Item]], top_ups: Sequence[Item]) -> None:
    """Each reference of a bank has one completed top-up, in any wallet, and its claim names it."""
    completed = [item for item in top_ups if item["status"] == "completed" and "claimed" in item]
    by_reference: dict[str, list[Item]] = defaultdict(list)
    for item in completed:
        by_reference[f"{CLAIMS}{item['caller']}#{item['bank_reference']}"].append(item)
    assert by_reference.keys() == claims.keys(), by_reference.keys() ^ claims.keys()
    for partition, (entry, *twins) in by_reference.items():
        assert not twins, f"{partition} was credited {1 + len(twins)} times: {entry} and {twins}"
        (claim,) = claims[partition]
        assert entry["pk"] == f"WALLET#{claim['wallet_id']}", (entry, claim)
        assert (entry["sk"], entry["amount"]) == (f"TOP_UP#{claim['top_up']}", claim["amount"]), (entry, claim)


def check_partition(partition: str, items: Sequence[Item], policies: Sequence[PolicyVersion]) -> None:
    """Check everything of one wallet."""
    wallets = [item for item in items if item["sk"] == "WALLET"]
    assert len(wallets) == 1, f"{partition} has entries and no wallet"
    entries = [item for item in items if item["sk"] != "WALLET"]
    _check_postings(entries)
    _check_balances(wallets[0], entries)
    _check_ids(entries)
    check_payments(wallets[0], entries)
    check_commands(wallets[0], entries, policies)
    check_cashback(wallets[0], entries, policies)
    check_chain(wallets[0], entries)
    check_debts(wallets[0], entries)


def _check_postings(entries: Sequence[Item]) -> None:
    """Invariant 1: all postings sum to zero. Invariant 5: a declined request moved nothing."""
    for entry in entries:
        postings = entry.get("postings", {})
        assert sum(postings.values()) == 0, entry
        assert all(type(won) is int and won for won in postings.values()), entry
        if entry["kind"] in ("payment", "top_up"):
            assert (entry["status"] == "declined") == (entry.get("decline") is not None) == (not postings), entry
        if entry["kind"] == "payment" and postings:
            target = "purse/held" if entry["status"] == "held" else f"merchant_payable/{entry['merchant_id']}"
            paid = {f"purse/{purse}": -won for purse, won in entry["paid_from"]}
            assert postings == {**paid, **funded_by(entry), target: entry["amount"]}, entry
            assert all(won < 0 for won in paid.values()), entry


def _check_balances(wallet: Item, entries: Sequence[Item]) -> None:
    """Invariant 1: a wallet equals the sum of its postings, and only cashback may be below zero."""
    posted: Counter[str] = Counter()
    for entry in entries:
        for account, won in entry.get("postings", {}).items():
            if account.startswith("purse/"):
                posted[account.removeprefix("purse/")] += won
    for purse, state in wallet["purses"].items():
        assert state["amount"] == posted.pop(purse, 0), (purse, wallet)
        assert purse == "cashback" or state["amount"] >= 0, wallet
    assert not any(posted.values()), f"money in purses that {wallet['pk']} does not have: {posted}"
    # A test may take money out of a purse directly, without a reason in the wallet.
    if not any(entry["kind"] == "grant" and "purse/cashback" in entry["postings"] for entry in entries):
        assert (wallet.get("negative") is not None) == (wallet["purses"]["cashback"]["amount"] < 0), wallet


def _check_ids(entries: Sequence[Item]) -> None:
    """Invariant 4: an entry is found by its request, and its id contains the instant of first acceptance."""
    for entry in entries:
        if entry["kind"] in ("payment", "top_up", "capture", "cancellation"):
            accepted_at = datetime.fromisoformat(entry["accepted_at"])
            assert entry["id"] == entry_id(accepted_at, entry["sk"].partition("#")[2]), entry
            assert entry.get("month", entry["accepted_at"][:7]) == entry["accepted_at"][:7], entry


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


def _policies(items: Sequence[Item]) -> list[PolicyVersion]:
    """The versions as they were approved, since no test of a whole city amends one."""
    documents = [json.loads(item["document"]) for item in items if item["kind"] == "policy"]
    return sorted((policy_of(document) for document in documents), key=lambda policy: policy.starts_at)
