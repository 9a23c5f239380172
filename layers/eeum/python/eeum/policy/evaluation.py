"""Evaluate one payment or top-up under a policy: pure functions over plain values.

Bands are marginal: each won of the base earns at the rate of the band that the window's limit usage has reached when that won is
added (IC-05: 1,000,000 won under 10 % to 500,000 and 1 % to 1,000,000 earns 55,000). docs/policy-language.md settles the meanings
that published rules leave open.
"""

from collections.abc import Mapping, Sequence

from eeum.money import reward_of
from eeum.policy.conditions import Facts
from eeum.policy.rules import (
    AFTER_PAYMENT,
    FIRST,
    OFF_A_PRICE,
    PER_WINDOW,
    BandPortion,
    Evaluation,
    Layer,
    LayerId,
    LayerReward,
    Limit,
    LimitId,
    PolicyVersion,
    RewardKind,
    Steps,
    funded,
)

Won = Mapping[LimitId, int]

Accepted = tuple[tuple[BandPortion, ...], int]
"""The portions of the base that a layer accepts, and its reward for them in won, before reward limits."""

NOTHING_ACCEPTED: Accepted = ((), 0)

NONE: Mapping[str, int] = {}


def evaluate(
    policy: PolicyVersion,
    facts: Facts,
    base: int,
    used_before: Won,
    *,
    kinds: frozenset[RewardKind] = AFTER_PAYMENT,
    carried: Won = NONE,
    funded_amounts: Mapping[LayerId, int] = NONE,
) -> Evaluation:
    """Compute the rewards for `base` won of one payment or top-up, by the layers of `policy` that give one of `kinds`.

    All amounts are won, by limit. `used_before` is the usage of each limit in its window; `carried` is what the window before adds to
    the limit's amount. Each layer sees the spend limits as they were before the payment, so that a won which several layers accept
    counts once. Reward limits are used up in the order of the layers. `funded_amounts` are the funded amounts: the most that a layer can be
    funded for here. Reward limits count what is paid; spend limits count the base, funded or not.
    """
    rewards: list[LayerReward] = []
    used: dict[LimitId, int] = {}
    price_left = base - 1
    for layer, (portions, given) in _chosen(policy, facts, base, used_before, kinds, carried):
        accepted = sum([portion.base for portion in portions])
        for limit in layer.spend_limits:
            spend = accepted
            if layer.counts_all and not _is_closed(layer, facts):
                spend = _room((limit,), base, used_before, carried)
            if spend > used.get(limit.id, 0):
                used[limit.id] = spend
        if portions:
            off_price = layer.reward_kind in OFF_A_PRICE
            won = min(given, price_left) if off_price else given
            reward = _cut(layer, portions, won, used_before, used, carried, funded_amounts)
            price_left -= reward.won if off_price else 0
            rewards.append(reward)
    return Evaluation(tuple(rewards), used)


def _cut(
    layer: Layer,
    portions: tuple[BandPortion, ...],
    won: int,
    used_before: Won,
    used: dict[LimitId, int],
    carried: Won,
    funded_amounts: Mapping[LayerId, int],
) -> LayerReward:
    """Cut `won` by the layer's reward limits and its funded amount, and add the rest to `used`."""
    if layer.reward_limits:
        won = _within(layer.reward_limits, won, used_before, used, carried)
    uncut = None
    if funded_amounts and funded_amounts.get(layer.id, won) < won:
        uncut, won = won, funded_amounts[layer.id]
    if won:
        for limit in layer.reward_limits:
            used[limit.id] = used.get(limit.id, 0) + won
    return LayerReward(layer.id, won, portions, funded(layer, won), uncut)


