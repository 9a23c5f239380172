"""Recompute the cashback of captures that survive, accrual by accrual, and compare each stored entry with the result.

Limit usage is kept by limit and window. Months whose accruals share a window, or carry a limit over into the next, are folded together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from eeum.audit.debts import Returned, is_of_earlier_version
from eeum.audit.discounts import paid_for
from eeum.audit.entries import account_of, add_to, given_off, without_zeros
from eeum.audit.forms import facts_of, rewards_by_name
from eeum.audit.limits import LimitAt, Window, layers_of, shares, used_and_carried
from eeum.audit.partition import CaptureOf, Findings, Item, Partition, between, digest_in, first_won
from eeum.audit.parts import parts_of, together_posted
from eeum.audit.purses import purse_due, taken_back
from eeum.audit.terms import Judged, Terms
from eeum.policy.conditions import Facts
from eeum.policy.evaluation import evaluate
from eeum.policy.rules import AFTER_PAYMENT, NOTHING, Evaluation, Layer


def in_full(used: Mapping[str, int], month: str) -> dict[Window, int]:
    """Limit usage of an entry of `month`, by limit and window; stored keys leave out the window where it is that month."""
    return {key if "@" in key else f"{key}@{month}": won for key, won in used.items()}


@dataclass
class Folded:
    """An earning as cancellations left it: the surviving won of its capture's price, and the reward for them in won.

    `given_back` is the won refunded to purses, `ceilings` the funded amount of each layer that was not funded in full.
    """

    number: int
    source: Item
    merchant_id: str
    judged: Judged
    facts: Facts
    survives: int
    ceilings: dict[str, int]
    given_back: int = 0
    evaluation: Evaluation = NOTHING
    used: dict[Window, int] = field(default_factory=dict)

    @property
    def paid_from(self) -> Sequence[Sequence[Any]]:
        return paid_up_to(self.source, self.survives)


def paid_up_to(source: Item, won: int) -> Sequence[Sequence[Any]]:
    """The purses that the first `won` won of a capture's price came from; captures of holds have no discount."""
    if source["kind"] == "payment" and "discounts" in source:
        return paid_for(source, 0, won)
    return first_won(source["paid_from"], won)


