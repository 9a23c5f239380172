"""Safeguards of discounts and bonuses, windows, funded amounts and budgets."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from eeum.budget import rules as budget_rules
from eeum.budget.funding import Funding
from eeum.budget.store import BudgetStore
from eeum.cashback import computing, replay
from eeum.cashback import rules as cashback_rules
from eeum.cashback.clawback import taken_back
from eeum.policy import usage, windows
from eeum.policy.evaluation import evaluate
from eeum.policy.rules import Evaluation, Layer, PolicyVersion
from eeum.policy.windows import Window
from eeum.storage import Absent, Add, AtLeast, Condition, Equals, Table, Update, Write
from eeum.wallet import command_rewards, purses, top_ups
from eeum.wallet import rules as wallet_rules
from tests.simulation.mutation import NO_BUDGETS, Mutant, dropping, replacing, writing

earn = computing.earn
funds_of = Funding.funds
draw = budget_rules.Funds.draw
move = BudgetStore.move


def _of_shard(kind: type[Condition], name: str) -> Any:
    """Remove the condition on a budget shard's amount from draws and returns; refills keep theirs."""

    def gone(write: Write, each: Condition) -> bool:
        granted = isinstance(write, Update) and write.key.table is Table.BUDGETS and write.key.sk == "SUB_LINE"
        by_grant = granted and any(each.path == ("closed",) for each in write.conditions)
        return by_grant and isinstance(each, kind) and each.path[0] == name

    return dropping(gone)


def _earned_without_funded_amounts(*arguments: Any, **more: Any) -> Any:
    return replace(earn(*arguments, **more), funded_amounts={})


def _same_funds(funding: Any, items: Any) -> Any:
    """The funds of the first attempt, with its draws, unless they must be refilled."""
    kept = getattr(funding, "kept", None)
    if kept is None or kept.missing:
        funding.kept = funds_of(funding, items)
    return funding.kept


def _granted_outside(*arguments: Any, **more: Any) -> int:
    with patch.object(Window, "is_open", lambda *_: True):
        return draw(*arguments, **more)


def _losers_use_limits(policy: PolicyVersion, *arguments: Any, **more: Any) -> Evaluation:
    exact = evaluate(policy, *arguments, **more)
    everybody = evaluate(replace(policy, groups={}), *arguments, **more) if policy.groups else exact
    return Evaluation(exact.rewards, {**everybody.used, **exact.used})


@contextmanager
def _both_evaluate(by: Any) -> Iterator[None]:
    with replacing(cashback_rules, "evaluate", by), replacing(command_rewards, "evaluate", by):
        yield


def _moving(*, out: bool, into: bool) -> Any:
    """A refill that stores only one of its two halves."""

    def half(write: Write) -> Write:
        if isinstance(write, Update) and write.key.table is Table.BUDGETS and len(write.conditions) == 1:
            (condition,) = write.conditions
            change = write.changes[0] if len(write.changes) == 1 else None
            if isinstance(condition, AtLeast) and isinstance(change, Add) and condition.path == change.path:
                kept = out if change.amount < 0 else into
                return write if kept else write._replace(changes=(Add(change.path, 0),))
        return write

    return writing(half)


def _given_back_after_the_close(funds: Any) -> Mapping[Any, int]:
    return {name: taken for name, taken in funds._taken.items() if taken}


def _without_pools(_funds: Any, _policy: PolicyVersion, _layer: Layer, _at: Any) -> list[Any]:
    return []


def _expired_is_owed(postings: Any, balance_of: Any, expired_of: Any) -> Any:
    return taken_back(postings, balance_of, lambda _: 0)


def _taken_from_cashback(postings: Any, balance_of: Any, expired_of: Any) -> Any:
    return taken_back(postings, lambda _: 0, lambda _: 0)


def _is_posting(write: Write) -> bool:
    return isinstance(write, Update) and any(each.path == ("posted",) for each in write.conditions)


