"""Invariants of cashback: posted rewards equal the evaluator's fold over what survives, after every posting and at the end.

The evaluator of policies is the product's, which has tests and published examples of its own. Everything else is recomputed here.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from eeum.policy.evaluation import evaluate
from eeum.policy.rules import Limit, PolicyVersion
from eeum.policy.windows import last_month_of
from tests.corrections_in_parts import is_further, whole_corrections
from tests.invariants_of_commands import carried_of, key_of, paid_for
from tests.invariants_of_facts import facts_of
from tests.invariants_of_payments import refund_of
from tests.stored_forms import named_rewards

Item = dict[str, Any]


def check_cashback(wallet: Item, entries: Sequence[Item], policies: Sequence[PolicyVersion]) -> None:
    """Invariants 2 and 3: accrual numbers without a gap, each source posted once, the fold of each month, the wallet's limit usage."""
    earnings = sorted((entry for entry in entries if entry["kind"] == "earning"), key=lambda entry: entry["number"])
    posted = [entry for entry in entries if entry["kind"] in ("earning", "correction")]
    corrections = whole_corrections(entry for entry in posted if entry["kind"] == "correction")
    numbers = sorted(entry["number"] for entry in posted)
    assert numbers == list(range(1, len(numbers) + 1)), wallet
    assert wallet["posted"] == len(numbers), wallet
    _check_sources(wallet, entries, earnings, corrections)
    payments = {entry["sk"].partition("#")[2]: entry for entry in entries if entry["kind"] == "payment"}
    _check_usage(wallet, _check_folds(earnings, corrections, payments, policies))


def _check_sources(
    wallet: Item, entries: Sequence[Item], earnings: Sequence[Item], corrections: Sequence[Item]
) -> None:
    """Each capture, and each month that a cancellation affects, needs one posting, and has at most one."""
    captured = {
        (entry["sk"].partition("#")[2], 0): entry
        for entry in entries
        if entry["kind"] == "payment" and entry["status"] == "approved"
    } | {(entry["payment"], entry["capture"]): entry for entry in entries if entry["kind"] == "capture"}
    cancelled = {
        (month, entry["sk"].partition("#")[2])
        for entry in entries
        if entry["kind"] == "cancellation"
        for _, _, month, *_ in entry["of"]
    }
    assert wallet["due"] == len(captured) + len(cancelled) + sum(map(is_further, entries)), wallet
    for earning in earnings:
        _, month, payment, capture = earning["sk"].split("#")
        assert (payment, int(capture)) in captured, earning
        source = captured[payment, int(capture)]
        assert month == source["accepted_at"][:7], earning
        assert earning["accepted_at"] == source["accepted_at"], earning
        assert earning["slice"] == source.get("slice", [0, source["amount"]]), earning
    assert {tuple(entry["sk"].split("#")[1:]) for entry in corrections} <= cancelled, wallet


def _check_folds(
    earnings: Sequence[Item],
    corrections: Sequence[Item],
    payments: Mapping[str, Item],
    policies: Sequence[PolicyVersion],
) -> dict[str, int]:
    """After each correction the rewards equal the fold over what survives then, with the stored funded amounts.

    Returns the limit usage at the end, by window.
    """
    rewards = {
        entry["number"]: Counter({each["layer"]: each["won"] for each in named_rewards(entry)}) for entry in earnings
    }
    lost: Counter[tuple[str, int]] = Counter()
    stated: Counter[str] = Counter()
    ceilings = {entry["number"]: dict(entry.get("ceilings", {})) for entry in earnings}
    for entry in (*earnings, *corrections):
        _check_accounts(entry)
        month = entry.get("month", entry["accepted_at"][:7])
        stated.update({key if "@" in key else f"{key}@{month}": won for key, won in entry["used"].items()})
    # Up to the first correction, from each to the next, and from the last on.
    ends = [*(entry["number"] for entry in corrections), None]
    used: Counter[str] = Counter()
    for correction, end in zip([None, *corrections], ends, strict=True):
        if correction is not None:
            _check_refund(correction)
            for payment, capture, won, *_ in correction["cancelled"]:
                lost[payment, capture] += won
            for number, layer, won in correction["changes"]:
                assert won, correction
                rewards[number][layer] += won
            for number, layer, won in correction.get("ceilings", ()):
                ceilings[number][layer] = won
        posted = [entry for entry in earnings if end is None or entry["number"] < end]
        used = _check_fold(posted, rewards, lost, ceilings, payments, policies)
    assert +stated == +used, (stated, used)
    return dict(used)


