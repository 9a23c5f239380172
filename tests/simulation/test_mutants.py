"""That the simulation bites: without some safeguards it finds a fault soon. docs/testing.md has what came of all of them."""

import pytest

from tests.simulation import faults
from tests.simulation.mutants import MUTANTS, try_mutant
from tests.simulation.running import run, steps_of

QUICK = (
    "balance condition",
    "claim of a bank's reference",
    "how a hold ended",
    "claim of an earning",
    "claim of a correction",
    "stored decline",
    "version of a progress",
    "rounding",
    "body of a request",
    "recorded ceiling",
    "pool",
    "month of a payback",
    "repayment",
    "repayment of a release",
    "debt repaid",
    "purse in the middle",
)
MOST = 4_000


@pytest.mark.parametrize("mutant", [each for each in MUTANTS if each.name in QUICK], ids=lambda each: each.name)
def test_a_safeguard_is_missed(mutant) -> None:
    assert try_mutant(mutant, most=MOST).found


def test_every_quick_one_is_there() -> None:
    assert {each.name for each in MUTANTS} >= set(QUICK)


def test_nothing_is_found_where_nothing_is_taken() -> None:
    """The seeds that mutants run under find nothing by themselves, nor does a mutant leave anything behind."""
    assert faults.mutation is None
    assert run(0, steps_of(0, MOST), MOST) is None
