"""Write units of balances for each payment, and of all that happens to a payment: authorised, rewarded, counted and folded."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, count
from pathlib import Path
from typing import NamedTuple

from bench.city import JANUARY_2021, PATIENCE
from bench.engine import storage_on, units_written
from bench.figures import Figure, Progress, Section
from bench.sizes import item_bytes
from bench.write_units import BATCH, CountingStorage, Units
from eeum.balances.fold_store import FoldStore
from eeum.balances.folding import fold
from eeum.balances.items import page_item, page_key
from eeum.balances.rebuild_store import RebuildStore
from eeum.balances.rules import (
    BalancePage,
    Change,
    Holder,
    Movement,
    Projection,
    amounts_of,
    by_page,
)
from eeum.balances.store import BalanceStore
from eeum.balances.use_cases import Projecting, project
from eeum.journal.accounts import HolderKind, Postings
from eeum.merchants.rules import merchant_id_of
from eeum.storage import ProjectionStorage
from tests.template.template import events

SHOPS = 50_000
PAYMENTS_A_YEAR = 107_000_000
HOUR = 12_000
"""Payments in an hour, for a city with that many payments a year."""
SHARDS = 20
"""Shards of the stream when the table has a year's journal: some 200 GB, 10 GB to a partition."""
MANY_SHARDS = 100
TOP_UPS = 10
"""Payments for each top-up."""
OWN_RATE = 10
"""One shop in this many funds cashback of its own, as Benefit+ shops do."""
ENGINE = "dynoxide"


class Mixture(NamedTuple):
    """The distribution of payments over shops, as cumulative weights."""

    name: str
    weights: Sequence[float]


ZIPF = Mixture("by Zipf's law", list(accumulate(1 / rank for rank in range(1, SHOPS + 1))))
EVEN = Mixture("evenly", list(accumulate([1.0] * SHOPS)))
ONE = Mixture("on one shop", [1.0])


@dataclass(frozen=True)
class Cost:
    """Write units for each payment: of its batch, and of the hourly fold."""

    appended: float
    folded: float

    @property
    def total(self) -> float:
        return self.appended + self.folded

    def __str__(self) -> str:
        return f"{self.total:.2f} ({self.appended:.2f} and {self.folded:.2f})"


def measure(folder: Path, written: Units) -> Section:
    """Measure balances. `written` is what was measured of the payment and its accrual."""
    (source,) = events("BalanceProjectionFunction", "DynamoDB").values()
    full = payments_of(int(source["BatchSize"]))
    windows = 3_600 // int(source["MaximumBatchingWindowInSeconds"])
    ordinary = HOUR // windows // SHARDS
    sizes = {
        f"in batches of {ordinary}": ordinary,
        f"in full ones of {full}": full,
        f"of {BATCH}": BATCH,
        f"of {HOUR // windows // MANY_SHARDS}": HOUR // windows // MANY_SHARDS,
    }
    mixtures = (ZIPF, EVEN, ONE)
    progress = Progress("write units of balances", len(mixtures) * len(sizes) + 1)
    found: dict[tuple[str, int], Cost] = {}
    for mixture in mixtures:
        for size in sizes.values():
            found[mixture.name, size] = _computed(mixture, size)
            progress.step()
    reported = _reported(folder, ZIPF, ordinary)
    progress.step()
    at_one_shop = found[ONE.name, BATCH]
    by_mixture = "; ".join(
        f"{mixture.name}, " + ", ".join(f"{found[mixture.name, size]} {how}" for how, size in sizes.items())
        for mixture in mixtures
    )
    of_load = (
        f"{HOUR:,} payments in an hour ({PAYMENTS_A_YEAR // 10**6} million a year) from {SHARDS} shards, in batches of"
        f" {ordinary} payments with their earnings, and a top-up for {TOP_UPS} payments"
    )
    largest = _page_bytes()
    return Section(
        "Balances",
        [
            Figure(
                f"Write units of balances a payment, payments falling on {SHOPS:,} shops {ZIPF.name}",
                0.5,
                reported.total,
                "",
                f"As {ENGINE} reports for {of_load}: {reported.appended:.2f} for batches with the shard's checkpoint, and"
                f" {reported.folded:.2f} for the hour's fold into pages that have every shop. By item sizes it is"
                f" {found[ZIPF.name, ordinary].total:.2f}.",
            ),
            Figure(
                f"Write units of a payment's whole life: authorised, posted and counted in batches of {BATCH}, at one shop",
                10,
                written.with_budget + at_one_shop.total,
                "",
                f"{written.with_budget:g} of the payment and its linked posting with its budget, and {at_one_shop.total:.2f} of balances.",
            ),
            Figure(
                f"Write units of a payment's whole life, payments falling on {SHOPS:,} shops {ZIPF.name}",
                10,
                written.with_budget + reported.total,
                "",
                f"{written.with_budget:g} of the payment and its linked posting with its budget, and {reported.total:.2f} of balances.",
            ),
        ],
        (
            "Write units of balances for each payment, by the distribution of payments over shops (in brackets, batches and fold):"
            f" {by_mixture}. There is one fold for {HOUR:,} payments. By Zipf's law, which sizes of firms follow, the shop of rank n is"
            " paid 1/n as often as the first.",
            f"The stream has more shards as the table grows, and smaller batches: with {MANY_SHARDS} shards, after some five years,"
            f" a batch has {HOUR // windows // MANY_SHARDS} payments in an ordinary hour.",
            f"Pages of {SHOPS:,} shops with payables of hundreds of millions have a median of {largest.median} B; the largest has"
            f" {largest.largest} B. {largest.above_a_unit} of {largest.pages:,} are above 1,024 B, and cost two units.",
        ),
    )


