"""Geometry of the charts. Across, lengths are percentages, so that a chart fits any screen and its letters keep their size; down, pixels.

A chart has no colours and no words of its own: the template draws it, the style sheet colours it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

PLOT_TOP, PLOT_HEIGHT, PLOT_FOOT = 22, 176, 26
"""The room above a plot for its top label, the plot, and the room below for labels, in pixels."""
ROW_HEIGHT, BAR_TOP, BAR_HEIGHT = 46, 25, 11
TILE_HEIGHT = 84
_WHOLE = 100.0
_LINES_WANTED = 4
_FEWEST_COLUMNS = 6
"""Fewer columns are as wide as those of so many, at the right end, where the latest always is."""
_STEPS = (1, 2, 5, 10)


class Amount(NamedTuple):
    """A labelled value of a chart; `value` None is a cell that is not published. `printed` is what the chart writes."""

    label: str
    value: int | Decimal | None
    printed: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A horizontal bar below its label and its printed value; `y` is the top of its row."""

    y: int
    width: float
    amount: Amount

    @property
    def is_largest(self) -> bool:
        return self.width == _WHOLE


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a stacked bar or column, of series number `series`."""

    series: int
    start: float
    length: float


@dataclass(frozen=True, slots=True)
class StackedBar:
    y: int
    segments: tuple[Segment, ...]
    label: str
    printed: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a plot; its segments' lengths are pixels, measured from the plot's top. Without segments it is not published."""

    x: float
    width: float
    middle: float
    segments: tuple[Segment, ...]
    label: str


@dataclass(frozen=True, slots=True)
class GridLine:
    y: float
    value: int


@dataclass(frozen=True, slots=True)
class Point:
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Plot:
    """Columns or a line over time: grid lines of round values, and the places of the labels below."""

    lines: tuple[GridLine, ...]
    columns: tuple[Column, ...] = ()
    points: tuple[Point | None, ...] = ()
    ticks: tuple[tuple[float, str, str], ...] = ()
    """The place, label and anchor (`start`, `middle`, `end`) of each label below."""

    @property
    def height(self) -> int:
        return PLOT_TOP + PLOT_HEIGHT + PLOT_FOOT

    @property
    def floor(self) -> int:
        return PLOT_TOP + PLOT_HEIGHT


def bars(amounts: Sequence[Amount]) -> list[Bar]:
    """A bar for each amount; the largest is as wide as the chart."""
    most = max((each.value for each in amounts if each.value is not None), default=0)
    return [Bar(place * ROW_HEIGHT, _share(each.value or 0, most), each) for place, each in enumerate(amounts)]


def stacked_bars(rows: Sequence[tuple[str, str, Sequence[int | Decimal]]]) -> list[StackedBar]:
    """A bar for each row (label, printed total, parts). The row with the largest sum is as wide as the chart."""
    most = max((sum(parts) for _, _, parts in rows), default=0)
    made = []
    for place, (label, printed, parts) in enumerate(rows):
        start, segments = 0.0, []
        for series, part in enumerate(parts):
            width = _share(part, most)
            if width:
                segments.append(Segment(series, round(start, 2), width))
            start += width
        made.append(StackedBar(place * ROW_HEIGHT, tuple(segments), label, printed))
    return made


def columns(labels: Sequence[str], values: Sequence[Sequence[int | Decimal] | None]) -> Plot:
    """A column of stacked parts for each label; None is a column that is not published."""
    lines = grid([sum(parts) for parts in values if parts is not None])
    top = lines[-1].value
    missing = max(_FEWEST_COLUMNS - len(labels), 0)
    step = _WHOLE / (len(labels) + missing)
    made = []
    for place, (label, parts) in enumerate(zip(labels, values, strict=True)):
        floor, segments = float(PLOT_TOP + PLOT_HEIGHT), []
        for series, part in enumerate(parts or ()):
            height = _pixels(part, top)
            segments.append(Segment(series, round(floor - height, 1), height))
            floor -= height
        x = (place + missing) * step
        made.append(
            Column(round(x + step * 0.14, 3), round(step * 0.72, 3), round(x + step / 2, 3), tuple(segments), label)
        )
    middles = [each.middle for each in made]
    ticks = [(x, label, "middle") for x, label in zip(middles, labels, strict=True)]
    return Plot(lines, columns=tuple(made), ticks=tuple(ticks) if missing else _ticks(labels, middles))


def line(labels: Sequence[str], values: Sequence[int | Decimal | None]) -> Plot:
    """A line through the values; it is interrupted where one is not published."""
    lines = grid([value for value in values if value is not None])
    top = lines[-1].value
    last = len(labels) - 1
    places = [round(1 + 98 * place / last, 3) if last else 99.0 for place in range(len(labels))]
    points = tuple(
        None if value is None else Point(x, round(PLOT_TOP + PLOT_HEIGHT - _pixels(value, top), 1))
        for x, value in zip(places, values, strict=True)
    )
    return Plot(lines, points=points, ticks=_ticks(labels, places))


def grid(values: Sequence[int | Decimal]) -> tuple[GridLine, ...]:
    """Lines at 0 and at round values up to the first that is not below the largest value; the axis alone where no value is published."""
    if not values:
        return (GridLine(PLOT_TOP + PLOT_HEIGHT, 0),)
    most = max([*values, 1])
    size = 1
    while size * 10 * _LINES_WANTED <= most:
        size *= 10
    step = next(size * each for each in (*_STEPS, 20, 40) if size * each * _LINES_WANTED >= most)
    count = -(-int(most) // step) + (1 if int(most) % step == 0 and most > int(most) else 0)
    floor = PLOT_TOP + PLOT_HEIGHT
    return tuple(GridLine(round(floor - PLOT_HEIGHT * place / count, 1), step * place) for place in range(count + 1))


def _ticks(labels: Sequence[str], places: Sequence[float]) -> tuple[tuple[float, str, str], ...]:
    """The first and the last label, and those that divide the rest evenly: as many as a narrow screen has room for."""
    count = len(labels)
    if not count:
        return ()
    wanted = {0, count - 1} if count < 9 else {0, count // 3, 2 * count // 3, count - 1}
    anchors = {0: "start", count - 1: "end"}
    return tuple((places[each], labels[each], anchors.get(each, "middle")) for each in sorted(wanted))


def _share(value: int | Decimal, most: int | Decimal) -> float:
    return round(float(_WHOLE * float(value) / float(most)), 2) if most > 0 and value > 0 else 0.0


def _pixels(value: int | Decimal, top: int) -> float:
    return round(PLOT_HEIGHT * float(value) / float(top), 1) if value > 0 else 0.0
