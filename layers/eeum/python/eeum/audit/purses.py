"""Rewards in their own purses: which purse they enter, when and where they are spent, what expires, and what is taken back.

This shares no code with the product's purses (`eeum.wallet`). The policy's name and a date name a purse of rewards. `points@2026-03`
expires with that month, `points@2026` with that year, `points@always` never; `payback@2026-03` is spendable from that month on.
"""

from collections.abc import Mapping
from dataclasses import replace

from eeum.audit.entries import CASHBACK, Postings, add_to, without_zeros
from eeum.audit.forms import facts_of
from eeum.audit.limits import layers_of
from eeum.audit.partition import Findings, Item, Partition
from eeum.audit.terms import Judged, Terms
from eeum.policy.conditions import Facts
from eeum.policy.rules import AT_TOP_UP, Layer, PolicyVersion, RewardKind

PAYBACK, ALWAYS, YEAR = "payback", "always", 4
AS_NAMED = "@"
"""The `until` of a purse whose terms are not stored, since its name gives them."""


def purse_due(policy: PolicyVersion, layer: Layer, accepted_at: str) -> str:
    """The purse that a reward of `layer` enters, for a payment accepted at an instant (text in Seoul's time)."""
    if layer.reward_kind is RewardKind.PAYBACK:
        return f"{PAYBACK}@{_month(accepted_at, 1)}"
    if layer.into not in policy.purses:
        return layer.into
    listed = policy.purses[layer.into]
    if listed.months is not None:
        return f"{layer.into}@{_month(accepted_at, listed.months)}"
    return f"{layer.into}@{ALWAYS if listed.years is None else int(accepted_at[:YEAR]) + listed.years}"


def _month(accepted_at: str, later: int) -> str:
    years, month = divmod(int(accepted_at[5:7]) - 1 + later, 12)
    return f"{int(accepted_at[:YEAR]) + years:04d}-{month + 1:02d}"


def taken_back(correction: Item, wanted: Postings, findings: Findings) -> tuple[Postings, dict[str, int]]:
    """The postings of `wanted`, and the won spent by purse, where purses hold less than is taken back.

    The rest comes from rewards that expired in a purse, or from cashback, which pays for rewards that were spent. An entry does not say
    how much a purse held: this checks the bounds, and `eeum.audit.found_balances` the amounts.
    """
    due = dict(wanted)
    spent: dict[str, int] = {}
    expired: Mapping[str, int] = correction.get("expired", {})
    of_rewards = {account: won for account, won in wanted.items() if "@" in account and won < 0}
    for account, won in of_rewards.items():
        lacking = correction["cashback"].get(account, 0) - won
        name = account.partition("/")[2]
        gone = expired.get(name, 0)
        if not 0 <= gone <= lacking <= -won:
            what = f"{name} lacked {lacking} of {-won} won, and {gone} of them had expired"
            findings.add("taken_back", correction["sk"], what)
            continue
        add_to(due, account, lacking)
        add_to(due, f"expired/{name.partition('@')[0]}", -gone)
        add_to(due, CASHBACK, gone - lacking)
        add_to(spent, name, lacking - gone)
    others = [name for name in expired if f"purse/{name}" not in of_rewards]
    if others:
        findings.add(
            "taken_back", correction["sk"], f"it names expired rewards of {others}, but takes nothing back from there"
        )
    return without_zeros(due), without_zeros(spent)


def check_purses(partition: Partition, terms: Terms, findings: Findings) -> None:
    paid = [item for item in partition.by_kind["payment"] if item.get("status") in ("approved", "held")]
    findings.each(paid, lambda item: _check_spent(item, terms, findings))
    findings.each(partition.by_kind["top_up"], lambda item: _check_bonus(item, terms, findings))
    findings.each(partition.by_kind["expiry"], lambda item: _check_expiry(item, findings))
    _check_expired(partition, findings)
    if partition.wallet is not None:
        for name, stored in partition.wallet["purses"].items():
            if "@" in name and stored != {"amount": stored.get("amount"), "until": AS_NAMED}:
                kept = {term: stored.get(term) for term in ("from", "until", "where")}
                findings.unequal("purse_terms", "WALLET", f"the terms of {name}", kept, _terms_of(name))


