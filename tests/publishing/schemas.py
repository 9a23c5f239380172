"""The checked-in schemas of events, and the check of an event against its own."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

from eeum.publishing.events import VERSION, Event

SCHEMAS = Path(__file__).parents[2] / "docs" / "events"


@cache
def schema(kind: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SCHEMAS / f"{kind}.v{VERSION}.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(found)
    return found


def faults(event: Event) -> list[str]:
    """The faults of a serialised event by its schema."""
    detail = json.loads(json.dumps(event.detail))
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    validator = jsonschema.Draft202012Validator(schema(event.type), format_checker=checker)
    return [error.message for error in validator.iter_errors(detail)]
