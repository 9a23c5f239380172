"""The evaluator agrees, over courses of events, with a reference that evaluates the document won by won."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eeum.dry_run.events import Course, DryRunEvent
from eeum.dry_run.outcomes import dry_run
from eeum.policy.conditions import Facts
from eeum.policy.documents import canonical_document, parse_policy
from eeum.policy.evaluation import evaluate
from eeum.policy.rules import AFTER_PAYMENT, AT_PAYMENT, AT_TOP_UP, Evaluation
from eeum.policy.usage import key_of, limits_of, window_usage
from tests.unit.policy import reference_evaluator as reference
from tests.unit.policy.random_policies import courses, documents

Course_ = list[tuple[str, datetime, int, dict[str, Any]]]

GIVES = {"payment": AT_PAYMENT, "after": AFTER_PAYMENT, "top_up": AT_TOP_UP}
ACTS = {"payment": reference.AT_PAYMENT, "after": reference.AFTER, "top_up": reference.AT_TOP_UP}
SLOW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def facts_of(known: dict[str, Any], amount: int, at: datetime) -> Facts:
    flags = frozenset(known["merchant_flags"])
    return replace(Facts(), **{**known, "merchant_flags": flags, "amount": amount, "accepted_at": at})


def course_by_evaluator(document: dict[str, Any], course: Course_, funded_amounts: dict[str, int]) -> list[Evaluation]:
    policy = parse_policy(document)
    usage: dict[str, int] = {}
    evaluations = []
    for what, at, won, known in course:
        gives = GIVES[what]
        limits = limits_of(policy, gives)
        used, carried = window_usage(limits.values(), usage, at)
        evaluation = evaluate(
            policy, facts_of(known, won, at), won, used, kinds=gives, carried=carried, funded_amounts=funded_amounts
        )
        for limit, more in evaluation.used.items():
            key = key_of(limits[limit], at)
            usage[key] = usage.get(key, 0) + more
        evaluations.append(evaluation)
    return evaluations


def course_by_reference(
    document: dict[str, Any], course: Course_, funded_amounts: dict[str, int]
) -> list[reference.Given]:
    member = reference.Reference(document)
    return [
        member.give(ACTS[what], {**known, "amount": won}, won, at, funded_amounts) for what, at, won, known in course
    ]


@settings(SLOW, max_examples=600)
@given(documents(), courses(), st.dictionaries(st.sampled_from(["layer-0", "layer-1", "layer-2"]), st.integers(0, 10)))
def test_a_course_gives_what_the_document_means(
    document: dict[str, Any], course: Course_, funded_amounts: dict[str, int]
) -> None:
    for found, expected in zip(
        course_by_evaluator(document, course, funded_amounts),
        course_by_reference(document, course, funded_amounts),
        strict=True,
    ):
        assert {reward.layer: reward.won for reward in found.rewards} == expected.won
        assert {
            reward.layer: sum(part.base for part in reward.portions) for reward in found.rewards
        } == expected.accepted
        assert {limit: won for limit, won in found.used.items() if won} == {
            limit: won for limit, won in expected.used.items() if won
        }
        assert {reward.layer: dict(reward.funders) for reward in found.rewards} == expected.funders


@SLOW
@given(documents(), courses(), st.dictionaries(st.sampled_from(["layer-0", "layer-1"]), st.integers(0, 10)))
def test_what_holds_for_every_policy(document: dict[str, Any], course: Course_, funded_amounts: dict[str, int]) -> None:
    policy = parse_policy(document)
    layers = {layer.id: layer for layer in policy.layers}
    for (_, _, base, _), found in zip(course, course_by_evaluator(document, course, funded_amounts), strict=True):
        for reward in found.rewards:
            assert 0 <= reward.won <= base
            assert reward.won <= funded_amounts.get(reward.layer, base)
            assert sum(won for _, won in reward.funders) == reward.won
            assert all(won >= 0 for _, won in reward.funders)
            assert 0 < sum(part.base for part in reward.portions) <= base
            assert reward.uncut is None or reward.uncut > reward.won
        off = [
            reward.won
            for reward in found.rewards
            if layers[reward.layer].reward_kind in ("discount", "top_up_discount")
        ]
        assert sum(off) < base
        groups = [layers[reward.layer].exclusive for reward in found.rewards if layers[reward.layer].exclusive]
        assert len(groups) == len(set(groups))


@SLOW
@given(documents(), courses())
def test_no_limit_is_exceeded_in_any_window(document: dict[str, Any], course: Course_) -> None:
    policy = parse_policy(document)
    usage: dict[str, int] = {}
    for (what, at, _, _), found in zip(course, course_by_evaluator(document, course, {}), strict=True):
        limits = limits_of(policy, GIVES[what])
        _, carried = window_usage(limits.values(), usage, at)
        for name, won in found.used.items():
            limit = limits[name]
            usage[key_of(limit, at)] = usage.get(key_of(limit, at), 0) + won
            assert limit.amount is None or usage[key_of(limit, at)] <= limit.amount + carried.get(name, 0)


@SLOW
@given(documents(), courses())
def test_the_stored_document_means_the_same_as_the_sent_one(document: dict[str, Any], course: Course_) -> None:
    stored = canonical_document(document)
    assert course_by_evaluator(stored, course, {}) == course_by_evaluator(document, course, {})


@SLOW
@given(documents(), courses(), st.randoms(use_true_random=False))
def test_the_order_of_layers_has_no_other_effect(document: dict[str, Any], course: Course_, chance: Any) -> None:
    """The order of layers has an effect only with reward limits, discounts and groups."""
    plain = [
        {**layer, "exclusive": None, "limits": [name for name in layer["limits"] if "reward" not in name]}
        for layer in document["layers"]
        if layer["gives"] not in ("discount", "top_up_discount")
    ]
    shuffled = chance.sample(plain, len(plain))
    one = course_by_evaluator({**document, "layers": plain}, course, {})
    other = course_by_evaluator({**document, "layers": shuffled}, course, {})
    for found, expected in zip(one, other, strict=True):
        assert sorted(found.rewards) == sorted(expected.rewards)
        assert {limit: won for limit, won in found.used.items() if won} == {
            limit: won for limit, won in expected.used.items() if won
        }


@SLOW
@given(documents(), courses())
def test_a_dry_run_respects_pools_and_equals_the_reference_while_none_is_empty(
    document: dict[str, Any], course: Course_
) -> None:
    policy = parse_policy(document)
    events = tuple(
        DryRunEvent(won, at, what == "top_up", facts_of(known, won, at), {})
        for what, at, won, known in course
        if at >= policy.starts_at
    )
    outcomes = dry_run([policy], Course(events, {}))
    drawn: dict[tuple[str, str], int] = {}
    for event, outcome in zip(events, outcomes, strict=True):
        assert (
            sum(told.won for told in outcome.layers if told.reward_kind in ("discount", "top_up_discount"))
            < event.amount
        )
        for pool in outcome.pools:
            drawn[(pool.id, pool.window)] = pool.used
            assert 0 <= pool.used <= (pool.amount or 0)
        for told in outcome.layers:
            assert (told.why_not is None) == (told.accepted > 0)
            closed = [
                name
                for name in _pools_of(document, told.layer)
                if name == "pool-b" and not policy.pools[name].window.is_open(event.at)
            ]
            assert not (closed and told.won)
    if not any(layer.get("pools") for layer in document["layers"]):
        assert not any(drawn.values())


def _pools_of(document: dict[str, Any], layer: str) -> list[str]:
    return next(each.get("pools", []) for each in document["layers"] if each["id"] == layer)
