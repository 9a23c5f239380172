"""Write units of a payment and of its cashback: as engines report them, and by item sizes."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

from bench.city import ACQUIRER, JANUARY_2021, PATIENCE, PROGRAMME, Inhabitants, found, paying
from bench.engine import storage_on, units_written
from bench.figures import Figure, Progress, Section
from bench.sizes import item_bytes, units_of
from eeum.budget.appropriation_store import AppropriationStore
from eeum.budget.appropriations import BudgetChange, ChangeKind, Grounds
from eeum.budget.funding import Budgets, Funding
from eeum.budget.rules import SHARDS, Line, Lines
from eeum.budget.store import BudgetStore
from eeum.cashback.sources import source_of
from eeum.cashback.store import CashbackStore
from eeum.cashback.use_cases import Accrual, Batch, accrue
from eeum.payments.items import payment_key
from eeum.payments.rules import Order, Payment
from eeum.payments.use_cases import Authorise, authorise_payment
from eeum.policy.store import PolicyStore
from eeum.policy.use_cases import CachedPolicies, PolicyBook
from eeum.request import Request
from eeum.storage import INDEXES, Item, Key, Put, Storage, Write
from tests.in_memory.storage import InMemoryStorage, is_written

BATCH = 20
ENGINES = ("dynoxide", "MiniStack")
"""The figures are those of the first, the strictest engine."""


class Units(NamedTuple):
    """Write units of one authorised payment with the merchant's index; the same with its share of the batch's accrual; the same with
    the budget draw."""

    payment: float
    with_cashback: float
    with_budget: float


class CountingStorage(InMemoryStorage):
    """Storage that counts write units by item sizes before and after: two a KB in a transaction, one a KB in each index or single put."""

    def __init__(self) -> None:
        super().__init__()
        self.units = 0

    def transact(self, writes: Sequence[Write], token: str) -> None:
        before = {write.key: self._bytes(write.key) for write in writes}
        known = {write.key: self._items.get(write.key) for write in writes}
        super().transact(writes, token)
        for write in writes:
            size = units_of(max(before[write.key], self._bytes(write.key)))
            indexed = sum(
                is_written(index, known[write.key], self._items[write.key]) for index in INDEXES[write.key.table]
            )
            self.units += size * (2 + indexed)

    def put(self, put: Put) -> None:
        before = self._bytes(put.key)
        super().put(put)
        self.units += units_of(max(before, self._bytes(put.key)))

    def _bytes(self, key: Key) -> int:
        item: Item | None = self._items.get(key)
        return item_bytes(item) if item else 0


def measure(folder: Path) -> tuple[Section, Units]:
    """The section, and the units that the first engine reports."""
    progress = Progress("write units", len(ENGINES) + 1)
    found_by = {"item sizes": _units(_computed)}
    progress.step()
    for engine in ENGINES:
        found_by[engine] = _units(partial(_reported, engine, folder))
        progress.step()
    reached = found_by[ENGINES[0]]
    compared = "; ".join(
        f"by {source}, {units.payment:g}, {units.with_cashback:g} and {units.with_budget:g}"
        for source, units in found_by.items()
    )
    section = Section(
        "Write units",
        [
            Figure(
                "Write units of an authorised payment, with the merchant's index",
                5,
                reached.payment,
                "",
                f"As {ENGINES[0]} reports: two for the wallet, two for the entry, one in the index.",
            ),
            Figure(
                f"Write units of a payment and its cashback, posted in batches of {BATCH} from distinct wallets",
                9,
                reached.with_cashback,
                "",
                f"As {ENGINES[0]} reports: the payment, and a {BATCH}th of the one transaction that posts the batch, in a programme that "
                "keeps no budgets.",
            ),
            Figure(
                "Write units that budgets add to it",
                0.1,
                round(reached.with_budget - reached.with_cashback, 6),
                "",
                f"A {BATCH}th of the two for the part of the budget that the batch draws on, one of {SHARDS}: each of these items is "
                f"written 1/{BATCH * SHARDS} times a payment.",
            ),
        ],
        (
            f"A payment, the same with cashback, and the same with the budget: {compared}. By size, a transaction takes two units for each"
            " KB of an item, and an index one.",
        ),
    )
    return section, reached


def _units(counted: Callable[[bool], tuple[float, float]]) -> Units:
    (payment, with_cashback), (_, with_budget) = counted(False), counted(True)
    return Units(payment, with_cashback, with_budget)


def _computed(budgeted: bool) -> tuple[float, float]:
    storage = CountingStorage()
    inhabitants = found(storage, BATCH)
    if budgeted:
        appropriate(storage, _policies(storage))
    start = storage.units
    payments = _pay(storage, inhabitants)
    paid = storage.units
    _post(storage, payments)
    return (paid - start) / BATCH, (storage.units - start) / BATCH


def _reported(engine: str, folder: Path, budgeted: bool) -> tuple[float, float]:
    with storage_on(engine, folder / ("budgeted" if budgeted else "free")) as (client, storage):
        inhabitants = found(storage, BATCH)
        if budgeted:
            appropriate(storage, _policies(storage))
        with units_written(client) as units:
            payments = _pay(storage, inhabitants)
            paid = sum(units)
            _post(storage, payments)
            return paid / BATCH, sum(units) / BATCH


def _pay(storage: Storage, inhabitants: Inhabitants) -> list[Payment]:
    policies = _policies(storage)
    return [_payment(storage, policies, wallet.id, inhabitants.merchant.id) for wallet in inhabitants.wallets]


def _payment(storage: Storage, policies: PolicyBook, wallet_id: str, merchant_id: str) -> Payment:
    order = Order(merchant_id, 12_000, "shop", "card", None, JANUARY_2021.isoformat())
    request = Request.of(f"acquirer/{ACQUIRER}", wallet_id, "a-key-of-sixteen-or-more", {"amount": order.amount})
    answer = authorise_payment(Authorise(request, order), paying(storage, policies, _now))
    if answer.entry.decline or answer.replayed:
        raise RuntimeError(f"the payment was not approved: {answer}")
    return answer.entry


def _post(storage: Storage, payments: list[Payment]) -> None:
    keys = [payment_key(payment.acceptance.wallet_id, payment.acceptance.digest) for payment in payments]
    sources = [source_of(item) for item in storage.read(keys) if item]
    accrual = Accrual(
        store=CashbackStore(storage),
        policies=_policies(storage),
        budgets=budgets_of(storage),
        patience=PATIENCE,
        now=_now,
    )
    outcome = accrue(Batch(sources), accrual)
    if outcome.accrued != len(payments):
        raise RuntimeError(f"cashback was not posted: {outcome}")


def appropriate(storage: Storage, policies: PolicyBook) -> None:
    """Appropriate lines that fund all rewards of the year, with enough in each shard: refills happen once in thousands of payments."""
    year = JANUARY_2021.year
    store = BudgetStore(storage, PATIENCE, PROGRAMME)
    store.open_year(year)
    for number, funder in enumerate(("national", "city")):
        line = Line(year, funder, funder, None, JANUARY_2021.replace(day=1, hour=0), {"ko": funder, "en": funder})
        request = Request.of("operator", f"budgets/{year}", f"appropriation-of-{funder}", {})
        grounds = Grounds("bench", "bench")
        change = BudgetChange(request.accept(JANUARY_2021), ChangeKind.ORIGINAL, year, funder, 10**11, grounds)
        AppropriationStore(storage, PATIENCE, PROGRAMME).add_line(line, change, number)
    lines = Lines(store.lines())
    policy = policies.running_at(JANUARY_2021)
    for number in range(SHARDS):
        funding = Funding(store, lines, number, JANUARY_2021)
        funding.keys([(policy, JANUARY_2021)])
        funds = funding.funds({})
        for layer in policy.layers:
            funds.draw(policy, layer, 1_000_000, JANUARY_2021)
        funding.refill(funds)


def budgets_of(storage: Storage) -> Budgets:
    store = BudgetStore(storage, PATIENCE, PROGRAMME)
    return Budgets(store, Lines(store.lines()))


def _policies(storage: Storage) -> PolicyBook:
    return CachedPolicies(PolicyStore(storage, PATIENCE, PROGRAMME), lambda: JANUARY_2021).book()


def _now() -> datetime:
    return JANUARY_2021
