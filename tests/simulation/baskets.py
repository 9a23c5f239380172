"""Baskets of several payments, and payments with sample participants, whose items must agree with the payments."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from eeum.payments.use_cases import AuthoriseBasket, authorise_basket
from eeum.request import Request
from eeum.storage import Item, Storage, Table
from eeum.wallet.participants import Participant
from tests.participants import OneTimeCode, StampCounter
from tests.simulation.city import Made, Simulated
from tests.simulation.operations import ACQUIRERS, Operation, _ask, _body, _key, _order, _wallet

LARGEST = 6
"""Numbers of payments in a basket; most have one or two."""
CODES = 4
FIELDS = 25
"""Number of fields of a stamp card, which some wallets fill."""


def buy(city: Simulated, storage: Storage, chance: random.Random) -> None:
    """Make some payments of one wallet at once, sometimes each with a stamp and the first with a code."""
    wallet = _wallet(city, chance)
    city.focus.append(wallet)
    count = min(1 + int(chance.expovariate(0.8)), LARGEST)
    orders = tuple(_order(city, chance, hold=chance.random() < 0.2, in_app=False) for _ in range(count))
    joining = _drawn(chance)
    key, caller = _key(chance), chance.choice(ACQUIRERS)

    def send(through: Storage) -> Any:
        request = Request.of(caller, wallet, key, {"orders": [_body(each) for each in orders]})
        using = city.paying(through)._replace(participants=joining)
        return authorise_basket(AuthoriseBasket(request, orders), using).entry

    basket = _ask(city, storage, send)
    if not basket.is_declined:
        made = [Made(payment, key, order) for payment, order in zip(basket.payments, orders, strict=True)]
        city.payments = [*city.payments[-600:], *made]


def _drawn(chance: random.Random) -> Callable[[], Sequence[Participant]]:
    """New participants for each request."""
    stamps, code = chance.random() < 0.6, f"CODE-{chance.randrange(CODES)}"
    with_code = chance.random() < 0.4
    return lambda: [*([StampCounter(FIELDS)] if stamps else []), *([OneTimeCode(code)] if with_code else [])]


def check_cards(city: Simulated) -> None:
    """Check that every stamp and every code belongs to an approved payment, and that every such payment has its own."""
    stamps: Counter[str] = Counter()
    codes: dict[str, dict[str, str]] = {}
    for item in city.memory.items(Table.LEDGER):
        if item["kind"] == "payment" and item["status"] != "declined":
            _count(item, stamps, codes)
    cards = {
        item["pk"].removeprefix("SAMPLE#"): item for item in city.memory.items(Table.BALANCES) if item["sk"] == "CARD"
    }
    assert {wallet: card["stamps"] for wallet, card in cards.items() if "stamps" in card} == dict(stamps)
    assert {wallet: card["codes"] for wallet, card in cards.items() if "codes" in card} == codes


def _count(payment: Item, stamps: Counter[str], codes: dict[str, dict[str, str]]) -> None:
    wallet, parts = payment["pk"].removeprefix("WALLET#"), payment.get("parts", {})
    if "stamps" in parts:
        stamps[wallet] += 1
    if "code" in parts:
        used = codes.setdefault(wallet, {})
        assert parts["code"] not in used, f"a code was used twice: {payment}"
        used[parts["code"]] = payment["sk"].partition("#")[2]


BASKETS: dict[str, tuple[Operation, float]] = {"buy": (buy, 4)}
