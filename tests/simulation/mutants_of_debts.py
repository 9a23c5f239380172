"""Safeguards of debts between purses: without one, undoing everything does not restore everything."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace as replaced
from typing import Any
from unittest.mock import patch

from eeum.cashback import computing, replay
from eeum.cashback import store as cashback_store
from eeum.journal.accounts import CASHBACK
from eeum.payments import progress, progress_store
from eeum.wallet import debts as rules
from eeum.wallet.debts import Debts, Repaid
from tests.simulation.mutation import Mutant, replacing

debts_after = rules.debts_after
recovered = replay._recovered
refund = computing.refund
repay = rules.repay


@contextmanager
def _repaying(by: Any) -> Iterator[None]:
    with replacing(replay, "repay", by), replacing(progress, "repay", by):
        yield


@contextmanager
def _after(by: Any) -> Iterator[None]:
    with replacing(computing, "debts_after", by), replacing(progress_store, "debts_after", by):
        yield


def _to_cashback(debts: Debts, returned: Mapping[str, int]) -> tuple[Repaid, ...]:
    return tuple(each._replace(creditor=CASHBACK) for each in repay(debts, returned))


def _reduced_by_nothing(debts: Debts, spent: Any = (), repaid: Any = (), recovered_from: Any = ()) -> Debts:
    return debts_after(debts, dict(spent), (), dict(recovered_from))


def _spent_is_forgotten(debts: Debts, spent: Any = (), repaid: Any = (), recovered_from: Any = ()) -> Debts:
    return debts_after(debts, {}, repaid, dict(recovered_from))


def _recovered_is_forgotten(debts: Debts, spent: Any = (), repaid: Any = (), recovered_from: Any = ()) -> Debts:
    return debts_after(debts, dict(spent), repaid, {})


def _recovered_from_the_end(released: Mapping[str, int], lacking: int) -> dict[str, int]:
    return recovered(dict(reversed(released.items())), lacking)


def _said_to_be_cashbacks(*arguments: Any) -> Any:
    exact = refund(*arguments)
    return replaced(exact, recovered_from={CASHBACK: exact.recovered} if exact.recovered else {})


def _whole_chain(debts: Any, debtor: str, creditor: str, won: int) -> None:
    """Keep a purse that owes and is owed."""
    rules._change(debts, debtor, creditor, won)


MUTANTS_OF_DEBTS = (
    Mutant(
        "repayment",
        "when spending is undone, rewards come back as rewards, though their purse owes money",
        lambda: _repaying(lambda *_: ()),
    ),
    Mutant(
        "repayment of a release",
        "a release goes back to its purse, though the purse owes money",
        lambda: patch.object(progress, "repay", lambda *_: ()),
        forms=True,
    ),
    Mutant("creditor", "repayments go to cashback, not to the purse that is owed", lambda: _repaying(_to_cashback)),
    Mutant("debt repaid", "a repayment does not reduce the debt", lambda: _after(_reduced_by_nothing)),
    Mutant(
        "debt of a spent reward",
        "taking back a spent reward creates no debt to cashback",
        lambda: _after(_spent_is_forgotten),
        forms=True,
    ),
    Mutant(
        "debt of a recovery",
        "filling cashback from a refund creates no debt to the refund's purse",
        lambda: _after(_recovered_is_forgotten),
    ),
    Mutant(
        "purse recovered from",
        "cashback is filled from the purse that was debited first",
        lambda: patch.object(replay, "_recovered", _recovered_from_the_end),
        forms=True,
    ),
    Mutant(
        "purse that a correction names",
        "a correction names cashback as the purse of what was recovered",
        lambda: patch.object(computing, "refund", _said_to_be_cashbacks),
    ),
    Mutant(
        "purse in the middle",
        "a purse may owe and be owed at the same time",
        lambda: patch.object(rules, "_owe", _whole_chain),
        forms=True,
    ),
    Mutant(
        "stored debts",
        "debts between purses are not stored",
        lambda: patch.object(cashback_store, "debts_set", lambda *_: []),
    ),
)
