"""Rarer operations of a simulated city: allowances, blocked cards, new shops, and late requests.

Old payments are found through the reference, which knows them all. On an engine it knows none, and these operations do nothing.
"""

import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

from eeum.calendar import text_of
from eeum.merchants.rules import Decision, MerchantStatus, Shop, merchant_id_of
from eeum.merchants.use_cases import ApplyForMerchant, DecideApplication, apply_for_merchant, decide_application
from eeum.payments.cancellations import CancelPayment, cancel_payment
from eeum.payments.holds import CaptureHold, VoidHold, capture_hold, void_hold
from eeum.payments.rules import Payment
from eeum.request import Request
from eeum.storage import NOT_YET_STORED, Absent, Add, ConditionsFailed, Equals, Key, Put, SetTo, Storage, Table, Update
from eeum.unit_of_work import commit
from eeum.wallet.rules import AboutMember
from eeum.wallet.use_cases import DecideOnWallet, decide_on_wallet
from local.inhabitants import business_registration_number
from tests.patience import patience_of
from tests.simulation.city import Simulated
from tests.simulation.operations import Operation, _ask, _key, _wallet
from tests.simulation.papers import papers_of
from tests.simulation.reference_of_payments import Paid

GRANTS = ("grant/arrears", "grant/youth")
EVERY_AMOUNT = 0.5
"""How often the whole rest is requested."""


def grant(city: Simulated, storage: Storage, chance: random.Random) -> None:
    """Pay an allowance into a wallet directly: no use case does so yet."""
    wallet, purse, won = _wallet(city, chance), chance.choice(GRANTS), chance.choice((1, 7_000, 50_000))
    key = Key(Table.LEDGER, f"WALLET#{wallet}", "WALLET")
    (item,) = storage.read([key])
    assert item is not None
    if purse in item["purses"]:
        update = Update(key, (Add(("purses", purse, "amount"), won),), (Equals(("kind",), "wallet"),))
    else:
        update = Update(key, (SetTo(("purses", purse), {"amount": won}),), (Absent(("purses", purse)),))
    postings = {"funder/city": -won, f"purse/{purse}": won}
    entry = {"kind": "grant", "accepted_at": text_of(city.now), "postings": postings}
    put = Put(Key(Table.LEDGER, key.pk, f"GRANT#{_key(chance)}"), entry, NOT_YET_STORED)
    # Another allowance may have made the purse in between.
    with suppress(ConditionsFailed):
        commit(storage, patience_of(), update, put)


def block_card(city: Simulated, storage: Storage, chance: random.Random) -> None:
    """Block a card; mostly it is unblocked again soon."""
    key = Key(Table.LEDGER, f"WALLET#{_wallet(city, chance)}", "WALLET")
    (item,) = storage.read([key])
    assert item is not None
    card = next(iter(item["cards"]))
    status = chance.choices(("active", "blocked"), (9, 1))[0]
    commit(storage, patience_of(), Update(key, (SetTo(("cards", card, "status"), status),)))


def verify(city: Simulated, storage: Storage, chance: random.Random) -> None:
    wallet, verified = _wallet(city, chance), chance.random() < 0.8
    decide_on_wallet(DecideOnWallet(wallet, "operator", "papers seen", verified=verified), city.holding(storage))


def say_of_a_member(city: Simulated, storage: Storage, chance: random.Random) -> None:
    """Record or remove some attributes, as an operator; earlier payments keep their facts."""
    said = papers_of(chance)
    some = chance.sample(sorted(said), chance.randint(1, len(said)))
    about = cast("AboutMember", {name: said[name] for name in some})  # type: ignore[literal-required]
    wallet = _wallet(city, chance)
    decide_on_wallet(DecideOnWallet(wallet, "operator", "papers seen", about=about), city.holding(storage))


