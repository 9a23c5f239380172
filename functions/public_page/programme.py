"""The programme's part of the page as one document: policies in words with their reasons, budget with its forecast, daily roots.

Pure functions over what the city's own parts return. The document is published as it is, so it has no operators and no free text of theirs
but the reasons that they gave for an approval.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from eeum.audit.roots import Root
from eeum.budget.report import LineReport, YearReport
from eeum.budget.showing import LINE_KIND, Outlooked
from eeum.calendar import text_of
from eeum.policy.amendments import Amendment, end_of
from eeum.policy.announcements import announced
from eeum.policy.comparison import explained
from eeum.policy.names import title_of
from eeum.policy.reading import period_of

ROOTS_SHOWN = 7
NOT_FOR_THE_PUBLIC = frozenset({"programme", "version", "language", "title"})
"""Statements that repeat the heading or name the document."""


STARTS = "starts_at"
"""The change that the heading of an announcement already says."""


def programme_document(
    documents: Sequence[Mapping[str, Any]],
    amendments: Sequence[Amendment],
    reasons: Mapping[str, str],
    budget: YearReport | None,
    forecasts: Iterable[Outlooked],
    roots: Sequence[Root],
    now: datetime,
) -> dict[str, Any]:
    """The document at `now`. `reasons` are those of approvals, by version; `roots` come the earliest first."""
    started = [each for each in documents if period_of(each)[0] <= now]
    return {
        "at": text_of(now),
        "in_force": _version(started[-1], amendments, reasons) if started else None,
        "coming": [
            {
                "what": each.what,
                "start": text_of(each.start),
                "title": each.title._asdict(),
                "changes": [
                    {"kind": change.kind.value, **change.says._asdict()}
                    for change in each.changes
                    if change.about != STARTS
                ],
                "reason": reasons.get(each.version) if each.version and each.what == "version" else None,
            }
            for each in announced(documents, amendments, now)
        ],
        "budget": _budget(budget, forecasts) if budget and budget.lines else None,
        "roots": [
            {
                "date": each.date,
                "as_of": each.as_of,
                "wallets": each.wallets,
                "root": each.root,
                "previous": each.previous,
            }
            for each in roots[-ROOTS_SHOWN:][::-1]
        ],
    }


def _version(
    document: Mapping[str, Any], amendments: Sequence[Amendment], reasons: Mapping[str, str]
) -> dict[str, Any]:
    ends_at = end_of(document, amendments)
    return {
        "version": document["version"],
        "title": title_of(document)._asdict(),
        "starts_at": text_of(period_of(document)[0]),
        "ends_at": text_of(ends_at) if ends_at is not None else None,
        "reason": reasons.get(document["version"]),
        "sources": [source for row in document.get("rows", ()) for source in row.get("sources", ())],
        "says": [
            {"about": each.about, "subject": each.subject._asdict(), **each.says._asdict()}
            for each in explained(document)
            if each.about not in NOT_FOR_THE_PUBLIC
        ],
    }


def _budget(report: YearReport, forecasts: Iterable[Outlooked]) -> dict[str, Any]:
    of_line = {each.account.name: each.forecast for each in forecasts if each.kind == LINE_KIND}
    return {
        "fiscal_year": report.year,
        "lines": [{**_line(each), "forecast": _forecast(of_line.get(each.line.id))} for each in report.lines],
    }


def _line(report: LineReport) -> dict[str, Any]:
    account = report.account
    return {
        "id": report.line.id,
        "title": dict(report.line.title),
        "funder": report.line.funder,
        "original": report.original,
        "supplements": list(report.supplements),
        "amount": account.amount,
        "spent": account.spent,
        "left": account.left,
        "share_basis_points": account.share,
    }


def _forecast(seen: Any) -> dict[str, Any] | None:
    if seen is None:
        return None
    days = {name: getattr(seen, name) for name in ("runs_out_on", "earliest", "latest", "until")}
    return {
        "outlook": seen.outlook.value,
        **{name: day.isoformat() if day else None for name, day in days.items()},
        "per_day": seen.per_day,
        "days_of_data": seen.days,
    }
