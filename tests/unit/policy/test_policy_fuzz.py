"""Broken documents: checking them reports faults and never fails, and every accepted document can be evaluated."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eeum.dry_run.events import Course, DryRunEvent
from eeum.dry_run.outcomes import dry_run
from eeum.errors import PolicyRefused
from eeum.policy.documents import canonical_document
from eeum.policy.reading import policy_of
from tests.unit.policy import random_documents
from tests.unit.policy.random_policies import courses, documents
from tests.unit.policy.test_policy_by_reference import facts_of

POLICIES = Path(__file__).parents[3] / "policies"
EXAMPLES = [
    json.loads(path.read_text(encoding="utf-8"))
    for path in sorted(POLICIES.glob("*/*.json"))
    if "events" not in path.name
]
STRANGE: list[Any] = [
    None, True, False, 0, -1, 1, 1.5, 10**12, 10**12 + 1, 10**30, float("inf"), "", " ", "a", "merchant", "spend", "month", "event",
    "charged", "2026-01-01T00:00:00+09:00", "2026-13-41T00:00:00", "\ud800", "가", "x" * 300, [],
    {}, [None], {"a": 1}, [[]], {"fact": "amount"},
]  # fmt: skip


WORDS = ["from", "until", "gives", "steps", "when", "into", "exclusive", "amount", "colour", ""]


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Everything in a document that can be replaced, removed or repeated, with its container and place."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else []
    for key in keys:
        yield value, key
        yield from _places(value[key])


def broken(document: dict[str, Any], chance: Any, times: int) -> dict[str, Any]:
    changed = copy.deepcopy(document)
    for _ in range(times):
        places = list(_places(changed))
        if not places:
            return changed
        inside, key = chance.choice(places)
        match chance.randrange(5):
            case 0:
                del inside[key]
            case 1:
                inside[key] = copy.deepcopy(chance.choice(places)[0])
            case 2 if isinstance(inside, list):
                inside.append(copy.deepcopy(inside[key]))
            case 3 if isinstance(inside, dict):
                inside[
                    chance.choice(["from", "until", "gives", "steps", "when", "into", "exclusive", "colour", ""])
                ] = chance.choice(STRANGE)
            case _:
                inside[key] = chance.choice(STRANGE)
    return changed


def judged(document: Any) -> dict[str, Any] | None:
    """The document as it would be stored; None when it has faults, each of which must have a path, a code and a reason."""
    try:
        return canonical_document(document)
    except PolicyRefused as refused:
        problems = refused.problems
    assert problems
    assert all(isinstance(path, str) for path, _, _ in problems)
    assert all(code.replace("_", "").isalpha() for _, code, _ in problems)
    assert all(why for _, _, why in problems)
    return None


def evaluates(document: dict[str, Any], course: list[tuple[str, datetime, int, dict[str, Any]]]) -> None:
    policy = policy_of(document)
    events = [
        DryRunEvent(won, max(at, policy.starts_at), what == "top_up", facts_of(known, won, at), {})
        for what, at, won, known in course
    ]
    for outcome in dry_run([policy], Course(tuple(events), {})):
        assert all(told.won >= 0 for told in outcome.layers)
        assert outcome.price >= (0 if outcome.declined else 1)


@settings(deadline=None, max_examples=400)
@given(st.sampled_from(EXAMPLES), st.randoms(use_true_random=False), st.integers(1, 4), courses())
def test_a_broken_document_of_the_library_has_faults_or_can_be_evaluated(
    example: dict[str, Any], chance: Any, times: int, course: list[Any]
) -> None:
    stored = judged(broken(example, chance, times))
    if stored is not None:
        assert canonical_document(stored) == stored
        evaluates(stored, course)


@settings(deadline=None, max_examples=200)
@given(documents(), st.randoms(use_true_random=False), st.integers(1, 3), courses())
def test_a_broken_document_of_every_word_has_faults_or_can_be_evaluated(
    example: dict[str, Any], chance: Any, times: int, course: list[Any]
) -> None:
    stored = judged(broken(example, chance, times))
    if stored is not None:
        evaluates(stored, course)


@settings(deadline=None)
@given(random_documents.documents(), courses())
def test_a_document_drawn_from_all_words_has_faults_or_can_be_evaluated(
    document: dict[str, Any], course: list[Any]
) -> None:
    stored = judged(document)
    if stored is not None:
        evaluates(stored, course)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@settings(deadline=None)
@given(JSON)
def test_anything_else_has_faults(anything: Any) -> None:
    assert judged(anything) is None


@pytest.mark.parametrize(
    "name", ["layers", "limits", "pools", "groups", "purses", "wallet", "merchants", "earns_from", "starts_at"]
)
@pytest.mark.parametrize("value", STRANGE, ids=repr)
def test_a_strange_value_in_the_place_of_a_part(name: str, value: Any) -> None:
    judged({**copy.deepcopy(EXAMPLES[0]), name: value})
