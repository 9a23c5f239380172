"""Segments: parts of all wallets, for work on every wallet."""

from dataclasses import dataclass

BEGINNING = ""
"""The page that a segment starts from."""

MOST_AT_ONCE = 10
"""How many segments the state machine processes at once."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One of `of` parts of all wallets, counted from 0; segments can be processed in parallel."""

    number: int
    of: int
