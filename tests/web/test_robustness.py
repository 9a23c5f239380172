"""Trouble on phones: double clicks, lost answers, expired sessions, and amounts of any length."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from local import sign_in
from tests.web.fixtures import NewVisit, Reading
from tests.web.place import Member, Place, Visit
from tests.web.test_accessibility import NARROW, settle

SHOP = "송도 다방"
#: The client then waits for less than its own pauses, which its unit tests have.
AT_ONCE = {"Retry-After": "0.05"}
PAYMENTS = re.compile(r"/api/wallets/[^/]+/payments$")
QUOTES = re.compile(r"/api/wallets/[^/]+/cashback_quotes$")


def at_the_till(place: Place, visit: Visit, member: Member, amount: int = 5_000) -> Page:
    """The payment page, with the amount typed and its quote loaded."""
    page = visit.sign_in(member, f"pay/{place.shops[SHOP]}")
    page.fill("#amount", str(amount))
    expect(page.locator("section.quote")).to_contain_text("+")
    return page


def confirm(page: Page) -> None:
    page.locator("form button[type=submit]").click()
    page.get_by_role("dialog").locator(".button").first.click()


def payments_of(member: Member) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = member.api.get(f"/wallets/{member.wallet}/payments", month="2021-01")["payments"]
    return found


def only_posts(route: Route, answer: Any) -> None:
    if route.request.method == "POST":
        answer(route)
    else:
        route.fallback()


def test_a_double_click_pays_once(place: Place, new_visit: NewVisit) -> None:
    member = place.member(charged=50_000)
    page = at_the_till(place, new_visit(), member)
    page.locator("form button[type=submit]").click()
    page.get_by_role("dialog").locator(".button").first.dblclick()
    expect(page.locator("h1")).to_have_text("결제되었습니다")
    assert [paid["amount"] for paid in payments_of(member)] == [5_000]


def test_back_after_paying_does_not_pay_again(place: Place, new_visit: NewVisit) -> None:
    member = place.member(charged=50_000)
    visit = new_visit()
    visit.sign_in(member)
    page = visit.go(f"pay/{place.shops[SHOP]}")
    page.fill("#amount", "5000")
    confirm(page)
    expect(page.locator("h1")).to_have_text("결제되었습니다")
    # The receipt replaced the form in the browser's history.
    page.go_back()
    expect(page.locator(".balance")).to_be_visible()
    page.go_forward()
    expect(page.locator("h1")).to_have_text("결제되었습니다")
    assert len(payments_of(member)) == 1


def test_a_payment_whose_answer_is_lost_is_found_and_made_once(place: Place, new_visit: NewVisit) -> None:
    """The request arrives, its answers are lost, and the page is reloaded in between."""
    member = place.member(charged=50_000)
    visit = new_visit()
    page = at_the_till(place, visit, member)

    def arrives_and_is_lost(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route(PAYMENTS, lambda route: only_posts(route, arrives_and_is_lost))
    confirm(page)
    expect(page.get_by_role("heading", name="결제 결과를 아직 모릅니다")).to_be_visible(timeout=15_000)
    page.unroute(PAYMENTS)
    page.reload()
    page.get_by_role("button", name="로그인", exact=True).click()
    visit.fill_in(member)
    expect(page.get_by_role("heading", name="결제 결과를 아직 모릅니다")).to_be_visible()
    page.get_by_role("button", name="결과 확인하기").click()
    expect(page.locator("h1")).to_have_text("결제되었습니다")
    assert [paid["amount"] for paid in payments_of(member)] == [5_000]
    assert page.evaluate("sessionStorage.length") == 0


@pytest.mark.parametrize("status", [500, 503])
def test_errors_of_the_server_are_asked_again_by_the_same_key(place: Place, new_visit: NewVisit, status: int) -> None:
    member = place.member(charged=50_000)
    page = at_the_till(place, new_visit(), member)
    keys: list[str | None] = []

    def fails_twice(route: Route) -> None:
        keys.append(route.request.header_value("idempotency-key"))
        if len(keys) < 3:
            route.fulfill(status=status, json={"code": "busy"}, headers=AT_ONCE)
        else:
            route.fallback()

    page.route(PAYMENTS, lambda route: only_posts(route, fails_twice))
    confirm(page)
    expect(page.locator("h1")).to_have_text("결제되었습니다")
    assert len(keys) == 3
    assert len(set(keys)) == 1


def test_two_tabs_pay_twice_since_they_are_two_intentions(place: Place, new_visit: NewVisit) -> None:
    member = place.member(charged=50_000)
    first = new_visit()
    second = new_visit(beside=first)
    pages = [at_the_till(place, visit, member) for visit in (first, second)]
    for page in pages:
        confirm(page)
        expect(page.locator("h1")).to_have_text("결제되었습니다")
    assert len(payments_of(member)) == 2


def test_an_expired_token_is_renewed_without_a_word(reading: Reading, newcomer: Member) -> None:
    page = reading(newcomer).page
    asked: list[str] = []

    def expires_once(route: Route) -> None:
        asked.append(route.request.url)
        if len(asked) == 1:
            route.fulfill(status=401, json={"message": "Unauthorized"})
        else:
            route.fallback()

    page.route(re.compile(r"/api/wallets/[^/]+/payments\?"), expires_once)
    page.get_by_role("link", name="내역", exact=True).click()
    expect(page.locator("main")).to_contain_text("2021년 1월에는 결제가 없습니다.")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert len(asked) == 2


def test_a_session_that_ends_at_the_till_loses_nothing_that_was_typed(place: Place, new_visit: NewVisit) -> None:
    member = place.member(charged=50_000)
    visit = new_visit()
    page = at_the_till(place, visit, member, 7_700)
    page.route("**/oauth2/token", lambda route: route.fulfill(status=400, json={"error": "invalid_grant"}))
    page.route(
        PAYMENTS, lambda route: only_posts(route, lambda it: it.fulfill(status=401, json={"message": "Unauthorized"}))
    )
    confirm(page)
    ended = page.get_by_role("dialog", name="로그인 시간이 끝났습니다")
    expect(ended).to_be_visible()
    page.unroute("**/oauth2/token")
    page.unroute(PAYMENTS)
    ended.get_by_role("button", name="다시 로그인").click()
    visit.fill_in(member)
    # The outcome is unknown; asking for it makes the payment once.
    page.get_by_role("button", name="결과 확인하기").click()
    expect(page.locator("h1")).to_have_text("결제되었습니다")
    assert [paid["amount"] for paid in payments_of(member)] == [7_700]


def test_what_is_typed_survives_a_reload(place: Place, new_visit: NewVisit) -> None:
    member = place.member(charged=50_000)
    visit = new_visit()
    page = at_the_till(place, visit, member, 8_800)
    page.reload()
    page.get_by_role("button", name="로그인", exact=True).click()
    visit.fill_in(member)
    expect(page.locator("#amount")).to_have_value("8,800")


def test_too_little_money_is_a_sentence_and_a_way_on(place: Place, new_visit: NewVisit) -> None:
    page = new_visit().sign_in(place.member(charged=30_000), f"pay/{place.shops[SHOP]}")
    page.fill("#amount", "30001")
    expect(page.locator("section.quote")).to_contain_text("잔액이 모자랍니다.")
    expect(page.locator("form button[type=submit]")).to_be_disabled()
    page.locator("section.quote").get_by_role("link", name="충전 방법").click()
    expect(page.locator("h1")).to_have_text("충전 방법")


def test_a_view_without_answers_says_so_and_asks_again(reading: Reading, shopper: Member) -> None:
    visit = reading(shopper)
    page = visit.page
    again = page.get_by_role("button", name="다시 시도")
    for path in ("", "history", "shops", "policy", "limits", "me", "pay"):
        visit.go("nothing/here")
        page.route(
            "**/api/**",
            lambda route: route.fulfill(status=500, json={"message": "Internal Server Error"}, headers=AT_ONCE),
        )
        visit.go(path)
        expect(page.get_by_role("alert").first).to_contain_text("일시적인 문제", timeout=15_000)
        page.unroute("**/api/**")
        # A view may send several requests, which fail one after another.
        for _ in range(20):
            if again.count():
                again.first.click()
            settle(page)
            if again.count() == 0:
                break
        expect(page.get_by_role("alert")).to_have_count(0)
        expect(page.locator(".waiting")).to_have_count(0)


def test_what_is_not_mine_or_not_there_is_a_sentence_and_a_way_on(reading: Reading, newcomer: Member) -> None:
    visit = reading(newcomer)
    page = visit.page
    for path, way_on in (("payments/0176d07c-ab80-7e09-999e-2878dc65233b", "이용 내역"), ("shops/nowhere", "가맹점")):
        visit.go(path)
        expect(page.get_by_role("alert")).to_contain_text("찾는 내용이 없습니다.")
        page.locator("main").get_by_role("link", name=way_on).click()
        expect(page.get_by_role("heading", level=1, name=way_on)).to_be_visible()


@pytest.mark.parametrize("won", [1, 9_999_999_999, -1])
def test_amounts_of_any_length_fit(reading: Reading, shopper: Member, won: int) -> None:
    visit = reading(shopper, size=NARROW)

    def changed(route: Route) -> None:
        answer = route.fetch()
        body = answer.json()
        body["purses"] = {"charged": won, "cashback": -won}
        body["held"] = body["refund_pending"] = abs(won)
        body["used"] = {name: abs(won) for name in body["used"]}
        route.fulfill(response=answer, json=body)

    visit.page.route(re.compile(r"/api/wallets(/[^/]+)?$"), changed)
    page = visit.go("")
    expect(page.locator(".lines").first).to_contain_text(f"{abs(won):,}원")
    for path in ("", "limits", "top-up"):
        visit.go(path)
        settle(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_long_names_wrap(reading: Reading, shopper: Member) -> None:
    """A name of sixty letters."""
    visit = reading(shopper, size=NARROW)
    name = "인천광역시미추홀구주안로할머니손맛원조칼국수와만두전문점주안역본점" + "아주긴이름" * 5

    def named(route: Route) -> None:
        answer = route.fetch()
        payments = [{**each, "merchant_name": name} for each in answer.json()["payments"]]
        route.fulfill(response=answer, json={**answer.json(), "payments": payments})

    visit.page.route(re.compile(r"/api/wallets/[^/]+/payments\?"), named)
    page = visit.go("history")
    expect(page.locator("a.row").first).to_contain_text(name[:20])
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_nothing_personal_is_stored_or_in_addresses(place: Place, new_visit: NewVisit) -> None:
    member = place.member(charged=50_000)
    visit = new_visit()
    said: list[str] = []
    visit.page.on("console", lambda message: said.append(message.text))
    addresses: list[str] = []
    visit.page.on("framenavigated", lambda frame: addresses.append(frame.url))
    page = at_the_till(place, visit, member)
    # The draft of a payment is all that is stored, in this tab only, until the payment is made.
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    confirm(page)
    expect(page.locator("h1")).to_have_text("결제되었습니다")
    for path in ("me", "history", "limits", "top-up"):
        visit.go(path)
        settle(page)
    after = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    secrets = [member.wallet, member.card, member.name, sign_in.address(member.name), "eyJ"]
    own_pages = [address for address in addresses if "/oauth2/" not in address and "/login" not in address]
    for text in (kept, after, *said, *(address.split("?code=")[0] for address in own_pages)):
        assert [secret for secret in secrets if secret in text] == []
    assert list(json.loads(kept)[1]) == ["eeum-draft-payment"]
    assert json.loads(after)[1] == {}
    assert "code=" not in page.url
