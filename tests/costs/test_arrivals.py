"""Batches of simulated arrivals, against what can be said of them without a simulation."""

from __future__ import annotations

import pytest

from costs.arrivals import MOST_TOGETHER, Load, Mapping, simulate
from eeum.cashback import use_cases
from tests.template.template import events


def test_a_transaction_has_as_many_payments_as_the_accrual_puts_into_one() -> None:
    assert MOST_TOGETHER == use_cases.MOST_TOGETHER


def test_the_batch_is_the_template_s() -> None:
    (source,) = events("CashbackCalculationFunction", "DynamoDB").values()
    assert Mapping().batch_size == source["BatchSize"]


def test_payments_that_come_one_by_one_are_posted_one_by_one_and_published_apart_from_their_earning() -> None:
    met = simulate(Load(0.001, 1), Mapping(), payments=400)
    assert met.transactions == 1
    # The payment, its earning, and a top-up for ten payments.
    assert met.calls == pytest.approx(2.1, abs=0.06)
    assert 0.1 < met.median_delay < 0.1 + 0.25


def test_a_flood_fills_transactions_and_batches() -> None:
    met = simulate(Load(400, 1), Mapping(window=5), payments=4_000)
    # A hundred records are some 48 payments: three transactions.
    assert met.transactions == pytest.approx(1 / 16, rel=0.15)
    assert met.calls == pytest.approx(2.1 / 100, rel=0.1)


@pytest.mark.parametrize("window", [2.0, 20.0])
def test_a_lone_payment_waits_for_its_window(window: float) -> None:
    met = simulate(Load(0.0005, 1), Mapping(window=window), payments=200)
    assert window <= met.median_delay <= window + 0.25 + 0.1


def test_a_window_gathers_by_poisson_s_law() -> None:
    """Where the window is long beside the call, a batch has its first record and those that come meanwhile."""
    rate, window = 0.02, 10.0
    met = simulate(Load(rate, 1), Mapping(window=window), payments=6_000)
    flat = 1 / (1 + rate * window)
    # Payments gather at noon, so more of them meet than at a steady rate; never as many as at three times the rate.
    assert 1 / (1 + 3 * rate * window) < met.transactions < flat + 0.1


def test_a_longer_window_never_costs_more() -> None:
    met = [simulate(Load(3, 20), Mapping(window=window), payments=2_000) for window in (0, 2, 5, 20)]
    assert [each.transactions for each in met] == sorted((each.transactions for each in met), reverse=True)
    assert [each.calls for each in met] == sorted((each.calls for each in met), reverse=True)
    assert [each.median_delay for each in met] == sorted(each.median_delay for each in met)


def test_only_the_rate_of_a_shard_matters() -> None:
    assert simulate(Load(1, 4), Mapping(window=5), payments=500) == simulate(
        Load(5, 20), Mapping(window=5), payments=500
    )