def _chosen(
    policy: PolicyVersion, facts: Facts, base: int, used_before: Won, kinds: frozenset[RewardKind], carried: Won
) -> list[tuple[Layer, Accepted]]:
    """Return the layers that apply with what each accepts; of an exclusive group only one is chosen.

    Candidates are the group's layers that accept some of the base. The group's rule chooses the first listed, or the one that would
    give most if it were alone, with its limits as they were before the payment; the first listed wins a tie. The others accept
    nothing, but a layer with `counts: all` still uses its limits.
    """
    layers = [(layer, _given(layer, facts, base, used_before, carried)) for layer in policy.acting(kinds)]
    if not policy.groups:
        return layers
    best: dict[str, tuple[Layer, int]] = {}
    for layer, (portions, won) in layers:
        if layer.exclusive is None or not portions:
            continue
        alone = _within(layer.reward_limits, won, used_before, NONE, carried)
        found = best.get(layer.exclusive)
        if found is None or (alone > found[1] and policy.groups[layer.exclusive] != FIRST):
            best[layer.exclusive] = (layer, alone)
    chosen = {layer.id for layer, _ in best.values()}
    return [
        (layer, accepted if layer.exclusive is None or layer.id in chosen else NOTHING_ACCEPTED)
        for layer, accepted in layers
        if layer.exclusive is None or layer.id in chosen or layer.counts_all
    ]


def _given(layer: Layer, facts: Facts, base: int, used_before: Won, carried: Won) -> Accepted:
    """Split what the layer's spend limits leave of `base` into its bands or steps, and compute the reward before reward limits.

    The portions leave out the part that earns nothing, since the layer does not accept it.
    """
    if not applies(layer, facts):
        return (), 0
    position = used_before.get(layer.spend_limits[0].id, 0) if layer.spend_limits else 0
    room = _room(layer.spend_limits, base, used_before, carried)
    if layer.steps is not None:
        portions, won = _by_steps(layer.steps, position, room)
    else:
        portions = _by_bands(layer, facts, position, position + room)
        won = reward_of([(portion.base, portion.rate) for portion in portions])
    most = layer.most_at_once
    return portions, won if most is None or won < most else most


def applies(layer: Layer, facts: Facts) -> bool:
    """Whether the layer's condition holds and an event of its limits is open: it gives a reward if limits and bands leave one."""
    return not _is_closed(layer, facts) and layer.condition.holds(facts)


def _is_closed(layer: Layer, facts: Facts) -> bool:
    """Whether one of the layer's limits counts within an event that is not open."""
    if not layer.events:
        return False
    at = facts.accepted_at
    return at is None or not all(window.is_open(at) for window in layer.events)


def _by_bands(layer: Layer, facts: Facts, position: int, end_of_base: int) -> tuple[BandPortion, ...]:
    portions = []
    for band_start, band_end, band_rate in layer.bands:
        if band_start >= end_of_base:
            break
        # min and max would cost a call each, in the innermost loop of every payment.
        start = band_start if band_start > position else position
        end = end_of_base if band_end is None or band_end > end_of_base else band_end
        rate = facts.merchant_own_rate if band_rate is None else band_rate
        if start < end and rate > 0:
            portions.append(BandPortion(band_start, band_end, rate, end - start))
    return tuple(portions)


def _by_steps(steps: Steps, position: int, room: int) -> Accepted:
    """Read the steps on this payment, or on the window's usage.

    A payment that reaches no step is not accepted. Steps per window accept every won, since each brings the next step closer.
    """
    if steps.per == PER_WINDOW:
        end = position + room
        won = steps.at(end) - steps.at(position)
        return ((BandPortion(steps.last_reached(end), None, 0, room),) if room else ()), won
    won = steps.at(room)
    return ((BandPortion(steps.last_reached(room), None, 0, room),) if won else ()), won


def _room(limits: Sequence[Limit], base: int, used_before: Won, carried: Won) -> int:
    """The part of `base`, in won, that the spend limits leave."""
    room = base
    for limit in limits:
        if limit.amount is not None:
            left = limit.amount - used_before.get(limit.id, 0)
            if carried:
                left += carried.get(limit.id, 0)
            if left < room:
                room = left if left > 0 else 0
    return room


def _within(limits: Sequence[Limit], won: int, used_before: Won, used: Won, carried: Won) -> int:
    """The part of `won` that the reward limits leave; earlier layers have `used` them for the same payment."""
    for limit in limits:
        if limit.amount is not None:
            left = limit.amount + carried.get(limit.id, 0) - used_before.get(limit.id, 0) - used.get(limit.id, 0)
            won = min(won, max(left, 0))
    return won
