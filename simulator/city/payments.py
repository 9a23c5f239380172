"""Generate the payments of a month in batches of members, so that memory holds one batch for a city of any size.

A batch depends only on the seed, the month and its place. A member's lasting properties (its usual spend, its card, its class) depend
only on the seed and the batch, so that they are the same in every month.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import exp, log, sqrt
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as arrow

from eeum.calendar import milliseconds_of, start_of_month
from simulator.city import figures
from simulator.city.figures import Spend
from simulator.city.shops import Shops, slots
from simulator.city.years import CityMonth, days_of

MEMBERS_AT_ONCE = 50_000
HOUR = 3_600_000
KEYS_OF_A_MONTH = 10**12
"""The first payment key of a month is the month's number times this, which makes keys unique over all months."""
_TIME_SLOTS, _CHANNEL_SLOTS = 65_536, 1_024
_APP = frozenset({"qr", "e_mall", "delivery", "taxi"})
"""Channels in which the member pays in the app: assumed."""

Whole: TypeAlias = npt.NDArray[np.int64]
Real: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scale:
    """`factor` scales what each member spends in a month to won. `ticket` is the mean payment; the number of payments follows from it."""

    factor: float
    ticket: float


class MonthOfPayments:
    """The payments of one month of a city."""

    def __init__(self, month: CityMonth, spend: Spend, shops: Shops, seed: int) -> None:
        self._month, self._spend, self._shops, self._seed = month, spend, shops, seed
        self._number = int(month.month[:4]) * 12 + int(month.month[5:7])
        self._time_of_slot = _times(month.month)
        self._channel_of_slot = slots(list(figures.CHANNEL_SHARES.values()), _CHANNEL_SLOTS).astype(np.int8)
        self._scale = self._scaled()

    def batches(self) -> Iterator[arrow.RecordBatch]:
        key = self._number * KEYS_OF_A_MONTH
        for batch in range(self._batches()):
            made = self._batch(batch, key)
            key += made.num_rows
            yield made

    def _batches(self) -> int:
        return -(-self._month.members // MEMBERS_AT_ONCE)

    def _size(self, batch: int) -> int:
        return min(MEMBERS_AT_ONCE, self._month.members - batch * MEMBERS_AT_ONCE)

    def _scaled(self) -> Scale:
        """Draw every member's spend, not yet its payments, and scale it to the month's published sum and mean payment."""
        spends = [self._draw_spend(batch)[1] for batch in range(self._batches())]
        drawn = float(sum(spend.sum() for spend in spends))
        factor = self._month.paid / drawn
        return Scale(factor, _ticket(spends[0] * factor))

    def _draw_spend(self, batch: int) -> tuple[npt.NDArray[np.int32], Real, np.random.Generator]:
        """Return the batch's members who pay this month, the spend of each before scaling, and the generator for further draws."""
        size = self._size(batch)
        lasting = np.random.default_rng([self._seed, 0, batch]).standard_normal(MEMBERS_AT_ONCE)[:size]
        random = np.random.default_rng([self._seed, self._number, batch])
        active = np.flatnonzero(random.random(size) < self._spend.active).astype(np.int32)
        if not len(active):
            active = np.zeros(1, np.int32)
        share = self._spend.lasting
        logarithm = sqrt(share) * lasting[active] + sqrt(1 - share) * random.standard_normal(len(active))
        return active, np.exp(self._spend.spread * logarithm), random

    def _batch(self, batch: int, key: int) -> arrow.RecordBatch:
        active, drawn, random = self._draw_spend(batch)
        spend = drawn * self._scale.factor
        number = _payments_of(spend, self._scale.ticket)
        payer = np.repeat(np.arange(len(active), dtype=np.int32), number)
        won = _divided(spend, number, payer, random)
        bits = random.integers(0, 2**64, len(won), dtype=np.uint64, endpoint=False)
        place = (bits & np.uint64(0xFFFF)).astype(np.uint16)
        slot = ((bits >> np.uint64(16)) & np.uint64(0xFFFF)).astype(np.uint16)
        within = ((((bits >> np.uint64(32)) & np.uint64(0x3FFFFF)) * np.uint64(HOUR)) >> np.uint64(22)).astype(np.int64)
        channel = self._channel_of_slot[(bits >> np.uint64(54)).astype(np.uint16)]
        from_cashback = random.integers(0, 65_536, len(won), dtype=np.uint16) < int(self._spend.from_cashback * 65_536)
        columns = {
            "payment": np.arange(key, key + len(won), dtype=np.int64),
            "member": (active + batch * MEMBERS_AT_ONCE)[payer],
            "accepted_at": self._time_of_slot[slot] + within,
            "won_charged": np.where(from_cashback, 0, won),
            "won_cashback": np.where(from_cashback, won, 0),
            "won_grants": np.zeros(len(won), np.int64),
        }
        return self._with_facts(columns, place, channel, *self._member_facts(batch, active, payer))

    def _member_facts(
        self, batch: int, active: npt.NDArray[np.int32], payer: npt.NDArray[np.int32]
    ) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.bool_]]:
        """Return, for each payment, the place of the member's card in the list, and whether the member is of the class `welfare`."""
        random = np.random.default_rng([self._seed, 1, batch])
        cards = slots(list(figures.CARD_SHARES.values()), 1_000)[random.integers(0, 1_000, MEMBERS_AT_ONCE)]
        welfare = random.random(MEMBERS_AT_ONCE) < figures.WELFARE_SHARE
        return cards.astype(np.int8)[active][payer], welfare[active][payer]

    def _with_facts(
        self,
        columns: dict[str, npt.NDArray[np.generic]],
        place: npt.NDArray[np.uint16],
        channel: npt.NDArray[np.int8],
        card: npt.NDArray[np.int8],
        welfare: npt.NDArray[np.bool_],
    ) -> arrow.RecordBatch:
        shops = self._shops
        made = {name: arrow.array(values) for name, values in columns.items()}
        made["merchant_district"] = _named(shops.district[place], list(figures.DISTRICT_SHARES))
        made["merchant_category"] = _named(shops.category[place], list(figures.CATEGORY_SHARES))
        made["merchant_annual_revenue"] = arrow.array(shops.annual_revenue[place])
        for flag, carried in shops.flags.items():
            made[f"merchant_{flag}"] = arrow.array(carried[place])
        made["merchant_own_rate"] = arrow.array(shops.own_rate[place])
        made["card_product"] = _named(card, list(figures.CARD_SHARES))
        made["member_class"] = arrow.DictionaryArray.from_arrays(
            arrow.array(np.zeros(len(welfare), np.int8), mask=~welfare), arrow.array(["welfare"])
        )
        channels = list(figures.CHANNEL_SHARES)
        made["channel"] = _named(channel, channels)
        in_app = np.array([name in _APP for name in channels], np.int8)
        made["method"] = _named(in_app[channel], ["card", "app"])
        return arrow.record_batch(list(made.values()), names=list(made))


