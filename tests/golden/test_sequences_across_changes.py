"""A member's payments around each mid-month change of Incheon's rules, computed by hand.

The version in force at a payment's instant judges it; limit usage of the month's earlier payments remains.
"""

from tests.golden.published import Member, incheon

SMALL = {"merchant_annual_revenue": 300_000_000}
MEDIUM = {"merchant_annual_revenue": 1_000_000_000}
LARGEST_MEDIUM = {"merchant_annual_revenue": 3_000_000_000}
LARGE = {"merchant_annual_revenue": 3_000_000_001}


def test_from_no_limit_to_one_million_at_six_in_the_morning_of_2019_08_01() -> None:
    member = Member(incheon())

    # July, IC-01: 6 % of everything. 1,500,000 × 6 % = 90,000.
    assert member.pays("2019-07-31T23:59:59+09:00", 1_500_000).won == 90_000
    # August before 06:00 is still IC-01: 400,000 × 6 % = 24,000, and the month has 400,000 of spend.
    assert member.pays("2019-08-01T05:59:59.999+09:00", 400_000).won == 24_000

    # From 06:00 IC-02: 6 % up to 1,000,000 of the month. 400,000 to 900,000: 500,000 × 6 % = 30,000,
    at_six = member.pays("2019-08-01T06:00:00+09:00", 500_000)
    assert at_six.won == 30_000
    # four parts of the six from the nation and two from the city.
    assert at_six.rewards[0].funders == (("national", 20_000), ("city", 10_000))
    # A television earns nothing, and takes nothing of the limit.
    assert member.pays("2019-08-01T06:30:00+09:00", 90_000, merchant_category="large_electronics").won == 0
    # Of 300,000 the limit leaves 100,000: 6,000. Then it leaves nothing.
    assert member.pays("2019-08-01T07:00:00+09:00", 300_000).won == 6_000
    assert member.pays("2019-08-31T23:59:59.999+09:00", 10_000).won == 0

    # September starts at zero: 100,000 × 6 % = 6,000.
    assert member.pays("2019-09-01T00:00:00+09:00", 100_000).won == 6_000


def test_six_hours_without_a_limit_may_use_up_the_one_that_follows() -> None:
    member = Member(incheon())

    # 1,200,000 × 6 % = 72,000 before 06:00; the 1,000,000 of August is then spent.
    assert member.pays("2019-08-01T00:00:00+09:00", 1_200_000).won == 72_000
    assert member.pays("2019-08-01T06:00:00+09:00", 100_000).won == 0


def test_from_six_percent_to_three_on_2019_10_22_with_one_days_notice() -> None:
    frugal, spender = Member(incheon()), Member(incheon())

    # IC-02: 200,000 × 6 % = 12,000, and 350,000 × 6 % = 21,000.
    assert frugal.pays("2019-10-10T12:00:00+09:00", 200_000).won == 12_000
    assert spender.pays("2019-10-21T23:59:59.999+09:00", 350_000).won == 21_000

    # IC-03: 3 % up to 300,000 of the month. 200,000 to 300,000: 100,000 × 3 % = 3,000, and no more in October.
    assert frugal.pays("2019-10-22T00:00:00+09:00", 200_000).won == 3_000
    assert frugal.pays("2019-10-22T00:00:01+09:00", 1_000).won == 0
    # Members who spent more than 300,000 before earn nothing until November.
    assert spender.pays("2019-10-22T00:00:00+09:00", 100_000).won == 0
    november = spender.pays("2019-11-01T00:00:00+09:00", 300_000)
    # 300,000 × 3 % = 9,000, all of it the city's.
    assert november.won == 9_000
    assert november.rewards[0].funders == (("city", 9_000),)


def test_shops_above_three_billion_drop_out_on_2023_09_25() -> None:
    member = Member(incheon())

    # IC-07: 5 % above 300 million, however large: 100,000 × 5 % = 5,000. Small shops 10 %: 10,000. 200,000 of 300,000 used.
    assert member.pays("2023-09-10T12:00:00+09:00", 100_000, **LARGE).won == 5_000
    assert member.pays("2023-09-24T23:59:59.999+09:00", 100_000, **SMALL).won == 10_000

    # IC-09: nothing above 3 billion, and nothing of the limit used.
    assert member.pays("2023-09-25T00:00:00+09:00", 50_000, **LARGE).won == 0
    # Exactly 3 billion still earns: 60,000 × 5 % = 3,000. 260,000 used.
    assert member.pays("2023-09-25T00:00:01+09:00", 60_000, **LARGEST_MEDIUM).won == 3_000
    # The limit leaves 40,000 of 100,000: 40,000 × 10 % = 4,000.
    assert member.pays("2023-09-30T23:59:59.999+09:00", 100_000, **SMALL).won == 4_000

    # IC-10 in October, from zero: 300,000 × 7 % = 21,000.
    assert member.pays("2023-10-01T00:00:00+09:00", 300_000, **MEDIUM).won == 21_000


def test_the_limit_moves_from_spend_to_cashback_on_2024_12_16() -> None:
    member = Member(incheon())

    # IC-11: 300,000 × 10 % = 30,000 uses up the month's spend; nothing more until the 16th.
    assert member.pays("2024-12-01T00:00:00+09:00", 300_000, **SMALL).won == 30_000
    assert member.pays("2024-12-15T23:59:59.999+09:00", 50_000, **SMALL).won == 0

    # IC-13: 10 % up to 3 billion, at most 30,000 of cashback, a limit of its own: 200,000 × 10 % = 20,000.
    assert member.pays("2024-12-16T00:00:00+09:00", 200_000, **MEDIUM).won == 20_000
    assert member.pays("2024-12-20T12:00:00+09:00", 100_000, **LARGE).won == 0
    # 150,000 × 10 % = 15,000, of which the limit leaves 10,000: 200/1254 of it from the nation (1,594.9, floored), the rest the city's.
    capped = member.pays("2024-12-31T23:59:59.999+09:00", 150_000, **LARGEST_MEDIUM)
    assert capped.won == 10_000
    assert capped.rewards[0].funders == (("national", 1_594), ("city", 8_406))
    assert member.pays("2024-12-31T23:59:59.999+09:00", 10_000, **SMALL).won == 0

    # January from zero, on the cashback again: 299,990 × 10 % = 29,999, then the last won of the 30,000.
    assert member.pays("2025-01-01T00:00:00+09:00", 299_990, **SMALL).won == 29_999
    assert member.pays("2025-01-31T23:59:59.999+09:00", 300_000, **SMALL).won == 1

    # IC-14 in February, on the spend once more: 300,000 × 5 % = 15,000, and nothing for the next won.
    assert member.pays("2025-02-01T00:00:00+09:00", 300_000, **MEDIUM).won == 15_000
    assert member.pays("2025-02-28T23:59:59.999+09:00", 100_000, **SMALL).won == 0


def test_the_month_turns_at_midnight_in_seoul() -> None:
    member = Member(incheon())

    # The same two instants written in Greenwich time: 15:00 there is midnight in Seoul.
    assert member.pays("2021-01-31T14:59:59.999+00:00", 1_000_000).won == 55_000
    assert member.pays("2021-01-31T15:00:00+00:00", 1_000_000).won == 55_000
    # Within one month there is no more: both bands are used up.
    assert member.pays("2021-02-28T14:59:59.999+00:00", 1_000_000).won == 0
