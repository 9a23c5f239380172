"""The table of prices: costs/prices.json, with the day, the page and the unit of each price."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

PRICES = Path(__file__).with_name("prices.json")


class PricesUnusable(Exception):
    """The table cannot be used; one sentence says why."""


@dataclass(frozen=True)
class Price:
    """USD for `per` units: one rate, or tiers of (units, rate), the last without an end. `free` units cost nothing, every month."""

    tiers: tuple[tuple[float | None, float], ...]
    per: float
    unit: str
    free: float
    page: str
    read: date
    assumed: str = ""
    """Why the price is not one that was read for this region; empty if it was."""

    def of(self, units: float) -> float:
        """USD for so many units in a month."""
        left, total = max(0.0, units - self.free), 0.0
        for most, rate in self.tiers:
            taken = left if most is None else min(left, most)
            total += taken / self.per * rate
            left -= taken
        return total

    @property
    def marginal(self) -> float:
        """USD for one more unit, beyond what is free, at the first rate."""
        return self.tiers[0][1] / self.per


@dataclass(frozen=True)
class Prices:
    """The table: a region's prices of a day, usable for `most_days` after it."""

    region: str
    as_of: date
    most_days: int
    of: dict[str, Price]


def read_prices(today: date, path: Path = PRICES, *, old_allowed: bool = False) -> Prices:
    """Read the table. Raises `PricesUnusable` if it is older than it says it may be, unless that is allowed, or is not of this form."""
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
        prices = Prices(
            table["region"],
            date.fromisoformat(table["as_of"]),
            int(table["most_days"]),
            {name: _price(name, row) for name, row in table["prices"].items()},
        )
    except FileNotFoundError:
        raise PricesUnusable(f"There is no table of prices at {path}.") from None
    except (KeyError, TypeError, ValueError) as problem:
        raise PricesUnusable(f"{path.name} cannot be read as a table of prices: {problem}.") from problem
    age = (today - prices.as_of).days
    if age > prices.most_days and not old_allowed:
        raise PricesUnusable(
            f"The prices are of {prices.as_of}, {age} days ago, and are used for at most {prices.most_days}: read them again"
            f" into {path.name}, or allow them with OLD_PRICES=yes."
        )
    return prices


def _price(name: str, row: dict[str, Any]) -> Price:
    tiers = (
        tuple((most, float(rate)) for most, rate in row["tiers"]) if "tiers" in row else ((None, float(row["usd"])),)
    )
    price = Price(
        tiers,
        float(row["per"]),
        row["unit"],
        float(row.get("free", 0)),
        row["page"],
        date.fromisoformat(row["read"]),
        row.get("assumed", ""),
    )
    if price.per <= 0 or price.free < 0 or any(rate < 0 for _, rate in tiers):
        raise ValueError(f"{name} is not positive")
    return price
