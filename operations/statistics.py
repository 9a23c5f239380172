"""`make statistics`: compute a release of the city's statistics from exports of its ledger, a whole table and any increments.

Without EXPORT, `operations.statistics_source` exports the running city first, with its appropriations and its Benefit+ shops (`--own`).
Otherwise the input tables have these.

Exit status: 0 when the release is stored, 1 when it is refused, 2 when the command failed.
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, date, datetime
from pathlib import Path

from city_statistics.computation import CITIES, INPUTS, Asked, read_inputs
from city_statistics.exports import open_exports
from city_statistics.publishing import Place
from eeum.statistics.refusals import StatisticsRefused
from simulator.errors import SimulationRefused


def run(arguments: argparse.Namespace) -> Path:
    """Compute and store the release; return its path. Raises `StatisticsRefused` and `SimulationRefused`."""
    place = Place(arguments.output)
    try:
        place.add(open_exports(arguments.export), lambda line: print(f"· {line}", file=sys.stderr))
        as_of = arguments.as_of or place.last_day()
        asked = Asked(
            as_of=as_of,
            computed_at=datetime.now(UTC),
            city=CITIES[arguments.city],
            synthetic=arguments.synthetic,
            scale=arguments.scale,
            kept=dict(arguments.keep),
        )
        inputs = read_inputs(arguments.inputs or INPUTS / arguments.city, arguments.own)
        document, path = place.compute(inputs, asked)
    finally:
        place.close()
    for figure in document["figures"]:
        print(figure["sentence_en"])
    return path


def _revision(text: str) -> tuple[str, int]:
    month, _, number = text.partition("=")
    return month, int(number)


def _day(text: str) -> str:
    return date.fromisoformat(text).isoformat()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m operations.statistics", description=__doc__)
    parser.add_argument("output", type=Path, help="folder of the journal and the releases; both stay and grow")
    parser.add_argument("--export", type=Path, required=True, help="a folder of exports")
    parser.add_argument("--own", type=Path, help="folder of the input tables that the city's own stores have")
    parser.add_argument("--as-of", type=_day, help="last day in Seoul; default: that of the newest payment")
    parser.add_argument("--inputs", type=Path, help="folder of input tables; default: those of the city")
    parser.add_argument("--city", choices=sorted(CITIES), default="incheon")
    parser.add_argument(
        "--keep",
        type=_revision,
        nargs="*",
        default=(),
        help="months to publish as an earlier revision has them, where disclosure control withholds a correction: 2020-11=1",
    )
    parser.add_argument("--synthetic", action="store_true", help="the city is a generated one")
    parser.add_argument("--scale", type=int, help="members per thousand of the real city, for a generated one")
    arguments = parser.parse_args()
    try:
        path = run(arguments)
    except (StatisticsRefused, SimulationRefused) as refused:
        print(f"make statistics: {refused} [{refused.code}]", file=sys.stderr)
        return 1
    except OSError as problem:
        print(f"make statistics: {problem}", file=sys.stderr)
        return 2
    print(f"\nThe release is stored in {path}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
