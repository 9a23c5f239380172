"""Check policy documents in files, and publish their JSON Schema."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from eeum.errors import PolicyRefused
from eeum.policy.document_models import PolicyDocument
from eeum.policy.documents import canonical_document
from eeum.policy.validation_conditions import Problem


def schema() -> dict[str, Any]:
    """The JSON Schema of a policy document, as published in policies/policy.schema.json."""
    document = PolicyDocument.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **document}


def read_json(path: Path) -> tuple[Any, Sequence[Problem]]:
    """Return the file's JSON, or the fault that makes it unreadable."""
    try:
        return json.loads(path.read_text(encoding="utf-8")), ()
    except OSError as error:
        return None, (("", "unreadable", f"the file cannot be read: {error.strerror}"),)
    except UnicodeDecodeError as error:
        return None, (("", "unreadable", str(error)),)
    except (ValueError, RecursionError) as error:
        return None, (("", "not_json", str(error)),)


def problems_of_file(path: Path) -> tuple[dict[str, Any] | None, Sequence[Problem]]:
    """Return the file's document with its defaults written out, or the faults found in it."""
    document, problems = read_json(path)
    if problems:
        return None, problems
    try:
        return canonical_document(document), ()
    except PolicyRefused as refused:
        return None, refused.problems