def appended_units(payments: int) -> float:
    """Write units, by item sizes, of one batch of so many payments that fall on the shops by Zipf's law; an average of 20 batches."""
    storage = CountingStorage()
    chance, sequences = random.Random(2021), count(1)
    first, *batches = [list(_batch(ZIPF, payments, chance, sequences)) for _ in range(21)]
    _project(storage, first)
    before = storage.units
    for batch in batches:
        _project(storage, batch)
    return (storage.units - before) / len(batches)


def folded_units() -> float:
    """Write units of the hourly fold for each payment, by item sizes, payments falling on the shops by Zipf's law."""
    return _computed(ZIPF, payments_of(1_000)).folded


def payments_of(records: int) -> int:
    """The number of payments among the records of a batch; the others are earnings and top-ups."""
    return records * TOP_UPS // (2 * TOP_UPS + 1)


def _computed(mixture: Mixture, payments: int) -> Cost:
    storage = CountingStorage()
    _settle(storage)
    appended = folded = 0
    batches = _batches(mixture, payments)
    for batch in batches:
        before = storage.units
        _project(storage, batch)
        appended += storage.units - before
    before = storage.units
    _fold(storage)
    folded = storage.units - before
    paid = payments * len(batches)
    return Cost(appended / paid, folded / paid)


def _reported(folder: Path, mixture: Mixture, payments: int) -> Cost:
    with storage_on(ENGINE, folder) as (client, storage):
        _settle(storage)
        batches = _batches(mixture, payments)
        with units_written(client) as appended:
            for batch in batches:
                _project(storage, batch)
        with units_written(client) as folded:
            _fold(storage)
        paid = payments * len(batches)
        return Cost(sum(appended) / paid, sum(folded) / paid)


def _settle(storage: ProjectionStorage) -> None:
    """Pay every shop once."""
    store = RebuildStore(storage, PATIENCE)
    store.change_projection(Projection(1, as_of=JANUARY_2021), None)
    for name, page in _settled().items():
        store.replace(name, page, is_new=True)


def _settled() -> dict[str, BalancePage]:
    balances = {
        Holder(HolderKind.MERCHANT, _merchant(shop)): {
            "payable": 123_456_700 + 10 * shop,
            **({"reward": -1_234_500 - shop} if shop % OWN_RATE == 0 else {}),
        }
        for shop in range(SHOPS)
    }
    return {name: BalancePage(1, 0, JANUARY_2021, page) for name, page in by_page(balances).items()}


class PageBytes(NamedTuple):
    pages: int
    median: int
    largest: int
    above_a_unit: int


def _page_bytes() -> PageBytes:
    sizes = sorted(
        item_bytes({**page_item(page), "pk": page_key(name).pk, "sk": page_key(name).sk})
        for name, page in _settled().items()
    )
    return PageBytes(len(sizes), sizes[len(sizes) // 2], sizes[-1], sum(size > 1_024 for size in sizes))


def _project(storage: ProjectionStorage, batch: Sequence[Change]) -> None:
    def refuse(change: Change) -> None:
        raise RuntimeError(change.fault)

    projecting = Projecting(BalanceStore(storage, PATIENCE), PATIENCE, JANUARY_2021, refuse)
    # A shard's first batch creates its checkpoint, which costs as much as moving it.
    project(projecting, f"shard-{batch[0].sequence % SHARDS}", batch)


def _fold(storage: ProjectionStorage) -> None:
    fold(FoldStore(storage, PATIENCE), PATIENCE, JANUARY_2021)


def _batches(mixture: Mixture, payments: int) -> list[list[Change]]:
    """The batches of an hour, each with this many payments."""
    chance = random.Random(2021)
    sequences = count(1)
    return [list(_batch(mixture, payments, chance, sequences)) for _ in range(HOUR // payments)]


def _batch(mixture: Mixture, payments: int, chance: random.Random, sequences: Iterator[int]) -> Iterator[Change]:
    shops = chance.choices(range(len(mixture.weights)), cum_weights=mixture.weights, k=payments)
    moved: list[Postings] = []
    for number, shop in enumerate(shops):
        moved += _payment_and_earning(shop)
        if number % TOP_UPS == 0:
            moved.append({"bank/7t2c1m0e5q9s8rj4h6k3b2v1ab": -50_000, "purse/charged": 50_000})
    return (Change(next(sequences), _movement(postings)) for postings in moved)


def _merchant(shop: int) -> str:
    return merchant_id_of(f"{shop:010}")


def _payment_and_earning(shop: int) -> list[Postings]:
    merchant = _merchant(shop)
    own = {f"merchant_reward/{merchant}": -360} if shop % OWN_RATE == 0 else {}
    return [
        {"purse/charged": -12_000, f"merchant_payable/{merchant}": 12_000},
        {"funder/national": -482, "funder/city": -718, **own, "purse/cashback": 1_200 - sum(own.values())},
    ]


def _movement(postings: Postings) -> Movement:
    return Movement(JANUARY_2021, amounts_of(postings, "2021-01", issues="purse/charged" in postings))
