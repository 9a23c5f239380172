"""Validate policy documents that come from outside.

Pydantic checks the place and type of each value; `eeum.policy.validation` checks values against one another.
"""

from typing import Any

from pydantic import ValidationError

from eeum.errors import PolicyRefused
from eeum.policy.document_faults import explanation_of
from eeum.policy.document_models import LARGEST_DOCUMENT_BYTES, TOO_LARGE, PolicyDocument, bytes_of
from eeum.policy.reading import policy_of
from eeum.policy.rules import PolicyVersion
from eeum.policy.validation import problems_of
from eeum.policy.validation_conditions import NESTED_TOO_DEEP, TOO_DEEP, Problem


def canonical_document(document: Any) -> dict[str, Any]:
    """Return the document as it is stored: valid, with every default written out.

    Raises:
        PolicyRefused: with the faults found: the path of each, a stable code, and what is wrong.
    """
    canonical = shaped_document(document)
    problems = problems_of(canonical)
    if problems:
        raise _refused(problems)
    return canonical


def shaped_document(document: Any) -> dict[str, Any]:
    """Return the document with every default written out. Only its shape is checked, not its rules.

    Raises:
        PolicyRefused: with the faults of its shape.
    """
    try:
        model = PolicyDocument.model_validate(document)
    except ValidationError as error:
        raise _refused(_faults_of_shape(error)) from error
    canonical: dict[str, Any] = model.model_dump(mode="json", by_alias=True, exclude_none=True)
    for band in (band for layer in canonical["layers"] for band in layer.get("bands", ())):
        band.setdefault("up_to", None)
    for limit in canonical["limits"]:
        limit.setdefault("amount", None)
    if bytes_of(canonical) > LARGEST_DOCUMENT_BYTES:  # with every default written out
        raise _refused([("", "too_large", TOO_LARGE)])
    return canonical


def parse_policy(document: Any) -> PolicyVersion:
    """Return the rules that `document` states. Raises `PolicyRefused` with the faults found."""
    return policy_of(canonical_document(document))


def _faults_of_shape(error: ValidationError) -> list[Problem]:
    problems: list[Problem] = []
    for fault in error.errors(include_url=False):
        path = ".".join(str(part) for part in fault["loc"] if not str(part).startswith(("(", "[key]")))
        code, why = fault["type"], explanation_of(PolicyDocument, fault)
        if code.startswith("recursion"):
            path, code, why = _where_conditions_begin(path), TOO_DEEP, NESTED_TOO_DEEP
        problems.append((path, code, why))
    return problems


def _where_conditions_begin(path: str) -> str:
    for word in ("when", "spendable_at"):
        before, found, _ = f"{path}.".partition(f".{word}.")
        if found:
            return f"{before}.{word}"
    return path


def _refused(problems: list[Problem]) -> PolicyRefused:
    path, _, why = problems[0]
    more = f" ({len(problems) - 1} more)" if len(problems) > 1 else ""
    detail = f"The policy document is not valid: {path or 'document'}: {why}{more}"
    return PolicyRefused(detail, tuple(problems))
