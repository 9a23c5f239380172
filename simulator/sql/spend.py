"""Write the usage of spend limits as window sums.

Each payment of a member's month moves a limit's usage u to max(u, min(u + base, ceiling)). With one ceiling, that is the running sum, cut
at the ceiling. With several, e₁ < e₂ < …, there is one sum for each. The first counts all that is accepted. It is exact until it reaches
e₁, so it says how much of each payment with ceiling e₁ still counts. The second sum counts that much, and so on. The last is exact up to
the highest ceiling, where it is cut. The sums start from an earlier version's usage in the month, which stays even beyond a ceiling.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from eeum.policy.rules import PER_PAYMENT, Band, Layer, Limit, PolicyVersion

NO_END = 10**18
"""No end, in won: far above any sum of payments, and small enough to add to within 64 bits."""


@dataclass(frozen=True, slots=True)
class SpendLimit:
    """A spend limit, the layers that list it, and the possible ceilings of its usage in ascending order."""

    place: int
    limit: Limit
    layers: tuple[Layer, ...]
    ceilings: tuple[int, ...]

    @property
    def used(self) -> str:
        return f"used_{self.place}"

    @property
    def carried(self) -> str:
        """The column of its usage by an earlier version in the month."""
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
    """The highest usage that a payment accepted by the layer can reach: with a merchant's own rate, and without one."""
    amount = NO_END if limit.amount is None else limit.amount
    if layer.counts_all or layer.steps is not None:
        return amount, amount
    return min(amount, _earning_end(layer.bands, own_rate=1)), min(amount, _earning_end(layer.bands, own_rate=0))


def _earning_end(bands: tuple[Band, ...], own_rate: int) -> int:
    """The won of accumulated spend from which the bands earn nothing."""
    end = 0
    for band in bands:
        if (own_rate if band.rate is None else band.rate) == 0:
            break
        end = NO_END if band.end is None else band.end
    return end


def ceiling_of(limit: SpendLimit, holds: Mapping[str, str | None]) -> str:
    """The ceiling of a row's payment: the highest of the layers that accept it; 0 when none does.

    `holds` has the column of each layer's condition; None where it always holds.
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
    """The won of the lowest step of a layer with steps per payment; None where every payment is accepted."""
    steps = layer.steps
    if steps is None or steps.per != PER_PAYMENT or layer.counts_all:
        return None
    if steps.every:
        return steps.every if steps.reward else NO_END
    return min((start for start, gives in steps.reached if gives), default=NO_END)


def rounds(limits: tuple[SpendLimit, ...]) -> int:
    """The number of window sums that depend on one another."""
    return max((len(limit.ceilings) for limit in limits), default=0)


def counted(limit: SpendLimit, number: int) -> str | None:
    """The won of a row that count in sum `number` (from 0) of the limit; None when it has no such sum."""
    if number >= len(limit.ceilings):
        return None
    place = limit.place
    if number == 0:
        return f"CASE WHEN ceiling_{place} > 0 THEN base ELSE 0 END"
    ceiling, before, inflow = limit.ceilings[number - 1], f"before_{place}_{number - 1}", f"inflow_{place}_{number - 1}"
    left = f"GREATEST(0, LEAST({inflow}, {ceiling} - {before}))"
    return f"CASE WHEN ceiling_{place} = {ceiling} THEN {left} ELSE {inflow} END"


def position_before(limit: SpendLimit, *, carried: bool) -> str:
    """The limit's usage before the row's payment, from its last sum; pass `carried` when an earlier version may have used it."""
    return _position(limit, f"before_{limit.place}_{len(limit.ceilings) - 1}", carried=carried)


def position_after(limit: SpendLimit, *, carried: bool) -> str:
    last = len(limit.ceilings) - 1
    return _position(limit, f"before_{limit.place}_{last} + inflow_{limit.place}_{last}", carried=carried)


def _position(limit: SpendLimit, so_far: str, *, carried: bool) -> str:
    """The sum, cut at the highest ceiling but never below the usage carried in."""
    if not limit.ceilings:
        return limit.carried if carried else "0"
    if limit.highest == NO_END:
        return so_far
    cut = f"LEAST({so_far}, {limit.highest})"
    return f"GREATEST({limit.carried}, {cut})" if carried else cut