class Fold:
    """The fold of months that depend on each other."""

    def __init__(self, partition: Partition, terms: Terms, findings: Findings) -> None:
        self._partition = partition
        self._terms = terms
        self._findings = findings
        self.earnings: list[Folded] = []
        self.returned: dict[str, Returned] = {}
        self._places: dict[CaptureOf, int] = {}
        self._used: dict[Window, int] = {}

    def add(self, item: Item) -> None:
        if item["kind"] == "earning":
            self._add_earning(item)
        else:
            self._add_correction(item)

    def _add_earning(self, item: Item) -> None:
        sk, unequal = item["sk"], self._findings.unequal
        _, month, digest, capture = sk.split("#")
        source = self._partition.sources.get((digest, int(capture)))
        if source is None:
            self._findings.add("posting_without_source", sk, "its capture is missing")
            return
        self._check_source_of_earning(item, source)
        judged = self._terms.at(source["accepted_at"])
        if judged is None:
            self._findings.add("no_policy_in_force", sk, f"at {source['accepted_at']}")
            return
        folded = Folded(
            number=item["number"],
            source=source,
            merchant_id=item["paid_to"],
            judged=judged,
            facts=facts_of(source["facts"]),
            survives=source["amount"],
            ceilings=dict(item.get("ceilings", {})),
        )
        base = self._evaluate(folded)
        self._places[digest, int(capture)] = len(self.earnings)
        self.earnings.append(folded)
        unequal("cashback_policy", sk, "its policy", item["policy"], judged.policy.version)
        unequal("cashback_base", sk, "its base", item["base"], base)
        unequal("cashback_rewards", sk, "its rewards", rewards_by_name(item["rewards"]), _earned_item(folded))
        unequal("cashback_used", sk, "its limit usage", in_full(item["used"], month), folded.used)
        check_ceilings(sk, folded.ceilings, folded.evaluation, self._findings)

    def _check_source_of_earning(self, item: Item, source: Item) -> None:
        whole = source["kind"] == "payment"
        expected = {
            "its payment": (item["payment_id"], source["id" if whole else "payment_id"]),
            "its merchant": (item["paid_to"], source["merchant_id" if whole else "paid_to"]),
            "its acceptance": (item["accepted_at"], source["accepted_at"]),
            "its slice": (item["slice"], [0, source["amount"]] if whole else source["slice"]),
        }
        for what, (stored, due) in expected.items():
            self._findings.unequal("posting_of_another_source", item["sk"], what, stored, due)

    def _evaluate(self, folded: Folded) -> int:
        """Evaluate the policy on the usage so far and add to that usage; return the base in won."""
        judged = folded.judged
        base = _base(folded.paid_from, judged.policy.earns_from)
        folded.evaluation, folded.used = NOTHING, {}
        if judged.gives:
            facts = replace(folded.facts, amount=folded.survives, accepted_at=judged.at)
            used, carried = used_and_carried(judged.limits, self._used)
            folded.evaluation = evaluate(
                judged.open, facts, base, used, carried=carried, funded_amounts=folded.ceilings
            )
            windows = {limit.id: window for limit, window, _ in judged.limits}
            folded.used = {windows[limit]: won for limit, won in folded.evaluation.used.items()}
        for window, won in folded.used.items():
            add_to(self._used, window, won)
        return base

    def _add_correction(self, item: Item) -> None:
        """Check a correction; one in parts is checked with its first part, for all parts together."""
        parts = parts_of(self._partition, item, self._findings)
        if parts is None:
            return
        sk = item["sk"]
        self._check_source(item)
        first = len(self.earnings)
        for payment, capture, won, *_ in item["cancelled"]:
            place = self._places.get((payment, capture))
            if place is None:
                self._findings.add(
                    "posting_without_source", sk, f"no earning of capture {capture} of {payment} comes before it"
                )
                return
            self.earnings[place].survives -= won
            first = min(first, place)
        portions = self._returned(item)
        used_before = dict(self._used)
        lowered = [each for part in parts for each in self._lower(part)]
        changes, cashback = self._fold_from(first)
        for folded, ceilings in lowered:
            check_ceilings(sk, ceilings, folded.evaluation, self._findings)
        used = {
            window: self._used.get(window, 0) - used_before.get(window, 0) for window in {**used_before, **self._used}
        }
        stored = {(number, layer): won for part in parts for number, layer, won in part["changes"]}
        unequal = self._findings.unequal
        unequal("cashback_changes", sk, "its changes", stored, changes)
        together = together_posted(parts)
        wanted = without_zeros(cashback)
        posted, spent = taken_back(together, wanted, self._findings)
        self.returned[sk] = Returned(portions, spent, wanted, together["cashback"])
        unequal("cashback_changes", sk, "its postings for these changes", together["cashback"], posted)
        self._check_further_parts(parts)
        unequal(
            "cashback_used", sk, "its change of limit usage", in_full(item["used"], item["month"]), without_zeros(used)
        )

    def _check_further_parts(self, parts: Sequence[Item]) -> None:
        """Check that a further part posts its own changes; only the first also has what the purses lacked."""
        by_number = {folded.number: folded for folded in self.earnings} if len(parts) > 1 else {}
        for part in parts[1:]:
            accounts: dict[str, int] = {}
            for number, layer_id, won in part["changes"]:
                folded = by_number[number]
                layer = next(each for each in folded.judged.policy.layers if each.id == layer_id)
                now = next((each.won for each in folded.evaluation.rewards if each.layer == layer_id), 0)
                _add_change(accounts, folded, layer, now - won, now)
            posted = without_zeros(accounts)
            self._findings.unequal("cashback_changes", part["sk"], "its postings", part["cashback"], posted)

    def _lower(self, correction: Item) -> list[tuple[Folded, dict[str, int]]]:
        """Apply a correction's funded amounts; return each changed earning with its new amounts, in won by layer."""
        by_number = {folded.number: folded for folded in self.earnings} if "ceilings" in correction else {}
        brought: dict[int, dict[str, int]] = {}
        for number, layer, won in correction.get("ceilings", ()):
            if number not in by_number:
                self._findings.add("ceiling", correction["sk"], f"it lowers earning {number}, which is missing")
                continue
            brought.setdefault(number, {})[layer] = won
            by_number[number].ceilings[layer] = won
        return [(by_number[number], ceilings) for number, ceilings in brought.items()]

    def _fold_from(self, first: int) -> tuple[dict[tuple[int, str], int], dict[str, int]]:
        """Evaluate all earnings from index `first` again; return the changes in won, by layer and by account."""
        self._used = {}
        for folded in self.earnings[:first]:
            for window, won in folded.used.items():
                add_to(self._used, window, won)
        changes: dict[tuple[int, str], int] = {}
        accounts: dict[str, int] = {}
        for folded in self.earnings[first:]:
            before = {reward.layer: reward.won for reward in folded.evaluation.rewards}
            self._evaluate(folded)
            after = {reward.layer: reward.won for reward in folded.evaluation.rewards}
            for layer in folded.judged.policy.layers:
                old, new = before.get(layer.id, 0), after.get(layer.id, 0)
                if old == new:
                    continue
                changes[folded.number, layer.id] = new - old
                _add_change(accounts, folded, layer, old, new)
        return changes, accounts

    def _check_source(self, item: Item) -> None:
        sk, unequal = item["sk"], self._findings.unequal
        source = self._partition.cancellations.get(digest_in(item))
        if source is None:
            self._findings.add("posting_without_source", sk, "its cancellation is missing")
            return
        cancelled = [
            [source["payment"], number, won, *discount]
            for number, won, month, *discount in source["of"]
            if month == item["month"]
        ]
        check = "posting_of_another_source"
        unequal(check, sk, "its cancelled captures", item["cancelled"], cancelled)
        unequal(check, sk, "its cancellation", item["cancellation_id"], source["id"])
        unequal(check, sk, "its payment", item["payment_id"], source["payment_id"])
        unequal(check, sk, "its acceptance", item["accepted_at"], source["accepted_at"])

    def _returned(self, item: Item) -> list[tuple[str, int]]:
        """Refunds by purse, in reverse debit order, after all earlier refunds of the same capture.

        Corrections of earlier versions left out what they recovered, so that this won is at the end of the refund.
        """
        returned: dict[str, int] = {}
        missing = item["recovered"] if is_of_earlier_version(item) else 0
        for each in item["cancelled"]:
            payment, capture, won = each[:3]
            refund = won - given_off([each])
            folded = self.earnings[self._places[payment, capture]]
            kept = min(refund, missing)
            missing -= kept
            start, end = folded.given_back, folded.given_back + refund - kept
            for purse_id, part in between(folded.source["paid_from"][::-1], start, end):
                add_to(returned, purse_id, part)
            folded.given_back = end
        if is_of_earlier_version(item):
            stored = dict(map(tuple, item["released"]))
            self._findings.unequal("refund", item["sk"], "its refund", stored, returned)
        refund = sum(won for _, _, won, *_ in item["cancelled"]) - given_off(item["cancelled"])
        if not 0 <= item["recovered"] <= refund:
            self._findings.add(
                "refund", item["sk"], f"it recovers {item['recovered']} won, not 0 to {refund} won of the refund"
            )
        return list(returned.items())


