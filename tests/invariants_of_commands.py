"""Invariants of discounts and bonuses, recomputed from the entries, with no code of the stores.

The evaluator of policies is the product's, which has tests and published examples of its own.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from eeum.policy.evaluation import evaluate
from eeum.policy.rules import AT_PAYMENT, AT_TOP_UP, Limit, PolicyVersion
from eeum.policy.windows import previous_window, start_of_window, window_name
from tests.invariants_of_facts import facts_of
from tests.invariants_of_payments import taken

Item = dict[str, Any]


def check_commands(wallet: Item, entries: Sequence[Item], policies: Sequence[PolicyVersion]) -> None:
    """Each command gave what the policy gives with the usage of earlier commands, and the wallet has the same limit usage."""
    changing = [entry for entry in entries if entry.get("taken", {}).get("version")]
    changing.sort(key=lambda entry: entry["taken"]["version"])
    versions = [entry["taken"]["version"] for entry in changing]
    assert versions == list(range(1, len(versions) + 1)), versions
    used: Counter[str] = Counter()
    for entry in changing:
        if entry["kind"] == "cancellation":
            used.subtract(entry["taken"]["used"])
            continue
        _check_given(entry, used, policies)
        used.update(entry["taken"]["used"])
    assert all(won >= 0 for won in used.values()), used
    stored = wallet.get("taken", {"version": 0, "used": {}})
    assert stored["version"] == len(versions), wallet
    assert all(used[key] == won for key, won in stored["used"].items()), (wallet, used)
    for entry in entries:
        _check_discounts(entry)
        _check_top_up(entry)


def _check_given(entry: Item, used: Counter[str], policies: Sequence[PolicyVersion]) -> None:
    at = datetime.fromisoformat(entry["accepted_at"])
    policy = [each for each in policies if each.starts_at <= at][-1]
    payment = entry["kind"] == "payment"
    facts = replace(facts_of(entry.get("facts", {})), amount=entry["amount"], accepted_at=at)
    limits = {limit.id: limit for layer in policy.layers for limit in layer.limits}
    before = {name: used[key_of(limit, at)] for name, limit in limits.items()}
    carried = {name: carried_of(limit, used, at) for name, limit in limits.items()}
    evaluation = evaluate(
        policy,
        facts,
        entry["amount"],
        before,
        kinds=AT_PAYMENT if payment else AT_TOP_UP,
        carried=carried,
        funded_amounts=entry.get("ceilings", {}),
    )
    given = {each[0]: each[1] for each in entry.get("discounts", ())} if payment else {}
    given |= {each["layer"]: each["won"] for each in entry.get("rewards", ())}
    assert given == {each.layer: each.won for each in evaluation.rewards if each.won}, entry
    expected = {key_of(limits[name], at): won for name, won in evaluation.used.items() if won}
    if not payment:
        on_top_ups = [limit for limit in policy.wallet.top_up_limits if limit.window.is_open(at)]
        for limit in on_top_ups:
            expected[key_of(limit, at)] = entry["amount"]
            room = None if limit.amount is None else limit.amount + carried_of(limit, used, at)
            assert room is None or used[key_of(limit, at)] + entry["amount"] <= room, entry
    assert entry["taken"]["used"] == expected, entry
    for name, won in evaluation.used.items():
        amount = limits[name].amount
        assert amount is None or won == 0 or before[name] + won <= amount + carried[name], entry


def key_of(limit: Limit, at: datetime) -> str:
    return f"{limit.id}@{window_name(limit.window, at)}"


def carried_of(limit: Limit, used: Counter[str], at: datetime) -> int:
    before = previous_window(limit.window, window_name(limit.window, at))
    if limit.carries_over_from is None or limit.amount is None or before is None:
        return 0
    if start_of_window(limit.window, before) < limit.carries_over_from:
        return 0
    return max(limit.amount - used[f"{limit.id}@{before}"], 0)


def funded_by(payment: Item) -> dict[str, int]:
    """The funders of a payment's discounts, as postings."""
    funded: Counter[str] = Counter()
    for _, _, _, funders in payment.get("discounts", ()):
        for name, won in funders:
            funded[f"merchant_reward/{payment['merchant_id']}" if name == "merchant" else f"funder/{name}"] -= won
    return {account: won for account, won in funded.items() if won}


def paid_for(payment: Item, start: int, end: int) -> list[list[Any]]:
    """The amounts that each purse paid for the won from `start` to `end` of the price."""
    price, discount = payment["amount"], sum(each[1] for each in payment.get("discounts", ()))
    return taken(payment["paid_from"], start - discount * start // price, end - discount * end // price)


def _check_discounts(payment: Item) -> None:
    """A discount is fully funded, and less than the price; holds and declines have none."""
    discounts = payment.get("discounts", ())
    if payment["kind"] != "payment" or not discounts:
        return
    assert payment["status"] == "approved", payment
    for _, won, _, funders in discounts:
        assert sum(part for _, part in funders) == won > 0, payment
    paid = sum(won for _, won in payment["paid_from"])
    assert paid + sum(won for _, won, _, _ in discounts) == payment["amount"], payment
    assert paid > 0, payment


def _check_top_up(entry: Item) -> None:
    """The face value is loaded, a bonus is added, and a discount reduces what the bank takes, all to the won."""
    if entry["kind"] != "top_up" or entry["status"] == "declined":
        return
    expected: Counter[str] = Counter({"purse/charged": entry["amount"], entry["caller"]: -entry["amount"]})
    for reward in entry.get("rewards", ()):
        assert sum(won for _, won in reward["funders"]) == reward["won"] > 0, entry
        for name, won in reward["funders"]:
            expected[f"funder/{name}"] -= won
        expected[f"purse/{reward['into']}" if "into" in reward else entry["caller"]] += reward["won"]
    assert entry["postings"] == {account: won for account, won in expected.items() if won}, entry
