"""The patterns of parameters in the API's description: by name, since a name means one thing on every route.

Functions refuse what is none by codes of their own, with sentences that help; Powertools' own patterns would take their place. So the
patterns are here, and `tests/openapi/test_patterns.py` holds each to what the code takes.
"""

from typing import Any

from eeum.calendar import MONTH, QUERIED_INSTANT, YEAR_PATTERN

ID = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
NAME = "^[a-z0-9]+([_-][a-z0-9]+)*$"
YEAR = f"^{YEAR_PATTERN}$"
CURSOR = "^([A-Za-z0-9_-]{4})*([A-Za-z0-9_-]{4}|[A-Za-z0-9_-]{3}=|[A-Za-z0-9_-]{2}==)$"
IDEMPOTENCY_KEY = r"^[\x20-\x2b\x2d-\x7e]+$"
LONGEST_NAME = 40
LONGEST_LINE = 24


def _ascii(pattern: str) -> str:
    """With digits as they are meant: to some readers of patterns \\d is more than 0 to 9."""
    return "^" + pattern.replace(r"\d", "[0-9]") + "$"


SCHEMAS: dict[str, dict[str, Any]] = {
    "wallet_id": {"type": "string", "pattern": ID},
    "merchant_id": {"type": "string", "pattern": ID},
    "payment_id": {"type": "string", "pattern": ID},
    "amendment_id": {"type": "string", "pattern": ID},
    "simulation_id": {"type": "string", "pattern": ID},
    "version": {"type": "string", "pattern": NAME, "maxLength": LONGEST_NAME},
    "district": {"type": "string", "pattern": NAME, "maxLength": LONGEST_NAME},
    "category": {"type": "string", "pattern": NAME, "maxLength": LONGEST_NAME},
    "line": {"type": "string", "pattern": NAME, "maxLength": LONGEST_LINE},
    "month": {"type": "string", "pattern": _ascii(MONTH.pattern), "examples": ["2021-01"]},
    "year": {"type": "string", "pattern": YEAR, "examples": ["2022"]},
    "at": {"type": "string", "pattern": _ascii(QUERIED_INSTANT.pattern), "examples": ["2021-01-31T23:58:00+09:00"]},
    "cursor": {"type": "string", "pattern": CURSOR},
    "Idempotency-Key": {"type": "string", "minLength": 16, "maxLength": 255, "pattern": IDEMPOTENCY_KEY},
}

OF_ONE_ROUTE: dict[tuple[str, str, str], dict[str, Any]] = {
    ("GET", "/merchants/{merchant_id}/payments", "cursor"): SCHEMAS["payment_id"],
}
"""Parameters that mean something else on one route: this cursor is the id of the last payment that was seen."""


def schema_of(method: str, path: str, name: str) -> dict[str, Any] | None:
    """The schema of a parameter, or None for one whose schema is in the code."""
    return OF_ONE_ROUTE.get((method, path, name), SCHEMAS.get(name))
