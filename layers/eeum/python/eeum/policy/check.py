"""Checks policy documents before they are loaded, one by one and as the history of a programme."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from eeum.errors import PolicyRefused
from eeum.policy.documents import PolicyDocument, canonical_document
from eeum.policy.validation import Problem


def schema() -> dict[str, Any]:
    """The JSON Schema of a policy document, as published in policies/policy.schema.json."""
    document = PolicyDocument.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **document}


def problems_of_file(path: Path) -> tuple[dict[str, Any] | None, Sequence[Problem]]:
    """The document in the file as it would be stored, or every fault found in it."""
    try:
        return canonical_document(json.loads(path.read_text(encoding="utf-8"))), ()
    except (OSError, UnicodeDecodeError) as error:
        return None, (("", "unreadable", str(error)),)
    except (json.JSONDecodeError, RecursionError) as error:
        return None, (("", "not_json", str(error)),)
    except PolicyRefused as refused:
        return None, refused.problems


def problems_of_history(documents: Sequence[dict[str, Any]]) -> Iterator[Problem]:
    """What the versions of one programme must be to one another; `documents` are canonical.

    No two share a start or a name, and a limit's id measures the same in all, since its use carries over.
    """
    measures: dict[str, str] = {}
    names: set[str] = set()
    starts: dict[str, str] = {}
    for document in sorted(documents, key=lambda document: str(document["starts_at"])):
        name, starts_at = document["version"], document["starts_at"]
        if document["programme"] != documents[0]["programme"]:
            yield (
                "programme",
                "other_programme",
                f"{name} is of {document['programme']}, not of {documents[0]['programme']}.",
            )
        if name in names:
            yield "version", "repeated_version", f"Two versions have the name {name}."
        elif starts_at in starts:
            yield "starts_at", "repeated_version", f"{starts[starts_at]} and {name} start at the same instant."
        names.add(name)
        starts[starts_at] = name
        for limit in document["limits"]:
            before = measures.setdefault(limit["id"], limit["measure"])
            if before != limit["measure"]:
                why = f"{limit['id']} measures {limit['measure']} in {name} and {before} before"
                yield "limits", "measure_changed", f"{why}; its use carries over, so it needs a new id."
