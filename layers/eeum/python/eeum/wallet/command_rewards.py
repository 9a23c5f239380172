"""Discounts and bonuses that a policy gives within a command: pure functions over plain values, amounts in won.

Commands use the limits of a wallet by its `LimitUsage`, one command after another. Accruals use limits by what they paid. A limit is used
either by commands or by accruals, never by both.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol, TypeVar

from eeum.calendar import month_of, previous_month
from eeum.policy.conditions import Facts
from eeum.policy.evaluation import evaluate
from eeum.policy.rules import Evaluation, Layer, LayerReward, PolicyVersion, RewardKind
from eeum.policy.usage import key_of, limits_of, window_usage
from eeum.policy.windows import last_month_of
from eeum.wallet.rules import LimitUsage

NONE: Mapping[str, int] = {}


class RewardFunds(Protocol):
    """The budgets that fund rewards (`eeum.budget`)."""

    def draw(self, policy: PolicyVersion, layer: Layer, won: int, at: datetime, before: int = 0, /) -> int:
        """The funded part of `won`, in won; `before` of it is funded already."""


class Unlimited:
    """Without budgets everything is funded."""

    def draw(self, _policy: PolicyVersion, _layer: Layer, won: int, _at: datetime, _before: int = 0, /) -> int:
        return won


UNLIMITED: RewardFunds = Unlimited()


class CommandRewards(NamedTuple):
    """What layers give, without those that give nothing. `used` is the increase of limit usage, by limit and window.

    `funded_amounts` are the funded amounts by layer, where the budgets paid less than the layer would give.
    """

    rewards: tuple[LayerReward, ...]
    used: Mapping[str, int]
    funded_amounts: Mapping[str, int]

    @property
    def won(self) -> int:
        return sum(reward.won for reward in self.rewards)


NO_REWARDS = CommandRewards((), {}, {})


def rewards_for(
    policy: PolicyVersion,
    kinds: frozenset[RewardKind],
    facts: Facts,
    base: int,
    limit_usage: LimitUsage,
    at: datetime,
    funds: RewardFunds,
) -> CommandRewards:
    """Evaluate layers on the amount `base` at the instant `at`, as far as budgets fund them.

    Layers are funded in the order listed. What one layer does not get remains for the other layers of the same reward limit.
    """
    if not policy.pays_at(at):
        return NO_REWARDS
    limits = limits_of(policy, kinds)
    used_before, carried = window_usage(limits.values(), limit_usage.used, at)

    def under(funded_amounts: Mapping[str, int]) -> Evaluation:
        return evaluate(policy, facts, base, used_before, kinds=kinds, carried=carried, funded_amounts=funded_amounts)

    cover = Cover(policy, policy.acting(kinds), at, funds)
    evaluation = cover.funded(under)
    return CommandRewards(
        # The funded amounts report the cut.
        tuple(reward._replace(uncut=None) for reward in evaluation.rewards if reward.won),
        {key_of(limits[limit], at): won for limit, won in evaluation.used.items() if won},
        cover.cut,
    )


class Rewarding(Protocol):
    """A reward by layer."""

    @property
    def rewards(self) -> tuple[LayerReward, ...]: ...


Made = TypeVar("Made", bound=Rewarding)


class Cover:
    """The funding of one payment's or top-up's rewards. A layer that budgets cut gets a funded amount, and all is evaluated again under it.

    `drawn` is what budgets paid before, by layer in won, under the given `funded_amounts`. `cut` are further or lower ones.
    """

    def __init__(
        self,
        policy: PolicyVersion,
        layers: Sequence[Layer],
        at: datetime,
        funds: RewardFunds,
        drawn: Mapping[str, int] = NONE,
        funded_amounts: Mapping[str, int] = NONE,
    ) -> None:
        self._policy = policy
        self._layers = layers
        self._at = at
        self._funds = funds
        self._drawn = dict(drawn)
        self._funded_amounts = funded_amounts
        self.cut: dict[str, int] = {}

    def funded(self, under: Callable[[Mapping[str, int]], Made]) -> Made:
        """Evaluate under funded amounts until everything given is funded. Layers are funded in the order listed."""
        while True:
            made = under({**self._funded_amounts, **self.cut} if self.cut else self._funded_amounts)
            if self._covers({reward.layer: reward.won for reward in made.rewards}):
                return made

    def _covers(self, wanted: Mapping[str, int]) -> bool:
        """Whether budgets fund all of `wanted`, won by layer. If not, one more layer has a funded amount afterwards."""
        for layer in self._layers:
            won, before = wanted.get(layer.id, 0), self._drawn.get(layer.id, 0)
            if won == before:
                continue
            # A layer may want less than before, since the funded amount of another layer made a third one win their group. It gives
            # back the difference.
            self._drawn[layer.id] = self._funds.draw(self._policy, layer, won, self._at, before)
            if self._drawn[layer.id] < won:
                self.cut[layer.id] = self._drawn[layer.id]
                return False
        return True


def after(limit_usage: LimitUsage, used: Mapping[str, int], at: datetime) -> LimitUsage:
    """The limit usage of commands after `used` was added at `at`, without windows that are no longer read."""
    total = {key: won for key, won in limit_usage.used.items() if _is_asked_for(key, at)}
    for key, won in used.items():
        total[key] = total.get(key, 0) + won
    return LimitUsage(limit_usage.version + 1, total)


def _is_asked_for(key: str, at: datetime) -> bool:
    """Whether the window is still read: of this or the last month or year. What is left of the last may be carried over."""
    name = key.partition("@")[2]
    month = month_of(at)
    if len(name) == len("2021"):
        return int(name) >= int(month[:4]) - 1
    return last_month_of(name) >= previous_month(month)
