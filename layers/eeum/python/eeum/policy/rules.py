"""What a policy makes of one payment: pure functions over plain values.

Bands are marginal: each won of the base earns at the rate of the band that the window's accumulated use has reached when that
won is added (IC-05: 1,000,000 won under 10 % to 500,000 and 1 % to 1,000,000 earns 55,000). The meanings that published rules leave open
are settled in docs/policy-language.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from eeum.money import reward_of, split_by_share
from eeum.policy.conditions import Condition, Facts
from eeum.policy.windows import Window

LimitId = str


class Band(NamedTuple):
    """A part of the window's accumulated spend with its own rate.

    `start` and `end` are in won (`end` None: no upper end), `rate` in basis points; None is the merchant's own rate.
    """

    start: int
    end: int | None
    rate: int | None


@dataclass(frozen=True, slots=True)
class Limit:
    """What caps a reward within a window: `measure` is `spend` or `reward`; `amount` in won, None only counts."""

    id: LimitId
    measure: str
    amount: int | None


@dataclass(frozen=True, slots=True)
class Layer:
    """One rule of a policy: who funds it, when it applies, its bands and its limits.

    `spend_limits` and `reward_limits` are those of its limits by measure; bands are read on the first spend limit.
    `shares` are those of the `funders`, in the same order.
    """

    id: str
    title: Mapping[str, str]
    condition: Condition
    bands: tuple[Band, ...]
    spend_limits: tuple[Limit, ...]
    reward_limits: tuple[Limit, ...]
    counts_all: bool
    funders: tuple[str, ...]
    shares: tuple[int, ...]
    pools: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WalletTerms:
    """Smallest top-up and largest charged balance, in won; the larger limit is for verified members."""

    minimum_top_up: int
    holding_limit: int
    holding_limit_verified: int


@dataclass(frozen=True, slots=True)
class MerchantTerms:
    """Which merchants the programme knows and which it excludes; revenue in won."""

    districts: frozenset[str]
    categories: frozenset[str]
    excluded_categories: frozenset[str]
    excluded_above_revenue: int | None

    def exclude(self, category: str, annual_revenue: int) -> bool:
        """Whether the programme excludes a merchant of this category and revenue (won a year)."""
        too_large = self.excluded_above_revenue is not None and annual_revenue > self.excluded_above_revenue
        return category in self.excluded_categories or too_large


class Pool(NamedTuple):
    """A citywide pool: `amount` won for each of its windows."""

    id: str
    window: Window
    amount: int


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """All rules of a programme from `starts_at` until the next version starts; after `ends_at` nothing is paid."""

    programme: str
    version: str
    starts_at: datetime
    ends_at: datetime | None
    earns_from: frozenset[str]
    wallet: WalletTerms
    merchants: MerchantTerms
    layers: tuple[Layer, ...]
    pools: Mapping[str, Pool] = field(default_factory=dict)

    def pays_at(self, instant: datetime) -> bool:
        return self.ends_at is None or instant < self.ends_at


class BandPortion(NamedTuple):
    """`base` won that fell into the band from `start` to `end`, at `rate` basis points."""

    start: int
    end: int | None
    rate: int
    base: int


class LayerReward(NamedTuple):
    """What one layer gives for one payment, and why. `funders` pairs each funder with its won, in the order listed."""

    layer: str
    won: int
    portions: tuple[BandPortion, ...]
    funders: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Rewards by layer, and by how much each limit's use grows (won of spend, or won of reward)."""

    rewards: tuple[LayerReward, ...]
    used: Mapping[LimitId, int]

    @property
    def won(self) -> int:
        return sum(reward.won for reward in self.rewards)


NOTHING = Evaluation((), {})


def evaluate(policy: PolicyVersion, facts: Facts, base: int, used_before: Mapping[LimitId, int]) -> Evaluation:
    """What `base` won of one payment earns under `policy`, when its limits were used by `used_before` in their windows.

    Each layer sees the spend limits as they were before the payment, so that a won which several layers accept counts once;
    reward limits are used up in the order of the layers.
    """
    rewards: list[LayerReward] = []
    used: dict[LimitId, int] = {}
    for layer in policy.layers:
        portions = _portions(layer, facts, base, used_before)
        accepted = sum([portion.base for portion in portions])
        for limit in layer.spend_limits:
            spend = _room((limit,), base, used_before) if layer.counts_all else accepted
            if spend > used.get(limit.id, 0):
                used[limit.id] = spend
        if portions:
            won = reward_of([(portion.base, portion.rate) for portion in portions])
            if layer.reward_limits:
                won = _within_reward_limits(layer, won, used_before, used)
            rewards.append(LayerReward(layer.id, won, portions, funded(layer, won)))
    return Evaluation(tuple(rewards), used)


def _within_reward_limits(layer: Layer, won: int, used_before: Mapping[LimitId, int], used: dict[LimitId, int]) -> int:
    """What the layer's reward limits leave of `won`, which is added to `used`."""
    for limit in layer.reward_limits:
        if limit.amount is not None:
            left = limit.amount - used_before.get(limit.id, 0) - used.get(limit.id, 0)
            won = min(won, max(left, 0))
    if won:
        for limit in layer.reward_limits:
            used[limit.id] = used.get(limit.id, 0) + won
    return won


def _portions(layer: Layer, facts: Facts, base: int, used_before: Mapping[LimitId, int]) -> tuple[BandPortion, ...]:
    """How the part of `base` that the layer's spend limits leave falls into its bands; those that earn nothing are left out."""
    if not layer.condition.holds(facts):
        return ()
    position = used_before.get(layer.spend_limits[0].id, 0) if layer.spend_limits else 0
    end_of_base = position + _room(layer.spend_limits, base, used_before)
    portions = []
    for band_start, band_end, band_rate in layer.bands:
        if band_start >= end_of_base:
            break
        # Comparisons, as min and max cost a call each: this is the innermost of what every payment goes through.
        start = band_start if band_start > position else position
        end = end_of_base if band_end is None or band_end > end_of_base else band_end
        rate = facts.merchant_own_rate if band_rate is None else band_rate
        if start < end and rate > 0:
            portions.append(BandPortion(band_start, band_end, rate, end - start))
    return tuple(portions)


def _room(limits: Sequence[Limit], base: int, used_before: Mapping[LimitId, int]) -> int:
    """What the spend limits leave of `base`."""
    room = base
    for limit in limits:
        if limit.amount is not None:
            left = limit.amount - used_before.get(limit.id, 0)
            if left < room:
                room = left if left > 0 else 0
    return room


def funded(layer: Layer, won: int) -> tuple[tuple[str, int], ...]:
    """Who funds `won` of a layer, in the order listed."""
    return tuple(zip(layer.funders, split_by_share(won, layer.shares), strict=True))
