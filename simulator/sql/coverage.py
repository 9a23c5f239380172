"""Decide which policies a statement can replay with window functions, and explain why the others need the evaluator.

A payment moves a spend limit's usage u to max(u, min(u + base, ceiling)); its ceiling is the highest of the layers that accept it. Such
moves add up in one window sum for each ceiling that occurs (`simulator.sql.spend`). A reward limit cuts the sum of its layers' rewards
at its amount; a pool does so for the whole city. Where layers connect several limits in other ways, a payment's usage depends on every
payment before it, so that only the evaluator can replay them, payment by payment.
"""

from itertools import combinations

from eeum.policy.rules import AT_PAYMENT, PER_PAYMENT, Layer, PolicyVersion

LARGEST_SHARES = 3_000_000_000
"""The largest sum of shares for which a remainder times a share stays within 64 bits (`simulator.sql.rewards.split`)."""


def obstacles(policy: PolicyVersion) -> tuple[str, ...]:
    """Return a sentence for each reason why window functions cannot compute the policy's rewards; none when they can."""
    found = [why for layer in policy.layers for why in _obstacles_of(layer)]
    return (*found, *_crossing_reward_limits(policy), *_pools_that_feed_back(policy))


def _obstacles_of(layer: Layer) -> list[str]:
    found = []
    if layer.reward_kind in AT_PAYMENT:
        found.append(
            f"layer {layer.id} is a discount: what it takes off a payment changes the base of the other layers"
        )
    if layer.exclusive is not None:
        found.append(f"layer {layer.id} is one of the group {layer.exclusive}, of which one counts, after limits")
    if len(layer.spend_limits) > 1:
        names = " and ".join(limit.id for limit in layer.spend_limits)
        found.append(
            f"layer {layer.id} has several spend limits ({names}): what is left of one changes the usage of the other"
        )
    for limit in layer.limits:
        if limit.carries_over_from is not None:
            found.append(f"limit {limit.id} of layer {layer.id} carries over: its amount differs between members")
    if not layer.counts_all and any(band.rate in (None, 0) for band in layer.bands[:-1]):
        found.append(f"layer {layer.id} may earn nothing in a band before its last and counts only what it accepts")
    if _steps_meet_an_end(layer):
        found.append(
            f"layer {layer.id} has steps per payment under a spend limit, and counts only payments that reach one"
        )
    if sum(layer.shares) > LARGEST_SHARES:
        found.append(f"the shares of layer {layer.id} add up to more than {LARGEST_SHARES:,}")
    return found


def _steps_meet_an_end(layer: Layer) -> bool:
    """Whether a payment near the limit's end may reach no step with what is left, and so not count."""
    per_payment = layer.steps is not None and layer.steps.per == PER_PAYMENT
    return per_payment and not layer.counts_all and any(limit.amount is not None for limit in layer.spend_limits)


def _crossing_reward_limits(policy: PolicyVersion) -> list[str]:
    """Reward limits that share some of their layers only; nested or separate ones can be computed one after the other."""
    layers_of = reward_limits_of(policy)
    return [
        f"reward limits {one} and {other} share some of their layers and not others"
        for (one, first), (other, second) in combinations(layers_of.items(), 2)
        if set(first) & set(second) and not (set(first) <= set(second) or set(second) <= set(first))
    ]


def _pools_that_feed_back(policy: PolicyVersion) -> list[str]:
    """Pools whose shortfall changes a reward limit's usage: what a pool does not pay uses no reward limit.

    Where all layers of the limit draw on one pool only, that makes no difference, since an empty pool pays nothing more. Otherwise
    other layers, or another pool, get what the limit leaves.
    """
    found = [
        f"layer {layer.id} draws on several pools ({' and '.join(layer.pools)})"
        for layer in policy.layers
        if len(layer.pools) > 1
    ]
    for limit, places in reward_limits_of(policy).items():
        if len({policy.layers[place].pools for place in places}) > 1:
            found.append(
                f"reward limit {limit} is shared by layers with and without a pool: what the pool lacks goes to the others"
            )
    return found


def reward_limits_of(policy: PolicyVersion) -> dict[str, tuple[int, ...]]:
    """The places of the layers of each reward limit with an amount; inner limits before outer ones."""
    places: dict[str, list[int]] = {}
    for place, layer in enumerate(policy.layers):
        for limit in layer.reward_limits:
            if limit.amount is not None:
                places.setdefault(limit.id, []).append(place)
    return {limit: tuple(layers) for limit, layers in sorted(places.items(), key=lambda item: (len(item[1]), item[0]))}


def pools_of(policy: PolicyVersion) -> dict[str, tuple[int, ...]]:
    """The places of the layers of each pool."""
    return {
        pool: places
        for pool in policy.pools
        if (places := tuple(place for place, layer in enumerate(policy.layers) if pool in layer.pools))
    }
