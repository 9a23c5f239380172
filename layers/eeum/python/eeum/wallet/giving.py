"""What a policy gives within a command, off a price or on top of a top-up: pure functions over plain values, amounts in won.

Commands are decided one after another on the `LimitUsage` of their wallet, accruals on what they posted: a limit is used by the one or by
the other, never by both.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol, TypeVar

from eeum.calendar import month_of, previous_month
from eeum.policy.conditions import Facts
from eeum.policy.evaluation import evaluate
from eeum.policy.rules import Evaluation, Gives, Layer, LayerReward, PolicyVersion
from eeum.policy.usage import key_of, limits_of, standing
from eeum.policy.windows import last_month_of
from eeum.wallet.rules import LimitUsage

NONE: Mapping[str, int] = {}


class Grants(Protocol):
    """Where the money of rewards comes from (`eeum.budget`)."""

    def grant(self, policy: PolicyVersion, layer: Layer, won: int, at: datetime, before: int = 0, /) -> int:
        """How many of `won` are funded, of which `before` are already."""


class Unlimited:
    """Where no budget is kept, all is funded."""

    def grant(self, _policy: PolicyVersion, _layer: Layer, won: int, _at: datetime, _before: int = 0, /) -> int:
        return won


UNLIMITED: Grants = Unlimited()


class Given(NamedTuple):
    """What layers give, those that give nothing left out; `used` is by how much each limit's use grows, by limit and window.

    `ceilings` are by layer the most that was funded, where that was less than it would give.
    """

    rewards: tuple[LayerReward, ...]
    used: Mapping[str, int]
    ceilings: Mapping[str, int]

    @property
    def won(self) -> int:
        return sum(reward.won for reward in self.rewards)


NOTHING_GIVEN = Given((), {}, {})


def give(
    policy: PolicyVersion,
    gives: frozenset[Gives],
    facts: Facts,
    base: int,
    limit_usage: LimitUsage,
    at: datetime,
    grants: Grants,
) -> Given:
    """What the layers that give so make of `base` won at the instant `at`, as far as it is funded.

    Layers are funded in the order listed. What one does not get leaves more of a reward limit to those that share it.
    """
    if not policy.pays_at(at):
        return NOTHING_GIVEN
    limits = limits_of(policy, gives)
    used_before, carried = standing(limits.values(), limit_usage.used, at)

    def under(ceilings: Mapping[str, int]) -> Evaluation:
        return evaluate(policy, facts, base, used_before, gives=gives, carried=carried, ceilings=ceilings)

    cover = Cover(policy, policy.acting(gives), at, grants)
    evaluation = cover.funded(under)
    return Given(
        # What a ceiling cut is told by the ceilings.
        tuple(reward._replace(uncut=None) for reward in evaluation.rewards if reward.won),
        {key_of(limits[limit], at): won for limit, won in evaluation.used.items() if won},
        cover.cut,
    )


class Rewarding(Protocol):
    """Something that says what each layer gives."""

    @property
    def rewards(self) -> tuple[LayerReward, ...]: ...


Made = TypeVar("Made", bound=Rewarding)


class Cover:
    """What of the rewards for one payment or top-up is funded. A layer that gets less has a ceiling, under which all is evaluated again.

    Of what was given before, `granted` won by layer are funded, and `ceilings` hold. `cut` are the ceilings that come in addition, or
    instead.
    """

    def __init__(
        self,
        policy: PolicyVersion,
        layers: Sequence[Layer],
        at: datetime,
        grants: Grants,
        granted: Mapping[str, int] = NONE,
        ceilings: Mapping[str, int] = NONE,
    ) -> None:
        self._policy = policy
        self._layers = layers
        self._at = at
        self._grants = grants
        self._granted = dict(granted)
        self._ceilings = ceilings
        self.cut: dict[str, int] = {}

    def funded(self, under: Callable[[Mapping[str, int]], Made]) -> Made:
        """What is given `under` ceilings that leave nothing unfunded. Layers are funded in the order listed."""
        while True:
            made = under({**self._ceilings, **self.cut} if self.cut else self._ceilings)
            if self._covers({reward.layer: reward.won for reward in made.rewards}):
                return made

    def _covers(self, wanted: Mapping[str, int]) -> bool:
        """Whether all of `wanted`, won by layer, is granted; if not, one layer more has a ceiling now."""
        for layer in self._layers:
            won, before = wanted.get(layer.id, 0), self._granted.get(layer.id, 0)
            if won == before:
                continue
            # Less than before, where the ceiling of another layer has made a third win their group, gives back.
            self._granted[layer.id] = self._grants.grant(self._policy, layer, won, self._at, before)
            if self._granted[layer.id] < won:
                self.cut[layer.id] = self._granted[layer.id]
                return False
        return True


def after(limit_usage: LimitUsage, used: Mapping[str, int], at: datetime) -> LimitUsage:
    """What commands have used once `used` was added at `at`; windows that nobody asks for any more are left out."""
    total = {key: won for key, won in limit_usage.used.items() if _is_asked_for(key, at)}
    for key, won in used.items():
        total[key] = total.get(key, 0) + won
    return LimitUsage(limit_usage.version + 1, total)


def _is_asked_for(key: str, at: datetime) -> bool:
    """Windows of this month and the one before, and of this year and the one before: what is left of one may be carried into the next."""
    name = key.partition("@")[2]
    month = month_of(at)
    if len(name) == len("2021"):
        return int(name) >= int(month[:4]) - 1
    return last_month_of(name) >= previous_month(month)
