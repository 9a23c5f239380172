"""Safeguards of policies: what counts in a group, what applies after a version's end, and which dates a document may have."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from eeum.cashback import rules as cashback_rules
from eeum.policy import document_values, evaluation, validation
from eeum.policy.rules import Layer, Limit, PolicyVersion
from eeum.wallet import command_rewards, participants, top_ups
from tests.simulation.mutation import NOT_STORED, Mutant, replacing

chosen = evaluation._chosen
evaluate = evaluation.evaluate
rewards_for = command_rewards.rewards_for
limits_on_top_ups = top_ups._limits_on_top_ups


def _chosen_alone(*arguments: Any) -> list[tuple[Layer, evaluation.Accepted]]:
    return [(layer, accepted) for layer, accepted in chosen(*arguments) if layer.exclusive is None or accepted[0]]


def _counts_once_chosen(*arguments: Any, **more: Any) -> Any:
    """Patch the product's use of the evaluator only: the reference uses the same function."""
    with patch.object(evaluation, "_chosen", _chosen_alone):
        return evaluate(*arguments, **more)


@contextmanager
def _evaluated(by: Any) -> Iterator[None]:
    with replacing(cashback_rules, "evaluate", by), replacing(command_rewards, "evaluate", by):
        yield


def _given_after_the_end(policy: PolicyVersion, *arguments: Any) -> Any:
    return rewards_for(replace(policy, ends_at=None), *arguments)


def _no_limits_after_the_end(policy: PolicyVersion, at: Any) -> Sequence[Limit]:
    return limits_on_top_ups(policy, at) if policy.pays_at(at) else []


MUTANTS_OF_POLICIES = (
    Mutant(
        "counts all in a group",
        "a layer with `counts: all` in an exclusive group counts nothing until it is chosen",
        lambda: _evaluated(_counts_once_chosen),
        forms=True,
    ),
    Mutant(
        "end of a version",
        "top-ups are given bonuses, and use limits of layers, after their version has ended",
        lambda: patch.object(participants, "rewards_for", _given_after_the_end),
        forms=True,
    ),
    Mutant(
        "limits on top-ups after the end",
        "limits on top-ups end with their version",
        lambda: patch.object(top_ups, "_limits_on_top_ups", _no_limits_after_the_end),
        forms=True,
    ),
    Mutant(
        "bounds of dates",
        "a document may name any date",
        lambda: patch.object(document_values, "is_in_bounds", lambda _: True),
        forms=True,
        blind=NOT_STORED,
    ),
    Mutant(
        "dates of stored drafts",
        "the check of a draft from an earlier release accepts dates out of bounds",
        lambda: patch.object(validation, "faults_of_dates", lambda _: iter(())),
        forms=True,
        blind=NOT_STORED,
    ),
)
