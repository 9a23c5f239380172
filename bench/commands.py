"""Write units of commands with rewards: a discounted payment, its cancellation, and a top-up with a bonus in a dated purse."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from bench.city import ACQUIRER, JANUARY_2021, PATIENCE, Inhabitants, found, paying
from bench.engine import storage_on, units_written
from bench.figures import Figure, Progress, Section
from bench.write_units import CountingStorage, appropriate, budgets_of
from eeum.budget.funding import Budgets
from eeum.payments.cancellations import CancelPayment, cancel_payment
from eeum.payments.rules import Order, Payment
from eeum.payments.use_cases import Authorise, authorise_payment
from eeum.policy.reading import policy_of
from eeum.policy.use_cases import PolicyBook
from eeum.request import Request
from eeum.storage import Storage
from eeum.wallet.store import WalletStore
from eeum.wallet.use_cases import TopUpWallet, WalletDependencies, top_up
from tests.use_cases.command_policies import january_2021, layer, limit, purse, wallet_terms

MEMBERS = 20
ENGINE = "dynoxide"
PRICE, TOPPED_UP = 12_000, 30_000
BOUND = 7
NATION_AND_CITY = {"national": 6, "city": 5}

POLICIES = PolicyBook(
    [
        policy_of(
            january_2021(
                # Wallets of a measurement hold more than any city allows.
                wallet=wallet_terms(holding_limit=10**12, holding_limit_verified=10**12, top_up_limits=["top-ups"]),
                purses=[purse("points", expires_after={"months": 6})],
                limits=[limit("discounts", "reward", 100_000), limit("top-ups", "top_up", 1_000_000)],
                layers=[
                    layer("coupon", "discount", 1_000, limits=["discounts"], funders=NATION_AND_CITY),
                    layer("bonus", "top_up_bonus", 500, limits=["top-ups"], funders=NATION_AND_CITY, into="points"),
                ],
            )
        )
    ]
)


class Units(NamedTuple):
    """Write units of one command each, on average."""

    payment: float
    cancellation: float
    top_up: float


def measure(folder: Path) -> Section:
    progress = Progress("write units of commands with rewards", 2)
    computed = _computed()
    progress.step()
    with storage_on(ENGINE, folder) as (client, storage):
        inhabitants = found(storage, MEMBERS)
        appropriate(storage, POLICIES)
        with units_written(client) as units:
            reported = _units(storage, inhabitants, lambda: sum(units))
    progress.step()
    return Section(
        "Write units of commands with rewards",
        [
            Figure(
                "Write units of a discounted payment, with the merchant's index",
                BOUND,
                reported.payment,
                "",
                f"As {ENGINE} reports: two each for the wallet, the entry and the budget shard that funds it, one in the index. "
                f"A limit is used and two funders pay; by item sizes it is {computed.payment:g}.",
            )
        ],
        (
            f"Its cancellation takes {reported.cancellation:g} (by size {computed.cancellation:g}): two each for wallet, entry, progress "
            f"and budget. A top-up with a bonus in a purse that expires takes {reported.top_up:g} (by size {computed.top_up:g}): "
            "two each for wallet, entry, budget and the claim of the bank's reference. A refill "
            "of the budget shard happens once in thousands of commands, and is not counted.",
        ),
    )


def _computed() -> Units:
    storage = CountingStorage()
    inhabitants = found(storage, MEMBERS)
    appropriate(storage, POLICIES)
    return _units(storage, inhabitants, lambda: storage.units)


def _units(storage: Storage, inhabitants: Inhabitants, written: Callable[[], float]) -> Units:
    budgets = budgets_of(storage)
    marks = [written()]
    payments = [_pay(storage, budgets, wallet.id, inhabitants.merchant.id) for wallet in inhabitants.wallets]
    marks.append(written())
    for payment in payments:
        _cancel(storage, budgets, payment)
    marks.append(written())
    for wallet in inhabitants.wallets:
        _top_up(storage, budgets, wallet.id)
    marks.append(written())
    return Units(*((after - before) / MEMBERS for before, after in pairwise(marks)))


def _pay(storage: Storage, budgets: Budgets, wallet_id: str, merchant_id: str) -> Payment:
    order = Order(merchant_id, PRICE, "shop", "card", None, JANUARY_2021.isoformat())
    request = Request.of(f"acquirer/{ACQUIRER}", wallet_id, "a-key-of-sixteen-or-more", {"amount": PRICE})
    paid = authorise_payment(Authorise(request, order), paying(storage, POLICIES, lambda: JANUARY_2021, budgets)).entry
    if paid.discount != PRICE // 10 or paid.funded_amounts:
        raise RuntimeError(f"the payment has no discount: {paid}")
    return paid


def _cancel(storage: Storage, budgets: Budgets, payment: Payment) -> None:
    acceptance = payment.acceptance
    request = Request.of(acceptance.caller, acceptance.wallet_id, "a-key-of-the-cancellation", {})
    command = CancelPayment(request, acceptance.id, None, None, lambda _: True)
    cancel_payment(command, paying(storage, POLICIES, lambda: JANUARY_2021, budgets))


def _top_up(storage: Storage, budgets: Budgets, wallet_id: str) -> None:
    request = Request.of("bank/7t2c1m0e5q9s8rj4h6k3b2v1ab", wallet_id, "a-key-of-the-top-up", {"amount": TOPPED_UP})
    store = WalletStore(storage, PATIENCE)
    using = WalletDependencies(store, lambda: POLICIES, PATIENCE, lambda: JANUARY_2021, lambda: budgets)
    entry = top_up(TopUpWallet(request, TOPPED_UP, f"KB-20210105-{wallet_id[:8]}"), using).entry
    if entry.credited.get("points@2021-07") != TOPPED_UP * 5 // 100:
        raise RuntimeError(f"the top-up has no bonus: {entry}")
