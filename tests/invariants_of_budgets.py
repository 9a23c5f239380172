"""The sums of budgets from stored items: the draws on each line and pool equal the entries, to the won, and never exceed the money.

This belongs to the audit's side of the oracles and uses its functions. It uses none of the ledger's rules.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from eeum.audit.in_force import InForce
from eeum.audit.limits import is_open, shares, window_at
from eeum.calendar import SEOUL
from eeum.policy.rules import Layer, PolicyVersion
from eeum.policy.use_cases import PolicyBook
from tests.stored_forms import named_rewards

Item = dict[str, Any]

POOL, RETURNED, UNBUDGETED = "pool/", "returned/", "unbudgeted/"


class Granted(NamedTuple):
    """The amount that a layer cost its funders for an acceptance at `at`; negative if given back."""

    policy: PolicyVersion
    layer: Layer
    at: datetime
    parts: dict[str, int]


def check_budgets(budgets: Sequence[Item], ledger: Sequence[Item], policies: PolicyBook) -> None:
    lines = [item for item in budgets if item["kind"] == "budget_line"]
    granted: Counter[tuple[int, str]] = Counter()
    for each in _every_grant(ledger, InForce(policies.approved, policies.amendments)):
        for funder, won in each.parts.items():
            if name := _paying(lines, funder, each.layer.id, each.at):
                granted[each.at.astimezone(SEOUL).year, name] += won
        for pool in each.layer.pools:
            won = sum(each.parts.values())
            # Outside an event nothing is drawn; returns are always possible.
            assert won <= 0 or is_open(each.policy.pools[pool].window, each.at), f"{pool} is drawn on at {each.at}"
            granted[_pool(each.policy, pool, each.at)] += won
    _check_money(budgets, granted)


def _paying(lines: Sequence[Item], funder: str, layer: str, at: datetime) -> str | None:
    """The name of the money that pays; a line for this layer goes first. None before the year's first line, and for merchants."""
    year, instant = at.astimezone(SEOUL).year, at.astimezone(SEOUL)
    begun = [
        line
        for line in lines
        if line["fiscal_year"] == year and datetime.fromisoformat(line["applies_from"]) <= instant
    ]
    if funder == "merchant" or not begun:
        return None
    own = [line for line in begun if line["funder"] == funder and (line["layers"] is None or layer in line["layers"])]
    own.sort(key=lambda line: (line["layers"] is None, line["id"]))
    return str(own[0]["id"]) if own else f"{UNBUDGETED}{funder}"


def _pool(policy: PolicyVersion, pool: str, at: datetime) -> tuple[int, str]:
    """The year that has the money of a pool's window, and its name; an event's money is in the year of its last instant."""
    until = policy.pools[pool].window.until
    last = until - timedelta(milliseconds=1) if until else at
    return last.astimezone(SEOUL).year, f"{POOL}{window_at(policy.pools[pool], at)}"


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
            assert won >= 0 or name.startswith((RETURNED, UNBUDGETED)), item
            have[home, name] += won
    for year, rest in rests.items():
        for name, amount in rest["amounts"].items():
            left = have.pop((int(year), name), 0) + have.pop((int(year), f"{RETURNED}{name}"), 0)
            assert left + granted.pop((int(year), name), 0) == amount, (year, name)
    # Unbudgeted rewards are counted in the same way.
    assert +granted == +have, (granted, have)


def _every_grant(ledger: Sequence[Item], policies: InForce) -> Iterator[Granted]:
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
        old, new = dict(shares(layer, before)), dict(shares(layer, before + won))
        yield Granted(policy, layer, at, {funder: new[funder] - old[funder] for funder in layer.funders})


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


def _policy_at(policies: InForce, at: datetime) -> PolicyVersion:
    version = policies.at(at)
    assert version is not None, f"no policy is in force at {at}"
    return version


def _layer(policy: PolicyVersion, layer_id: str) -> Layer:
    return next(layer for layer in policy.layers if layer.id == layer_id)
