"""`python -m simulator.case_2021 FOLDER`: compute the figures and plots of docs/case-2021.md.

It generates, replays and deletes one city after another. Each is a sample; its sums are scaled to the whole city.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from itertools import accumulate
from pathlib import Path

from simulator.city.figures import CASHBACK_BY_MAY, CASHBACK_IN_THE_YEAR, Spend
from simulator.city.writing import City, write_city
from simulator.payments import open_payments
from simulator.plots import BILLION, COLOURS, new_figure, saved
from simulator.printing import lines_of, write_csv
from simulator.replay import connect, replay
from simulator.report import Table, day_of
from simulator.scale import WHOLE_CITY
from simulator.versions import read_policies

BUDGET_2021 = 195_000_000_000
"""Cashback budget for 2021, 94.0 of it national (the city, 2020-12-28)."""

VARIANTS = tuple(
    Spend(active=active, spread=spread, from_cashback=from_cashback)
    for spread, active, from_cashback in (
        (1.2, 0.60, 0.07),  # the base case
        (1.2, 0.33, 0.07),  # months as large as those of 2019, paid by a third of the members
        (1.2, 0.45, 0.07),
        (1.2, 0.75, 0.07),
        (1.2, 0.90, 0.07),
        (1.2, 1.00, 0.07),
        (1.4, 0.60, 0.07),
        (1.0, 0.60, 0.07),
        (1.0, 0.75, 0.07),
        (1.0, 0.90, 0.07),
        (0.8, 0.60, 0.07),
        (1.2, 0.60, 0.00),
        (1.2, 0.90, 0.00),
        (1.2, 1.00, 0.00),
        (1.0, 0.60, 0.00),
        (1.0, 0.75, 0.00),
    )
)
MEETS = 0.05
"""The largest relative error, at the end of May and of the year, at which a city counts as matching the spending of 2020."""


@dataclass(frozen=True, slots=True)
class Year:
    """The cost of a replayed year by day of the year, in won of the whole city, and the days on which 2021's budget would end."""

    days: tuple[date, ...]
    added_up: tuple[int, ...]

    @property
    def cost(self) -> int:
        return self.added_up[-1]

    def until(self, day: date) -> int:
        return max((won for at, won in zip(self.days, self.added_up, strict=True) if at <= day), default=0)

    def reaches(self, won: int) -> date | None:
        return next((at for at, so_far in zip(self.days, self.added_up, strict=True) if so_far >= won), None)


@dataclass(frozen=True, slots=True)
class Variant:
    spend: Spend
    of_2020: Year
    of_2021: Year

    @property
    def meets(self) -> bool:
        pairs = (
            (self.of_2020.cost, CASHBACK_IN_THE_YEAR),
            (self.of_2020.until(date(2020, 5, 31)), CASHBACK_BY_MAY),
        )
        return all(abs(replayed / spent - 1) <= MEETS for replayed, spent in pairs)


def replayed(year: int, spend: Spend, share: int, seed: int, policies: Path, threads: int) -> Year:
    """Generate the city's year, replay it under the versions in force, and delete it."""
    with tempfile.TemporaryDirectory() as folder:
        write_city(City(year, seed, share, spend), Path(folder), lambda _: None)
        connection = connect(threads, spill=Path(folder))
        span = open_payments(connection, Path(folder))
        replay(connection, [read_policies(policies)], span)
        rows = connection.execute("SELECT day, SUM(won) FROM costs GROUP BY day ORDER BY day").fetchall()
    won = accumulate(int(of_day) * WHOLE_CITY // share for _, of_day in rows)
    return Year(tuple(day_of(day) for day, _ in rows), tuple(won))


def variants(share: int, seed: int, policies: Path, threads: int) -> Iterator[Variant]:
    for spend in VARIANTS:
        yield Variant(
            spend,
            replayed(2020, spend, share, seed, policies, threads),
            replayed(2021, spend, share, seed, policies, threads),
        )


def table_of(found: list[Variant]) -> Table:
    columns = ("spread", "active", "from_cashback", "by_may_2020", "in_2020", "in_2021", "ends", "meets_2020")
    rows = []
    for variant in found:
        spend, end = asdict(variant.spend), variant.of_2021.reaches(BUDGET_2021)
        rows.append(
            (
                *(f"{spend[name]:.2f}" for name in columns[:3]),
                variant.of_2020.until(date(2020, 5, 31)),
                variant.of_2020.cost,
                variant.of_2021.cost,
                end.isoformat() if end else "lasts",
                "yes" if variant.meets else "no",
            )
        )
    return Table(
        "case_2021",
        "Cashback of 2020 and 2021 in won, and the day on which 195 billion won run out",
        columns,
        tuple(rows),
    )


def _draw(found: list[Variant], folder: Path) -> None:
    """Draw both years, a line for each variant: coloured where it matches the spending of 2020, else grey."""
    for year, title in (
        (2020, "2020 under the rules in force: cashback added up"),
        (2021, "2021, 4 trillion won under 10 % / 1 %: cashback added up"),
    ):
        figure, axes = new_figure(title, "", "billion won")
        for number, variant in enumerate(found):
            of = variant.of_2020 if year == 2020 else variant.of_2021
            first, colour = number == 0, COLOURS[0] if number == 0 else COLOURS[2] if variant.meets else "#bbbbbb"
            label = "base case" if first else None
            axes.plot(
                of.days, [won / BILLION for won in of.added_up], color=colour, label=label, zorder=3 if first else 2
            )
        if year == 2020:
            published = [date(2020, 5, 31), date(2020, 12, 31)], [CASHBACK_BY_MAY, CASHBACK_IN_THE_YEAR]
            axes.scatter(
                published[0], [won / BILLION for won in published[1]], color=COLOURS[1], zorder=4, label="published"
            )
        else:
            axes.axhline(BUDGET_2021 / BILLION, color=COLOURS[1], linestyle="--", label="budget of 195 billion")
        axes.plot([], [], color=COLOURS[2], label="meets what was spent in 2020, within 5 %")
        axes.plot([], [], color="#bbbbbb", label="other assumptions")
        axes.legend(frameon=False)
        figure.autofmt_xdate()
        saved(figure, folder / f"case-{year}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="simulator.case_2021", description="The figures of docs/case-2021.md.")
    parser.add_argument("folder", type=Path, help="for the table and the plots")
    parser.add_argument("--policies", type=Path, default=Path("policies/incheon"))
    parser.add_argument("--share", type=int, default=1_000, help="of the city, in basis points of its members")
    parser.add_argument("--seed", type=int, default=2020)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    found = []
    for variant in variants(given.share, given.seed, given.policies, given.threads):
        found.append(variant)
        print([*lines_of(table_of([variant]))][-1], flush=True)
    print("\n".join(lines_of(table_of(found))))
    write_csv(table_of(found), given.folder)
    _draw(found, given.folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
