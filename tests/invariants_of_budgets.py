"""Invariants of budgets: draws on each line and pool equal the entries, to the won, and never exceed the money.

They are computed from the ledger's entries. Which line pays what is taken from the product, like policies.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from eeum.budget.items import line_of
from eeum.budget.rules import COUNTED, POOL, RETURNED, UNBUDGETED, Lines, fiscal_year_of, pool_money
from eeum.money import split_by_share
from eeum.policy.rules import Layer, PolicyVersion
from tests.stored_forms import named_rewards

Item = dict[str, Any]


class Granted(NamedTuple):
    """The amount that a layer cost its funders for an acceptance at `at`; negative if given back."""

    policy: PolicyVersion
    layer: Layer
    at: datetime
    parts: dict[str, int]


def check_budgets(budgets: Sequence[Item], ledger: Sequence[Item], policies: Sequence[PolicyVersion]) -> None:
    lines = Lines(line_of(item) for item in budgets if item["kind"] == "budget_line")
    granted: Counter[tuple[int, str]] = Counter()
    for each in _every_grant(ledger, policies):
        year = fiscal_year_of(each.at)
        for funder, won in each.parts.items():
            if funder == "merchant" or not lines.are_kept_at(each.at):
                continue
            line = lines.paying(funder, each.layer.id, each.at)
            granted[year, line.id if line else f"{UNBUDGETED}{funder}"] += won
        for pool in each.layer.pools:
            money = pool_money(each.policy, pool, each.at)
            granted[money.home, money.name] += sum(each.parts.values())
    _check_money(budgets, granted)


def _check_money(budgets: Sequence[Item], granted: Counter[tuple[int, str]]) -> None:
    """For each line and pool, the unallocated balance, the budget shards and all draws equal what was appropriated."""
    rests = {item["pk"].split("#")[2]: item for item in budgets if item["kind"] == "budget_rest"}
    have: Counter[tuple[int, str]] = Counter()
    for item in budgets:
        if item["kind"] not in ("sub_line", "budget_rest"):
            continue
        year = int(item["pk"].split("#")[2])
        for name, won in item["won"].items():
            home = year
            if name.startswith(POOL):
                home = next(int(each) for each, rest in rests.items() if name in rest["amounts"])
            assert won >= 0 or name.startswith(COUNTED), item
            have[home, name] += won
    for year, rest in rests.items():
        for name, amount in rest["amounts"].items():
            left = have.pop((int(year), name), 0) + have.pop((int(year), f"{RETURNED}{name}"), 0)
            assert left + granted.pop((int(year), name), 0) == amount, (year, name)
    # Unbudgeted rewards are counted in the same way.
    assert +granted == +have, (granted, have)


def _every_grant(ledger: Sequence[Item], policies: Sequence[PolicyVersion]) -> Iterator[Granted]:
    entries = {(item["pk"], item["sk"].partition("#")[2]): item for item in ledger if item["kind"] == "payment"}
    for item in ledger:
        entry = entries[item["pk"], item["payment"]] if item["kind"] == "cancellation" else item
        for layer, parts in _given_in_commands(item):
            at = datetime.fromisoformat(entry["accepted_at"])
            policy = _policy_at(policies, at)
            yield Granted(policy, _layer(policy, layer), at, parts)
    earned = {(item["pk"], item["number"]): item for item in ledger if item["kind"] == "earning"}
    standing: Counter[tuple[str, int, str]] = Counter()
    for (wallet, number), layer_id, won in _posted(ledger):
        at = datetime.fromisoformat(earned[wallet, number]["accepted_at"])
        policy = _policy_at(policies, at)
        layer = _layer(policy, layer_id)
        before = standing[wallet, number, layer_id]
        standing[wallet, number, layer_id] += won
        old, new = split_by_share(before, layer.shares), split_by_share(before + won, layer.shares)
        differences = (after - earlier for earlier, after in zip(old, new, strict=True))
        yield Granted(policy, layer, at, dict(zip(layer.funders, differences, strict=True)))


def _given_in_commands(item: Item) -> Iterator[tuple[str, dict[str, int]]]:
    """Amounts by layer and funder of a payment's or top-up's rewards, or those that a cancellation gave back."""
    if item["kind"] == "top_up":
        for reward in item.get("rewards", ()):
            yield reward["layer"], dict(reward["funders"])
    elif item["kind"] == "payment":
        for layer, _, _, funders in item.get("discounts", ()):
            yield layer, dict(funders)
    elif item["kind"] == "cancellation":
        for layer, funder, won in item.get("discounts", ()):
            yield layer, {funder: -won}


def _posted(ledger: Sequence[Item]) -> Iterator[tuple[tuple[str, int], str, int]]:
    """The increases of a layer's reward for an earning, one posting after another."""
    postings = [item for item in ledger if item["kind"] in ("earning", "correction")]
    for item in sorted(postings, key=lambda item: item["number"]):
        if item["kind"] == "earning":
            for reward in named_rewards(item):
                yield (item["pk"], item["number"]), reward["layer"], reward["won"]
        else:
            for number, layer, won in item["changes"]:
                yield (item["pk"], number), layer, won


def _policy_at(policies: Sequence[PolicyVersion], at: datetime) -> PolicyVersion:
    return [each for each in policies if each.starts_at <= at][-1]


def _layer(policy: PolicyVersion, layer_id: str) -> Layer:
    return next(layer for layer in policy.layers if layer.id == layer_id)
