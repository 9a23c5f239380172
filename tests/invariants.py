"""What must be true of everything that is stored, after whatever happened: worked out anew from the items, with no code of the stores.

The numbers are those of docs/architecture.md, "Invariants". The one thing that is taken from the product is the
evaluator of policies, which has tests and published examples of its own.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from eeum.ids import entry_id
from eeum.policy.conditions import Facts
from eeum.policy.reading import policy_of
from eeum.policy.rules import PolicyVersion, evaluate
from eeum.storage import Table
from tests.in_memory.storage import InMemoryStorage

Item = dict[str, Any]


def check_everything(storage: InMemoryStorage) -> None:
    programme = storage.items(Table.PROGRAMME)
    check_ledger(storage.items(Table.LEDGER), _policies(programme))
    check_merchants(storage.items(Table.MERCHANTS))
    check_programme(programme)


def check_ledger(items: Sequence[Item], policies: Sequence[PolicyVersion]) -> None:
    partitions: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        partitions[item["pk"]].append(item)
    for partition, own in partitions.items():
        wallets = [item for item in own if item["sk"] == "WALLET"]
        assert len(wallets) == 1, f"{partition} has entries and no wallet"
        entries = [item for item in own if item["sk"] != "WALLET"]
        _check_postings(entries)
        _check_balances(wallets[0], entries)
        _check_ids(entries)
        _check_earnings(wallets[0], entries, policies)


def _check_postings(entries: Sequence[Item]) -> None:
    """Invariant 1: all postings sum to zero. Invariant 6: what was declined moved nothing."""
    for entry in entries:
        postings = entry.get("postings", {})
        assert sum(postings.values()) == 0, entry
        assert all(type(won) is int and won for won in postings.values()), entry
        if entry["kind"] in ("payment", "top_up"):
            assert (entry["status"] == "declined") == (entry["decline"] is not None) == (not postings), entry
        if entry["kind"] == "payment" and postings:
            assert postings[f"merchant_payable/{entry['merchant_id']}"] == entry["amount"] > 0, entry
            assert all(won < 0 for account, won in postings.items() if account.startswith("purse/")), entry


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


def _check_ids(entries: Sequence[Item]) -> None:
    """Invariant 4: an entry is found by its request, and its id tells when the request was first accepted."""
    for entry in entries:
        if entry["kind"] in ("payment", "top_up"):
            accepted_at = datetime.fromisoformat(entry["accepted_at"])
            assert entry["id"] == entry_id(accepted_at, entry["sk"].partition("#")[2]), entry
            assert entry["kind"] != "payment" or entry["month"] == entry["accepted_at"][:7], entry


def _check_earnings(wallet: Item, entries: Sequence[Item], policies: Sequence[PolicyVersion]) -> None:
    """Invariants 2 and 3: what was posted is the fold of the evaluator over the numbered earnings, within every limit."""
    captured = {entry["id"]: entry for entry in entries if entry["kind"] == "payment" and entry["status"] == "approved"}
    earnings = sorted((entry for entry in entries if entry["kind"] == "earning"), key=lambda entry: entry["number"])
    assert [earning["number"] for earning in earnings] == list(range(1, len(earnings) + 1)), wallet
    assert wallet["posted"] == len(earnings), wallet
    assert wallet["captures"] == len(captured), wallet
    assert len({earning["payment_id"] for earning in earnings}) == len(earnings), "a capture earned twice"
    used: dict[str, Counter[str]] = defaultdict(Counter)
    for earning in earnings:
        payment = captured[earning["payment_id"]]
        month = payment["accepted_at"][:7]
        assert earning["sk"] == f"EARNING#{month}#{payment['sk'].partition('#')[2]}#0", earning
        _check_earning(earning, payment, policies, used[month])
    _check_usage(wallet, used)


def _check_earning(earning: Item, payment: Item, policies: Sequence[PolicyVersion], used: Counter[str]) -> None:
    accepted_at = datetime.fromisoformat(payment["accepted_at"])
    started = [policy for policy in policies if policy.starts_at <= accepted_at]
    won = sum(reward["won"] for reward in earning["rewards"])
    assert earning["postings"].get("purse/cashback", 0) == won, earning
    assert sum(won for reward in earning["rewards"] for _, won in reward["funders"]) == won, earning
    if not started:
        assert (earning["policy"], won, earning["used"]) == (None, 0, {}), earning
        return
    policy = started[-1]
    expected = (
        evaluate(policy, _facts(payment["facts"]), _base(payment, policy), used)
        if policy.pays_at(accepted_at)
        else None
    )
    assert earning["policy"] == policy.version, earning
    assert earning["base"] == _base(payment, policy), earning
    assert won == (expected.won if expected else 0), earning
    assert earning["used"] == (dict(expected.used) if expected else {}), earning
    used.update(earning["used"])
    for layer in policy.layers:
        for limit in (*layer.spend_limits, *layer.reward_limits):
            assert limit.amount is None or not earning["used"].get(limit.id) or used[limit.id] <= limit.amount, earning


def _base(payment: Item, policy: PolicyVersion) -> int:
    return sum(
        -won
        for account, won in payment["postings"].items()
        if account.startswith("purse/")
        and (account[6:] if account[6:] in ("charged", "cashback") else "grants") in policy.earns_from
    )


def _check_usage(wallet: Item, used: dict[str, Counter[str]]) -> None:
    """The wallet carries the use of the latest month that has any, and of the one before, and no other."""
    windows = {f"{limit}@{month}": won for month, limits in used.items() for limit, won in limits.items() if won}
    carried = {window: won for window, won in wallet["usage"].items() if won}
    assert carried.items() <= windows.items(), wallet
    months = sorted({window.partition("@")[2] for window in windows})
    if months:
        year, month = divmod(int(months[-1][:4]) * 12 + int(months[-1][5:]) - 2, 12)
        kept = {months[-1], f"{year:04}-{month + 1:02}"}
        assert carried == {window: won for window, won in windows.items() if window.partition("@")[2] in kept}, wallet


def _facts(stored: Item) -> Facts:
    return Facts(
        merchant_district=stored["district"],
        merchant_category=stored["category"],
        merchant_annual_revenue=stored["annual_revenue"],
        merchant_flags=frozenset(stored["flags"]),
        merchant_own_rate=stored["own_rate"],
        card_product=stored["card_product"],
        member_class=stored["member_class"],
        channel=stored["channel"],
        method=stored["method"],
    )


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
        assert earlier["status"] == "closed", earlier
        number = [int(month["month"][:4]) * 12 + int(month["month"][5:]) for month in (earlier, later)]
        assert number[1] - number[0] == 1, f"a gap between {earlier['month']} and {later['month']}"
    assert not months or months[-1]["status"] == "open", months[-1]
    versions = [item for item in items if item["kind"] == "policy"]
    names = {item["sk"]: item for item in items if item["kind"] == "policy_name"}
    assert {f"NAME#{version['version']}" for version in versions} == set(names)
    assert len(names) == len(versions)
    assert bool(versions) == any(item["sk"] == "BEGINNING" for item in items)


def _policies(items: Sequence[Item]) -> list[PolicyVersion]:
    documents = [json.loads(item["document"]) for item in items if item["kind"] == "policy"]
    return sorted((policy_of(document) for document in documents), key=lambda policy: policy.starts_at)
