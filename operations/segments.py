"""Work over all members from the command line: one segment after another, where the state machine runs them in parallel."""

from __future__ import annotations

from typing import Any

from operations.stack import Stack


def go_through(stack: Stack, function: str, segments: int = 1, **more: Any) -> list[dict[str, Any]]:
    """Call the function until each segment's `resume` is null; return the last answers. `more` is added to the first event of each."""
    return [_segment(stack, function, {**more, "segment": number, "segments": segments}) for number in range(segments)]


def _segment(stack: Stack, function: str, event: dict[str, Any]) -> dict[str, Any]:
    while True:
        event = stack.invoke(function, event)
        if event["resume"] is None:
            return event
