"""Work over all members, one segment after another, in calls of its function: what the state machine does in parts, side by side."""

from __future__ import annotations

from typing import Any

from operations.stack import Stack


def go_through(stack: Stack, function: str, segments: int = 1, **more: Any) -> list[dict[str, Any]]:
    """The last answer of each segment, whose `resume` is null. `more` is put into the first event of each."""
    return [_segment(stack, function, {**more, "segment": number, "segments": segments}) for number in range(segments)]


def _segment(stack: Stack, function: str, event: dict[str, Any]) -> dict[str, Any]:
    while True:
        event = stack.invoke(function, event)
        if event["resume"] is None:
            return event
