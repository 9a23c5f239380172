"""What policies gave within commands, at payments and top-ups, is what they give on what the wallet had used of their limits then.

Commands that use limits, or free them again, are numbered by the version of the wallet's `taken` that they made: in that order they are
recomputed, and what the wallet carries comes out at the end.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from eeum.audit.entries import add_to
from eeum.audit.folds import check_ceilings, rewards_item
from eeum.audit.partition import Findings, Item, Partition
from eeum.audit.terms import Judged, Terms
from eeum.calendar import month_of, previous_month
from eeum.policy.conditions import Facts
from eeum.policy.evaluation import evaluate
from eeum.policy.rules import AT_PAYMENT, AT_TOP_UP, NOTHING, Evaluation, Gives
from eeum.policy.stored_facts import STORED_WITH_A_TOP_UP, facts_of_item
from eeum.policy.usage import key_of, limits_of, standing
from eeum.policy.windows import last_month_of

Used = dict[str, int]
"""Won by limit and window."""


def check_commands(partition: Partition, terms: Terms, findings: Findings) -> None:
    commands = [item for kind in ("payment", "top_up") for item in partition.by_kind[kind]]
    given = [item for item in commands if _is_given_to(item, terms, findings)]
    changes = [item for item in given if _version(item)]
    changes += [item for item in partition.by_kind["cancellation"] if _version(item)]
    changes.sort(key=_version)
    states: list[tuple[str, Used]] = [("", {})]
    for expected, item in enumerate(changes, 1):
        if _version(item) != expected:
            what = f"it is change {_version(item)} of what commands used, and must be {expected}"
            findings.add("taken_version", item["sk"], what)
            return
        findings.each([item], lambda item: states.append((item["accepted_at"], _after(item, states, terms, findings))))
    findings.each(
        [item for item in given if not _version(item)], lambda item: _check_apart(item, states, terms, findings)
    )
    if partition.wallet is not None:
        stored = partition.wallet.get("taken", {"version": 0, "used": {}})
        findings.unequal("taken", "WALLET", "how often commands used limits", stored["version"], len(changes))
        findings.unequal("taken", "WALLET", "what commands used of limits", stored["used"], states[-1][1])


def _version(item: Item) -> int:
    version = item.get("taken", {}).get("version", 0)
    return version if type(version) is int else 0


def _is_given_to(item: Item, terms: Terms, findings: Findings) -> bool:
    """Whether a policy may give something here; where it may not, nothing may be said to be given."""
    judged = terms.at(item["accepted_at"])
    acts = False
    if judged and item.get("status") in ("approved", "completed"):
        limited = item["kind"] == "top_up" and judged.policy.wallet.top_up_limits
        acts = bool(limited or judged.policy.acting(_gives(item)))
    if not acts and any(name in item for name in ("discounts", "rewards", "taken", "ceilings")):
        findings.add("given_without_policy", item["sk"], "it says that something was given, and nobody gives there")
    return acts


def _gives(item: Item) -> frozenset[Gives]:
    return AT_PAYMENT if item["kind"] == "payment" else AT_TOP_UP


def _after(item: Item, states: list[tuple[str, Used]], terms: Terms, findings: Findings) -> Used:
    """What commands have used after `item`, by what it says; that it says so rightly is checked."""
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


def _check_apart(item: Item, states: list[tuple[str, Used]], terms: Terms, findings: Findings) -> None:
    """A command that changed no use, and so has no place among the others: there must be one at which it comes out."""
    judged = _judged(item, terms)
    before = [used for accepted_at, used in states if accepted_at <= item["accepted_at"]]
    nearest = before[-1] if before else {}
    wrong = _wrong(item, judged, nearest)
    if wrong and not any(not _wrong(item, judged, used) for _, used in states):
        for check, what, stored, due in wrong:
            findings.unequal(check, item["sk"], what, stored, due)


Compared = tuple[str, str, Any, Any]
"""A check, what it is about, what is stored and what must be."""


def _wrong(item: Item, judged: Judged, used: Used) -> list[Compared]:
    return [each for each in _compared(item, judged, used, None) if each[2] != each[3]]


def _compared(item: Item, judged: Judged, used: Used, findings: Findings | None) -> list[Compared]:
    """What is given at a payment or top-up on what was `used` before."""
    policy, at, _ = judged
    gives = _gives(item)
    limits = limits_of(policy, gives)
    ceilings: Mapping[str, int] = item.get("ceilings", {})
    evaluation = NOTHING
    if policy.pays_at(at):
        facts = replace(_facts_of(item), amount=item["amount"], accepted_at=at)
        before, carried = standing(limits.values(), used, at)
        evaluation = evaluate(policy, facts, item["amount"], before, gives=gives, carried=carried, ceilings=ceilings)
    taken = {key_of(limits[limit], at): won for limit, won in evaluation.used.items() if won}
    if item["kind"] == "top_up":
        for limit in policy.wallet.top_up_limits:
            if limit.window.is_open(at):
                taken[key_of(limit, at)] = item["amount"]
    if findings is not None:
        check_ceilings(item["sk"], ceilings, evaluation, findings)
    return [
        ("given_in_command", "what policies give in it", _stored(item), _due(evaluation)),
        ("taken_in_command", "what it uses of limits", item.get("taken", {}).get("used", {}), taken),
    ]


def _facts_of(item: Item) -> Facts:
    if item["kind"] == "payment":
        return facts_of_item(item["facts"])
    return facts_of_item(item.get("facts", {}), STORED_WITH_A_TOP_UP)


def _due(evaluation: Evaluation) -> list[dict[str, Any]]:
    return [reward for reward in rewards_item(evaluation) if reward["won"]]


def _stored(item: Item) -> list[dict[str, Any]]:
    """As an earning has rewards. Where a bonus comes into is checked with the purses (`eeum.audit.purses`)."""
    if item["kind"] == "top_up":
        return [{name: part for name, part in reward.items() if name != "into"} for reward in item.get("rewards", ())]
    return [
        {"layer": layer, "won": won, "bands": bands, "funders": funders}
        for layer, won, bands, funders in item.get("discounts", ())
    ]


def _check_top_up_limits(item: Item, judged: Judged, used: Used, findings: Findings) -> None:
    if item["kind"] != "top_up":
        return
    policy, at, _ = judged
    limits = [limit for limit in policy.wallet.top_up_limits if limit.window.is_open(at)]
    before, carried = standing(limits, used, at)
    for limit in limits:
        topped_up = before.get(limit.id, 0) + item["amount"]
        if limit.amount is not None and topped_up > limit.amount + carried.get(limit.id, 0):
            what = f"{limit.id} comes to {topped_up} won, and allows {limit.amount + carried.get(limit.id, 0)}"
            findings.add("limit_exceeded", item["sk"], what)


def _is_carried(window: str, at: datetime) -> bool:
    """A wallet carries the windows that reach into the month of its latest command or the one before, and years so too."""
    name = window.partition("@")[2]
    month = month_of(at)
    if len(name) == len("2021"):
        return int(name) >= int(month[:4]) - 1
    return last_month_of(name) >= previous_month(month)
