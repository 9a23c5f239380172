"""Fields of answers that are not stored with an entry: the merchant's name and the city's time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from eeum.aws.http import CITY_TIME
from eeum.calendar import parse_instant, text_of
from eeum.merchants.names import KEPT, MOST_KEPT, MerchantNames
from eeum.merchants.store import MerchantStore
from eeum.storage import Key, Table
from tests.http.callers import ACQUIRER, CUSTOMER, OPERATOR, OWNER, PAYER
from tests.http.city import InMemoryCity
from tests.http.requests import KEY, UNKNOWN_ID, payment
from tests.patience import patience_of

NAME = "송도 국수"
PAST = timedelta(seconds=1)


def pay(city: InMemoryCity, key: str = KEY, **changes: Any) -> Any:
    return city.call(PAYER, "POST", f"/wallets/{city.who.wallet}/payments", payment(city, **changes), key=key).json


def reads_of_merchants(city: InMemoryCity, monkeypatch: pytest.MonkeyPatch) -> list[Key]:
    """Record every key of the merchants' table that is read from now on."""
    read, asked = city.storage.read, []

    def noted(keys: Any) -> Any:
        asked.extend(key for key in keys if key.table is Table.MERCHANTS)
        return read(keys)

    monkeypatch.setattr(city.storage, "read", noted)
    return asked


def test_a_payment_is_shown_with_its_merchant_s_name(city: InMemoryCity) -> None:
    made = pay(city)
    wallet = f"/wallets/{city.who.wallet}"
    city.post_cashback()
    order = payment(city, card_token=city.who.customer_card)
    reversed_ = city.call(ACQUIRER, "POST", "/payments/reversals", order, key=KEY).json

    shown = [
        made,
        city.call(PAYER, "POST", f"{wallet}/cashback_quotes", payment(city)).json,
        city.call(PAYER, "GET", f"{wallet}/payments/{made['id']}").json,
        *city.call(PAYER, "GET", f"{wallet}/payments").json["payments"],
        *city.call(PAYER, "GET", f"{wallet}/cashback").json["earnings"],
        city.call(OWNER, "GET", f"/merchants/{city.who.merchant}/balance").json,
        reversed_["payment"],
    ]
    assert [(each["merchant_id"], each["merchant_name"]) for each in shown] == [(city.who.merchant, NAME)] * 7


def test_no_entry_has_a_name(city: InMemoryCity) -> None:
    pay(city)
    city.post_cashback()

    assert NAME not in str(city.storage.items(Table.LEDGER))


def test_a_payment_costs_no_further_read_for_its_name(city: InMemoryCity, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = reads_of_merchants(city, monkeypatch)

    assert pay(city)["merchant_name"] == pay(city)["merchant_name"] == NAME
    assert len(asked) == 2, "one with each decision"


def test_a_list_reads_each_merchant_once_and_then_not_again_for_a_while(
    city: InMemoryCity, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/wallets/{city.who.customer_wallet}/payments"
    for number in range(3):
        body = payment(city, card_token=city.who.customer_card, amount=100)
        city.call(ACQUIRER, "POST", "/payments", body, key=f"payment-number-{number:04}")
    city.now += KEPT + PAST
    asked = reads_of_merchants(city, monkeypatch)

    names = [each["merchant_name"] for each in city.call(CUSTOMER, "GET", path).json["payments"]]
    assert sorted(names) == [*["단골집"] * 2, *[NAME] * 3]
    assert {key.pk for key in asked} == {f"MERCHANT#{each}" for each in (city.who.merchant, city.who.visited_merchant)}
    assert len(asked) == 2
    city.call(CUSTOMER, "GET", path)
    assert len(asked) == 2
    city.now += KEPT + PAST
    city.call(CUSTOMER, "GET", path)
    assert len(asked) == 4


def test_a_payment_does_not_reveal_applicants_names(city: InMemoryCity) -> None:
    """An answer shows what was known when the payment was accepted, so that a retry gets the same."""
    who, path = city.who, f"/wallets/{city.who.wallet}/payments"
    for merchant in (who.waiting_merchant, who.rejected_merchant, UNKNOWN_ID):
        assert pay(city, f"a-payment-at-{merchant}", merchant_id=merchant)["merchant_name"] is None
    before = pay(city, f"a-payment-at-{who.waiting_merchant}", merchant_id=who.waiting_merchant)
    city.now += PAST
    city.call(OPERATOR, "POST", f"/merchant_applications/{who.waiting_merchant}/approval", {})

    assert pay(city, f"a-payment-at-{who.waiting_merchant}", merchant_id=who.waiting_merchant) == before
    after = pay(city, "a-payment-after-the-approval", merchant_id=who.waiting_merchant)
    assert (after["decline"]["reason"], after["merchant_name"]) == ("merchant_not_payable_yet", "기다리는 집")
    listed = {each["id"]: each["merchant_name"] for each in city.call(PAYER, "GET", path).json["payments"]}
    assert (listed[before["id"]], listed[after["id"]]) == (None, "기다리는 집")


def test_an_unknown_card_gets_no_merchant_name(city: InMemoryCity) -> None:
    body = payment(city, card_token="unknown")

    assert city.call(ACQUIRER, "POST", "/payments", body, key=KEY).json["merchant_name"] is None


def test_a_function_keeps_a_bounded_number_of_names(city: InMemoryCity) -> None:
    names, store = MerchantNames(lambda: city.now), MerchantStore(city.storage, patience_of())
    (merchant,) = store.merchants([city.who.merchant])
    for _ in range(MOST_KEPT + 1):
        names.remember(merchant)
    assert names.known(merchant.id, city.now) == NAME
    assert store.merchants([UNKNOWN_ID, "no id"]) == []
    assert len(store.merchants([city.who.merchant] * 101)) == 101, "in two round trips"


def test_every_answer_of_a_function_has_the_city_s_time(city: InMemoryCity) -> None:
    """Five years from the machine's clock, for any result of the request."""
    city.now -= timedelta(days=5 * 365)
    answers = [
        city.call(None, "GET", "/months"),
        city.call(PAYER, "GET", "/wallets/unknown"),
        city.call(PAYER, "GET", "/merchants", query={"unknown": "1"}),
        city.call(PAYER, "POST", "/wallets", raw="no JSON"),
        city.call(OPERATOR, "GET", "/balances"),
        city.call(None, "GET", "/balances"),
    ]
    assert {answer.status for answer in answers} >= {200, 400, 403, 404}
    assert {answer.headers[CITY_TIME] for answer in answers} == {text_of(city.now)}
    assert parse_instant(text_of(city.now), "time") == city.now
