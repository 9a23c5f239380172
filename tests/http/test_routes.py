"""Each route does its task, with the events that the API sends."""

from __future__ import annotations

from datetime import timedelta

import pytest

from eeum.months.statement_store import StatementStore
from eeum.months.statements import statement_of
from eeum.storage import Key, Put, Table
from tests.http.callers import MERCHANT_SCOPE, OPERATOR, OTHER_OWNER, OWNER, PAYER, STRANGER
from tests.http.checks import assert_problem, unchanged
from tests.http.city import InMemoryCity, policies
from tests.http.requests import good_request, payment
from tests.http.routes import ROUTES, Route
from tests.patience import patience_of

CREATES = {"POST /wallets", "POST /merchants", "POST /policy_drafts", "POST /policy_amendments"}
NEEDS_MORE = {
    "GET /wallets/{wallet_id}/payments/{payment_id}",  # A payment.
    "POST /policies/history",  # An empty programme.
    "GET /months/{month}",  # A month that the reset opened.
    "GET /wallets/{wallet_id}/statements/{month}",  # A frozen month.
}


@pytest.mark.parametrize("route", [route for route in ROUTES if str(route) not in NEEDS_MORE], ids=str)
def test_a_good_request_is_answered_with_json(city: InMemoryCity, route: Route) -> None:
    answer = good_request(city, route).to(city)

    begins = 202 if str(route) == "POST /policy_simulations" else 200
    assert answer.status == (201 if str(route) in CREATES else begins), answer
    assert answer.content_type == "application/json"
    assert isinstance(answer.json, dict)


@pytest.mark.parametrize("route", [route for route in ROUTES if route.method == "GET"], ids=str)
def test_reading_changes_nothing(city: InMemoryCity, route: Route) -> None:
    with unchanged(city):
        good_request(city, route).to(city)


def test_a_wallet_is_opened_once_and_found_at_its_address(city: InMemoryCity) -> None:
    opened = city.call(STRANGER, "POST", "/wallets", {"debit_order": "cashback_first"})
    again = city.call(STRANGER, "POST", "/wallets", {})
    found = city.call(STRANGER, "GET", opened.headers["Location"])

    assert (opened.status, again.status, found.status) == (201, 200, 200)
    assert opened.json == again.json == found.json
    assert opened.json["debit_order"] == "cashback_first"
    assert [card["product"] for card in opened.json["cards"]] == ["standard"]
    assert opened.json["purses"] == {"charged": 0, "cashback": 0}


def test_a_payment_is_made_and_seen_by_member_acquirer_and_merchant(city: InMemoryCity) -> None:
    route = next(route for route in ROUTES if str(route) == "POST /payments")
    sent = good_request(city, route)
    made = sent.to(city)
    address = f"/wallets/{city.who.wallet}/payments/{made.json['id']}"

    assert (made.json["status"], made.json["paid_from"]) == ("approved", {"charged": 12_000})
    amounts = {"captured": 12_000, "cancelled": 0, "held": 0, "released": 0}
    assert made.json["current"] == amounts | {"status": "approved"}
    since = {name: value for name, value in made.json.items() if name != "current"} | amounts
    since |= {"message": None, "message_en": None}
    alone = since | {"cancellations": []}
    assert city.call(PAYER, "GET", address).json == alone
    assert city.call(sent.caller, "GET", address).json == alone
    assert city.call(PAYER, "GET", f"/wallets/{city.who.wallet}/payments").json["payments"] == [since]
    seen = ("id", "status", "amount", "channel", "accepted_at", "expires_at", *amounts)
    (at_the_merchant,) = city.call(OWNER, "GET", f"/merchants/{city.who.merchant}/payments").json["payments"]
    assert at_the_merchant == {name: since[name] for name in seen} | {"own_discount": 0}, "neither wallet nor purses"
    wallet = city.call(PAYER, "GET", f"/wallets/{city.who.wallet}").json
    assert (wallet["purses"]["charged"], wallet["cashback_pending"]) == (288_000, 1)


def test_a_quote_says_what_the_month_s_policy_gives(city: InMemoryCity) -> None:
    path = f"/wallets/{city.who.wallet}/cashback_quotes"
    with unchanged(city):
        quote = city.call(PAYER, "POST", path, payment(city, amount=30_000)).json

    assert (quote["cashback"], quote["base"], quote["policy"]) == (3_000, 30_000, "incheon-2021-01-01")


