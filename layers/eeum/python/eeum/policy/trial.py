"""What a policy makes of a course of payments and top-ups of one member, without a city: to try a document before it is loaded.

What is given and which limits are used is worked out by what commands and postings use themselves. Not kept are the balances of charged
money, cashback and grants, which are taken to be there; cancellations are not tried. Amounts are won.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from eeum.money import reward_of
from eeum.policy.conditions import Facts
from eeum.policy.evaluation import evaluate
from eeum.policy.rules import (
    AFTER_PAYMENT,
    AT_PAYMENT,
    AT_TOP_UP,
    CASHBACK_PURSE,
    OFF_A_PRICE,
    Gives,
    Layer,
    LayerReward,
    Limit,
    PolicyVersion,
)
from eeum.policy.trial_events import CHARGED, GRANTS, Course, Tried
from eeum.policy.usage import Standing, key_of, standing
from eeum.policy.use_cases import PolicyBook
from eeum.policy.windows import window_key, window_name
from eeum.wallet.giving import give
from eeum.wallet.purses import purse_of
from eeum.wallet.rules import Purse, Spending, Taken, is_spendable
from eeum.wallet.top_ups import exceeds_a_limit, topped_up

WHY_NOT = {
    "no_base": "nothing of it was paid from a purse that earns",
    "event_closed": "its event is not going on",
    "condition": "its condition does not hold",
    "limit": "its limit is used up",
    "group": "another layer of its group counts",
    "nothing_here": "its bands or steps give nothing here",
}


class Cut(NamedTuple):
    """Won that `by`, the id of a limit or a pool, `most_at_once` or `the_price`, left out of what a layer would have given."""

    by: str
    won: int


@dataclass(frozen=True, slots=True)
class Told:
    """What one layer made of an event, and why. `accepted` is the part of the base that it was given on.

    `why_not` says why it gave nothing: one of `WHY_NOT`; `purse` is where it went.
    """

    layer: str
    gives: Gives
    won: int = 0
    accepted: int = 0
    funders: tuple[tuple[str, int], ...] = ()
    purse: Purse | None = None
    cuts: tuple[Cut, ...] = ()
    why_not: str | None = None


class Left(NamedTuple):
    """What is left of a limit or a pool in a window; `amount`, with what was `carried` into it, None where it only counts."""

    id: str
    window: str
    used: int
    amount: int | None
    carried: int = 0

    @property
    def left(self) -> int | None:
        return None if self.amount is None else max(self.amount + self.carried - self.used, 0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one event: declined, or by layer what it got. `price` is what was paid, `base` what of it could earn.

    `policy` is the version that held, `limits` and `pools` those that its layers use, as they stand afterwards.
    """

    event: Tried
    policy: str
    declined: str | None = None
    price: int = 0
    paid_from: tuple[tuple[str, int], ...] = ()
    base: int = 0
    layers: tuple[Told, ...] = ()
    limits: tuple[Left, ...] = ()
    pools: tuple[Left, ...] = ()

    def won(self, *kinds: Gives) -> int:
        return sum(told.won for told in self.layers if told.gives in kinds)


def tried(versions: Sequence[PolicyVersion], course: Course) -> list[Outcome]:
    """What becomes of each event of the course, one after the other."""
    trial = _Trial(PolicyBook(versions), course.pools)
    return [trial.outcome(event) for event in course.events]


@dataclass
class _Pools:
    """What is left of pools, as the layers of commands and postings are granted it."""

    left_at_first: Mapping[str, int]
    used: dict[str, int] = field(default_factory=dict)

    def grant(self, policy: PolicyVersion, layer: Layer, won: int, at: datetime, before: int = 0, /) -> int:
        granted = won
        for name in layer.pools:
            pool = policy.pools[name]
            left = self.left(policy, name, at) if pool.window.is_open(at) else 0
            granted = min(granted, before + left)
        for name in layer.pools:
            key = self._key(policy, name, at)
            self.used[key] = self.used.get(key, 0) + granted - before
        return granted

    def left(self, policy: PolicyVersion, name: str, at: datetime) -> int:
        amount = self.left_at_first.get(name, policy.pools[name].amount)
        return max(amount - self.used.get(self._key(policy, name, at), 0), 0)

    def told(self, policy: PolicyVersion, at: datetime) -> Iterable[Left]:
        for name, pool in policy.pools.items():
            used = self.used.get(self._key(policy, name, at), 0)
            yield Left(name, window_name(pool.window, at), used, self.left_at_first.get(name, pool.amount))

    def _key(self, policy: PolicyVersion, name: str, at: datetime) -> str:
        return window_key(name, window_name(policy.pools[name].window, at))


