"""Patience that does not wait: it only counts the pauses."""

from eeum.unit_of_work import Patience


def patience_of(seconds: float = 60.0) -> Patience:
    """Patience that gives up after pauses of `seconds` in total, without waiting."""
    gone = [0.0]

    def pause(asked: float) -> None:
        # With pauses of zero, a loop that never succeeds would not end.
        gone[0] += max(asked, 0.001)

    return Patience(lambda: seconds - gone[0], pause)
