"""Each month's cashback is what the policies give for the captures that survive, in the order of their numbers.

Written without the code that posts and replays (`eeum.cashback`), so that one is a check of the other: only the evaluator of policies,
which has published examples of its own, is used by both.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from eeum.audit.entries import account_of, add_to, without_zeros
from eeum.audit.partition import CaptureOf, Findings, Item, Partition, between, digest_in, first_won
from eeum.calendar import parse_instant, previous_month, text_of
from eeum.payments.items import facts_of_item
from eeum.policy.conditions import Facts
from eeum.policy.evaluation import evaluate
from eeum.policy.rules import NOTHING, Evaluation, PolicyVersion, funded

PolicyAt = Callable[[datetime], PolicyVersion | None]

GRACE = timedelta(hours=2)
"""How long cashback may be on its way: the catch-up, which comes every hour, finds what the stream did not bring."""


def check_cashback(partition: Partition, policy_at: PolicyAt, now: datetime, findings: Findings) -> None:
    postings = [*partition.by_kind["earning"], *partition.by_kind["correction"]]
    numbered = sorted(postings, key=lambda item: item["number"])
    _check_numbers(partition, numbered, findings)
    _check_due(partition, text_of(now - GRACE), findings)
    months: dict[str, list[Item]] = defaultdict(list)
    for item in numbered:
        months[item["sk"].split("#")[1]].append(item)
    largest: dict[str, dict[str, int | None]] = {}
    for month, of_month in months.items():
        fold = MonthFold(partition, policy_at, findings)
        findings.each(of_month, fold.add)
        largest[month] = fold.limits
    _check_usage(partition, months, largest, findings)


def _check_numbers(partition: Partition, numbered: list[Item], findings: Findings) -> None:
    for expected, item in enumerate(numbered, 1):
        if item["number"] != expected:
            findings.add("posting_number", item["sk"], f"its number is {item['number']}, and must be {expected}")
            break
    if partition.wallet is not None:
        findings.unequal("posted_count", "WALLET", "the number posted", partition.wallet["posted"], len(numbered))


def _check_due(partition: Partition, too_old: str, findings: Findings) -> None:
    """`due` counts what is called for, and each of it has its posting, or is young enough to be on its way."""
    claimed = {item["sk"] for kind in ("earning", "correction") for item in partition.by_kind[kind]}
    due = 0

    def called_for(item: Item, claims: list[str]) -> None:
        nonlocal due
        due += len(claims)
        missing = [claim for claim in claims if claim not in claimed]
        if missing and item["accepted_at"] < too_old:
            findings.add("posting_missing", item["sk"], f"accepted at {item['accepted_at']}, and there is no {missing}")

    def of_capture(item: Item) -> None:
        payment, capture = (digest_in(item), 0) if item["kind"] == "payment" else (item["payment"], item["capture"])
        called_for(item, [f"EARNING#{item['month']}#{payment}#{capture}"])

    def of_cancellation(item: Item) -> None:
        months = dict.fromkeys(month for _, _, month in item["of"])
        called_for(item, [f"CORRECTION#{month}#{digest_in(item)}" for month in months])

    findings.each(partition.sources.values(), of_capture)
    findings.each(partition.by_kind["cancellation"], of_cancellation)
    if partition.wallet is not None:
        findings.unequal("due_count", "WALLET", "the number due", partition.wallet["due"], due)


@dataclass
class Folded:
    """An earning as it stands: what of its capture survives, and what the policy gives for that."""

    number: int
    merchant_id: str
    accepted_at: datetime
    policy: PolicyVersion
    facts: Facts
    paid_from: list[list[Any]]
    survives: int
    given_back: int
    evaluation: Evaluation


class MonthFold:
    """The fold of one month, grown by one posting after the other; what a posting says is held against it."""

    def __init__(self, partition: Partition, policy_at: PolicyAt, findings: Findings) -> None:
        self._partition = partition
        self._policy_at = policy_at
        self._findings = findings
        self._earnings: list[Folded] = []
        self._places: dict[CaptureOf, int] = {}
        self._used: dict[str, int] = {}
        self.limits: dict[str, int | None] = {}
        """The largest amount that each limit had for any earning, None for one that only counts."""

    def add(self, item: Item) -> None:
        if item["kind"] == "earning":
            self._add_earning(item)
        else:
            self._add_correction(item)

    def _add_earning(self, item: Item) -> None:
        sk, unequal = item["sk"], self._findings.unequal
        _, _, digest, capture = sk.split("#")
        source = self._partition.sources.get((digest, int(capture)))
        if source is None:
            self._findings.add("posting_without_source", sk, "there is no capture that it could be for")
            return
        whole = source["kind"] == "payment"
        unequal(
            "posting_of_another_source", sk, "its payment", item["payment_id"], source["id" if whole else "payment_id"]
        )
        unequal(
            "posting_of_another_source",
            sk,
            "its merchant",
            item["paid_to"],
            source["merchant_id" if whole else "paid_to"],
        )
        unequal("posting_of_another_source", sk, "its acceptance", item["accepted_at"], source["accepted_at"])
        unequal(
            "posting_of_another_source",
            sk,
            "its slice",
            item["slice"],
            [0, source["amount"]] if whole else source["slice"],
        )
        accepted_at = parse_instant(source["accepted_at"], "accepted_at")
        policy = self._policy_at(accepted_at)
        if policy is None:
            self._findings.add("no_policy_in_force", sk, f"at {source['accepted_at']}")
            return
        facts = facts_of_item(source["facts"])
        folded = Folded(
            item["number"],
            item["paid_to"],
            accepted_at,
            policy,
            facts,
            source["paid_from"],
            source["amount"],
            0,
            NOTHING,
        )
        base = self._evaluate(folded)
        self._places[digest, int(capture)] = len(self._earnings)
        self._earnings.append(folded)
        self._note_limits(policy)
        unequal("cashback_policy", sk, "its policy", item["policy"], policy.version)
        unequal("cashback_base", sk, "its base", item["base"], base)
        unequal("cashback_rewards", sk, "what it gives", item["rewards"], _rewards_item(folded.evaluation))
        unequal("cashback_used", sk, "what it uses of limits", item["used"], dict(folded.evaluation.used))

    def _evaluate(self, folded: Folded) -> int:
        """What the policy gives on what was used so far, which grows by it; gives the base."""
        base = _base(folded.paid_from, folded.survives, folded.policy.earns_from)
        pays = folded.policy.pays_at(folded.accepted_at)
        folded.evaluation = evaluate(folded.policy, folded.facts, base, self._used) if pays else NOTHING
        for limit, won in folded.evaluation.used.items():
            self._used[limit] = self._used.get(limit, 0) + won
        return base

    def _note_limits(self, policy: PolicyVersion) -> None:
        for layer in policy.layers:
            for limit in (*layer.spend_limits, *layer.reward_limits):
                known = self.limits.get(limit.id, 0)
                self.limits[limit.id] = None if known is None or limit.amount is None else max(known, limit.amount)

    def _add_correction(self, item: Item) -> None:
        sk = item["sk"]
        self._check_source(item)
        first = len(self._earnings)
        for payment, capture, won in item["cancelled"]:
            place = self._places.get((payment, capture))
            if place is None:
                self._findings.add(
                    "posting_without_source", sk, f"capture {capture} of {payment} has no earning before it"
                )
                return
            self._earnings[place].survives -= won
            first = min(first, place)
        self._check_release(item)
        used_before = dict(self._used)
        changes, cashback = self._fold_from(first)
        used = {limit: self._used.get(limit, 0) - used_before.get(limit, 0) for limit in {**used_before, **self._used}}
        stored = {(number, layer): won for number, layer, won in item["changes"]}
        unequal = self._findings.unequal
        unequal("cashback_changes", sk, "what it changes", stored, changes)
        unequal("cashback_changes", sk, "what it posts for that", item["cashback"], without_zeros(cashback))
        unequal("cashback_used", sk, "what it changes of limits", item["used"], without_zeros(used))

    def _fold_from(self, first: int) -> tuple[dict[tuple[int, str], int], dict[str, int]]:
        """Evaluates all earnings from place `first` on again; by how much layers and accounts change."""
        self._used = {}
        for folded in self._earnings[:first]:
            for limit, won in folded.evaluation.used.items():
                self._used[limit] = self._used.get(limit, 0) + won
        changes: dict[tuple[int, str], int] = {}
        accounts: dict[str, int] = {}
        for folded in self._earnings[first:]:
            before = {reward.layer: reward.won for reward in folded.evaluation.rewards}
            self._evaluate(folded)
            after = {reward.layer: reward.won for reward in folded.evaluation.rewards}
            for layer in folded.policy.layers:
                old, new = before.get(layer.id, 0), after.get(layer.id, 0)
                if old == new:
                    continue
                changes[folded.number, layer.id] = new - old
                add_to(accounts, "purse/cashback", new - old)
                for (name, paid), (_, owed) in zip(funded(layer, old), funded(layer, new), strict=True):
                    add_to(accounts, account_of(name, folded.merchant_id), paid - owed)
        return changes, accounts

    def _check_source(self, item: Item) -> None:
        sk, unequal = item["sk"], self._findings.unequal
        source = self._partition.cancellations.get(digest_in(item))
        if source is None:
            self._findings.add("posting_without_source", sk, "there is no cancellation that it could be for")
            return
        cancelled = [[source["payment"], number, won] for number, won, month in source["of"] if month == item["month"]]
        check = "posting_of_another_source"
        unequal(check, sk, "what it cancels", item["cancelled"], cancelled)
        unequal(check, sk, "its cancellation", item["cancellation_id"], source["id"])
        unequal(check, sk, "its payment", item["payment_id"], source["payment_id"])
        unequal(check, sk, "its acceptance", item["accepted_at"], source["accepted_at"])

    def _check_release(self, item: Item) -> None:
        """What is not recovered goes back in reverse debit order, on all that ever went back of the capture."""
        released: dict[str, int] = {}
        missing = item["recovered"]
        for payment, capture, won in item["cancelled"]:
            folded = self._earnings[self._places[payment, capture]]
            kept = min(won, missing)
            missing -= kept
            start, end = folded.given_back, folded.given_back + won - kept
            for purse_id, part in between(folded.paid_from[::-1], start, end):
                add_to(released, purse_id, part)
            folded.given_back = end
        stored = dict(map(tuple, item["released"]))
        self._findings.unequal("refund", item["sk"], "what it gives back", stored, released)
        if missing or item["recovered"] < 0:
            self._findings.add("refund", item["sk"], f"it recovers {item['recovered']} won, which is not of the refund")


def _base(paid_from: list[list[Any]], survives: int, earns_from: frozenset[str]) -> int:
    kinds = {"charged": "charged", "cashback": "cashback"}
    return sum(won for purse, won in first_won(paid_from, survives) if kinds.get(purse, "grants") in earns_from)


def _rewards_item(evaluation: Evaluation) -> list[dict[str, Any]]:
    return [
        {
            "layer": reward.layer,
            "won": reward.won,
            "bands": [list(part) for part in reward.portions],
            "funders": [list(part) for part in reward.funders],
        }
        for reward in evaluation.rewards
    ]


def _check_usage(
    partition: Partition,
    months: Mapping[str, list[Item]],
    limits: Mapping[str, Mapping[str, int | None]],
    findings: Findings,
) -> None:
    """No limit is exceeded by what is stored, and the wallet carries the windows of its latest month and of the one before."""
    windows: dict[str, int] = {}
    for month, items in months.items():
        findings.each(items, lambda item, month=month: _add_used(windows, month, item))  # type: ignore[misc]
    for window, won in windows.items():
        limit, _, month = window.partition("@")
        most = limits[month].get(limit, 0)
        if won < 0 or (most is not None and won > most):
            findings.add("limit_exceeded", "WALLET", f"{window} is used by {won} won, and allows {most}")
    if partition.wallet is not None:
        latest = max((window.partition("@")[2] for window in windows), default="")
        kept = {latest, previous_month(latest)} if latest else set()
        expected = {window: won for window, won in windows.items() if won and window.partition("@")[2] in kept}
        carried = without_zeros(partition.wallet["usage"])
        findings.unequal("usage", "WALLET", "what it carries of use", carried, expected)


def _add_used(windows: dict[str, int], month: str, item: Item) -> None:
    for limit, won in item["used"].items():
        add_to(windows, f"{limit}@{month}", won)
