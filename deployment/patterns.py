"""The patterns, descriptions and examples of parameters in the API's description: by name, since a name means one thing on every route.

Functions refuse a malformed parameter with codes and sentences of their own, which patterns in the code would replace with those of
Powertools. So the patterns are here, and `tests/openapi/test_patterns.py` compares each with what the code takes.
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
    """The pattern with \\d as 0 to 9; to some readers of patterns it means more digits."""
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
    "month": {"type": "string", "pattern": _ascii(MONTH.pattern)},
    "year": {"type": "string", "pattern": YEAR},
    "at": {"type": "string", "pattern": _ascii(QUERIED_INSTANT.pattern)},
    "cursor": {"type": "string", "pattern": CURSOR},
    "Idempotency-Key": {"type": "string", "minLength": 16, "maxLength": 255, "pattern": IDEMPOTENCY_KEY},
}

OF_ONE_ROUTE: dict[tuple[str, str, str], dict[str, Any]] = {
    ("GET", "/merchants/{merchant_id}/payments", "cursor"): SCHEMAS["payment_id"],
    ("GET", "/wallets/{wallet_id}/cashback", "cursor"): {"type": "string", "pattern": "^[0-9]{1,10}$"},
}
"""Parameters that differ on one route: these cursors are the id of the last payment of the page before, and the number of its last
entry."""
EXAMPLES_OF_ONE_ROUTE = {
    ("GET", "/merchants/{merchant_id}/payments", "cursor"): "0176d07c-ab80-7b21-8c3d-1f2e3d4c5b6a",
    ("GET", "/wallets/{wallet_id}/cashback", "cursor"): "12",
}


ABOUT: dict[str, tuple[str, str]] = {
    "wallet_id": ("The wallet's id, as opening it answered.", "15c3df94-3c3a-8c9f-9d0b-4f1b7a8e2d61"),
    "merchant_id": ("The merchant's id.", "7d7a1c1e-52a4-8b0e-a8a0-0b7f6c1d2e3f"),
    "payment_id": ("The payment's id, as its authorisation answered.", "0176d07c-ab80-7b21-8c3d-1f2e3d4c5b6a"),
    "amendment_id": ("The amendment's id.", "0176d07c-ab80-7c11-9a2b-6c7d8e9f0a1b"),
    "simulation_id": ("The simulation's id.", "0176d07c-ab80-7d55-8e4f-2a3b4c5d6e7f"),
    "version": ("The name of a policy version, as its document has it.", "incheon-2021-01-01"),
    "district": ("Approved merchants of this district of the city.", "yeonsu"),
    "category": ("Of these, those of one category of the policy.", "restaurant"),
    "owner": ("`me`: the caller's own, whatever their status.", "me"),
    "line": ("The id of the budget line within its fiscal year.", "city"),
    "month": ("A calendar month in Seoul.", "2021-01"),
    "year": ("A fiscal year, which is a calendar year in Seoul.", "2022"),
    "at": ("An instant.", "2021-01-31T23:58:00+09:00"),
    "cursor": (
        "The `cursor` of the page before.",
        "eyJwayI6IlBST0dSQU1NRSNpbmNoZW9uIiwic2siOiJNT05USCMyMDIxLTAxIn0=",
    ),
    "limit": ("How many entries a page has at most.", "20"),
    "Idempotency-Key": ("Names the request.", "till-07-2021-01-05-000123"),
}
"""The description of each parameter, unless its route has one, and an example."""


def described_parameter(method: str, path: str, parameter: dict[str, Any]) -> dict[str, Any]:
    """A parameter with its pattern, a description and an example."""
    if parameter["name"].lower() == "idempotency-key":
        # The handler answers a missing key with its own problem, so its signature does not require one. A caller must send it.
        parameter = parameter | {"name": "Idempotency-Key", "required": True}
    name = parameter["name"]
    about, example = ABOUT[name]
    example = EXAMPLES_OF_ONE_ROUTE.get((method, path, name), example)
    written = {each: value for each, value in parameter["schema"].items() if each not in ("title", "description")}
    schema = schema_of(method, path, name) or written
    return parameter | {
        "description": parameter.get("description") or about,
        "schema": schema,
        "example": int(example) if schema.get("type") == "integer" else example,
    }


def schema_of(method: str, path: str, name: str) -> dict[str, Any] | None:
    """The schema of a parameter, or None for one whose schema is in the code."""
    return OF_ONE_ROUTE.get((method, path, name), SCHEMAS.get(name))
