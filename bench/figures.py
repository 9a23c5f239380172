"""Measured figures and their bounds."""

import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Figure:
    """A figure: `reached` and `bound` are in `unit`; lower is better, and equal is met. `how` says how it was measured.

    `bound` is None for a figure that is only reported.
    """

    what: str
    bound: float | None
    reached: float
    unit: str
    how: str
    spread: tuple[float, float] | None = None

    @property
    def met(self) -> bool:
        return self.bound is None or self.reached <= self.bound


@dataclass(frozen=True)
class Section:
    """Figures of one kind, with their assumptions, in Markdown."""

    title: str
    figures: Sequence[Figure]
    notes: Sequence[str] = field(default=())


@dataclass(frozen=True)
class Pairs:
    """Seconds of a subject and of its reference, measured in turns."""

    subject: list[float]
    reference: list[float]

    @property
    def ratios(self) -> list[float]:
        return [one / other for one, other in zip(self.subject, self.reference, strict=True)]

    @property
    def ratio(self) -> float:
        return statistics.median(self.ratios)

    @property
    def quartiles(self) -> tuple[float, float]:
        lower, _, upper = statistics.quantiles(self.ratios, n=4)
        return lower, upper

    @property
    def subject_milliseconds(self) -> float:
        return statistics.median(self.subject) * 1000

    @property
    def reference_milliseconds(self) -> float:
        return statistics.median(self.reference) * 1000


def seconds_of(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


class Progress:
    """One line on the terminal: what is being measured, and the progress."""

    def __init__(self, what: str, steps: int) -> None:
        self._what = what
        self._steps = steps
        self._done = 0
        self._show()

    def step(self) -> None:
        self._done += 1
        self._show()

    def _show(self) -> None:
        ended = self._done >= self._steps
        # A log has one line for each measurement; a terminal has a moving bar.
        if not sys.stderr.isatty():
            if ended:
                print(f"· {self._what}: {self._done}", file=sys.stderr, flush=True)
            return
        filled = 24 * self._done // self._steps
        bar = "█" * filled + "░" * (24 - filled)
        end = "\n" if ended else ""
        print(f"\r{bar} {self._what} {self._done}/{self._steps}", end=end, file=sys.stderr, flush=True)


def interleaved(what: str, subject: Callable[[], float], reference: Callable[[], float], rounds: int) -> Pairs:
    """Seconds as each call reports them. The two run in pairs, and take turns in running first, so that neither has an advantage."""
    pairs = Pairs([], [])
    progress = Progress(what, rounds)
    for number in range(rounds):
        if number % 2:
            pairs.subject.append(subject())
            pairs.reference.append(reference())
        else:
            pairs.reference.append(reference())
            pairs.subject.append(subject())
        progress.step()
    return pairs
