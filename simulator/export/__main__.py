"""`python -m simulator.export EXPORT PAYMENTS`: write the payments of a ledger export as Parquet files to replay."""

import argparse
import sys
from pathlib import Path

from simulator.errors import SimulationRefused
from simulator.export.conversion import PROCESSES, write_payments
from simulator.export.manifests import open_export
from simulator.scale import scale_of, state_scale


def main() -> int:
    parser = argparse.ArgumentParser(prog="simulator.export", description="Payments of an export, as Parquet files.")
    parser.add_argument("export", type=Path, help="folder of an export in DynamoDB JSON, as it was downloaded")
    parser.add_argument("payments", type=Path, help="folder to be written")
    parser.add_argument("--processes", type=int, default=PROCESSES)
    given = parser.parse_args()
    try:
        export = open_export(given.export)
        count = write_payments(
            export, given.payments, lambda line: print(f"· {line}", file=sys.stderr), max(given.processes, 1)
        )
        if (scale := scale_of(given.export)) is not None:
            state_scale(given.payments, scale)
    except SimulationRefused as refused:
        print(f"simulator: {refused} [{refused.code}]", file=sys.stderr)
        return 1
    print(f"{count:,} payments of export {export.name} written to {given.payments}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
