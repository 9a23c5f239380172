"""The rules of a policy as plain values; `eeum.policy.evaluation` applies them to a payment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from eeum.money import split_by_share
from eeum.policy.conditions import FLAGS, Condition
from eeum.policy.windows import CALENDAR_MONTH, EVENT, Window

LimitId = str
LayerId = str

CASHBACK_PURSE = "cashback"
"""The purse of rewards whose layer names no other."""


class RewardKind(StrEnum):
    """The kind of reward that a layer gives, which decides when the layer applies."""

    CASHBACK = "cashback"
    """After the payment, spendable at once."""

    PAYBACK = "payback"
    """After the payment, spendable from the 1st of the next month."""

    DISCOUNT = "discount"
    """At the payment, off its price."""

    TOP_UP_BONUS = "top_up_bonus"
    """At the top-up, on top of it."""

    TOP_UP_DISCOUNT = "top_up_discount"
    """At the top-up, off the amount that the bank debits."""


AFTER_PAYMENT = frozenset({RewardKind.CASHBACK, RewardKind.PAYBACK})
AT_PAYMENT = frozenset({RewardKind.DISCOUNT})
AT_TOP_UP = frozenset({RewardKind.TOP_UP_BONUS, RewardKind.TOP_UP_DISCOUNT})

OFF_A_PRICE = frozenset({RewardKind.DISCOUNT, RewardKind.TOP_UP_DISCOUNT})
"""Rewards that lower the price. Together they leave at least one won of it."""

PER_PAYMENT, PER_WINDOW = "payment", "window"
HIGHEST, FIRST = "highest", "first"


class Band(NamedTuple):
    """A part of the window's accumulated spend with its own rate.

    `start` and `end` are in won (`end` None: no upper end), `rate` in basis points; None is the merchant's own rate.
    """

    start: int
    end: int | None
    rate: int | None


@dataclass(frozen=True, slots=True)
class Limit:
    """A cap on rewards within a window. `measure` is `spend`, `top_up` or `reward`; `amount` is won, None only counts.

    The unused amount of a window that began at `carries_over_from` or later is added to the next window, once.
    """

    id: LimitId
    measure: str
    amount: int | None
    window: Window = CALENDAR_MONTH
    carries_over_from: datetime | None = None


class Steps(NamedTuple):
    """Fixed rewards: the highest step `reached`, or `reward` won for every full `every` won.

    `reached` pairs the won of spend from which a step counts with its reward in won, both rising. Steps `per` payment are read on
    what limits leave of the payment; steps per window are read on the usage of the first spend limit.
    """

    per: str
    reached: tuple[tuple[int, int], ...] = ()
    every: int = 0
    reward: int = 0

    def at(self, won: int) -> int:
        """The total reward in won for `won` of spend."""
        if self.every:
            return won // self.every * self.reward
        return max((reward for start, reward in self.reached if start <= won), default=0)

    def last_reached(self, won: int) -> int:
        """The start of the step that `won` of spend has reached, to explain a reward; 0 for none."""
        if self.every:
            return won // self.every * self.every
        return max((start for start, _ in self.reached if start <= won), default=0)


class Pool(NamedTuple):
    """A citywide amount in won per window, shared first come, first served by the layers that list it."""

    id: str
    window: Window
    amount: int


class RewardPurse(NamedTuple):
    """A separate purse for rewards. Without `months` and `years` they never expire; without a condition they are spendable anywhere."""

    id: str
    title: Mapping[str, str]
    months: int | None = None
    years: int | None = None
    spendable_at: Condition | None = None
    spendable_at_document: Mapping[str, Any] | None = None
    """`spendable_at` as the document states it, to be shown in words."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One rule of a policy: its funders, its condition, its bands or steps, its limits, and the purse of its reward.

    `spend_limits` measure spend (top-ups, for a layer that applies at top-ups); `reward_limits` measure rewards. Bands are read on the
    first spend limit. `most_at_once` caps the won for one payment or top-up, before reward limits. `shares` belong to the `funders` in
    the same order. `into` names a purse, `exclusive` one of the policy's groups, `pools` some of its pools.
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
    reward_kind: RewardKind = RewardKind.CASHBACK
    into: str = CASHBACK_PURSE
    steps: Steps | None = None
    exclusive: str | None = None
    pools: tuple[str, ...] = ()
    most_at_once: int | None = None
    events: tuple[Window, ...] = field(init=False, default=())
    """The windows of its limits that count within an event; computed once, since every payment needs them."""

    def __post_init__(self) -> None:
        windows = (limit.window for limit in (*self.spend_limits, *self.reward_limits))
        object.__setattr__(self, "events", tuple(window for window in windows if window.kind == EVENT))

    @property
    def limits(self) -> tuple[Limit, ...]:
        return (*self.spend_limits, *self.reward_limits)