def _add_change(accounts: dict[str, int], folded: Folded, layer: Layer, old: int, new: int) -> None:
    """Add what moves when the reward of `layer` changes from `old` won to `new`."""
    into = purse_due(folded.judged.policy, layer, folded.source["accepted_at"])
    add_to(accounts, f"purse/{into}", new - old)
    for (name, paid), (_, owed) in zip(shares(layer, old), shares(layer, new), strict=True):
        add_to(accounts, account_of(name, folded.merchant_id), paid - owed)


def check_ceilings(sk: str, ceilings: Mapping[str, int], evaluation: Evaluation, findings: Findings) -> None:
    """Check that each recorded funded amount has cut a reward: it is recorded for no other reason."""
    cut = {reward.layer for reward in evaluation.rewards if reward.uncut is not None}
    for layer, won in ceilings.items():
        if won < 0 or layer not in cut:
            findings.add("ceiling", sk, f"{layer} has a funded amount of {won} won, which does not lower its reward")


def together(months: Mapping[str, set[LimitAt]]) -> list[list[str]]:
    """Group the months that depend on each other through windows of the limits that judge their earnings."""
    groups: list[tuple[set[str], set[Window]]] = []
    for month, judged_by in months.items():
        windows = {window for _, window, _ in judged_by}
        windows |= {carried_from for _, _, carried_from in judged_by if carried_from}
        own = {month}
        apart = []
        for others, theirs in groups:
            if theirs.isdisjoint(windows):
                apart.append((others, theirs))
            else:
                own |= others
                windows |= theirs
        groups = [*apart, (own, windows)]
    return [sorted(own) for own, _ in groups]


def _base(paid_from: Sequence[Sequence[Any]], earns_from: frozenset[str]) -> int:
    return sum(won for purse, won in paid_from if _kind_of(purse) in earns_from)


def _kind_of(purse: str) -> str:
    """The policy's word for a purse in `earns_from`; a purse of rewards has a date in its name."""
    if purse in ("charged", "cashback"):
        return purse
    return "rewards" if "@" in purse else "grants"


def _earned_item(folded: Folded) -> list[dict[str, Any]]:
    """The rewards of an earning; each names its purse, unless that is cashback."""
    policy, at = folded.judged.policy, folded.source["accepted_at"]
    into = {layer.id: purse_due(policy, layer, at) for layer in layers_of(policy, AFTER_PAYMENT)}
    own = {layer: {"into": purse_id} for layer, purse_id in into.items() if purse_id != "cashback"}
    return [reward | own.get(reward["layer"], {}) for reward in rewards_item(folded.evaluation)]


def rewards_item(evaluation: Evaluation) -> list[dict[str, Any]]:
    return [
        {
            "layer": reward.layer,
            "won": reward.won,
            "bands": [list(part) for part in reward.portions],
            "funders": [list(part) for part in reward.funders],
        }
        for reward in evaluation.rewards
    ]