MUTANTS_OF_REWARDS = (
    Mutant(
        "stored funded amount",
        "an earning that a budget cut does not store its funded amount",
        lambda: patch.object(computing, "earn", _earned_without_funded_amounts),
        forms=True,
    ),
    Mutant(
        "funded amount in corrections",
        "a correction recomputes earnings as if no budget had cut them",
        lambda: patch.object(replay, "_current_funded_amounts", lambda book: {}),
        forms=True,
    ),
    Mutant(
        "budget shard condition",
        "a budget draw does not require the shard to have its amount",
        lambda: _of_shard(AtLeast, "won"),
        forms=True,
    ),
    Mutant(
        "refill that doubles",
        "a refill adds money to the shard and takes none",
        lambda: _moving(out=False, into=True),
        forms=True,
    ),
    Mutant(
        "refill that loses",
        "a refill takes money and adds none to the shard",
        lambda: _moving(out=True, into=False),
        forms=True,
    ),
    Mutant(
        "returned after the close",
        "money that comes back after the close of a year can be drawn again",
        lambda: patch.object(budget_rules.Funds, "_changes", _given_back_after_the_close),
        blind=NO_BUDGETS,
        forms=True,
    ),
    Mutant(
        "funds of an attempt",
        "budget draws of a failed attempt are kept in the next one",
        lambda: patch.object(Funding, "funds", _same_funds),
        forms=True,
    ),
    Mutant(
        "pool",
        "pools are not counted",
        lambda: patch.object(budget_rules.Funds, "_pools_of", _without_pools),
        forms=True,
    ),
    Mutant(
        "pool of an event",
        "the pool of an event is drawn on before and after it",
        lambda: patch.object(budget_rules.Funds, "draw", _granted_outside),
        forms=True,
    ),
    Mutant(
        "half of a month",
        "the first half of a month ends a day late",
        lambda: patch.object(windows, "_LAST_DAY_OF_THE_FIRST_HALF", 16),
        forms=True,
    ),
    Mutant(
        "carried over once",
        "an unused carry-over is carried over again",
        lambda: patch.object(usage, "carried_into", lambda amount, used: max(2 * amount - used, 0)),
        forms=True,
    ),
    Mutant(
        "limit usage by commands",
        "a command does not require limit usage by commands to be as it was read",
        lambda: dropping(
            lambda write, each: (
                each.path[0] == "taken" and isinstance(each, (Equals, Absent)) and isinstance(write, Update)
            )
        ),
        forms=True,
    ),
    Mutant(
        "expiry of rewards",
        "expired rewards can be spent",
        lambda: patch.object(wallet_rules, "has_expired", lambda *_: False),
        forms=True,
    ),
    Mutant(
        "balance of a purse",
        "taking rewards back does not require their purse to be as it was read",
        lambda: dropping(
            lambda write, each: (
                _is_posting(write) and isinstance(each, AtLeast) and each.path[0] == "purses" and "@" in each.path[1]
            )
        ),
        forms=True,
    ),
    Mutant(
        "what had expired",
        "expired rewards are owed when their payment is cancelled",
        lambda: patch.object(computing, "taken_back", _expired_is_owed),
        forms=True,
    ),
    Mutant(
        "taken back from the purse",
        "rewards in purses are taken back from cashback",
        lambda: patch.object(computing, "taken_back", _taken_from_cashback),
        forms=True,
    ),
    Mutant(
        "month of deferred cashback",
        "deferred cashback can be spent in the month of its payment",
        lambda: patch.object(purses, "next_month", lambda month: month),
        forms=True,
    ),
    Mutant(
        "exclusive groups",
        "layers of a group that are not chosen use their limits",
        lambda: _both_evaluate(_losers_use_limits),
        forms=True,
    ),
    Mutant(
        "limits on top-ups",
        "no top-up exceeds its limit",
        lambda: patch.object(top_ups, "exceeds_a_limit", lambda *_: False),
        forms=True,
    ),
)