def test_a_merchant_applies_is_approved_and_found(city: InMemoryCity) -> None:
    waiting = city.who.waiting_merchant
    listed = city.call(OPERATOR, "GET", "/merchant_applications").json["applications"]
    assert [application["id"] for application in listed] == [waiting]
    assert city.call(PAYER, "GET", f"/merchants/{waiting}").status == 404
    assert city.call(OWNER, "GET", f"/merchants/{waiting}").status == 200

    approved = city.call(OPERATOR, "POST", f"/merchant_applications/{waiting}/approval", {"reason": "fine"}).json

    assert (approved["status"], approved["payable_from"]) == ("approved", "2021-01-06T00:00:00.000+09:00")
    found = city.call(PAYER, "GET", "/merchants", query={"district": "yeonsu", "category": "restaurant"}).json
    assert waiting in [merchant["id"] for merchant in found["merchants"]]
    own = city.call(OWNER, "GET", "/merchants", query={"owner": "me"}).json["merchants"]
    assert {"applied", "approved", "rejected"} >= {merchant["status"] for merchant in own}
    assert "annual_revenue" not in found["merchants"][0]


def test_a_rejected_owner_may_apply_again(city: InMemoryCity) -> None:
    before = city.call(OPERATOR, "GET", f"/merchant_applications/{city.who.rejected_merchant}").json
    wanted = ("business_registration_number", "name", "district", "category", "annual_revenue")

    again = city.call(OWNER, "POST", "/merchants", {name: before[name] for name in wanted})

    assert (again.status, again.json["status"]) == (201, "applied")
    assert "decisions" not in again.json, "who decided and why, perhaps of an earlier owner, is for operators"
    after = city.call(OPERATOR, "GET", f"/merchant_applications/{city.who.rejected_merchant}").json
    assert after["decisions"] == before["decisions"]


@pytest.mark.parametrize(("decision", "body"), [("approval", {}), ("rejection", {"reason": "papers missing"})])
def test_an_operator_decides_on_the_application_it_saw(city: InMemoryCity, decision: str, body: dict[str, str]) -> None:
    seen = city.call(OPERATOR, "GET", f"/merchant_applications/{city.who.rejected_merchant}").json
    path = f"/merchant_applications/{city.who.rejected_merchant}/{decision}"
    own = ("business_registration_number", "district", "category", "annual_revenue")
    shop = {name: seen[name] for name in own} | {"name": "남의 가게"}
    applied = city.call(OTHER_OWNER, "POST", "/merchants", shop).json
    with unchanged(city):
        for said in ({}, {"applied_at": seen["applied_at"]}):
            assert_problem(city.call(OPERATOR, "POST", path, body | said), 409, "application_changed")
        for no_instant in ("2021-01-05", "yesterday", "x" * 41, 1, ""):
            answer = city.call(OPERATOR, "POST", path, body | {"applied_at": no_instant})
            assert_problem(answer, 400, "invalid_request", None, "applied_at")

    decided = city.call(OPERATOR, "POST", path, body | {"applied_at": applied["applied_at"]})

    assert (decided.status, len(decided.json["decisions"])) == (200, 2)


def test_a_merchant_does_not_see_what_was_tried_before_its_approval(city: InMemoryCity) -> None:
    waiting = city.who.waiting_merchant
    path = f"/merchants/{waiting}/payments"

    def pay(number: int) -> str:
        sent = payment(city, merchant_id=waiting)
        answer = city.call(
            PAYER, "POST", f"/wallets/{city.who.wallet}/payments", sent, key=f"a-payment-number-{number}"
        )
        assert answer.status == 200
        payment_id: str = answer.json["id"]
        return payment_id

    pay(1)
    assert city.call(OWNER, "GET", path).json == {"payments": [], "cursor": None}
    city.call(OPERATOR, "POST", f"/merchant_applications/{waiting}/approval", {})
    too_early = pay(2)
    city.now += timedelta(days=1)
    paid = pay(3)

    assert [each["id"] for each in city.call(OWNER, "GET", path).json["payments"]] == [paid, too_early]


def test_an_operator_sees_neither_balances_nor_cards_of_a_wallet(city: InMemoryCity) -> None:
    changed = city.call(OPERATOR, "PATCH", f"/wallets/{city.who.wallet}", {"verified": True, "reason": "Papers."})

    assert changed.json == {
        "id": city.who.wallet,
        "status": "active",
        "verified": True,
        "member_class": None,
        "member_district": None,
        "birth_date": None,
        "card_issuers": [None],
    }


