"""`make bench`: measure everything, show the progress, and write docs/performance.md."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench import (
    PAGE,
    arrivals,
    audit,
    authorisation,
    balances,
    cancellation,
    city_statistics,
    commands,
    evaluation,
    item_sizes,
    months,
    simulator,
    start_up,
    storm,
    write_units,
)
from bench.page import page
from costs.__main__ import main as write_what_it_costs
from local import places
from tests.contract.engines import DYNOXIDE


def main() -> None:
    _need(DYNOXIDE, "the engine to measure on")
    _need(places.program("emulator", "python"), "the emulator")
    _need(places.program("sam", "sam"), "the SAM CLI")
    _need(places.program("installer", "pip"), "the installer")
    _need(places.program("simulator", "python"), "the simulator's environment")
    started = time.monotonic()
    # In a process of its own, whose handlers log into memory. The sections and docs/cost.md are computed from it.
    subprocess.run([sys.executable, "-m", "bench.usage"], check=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        replayed = simulator.measure(folder / "simulator")
        counted = city_statistics.measure(folder / "statistics")
        # Measured before this process holds a million members: the peak memory of a new process counts what its parent held.
        audited = audit.measure(folder / "audit")
        written, units = write_units.measure(folder / "write_units")
        sections = [
            authorisation.measure(folder / "authorisation"),
            start_up.measure(folder / "start_up"),
            written,
            commands.measure(folder / "commands"),
            balances.measure(folder / "balances", units),
            arrivals.measure(),
            item_sizes.measure(),
            evaluation.measure(),
            months.measure(),
            cancellation.measure(folder / "cancellation"),
            storm.measure(folder / "storm"),
            audited,
            replayed,
            counted,
        ]
    PAGE.write_text(page(sections, time.monotonic() - started), encoding="utf-8")
    write_what_it_costs(["--page", "--old-prices"])
    print(page(sections, time.monotonic() - started).split("## How")[0])


def _need(program: Path, what: str) -> None:
    if not program.exists():
        sys.exit(f"make bench: {what} is missing; `make install` sets it up.")


if __name__ == "__main__":
    main()
