"""`python -m simulator.generated FOLDER`: generate a smaller city, and write its ledger as an export, with input tables of its size."""

import argparse
import csv
import gzip
import io
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from city_statistics.computation import INPUTS
from eeum.aws.attribute_values import attribute_value
from eeum.policy.documents import canonical_document
from eeum.policy.reading import policy_of
from eeum.policy.use_cases import PolicyBook
from simulator.city import figures
from simulator.generated.city import PROGRAMME, GeneratedCity
from simulator.generated.targets import LAST_DAY, months_of
from simulator.scale import WHOLE_CITY, state_scale

POLICIES = Path("policies") / PROGRAMME
SCALED = {"population": "population", "targets": "value", "appropriations": "won", "benefit_plus": "shops"}
"""The input tables with numbers that are smaller in a smaller city."""


def policies_of(folder: Path = POLICIES) -> PolicyBook:
    documents = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
    return PolicyBook([policy_of(canonical_document(document)) for document in documents])


def write_inputs(folder: Path, scale: int, inputs: Path = INPUTS / PROGRAMME) -> None:
    """Write the city's input tables for `scale` members per thousand; the sources say so."""
    folder.mkdir(parents=True)
    for path in sorted(inputs.glob("*.csv")):
        content = path.read_text(encoding="utf-8")
        column = SCALED.get(path.stem)
        (folder / path.name).write_text(_scaled(content, column, scale) if column else content, encoding="utf-8")


def _scaled(content: str, column: str, scale: int) -> str:
    reader = csv.DictReader(io.StringIO(content))
    file = io.StringIO()
    writer = csv.DictWriter(file, reader.fieldnames or (), lineterminator="\n")
    writer.writeheader()
    for row in reader:
        source = f"가상 도시, 실제의 {scale}/1000: {row['source']}"
        writer.writerow({**row, column: str(int(row[column]) * scale // 1_000), "source": source})
    return file.getvalue()


def write_export(folder: Path, items: Iterable[Mapping[str, Any]]) -> int:
    """Write the items as an export of one data file; return their number."""
    root = folder / "AWSDynamoDB" / f"generated-{LAST_DAY}"
    (root / "data").mkdir(parents=True)
    number = 0
    with gzip.open(root / "data" / "0.json.gz", "wt", encoding="utf-8") as file:
        for item in items:
            stored = {name: attribute_value(value) for name, value in item.items()}
            file.write(json.dumps({"Item": stored}, separators=(",", ":"), ensure_ascii=False) + "\n")
            number += 1
    data = {"itemCount": number, "dataFileS3Key": f"AWSDynamoDB/{root.name}/data/0.json.gz"}
    (root / "manifest-files.json").write_text(json.dumps(data) + "\n")
    summary = {
        "version": "2020-06-30", "itemCount": number, "outputFormat": "DYNAMODB_JSON", "exportType": "FULL_EXPORT",
        "exportTime": f"{LAST_DAY}T15:00:00.000Z",
    }  # fmt: skip
    (root / "manifest-summary.json").write_text(json.dumps(summary) + "\n")
    return number


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="simulator.generated", description="A smaller city whose journal is generated."
    )
    parser.add_argument("folder", type=Path, help="a new folder: `export` and `inputs`")
    parser.add_argument("--seed", type=int, default=2020)
    parser.add_argument("--scale", type=int, default=1, help="members per thousand of the real city")
    parser.add_argument("--average", type=int, default=figures.AVERAGE_PAYMENT, help="won of an average payment")
    given = parser.parse_args()
    if given.folder.exists() and any(given.folder.iterdir()):
        print(f"make generated-city: {given.folder} is not empty; give a new folder.", file=sys.stderr)
        return 2
    city = GeneratedCity(
        policies_of(), given.seed, given.scale, given.average, lambda line: print(f"· {line}", file=sys.stderr)
    )
    city.run(months_of(given.scale))
    number = write_export(given.folder / "export", city.items())
    state_scale(given.folder / "export", given.scale * WHOLE_CITY // 1_000)
    write_inputs(given.folder / "inputs", given.scale)
    print(f"{number:,} items of a city of {given.scale}:1000 written to {given.folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
