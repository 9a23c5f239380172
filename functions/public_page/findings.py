"""The one sentence above a chart: what its cells show first."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from eeum.policy.wording import with_particle
from public_page import printing
from public_page.charts import Amount
from public_page.release import Cell, Table, Value
from public_page.setting import Setting, name_of


def finds_largest(amounts: Sequence[Amount], dimension: str, whole: Value, setting: Setting) -> str:
    known = [each for each in amounts if each.value is not None]
    if not known:
        return setting.say("finds_nothing")
    most = max(known, key=lambda each: each.value or 0)
    largest = setting.say("largest_of", dimension=dimension if setting.language == "ko" else dimension.lower())
    largest = with_particle(largest, "은/는") if setting.language == "ko" else largest
    name = f"{with_particle(most.label, '으로/로')}," if setting.language == "ko" else most.label
    share = printing.percent(most.value or 0, whole) if whole else ""
    if share:
        return setting.say("finds_largest_share", largest=largest, name=name, value=most.printed, share=share)
    return setting.say("finds_largest", largest=largest, name=name, value=most.printed)


def finds_over_time(cells: Sequence[Cell], table: Table, setting: Setting) -> str:
    return finds_from_to(_known(cells, table, setting), table.unit, setting)


def finds_from_to(known: Sequence[tuple[str, int | Decimal]], unit: str, setting: Setting) -> str:
    if not known:
        return setting.say("finds_nothing")
    if len(known) == 1:
        return _finds_once(known[0], unit, setting)
    (first, before), (last, now) = known[0], known[-1]
    values = [printing.short(value, unit, setting.language) for value in (before, now)]
    return setting.say("finds_over_time", first=first, first_value=values[0], last=last, last_value=values[1])


def finds_peak(cells: Sequence[Cell], table: Table, setting: Setting) -> str:
    known = _known(cells, table, setting)
    if not known:
        return setting.say("finds_nothing")
    if len(known) == 1:
        return _finds_once(known[0], table.unit, setting)
    (peak, most), (last, now) = max(known, key=lambda each: each[1]), known[-1]
    most_printed, now_printed = (printing.short(value, table.unit, setting.language) for value in (most, now))
    if now == most:
        return setting.say("finds_peak_now", last=last, value=now_printed)
    return setting.say(
        "finds_peak", peak=_as_peak(peak, setting), value=most_printed, last=last, last_value=now_printed
    )


def _finds_once(known: tuple[str, int | Decimal], unit: str, setting: Setting) -> str:
    period, value = known
    return setting.say("finds_once", period=period, value=printing.short(value, unit, setting.language))


def _known(cells: Sequence[Cell], table: Table, setting: Setting) -> list[tuple[str, int | Decimal]]:
    """The periods and values of the cells that are published."""
    return [(name_of(table, "month", cell.keys[0], setting), cell.value) for cell in cells if cell.value is not None]


def _as_peak(period: str, setting: Setting) -> str:
    return with_particle(period, "으로/로") if setting.language == "ko" else period
