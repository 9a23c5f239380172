"""The cashback that cities published for amounts of spend, as one payment and split into many.

`worked_examples.json` has every published example that is cashback. Those of other forms of reward (a discount before payment, a bonus
on a top-up, a fixed reward per step, and sums of rates) are in `other_forms.json`, and judged in `test_library.py`.

The bound for splits. A payment's reward is floored to the won once per layer, so a spend in n payments earns, per layer,
less than one won less for each payment, and never more: 0 <= whole - parts <= n - 1. Nothing is lost, to the won, where no
floor bites: payments, band ends and limits in steps of 100 won at rates of whole percents.
"""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eeum.policy.rules import PolicyVersion
from eeum.policy.use_cases import PolicyBook
from tests.golden.published import Member, examples, policies_of

JUDGED = [
    pytest.param(example, version, id=f"{example['id']}-{version.version}")
    for example in examples("single")
    for version in policies_of(example)
]
SEQUENCES = [
    pytest.param(sequence, version, id=f"{sequence['id']}-{version.version}")
    for sequence in examples("sequences")
    for version in policies_of(sequence)
]


def earned(version: PolicyVersion, amounts: list[int], facts: dict[str, Any]) -> list[int]:
    """What these payments earn one after the other, in one month of the version."""
    member = Member(PolicyBook([version]))
    at = version.starts_at + timedelta(seconds=1)
    return [member.pays(at, amount, **facts).won for amount in amounts]


def test_each_example_is_judged() -> None:
    assert len(examples("single")) == 24
    assert len(examples("sequences")) == 3
    assert all(policies_of(example) for kind in ("single", "sequences") for example in examples(kind))


@pytest.mark.parametrize(("example", "version"), JUDGED)
def test_one_payment_earns_what_was_published(example: dict[str, Any], version: PolicyVersion) -> None:
    assert earned(version, [example["spend"]], example.get("facts", {})) == [example["expected"]]


@pytest.mark.parametrize(("example", "version"), [case for case in JUDGED if len(case.values[0]["layers"]) > 1])
def test_each_layer_earns_what_was_published(example: dict[str, Any], version: PolicyVersion) -> None:
    evaluation = Member(PolicyBook([version])).pays(version.starts_at, example["spend"])
    assert [reward.won for reward in evaluation.rewards] == [layer["expected"] for layer in example["layers"]]


@pytest.mark.parametrize("part", [100, 1_000, 7_700, 50_000])
@pytest.mark.parametrize(("example", "version"), JUDGED)
def test_the_same_spend_in_many_round_payments_earns_the_same(
    example: dict[str, Any], version: PolicyVersion, part: int
) -> None:
    whole_parts, rest = divmod(example["spend"], part)
    amounts = [part] * whole_parts + ([rest] if rest else [])
    # D08c spends one won over the limit: that won earns nothing, whichever payment it is in.
    assert sum(earned(version, amounts, example.get("facts", {}))) == example["expected"]


@pytest.mark.parametrize(("example", "version"), JUDGED)
def test_the_same_spend_in_tiny_payments_keeps_the_bound(example: dict[str, Any], version: PolicyVersion) -> None:
    # Payments of 33 won are the worst case: rounding down loses most of their cashback.
    whole_parts, rest = divmod(example["spend"], 33)
    amounts = [33] * whole_parts + [rest]
    lost = example["expected"] - sum(earned(version, amounts, example.get("facts", {})))
    assert 0 <= lost <= (len(amounts) - 1) * len(example["layers"])


@pytest.mark.parametrize(("example", "version"), JUDGED)
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_the_same_spend_split_anyhow_keeps_the_bound(
    example: dict[str, Any], version: PolicyVersion, data: st.DataObject
) -> None:
    cuts = data.draw(st.lists(st.integers(1, example["spend"] - 1), max_size=30, unique=True).map(sorted))
    amounts = [end - start for start, end in zip([0, *cuts], [*cuts, example["spend"]], strict=True)]
    lost = example["expected"] - sum(earned(version, amounts, example.get("facts", {})))
    assert 0 <= lost <= (len(amounts) - 1) * len(example["layers"])


@pytest.mark.parametrize(("example", "version"), JUDGED)
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_the_same_spend_split_at_hundreds_loses_nothing(
    example: dict[str, Any], version: PolicyVersion, data: st.DataObject
) -> None:
    cuts = data.draw(st.lists(st.integers(1, (example["spend"] - 1) // 100), max_size=30, unique=True).map(sorted))
    ends = [*(100 * cut for cut in cuts), example["spend"]]
    amounts = [end - start for start, end in zip([0, *ends[:-1]], ends, strict=True)]
    assert sum(earned(version, amounts, example.get("facts", {}))) == example["expected"]


@pytest.mark.parametrize(("sequence", "version"), SEQUENCES)
def test_a_sequence_earns_what_was_published(sequence: dict[str, Any], version: PolicyVersion) -> None:
    member = Member(PolicyBook([version]))
    won = [
        member.pays(version.starts_at, payment["amount"], **payment.get("facts", {})).won
        for payment in sequence["payments"]
    ]
    assert won == sequence["expected"]


@pytest.mark.parametrize("parts", [2, 3, 10])
@pytest.mark.parametrize(("sequence", "version"), SEQUENCES)
def test_a_sequence_earns_the_same_with_each_payment_split(
    sequence: dict[str, Any], version: PolicyVersion, parts: int
) -> None:
    member = Member(PolicyBook([version]))
    won = []
    for payment in sequence["payments"]:
        part = payment["amount"] // parts // 100 * 100
        amounts = [part] * (parts - 1) + [payment["amount"] - part * (parts - 1)]
        won.append(sum(member.pays(version.starts_at, amount, **payment.get("facts", {})).won for amount in amounts))
    assert won == sequence["expected"]
