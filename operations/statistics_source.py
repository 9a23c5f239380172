"""The running city as `make statistics` reads it: an export of its ledger, and the input tables that its own stores have.

`FOLDER/export` is as `make export` writes it; `FOLDER/own` has what was appropriated and the number of Benefit+ shops.
"""

from __future__ import annotations

import csv
import io
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from eeum.aws.attribute_values import plain_item
from eeum.calendar import parse_instant
from eeum.statistics.periods import day_of
from operations.export import export_ledger
from operations.stack import Stack

BENEFIT_PLUS = "benefit_plus"
SUPPLEMENT, ORIGINAL = "supplement", "original"
REGISTER = "가맹점 등록부"


def write_source(stack: Stack, folder: Path, report: Callable[[str], None]) -> None:
    """Write the export and the tables in place of those of the run before.

    Costs 1 read unit per 8 KB of the ledger, merchants and budgets.
    """
    shutil.rmtree(folder, ignore_errors=True)
    items = export_ledger(stack, folder / "export")
    report(f"the running city: {items:,} items of its ledger exported")
    own = folder / "own"
    own.mkdir()
    (own / "appropriations.csv").write_text(appropriations(_items(stack, "BudgetsTable")), encoding="utf-8")
    (own / "benefit_plus.csv").write_text(benefit_plus(_items(stack, "MerchantsTable")), encoding="utf-8")


def appropriations(items: Iterable[Mapping[str, Any]]) -> str:
    """Original appropriations and supplements as CSV, each with its document and day.

    The supplements of a year are numbered in the order of their days; those of one day are one supplementary budget.
    """
    every = list(items)
    funders = {(each["fiscal_year"], each["id"]): each["funder"] for each in every if each.get("kind") == "budget_line"}
    changes = [
        each for each in every if each.get("kind") == "budget_change" and each["change"] in (ORIGINAL, SUPPLEMENT)
    ]
    days: dict[int, list[str]] = {}
    rows = []
    for change in sorted(changes, key=lambda each: str(each["accepted_at"])):
        day, number = _day(change["accepted_at"]), 0
        if change["change"] == SUPPLEMENT:
            of_year = days.setdefault(change["fiscal_year"], [])
            if day not in of_year:
                of_year.append(day)
            number = of_year.index(day) + 1
        funder = funders[change["fiscal_year"], change["line"]]
        rows.append((change["fiscal_year"], funder, number, change["won"], change["document"], day))
    return _csv(("year", "funder", "supplement", "won", "source", "date"), rows)


def benefit_plus(items: Iterable[Mapping[str, Any]]) -> str:
    """How many Benefit+ shops accepted payments, as CSV, for each day on which one began to."""
    began = Counter(
        _day(each["payable_from"])
        for each in items
        if each.get("kind") == "merchant"
        and BENEFIT_PLUS in each["flags"]
        and each["status"] == "approved"
        and each["payable_from"] is not None
    )
    days = sorted(began)
    rows = [(day, sum(began[each] for each in days if each <= day), REGISTER, day) for day in days]
    return _csv(("day", "shops", "source", "date"), rows)


def _day(instant: str) -> str:
    return day_of(parse_instant(instant, "instant"))


def _csv(columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> str:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return file.getvalue()


def _items(stack: Stack, table: str) -> list[dict[str, Any]]:
    pages = stack.client("dynamodb").get_paginator("scan").paginate(TableName=stack.resources[table])
    return [plain_item(item) for page in pages for item in page["Items"]]
