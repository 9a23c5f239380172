"""`make statistics`: from a ledger to the public page of its figures: export, computation, disclosure control, page.

Without `--export` it reads the running local city, and the city then shows the page. With it, it reads a folder of exports, a whole table
and any increments. The folder of the page, of the journal and of all releases is OUTPUT.

Exit status: 0 when the page is written, 1 when a release is refused, 2 when the command failed.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from city_statistics.computation import CITIES, INPUTS, Asked, read_inputs
from city_statistics.exports import open_exports
from city_statistics.publishing import Place
from eeum.statistics.inputs import Input
from eeum.statistics.refusals import StatisticsRefused
from eeum.storage import Contended, Unavailable
from local import places
from operations.export import local_stack_of
from operations.failure import OperationFailed
from operations.public_page import programme_of_city, programme_of_folder, write_page
from operations.stack import Stack, add_arguments
from operations.statistics_release import show_in_city, suppressed_and_published
from operations.statistics_source import write_source
from operations.statistics_summary import summary_of
from public_page.release import ReleaseRefused
from simulator.errors import SimulationRefused
from statistics_disclosure.refusals import Refused

OF_THE_CITY, OF_EXPORTS = "statistics", "figures"
"""Where the running city's figures are below the city's data, and by default those of exports: never mixed, and emptied with the city."""
SITE = "site"


def run(arguments: argparse.Namespace) -> None:
    """Take every step and print what was published. Raises what the step that failed raises; the page then stays as it was."""
    city = None if arguments.export else local_stack_of(arguments)
    output = arguments.output or places.DATA / (OF_EXPORTS if city is None else OF_THE_CITY)
    if city:
        write_source(city, output / "source", _report)
        arguments.export, arguments.own, arguments.synthetic = (
            output / "source" / "export",
            output / "source" / "own",
            True,
        )
    place = Place(output)
    try:
        place.add(open_exports(arguments.export), _report)
        asked = _asked(arguments, place)
        computed, release = suppressed_and_published(place, _inputs(arguments), asked, _report)
    finally:
        place.close()
    document = place.published(release["release_id"]).read_bytes()
    files = write_page(document, _programme(arguments, city, release["as_of"]), output / SITE)
    address = show_in_city(city, place, release["release_id"]) if city else None
    print(summary_of(computed, release))
    print(_where(output, files, address))


def _asked(arguments: argparse.Namespace, place: Place) -> Asked:
    return Asked(
        as_of=arguments.as_of or place.last_day(),
        computed_at=datetime.now(UTC),
        city=CITIES[arguments.city],
        synthetic=arguments.synthetic,
        scale=arguments.scale,
        kept=dict(arguments.keep),
    )


def _inputs(arguments: argparse.Namespace) -> dict[str, Input]:
    return read_inputs(arguments.inputs or INPUTS / arguments.city, arguments.own)


def _programme(arguments: argparse.Namespace, city: Stack | None, as_of: str) -> dict[str, Any]:
    """Policies, budget and daily hashes of the running city; of an export, the policies of a folder alone."""
    return programme_of_city(city, arguments.stage) if city else programme_of_folder(arguments.policies, as_of)


def _where(output: Path, files: int, address: str | None) -> str:
    lines = [f"The page and its open data: {output / SITE} ({files} files). The release: {output / 'public'}."]
    if address:
        return "\n".join([*lines, f"Open {address}/ko/ or {address}/en/."])
    return "\n".join(
        [*lines, f"Look at it: python3 -m http.server 8000 --directory {output / SITE}, then http://localhost:8000/ko/"]
    )


def _report(line: str) -> None:
    print(f"· {line}", file=sys.stderr)


def _revision(text: str) -> tuple[str, int]:
    month, _, number = text.partition("=")
    return month, int(number)


def _day(text: str) -> str:
    return date.fromisoformat(text).isoformat()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m operations.statistics", description=__doc__)
    add_arguments(parser)
    parser.add_argument("--output", type=Path, help="folder of the journal, the releases and the page; it grows")
    parser.add_argument("--export", type=Path, help="a folder of exports; default: the running local city is exported")
    parser.add_argument("--own", type=Path, help="folder of the input tables that the city's own stores have")
    parser.add_argument("--as-of", type=_day, help="last day in Seoul; default: that of the newest payment")
    parser.add_argument("--inputs", type=Path, help="folder of input tables; default: those of the city")
    parser.add_argument("--city", choices=sorted(CITIES), default="incheon")
    parser.add_argument(
        "--policies", type=Path, default=places.POLICIES / "incheon", help="policies that the page of an export shows"
    )
    parser.add_argument(
        "--keep",
        type=_revision,
        nargs="*",
        default=(),
        help="months to publish as an earlier revision has them: 2020-11=1",
    )
    parser.add_argument("--synthetic", action="store_true", help="the city is a generated one")
    parser.add_argument("--scale", type=int, help="members per thousand of the real city, for a generated one")
    arguments = parser.parse_args()
    try:
        run(arguments)
    except (StatisticsRefused, SimulationRefused, Refused) as refused:
        print(f"make statistics: {refused} [{refused.code}]", file=sys.stderr)
        return 1
    except ReleaseRefused as refused:
        print(f"make statistics: {refused} [release_refused]", file=sys.stderr)
        return 1
    except (
        OperationFailed,
        BotoCoreError,
        ClientError,
        Contended,
        Unavailable,
        OSError,
        json.JSONDecodeError,
    ) as problem:
        print(f"make statistics: {problem}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
