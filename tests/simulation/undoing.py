"""Members of a simulated city spend rewards, and cancel what earned them and what they bought, in any order."""

import random
from typing import Any

from eeum.payments.cancellations import CancelPayment, cancel_payment
from eeum.payments.holds import VoidHold, void_hold
from eeum.payments.rules import Order
from eeum.payments.use_cases import Authorise, authorise_payment
from eeum.request import Request
from eeum.storage import Key, Storage, Table
from tests.simulation.city import Made, Simulated
from tests.simulation.operations import Operation, _ask, _body, _key, _wallet
from tests.simulation.reference_of_payments import Paid
from tests.simulation.reference_of_postings import WalletReference

FEW = 12
"""Most payments of a member whose payments are all undone."""


def spend_rewards(city: Simulated, storage: Storage, chance: random.Random) -> None:
    """Pay or hold all rewards and cashback of a wallet at once; then, mostly, cancel the payment that earned some of them."""
    wallet = _wallet(city, chance)
    known = city.reference.wallets.get(f"WALLET#{wallet}")
    if known is None:
        return
    city.focus.append(wallet)
    rewards = sum(won for purse, won in known.purses.items() if won > 0 and (purse == "cashback" or "@" in purse))
    if rewards:
        _pay(city, storage, chance, wallet, rewards)
    earned = [
        each for each in known.earnings if sum(each.rewards.values()) and known.payments[each.capture[0]].cancelled == 0
    ]
    if earned and chance.random() < 0.8:
        _undo(city, storage, chance, wallet, earned[-1].capture[0], known)
        _deliver(city, storage, wallet)


def undo_spending(city: Simulated, storage: Storage, chance: random.Random) -> None:
    """Cancel, in part or whole, what was bought with rewards that a purse now owes, or void the hold on them."""
    owing = [pk for pk, known in city.reference.wallets.items() if known.owed.won]
    if not owing:
        return
    wallet = chance.choice(owing).removeprefix("WALLET#")
    known = city.reference.wallets[f"WALLET#{wallet}"]
    city.focus.append(wallet)
    debtors = {debtor for debtor, _ in known.owed.won}
    spent = [digest for digest, paid in known.payments.items() if _can_be_undone(paid) and _paid_from(paid) & debtors]
    if spent:
        _undo(city, storage, chance, wallet, chance.choice(spent), known)
        if chance.random() < 0.7:
            _deliver(city, storage, wallet)


def undo_everything(city: Simulated, storage: Storage, chance: random.Random) -> None:
    """Undo everything of a member with few payments; the result is checked at the end."""
    wallet = _wallet(city, chance)
    known = city.reference.wallets.get(f"WALLET#{wallet}")
    if known is None or len(known.payments) > FEW:
        return
    city.focus.append(wallet)
    digests = [digest for digest, paid in known.payments.items() if _can_be_undone(paid)]
    chance.shuffle(digests)
    for digest in digests:
        _undo(city, storage, chance, wallet, digest, known, whole=True)
        if chance.random() < 0.5:
            _deliver(city, storage, wallet)


def _can_be_undone(paid: Paid) -> bool:
    captured = sum(each.end - each.start for each in paid.captures.values())
    return paid.status != "declined" and (paid.held > 0 or captured > paid.cancelled)


def _paid_from(paid: Paid) -> set[str]:
    return {purse for purse, _ in paid.paid_from}


def _pay(city: Simulated, storage: Storage, chance: random.Random, wallet: str, won: int) -> None:
    order = Order(chance.choice(city.merchants), won, "shop", "card", None, None, chance.random() < 0.3)
    key = _key(chance)

    def send(through: Storage) -> Any:
        request = Request.of("acquirer/one", wallet, key, _body(order))
        return authorise_payment(Authorise(request, order), city.paying(through)).entry

    payment = _ask(city, storage, send)
    if payment.decline is None:
        city.payments = [*city.payments[-600:], Made(payment, key, order)]
    _deliver(city, storage, wallet)


def _undo(
    city: Simulated,
    storage: Storage,
    chance: random.Random,
    wallet: str,
    digest: str,
    known: WalletReference,
    *,
    whole: bool = False,
) -> None:
    """Void what is held of a payment, and cancel what was captured, or a part of it."""
    (item,) = storage.read([Key(Table.LEDGER, f"WALLET#{wallet}", f"PAYMENT#{digest}")])
    assert item is not None
    paid, identity = known.payments[digest], item["id"]
    if paid.held:
        voids = Request.of(item["caller"], wallet, _key(chance), {})
        _ask(
            city,
            storage,
            lambda through: void_hold(VoidHold(voids, identity, lambda _: True), city.paying(through)).entry,
        )
    left = sum(each.end - each.start - each.cancelled for each in paid.captures.values())
    if not left:
        return
    amount = None if whole or chance.random() < 0.6 else chance.randint(1, left)
    cancels = Request.of(item["caller"], wallet, _key(chance), {"amount": amount})
    _ask(
        city,
        storage,
        lambda through: (
            cancel_payment(
                CancelPayment(cancels, identity, amount, "undone", lambda _: True), city.paying(through)
            ).entry
        ),
    )


def _deliver(city: Simulated, storage: Storage, wallet: str) -> None:
    """Deliver this wallet's records of the stream."""
    waiting = [item for item in city.stream if item["pk"] == f"WALLET#{wallet}"]
    if waiting:
        city.deliver(storage, waiting, through_function=False)


UNDOING: dict[str, tuple[Operation, float]] = {
    "spend_rewards": (spend_rewards, 2.5),
    "undo_spending": (undo_spending, 2),
    "undo_everything": (undo_everything, 0.4),
}
