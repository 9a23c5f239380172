"""The main tasks of residents, in both languages, on a phone and on a desktop."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect

from tests.web.fixtures import NewVisit, Reading
from tests.web.place import DESK, PHONE, Member, Place

SHOP = "송도 다방"
LOOKS = [("ko", PHONE), ("ko", DESK), ("en", PHONE), ("en", DESK)]


@pytest.mark.parametrize(("language", "size"), LOOKS)
def test_pay_with_the_quote_before_and_the_receipt_after(
    place: Place, new_visit: NewVisit, language: str, size: tuple[int, int]
) -> None:
    korean = language == "ko"
    member = place.member(charged=100_000)
    page = new_visit(language=language, size=size).sign_in(member)
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.locator(".won-big")).to_have_text("100,000원" if korean else "100,000 won")
    page.get_by_role("link", name="결제하기" if korean else "Pay", exact=True).first.click()
    page.select_option("#district", "yeonsu")
    page.get_by_role("link", name=re.compile(SHOP)).click()
    page.fill("#amount", "12000")
    expect(page.locator("#amount")).to_have_value("12,000")
    quote = page.locator("section.quote")
    expect(quote).to_contain_text("+1,200")
    page.locator("form button[type=submit]").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"{SHOP}에 12,000원을 결제하시겠습니까?" if korean else f"Pay 12,000 won to {SHOP}?")
    dialog.locator(".button").first.click()
    expect(page).to_have_url(re.compile("/resident/payments/.*receipt"))
    expect(page.locator("h1")).to_have_text("결제되었습니다" if korean else "Paid")
    why = page.locator("section", has=page.locator("#why"))
    expect(why).to_contain_text(
        "12,000원이 적립 대상이고, 기본 캐시백 10%가 적용되어 모두 1,200원을 받았습니다."
        if korean
        else "12,000 won of this payment earns cashback: Base cashback at 10%. You got 1,200 won.",
        timeout=20_000,
    )
    # The funders' shares add up to the reward.
    funders = [int(re.sub(r"\D", "", text)) for text in why.locator("dl .won").all_inner_texts()]
    assert sum(funders) == 1_200
    wallet = member.api.get(f"/wallets/{member.wallet}")
    assert wallet["purses"] == {"charged": 88_000, "cashback": 1_200}


def test_a_link_of_a_shop_opens_its_payment_after_signing_in(place: Place, new_visit: NewVisit) -> None:
    page = new_visit().sign_in(place.member(charged=50_000), f"pay/{place.shops[SHOP]}")
    expect(page.locator("h1")).to_have_text(f"{SHOP}에서 결제")


def test_shops_say_what_i_get_there_and_going_back_finds_the_list_as_it_was(reading: Reading, newcomer: Member) -> None:
    page = reading(newcomer).go("")
    page.get_by_role("link", name="가맹점", exact=True).click()
    page.select_option("#district", "dong")
    page.select_option("#category", "pharmacy")
    page.select_option("#amount", "50000")
    row = page.get_by_role("link", name=re.compile("화수 약국"))
    # The wallet is empty; the shop page still shows what a payment would earn.
    expect(row).to_contain_text("+5,000원")
    expect(row).to_contain_text("혜택+")
    row.click()
    expect(page.locator("h1")).to_have_text("화수 약국")
    page.go_back()
    expect(page.locator("#district")).to_have_value("dong")
    expect(page.locator("#category")).to_have_value("pharmacy")
    expect(row).to_contain_text("+5,000원")


def test_the_history_explains_what_a_cancellation_changed(reading: Reading, shopper: Member) -> None:
    page = reading(shopper).go("history")
    page.get_by_role("link", name=re.compile("연수 빵집")).click()
    expect(page.locator(".summary")).to_contain_text("일부 취소")
    refund = page.locator("section", has=page.locator("#refunds"))
    expect(refund).to_contain_text("10,000원 취소")
    expect(refund).to_contain_text("이 결제로 받은 캐시백 1,000원을 되돌렸습니다.")
    page.go_back()
    expect(page.locator("h1")).to_have_text("이용 내역")


def test_what_is_left_this_month_is_what_the_wallet_says(reading: Reading, shopper: Member) -> None:
    page = reading(shopper, language="en").go("limits")
    used = shopper.api.get(f"/wallets/{shopper.wallet}")["used"]["monthly-spend@2021-01"]
    expect(page.locator(".limit")).to_contain_text(f"{used:,} won of 1,000,000 won used")
    expect(page.locator(".limit")).to_contain_text(f"{500_000 - used:,} won left at 10% of Base cashback.")


def test_a_plan_counts_this_month_and_the_coming_policy(place: Place, reading: Reading, newcomer: Member) -> None:
    page = reading(newcomer).go(f"planner?shop={place.shops[SHOP]}")
    page.fill("#amount", "300000")
    now, july, _october = (page.locator("section.plan").nth(number) for number in range(3))
    expect(now).to_contain_text("+30,000원")
    expect(july).to_contain_text("2022년 7월 1일부터")
    expect(july).to_contain_text("+15,000원")


def test_anybody_reads_the_policy_in_plain_words(new_visit: NewVisit) -> None:
    page = new_visit().open("policy")
    expect(page.locator("main")).to_contain_text("월 50만원까지 10%, 100만원까지 1% 캐시백")
    coming = page.locator("section", has=page.locator("#coming"))
    expect(coming).to_contain_text("2022년 7월 1일부터")


def test_my_own_data_is_all_of_it(reading: Reading, shopper: Member) -> None:
    page = reading(shopper).go("me")
    with page.expect_download() as found:
        page.get_by_role("button", name="JSON으로 받기").click()
    own = json.loads(found.value.path().read_text(encoding="utf-8"))
    payments = shopper.api.get(f"/wallets/{shopper.wallet}/payments", month="2021-01")["payments"]
    assert own["months"][0]["payments"] == payments
    assert (
        own["months"][0]["cashback"]["total"]
        == shopper.api.get(f"/wallets/{shopper.wallet}/cashback", month="2021-01")["cashback"]
    )
    with page.expect_download() as found:
        page.get_by_role("button", name="결제 목록을 CSV로 받기").click()
    rows = found.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert len(rows) == 1 + len(payments)


def test_dates_are_the_citys_and_not_the_browsers(place: Place, new_visit: NewVisit) -> None:
    """The browser is in New York and another year, and its clock may change while the page is open."""
    visit = new_visit(language="en")
    visit.page.clock.install(time="2031-07-04T12:00:00")
    page = visit.sign_in(place.member(charged=30_000))
    expect(page.locator(".balance-at")).to_contain_text("Jan")
    page = visit.go("history")
    expect(page.locator(".month")).to_contain_text("January 2021")
    expect(page.get_by_role("button", name="Month after")).to_be_disabled()


def test_the_statement_of_a_month_that_is_not_final_says_so(reading: Reading, shopper: Member) -> None:
    page = reading(shopper).go("statements/2021-01")
    expect(page.locator("main")).to_contain_text("명세서는 아직 없습니다")
    page.get_by_role("link", name="이용 내역").click()
    expect(page.locator("h1")).to_have_text("이용 내역")


def test_signing_out_forgets_everything(place: Place, new_visit: NewVisit) -> None:
    page = new_visit().sign_in(place.member(charged=30_000), "me")
    page.get_by_role("button", name="로그아웃").click()
    expect(page.get_by_role("button", name="로그인")).to_be_visible()
    assert page.evaluate("sessionStorage.length") == 0
    page.go_back()
    expect(page.locator(".balance")).to_have_count(0)
