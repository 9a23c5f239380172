"""Which policies are window functions over a member's month, and why the others are not.

A spend limit grows by u → max(u, min(u + base, ceiling)), where the ceiling is the payment's: the highest of those layers that accept it.
Such steps add up over a window, one window for each ceiling that occurs (`simulator.sql.spend`). A reward limit takes the sum of what
its layers would pay, cut at its amount. Where layers tie several limits to one another in other ways, what one payment uses depends
on all that went before, payment by payment; the evaluator walks those.
"""

from itertools import combinations

from eeum.policy.rules import Layer, PolicyVersion

LARGEST_SHARES = 3_000_000_000
"""Below it, a remainder times a share stays within 64 bits: the split is exact (`simulator.sql.rewards.split`)."""


def obstacles(policy: PolicyVersion) -> tuple[str, ...]:
    """Why the policy's rewards are no window functions, one sentence each; none if they are."""
    found = [why for layer in policy.layers for why in _obstacles_of(layer)]
    return (*found, *_crossing_reward_limits(policy))


def _obstacles_of(layer: Layer) -> list[str]:
    found = []
    if len(layer.spend_limits) > 1:
        names = " and ".join(limit.id for limit in layer.spend_limits)
        found.append(
            f"layer {layer.id} keeps to several spend limits ({names}): what one leaves changes what uses the other"
        )
    if not layer.counts_all and any(band.rate in (None, 0) for band in layer.bands[:-1]):
        found.append(f"layer {layer.id} may earn nothing in a band before its last and counts only what it accepts")
    if sum(layer.shares) > LARGEST_SHARES:
        found.append(f"the shares of layer {layer.id} add up to more than {LARGEST_SHARES:,}")
    return found


def _crossing_reward_limits(policy: PolicyVersion) -> list[str]:
    """Reward limits must lie within one another or apart: only then can the inner be computed before the outer."""
    layers_of = reward_limits_of(policy)
    return [
        f"reward limits {one} and {other} share some of their layers and not others"
        for (one, first), (other, second) in combinations(layers_of.items(), 2)
        if set(first) & set(second) and not (set(first) <= set(second) or set(second) <= set(first))
    ]


def reward_limits_of(policy: PolicyVersion) -> dict[str, tuple[int, ...]]:
    """By reward limit that has an amount, the places of the layers that keep to it; inner ones before outer ones."""
    places: dict[str, list[int]] = {}
    for place, layer in enumerate(policy.layers):
        for limit in layer.reward_limits:
            if limit.amount is not None:
                places.setdefault(limit.id, []).append(place)
    return {limit: tuple(layers) for limit, layers in sorted(places.items(), key=lambda item: (len(item[1]), item[0]))}
