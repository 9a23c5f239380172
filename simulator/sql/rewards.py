"""What layers give on the spend that their limits leave, what reward limits leave of that, and who funds it."""

from math import gcd

from eeum.money import BASIS_POINTS_OF_THE_WHOLE
from eeum.policy.rules import Band, Layer
from simulator.sql.spend import SpendLimit


def earned(layer: Layer, limit: SpendLimit | None, holds: str | None) -> str:
    """The layer's reward before reward limits, floored once: what the bands give to `top`, less what they gave to `start`.

    `holds` is the column that says whether the layer's condition holds; None where it always does.
    """
    if limit is None:
        difference = f"({_given_up_to('base', layer.bands)})"
    else:
        top, start = _given_up_to(f"top_{limit.place}", layer.bands), _given_up_to(f"start_{limit.place}", layer.bands)
        difference = f"(({top}) - ({start}))"
    won = f"{difference} / {BASIS_POINTS_OF_THE_WHOLE}"
    return won if holds is None else f"CASE WHEN {holds} THEN {won} ELSE 0 END"


def _given_up_to(position: str, bands: tuple[Band, ...]) -> str:
    """Ten-thousandths of a won that the bands give on a month's spend from 0 to `position`."""
    parts = [
        f"{'merchant_own_rate' if band.rate is None else band.rate} * {_within(position, band)}"
        for band in bands
        if band.rate != 0
    ]
    return " + ".join(parts) or "0"


def _within(position: str, band: Band) -> str:
    """The won of the band below `position`."""
    below_end = position if band.end is None else f"LEAST({position}, {band.end})"
    return below_end if band.start == 0 else f"GREATEST(0, {below_end} - {band.start})"


def within(won: tuple[str, ...], number: int, left: str) -> str:
    """What is left for layer `number` (from 0) of those that share a reward limit, when layers take it in their order."""
    so_far, earlier = " + ".join(won[: number + 1]), " + ".join(won[:number])
    taken = f"LEAST({so_far}, {left})"
    return taken if not earlier else f"{taken} - LEAST({earlier}, {left})"


def split(won: str, shares: tuple[int, ...]) -> tuple[str, ...]:
    """The parts of `won` in proportion to `shares`, each floored in the order given; the last takes the rest.

    Whole multiples of the sum of shares are split apart from the remainder, so that no product leaves 64 bits.
    """
    common = gcd(*shares)
    reduced = [share // common for share in shares]
    total = sum(reduced)
    parts = [f"({won} / {total} * {share} + {won} % {total} * {share} / {total})" for share in reduced[:-1]]
    return (*parts, f"({' - '.join([won, *parts])})")