@dataclass(frozen=True, slots=True)
class WalletTerms:
    """The smallest top-up and the largest loaded balance, in won; the larger limit is for verified members.

    `spends_first` is `member_chooses`, `cashback` or `charged`; top-ups beyond a limit of `top_up_limits` are declined.
    """

    minimum_top_up: int
    holding_limit: int
    holding_limit_verified: int
    spends_first: str = "member_chooses"
    top_up_limits: tuple[Limit, ...] = ()


@dataclass(frozen=True, slots=True)
class MerchantTerms:
    """The merchants that the programme knows and those that it excludes; revenue in won a year."""

    districts: frozenset[str]
    categories: frozenset[str]
    excluded_categories: frozenset[str]
    excluded_above_revenue: int | None
    flags: frozenset[str] = FLAGS
    """The flags that a merchant may have."""

    def exclude(self, category: str | None, annual_revenue: int | None) -> bool:
        """Whether the programme excludes a merchant of this category and revenue (won a year); None means unknown, in dry runs."""
        most = self.excluded_above_revenue
        too_large = most is not None and annual_revenue is not None and annual_revenue > most
        return category in self.excluded_categories or too_large


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """All rules of a programme from `starts_at` until the next version starts; from `ends_at` on there are no rewards."""

    programme: str
    version: str
    starts_at: datetime
    ends_at: datetime | None
    earns_from: frozenset[str]
    wallet: WalletTerms
    merchants: MerchantTerms
    layers: tuple[Layer, ...]
    pools: Mapping[str, Pool] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    """`highest` or `first` by the id of an exclusive group."""
    purses: Mapping[str, RewardPurse] = field(default_factory=dict)
    names: Mapping[str, Any] = field(default_factory=dict)
    """The document's `names`, for sentences."""
    after_payment: tuple[Layer, ...] = field(init=False, default=())
    at_payment: tuple[Layer, ...] = field(init=False, default=())
    at_top_up: tuple[Layer, ...] = field(init=False, default=())
    """Its layers by when they apply, computed once."""

    def __post_init__(self) -> None:
        for name, kinds in (("after_payment", AFTER_PAYMENT), ("at_payment", AT_PAYMENT), ("at_top_up", AT_TOP_UP)):
            object.__setattr__(self, name, tuple(layer for layer in self.layers if layer.reward_kind in kinds))

    def acting(self, kinds: frozenset[RewardKind]) -> tuple[Layer, ...]:
        """The layers that give one of `kinds`, in the order listed."""
        if kinds is AFTER_PAYMENT:
            return self.after_payment
        if kinds is AT_PAYMENT:
            return self.at_payment
        return (
            self.at_top_up
            if kinds is AT_TOP_UP
            else tuple(layer for layer in self.layers if layer.reward_kind in kinds)
        )

    def pays_at(self, instant: datetime) -> bool:
        return self.ends_at is None or instant < self.ends_at


class BandPortion(NamedTuple):
    """`base` won that fell into the band from `start` to `end`, at `rate` basis points.

    For a layer with steps, `start` is the step that was reached and `rate` is 0.
    """

    start: int
    end: int | None
    rate: int
    base: int


class LayerReward(NamedTuple):
    """One layer's reward for one payment, and how it was computed. `funders` pairs each funder with its won, in the order listed.

    `uncut` is the reward in won before a budget cut it; None where none did.
    """

    layer: str
    won: int
    portions: tuple[BandPortion, ...]
    funders: tuple[tuple[str, int], ...]
    uncut: int | None = None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Rewards by layer, and by how many won the usage of each limit grows."""

    rewards: tuple[LayerReward, ...]
    used: Mapping[LimitId, int]

    @property
    def won(self) -> int:
        return sum(reward.won for reward in self.rewards)


NOTHING = Evaluation((), {})


def funded(layer: Layer, won: int) -> tuple[tuple[str, int], ...]:
    """Split `won` of a layer's reward among its funders, in the order listed."""
    if len(layer.funders) == 1:
        return ((layer.funders[0], won),)
    return tuple(zip(layer.funders, split_by_share(won, layer.shares), strict=True))
