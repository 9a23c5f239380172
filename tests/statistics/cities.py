"""Random cities whose payments go through the use cases: captured at once or later, cancelled in part or in full, declined, discounted."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from city_statistics.computation import Asked, compute, definitions, read_inputs
from city_statistics.database import connect
from city_statistics.journal import Journal, Source
from eeum.aws.attribute_values import attribute_value
from eeum.calendar import SEOUL, month_of
from eeum.statistics.release import document_of
from eeum.storage import Table
from tests.use_cases.command_policies import appropriate, bonus, coupons, january_2021
from tests.use_cases.world import World

INPUTS = Path(__file__).parents[2] / "functions" / "city_statistics" / "inputs" / "incheon"
CITY = {"id": "incheon", "name_ko": "인천광역시", "name_en": "Incheon"}
DISTRICTS = ("jung", "dong", "michuhol", "yeonsu", "seo", "ongjin")
CATEGORIES = ("restaurant", "cafe", "supermarket", "butcher", "hospital")
PURSE = {"youth": 100_000}
START = datetime(2020, 11, 20, 9, tzinfo=SEOUL)
POPULATION = "month,population,source,date\n2020-10,3000000,made up for tests,2020-11-01\n"


def registration_number(serial: int) -> str:
    """A registration number with its check digit."""
    digits = f"12481{serial:04}"
    weighted = sum(int(digit) * weight for digit, weight in zip(digits, (1, 3, 7, 1, 3, 7, 1, 3, 5), strict=True))
    return f"{digits}{-(weighted + int(digits[8]) * 5 // 10) % 10}"


@dataclass
class RandomCity:
    """A city from a seed. `world` has every entry that its use cases stored."""

    seed: int
    payments: int = 36
    days: int = 50
    world: World = field(init=False)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        rewards = _rewards(self.random)
        document = january_2021(**rewards, starts_at="2019-01-01T00:00:00+09:00")
        self.world = World(documents=(document,), now=START)
        for layer in rewards.get("layers", ()):
            for year in (2020, 2021):
                appropriate(self.world, 10**9, year=year, layers=(layer["id"],))
        self._members()
        self.shops = [
            self.world.shop(
                registration_number(number + 1),
                district=self.random.choice(DISTRICTS),
                category=self.random.choice(CATEGORIES),
                flags=frozenset(["benefit_plus"] if self.random.random() < 0.3 else []),
            )
            for number in range(8)
        ]
        self.captured: list[Any] = []
        self.awaiting: list[Any] = []
        for _ in range(self.payments):
            self._step()
        self.accrue()

    def _members(self) -> None:
        self.members = []
        for number in range(7):
            member = self.world.member(
                f"member {number}",
                charged=self.random.randrange(200_000, 900_000),
                cashback=self.random.choice((0, 3_333)),
                grants=PURSE if self.random.random() < 0.4 else None,
                verified=True,
                cashback_first=self.random.random() < 0.5,
            )
            if self.random.random() < 0.7:
                # Two decisions about a wallet have two instants.
                self.world.now += timedelta(seconds=1)
                born = date(self.random.randrange(1940, 2010), 1, 1)
                self.world.about(member, birth_date=born, district=self.random.choice(DISTRICTS))
            self.members.append(member)

    def _step(self) -> None:
        self.world.now += timedelta(seconds=self.random.randrange(2 * self.days * 86_400 // self.payments))
        choice = self.random.random()
        if choice < 0.12 and self.captured:
            self.cancel(self.random.choice(self.captured))
        elif choice < 0.2:
            self.world.top_up(self.random.choice(self.members), self.random.randrange(30, 90) * 1_000)
        else:
            self.pay(hold=choice > 0.85)

    def pay(self, *, hold: bool = False) -> None:
        member, shop = self.random.choice(self.members), self.random.choice(self.shops)
        price = self.random.randrange(1, 60_001)
        entry = self.world.pay(member, shop, price, hold=hold, body={"hold": hold}).entry
        if entry.decline is not None:
            return
        if not hold:
            self.captured.append(entry)
            self.awaiting.append(entry)
            return
        part = self.random.randrange(1, price + 1)
        self.awaiting.append(self.world.capture(entry, part).entry)
        self.captured.append(entry)
        if self.random.random() < 0.5:
            self.world.now += timedelta(days=6)
            if part < price:
                self.awaiting.append(self.world.capture(entry, price - part).entry)
        elif part < price:
            self.world.void(entry)

    def cancel(self, payment: Any, amount: int | None = None) -> None:
        """Cancel a part of a payment at random, or `amount`; a payment with nothing left stays as it is."""
        self.accrue()
        (progress,) = self.world.progress.progress([payment])
        left = progress.left
        if not left:
            return
        part = amount or self.random.choice((left, self.random.randrange(1, left + 1)))
        self.awaiting.append(self.world.cancel(payment, part).entry)

    def accrue(self) -> None:
        """Accrue what waits."""
        for entry in self.awaiting:
            assert not self.world.accrue(entry)
        self.awaiting.clear()

    def items(self) -> list[dict[str, Any]]:
        return list(self.world.memory.items(Table.LEDGER))


def _rewards(chance: random.Random) -> dict[str, Any]:
    """Discounts or bonuses beside the cashback, or neither."""
    return chance.choice(({}, {"layers": [bonus()]}, _with_discount()))


def _with_discount() -> dict[str, Any]:
    version = coupons()
    base = january_2021()
    return {name: [each for each in version[name] if each not in base[name]] for name in ("layers", "limits")}


def stored(items: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Items as an export has them."""
    return [{name: attribute_value(value) for name, value in item.items()} for item in items]


def inputs_for_tests(folder: Path, population: str = POPULATION) -> Path:
    """The city's input tables, with a population that holds for the tests' months."""
    folder.mkdir(parents=True)
    for path in INPUTS.iterdir():
        (folder / path.name).write_text(path.read_text())
    (folder / "population.csv").write_text(population)
    return folder


class Publishing:
    """A journal in a folder, and the releases that were computed from it."""

    def __init__(self, folder: Path, inputs: Path | None = None) -> None:
        self.folder, self.inputs = folder, inputs or inputs_for_tests(folder / "inputs")
        self.journal = Journal(folder / "journal")
        self.connection = connect(folder / "spill", memory="500MB", threads=1)
        self.exports = 0
        self.earlier: list[dict[str, Any]] = []

    def add(self, items: Sequence[dict[str, Any]], *, increment: bool = False) -> list[str]:
        """Add items as a full export, or as an increment."""
        self.exports += 1
        since = f"export {self.exports - 1}" if increment else None
        source = Source(f"export {self.exports}", since, f"export {self.exports}")
        return self.journal.add(stored(items), source, self.connection, self.folder / f"scratch {self.exports}")

    def compute(self, as_of: str, **changes: Any) -> dict[str, Any]:
        number = 1 + sum(each["as_of"] == as_of for each in self.earlier)
        at = datetime.fromisoformat(f"{as_of}T12:00:00+09:00")
        asked = Asked(as_of, at, CITY, earlier=tuple(self.earlier), number=number, **changes)
        release = compute(self.journal, read_inputs(self.inputs), definitions(), asked, self.connection)
        document = document_of(release)
        self.earlier.append(document)
        return document


def last_day_of(city: RandomCity) -> str:
    return city.world.now.astimezone(SEOUL).date().isoformat()


def last_month_of(city: RandomCity) -> str:
    return month_of(city.world.now)
