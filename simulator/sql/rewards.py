"""Write rewards as SQL: each layer's reward on its accepted spend, cuts by reward limits, and the split among funders."""

from math import gcd

from eeum.money import BASIS_POINTS_OF_THE_WHOLE
from eeum.policy.rules import PER_WINDOW, Band, Layer, Steps
from simulator.sql.spend import SpendLimit


def earned(layer: Layer, limit: SpendLimit | None, holds: str | None) -> str:
    """The layer's reward before reward limits: what bands or steps give up to `top`, less what they give up to `start`.

    It is floored once, and at most `most_at_once`. `holds` is the column of the layer's condition; None where it always holds.
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
    """The total reward of the steps for `won` of spend."""
    if steps.every:
        return f"({won} / {steps.every} * {steps.reward})"
    cases = " ".join(f"WHEN {won} >= {start} THEN {gives}" for start, gives in sorted(steps.reached, reverse=True))
    # Literals alone would have 32 bits, too few for their products with funders' shares.
    return f"CAST(CASE {cases} ELSE 0 END AS BIGINT)" if cases else "0"


def _given_up_to(position: str, bands: tuple[Band, ...]) -> str:
    """The reward of the bands on a month's spend from 0 to `position`, in ten-thousandths of a won."""
    parts = [
        f"{'merchant_own_rate' if band.rate is None else band.rate} * {_within(position, band)}"
        for band in bands
        if band.rate != 0
    ]
    return " + ".join(parts) or "0"


def _within(position: str, band: Band) -> str:
    """The won of the band that lie below `position`."""
    below_end = position if band.end is None else f"LEAST({position}, {band.end})"
    return below_end if band.start == 0 else f"GREATEST(0, {below_end} - {band.start})"


def within(won: tuple[str, ...], number: int, left: str) -> str:
    """The part of a reward limit for layer `number` (from 0) of those that share it, in the order of the layers."""
    so_far, earlier = " + ".join(won[: number + 1]), " + ".join(won[:number])
    taken = f"LEAST({so_far}, {left})"
    return taken if not earlier else f"{taken} - LEAST({earlier}, {left})"


def split(won: str, shares: tuple[int, ...]) -> tuple[str, ...]:
    """Split `won` in proportion to `shares`, each part floored, in the order given; the last gets the remainder.

    Whole multiples of the sum of shares are split separately from the remainder, so that every product stays within 64 bits.
    """
    common = gcd(*shares)
    reduced = [share // common for share in shares]
    total = sum(reduced)
    parts = [f"({won} / {total} * {share} + {won} % {total} * {share} / {total})" for share in reduced[:-1]]
    return (*parts, f"({' - '.join([won, *parts])})")