def open_shop(city: Simulated, storage: Storage, chance: random.Random) -> None:
    """Open a shop, and decide on another's application: it accepts payments from the day after."""
    using = city.onboarding(storage)
    number = 1_000 + chance.randrange(12)
    shop = Shop(business_registration_number(number), f"새 가게 {number}", "seo", "restaurant", 100_000_000)
    apply_for_merchant(ApplyForMerchant(shop, f"owner-{number}"), using)
    merchant = merchant_id_of(shop.business_registration_number)
    if chance.random() < 0.5:
        status = chance.choice((MerchantStatus.APPROVED, MerchantStatus.REJECTED))
        if status is MerchantStatus.APPROVED and merchant not in city.merchants:
            city.merchants.append(merchant)
        decision = Decision(status, "operator", city.now, "papers in order")
        decide_application(DecideApplication(merchant, decision), using)


def capture_late(city: Simulated, storage: Storage, chance: random.Random) -> None:
    """Capture more of a hold of any age: its captures may be in two months."""
    found = _known(city, storage, chance, lambda paid: paid.held > 0)
    if found is None:
        return
    item, paid = found
    # Other operations may have captured the rest in between.
    amount = None if chance.random() < EVERY_AMOUNT else chance.randint(1, max(1, paid.held))
    request = Request.of(item["caller"], item["pk"].removeprefix("WALLET#"), _key(chance), {"amount": amount})

    def send(through: Storage) -> Any:
        return capture_hold(CaptureHold(request, item["id"], amount, _anybody), city.paying(through)).entry

    _ask(city, storage, send)


def void_late(city: Simulated, storage: Storage, chance: random.Random) -> None:
    """Void the rest of a hold, mostly of one that was captured in part."""
    found = _known(city, storage, chance, lambda paid: paid.held > 0 and bool(paid.captures))
    if found is None:
        return
    item, _ = found
    request = Request.of(item["caller"], item["pk"].removeprefix("WALLET#"), _key(chance), {})
    _ask(
        city,
        storage,
        lambda through: void_hold(VoidHold(request, item["id"], _anybody), city.paying(through)).entry,
    )


def cancel_late(city: Simulated, storage: Storage, chance: random.Random) -> None:
    """Cancel any payment of a member, of any month; half of the time one with several captures."""
    captures = 2 if chance.random() < 0.5 else 1
    found = _known(city, storage, chance, lambda paid: len(paid.captures) >= captures)
    if found is None:
        return
    item, paid = found
    left = sum(each.end - each.start - each.cancelled for each in paid.captures.values())
    amount = None if chance.random() < EVERY_AMOUNT else chance.randint(1, left + 1)
    request = Request.of(item["caller"], item["pk"].removeprefix("WALLET#"), _key(chance), {"amount": amount})

    def send(through: Storage) -> Any:
        return cancel_payment(CancelPayment(request, item["id"], amount, "late", _anybody), city.paying(through)).entry

    _ask(city, storage, send)


def _known(
    city: Simulated, storage: Storage, chance: random.Random, wanted: Callable[[Paid], bool]
) -> tuple[dict[str, Any], Paid] | None:
    """A payment of one member that `wanted` accepts, as stored and as in the reference."""
    pk = f"WALLET#{_wallet(city, chance)}"
    known = city.reference.wallets.get(pk)
    payments = [(digest, paid) for digest, paid in known.payments.items() if wanted(paid)] if known else []
    if not payments:
        return None
    city.focus.append(pk.removeprefix("WALLET#"))
    digest, paid = chance.choice(payments)
    (item,) = storage.read([Key(Table.LEDGER, pk, f"PAYMENT#{digest}")])
    assert item is not None
    return item, paid


def _anybody(_: Payment) -> bool:
    return True


RARER: dict[str, tuple[Operation, float]] = {
    "grant": (grant, 1.5),
    "block_card": (block_card, 0.7),
    "verify": (verify, 0.5),
    "say_of_a_member": (say_of_a_member, 0.8),
    "open_shop": (open_shop, 0.3),
    "capture_late": (capture_late, 2.5),
    "void_late": (void_late, 0.4),
    "cancel_late": (cancel_late, 1.5),
}
