"""What layers give on the spend that their limits leave, what reward limits leave of that, and who funds it."""

from math import gcd

from eeum.money import BASIS_POINTS_OF_THE_WHOLE
from eeum.policy.rules import PER_WINDOW, Band, Layer, Steps
from simulator.sql.spend import SpendLimit


def earned(layer: Layer, limit: SpendLimit | None, holds: str | None) -> str:
    """The layer's reward before reward limits, floored once, and at most what it gives at once: what bands or steps give to `top`, less
    what they gave to `start`.

    `holds` is the column that says whether the layer's condition holds; None where it always does.
    """
    start, top = ("0", "base") if limit is None else (f"start_{limit.place}", f"top_{limit.place}")
    won = _by_bands(layer.bands, start, top) if layer.steps is None else _by_steps(layer.steps, start, top)
    if layer.most_at_once is not None:
        won = f"LEAST({won}, {layer.most_at_once})"
    return won if holds is None else f"CASE WHEN {holds} THEN {won} ELSE 0 END"


def _by_bands(bands: tuple[Band, ...], start: str, top: str) -> str:
    until, before = _given_up_to(top, bands), _given_up_to(start, bands)
    difference = f"({until})" if start == "0" else f"(({until}) - ({before}))"
    return f"{difference} / {BASIS_POINTS_OF_THE_WHOLE}"


def _by_steps(steps: Steps, start: str, top: str) -> str:
    if start == "0":
        return f"({_at(steps, top)} - {steps.at(0)})" if steps.per == PER_WINDOW else _at(steps, top)
    if steps.per == PER_WINDOW:
        return f"({_at(steps, top)} - {_at(steps, start)})"
    return _at(steps, f"({top} - {start})")


def _at(steps: Steps, won: str) -> str:
    """What `won` of spend gives in all."""
    if steps.every:
        return f"({won} / {steps.every} * {steps.gives})"
    cases = " ".join(f"WHEN {won} >= {start} THEN {gives}" for start, gives in sorted(steps.reached, reverse=True))
    # Literals alone would be of 32 bits, in which the funders' shares of them may have no room.
    return f"CAST(CASE {cases} ELSE 0 END AS BIGINT)" if cases else "0"


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
