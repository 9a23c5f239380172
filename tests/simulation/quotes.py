"""Quotes in a simulated city: nothing happens between a quote and its payment, so both must be equal, to the won."""

import random

from eeum.calendar import month_of
from eeum.cashback.quoting import AskedQuote, QuoteAnswer, Quoting, Reason, quote_cashback
from eeum.cashback.store import CashbackStore
from eeum.payments.rules import Decline, Payment, PaymentStatus
from eeum.payments.use_cases import Authorise, UnknownCard, authorise_payment
from eeum.request import Request
from eeum.storage import Storage
from tests.simulation.city import Made, Simulated
from tests.simulation.operations import Operation, _body, _key, _order, _wallet


def quote_and_pay(city: Simulated, storage: Storage, chance: random.Random) -> None:
    """Quote and pay on the storage without faults, which would bring operations in between. On an engine, do nothing."""
    memory = city.memory
    wallet_id = _wallet(city, chance)
    wallet = city.wallet_store(memory).wallet(wallet_id)
    if wallet is None or f"WALLET#{wallet_id}" not in city.reference.wallets:
        return
    in_app = chance.random() < 0.5
    order = _order(city, chance, hold=not in_app and chance.random() < 0.2, in_app=in_app)
    stores, budgets = city.pay_store(memory), city.budgets(memory)
    quoting = Quoting(store=stores, policies=city.policies, budgets=budgets())
    quoted = quote_cashback(AskedQuote(wallet.member, wallet_id, order, city.now), quoting)
    key = _key(chance)
    caller = f"member/{wallet_id}" if in_app else "acquirer/one"
    request = Request.of(caller, wallet_id, key, _body(order))
    try:
        paid = authorise_payment(Authorise(request, order), city.paying(memory)).entry
    except UnknownCard:
        assert quoted.judgement.decline in (Decline.UNKNOWN_CARD, Decline.WALLET_SUSPENDED), quoted
        return
    _check_payment(quoted, paid)
    if paid.decline is None:
        city.payments = [*city.payments[-600:], Made(paid, key, order)]
    unread = any(each.reason is Reason.EARLIER_USE_NOT_READ for each in quoted.not_guaranteed)
    if paid.status is PaymentStatus.APPROVED and wallet.due == wallet.accrued and not unread:
        _check_earning(city, quoted, paid)


def _check_payment(quoted: QuoteAnswer, paid: Payment) -> None:
    given = quoted.judgement.given
    found = (quoted.judgement.decline, quoted.judgement.paid_from, given.rewards, dict(given.funded_amounts))
    assert found == (paid.decline, paid.paid_from, paid.discounts, dict(paid.funded_amounts)), (quoted, paid)


def _check_earning(city: Simulated, quoted: QuoteAnswer, paid: Payment) -> None:
    """Post the payment at once, and compare its earning."""
    (item,) = [each for each in city.stream if each.get("id") == paid.acceptance.id and each["kind"] == "payment"]
    city.deliver(city.memory, [item], through_function=False)
    book = CashbackStore(city.memory).month_book(paid.acceptance.wallet_id, month_of(paid.acceptance.accepted_at))
    (earning,) = [each for each in book.earnings if each.digest == paid.acceptance.digest]
    assert (quoted.earning.rewards, dict(quoted.earning.funded_amounts)) == (
        earning.rewards,
        dict(earning.funded_amounts),
    ), (
        quoted,
        earning,
    )


QUOTES: dict[str, tuple[Operation, float]] = {"quote_and_pay": (quote_and_pay, 2)}
