"""Patience that does not wait: the time it is asked to pause is counted as gone."""

from eeum.unit_of_work import Patience


def patience_of(seconds: float = 60.0) -> Patience:
    """Gives up when pauses of `seconds` in all were asked for; a test ends at once either way."""
    gone = [0.0]

    def pause(asked: float) -> None:
        # A pause of nothing would let a loop that never succeeds go on for ever.
        gone[0] += max(asked, 0.001)

    return Patience(lambda: seconds - gone[0], pause)