class _Trial:
    def __init__(self, book: PolicyBook, pools: Mapping[str, int]) -> None:
        self._book = book
        self._pools = _Pools(pools)
        self._usage: dict[str, int] = {}
        self._rewards: dict[str, Purse] = {}
        """What is in the policy's own purses, by dated purse."""

    def outcome(self, event: Tried) -> Outcome:
        policy = self._book.running_at(event.at)
        event = replace(event, facts=replace(event.facts, amount=event.amount, accepted_at=event.at))
        outcome = self._top_up(policy, event) if event.is_top_up else self._payment(policy, event)
        pools = tuple(self._pools.told(policy, event.at))
        return replace(outcome, limits=tuple(self._limits(policy, event)), pools=pools)

    def _top_up(self, policy: PolicyVersion, event: Tried) -> Outcome:
        if event.amount < policy.wallet.minimum_top_up:
            return Outcome(event, policy.version, f"below the smallest top-up of {policy.wallet.minimum_top_up:,} won")
        if event.amount > policy.wallet.holding_limit_verified:
            return Outcome(event, policy.version, "more than a wallet may hold")
        if exceeds_a_limit(policy, self._usage, event.amount, event.at):
            return Outcome(event, policy.version, "beyond a limit on top-ups")
        layers = self._given(policy, AT_TOP_UP, event.facts, event.amount)
        self._use(topped_up(policy, event.amount, event.at))
        off = sum(told.won for told in layers if told.gives in OFF_A_PRICE)
        return Outcome(event, policy.version, None, event.amount - off, (), event.amount, layers)

    def _payment(self, policy: PolicyVersion, event: Tried) -> Outcome:
        if policy.merchants.exclude(event.facts.merchant_category or "", event.facts.merchant_annual_revenue or 0):
            return Outcome(event, policy.version, "the programme excludes this shop")
        draws = self._draws(policy, event)
        if isinstance(draws, str):
            return Outcome(event, policy.version, draws)
        discounts = self._given(policy, AT_PAYMENT, event.facts, event.amount)
        price = event.amount - sum(told.won for told in discounts)
        paid = self._drawn(draws, price)
        base = sum(won for purse, won in paid if _kind(purse) in policy.earns_from)
        layers = self._given(policy, AFTER_PAYMENT, event.facts, base)
        return Outcome(event, policy.version, None, price, paid, base, (*discounts, *layers))

    def _draws(self, policy: PolicyVersion, event: Tried) -> list[tuple[str, int]] | str:
        """Which purses pay how much at most; or why one cannot."""

        def may_spend(purse: str) -> bool:
            listed = policy.purses.get(purse)
            return listed is None or listed.spendable_at is None or listed.spendable_at.holds(event.facts)

        draws: list[tuple[str, int]] = []
        for name, won in event.paid_from.items():
            if name in (CASHBACK_PURSE, GRANTS):
                draws.append((name, won))
                continue
            own = [purse for purse in self._rewards.values() if purse.id.partition("@")[0] == name]
            own = [purse for purse in own if is_spendable(purse, Spending(event.at, may_spend))]
            own.sort(key=lambda purse: (purse.expires_at is None, purse.expires_at or event.at, purse.id))
            if sum(purse.amount for purse in own) < won:
                return f"{name} holds {sum(purse.amount for purse in own):,} won that can be spent there and then"
            missing = won
            for purse in own:
                draws.append((purse.id, min(purse.amount, missing)))
                missing -= draws[-1][1]
        return [draw for draw in draws if draw[1]]

    def _drawn(self, draws: Sequence[tuple[str, int]], price: int) -> tuple[tuple[str, int], ...]:
        paid = []
        for name, most in draws:
            won = min(most, price)
            price -= won
            paid.append((name, won))
            if name in self._rewards:
                self._rewards[name] = self._rewards[name]._replace(amount=self._rewards[name].amount - won)
        return tuple((name, won) for name, won in (*paid, (CHARGED, price)) if won)

    def _given(self, policy: PolicyVersion, gives: frozenset[Gives], facts: Facts, base: int) -> tuple[Told, ...]:
        at = facts.accepted_at
        if at is None or not policy.pays_at(at):
            return ()
        limits = {limit.id: limit for layer in policy.acting(gives) for limit in layer.limits}
        before = standing(limits.values(), self._usage, at)
        given = give(policy, gives, facts, base, Taken(0, self._usage), at, self._pools)
        self._use(given.used)
        evaluation = evaluate(
            policy, facts, base, before.used, gives=gives, carried=before.carried, ceilings=given.ceilings
        )
        rewards = {reward.layer: reward for reward in evaluation.rewards}
        told, earlier = [], dict.fromkeys(limits, 0)
        for layer in policy.acting(gives):
            reward = rewards.get(layer.id)
            if reward is None:
                why_not = _why_not(policy, layer, facts, base, before)
                told.append(Told(layer.id, layer.gives, why_not=why_not))
                continue
            cuts = _cuts(layer, reward, before, earlier, self._pools_of(policy, layer, at))
            for limit in layer.reward_limits:
                earlier[limit.id] += reward.won
            accepted = sum(portion.base for portion in reward.portions)
            purse = self._into(policy, layer, reward.won, at)
            told.append(Told(layer.id, layer.gives, reward.won, accepted, reward.funders, purse, cuts))
        return tuple(told)

    def _pools_of(self, policy: PolicyVersion, layer: Layer, at: datetime) -> str:
        """The pool of the layer that has least left."""
        return min(layer.pools, key=lambda name: self._pools.left(policy, name, at), default="")

    def _into(self, policy: PolicyVersion, layer: Layer, won: int, at: datetime) -> Purse | None:
        if layer.gives in OFF_A_PRICE or not won:
            return None
        purse = purse_of(policy, layer, at)
        if purse.id not in (CASHBACK_PURSE, CHARGED):
            held = self._rewards.get(purse.id, purse)
            self._rewards[purse.id] = held._replace(amount=held.amount + won)
        return purse._replace(amount=won)

    def _use(self, used: Mapping[str, int]) -> None:
        for key, won in used.items():
            self._usage[key] = self._usage.get(key, 0) + won

    def _limits(self, policy: PolicyVersion, event: Tried) -> Iterable[Left]:
        limits = {limit.id: limit for layer in policy.layers for limit in layer.limits}
        limits |= {limit.id: limit for limit in policy.wallet.top_up_limits}
        stand = standing(limits.values(), self._usage, event.at)
        for limit in limits.values():
            name = window_name(limit.window, event.at)
            used = self._usage.get(key_of(limit, event.at), 0)
            yield Left(limit.id, name, used, limit.amount, stand.carried.get(limit.id, 0))