def _check_spent(payment: Item, terms: Terms, findings: Findings) -> None:
    """Check that no purse is spent before its time, after its expiry, or where the policy in force does not allow it."""
    at = payment["accepted_at"]
    for purse_id, _ in payment["paid_from"]:
        name, of_rewards, date = purse_id.partition("@")
        if not of_rewards:
            continue
        early = name == PAYBACK and at[: len(date)] < date
        late = name != PAYBACK and date != ALWAYS and at[: len(date)] > date
        if early or late:
            findings.add("spent_at_another_time", payment["sk"], f"{purse_id} was spent at {at}")
        judged = terms.at(at)
        listed = judged.policy.purses.get(name) if judged else None
        if judged and listed and listed.spendable_at and not listed.spendable_at.holds(_facts_of(payment, judged)):
            findings.add("spent_elsewhere", payment["sk"], f"{purse_id} was spent on {payment['facts']}")


def _facts_of(payment: Item, judged: Judged) -> Facts:
    return replace(facts_of(payment["facts"]), amount=payment["amount"], accepted_at=judged.at)


def _check_bonus(top_up: Item, terms: Terms, findings: Findings) -> None:
    """Check that a bonus enters its layer's purse, and that a discount enters none."""
    judged = terms.at(top_up["accepted_at"])
    layers = {layer.id: layer for layer in layers_of(judged.policy, AT_TOP_UP)} if judged else {}
    for reward in top_up.get("rewards", ()):
        layer = layers.get(reward["layer"])
        if judged and layer:
            into = purse_due(judged.policy, layer, top_up["accepted_at"])
            due = None if layer.reward_kind is RewardKind.TOP_UP_DISCOUNT else into
            findings.unequal("reward_into", top_up["sk"], f"the purse of {layer.id}", reward.get("into"), due)


def _check_expiry(expiry: Item, findings: Findings) -> None:
    at = expiry["accepted_at"]
    findings.unequal("expiry", expiry["sk"], "its amount", expiry["amount"], sum(expiry["purses"].values()))
    for purse_id, won in expiry["purses"].items():
        name, of_rewards, date = purse_id.partition("@")
        never = not of_rewards or name == PAYBACK or date == ALWAYS
        if never or at[: len(date)] <= date or type(won) is not int or won <= 0:
            findings.add("expiry", expiry["sk"], f"{won} won of {purse_id} cannot have expired by {at}")


def _check_expired(partition: Partition, findings: Findings) -> None:
    """Check that no more is taken back from a purse's expired rewards than had expired."""
    expired: dict[str, int] = {}
    linked = [item for kind in ("expiry", "correction") for item in partition.by_kind[kind] if "chain" in item]

    def add(item: Item) -> None:
        is_expiry = item["kind"] == "expiry"
        for name, won in (item["purses"] if is_expiry else item.get("expired", {})).items():
            add_to(expired, name, won if is_expiry else -won)
            if expired[name] < 0:
                findings.add(
                    "taken_back", item["sk"], f"it takes back {-expired[name]} won more of {name} than had expired"
                )

    findings.each(sorted(linked, key=lambda item: item["chain"]["length"]), add)


def _terms_of(purse_id: str) -> dict[str, str | None]:
    """A purse's terms as a wallet stores them, from its name: instants as text, and the policy's name for it."""
    name, _, date = purse_id.partition("@")
    if name == PAYBACK:
        return {"from": _start_of(date), "until": None, "where": None}
    if date == ALWAYS:
        return {"from": None, "until": None, "where": name}
    last = date if len(date) > YEAR else f"{date}-12"
    return {"from": None, "until": _start_of(_month(last, 1)), "where": name}


def _start_of(month: str) -> str:
    return f"{month}-01T00:00:00.000+09:00"
