"""The operations of a simulated city: each draws everything from its own seed, so that any of them can be left out of a log."""

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from eeum.calendar import month_of, previous_month, text_of
from eeum.errors import Busy, IdempotencyKeyReused, Refusal
from eeum.months.closing import close_segment
from eeum.months.statement_store import StatementStore
from eeum.payments.bodies import MEMBER_CHANNELS
from eeum.payments.cancellations import CancelPayment, cancel_payment
from eeum.payments.holds import CaptureHold, ExpireHolds, VoidHold, capture_hold, expire_holds, void_hold
from eeum.payments.reversals import Reverse, reverse_payment
from eeum.payments.rules import Order, Payment
from eeum.payments.use_cases import Authorise, UnknownCard, authorise_payment
from eeum.policy.conditions import CHANNELS
from eeum.request import Request
from eeum.segments import Segment
from eeum.storage import Storage, Unavailable
from eeum.wallet.expiry_store import ExpiryStore
from eeum.wallet.rules import WalletStatus
from eeum.wallet.store import WalletStore
from eeum.wallet.sweeping import Sweeping
from eeum.wallet.use_cases import DecideOnWallet, TopUpWallet, decide_on_wallet, top_up
from tests.patience import patience_of
from tests.simulation.city import Asked, Made, Simulated
from tests.simulation.faults import FaultyStorage, Odds
from tests.simulation.given_up import check_nothing_is_given_up
from tests.simulation.papers import SECOND_CARD

ACQUIRERS = ("acquirer/one", "acquirer/two")
AMOUNTS = (1, 10, 999, 5_500, 9_999, 33_333, 70_000, 200_000, 499_999, 500_001, 1_200_000)
MOST_REMEMBERED = 400
SMALL_CITY = 50
SENT_AGAIN = 0.2
"""How often a bank sends a transfer under another key."""
TWINS = 0.05
"""How often a bank sends two transfers under one key, after another transfer."""
BELOW_MINIMUM = 1
RACE = Odds(0, 0, 0, 0, 0, others_first=0.4)
"""The odds of an operation that races with another one, and has no other faults."""
ALONE = 0.4
"""How often a batch has one record: its failure is final, and not retried in parts."""
BUSY = 5
"""Number of wallets that have far more operations than others."""
Operation = Callable[[Simulated, Storage, random.Random], None]


def _wallet(city: Simulated, chance: random.Random) -> str:
    """Mostly the wallet of the interrupted operation; otherwise any, some far more often than others."""
    if city.focus and chance.random() < 0.8:
        return city.focus[-1]
    # In a large city the busy wallets change each day, so that a member's month does not grow with the whole run.
    first = city.now.toordinal() * BUSY % len(city.wallets) if len(city.wallets) > SMALL_CITY else 0
    few = city.wallets[first : first + BUSY] if chance.random() < 0.4 else city.wallets
    return chance.choice(few)


def _payment(city: Simulated, chance: random.Random, *, holds: bool = False) -> Made | None:
    """Mostly the payment of the interrupted operation, or one of the same wallet; otherwise mostly a recent one."""
    made = [each for each in city.payments if each.order.hold] if holds else city.payments
    if city.focus and chance.random() < 0.8:
        touched = city.touched.get(city.focus[-1])
        if touched and chance.random() < 0.5:
            return touched
        if own := [each for each in made if each.payment.acceptance.wallet_id == city.focus[-1]]:
            return own[-1] if chance.random() < 0.6 else chance.choice(own)
    if not made:
        return None
    found = chance.choice(made[-30:] if chance.random() < 0.7 else made)
    city.touched[found.payment.acceptance.wallet_id] = found
    return found


def _ask(city: Simulated, storage: Storage, send: Callable[[Storage], Any]) -> Any:
    """Send a request and remember it with its answer; one whose answer is lost may be sent again."""
    asked = Asked(send)
    city.asked = [*city.asked[-MOST_REMEMBERED:], asked]
    asked.answer = send(storage)
    asked.answered = True
    return asked.answer