def _kind(purse: str) -> str:
    return purse if purse in (CHARGED, CASHBACK_PURSE, GRANTS) else "rewards"


def _left(limit: Limit, before: Standing, more: int = 0) -> int:
    amount = (limit.amount or 0) + before.carried.get(limit.id, 0)
    return max(amount - before.used.get(limit.id, 0) - more, 0)


def _cuts(
    layer: Layer,
    reward: LayerReward,
    before: Standing,
    earlier: Mapping[str, int],
    pool: str,
) -> tuple[Cut, ...]:
    """What took something from what the layer's bands or steps make of the part that it accepts."""
    accepted = sum(portion.base for portion in reward.portions)
    if layer.steps is None:
        full = reward_of([(portion.base, portion.rate) for portion in reward.portions])
    elif layer.steps.per == "window":
        position = before.used.get(layer.spend_limits[0].id, 0)
        full = layer.steps.at(position + accepted) - layer.steps.at(position)
    else:
        full = layer.steps.at(accepted)
    uncut = reward.won if reward.uncut is None else reward.uncut
    capped = [limit for limit in layer.reward_limits if limit.amount is not None]
    tightest = min(capped, key=lambda limit: _left(limit, before, earlier[limit.id]), default=None)
    cuts = []
    rest = full
    if layer.most_at_once is not None and layer.most_at_once < rest:
        cuts.append(Cut("most_at_once", rest - layer.most_at_once))
        rest = layer.most_at_once
    if tightest is not None and (left := _left(tightest, before, earlier[tightest.id])) < rest:
        cuts.append(Cut(tightest.id, rest - left))
        rest = left
    if uncut < rest:
        cuts.append(Cut("the_price", rest - uncut))
    if reward.won < uncut:
        cuts.append(Cut(pool, uncut - reward.won))
    return tuple(cuts)


def _why_not(policy: PolicyVersion, layer: Layer, facts: Facts, base: int, before: Standing) -> str:
    """Why the layer accepts nothing of the base."""
    if not base:
        return "no_base"
    at = facts.accepted_at
    if any(at is None or not window.is_open(at) for window in layer.events):
        return "event_closed"
    if not layer.condition.holds(facts):
        return "condition"
    if any(limit.amount is not None and not _left(limit, before) for limit in layer.spend_limits):
        return "limit"
    alone = replace(policy, layers=(replace(layer, exclusive=None),))
    gives = frozenset({layer.gives})
    if evaluate(alone, facts, base, before.used, gives=gives, carried=before.carried).rewards:
        return "group"
    return "nothing_here"
