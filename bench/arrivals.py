"""Write units of a payment's whole life as payments arrive: in the batches that they form, not in full ones."""

from bench.figures import Figure, Section
from costs.__main__ import usage_of
from costs.arrivals import Batching, Load, Mapping, simulate
from costs.deployed import deployed
from costs.page import RATES, whole_life

SHARDS = 20
RATE = 3
"""Payments a second, on average over a day, of a city with 100 million a year."""


def measure() -> Section:
    """Simulate arrivals at the stream's shards, with the template's window and without one."""
    usage, window = usage_of(), deployed().cashback_window
    met = {rate: [_met(rate, each) for each in (0, window)] for rate in RATES}
    reached = whole_life(usage, met[RATE][1].transactions)
    rows = "; ".join(
        f"{rate} a second, {whole_life(usage, without.transactions):.2f} without a window ({without.together:.1f} together) and"
        f" {whole_life(usage, with_window.transactions):.2f} with it ({with_window.together:.1f} together)"
        for rate, (without, with_window) in met.items()
    )
    return Section(
        "Batches as payments arrive",
        [
            Figure(
                f"Write units of a payment's whole life, {RATE} payments a second arriving at {SHARDS} shards",
                10,
                reached,
                "",
                f"Arrivals are simulated by Poisson's law over a day; units are those measured of its parts (costs/usage.json). The window"
                f" is the template's, {window:g} s: half of the members have their cashback after {met[RATE][1].median_delay:.1f} s, 95 of"
                f" 100 after {met[RATE][1].late_delay:.1f} s.",
            )
        ],
        (
            f"With {SHARDS} shards, by payments of the whole city: {rows}. The figures above with batches of 20 are those of a shard that"
            " is busy enough to fill them. [cost.md](cost.md#how-payments-meet-in-batches) has other windows and numbers of shards.",
        ),
    )


def _met(rate: float, window: float) -> Batching:
    return simulate(Load(rate, SHARDS), Mapping(window=window))