def _order(city: Simulated, chance: random.Random, *, hold: bool, in_app: bool) -> Order:
    """An order in the app with a channel that members may state, or by card in any channel, sometimes with a rare card."""
    merchant = chance.choice(city.merchants) if chance.random() < 0.98 else "00000000-0000-8000-8000-000000000000"
    amount = chance.choice(AMOUNTS) if chance.random() < 0.5 else chance.randint(1, 60_000)
    card = chance.choices((None, SECOND_CARD, "no-such-card"), (92, 7, 1))[0]
    channel = chance.choice(sorted(MEMBER_CHANNELS if in_app else CHANNELS))
    requested_at = text_of(city.now) if chance.random() < 0.2 else None
    return Order(merchant, amount, channel, "app" if in_app else "card", card, requested_at, hold)


def _key(chance: random.Random) -> str:
    return f"{chance.getrandbits(128):032x}"


def _body(order: Order) -> dict[str, Any]:
    return {"merchant_id": order.merchant_id, "amount": order.amount, "hold": order.hold}


def _pay(city: Simulated, storage: Storage, chance: random.Random, *, hold: bool) -> None:
    wallet = _wallet(city, chance) if chance.random() < 0.99 else "no-wallet"
    city.focus.append(wallet)
    in_app = not hold and chance.random() < 0.3
    order = _order(city, chance, hold=hold, in_app=in_app)
    caller = f"member/{wallet}" if in_app else chance.choice(ACQUIRERS)
    key = _key(chance)
    if chance.random() < 0.01:
        # The reversal arrives before the payment.
        _reverse(city, storage, caller, wallet, key, order)

    def send(through: Storage) -> Any:
        request = Request.of(caller, wallet, key, _body(order))
        return authorise_payment(Authorise(request, order), city.paying(through)).entry

    payment: Payment = _ask(city, storage, send)
    if payment.decline is None:
        city.payments = [*city.payments[-600:], Made(payment, key, order)]


def _reverse(city: Simulated, storage: Storage, caller: str, wallet: str, key: str, order: Order) -> None:
    def send(through: Storage) -> Any:
        request = Request.of(caller, wallet, key, _body(order))
        reversal = reverse_payment(Reverse(request, order), city.paying(through))
        return reversal.payment, reversal.outcome

    _ask(city, storage, send)


def pay(city: Simulated, storage: Storage, chance: random.Random) -> None:
    _pay(city, storage, chance, hold=False)


def hold(city: Simulated, storage: Storage, chance: random.Random) -> None:
    _pay(city, storage, chance, hold=True)


def reverse(city: Simulated, storage: Storage, chance: random.Random) -> None:
    made = _payment(city, chance)
    if made is None:
        return
    payment, key, order = made
    city.focus.append(payment.acceptance.wallet_id)
    _reverse(city, storage, payment.acceptance.caller, payment.acceptance.wallet_id, key, order)


