"""The time to cancel one payment in a month of a thousand payments, with its correction."""

from datetime import timedelta
from pathlib import Path

from bench.city import ACQUIRER, JANUARY_2021, PATIENCE, PROGRAMME, found, paying
from bench.engine import storage_on
from bench.figures import Figure, Progress, Section, seconds_of
from eeum.cashback.sources import Entry, source_of
from eeum.cashback.store import CashbackStore
from eeum.cashback.use_cases import Accrual, Batch, accrue
from eeum.payments.cancellations import CancelPayment, cancel_payment
from eeum.payments.items import cancellation_key, payment_key
from eeum.payments.rules import Order, Payment
from eeum.payments.use_cases import Authorise, authorise_payment
from eeum.policy.store import PolicyStore
from eeum.policy.use_cases import CachedPolicies, PolicyBook
from eeum.request import Request
from eeum.storage import Key, Storage

PAYMENTS = 1_000
AMOUNT = 600
"""Amount of each payment, in won. The thousand exceed the first band, so cancelling the first moves others from band to band."""

ENGINE = "dynoxide"
BOUND_SECONDS = 1.0
CANCELLED = 5
"""Number of cancellations in turn, each of the first payment that is left; the slowest counts."""


def measure(folder: Path) -> Section:
    with storage_on(ENGINE, folder) as (_, storage):
        inhabitants = found(storage, 1)
        policies = CachedPolicies(PolicyStore(storage, PATIENCE, PROGRAMME), lambda: JANUARY_2021).book()
        payments = _a_month(storage, policies, inhabitants.wallets[0].id, inhabitants.merchant.id)
        seconds = [seconds_of(lambda each=each: _cancel(storage, policies, each)) for each in payments[:CANCELLED]]
        book = CashbackStore(storage).month_book(inhabitants.wallets[0].id, "2021-01")
    if len(book.corrections) != CANCELLED or not all(correction.changes for correction in book.corrections):
        raise RuntimeError("each cancellation has a correction that changes what was earned")
    listed = ", ".join(f"{1000 * each:.0f}" for each in seconds)
    return Section(
        "Cancellation",
        [
            Figure(
                f"Cancelling one payment in a month of {PAYMENTS:,}, with its correction",
                BOUND_SECONDS,
                max(seconds),
                "s",
                f"The slowest of {CANCELLED} in turn, each of the first payment that is left: {listed} ms. Use case, replay and postings, "
                f"on {ENGINE}, without the stream's wait.",
            )
        ],
    )


def _a_month(storage: Storage, policies: PolicyBook, wallet_id: str, merchant_id: str) -> list[Payment]:
    progress = Progress(f"a month of {PAYMENTS:,} payments", PAYMENTS // 20)
    payments: list[Payment] = []
    for number in range(PAYMENTS):
        at = JANUARY_2021 + timedelta(minutes=number)
        order = Order(merchant_id, AMOUNT, "shop", "card", None, None)
        request = Request.of(f"acquirer/{ACQUIRER}", wallet_id, f"a-key-of-sixteen-{number:05}", {"amount": AMOUNT})
        using = paying(storage, policies, lambda at=at: at)  # type: ignore[misc]
        payments.append(authorise_payment(Authorise(request, order), using).entry)
        if len(payments) % 20 == 0:
            _post(storage, policies, [_key_of(payment) for payment in payments[-20:]])
            progress.step()
    return payments


def _cancel(storage: Storage, policies: PolicyBook, payment: Payment) -> None:
    acceptance = payment.acceptance
    request = Request.of(acceptance.caller, acceptance.wallet_id, f"cancelling-{acceptance.digest}", {})
    using = paying(storage, policies, lambda: JANUARY_2021 + timedelta(days=20))
    entry = cancel_payment(CancelPayment(request, acceptance.id, None, None, lambda _: True), using).entry
    _post(storage, policies, [cancellation_key(acceptance.wallet_id, entry.acceptance.digest)])


def _key_of(entry: Entry) -> Key:
    return payment_key(entry.acceptance.wallet_id, entry.acceptance.digest)


def _post(storage: Storage, policies: PolicyBook, keys: list[Key]) -> None:
    """Post as the stream's function does, without the stream."""
    sources = [source_of(item) for item in storage.read(keys) if item]
    now = lambda: JANUARY_2021 + timedelta(days=20)  # noqa: E731 - a clock
    store = CashbackStore(storage)
    accrual = Accrual(store=store, policies=policies, budgets=None, patience=PATIENCE, now=now)
    outcome = accrue(Batch(sources), accrual)
    if outcome.accrued != len(keys):
        raise RuntimeError(f"not everything was posted: {outcome}")
