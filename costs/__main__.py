"""`make cost`: what a city of a given size pays AWS. `make cost-page` writes docs/cost.md.

Exit status: 0 when it is estimated, whether the goals are met or not; 2 when it cannot be.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from costs.deployed import ROOT, deployed
from costs.model import City, estimate
from costs.page import assumed, lines, page, summary, today
from costs.prices import PRICES, PricesUnusable, read_prices

USAGE = Path(__file__).with_name("usage.json")
PAGE = ROOT / "docs" / "cost.md"
IDENTITIES = ("own", "cognito-lite", "cognito-essentials")


class SizeInvalid(Exception):
    """A size that no city has; one sentence says which."""


def usage_of(path: Path = USAGE) -> dict[str, Any]:
    """What `make bench` measured."""
    measured: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return measured


def city_of(arguments: argparse.Namespace) -> City:
    """The city. Raises `SizeInvalid` for a size that is not above 0."""
    members = _whole("MEMBERS", arguments.members)
    payments = _whole("PAYMENTS", arguments.payments)
    try:
        years = float(arguments.years)
    except ValueError:
        raise SizeInvalid(f"YEARS={arguments.years} is no number of years, such as 1 or 2.5.") from None
    if not 0 < years <= 50:
        raise SizeInvalid(f"YEARS={arguments.years} must be above 0 and at most 50.")
    return City(members, payments, years, arguments.identity, scans=arguments.catch_up == "scan")


def _whole(name: str, text: str) -> int:
    digits = text.replace("_", "").replace(",", "")
    if not (digits.isascii() and digits.isdecimal() and 0 < int(digits) <= 10**12):
        raise SizeInvalid(f"{name}={text} must be a whole number from 1 to 1,000,000,000,000.")
    return int(digits)


def main(given: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m costs", description=__doc__)
    parser.add_argument("--members", default=str(City.members))
    parser.add_argument("--payments", default=str(City.payments), help="a year")
    parser.add_argument("--years", default="1", help="how long the ledger has been filled")
    parser.add_argument("--identity", choices=IDENTITIES, default="own")
    parser.add_argument("--catch-up", choices=("index", "scan"), default="index")
    parser.add_argument("--prices", type=Path, default=PRICES)
    parser.add_argument("--old-prices", action="store_true")
    parser.add_argument("--page", action="store_true", help="write docs/cost.md instead")
    arguments = parser.parse_args(given)
    try:
        city = city_of(arguments)
        prices = read_prices(today(), arguments.prices, old_allowed=arguments.old_prices)
    except (SizeInvalid, PricesUnusable) as problem:
        print(f"make cost: {problem}", file=sys.stderr)
        return 2
    if arguments.page:
        PAGE.write_text(page(usage_of(), deployed(), prices), encoding="utf-8")
        print(f"· {PAGE.relative_to(ROOT)} is written.")
        return 0
    found = estimate(city, usage_of(), deployed(), prices)
    print("\n".join([*lines(found), "", *summary(found), *(f"Assumed: {each}" for each in assumed(prices))]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
