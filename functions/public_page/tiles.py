"""The map of districts: equal tiles, roughly where the districts are. Layouts are dated, since districts change; they are in tiles.json."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from public_page.charts import TILE_HEIGHT, Amount

LAYOUTS = Path(__file__).with_name("tiles.json")
SHADES = 4
"""Shades of the tiles, the first for the smallest values."""
NOWHERE = "unassigned"
"""The code of payments at shops whose district is not known."""
_WHOLE = 100.0


@dataclass(frozen=True, slots=True)
class Tile:
    """The tile of `district`: its left edge and width in percent, its top in pixels, its rank (None: not published), and its shade."""

    district: str
    x: float
    y: int
    width: float
    middle: float
    amount: Amount
    rank: int | None
    shade: int | None


@dataclass(frozen=True, slots=True)
class TileMap:
    tiles: tuple[Tile, ...]
    rows: int

    @property
    def height(self) -> int:
        return self.rows * TILE_HEIGHT


def tile_map(city: str, day: str, amounts: Sequence[tuple[str, Amount]]) -> TileMap | None:
    """The tiles of the districts that exist on a day (YYYY-MM-DD), for amounts by district.

    None if a district has no tile, since a map must not leave one out. What belongs to no district (`NOWHERE`) is on no map.
    """
    amounts = [each for each in amounts if each[0] != NOWHERE]
    layout = _layout(city, day)
    places: dict[str, list[int]] = layout["tiles"] if layout else {}
    if not amounts or any(district not in places for district, _ in amounts):
        return None
    ranks = _ranks([amount for _, amount in amounts])
    step = _WHOLE / layout["columns"]
    most = max((float(each.value) for _, each in amounts if each.value), default=0.0)
    tiles = []
    for (district, amount), rank in zip(amounts, ranks, strict=True):
        column, row = places[district]
        x = round(column * step, 2)
        shade = None if amount.value is None else _shade(float(amount.value), most)
        tiles.append(
            Tile(
                district, x, row * TILE_HEIGHT, round(step - 1.2, 2), round(x + step / 2 - 0.6, 2), amount, rank, shade
            )
        )
    return TileMap(tuple(tiles), 1 + max(row for _, row in places.values()))


def _layout(city: str, day: str) -> Any:
    """The layout in force on a day; None for a city without one."""
    layouts = _layouts().get(city, ())
    return next((each for each in layouts if each["until"] is None or day <= each["until"]), None)


@cache
def _layouts() -> dict[str, list[dict[str, Any]]]:
    layouts: dict[str, list[dict[str, Any]]] = json.loads(LAYOUTS.read_text(encoding="utf-8"))
    return layouts


def _ranks(amounts: Sequence[Amount]) -> list[int | None]:
    """The rank of each amount, 1 for the largest; equal ones share a rank. A value that is not published has none."""
    values = [amount.value for amount in amounts if amount.value is not None]
    return [None if each.value is None else 1 + sum(value > each.value for value in values) for each in amounts]


def _shade(value: float, most: float) -> int:
    return min(int(SHADES * value / most), SHADES - 1) if most > 0 else 0
