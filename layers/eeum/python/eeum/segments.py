"""Parts of all wallets, for work that goes through every one of them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Segment:
    """One of the `of` parts, counted from 0, that all wallets are divided into, so that several may be gone through at once."""

    number: int
    of: int