def _named(places: npt.NDArray[np.int8], names: list[str]) -> arrow.DictionaryArray:
    return arrow.DictionaryArray.from_arrays(arrow.array(places), arrow.array(names))


def _payments_of(spend: Real, ticket: float) -> Whole:
    """The number of payments that each month's spend is divided into, at least one."""
    return np.maximum(1, np.rint(spend / ticket)).astype(np.int64)


def _ticket(spend: Real) -> float:
    """The divisor that yields the published mean payment; a little above it, since every paying member pays at least once."""
    wanted = float(spend.sum()) / figures.AVERAGE_PAYMENT
    low, high = log(figures.AVERAGE_PAYMENT / 4), log(figures.AVERAGE_PAYMENT * 8)
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if _payments_of(spend, exp(middle)).sum() > wanted else (low, middle)
    return exp(high)


def _divided(spend: Real, number: Whole, payer: npt.NDArray[np.int32], random: np.random.Generator) -> Whole:
    """Divide each member's month into random payments (exponential parts: assumed), in whole hundreds of won."""
    parts = random.standard_exponential(len(payer), dtype=np.float32)
    starts = np.concatenate(([0], np.cumsum(number)[:-1]))
    scale = (spend / np.add.reduceat(parts, starts) / figures.PRICE_STEP).astype(np.float32)
    steps = np.rint(parts * scale[payer]).astype(np.int64)
    return np.maximum(steps, 1) * figures.PRICE_STEP


def _times(month: str) -> Whole:
    """The start of each time slot's hour, in milliseconds since 1970; days weigh the same, hours by their weights."""
    start = milliseconds_of(start_of_month(month))
    hours = slots([float(weight) for weight in figures.HOURS] * days_of(month), _TIME_SLOTS).astype(np.int64)
    return start + hours * HOUR
