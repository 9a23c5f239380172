"""Amendments as stored items: plain values by name."""

from datetime import datetime
from typing import Any

from eeum.calendar import parse_instant, text_of
from eeum.policy.amendments import Amendment, EndChange, Lifting, Suspension, Withdrawal


def amendment_item(amendment: Amendment) -> dict[str, Any]:
    match amendment:
        case EndChange():
            return {"amends": "end", "version": amendment.version, "ends_at": _text(amendment.ends_at)}
        case Suspension():
            return {
                "amends": "suspension",
                "id": amendment.id,
                "layers": list(amendment.layers),
                "from": text_of(amendment.start),
                "until": _text(amendment.until),
            }
        case Lifting():
            return {"amends": "lifting", "suspension": amendment.suspension, "at": text_of(amendment.at)}
        case Withdrawal():
            return {"amends": "withdrawal", "version": amendment.version}


def amendment_of(item: dict[str, Any]) -> Amendment:
    match item["amends"]:
        case "end":
            return EndChange(item["version"], _instant(item["ends_at"]))
        case "suspension":
            start, until = parse_instant(item["from"], "from"), _instant(item["until"])
            return Suspension(item["id"], tuple(item["layers"]), start, until)
        case "lifting":
            return Lifting(item["suspension"], parse_instant(item["at"], "at"))
        case _:
            return Withdrawal(item["version"])


def _text(instant: datetime | None) -> str | None:
    return text_of(instant) if instant is not None else None


def _instant(text: str | None) -> datetime | None:
    return parse_instant(text, "ends_at") if text is not None else None
