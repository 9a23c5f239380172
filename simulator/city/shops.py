"""Generate the shops of a city: 65,536 equally likely places, each with the facts of its shop.

A place represents shops of one kind, so that a random 16-bit number chooses a shop. Shares are exact to 1/65,536.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simulator.city import figures

PLACES = 65_536
REVENUE_STEP = 10_000_000
"""Yearly sales are rounded up to ten million won, for fewer distinct values and none of zero."""


@dataclass(frozen=True, slots=True)
class Shops:
    """Facts by place: districts and categories as places in their lists, revenue in won a year, own rate in basis points."""

    district: npt.NDArray[np.int8]
    category: npt.NDArray[np.int8]
    annual_revenue: npt.NDArray[np.int64]
    own_rate: npt.NDArray[np.int16]
    flags: Mapping[str, npt.NDArray[np.bool_]]


def shops_of(random: np.random.Generator) -> Shops:
    # A shop chosen in proportion to its log-normal sales to the power p has sales whose median is larger by e^(p·spread²).
    logarithm = np.log(figures.REVENUE_MEDIAN) + figures.REVENUE_PULL * figures.REVENUE_SPREAD**2
    revenue = np.exp(random.normal(logarithm, figures.REVENUE_SPREAD, PLACES))
    partner = random.random(PLACES) < figures.PARTNER_SHARE
    return Shops(
        district=_spread(figures.DISTRICT_SHARES, random),
        category=_spread(figures.CATEGORY_SHARES, random),
        annual_revenue=np.ceil(revenue / REVENUE_STEP).astype(np.int64) * REVENUE_STEP,
        own_rate=np.where(partner, random.integers(1, 6, PLACES) * 100, 0).astype(np.int16),
        flags={
            "benefit_plus": random.random(PLACES) < figures.BENEFIT_PLUS_SHOPS / figures.SHOPS,
            "good_price": random.random(PLACES) < figures.GOOD_PRICE_SHOPS / figures.SHOPS,
            "traditional_market": random.random(PLACES) < figures.MARKET_SHARE,
            "partner": partner,
        },
    )


def _spread(shares: Mapping[str, float], random: np.random.Generator) -> npt.NDArray[np.int8]:
    """Assign places to names by their shares, in random order."""
    return random.permutation(slots(list(shares.values()), PLACES)).astype(np.int8)


def slots(weights: list[float], number: int) -> npt.NDArray[np.int16]:
    """Assign `number` slots to places by weight, so that a random slot chooses a place by weight."""
    ends = np.rint(np.cumsum(weights) / np.sum(weights) * number).astype(np.int64)
    return np.searchsorted(ends, np.arange(number), side="right").astype(np.int16)