def test_an_operator_states_a_member_s_facts_and_withdraws_them(city: InMemoryCity) -> None:
    path = f"/wallets/{city.who.wallet}"
    said = {"member_class": "youth", "member_district": "seo", "birth_date": "2000-02-29", "card_issuer": "nonghyup"}

    known = city.call(OPERATOR, "PATCH", path, {**said, "reason": "주민등록표 등본"})
    city.now += timedelta(seconds=1)
    changed = city.call(OPERATOR, "PATCH", path, {"member_class": None, "verified": True, "reason": "left the class"})

    issuers = {"card_issuers": [said.pop("card_issuer")]}
    about = {"id": city.who.wallet, "status": "active", "verified": False}
    assert known.json == {**about, **said, **issuers}
    assert changed.json == {**about, **said, **issuers, "verified": True, "member_class": None}


@pytest.mark.parametrize("channel", ["e_mall", "delivery", "taxi"])
def test_a_member_cannot_choose_a_channel_of_partners(city: InMemoryCity, channel: str) -> None:
    body = payment(city, channel=channel)
    refused = city.call(PAYER, "POST", f"/wallets/{city.who.wallet}/payments", body, key="a-key-of-its-own-1")

    assert_problem(refused, 400, "invalid_request", "literal_error", "channel")


def test_policies_are_public_and_the_one_in_force_follows_the_clock(city: InMemoryCity) -> None:
    now = city.call(None, "GET", "/policies/in_force").json
    then = city.call(None, "GET", "/policies/in_force", query={"at": "2020-03-01T00:00:00+09:00"}).json
    every = city.call(None, "GET", "/policies").json["policies"]

    assert (now["version"], then["version"]) == ("incheon-2021-01-01", "incheon-2020-03-01")
    assert [document["version"] for document in every] == [document["version"] for document in policies()]
    assert city.call(None, "GET", "/policies/incheon-2020-03-01").json == then


def test_history_begins_an_empty_programme(empty_city: InMemoryCity) -> None:
    answer = empty_city.call(OPERATOR, "POST", "/policies/history", {"policies": policies()})

    assert (answer.status, len(answer.json["loaded"])) == (201, len(policies()))
    assert empty_city.call(None, "GET", "/policies/in_force").json["version"] == "incheon-2021-01-01"


def test_months_are_listed_newest_first(city: InMemoryCity) -> None:
    item = {"kind": "month", "status": "open", "opened_at": "2021-01-01T00:00:01.000+09:00", "closed_at": None}
    _store_months(city, item, "2020-12", "2021-01")

    listed = city.call(None, "GET", "/months").json["months"]

    assert [month["month"] for month in listed] == ["2021-01", "2020-12"]
    assert city.call(None, "GET", "/months/2021-01").json == listed[0]


def test_a_statement_is_read_by_its_member_once_it_is_written(city: InMemoryCity) -> None:
    address = f"/wallets/{city.who.wallet}/statements/2021-01"
    assert_problem(city.call(PAYER, "GET", address), 404, "not_found")

    statements = StatementStore(city.storage, patience_of())
    bookings = statements.bookings(city.who.wallet)
    written = statement_of(city.who.wallet, "2021-01", bookings, city.now + timedelta(days=27))
    assert written
    statements.add(written)

    statement = city.call(PAYER, "GET", address)
    assert (statement.status, statement.json["end"], statement.json["topped_up"]) == (
        200,
        {"charged": 300_000},
        300_000,
    )
    assert statement.json["written_at"] == "2021-02-01T12:00:00.000+09:00"
    assert statement.json["cashback"] == {"won": 0, "by_layer": {}, "by_funder": {}}
    assert_problem(city.call(STRANGER, "GET", address), 404, "not_found")
    assert_problem(city.call(PAYER, "GET", address.replace("2021-01", "2021-02")), 404, "not_found")


def _store_months(city: InMemoryCity, item: dict[str, object], *months: str) -> None:
    for month in months:
        key = Key(Table.PROGRAMME, "PROGRAMME#incheon", f"MONTH#{month}")
        city.storage.transact([Put(key, item | {"month": month})], month)


def test_a_resident_reads_merchants_through_either_client(city: InMemoryCity) -> None:
    through_merchant_app = PAYER.with_scopes(MERCHANT_SCOPE)

    assert city.call(through_merchant_app, "GET", f"/merchants/{city.who.merchant}").status == 200
