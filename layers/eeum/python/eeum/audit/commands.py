"""Check the discounts, bonuses and limits of payments and top-ups against the policies and the limit usage at that time.

Commands that use or free limits are numbered by the version of the wallet's `taken` that they stored. The audit recomputes them in that
order, and compares the last result with the wallet.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from eeum.audit.entries import add_to
from eeum.audit.folds import check_ceilings, rewards_item
from eeum.audit.forms import facts_of
from eeum.audit.limits import is_open, last_month, layers_of, limits_at, limits_of, used_and_carried, window_at
from eeum.audit.partition import Findings, Item, Partition
from eeum.audit.terms import Judged, Terms
from eeum.calendar import month_of, previous_month
from eeum.policy.conditions import Facts
from eeum.policy.evaluation import evaluate
from eeum.policy.rules import AT_PAYMENT, AT_TOP_UP, NOTHING, Evaluation, RewardKind

Used = dict[str, int]
"""Limit usage in won, by limit and window."""


def check_commands(partition: Partition, terms: Terms, findings: Findings) -> None:
    commands = [item for kind in ("payment", "top_up") for item in partition.by_kind[kind]]
    judged = [item for item in commands if _is_acted_on(item, terms, findings)]
    changes = [item for item in judged if _version(item)]
    changes += [item for item in partition.by_kind["cancellation"] if _version(item)]
    changes.sort(key=_version)
    states: list[tuple[str, Used]] = [("", {})]
    for expected, item in enumerate(changes, 1):
        if _version(item) != expected:
            what = f"it is change {_version(item)} of the limit usage by commands, but must be {expected}"
            findings.add("taken_version", item["sk"], what)
            return
        findings.each([item], lambda item: states.append((item["accepted_at"], _after(item, states, terms, findings))))
    findings.each(
        [item for item in judged if not _version(item)], lambda item: _check_unnumbered(item, states, terms, findings)
    )
    if partition.wallet is not None:
        stored = partition.wallet.get("taken", {"version": 0, "used": {}})
        findings.unequal("taken", "WALLET", "its count of changes by commands", stored["version"], len(changes))
        findings.unequal("taken", "WALLET", "its limit usage by commands", stored["used"], states[-1][1])


def _version(item: Item) -> int:
    version = item.get("taken", {}).get("version", 0)
    return version if type(version) is int else 0


def _is_acted_on(item: Item, terms: Terms, findings: Findings) -> bool:
    """Whether a policy acts on this command; where none does, the entry may not have rewards."""
    judged = terms.at(item["accepted_at"])
    acts = False
    if judged and item.get("status") in ("approved", "completed"):
        limited = item["kind"] == "top_up" and judged.policy.wallet.top_up_limits
        acts = bool(limited or layers_of(judged.policy, _rewards_at(item)))
    if not acts and any(name in item for name in ("discounts", "rewards", "taken", "ceilings")):
        findings.add(
            "given_without_policy", item["sk"], "it has rewards or limit usage, but no layer or limit applies to it"
        )
    return acts


def _rewards_at(item: Item) -> frozenset[RewardKind]:
    return AT_PAYMENT if item["kind"] == "payment" else AT_TOP_UP


def _after(item: Item, states: list[tuple[str, Used]], terms: Terms, findings: Findings) -> Used:
    """The limit usage by commands after `item`, from its stored fields, which this also checks."""
    used = states[-1][1]
    if item["kind"] == "cancellation":
        freed: Mapping[str, int] = item["taken"]["used"]
        after = {window: won - freed.get(window, 0) for window, won in used.items()}
        return {window: won for window, won in after.items() if won}
    judged = _judged(item, terms)
    for check, what, stored, due in _compared(item, judged, used, findings):
        findings.unequal(check, item["sk"], what, stored, due)
    _check_top_up_limits(item, judged, used, findings)
    after = {window: won for window, won in used.items() if _is_carried(window, judged.at)}
    for window, won in item["taken"]["used"].items():
        add_to(after, window, won)
    return after


def _judged(item: Item, terms: Terms) -> Judged:
    judged = terms.at(item["accepted_at"])
    if judged is None:
        raise ValueError("no policy was in force")
    return judged


def _check_unnumbered(item: Item, states: list[tuple[str, Used]], terms: Terms, findings: Findings) -> None:
    """Check a command that changed no limit usage: its rewards must fit the usage at some point in the order."""
    judged = _judged(item, terms)
    before = [used for accepted_at, used in states if accepted_at <= item["accepted_at"]]
    nearest = before[-1] if before else {}
    wrong = _wrong(item, judged, nearest)
    if wrong and not any(not _wrong(item, judged, used) for _, used in states):
        for check, what, stored, due in wrong:
            findings.unequal(check, item["sk"], what, stored, due)


Compared = tuple[str, str, Any, Any]
"""A check, its subject, the stored value and the expected value."""


def _wrong(item: Item, judged: Judged, used: Used) -> list[Compared]:
    return [each for each in _compared(item, judged, used, None) if each[2] != each[3]]


def _compared(item: Item, judged: Judged, used: Used, findings: Findings | None) -> list[Compared]:
    """The checks of a payment's or top-up's rewards, for the limit usage `used` before it."""
    policy, at = judged.policy, judged.at
    gives = _rewards_at(item)
    limits = limits_at(limits_of(policy, gives), at)
    ceilings: Mapping[str, int] = item.get("ceilings", {})
    evaluation = NOTHING
    if judged.gives:
        facts = replace(_facts_of(item), amount=item["amount"], accepted_at=at)
        before, carried = used_and_carried(limits, used)
        evaluation = evaluate(
            judged.open, facts, item["amount"], before, kinds=gives, carried=carried, funded_amounts=ceilings
        )
    windows = {each.limit.id: each.window for each in limits}
    taken = {windows[limit]: won for limit, won in evaluation.used.items() if won}
    if item["kind"] == "top_up":
        for limit in policy.wallet.top_up_limits:
            if is_open(limit.window, at):
                taken[window_at(limit, at)] = item["amount"]
    if findings is not None:
        check_ceilings(item["sk"], ceilings, evaluation, findings)
    return [
        ("given_in_command", "its discounts or bonuses", _stored(item), _due(evaluation)),
        ("taken_in_command", "its limit usage", item.get("taken", {}).get("used", {}), taken),
    ]


def _facts_of(item: Item) -> Facts:
    if item["kind"] == "payment":
        return facts_of(item["facts"])
    return facts_of(item.get("facts", {}), of_top_up=True)


def _due(evaluation: Evaluation) -> list[dict[str, Any]]:
    return [reward for reward in rewards_item(evaluation) if reward["won"]]


def _stored(item: Item) -> list[dict[str, Any]]:
    """The stored rewards in the form of an earning's. `eeum.audit.purses` checks the purse of a bonus."""
    if item["kind"] == "top_up":
        return [{name: part for name, part in reward.items() if name != "into"} for reward in item.get("rewards", ())]
    return [
        {"layer": layer, "won": won, "bands": bands, "funders": funders}
        for layer, won, bands, funders in item.get("discounts", ())
    ]


def _check_top_up_limits(item: Item, judged: Judged, used: Used, findings: Findings) -> None:
    if item["kind"] != "top_up":
        return
    limits = [limit for limit in judged.policy.wallet.top_up_limits if is_open(limit.window, judged.at)]
    for each in limits_at(limits, judged.at):
        topped_up, most = used.get(each.window, 0) + item["amount"], each.most(used)
        if most is not None and topped_up > most:
            what = f"{each.limit.id} has {topped_up} won used, but allows {most}"
            findings.add("limit_exceeded", item["sk"], what)


def _is_carried(window: str, at: datetime) -> bool:
    """Whether a wallet keeps a window: it reaches into the month of the latest command or the one before; years alike."""
    name = window.partition("@")[2]
    month = month_of(at)
    if len(name) == len("2021"):
        return int(name) >= int(month[:4]) - 1
    return last_month(name) >= previous_month(month)
