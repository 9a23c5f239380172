"""`eeum policy simulate A.json --against B.json --payments FOLDER`: compute what policies would have cost."""

import argparse
import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from simulator.errors import SimulationRefused
from simulator.export.conversion import write_payments
from simulator.export.manifests import is_export, open_export
from simulator.in_short import sentences
from simulator.payments import check_order, open_payments
from simulator.plots import write_plots
from simulator.pools import pool_ends
from simulator.printing import lines_of, write_csv
from simulator.replay import connect, replay
from simulator.report import budgets_of, check_layers, tables_of
from simulator.scale import scale_of
from simulator.versions import fallbacks, layers_of, left_out, read_policies

OF_A_PLOT = "cost_by_day"
"""Tables too long for a terminal, shown only in files and plots."""


def _parsed(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="eeum policy simulate", description="What a policy would have cost.")
    parser.add_argument("policy", type=Path, help="a version, or a folder of versions that apply from their starts")
    parser.add_argument("--against", type=Path, help="another, to compare with")
    parser.add_argument(
        "--payments", type=Path, required=True, help="folder of Parquet files or of an export: docs/simulator.md"
    )
    parser.add_argument(
        "--budget", action="append", default=[], metavar="FUNDER=WON", help="all=195_000_000_000, city/base+market=5"
    )
    parser.add_argument("--output", type=_folder, help="folder for CSV files and plots")
    parser.add_argument("--check-order", action="store_true", help="also check that no payment occurs twice")
    parser.add_argument("--threads", type=_threads, default=2)
    parser.add_argument(
        "--memory", type=_memory, default="6GB", help="memory that DuckDB may use before it spills to disk"
    )
    return parser.parse_args(arguments)


def _threads(text: str) -> int:
    if re.fullmatch(r"[1-9][0-9]{0,3}", text) is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of threads, such as 2")
    return int(text)


def _memory(text: str) -> str:
    if re.fullmatch(r"[0-9]+(\.[0-9]+)? ?[KMGT]i?B", text, re.IGNORECASE) is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no amount of memory, such as 6GB or 500MB")
    return text


def _folder(text: str) -> Path:
    """A folder that exists or can be made; a run of minutes must not end because its output cannot be written."""
    path = Path(text)
    there = next(each for each in (path.absolute(), *path.absolute().parents) if each.exists())
    if not there.is_dir():
        raise argparse.ArgumentTypeError(f"{there} is a file, and a folder is needed")
    return path


def _run(given: argparse.Namespace, spill: Path) -> None:
    budgets = budgets_of(given.budget)
    runs = [read_policies(path) for path in (given.policy, given.against) if path is not None]
    check_layers(budgets, layers_of(runs))
    connection = connect(given.threads, given.memory, spill)
    flags = frozenset[str]().union(*(run.flags for run in runs))
    span = open_payments(connection, _payments(given.payments, spill), flags, print)
    if given.check_order:
        check_order(connection)
    plans = replay(connection, runs, span, _say)
    tables = tables_of(connection, [run.name for run in runs], budgets) + pool_ends(connection, runs)
    for line in (*(line for run in runs for line in left_out(run)), *fallbacks(plans)):
        print(line)
    for table in tables:
        if table.name != OF_A_PLOT:
            print("\n".join([*lines_of(table), ""]))
    print("\n".join(["In short", *(f"  {sentence}" for sentence in sentences(tables, scale_of(given.payments))), ""]))
    if given.output is not None:
        given.output.mkdir(parents=True, exist_ok=True)
        files = [*(write_csv(table, given.output) for table in tables), *write_plots(tables, budgets, given.output)]
        print(f"{len(files)} files written to {given.output}")


def _payments(folder: Path, spill: Path) -> Path:
    """The folder itself, or, for an export, its payments as Parquet files that are deleted after the run."""
    if not is_export(folder):
        return folder
    write_payments(open_export(folder), spill / "payments", _say)
    return spill / "payments"


def _say(line: str) -> None:
    print(f"· {line}", file=sys.stderr)


def main(arguments: Sequence[str]) -> int:
    given = _parsed(arguments)
    try:
        with tempfile.TemporaryDirectory() as spill:
            _run(given, Path(spill))
    except SimulationRefused as refused:
        print(f"eeum policy simulate: {refused} [{refused.code}]", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
