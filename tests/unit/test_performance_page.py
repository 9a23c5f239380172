"""The page that `make bench` writes."""

from bench.figures import Figure, Section
from bench.page import page

MET = Figure("Time", 2, 1.5, "s", "Measured once.", spread=(1.25, 1.75))
MISSED = Figure("Memory", 1, 3, "GiB", "Measured once.")
REPORTED = Figure("Reading a payment", None, 43.2, "µs", "Of one day.")


def test_a_figure_without_a_bound_is_reported_and_not_judged() -> None:
    written = page([Section("Statistics", [MET, REPORTED, MISSED], ["A note."])], 60)
    assert "| Time | ≤ 2 s | 1.50 s (1.25 – 1.75) | met |" in written
    assert "| Reading a payment |  | 43.20 µs |  |" in written
    assert "| Memory | ≤ 1 GiB | 3 GiB | **missed** |" in written
    assert "1 of 2 bounds are met; missed: Memory." in written
    assert "A note." in written


def test_a_run_that_meets_every_bound_says_so() -> None:
    assert "All 1 bounds are met." in page([Section("Statistics", [MET, REPORTED])], 60)
