"""The sums of a statement, from entries as plain values."""

from datetime import datetime

import pytest

from eeum.calendar import SEOUL
from eeum.months.statements import Booking, EarlierMonth, RewardSum, Statement, statement_of

WRITTEN = datetime(2021, 2, 1, 1, 0, tzinfo=SEOUL)
TOP_UP = Booking(
    "topped_up", "top_up_rewards", "2021-01", "2021-01", 100_000, {"bank/lee": -100_000, "purse/charged": 100_000}
)
PAYMENT = Booking(
    "paid", "discounts", "2021-01", "2021-01", 30_000, {"purse/charged": -30_000, "merchant_payable/m": 30_000}
)
EARNING = Booking(
    "",
    "cashback",
    "2021-01",
    "2021-01",
    0,
    {"funder/national": -1_400, "funder/city": -1_600, "merchant_reward/m": -900, "purse/cashback": 3_900},
    {"base": 3_000, "own": 900},
)
CANCELLATION = Booking(
    "",
    "discounts",
    "2021-02",
    "2021-02",
    10_000,
    {"merchant_payable/m": -10_000, "purse/refund_pending": 10_000},
)
CORRECTION = Booking(
    "cancelled",
    "cashback",
    "2021-02",
    "2021-01",
    10_000,
    {
        "funder/national": 400,
        "funder/city": 600,
        "merchant_reward/m": 300,
        "purse/cashback": -1_300,
        "purse/refund_pending": -10_000,
        "purse/charged": 10_000,
    },
    {"base": -1_000, "own": -300},
)
EVERYTHING = [TOP_UP, PAYMENT, EARNING, CANCELLATION, CORRECTION]


def statement(month: str, *bookings: Booking) -> Statement:
    made = statement_of("wallet", month, bookings, WRITTEN)
    assert made is not None
    return made


def test_a_month_begins_where_the_one_before_ended() -> None:
    january, february = (statement(month, *EVERYTHING) for month in ("2021-01", "2021-02"))
    assert january.start == {}
    assert january.end == february.start == {"charged": 70_000, "cashback": 3_900}
    assert february.end == {"charged": 80_000, "cashback": 2_600}


def test_each_kind_is_summed_in_its_month() -> None:
    january = statement("2021-01", *EVERYTHING)
    assert (january.topped_up, january.paid, january.cancelled) == (100_000, 30_000, 0)
    assert january.cashback == RewardSum(
        3_900, {"base": 3_000, "own": 900}, {"national": 1_400, "city": 1_600, "merchant": 900}
    )
    assert january.earlier_months == ()


def test_a_cancellation_of_an_earlier_month_is_a_correction_of_the_month_it_comes_in() -> None:
    february = statement("2021-02", *EVERYTHING)
    assert (february.paid, february.cancelled, february.cashback) == (0, 0, RewardSum())
    assert february.earlier_months == (
        EarlierMonth(
            "2021-01",
            10_000,
            RewardSum(-1_300, {"base": -1_000, "own": -300}, {"national": -400, "city": -600, "merchant": -300}),
        ),
    )


def test_later_entries_are_not_in_a_statement() -> None:
    assert statement("2021-01", *EVERYTHING) == statement("2021-01", TOP_UP, PAYMENT, EARNING)


@pytest.mark.parametrize("order", [EVERYTHING, EVERYTHING[::-1]])
def test_the_order_of_entries_does_not_matter(order: list[Booking]) -> None:
    assert statement("2021-02", *order) == statement("2021-02", *EVERYTHING)


def test_holds_captures_and_releases_are_shown_separately() -> None:
    held = Booking("held", "discounts", "2021-01", "2021-01", 20_000, {"purse/charged": -20_000, "purse/held": 20_000})
    captured = Booking(
        "captured", "", "2021-01", "2021-01", 12_000, {"purse/held": -12_000, "merchant_payable/m": 12_000}
    )
    released = Booking("released", "", "2021-02", "2021-02", 8_000, {"purse/held": -8_000, "purse/charged": 8_000})
    january = statement("2021-01", TOP_UP, held, captured, released)
    assert (january.paid, january.held, january.captured, january.released) == (0, 20_000, 12_000, 0)
    assert january.end == {"charged": 80_000, "held": 8_000}
    assert statement("2021-02", TOP_UP, held, captured, released).end == {"charged": 88_000}


def test_an_empty_wallet_without_entries_has_no_statement() -> None:
    assert statement_of("wallet", "2021-01", [], WRITTEN) is None
    spent = Booking("paid", "discounts", "2021-01", "2021-01", 1, {"purse/charged": -100_000, "merchant_payable/m": 1})
    assert statement_of("wallet", "2021-02", [TOP_UP, spent], WRITTEN) is None
    assert statement_of("wallet", "2020-12", EVERYTHING, WRITTEN) is None


def test_a_balance_has_a_statement_without_any_entry() -> None:
    quiet = statement("2021-03", TOP_UP)
    assert quiet.start == quiet.end == {"charged": 100_000}
    assert (quiet.topped_up, quiet.paid, quiet.cashback) == (0, 0, RewardSum())


def test_discounts_bonuses_and_expired_rewards_are_separate_sums() -> None:
    bonus = Booking(
        "topped_up",
        "top_up_rewards",
        "2021-01",
        "2021-01",
        50_000,
        {"bank/lee": -47_500, "funder/city": -5_000, "purse/charged": 50_000, "purse/points@2021-02": 2_500},
        {"on top": 2_500, "off": 2_500},
    )
    discounted = Booking(
        "paid",
        "discounts",
        "2021-01",
        "2021-01",
        20_000,
        {"purse/charged": -18_000, "funder/city": -1_500, "merchant_reward/m": -500, "merchant_payable/m": 20_000},
        {"tenth": 2_000},
    )
    cancelled = Booking(
        "",
        "discounts",
        "2021-02",
        "2021-02",
        10_000,
        {
            "purse/refund_pending": 9_000,
            "funder/city": 750,
            "merchant_reward/m": 250,
            "merchant_payable/m": -10_000,
        },
        {"tenth": -1_000},
    )
    expiry = Booking("", "", "2021-03", "2021-03", 2_500, {"purse/points@2021-02": -2_500, "expired/points": 2_500})
    everything = (bonus, discounted, cancelled, expiry)

    january, february, march = (statement(month, *everything) for month in ("2021-01", "2021-02", "2021-03"))
    assert (january.topped_up, january.paid, january.cashback) == (50_000, 20_000, RewardSum())
    assert january.top_up_rewards == RewardSum(5_000, {"on top": 2_500, "off": 2_500}, {"city": 5_000})
    assert january.discounts == RewardSum(2_000, {"tenth": 2_000}, {"city": 1_500, "merchant": 500})
    assert january.end == {"charged": 32_000, "points@2021-02": 2_500}
    # A returned discount is booked under its cancellation.
    assert february.discounts == RewardSum(-1_000, {"tenth": -1_000}, {"city": -750, "merchant": -250})
    assert (january.expired, february.expired, march.expired) == (0, 0, 2_500)
    assert (march.start["points@2021-02"], march.end.get("points@2021-02")) == (2_500, None)
