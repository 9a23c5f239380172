"""`python -m operations.public_page`: write the public page of a release into a folder, with all of its open data.

The release is `release.json`, as disclosure control wrote it. Policies, budget and daily hashes are those of the running city (or of
`--stage`); with `--policies` they are the documents of a folder, at the end of the release's day, without budget and hashes.

Exit status: 0 when the page is written, 2 when it is not; then the folder is as it was.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from eeum.aws.dynamodb import DynamoDbStorage
from eeum.budget.appropriation_store import AppropriationStore
from eeum.budget.rules import fiscal_year_of
from eeum.budget.showing import ReportDependencies, year_forecast, year_report
from eeum.budget.store import BudgetStore
from eeum.budget.watch_store import WatchStore
from eeum.calendar import SEOUL
from eeum.policy.history import Did
from eeum.policy.history_store import HistoryStore
from eeum.policy.reading import period_of
from eeum.policy.store import PolicyStore
from eeum.storage import Contended, Unavailable
from eeum.unit_of_work import Patience
from local import places
from operations.deployed_city import READ_SECONDS, city_of, roots_of
from operations.failure import OperationFailed
from operations.stack import Stack, add_arguments, stack_of
from public_page.pages import Parquet, Site, site
from public_page.programme import ROOTS_SHOWN, programme_document
from public_page.release import ReleaseRefused

STEPS = 200
"""How many of the latest steps are searched for the reasons of approvals."""


def programme_of_city(stack: Stack, stage: str) -> dict[str, Any]:
    """The programme's document of a city, now. Raises `OperationFailed` when there is no such city."""
    city, now = city_of(stack, stage)
    storage: DynamoDbStorage = city.storage()
    patience = Patience(lambda: READ_SECONDS, time.sleep)
    using = ReportDependencies(
        BudgetStore(storage, patience, city.programme),
        AppropriationStore(storage, patience, city.programme),
        WatchStore(storage, patience, city.programme),
        city.policies(storage),
        lambda: now,
    )
    stored = PolicyStore(storage, patience, city.programme).stored()
    steps, _ = HistoryStore(storage, city.programme).latest(STEPS)
    roots = roots_of(stack, stage)
    found = [roots.root(date) for date in roots.dates()[-ROOTS_SHOWN:]]
    return programme_document(
        stored.documents,
        stored.amendments,
        {step.name: step.reason for step in reversed(steps) if step.did is Did.APPROVED and step.reason},
        year_report(fiscal_year_of(now), using),
        year_forecast(fiscal_year_of(now), using),
        [each for each in found if each is not None],
        now,
    )


def programme_of_folder(folder: Path, day: str) -> dict[str, Any]:
    """The programme's document of the policies of a folder, at the end of a day in Seoul."""
    documents = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
    at = datetime.fromisoformat(day).replace(tzinfo=SEOUL) + timedelta(days=1)
    return programme_document(sorted(documents, key=lambda each: period_of(each)[0]), [], {}, None, (), (), at)


def write(made: Site, output: Path) -> None:
    """Write the site's files; pages come last."""
    for path in made.in_order():
        file = output / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(made.files[path])


def write_page(document: bytes, programme: dict[str, Any], output: Path) -> int:
    """Write the page of a published release; return the number of files. Raises `ReleaseRefused`; then the folder is as it was."""
    made = site(document, programme, places.PROGRAMME, parquet=parquet())
    write(made, output)
    return len(made.files)


def parquet() -> Parquet | None:
    """The writer of Parquet, where DuckDB is installed: in the simulator's environment."""
    try:
        import duckdb  # noqa: F401  # the module imports it when it writes
    except ModuleNotFoundError:
        return None
    from public_page.parquet import parquet_files

    return parquet_files


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m operations.public_page", description=__doc__)
    add_arguments(parser)
    parser.add_argument("release", type=Path, help="release.json")
    parser.add_argument("output", type=Path, help="the folder of the site")
    parser.add_argument("--policies", type=Path, help="read the policies from this folder, not from a deployed city")
    arguments = parser.parse_args()
    try:
        document = arguments.release.read_bytes()
        if arguments.policies:
            programme = programme_of_folder(arguments.policies, json.loads(document)["as_of"])
        else:
            programme = programme_of_city(stack_of(arguments), arguments.stage)
        files = write_page(document, programme, arguments.output)
    except (
        OperationFailed,
        ReleaseRefused,
        BotoCoreError,
        ClientError,
        Contended,
        Unavailable,
        OSError,
        ValueError,
    ) as problem:
        print(f"public page: {problem}", file=sys.stderr)
        return 2
    print(f"· {files} files are in {arguments.output}; {'with' if parquet() else 'without'} Parquet.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
