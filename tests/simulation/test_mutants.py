"""The simulation detects missing safeguards. These are the quickest; docs/testing.md has the results of all."""

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest

from eeum.cashback import rules
from eeum.cashback.store import CashbackStore
from eeum.payments.store import PaymentStore
from eeum.policy import windows
from tests.simulation import faults
from tests.simulation.judges import ORACLES, Found, is_of_a_check
from tests.simulation.mutants import MUTANTS, try_mutant
from tests.simulation.mutation import BrokenMutant, Mutant, Trace, dropping, traced
from tests.simulation.running import new_city, run, steps_of

QUICK = (
    "balance condition",
    "claim of a bank's reference",
    "how a hold ended",
    "claim of an earning",
    "claim of a correction",
    "stored decline",
    "version of a progress",
    "body of a request",
    "stored funded amount",
    "month of deferred cashback",
    "repayment",
    "repayment of a release",
    "debt repaid",
    "purse in the middle",
    "discount given back",
    "suspended layer",
)
QUICK_FOR_BOTH = ("rounding", "pool")
"""Mutants that both oracles find soon; `make mutants` tries all."""

MOST = 4_000


@pytest.mark.parametrize("mutant", [each for each in MUTANTS if each.name in QUICK], ids=lambda each: each.name)
def test_a_missing_safeguard_is_detected(mutant: Mutant) -> None:
    assert try_mutant(mutant, most=MOST, until_found_once=True).by


@pytest.mark.parametrize(
    "mutant", [each for each in MUTANTS if each.name in QUICK_FOR_BOTH], ids=lambda each: each.name
)
def test_each_oracle_detects_a_missing_safeguard_by_itself(mutant: Mutant) -> None:
    assert try_mutant(mutant, most=MOST).by.keys() >= ORACLES


def test_every_quick_one_is_there_and_each_has_a_name_of_its_own() -> None:
    assert {each.name for each in MUTANTS} >= {*QUICK, *QUICK_FOR_BOTH}
    assert len({each.name for each in MUTANTS}) == len(MUTANTS)


@pytest.mark.parametrize("seed", [0, 1])
def test_nothing_is_found_where_nothing_is_taken(seed: int) -> None:
    """The mutants' seeds find nothing by themselves, and a mutant leaves nothing behind."""
    assert faults.mutation is None
    assert run(seed, steps_of(seed, MOST), MOST) is None


def _with_an_old_signature(store: CashbackStore, sources: Any) -> Any:
    raise AssertionError("never called with one argument")


def _mutant(applied: Callable[[], Any]) -> Mutant:
    return Mutant("broken", "nothing", applied)


BROKEN = {
    "patch with an old signature": lambda: patch.object(CashbackStore, "read_for_posting", _with_an_old_signature),
    "patch that fails by itself": lambda: patch.object(rules, "evaluate", lambda *_, **more: more["no such word"]),
    "patch of writes that fails by itself": lambda: dropping(lambda write, each: each.no_such_name),
    "patch that is never reached": lambda: patch.object(PaymentStore, "of_month", lambda *_: None),
    "condition that no write has": lambda: dropping(lambda write, each: False),
}


@pytest.mark.parametrize("applied", BROKEN.values(), ids=BROKEN.keys())
def test_a_mutant_that_proves_nothing_is_broken(applied: Callable[[], Any]) -> None:
    with pytest.raises(BrokenMutant):
        try_mutant(_mutant(applied), most=MOST)


def test_what_the_product_raises_is_no_check() -> None:
    """A run that ends with an exception other than a failed check shows a broken mutant, even if the patch itself returned."""
    with pytest.raises(BrokenMutant, match="no check has failed"):
        try_mutant(_mutant(lambda: patch.object(rules, "evaluate", lambda *_, **more: None)), most=MOST)


@pytest.mark.parametrize(("fault", "is_check"), [(AssertionError("a check"), True), (KeyError("no check"), False)])
def test_what_the_reference_raises_is_a_check_where_an_assertion_failed(fault: Exception, is_check: bool) -> None:
    """A failed check passes through the product as `Found`, since the product may handle other exceptions; the cause counts."""
    city = new_city(0, 400)
    with patch.object(city.reference, "observe", side_effect=_raising(fault)), pytest.raises(Found) as found:
        city.memory.written([])
    assert is_of_a_check(found.value) is is_check


def _raising(fault: Exception) -> Callable[[Any], None]:
    """A reference that raises from within the tests, as its checks do."""

    def observe(_: Any) -> None:
        raise fault

    return observe


def test_a_number_in_place_of_one_of_the_products_is_reached_when_it_is_used() -> None:
    trace = Trace()
    with traced(_mutant(lambda: patch.object(windows, "_LAST_DAY_OF_THE_FIRST_HALF", 16)), trace):
        assert trace.reached == 0
        assert windows._LAST_DAY_OF_THE_FIRST_HALF >= 16
        assert trace.reached == 1
    assert windows._LAST_DAY_OF_THE_FIRST_HALF == 15
