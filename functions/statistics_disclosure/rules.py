"""Which cells are sensitive, and how uncertain a suppressed value must stay. Values are in the unit of their cell."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from statistics_disclosure.cells import Cell

DATA = Path(__file__).with_name("parameters.json")


@dataclass(frozen=True, slots=True)
class Parameters:
    """The rules' parameters, which each release publishes.

    Attributes:
        least_members: distinct members that a published cell needs.
        least_shops: distinct shops that a published cell needs.
        p_percent: no other shop may be able to estimate the largest shop's part, or a suppressed value, to within this share.
        least_interval: by unit, how far the highest possible value of a suppressed cell must be above its value; 1 for other units.
    """

    version: int
    least_members: int
    least_shops: int
    p_percent: int
    least_interval: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def parameters() -> Parameters:
    """The parameters in force."""
    return Parameters(**json.loads(DATA.read_text(encoding="utf-8")))


class Rule(Enum):
    """Why a cell's own value must not be published."""

    ZERO = "zero"
    MEMBERS = "members"
    SHOPS = "shops"
    DOMINANCE = "dominance"


def rule_of(cell: Cell, rules: Parameters) -> Rule | None:
    """The first rule that makes the cell sensitive; None if its own value may be published.

    The p-percent rule: the second largest shop knows its own part and subtracts it. What the other shops have must blur the largest
    part by at least p percent. A zero is published only if it is structural.
    """
    if cell.structural:
        return None
    if not cell.value:
        return Rule.ZERO
    if cell.members < rules.least_members:
        return Rule.MEMBERS
    if cell.shops < rules.least_shops:
        return Rule.SHOPS
    blur = cell.value - cell.largest - cell.second
    return Rule.DOMINANCE if 100 * blur < rules.p_percent * cell.largest else None


def is_sensitive(cell: Cell, rules: Parameters) -> bool:
    """Whether the cell's own value must not be published."""
    return rule_of(cell, rules) is not None


def above(value: int, unit: str, rules: Parameters) -> int:
    """How far above its value a suppressed cell must be possible."""
    return max(_share(value, rules), rules.least_interval.get(unit, 1))


def below(value: int, rules: Parameters) -> int:
    """How far below its value a suppressed cell must be possible; 0 for a value of 0."""
    return min(value, _share(value, rules))


def _share(value: int, rules: Parameters) -> int:
    """p percent of the value, rounded up."""
    return -(-value * rules.p_percent // 100)
