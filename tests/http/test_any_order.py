"""Tills and shops in any order, with any amounts and keys: storage stays consistent, and answers stay the same."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.http.callers import ACQUIRER, BANK, CUSTOMER, OTHER_ACQUIRER, OWNER, Caller
from tests.http.city import Answer, Inhabitants, InMemoryCity
from tests.http.conftest import copy_of
from tests.in_memory.storage import InMemoryStorage
from tests.invariants import check_everything

Step = tuple[str, Any]
AMOUNTS = st.sampled_from((1, 3, 999, 10_000, 29_999, 30_000, 40_000, 150_000)) | st.integers(1, 300_000)
#: Few keys, so that they are used again: for the same request, another body, or another payment.
KEYS = st.integers(1, 6).map("a-key-of-a-till-{:04}".format)
TILLS = st.sampled_from((ACQUIRER, ACQUIRER, ACQUIRER, OTHER_ACQUIRER))
STEPS = st.one_of(
    st.tuples(st.just("pay"), st.tuples(TILLS, AMOUNTS, st.sampled_from(("now", "later")), KEYS)),
    st.tuples(st.just("reverse"), st.tuples(TILLS, AMOUNTS, st.sampled_from(("now", "later")), KEYS)),
    st.tuples(st.just("reverse the latest"), st.none()),
    st.tuples(
        st.sampled_from(("captures", "void", "cancellations", "cancellations")),
        st.tuples(TILLS, st.integers(0, 9), st.none() | AMOUNTS, KEYS),
    ),
    st.tuples(st.just("shop cancels"), st.tuples(st.just(OWNER), st.integers(0, 9), st.none() | AMOUNTS, KEYS)),
    st.tuples(st.just("wait"), st.sampled_from((timedelta(minutes=1), timedelta(days=6), timedelta(days=27)))),
    st.tuples(st.just("post"), st.none()),
    st.tuples(st.just("top up"), KEYS),
)


class Street:
    """The customer's wallet, the shop that the customer visits, and the requests so far."""

    def __init__(self, city: InMemoryCity) -> None:
        self.city = city
        self.payments = [city.who.payment, city.who.hold]
        self.asked: list[tuple[tuple[Any, ...], Answer]] = []
        self.latest: tuple[Caller, dict[str, Any], str] | None = None

    def ask(self, caller: Caller, path: str, body: dict[str, Any], key: str) -> Answer:
        answer = self.city.call(caller, "POST", path, body, key=key)
        assert answer.status in (200, 404, 409, 422), answer
        if answer.status == 200:
            self.asked.append(((caller, path, body, key), answer))
        return answer

    def take(self, step: Step) -> None:
        action, told = step
        who = self.city.who
        if action == "wait":
            self.city.now += told
        elif action == "post":
            self.city.post_cashback()
        elif action == "top up":
            credit = {"amount": 10_000, "bank_reference": f"KB-{told}"}
            self.ask(BANK, f"/wallets/{who.customer_wallet}/top_ups", credit, told)
        elif action == "reverse the latest":
            if self.latest:
                caller, body, key = self.latest
                self.ask(caller, "/payments/reversals", body, key)
        elif action in ("pay", "reverse"):
            self._order(action, *told)
        else:
            self._change(action, *told)

    def _order(self, action: str, caller: Caller, amount: int, capture: str, key: str) -> None:
        who = self.city.who
        body = {"card_token": who.customer_card, "merchant_id": who.visited_merchant, "amount": amount}
        body["capture"] = capture
        path = "/payments" if action == "pay" else "/payments/reversals"
        answer = self.ask(caller, path, body, key)
        if action == "pay" and answer.status == 200:
            self.latest = caller, body, key
            self.payments.append(answer.json["id"])

    def _change(self, action: str, caller: Caller, which: int, amount: int | None, key: str) -> None:
        who, payment = self.city.who, self.payments[which % len(self.payments)]
        body = {} if amount is None or action == "void" else {"amount": amount}
        if action == "shop cancels":
            path = f"/merchants/{who.visited_merchant}/payments/{payment}/cancellations"
        else:
            path = f"/wallets/{who.customer_wallet}/payments/{payment}/{action}"
        self.ask(caller, path, body, key)


def _as_decided(body: str) -> str:
    """An answer without its payment's present status, the only part that may change."""
    return re.sub(r',"current":\{[^}]*\}', "", body)


@settings(max_examples=60, deadline=None)
@given(steps=st.lists(STEPS, max_size=25))
def test_tills_and_shops_in_any_order(founded: tuple[InMemoryStorage, Inhabitants], steps: list[Step]) -> None:
    storage, inhabitants = founded
    street = Street(InMemoryCity(copy_of(storage), inhabitants))
    for step in steps:
        street.take(step)
    city = street.city
    city.post_cashback()

    check_everything(city.storage)
    before = city.items()
    for (caller, path, body, key), answer in street.asked:
        assert _as_decided(city.call(caller, "POST", path, body, key=key).body) == _as_decided(answer.body)
    assert city.items() == before
    wallet = city.call(CUSTOMER, "GET", f"/wallets/{city.who.customer_wallet}").json
    assert (wallet["refund_pending"], wallet["cashback_pending"]) == (0, 0)
