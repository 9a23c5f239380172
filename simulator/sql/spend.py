"""The use of spend limits as window sums.

Between two payments of a member's month a spend limit goes from u to max(u, min(u + base, ceiling)). With one ceiling that is the running
sum, cut at it. With several, e₁ < e₂ < …, the sum is made once for each: the first counts all that is accepted; until it reaches e₁ it is
exact, so that it says how much of each payment with ceiling e₁ still counts; the second sum counts that, and so on. The last is exact
up to the highest ceiling, where it is cut. What an earlier version has used in the month stands before the sums, and stays where it lies
beyond a ceiling.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from eeum.policy.rules import PER_PAYMENT, Band, Layer, Limit, PolicyVersion

NO_END = 10**18
"""Stands for no end, in won: a sum of payments never comes near it, and it leaves room to add to in 64 bits."""


@dataclass(frozen=True, slots=True)
class SpendLimit:
    """A spend limit and the layers that list it, with the ceilings that a payment's use of it may have, in ascending order."""

    place: int
    limit: Limit
    layers: tuple[Layer, ...]
    ceilings: tuple[int, ...]

    @property
    def used(self) -> str:
        return f"used_{self.place}"

    @property
    def carried(self) -> str:
        """The column of what an earlier version has used of it in the month."""
        return f"carried_{self.place}"

    @property
    def highest(self) -> int:
        return self.ceilings[-1] if self.ceilings else 0


def spend_limits_of(policy: PolicyVersion) -> tuple[SpendLimit, ...]:
    """All spend limits that layers list, in the order in which they are first listed."""
    limits = {limit.id: limit for layer in policy.layers for limit in layer.spend_limits}
    return tuple(_spend_limit(place, limit, policy) for place, limit in enumerate(limits.values()))


def _spend_limit(place: int, limit: Limit, policy: PolicyVersion) -> SpendLimit:
    layers = tuple(layer for layer in policy.layers if limit in layer.spend_limits)
    ceilings = {ceiling for layer in layers for ceiling in _ceilings(layer, limit) if ceiling}
    return SpendLimit(place, limit, layers, tuple(sorted(ceilings)))


def _ceilings(layer: Layer, limit: Limit) -> tuple[int, int]:
    """How far a payment that the layer accepts can bring the limit: where the merchant has a rate of its own, and where not."""
    amount = NO_END if limit.amount is None else limit.amount
    if layer.counts_all or layer.steps is not None:
        return amount, amount
    return min(amount, _earning_end(layer.bands, own_rate=1)), min(amount, _earning_end(layer.bands, own_rate=0))


def _earning_end(bands: tuple[Band, ...], own_rate: int) -> int:
    """Where the bands stop to earn, in won of accumulated spend."""
    end = 0
    for band in bands:
        if (own_rate if band.rate is None else band.rate) == 0:
            break
        end = NO_END if band.end is None else band.end
    return end


def ceiling_of(limit: SpendLimit, holds: Mapping[str, str | None]) -> str:
    """The row's ceiling: the highest of the layers that accept its payment; 0 where none does.

    `holds` has, by layer, the column that says whether its condition holds; None where it always does.
    """
    parts = [_ceiling_in(layer, limit.limit, holds[layer.id]) for layer in limit.layers]
    return parts[0] if len(parts) == 1 else f"GREATEST({', '.join(parts)})"


def _ceiling_in(layer: Layer, limit: Limit, holds: str | None) -> str:
    with_own_rate, without = _ceilings(layer, limit)
    value = (
        str(with_own_rate)
        if with_own_rate == without
        else f"CASE WHEN merchant_own_rate > 0 THEN {with_own_rate} ELSE {without} END"
    )
    accepts = [holds] if holds is not None and not layer.counts_all else []
    if (least := _least_accepted(layer)) is not None:
        accepts.append(f"base >= {least}")
    return f"CASE WHEN {' AND '.join(accepts)} THEN {value} ELSE 0 END" if accepts else value


def _least_accepted(layer: Layer) -> int | None:
    """Of a layer with steps per payment, the won from which a payment reaches one; None where all are accepted."""
    steps = layer.steps
    if steps is None or steps.per != PER_PAYMENT or layer.counts_all:
        return None
    if steps.every:
        return steps.every if steps.gives else NO_END
    return min((start for start, gives in steps.reached if gives), default=NO_END)


def rounds(limits: tuple[SpendLimit, ...]) -> int:
    """How many window sums have to be made one after the other."""
    return max((len(limit.ceilings) for limit in limits), default=0)


def counted(limit: SpendLimit, number: int) -> str | None:
    """What of the row counts in sum `number` (from 0) of the limit; None when it has no such sum."""
    if number >= len(limit.ceilings):
        return None
    place = limit.place
    if number == 0:
        return f"CASE WHEN ceiling_{place} > 0 THEN base ELSE 0 END"
    ceiling, before, inflow = limit.ceilings[number - 1], f"before_{place}_{number - 1}", f"inflow_{place}_{number - 1}"
    left = f"GREATEST(0, LEAST({inflow}, {ceiling} - {before}))"
    return f"CASE WHEN ceiling_{place} = {ceiling} THEN {left} ELSE {inflow} END"


def position_before(limit: SpendLimit, *, carried: bool) -> str:
    """The limit's use before the row's payment, from its last sum; `carried` when an earlier version has used of it."""
    return _position(limit, f"before_{limit.place}_{len(limit.ceilings) - 1}", carried=carried)


def position_after(limit: SpendLimit, *, carried: bool) -> str:
    last = len(limit.ceilings) - 1
    return _position(limit, f"before_{limit.place}_{last} + inflow_{limit.place}_{last}", carried=carried)


def _position(limit: SpendLimit, so_far: str, *, carried: bool) -> str:
    """The sum cut at the highest ceiling; what was carried stays where it lies beyond."""
    if not limit.ceilings:
        return limit.carried if carried else "0"
    if limit.highest == NO_END:
        return so_far
    cut = f"LEAST({so_far}, {limit.highest})"
    return f"GREATEST({limit.carried}, {cut})" if carried else cut