def _about(payment: Payment, chance: random.Random) -> tuple[Request, int | None, Callable[[Payment], bool]]:
    """A request about a payment by its caller, or by another one, who may not make it."""
    amount = chance.choice((None, 1, 7, payment.order.amount // 2 or 1, payment.order.amount, payment.order.amount + 1))
    caller = payment.acceptance.caller if chance.random() < 0.98 else "acquirer/stranger"
    request = Request.of(caller, payment.acceptance.wallet_id, _key(chance), {"amount": amount})
    return request, amount, lambda each: each.acceptance.caller == caller


def capture(city: Simulated, storage: Storage, chance: random.Random) -> None:
    made = _payment(city, chance, holds=True)
    if made is None:
        return
    payment = made.payment
    city.focus.append(payment.acceptance.wallet_id)
    amount = chance.choice((None, 1, payment.order.amount // 3 or 1, payment.order.amount + 1))
    request = Request.of(payment.acceptance.caller, payment.acceptance.wallet_id, _key(chance), {"amount": amount})
    _ask(
        city,
        storage,
        lambda through: (
            capture_hold(
                CaptureHold(request, payment.acceptance.id, amount, lambda _: True), city.paying(through)
            ).entry
        ),
    )


def void(city: Simulated, storage: Storage, chance: random.Random) -> None:
    made = _payment(city, chance, holds=True)
    if made is None:
        return
    payment = made.payment
    city.focus.append(payment.acceptance.wallet_id)
    request = Request.of(payment.acceptance.caller, payment.acceptance.wallet_id, _key(chance), {})
    _ask(
        city,
        storage,
        lambda through: void_hold(VoidHold(request, payment.acceptance.id, lambda _: True), city.paying(through)).entry,
    )


def cancel(city: Simulated, storage: Storage, chance: random.Random) -> None:
    made = _payment(city, chance)
    if made is None:
        return
    payment = made.payment
    city.focus.append(payment.acceptance.wallet_id)
    request, amount, may = _about(payment, chance)
    if chance.random() < 0.3:
        # The merchant that was paid.
        merchant = payment.order.merchant_id
        request = Request.of(f"merchant/{merchant}", request.wallet_id, _key(chance), {"amount": amount})
        may = lambda each: each.order.merchant_id == merchant  # noqa: E731 - one of two rights
    _ask(
        city,
        storage,
        lambda through: (
            cancel_payment(CancelPayment(request, payment.acceptance.id, amount, None, may), city.paying(through)).entry
        ),
    )


def charge(city: Simulated, storage: Storage, chance: random.Random) -> None:
    wallet, key, amount = _wallet(city, chance), _key(chance), chance.choice((29_999, 30_000, 100_000, 500_000))
    # Mostly a new transfer. Some are sent again under another key: unchanged, with another amount, or to another wallet.
    transfer = key
    if city.transfers and chance.random() < SENT_AGAIN:
        transfer, known_wallet, known_amount = chance.choice(city.transfers[-20:])
        wallet = known_wallet if chance.random() < 0.7 else wallet
        amount = known_amount if chance.random() < 0.7 else amount
    city.transfers = [*city.transfers[-MOST_REMEMBERED:], (transfer, wallet, amount)]
    city.focus.append(wallet)
    request = Request.of("bank/one", wallet, key, {"amount": amount, "bank_reference": transfer})
    _ask(
        city,
        storage,
        lambda through: top_up(TopUpWallet(request, amount, transfer), city.holding(through)).entry,
    )
    if chance.random() < TWINS:
        _charge_twins(city, storage, wallet, chance)


def _charge_twins(city: Simulated, storage: Storage, wallet: str, chance: random.Random) -> None:
    """Send two transfers under one key at the same time, of which the policies decline one: one of them has an effect.

    Their references differ, so only the key shows that they are twins.
    """
    key, amounts = _key(chance), chance.sample((BELOW_MINIMUM, 30_000), 2)

    def send(through: Storage) -> None:
        amount, transfer = amounts.pop(), _key(chance)
        request = Request.of("bank/one", wallet, key, {"amount": amount, "bank_reference": transfer})
        top_up(TopUpWallet(request, amount, transfer), city.holding(through))

    def other() -> None:
        if amounts:
            with suppress(*REFUSED):
                send(storage)

    send(FaultyStorage(storage, chance, RACE, other))


def ask_again(city: Simulated, storage: Storage, chance: random.Random) -> None:
    """Send any earlier request again: it has one effect, and one answer."""
    if not city.asked:
        return
    recent = city.asked[-2:] if city.focus else city.asked[-20:]
    asked = chance.choice(recent) if chance.random() < 0.5 else chance.choice(city.asked)
    answer = asked.send(storage)
    assert not asked.answered or answer == asked.answer, f"another answer: {asked.answer} became {answer}"
    asked.answer, asked.answered = answer, True


def ask_another(city: Simulated, storage: Storage, chance: random.Random) -> None:
    """Send a used key with another body: it is refused."""
    made = _payment(city, chance)
    if made is None:
        return
    payment, key, order = made
    other = replace(order, amount=order.amount + 1)
    request = Request.of(payment.acceptance.caller, payment.acceptance.wallet_id, key, _body(other))
    try:
        authorise_payment(Authorise(request, other), city.paying(storage))
    except IdempotencyKeyReused:
        return
    raise AssertionError(f"a key was used for another body: {payment}")


def deliver(city: Simulated, storage: Storage, chance: random.Random) -> None:
    """Deliver some records of the stream, in any order and some twice; during another operation, mostly those of its wallet."""
    waiting = city.stream[:12] if chance.random() < 0.9 else city.stream[-12:]
    if city.focus and chance.random() < 0.8:
        own = [item for item in city.stream if item["pk"] == f"WALLET#{city.focus[-1]}"]
        waiting = own[:12] or waiting
    chance.shuffle(waiting)
    batch = waiting[: 1 if chance.random() < ALONE else chance.randint(1, 12)]
    if city.delivered and chance.random() < 0.1:
        batch += chance.choices(city.delivered, k=2)
    if batch:
        city.focus.append(batch[0]["pk"].removeprefix("WALLET#"))
        city.deliver(storage, batch, through_function=chance.random() < 0.5)


def lose(city: Simulated, storage: Storage, chance: random.Random) -> None:
    """Lose a record of the stream, which is never delivered."""
    if city.stream and chance.random() < 0.3:
        city.stream = city.stream[1:]


def catch_up(city: Simulated, storage: Storage, chance: random.Random) -> None:
    wallet = city.wallet_store(storage).wallet(_wallet(city, chance))
    assert wallet is not None
    check_nothing_is_given_up(each.reason for each in city.catch_up(storage).wallet(wallet).unposted)


def expire(city: Simulated, storage: Storage, chance: random.Random) -> None:
    expire_holds(ExpireHolds(city.now, chance.choice((1, 10, 100))), city.paying(storage))


def wallet_decision(city: Simulated, storage: Storage, chance: random.Random) -> None:
    status = chance.choices((WalletStatus.ACTIVE, WalletStatus.SUSPENDED, None), (8, 1, 1))[0]
    wallet = _wallet(city, chance)
    decide_on_wallet(DecideOnWallet(wallet, "operator", "reason", status), city.holding(storage))


def open_again(city: Simulated, storage: Storage, chance: random.Random) -> None:
    city.open_wallet(storage, chance.randrange(city.members + 1))


def reset(city: Simulated, storage: Storage, chance: random.Random) -> None:
    city.reset_month(storage)


def close_month(city: Simulated, storage: Storage, chance: random.Random) -> None:
    """Run a part of the closing of the month before: catch up and write statements."""
    month = previous_month(month_of(city.now))
    patience = patience_of()
    sweeping = Sweeping(WalletStore(storage, patience), ExpiryStore(storage, patience), patience)
    segment = Segment(chance.randrange(64), 64)
    close_segment(city.catch_up(storage), sweeping, StatementStore(storage, patience), month, segment)


OPERATIONS: dict[str, tuple[Operation, float]] = {
    "pay": (pay, 30),
    "deliver": (deliver, 26),
    "charge": (charge, 11),
    "hold": (hold, 5),
    "capture": (capture, 6),
    "void": (void, 1.5),
    "cancel": (cancel, 8),
    "reverse": (reverse, 1.5),
    "ask_again": (ask_again, 6),
    "ask_another": (ask_another, 0.7),
    "lose": (lose, 3),
    "catch_up": (catch_up, 0.8),
    "expire": (expire, 1),
    "standing": (wallet_decision, 0.7),
    "open_again": (open_again, 0.3),
    "reset": (reset, 0.2),
    "close_month": (close_month, 0.05),
}

REFUSED = (Refusal, UnknownCard, Busy, Unavailable)
"""How an operation may end: with a refusal, or without an answer."""
