"""Write units that balances cost a payment, and those of a payment's whole life: authorised, its cashback posted, both counted."""

import random
from collections.abc import Iterator, Sequence
from itertools import accumulate, count
from pathlib import Path
from typing import NamedTuple

from bench.city import JANUARY_2021, PATIENCE
from bench.engine import storage_on, units_written
from bench.figures import Figure, Progress, Section
from bench.write_units import BATCH, CountingStorage, Units
from eeum.balances.rules import Change, Movement, amounts_of
from eeum.balances.store import BalanceStore
from eeum.balances.use_cases import project
from eeum.journal.accounts import Postings
from eeum.storage import Storage
from tests.template.template import events

SHOPS = 50_000
TOP_UPS = 10
"""A top-up for so many payments."""
OWN_RATE = 10
"""A shop in so many funds cashback of its own, as those of Benefit+ do."""
WARM_UP = 5
ENGINE = "dynoxide"


class Mixture(NamedTuple):
    """How payments fall on shops: the share of each, as weights added up."""

    name: str
    weights: Sequence[float]


ZIPF = Mixture("by Zipf's law", list(accumulate(1 / rank for rank in range(1, SHOPS + 1))))
EVEN = Mixture("evenly", list(accumulate([1.0] * SHOPS)))
ONE = Mixture("on one shop", [1.0])


def measure(folder: Path, written: Units) -> Section:
    """`written` is what was measured of the payment and its posting."""
    (source,) = events("BalanceProjectionFunction", "DynamoDB").values()
    full = int(source["BatchSize"])
    progress = Progress("write units of balances", 6)
    found = {}
    for mixture in (ZIPF, EVEN, ONE):
        for records in (full, 2 * BATCH):
            found[mixture.name, records] = _computed(mixture, records)
            progress.step()
    reported = _reported(folder, ZIPF, full)
    shared = found[ONE.name, 2 * BATCH]
    told = "; ".join(
        f"{name}, {found[name, full]:.2f} in full batches and {found[name, 2 * BATCH]:.2f} in batches of {BATCH} payments"
        for name in (ZIPF.name, EVEN.name, ONE.name)
    )
    return Section(
        "Balances",
        [
            Figure(
                f"Write units of balances a payment, in full batches, payments falling on {SHOPS:,} shops {ZIPF.name}",
                1,
                reported,
                "",
                f"As {ENGINE} reports of batches of {full:,} records, the template's: payments, their earnings, and a top-up"
                f" for {TOP_UPS} payments. By the sizes of the items it is {found[ZIPF.name, full]:.2f}.",
            ),
            Figure(
                f"Write units of a payment's whole life: authorised, posted and counted in batches of {BATCH}, at one shop",
                10,
                written.with_cashback + shared,
                "",
                f"{written.with_cashback:g} of the payment and its linked posting, and {shared:.2f} of balances.",
            ),
            Figure(
                f"Write units of a payment's whole life, counted in full batches, payments falling on shops {ZIPF.name}",
                10,
                written.with_cashback + reported,
                "",
                f"{written.with_cashback:g} of the payment and its linked posting, and {reported:.2f} of balances.",
            ),
        ],
        (
            f"Of balances, a payment costs, where payments fall on shops {told}. By Zipf's law, which sizes"
            " of firms follow, the shop of rank n is paid 1/n as often as the first.",
            "A transaction of a hundred items has room for the checkpoint, funders, banks and some 94 shops: so a shop that is paid once in"
            " it costs its payment two units, and no batch, however large, brings that below one unless a shop is paid twice in a"
            " transaction on average.",
        ),
    )


def _computed(mixture: Mixture, records: int) -> float:
    storage = CountingStorage()
    spent = []
    for batch in _batches(mixture, records):
        before = storage.units
        _project(storage, batch)
        spent.append(storage.units - before)
    return _each(spent, records)


def _reported(folder: Path, mixture: Mixture, records: int) -> float:
    with storage_on(ENGINE, folder) as (client, storage):
        spent = []
        for batch in _batches(mixture, records):
            with units_written(client) as units:
                _project(storage, batch)
            spent.append(sum(units))
        return _each(spent, records)


def _each(spent: Sequence[float], records: int) -> float:
    """Units a payment once most shops have a balance."""
    kept = spent[WARM_UP:]
    return sum(kept) / (len(kept) * _payments_of(records))


def _payments_of(records: int) -> int:
    """Payments among so many records; the others are their earnings and the top-ups."""
    return records * TOP_UPS // (2 * TOP_UPS + 1)


def _project(storage: Storage, batch: Sequence[Change]) -> None:
    def refuse(change: Change) -> None:
        raise RuntimeError(change.fault)

    project(BalanceStore(storage, PATIENCE), PATIENCE, "shard", batch, refuse)


def _batches(mixture: Mixture, records: int) -> Iterator[list[Change]]:
    """As many batches as come to some ten thousand records, and those before them."""
    chance = random.Random(2021)
    sequences = count(1)
    for _ in range(WARM_UP + max(10_000 // records, 5)):
        payments = _payments_of(records)
        shops = chance.choices(range(len(mixture.weights)), cum_weights=mixture.weights, k=payments)
        moved: list[Postings] = []
        for number, shop in enumerate(shops):
            moved += _payment_and_earning(shop)
            if number % TOP_UPS == 0:
                moved.append({"bank/7t2c1m0e5q9s8rj4h6k3b2v1ab": -50_000, "purse/charged": 50_000})
        yield [Change(next(sequences), _movement(postings)) for postings in moved]


def _payment_and_earning(shop: int) -> list[Postings]:
    merchant = f"{shop:08x}-2296-8313-aee2-472d192b43db"
    own = {f"merchant_reward/{merchant}": -360} if shop % OWN_RATE == 0 else {}
    return [
        {"purse/charged": -12_000, f"merchant_payable/{merchant}": 12_000},
        {"funder/national": -482, "funder/city": -718, **own, "purse/cashback": 1_200 - sum(own.values())},
    ]


def _movement(postings: Postings) -> Movement:
    return Movement(JANUARY_2021, amounts_of(postings, "2021-01", issues="purse/charged" in postings))
