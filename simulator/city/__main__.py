"""`python -m simulator.city FOLDER`: write a city's payments as Parquet files, one for each month."""

import argparse
import sys
from pathlib import Path

from simulator.city.figures import Spend
from simulator.city.writing import City, write_city
from simulator.city.years import YEARS
from simulator.errors import SimulationRefused


def main() -> int:
    usual = Spend()
    parser = argparse.ArgumentParser(
        prog="simulator.city", description="Payments of a simulated city, a Parquet file a month."
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--year", type=int, choices=sorted(YEARS), default=2020)
    parser.add_argument("--seed", type=int, default=2020)
    parser.add_argument("--share", type=int, default=1_000, help="how much of the city, in basis points of its members")
    parser.add_argument("--spread", type=float, default=usual.spread, help="of the logarithm of a member's month")
    parser.add_argument("--active", type=float, default=usual.active, help="share of members who pay in a month")
    parser.add_argument(
        "--from-cashback", type=float, default=usual.from_cashback, help="share of payments that earn nothing"
    )
    given = parser.parse_args()
    spend = Spend(spread=given.spread, active=given.active, from_cashback=given.from_cashback)
    try:
        write_city(City(given.year, given.seed, given.share, spend), given.folder, print)
    except SimulationRefused as refused:
        print(f"simulator: {refused} [{refused.code}]", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
