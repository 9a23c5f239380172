"""Scenes of a simulated city: the policies of a programme, its budgets, and the start of the simulation."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from eeum.budget.rules import Line
from eeum.calendar import SEOUL
from tests.use_cases.world import incheon


@dataclass(frozen=True)
class Scene:
    """A scene. `lines` are budget lines with their appropriations, in won."""

    documents: tuple[dict[str, Any], ...]
    starts: tuple[datetime, ...]
    lines: tuple[tuple[Line, int], ...] = ()


def incheons() -> Scene:
    """Incheon's published policies, which changed two to four times in the months after each of these starts. There are no budgets."""
    starts = (
        datetime(2022, 5, 25, 9, tzinfo=SEOUL),
        datetime(2023, 5, 20, 9, tzinfo=SEOUL),
        datetime(2024, 4, 20, 9, tzinfo=SEOUL),
    )
    return Scene(incheon(), starts)
