"""The figures that calibrate the generator: published figures with their sources, and assumptions, marked "assumed".

Amounts are won, shares are proportions. A source is given by its address; "the city, 2020-12-28" is the city's publication of that day.
"""

from dataclasses import dataclass
from types import MappingProxyType

# --- published ---------------------------------------------------------------------------------------------------------

PAID_IN_THE_YEAR = 2_862_000_000_000
"""Payments of 2020 (the city, 2020-12-28). The source does not say whether payments from cashback are included; assumed so."""

PAID_BY_MAY = 1_007_700_000_000
"""Payments to May 2020, "including cash": opticnews.co.kr/news/articleView.html?idxno=33554."""

CASHBACK_IN_THE_YEAR = 213_600_000_000
"""Money put into cashback in 2020 (the city, 2020-12-28). For comparison, never fitted to."""

CASHBACK_BY_MAY = 61_300_000_000
"""Cashback to May 2020, 73.1 % of the budget at the time; from the source of `PAID_BY_MAY`. For comparison, never fitted to."""

MEMBERS_2020 = ((0, 930_000), (151, 1_194_958), (298, 1_347_000), (354, 1_380_000))
"""Day of the year and members: the end of 2019 (kukinews.com/article/view/kuk202002140073), May (opticnews, as above; assumed its last
day), 25 October (m.mt.co.kr, 2020102911008269264) and 20 December (the city, 2020-12-28). In between, a straight line: assumed."""

MEMBERS_2021 = ((0, 1_380_000), (150, 1_470_000), (365, 1_600_000))
"""20 December 2020 as above, 1.47 million in May (cunews.net, number=116363); 1.6 million at the end of the year, as if it went
on: assumed. What a member pays follows from members and sum."""

ISSUANCE_TARGET_2021 = 4_000_000_000_000
"""The city's target for what is topped up in 2021 (the city, 2020-12-28). Assumed to be paid in full within the year."""

AVERAGE_PAYMENT = 23_900
"""312.8 billion won in 13.09 million payments, Yeonsu, July 2019 to February 2020 (kyeonggi.com/list/168?page=16372). Another
published pair, 201 payments and 1,795,000 won a member (newscj.com, idxno=845101), gives 8,900; the first counts both sides of one sum, so
it leads."""

CATEGORY_SHARES = MappingProxyType(
    {
        # Restaurants and cafes 25.8 %, retail 19.02 %, food and drink shops 8.85 % (the city, 2020-12-28); how each divides is assumed.
        "restaurant": 0.2100,
        "cafe": 0.0480,
        "supermarket": 0.1302,
        "convenience_store": 0.0600,
        "butcher": 0.0300,
        "bakery": 0.0285,
        "grocery": 0.0300,
        # Hospitals and academies: 14.63 and 11.93 % of May and June 2019 (kyeongin.com/article/1427661), scaled down by what the three
        # above have grown since: assumed. Pharmacies from Yeonsu's 93 billion for hospitals and pharmacies together: assumed.
        "hospital": 0.1150,
        "pharmacy": 0.0250,
        "academy": 0.1000,
        # Filling stations 4.4 % of May's relief money (opticnews, as above).
        "gas_station": 0.0440,
        # The rest is assumed.
        "clothing": 0.0400,
        "beauty": 0.0350,
        "household_goods": 0.0350,
        "leisure": 0.0250,
        "bookshop": 0.0120,
        "electronics": 0.0120,
        "repair": 0.0120,
        "other": 0.0083,
    }
)
"""Shares of the amount paid, by category of the policy documents; they add up to one."""

SHOPS_ABOVE_3_BILLION = 0.034
"""3.4 % of shops, 3,700, sold for more than three billion won a year in 2023 (hankyung.com/article/202309070604Y)."""

BENEFIT_PLUS_SHOPS, GOOD_PRICE_SHOPS, SHOPS = 6_000, 207, 109_000
"""6,000 Benefit+ shops (the city, 2020-12-28), 207 good-price shops (2024: kyeongin.com/article/1688132), and 3,700 shops as 3.4 % of
all."""

CARD_SHARES = MappingProxyType({"standard": 0.49, "seo": 0.29, "yeonsu": 0.22})
"""Cards of Seo-gu and Yeonsu were 51 % of 890,000 in October 2019 (incheontoday.com, idxno=117527); how they divide is assumed."""

# --- the spend of a month: published shape, assumed activity ------------------------------------------------------------

SPEND_BANDS_OF_2019 = ((200_000, 0.0659), (400_000, 0.1656), (600_000, 0.2664), (800_000, 0.3554), (10_000_000, 0.9677))
"""Share of the amount that came from members whose month was up to so many won, May and June 2019 (kyeongin.com/article/1427661)."""


@dataclass(frozen=True, slots=True)
class Spend:
    """The distribution of members' monthly spend. `spread` is the standard deviation of the logarithm of an active member's month.

    A log-normal month with spread 1.2 and median 297,000 won has 6.3, 17.1, 27.0, 35.4 and 95.8 % of its amount up to the edges of
    `SPEND_BANDS_OF_2019`, and half of Yeonsu's users below 300,000 won where 49.71 % were published (July 2019).
    The activity, the share of members who pay at all in a month, is published nowhere: assumed. With the members and the year's sum it
    fixes the median of a month. `lasting` is the share of the variance that stays with a member over the year: assumed.
    `from_cashback` is the share of payments made from the cashback purse, which earn nothing: assumed to be about what was given.
    """

    spread: float = 1.2
    active: float = 0.6
    lasting: float = 0.75
    from_cashback: float = 0.07


# --- assumed -----------------------------------------------------------------------------------------------------------

DISTRICT_SHARES = MappingProxyType(
    {
        "jung": 0.047,
        "dong": 0.021,
        "michuhol": 0.137,
        "yeonsu": 0.132,
        "namdong": 0.181,
        "bupyeong": 0.166,
        "gyeyang": 0.102,
        "seo": 0.184,
        "ganghwa": 0.023,
        "ongjin": 0.007,
    }
)
"""Shares of payments by the shop's district: assumed, near each district's share of residents."""

REVENUE_MEDIAN, REVENUE_SPREAD = 150_000_000, 1.64
"""A shop's yearly sales in won, log-normal: assumed, such that 3.4 % lie above three billion."""
REVENUE_PULL = 0.5
"""A shop is chosen in proportion to the square root of its sales: assumed, since many sell to firms or outside the programme."""

MARKET_SHARE, PARTNER_SHARE = 0.04, 0.03
"""Shops in traditional markets, and partner shops (which came in 2022) with a rate of their own of 1 to 5 %: assumed."""

WELFARE_SHARE = 0.05
"""Members of the class `welfare`: assumed."""

CHANNEL_SHARES = MappingProxyType({"shop": 0.96, "qr": 0.02, "e_mall": 0.012, "delivery": 0.003, "taxi": 0.005})
"""Assumed; delivery was 22 to 49 million won a week in 2021 (busan.fnnews.com/news/202105171349380635)."""

HOURS = (4, 2, 1, 1, 1, 2, 6, 14, 24, 34, 44, 60, 78, 70, 56, 54, 58, 68, 84, 86, 66, 46, 26, 12)
"""Relative weight of each hour of the day in Seoul: assumed. Days weigh the same."""

PRICE_STEP = 100
"""Prices are whole hundreds of won, at least one hundred: assumed."""
