"""The bill, recomputed by hand for a small city whose prices are all one dollar a unit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from costs.__main__ import usage_of
from costs.arrivals import Batching
from costs.deployed import Deployed, deployed
from costs.model import SUPPOSED, City, Line, _Month, _Stored, estimate
from costs.prices import Price, Prices, read_prices

PAYMENTS, MEMBERS = 1_000, 100
"""Payments of a month."""
USAGE: dict[str, Any] = {
    "payment": {"read_units": 3, "write_units": 5, "trips": 2, "processor_ms": 10, "answer_bytes": 300},
    "posting": {
        "a_call": {"read_units": 1, "write_units": 2, "processor_ms": 6, "log_bytes": 440},
        "a_payment": {"read_units": 2, "write_units": 4, "processor_ms": 1},
    },
    "top_up": {"read_units": 3, "write_units": 6, "trips": 2, "processor_ms": 8},
    "view": {
        "wallet": {"read_units": 1, "trips": 1, "processor_ms": 3, "answer_bytes": 300},
        "payments": {"read_units": 7, "trips": 2, "processor_ms": 20, "answer_bytes": 1_300},
    },
    "balances": {"write_units": {"a_call": 6, "a_payment": 0.05}, "folded": 0.25},
    "stored_bytes": {"wallet": 400, "payment": 500, "earning": 600, "top_up": 300},
    "measured": "2026-12-01",
}
DEPLOYED = Deployed(
    memory={
        "PaymentAuthorisationFunction": 1_769,
        "MemberWalletFunction": 1_024,
        "CashbackCalculationFunction": 512,
        "BalanceProjectionFunction": 512,
        "LedgerAuditFunction": 1_024,
        "QuoteFunction": 2_048,
    },
    snapshots=("PaymentAuthorisationFunction", "QuoteFunction"),
    versions=2,
    alarm_metrics=7,
    own_metrics=5,
    routes=10,
    detailed_routes=4,
    tables=5,
    roles=3,
    cashback_window=5,
    balance_window=300,
    architecture="arm64",
    log_days=365,
    logs_each_call=True,
)
CASHBACK, COUNTED = Batching(0.8, 0.5, 1, 2), Batching(0.1, 0.2, 1, 2)
DAYS = 365 / 12


def one_dollar_each() -> Prices:
    price = Price(((None, 1.0),), 1, "unit", 0, "", date(2026, 1, 1))
    return Prices("nowhere", date(2026, 1, 1), 10, dict.fromkeys(read_prices(date(2026, 9, 24)).of, price))


def bill(city: City, template: Deployed = DEPLOYED) -> dict[tuple[str, str], Line]:
    month = _Month(city, USAGE, template, one_dollar_each(), _Stored.of(city, USAGE), CASHBACK, COUNTED)
    return {(line.service, line.what): line for line in month.lines()}


CITY = City(MEMBERS, 12 * PAYMENTS, 2)
#: 12,000 payments a year for two years: the payment, its earning, and a tenth of a top-up and its claim, with 100 bytes each; the wallets;
#: statements of 24 months.
TABLE = 24_000 * (600 + 700 + (400 + 200) / 10) + 100 * 500 + 100 * 24 * 600


@pytest.mark.parametrize(
    ("service", "what", "units"),
    [
        ("DynamoDB", "write: payments, with the merchant's index", 5_000),
        ("DynamoDB", "write: cashback", 4_000),
        ("DynamoDB", "write: budgets, by transaction", 1_000 * 0.5 * 2),
        ("DynamoDB", "write: balances, batches", 1_000 * 0.05 + 100 * 6),
        ("DynamoDB", "write: balances, fold", 250),
        ("DynamoDB", "write: top-ups", 600),
        ("DynamoDB", "write: cancellations", 140),
        ("DynamoDB", "read: payments, cashback, top-ups", 1_000 * (3 + 2 + 0.5 + 0.3)),
        ("DynamoDB", "read: members' views", 1_000 * (1 + 7 + 240 * 500 / 4_096 / 2)),
        ("DynamoDB", "read: the nightly audit", DAYS * TABLE / 4_096),
        ("DynamoDB", "read: the hourly catch-up", DAYS * 24 * 1_000),
        ("DynamoDB", "write: statements of a month", 200),
        ("DynamoDB", "storage, with indexes", (TABLE + 24_000 * 600) / 1e9),
        ("DynamoDB", "recovery to a point in time", TABLE / 1e9),
        ("Lambda", "requests: PaymentAuthorisationFunction", 1_010),
        # Ten milliseconds of a whole processor and two trips of eight.
        ("Lambda", "compute: PaymentAuthorisationFunction", 1_010 * 0.026 * 1_769 / 1_024),
        ("Lambda", "requests: CashbackCalculationFunction", 800),
        # 800 calls of 6 ms and 2,100 records of 1 ms, at 512 of 1,769 MB; 500 transactions of two trips, and a trip to the bus each call.
        (
            "Lambda",
            "compute: CashbackCalculationFunction",
            ((800 * 6 + 2_100) * 1_769 / 512 + 8 * (1_000 + 800)) / 1_000 * 0.5,
        ),
        ("Lambda", "compute: MemberWalletFunction", 100 * (8 * 1_769 / 1_024 + 16) / 1_000),
        ("Lambda", "kept snapshots", 2 * (1_769 + 2_048) / 1_024 * DAYS * 86_400),
        ("HTTP API", "payments, top-ups, cancellations", 1_110),
        ("HTTP API", "members' views", 2_000),
        ("EventBridge", "events of entries", 2_000 + 100 + 20),
        ("Data transfer", "answers to acquirers", 1_000 * 1_000 / 1e9),
        ("CloudFront", "answers", 1_000 * 3_000 / 1e9),
        (
            "CloudWatch",
            "logs of payments",
            (1_000 * (1 + 0.1 + 0.8 + 0.1) * 550 + 800 * 440 + 1_100 * 420) / 1e9,
        ),
        ("CloudWatch", "metrics by route, and the city's own", 4 * 6 + 5),
        ("CloudWatch", "alarms", 7),
    ],
)
def test_a_line_is_what_the_hand_computes(service: str, what: str, units: float) -> None:
    assert bill(CITY)[service, what].units == pytest.approx(units)


def test_each_line_is_its_units_times_the_price() -> None:
    lines = bill(CITY).values()
    assert all(line.usd == pytest.approx(line.units) for line in lines)


def test_a_catch_up_that_scans_reads_the_ledger_every_hour() -> None:
    scanning = bill(replace(CITY, scans=True))["DynamoDB", "read: the hourly catch-up"]
    assert scanning.units == pytest.approx(DAYS * 24 * TABLE / 4_096)


def test_a_city_with_its_own_provider_pays_no_cognito() -> None:
    assert not [service for service, _ in bill(CITY) if service == "Cognito"]
    assert bill(replace(CITY, identity="cognito-lite"))["Cognito", "members who sign in"].units == MEMBERS


def test_lambda_s_own_lines_are_left_out_where_it_writes_none() -> None:
    quiet = bill(CITY, replace(DEPLOYED, logs_each_call=False))
    assert quiet["CloudWatch", "logs of payments"].units == pytest.approx((800 * 440 + 1_100 * 420) / 1e9)


def test_a_million_payments_cost_what_a_million_more_add() -> None:
    """The bills of two cities that differ by payments alone, in batches of the same size, differ by what is said of a million, where a
    line is for payments. Both are beyond what is free.
    """
    usage, template, prices = usage_of(), deployed(), read_prices(date(2026, 9, 24))
    found = estimate(City(), usage, template, prices)
    of_payments = [line for line in found.lines if line.by_payments]
    monthly = found.city.payments / 12
    assert found.usd_per_million == pytest.approx(
        sum(line.units * prices.of[line.price].marginal for line in of_payments) / monthly * 1e6
    )
    # An older ledger adds no write, no request and no event to a payment, only shards.
    older = estimate(City(years=3), usage, template, prices)
    kinds = {(line.service, line.what): line.units for line in older.lines if line.by_payments}
    same = ["write: payments, with the merchant's index", "write: cashback", "write: top-ups"]
    assert [kinds["DynamoDB", what] for what in same] == [
        line.units for line in of_payments if line.what in same and line.service == "DynamoDB"
    ]
    assert older.shards > found.shards
    assert older.cashback.transactions > found.cashback.transactions


def test_everything_that_is_supposed_has_a_reason_and_a_value() -> None:
    assert all(value > 0 and reason for value, reason in SUPPOSED.values())