def _check_fold(
    earnings: Sequence[Item],
    rewards: Mapping[int, Counter[str]],
    lost: Mapping[tuple[str, int], int],
    ceilings: Mapping[int, Mapping[str, int]],
    payments: Mapping[str, Item],
    policies: Sequence[PolicyVersion],
) -> Counter[str]:
    used: Counter[str] = Counter()
    for earning in earnings:
        _, _, digest, capture = earning["sk"].split("#")
        payment, accepted_at = payments[digest], datetime.fromisoformat(earning["accepted_at"])
        policy = [each for each in policies if each.starts_at <= accepted_at][-1]
        assert earning["policy"] == policy.version, earning
        start, end = earning["slice"]
        surviving = end - lost.get((digest, int(capture)), 0)
        survives = paid_for(payment, start, surviving)
        base = sum(won for purse, won in survives if _kind_of(purse) in policy.earns_from)
        expected: Counter[str] = Counter()
        if policy.pays_at(accepted_at):
            limits = {limit.id: limit for layer in policy.after_payment for limit in layer.limits}
            before = {name: used[key_of(limit, accepted_at)] for name, limit in limits.items()}
            carried = {name: carried_of(limit, used, accepted_at) for name, limit in limits.items()}
            facts = replace(facts_of(payment["facts"]), amount=surviving - start, accepted_at=accepted_at)
            under = ceilings[earning["number"]]
            evaluation = evaluate(policy, facts, base, before, carried=carried, funded_amounts=under)
            expected = Counter({reward.layer: reward.won for reward in evaluation.rewards})
            used.update({key_of(limits[name], accepted_at): won for name, won in evaluation.used.items()})
            _check_limits(limits, earning, before, carried, evaluation.used)
        assert +rewards[earning["number"]] == +expected, (earning, expected)
    return used


def _check_limits(
    limits: Mapping[str, Limit],
    earning: Item,
    before: Mapping[str, int],
    carried: Mapping[str, int],
    used: Mapping[str, int],
) -> None:
    """Invariant 3: no limit is exceeded by what an earning adds to it."""
    for name, won in used.items():
        amount = limits[name].amount
        assert amount is None or not won or before[name] + won <= amount + carried[name], earning


def _check_accounts(entry: Item) -> None:
    """What funders pay or get back equals what the member gets or loses."""
    if entry["kind"] == "earning":
        won = sum(reward["won"] for reward in named_rewards(entry))
        into = {f"purse/{reward.get('into', 'cashback')}" for reward in named_rewards(entry)}
        assert sum(entry["postings"].get(purse, 0) for purse in into) == won, entry
        assert sum(won for reward in named_rewards(entry) for _, won in reward["funders"]) == won, entry
    else:
        won = sum(change for _, _, change in entry["changes"])
        funded = sum(
            -won for account, won in entry["postings"].items() if account.startswith(("funder/", "merchant_reward/"))
        )
        assert funded == won, entry


def _check_refund(correction: Item) -> None:
    """Each cancelled amount is recovered or released, to the won."""
    cancelled = sum(map(refund_of, correction["cancelled"]))
    released = sum(won for _, won in correction["released"])
    assert cancelled == correction["recovered"] + released >= 0, correction
    assert correction["recovered"] >= 0, correction
    assert all(won > 0 for _, won in correction["released"]), correction
    assert correction["postings"].get("purse/refund_pending", 0) == -cancelled, correction


def _check_usage(wallet: Item, used: Mapping[str, int]) -> None:
    """The wallet has the usage of its latest month with any, and of the month before; usage of other months is correct where stored."""
    windows = {window: won for window, won in used.items() if won}
    carried = {window: won for window, won in wallet["usage"].items() if won}
    assert carried.items() <= windows.items(), (wallet, windows)
    begun = [
        _first_month(name) for window in (*windows, *wallet["usage"]) if (name := window.partition("@")[2])[0] != "u"
    ]
    if begun:
        year, month = divmod(int(max(begun)[:4]) * 12 + int(max(begun)[5:]) - 2, 12)
        oldest = f"{year:04}-{month + 1:02}"
        kept = {window: won for window, won in windows.items() if last_month_of(window.partition("@")[2]) >= oldest}
        assert kept.items() <= carried.items(), (wallet, windows)


def _first_month(name: str) -> str:
    return f"{name}-01" if len(name) == len("2021") else name[:7]


def _kind_of(purse: str) -> str:
    return purse if purse in ("charged", "cashback") else "rewards" if "@" in purse else "grants"
