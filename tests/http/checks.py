"""Checks of every refusal: a problem document with a stable code, and an unchanged storage."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.http.city import Answer, InMemoryCity

HANGUL = re.compile("[가-힣]")
TRACE = re.compile(r"Traceback \(most recent|File \\?\"|line \d+, in |aws_lambda_powertools|errors\.pydantic")


@contextmanager
def unchanged(city: InMemoryCity) -> Iterator[None]:
    """Assert that nothing stored changes within the block."""
    before = city.items()
    yield
    assert city.items() == before


def assert_problem(answer: Answer, status: int, code: str, fault: str | None = None, path: str | None = None) -> None:
    """Assert a problem: `fault` is the code of its first error, `path` that error's field."""
    problem = checked_problem(answer)
    assert (answer.status, problem["code"]) == (status, code), problem
    if fault is not None:
        assert problem["errors"][0]["code"] == fault, problem
    if path is not None:
        assert problem["errors"][0]["path"] == path, problem


def checked_problem(answer: Answer) -> dict[str, Any]:
    """The problem document of an answer, checked to be complete and to reveal nothing internal."""
    assert 400 <= answer.status < 500, answer
    assert answer.content_type == "application/problem+json", answer
    problem: dict[str, Any] = answer.json
    assert set(problem) - {"errors"} == {"type", "title", "status", "code", "detail", "detail_ko"}, problem
    assert problem["status"] == answer.status
    assert problem["type"] == f"urn:eeum:problem:{problem['code']}"
    assert not TRACE.search(answer.body), problem
    assert HANGUL.search(problem["detail_ko"]), problem
    assert len(answer.body) < 50_000
    for fault in problem.get("errors", []):
        assert set(fault) == {"path", "code", "message", "message_ko"}, fault
        assert HANGUL.search(fault["message_ko"]), fault
    return problem


def assert_declined(answer: Answer, code: str, reason: str) -> None:
    """Assert a decline, which is an answer and not an error."""
    assert (answer.status, answer.content_type) == (200, "application/json"), answer
    assert answer.json["status"] == "declined", answer.json
    decline = answer.json["decline"]
    assert (decline["code"], decline["reason"]) == (code, reason), decline
    assert HANGUL.search(decline["message"]), decline
    assert decline["message_en"].isascii(), decline
