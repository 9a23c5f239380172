"""Find the dates of a policy document and check their bounds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from eeum.calendar import INSTANT, OUT_OF_BOUNDS, is_in_bounds

if TYPE_CHECKING:
    from eeum.policy.validation_conditions import Problem

DATE_WORDS = frozenset({"starts_at", "ends_at", "from", "until", "carries_over_from"})
"""Words of the language whose values are instants. In some places `from` and `until` are hours or won instead."""

INSTANT_RANGE = "instant_range"


def dates_of(document: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the path and the text of each instant in a document or a part of one."""
    if isinstance(document, Mapping):
        for word, value in document.items():
            if isinstance(value, str):
                if word in DATE_WORDS and INSTANT.fullmatch(value):
                    yield f"{path}{word}", value
            else:
                yield from dates_of(value, f"{path}{word}.")
    elif isinstance(document, list | tuple):
        for index, part in enumerate(document):
            yield from dates_of(part, f"{path}{index}.")


def faults_of_dates(document: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield the dates that are out of bounds. A draft that was stored before the bounds were introduced may have such dates."""
    for path, text in dates_of(document):
        if not is_in_bounds(datetime.fromisoformat(text)):
            yield path, INSTANT_RANGE, f"{OUT_OF_BOUNDS}; this is {text}."
