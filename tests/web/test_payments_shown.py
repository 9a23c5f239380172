"""Holds, baskets, refunds and statements, as the app shows them in the list and on their own pages."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.web.fixtures import Reading
from tests.web.place import DESK, PHONE, Place
from tests.web.views import payments_of, regular_payments

#: By the name of a payment: its mark, its amount, and further words that its page must have; Korean and English.
SHOWN = {
    "held": (
        ("승인 보류", "21,000원", ["아직 보류 중인 금액", "1월 12일"]),
        ("On hold", "21,000 won", ["Still on hold", "12 Jan"]),
    ),
    "partly-captured": (
        ("일부 매입", "36,000원", ["가맹점이 매입한 금액", "20,000원", "16,000원", "+2,000원"]),
        ("Partly captured", "36,000 won", ["Captured by the shop", "20,000 won", "16,000 won", "+2,000 won"]),
    ),
    "captured": (
        ("매입 완료", "18,000원", ["1차 매입", "1,000원", "2차 매입", "800원", "+1,800원"]),
        ("Captured", "18,000 won", ["Capture 1", "1,000 won", "Capture 2", "800 won", "+1,800 won"]),
    ),
    "released": (
        ("매입 완료", "15,000원", ["승인 금액", "27,000원", "지갑으로 돌아온 금액", "+12,000원", "+1,500원"]),
        (
            "Captured",
            "15,000 won",
            ["Authorised", "27,000 won", "Returned to your wallet", "+12,000 won", "+1,500 won"],
        ),
    ),
    "voided": (
        ("승인취소", "15,000원", ["+15,000원", "캐시백이 없습니다"]),
        ("Voided", "15,000 won", ["+15,000 won", "there is no cashback"]),
    ),
    "expired": (
        ("기간 만료", "25,000원", ["기한 안에 매입하지 않아", "+25,000원"]),
        ("Expired", "25,000 won", ["did not capture it in time", "+25,000 won"]),
    ),
    "basket": (("결제 완료", "5,500원", ["+550원"]), ("Paid", "5,500 won", ["+550 won"])),
    "basket-declined": (
        ("승인 거절", "9,000원", ["함께 결제하려던 다른 건이 승인되지 않아"]),
        ("Declined", "9,000 won", ["Another payment that was to be made together"]),
    ),
}
LOOKS = [("ko", PHONE), ("en", DESK)]
GONE = {"voided", "expired", "basket-declined"}


def words(page: Page, name: str, language: str) -> tuple[str, str, list[str]]:
    return SHOWN[name][0 if language == "ko" else 1]


def row_of(page: Page, payment: dict[str, Any]) -> Locator:
    return page.locator(f"a.row[href$='{payment['id']}']")


@pytest.mark.parametrize(("language", "size"), LOOKS)
def test_each_kind_of_payment_is_marked_in_the_list(
    place: Place, reading: Reading, language: str, size: tuple[int, int]
) -> None:
    visit = reading(place.regular, language, size)
    page = visit.go("history")
    payments = regular_payments(place)
    for name in SHOWN:
        if name == "expired":
            visit.go("history?month=2020-12")
        elif name == "basket":
            visit.go("history?month=2021-01")
        mark, amount, _ = words(page, name, language)
        row = row_of(page, payments[name])
        expect(row).to_contain_text(amount)
        if name not in {"captured", "released", "basket"}:  # simply paid, which needs no mark
            expect(row.locator(".tag")).to_have_text(mark)
        expect(row.locator(".won-gone")).to_have_count(int(name in GONE))


@pytest.mark.parametrize(("language", "size"), LOOKS)
def test_each_kind_of_payment_has_its_story_on_its_page(
    place: Place, reading: Reading, language: str, size: tuple[int, int]
) -> None:
    visit = reading(place.regular, language, size)
    page = visit.page
    for name, payment in regular_payments(place).items():
        if name not in SHOWN:
            continue
        mark, amount, story = words(page, name, language)
        visit.go(f"payments/{payment['id']}")
        expect(page.locator(".summary .tag")).to_have_text(mark)
        expect(page.locator(".summary .won-big")).to_have_text(amount)
        for said in story:
            expect(page.locator("main")).to_contain_text(said)


def test_a_cancelled_payment_shows_what_came_back_and_what_is_left_of_its_cashback(
    place: Place, reading: Reading
) -> None:
    """A payment of December, cancelled in part in December and the rest in January."""
    cancelled = regular_payments(place)["cancelled"]
    page = reading(place.regular).go("history?month=2020-12")
    row = row_of(page, cancelled)
    expect(row.locator(".won-gone")).to_have_text("68,000원")
    expect(row).not_to_contain_text("캐시백")
    row.click()
    why = page.locator("section", has=page.locator("#why"))
    expect(why.locator(".facts").first).to_have_text(re.compile("취소로 달라진 캐시백−6,800원지금까지의 캐시백0원"))
    refunds = page.locator("article.refund")
    expect(refunds).to_have_count(2)
    expect(refunds.first).to_contain_text("18,000원 취소")
    expect(refunds.first).to_contain_text("사유: 일부 반품")
    expect(refunds.first).to_contain_text("충전금으로 돌아온 금액+18,000원")
    expect(refunds.last).to_contain_text("이 결제로 받은 캐시백 5,000원을 되돌렸습니다.")


@pytest.mark.parametrize(("language", "size"), LOOKS)
def test_a_frozen_month_has_a_statement_that_adds_up(
    place: Place, reading: Reading, language: str, size: tuple[int, int]
) -> None:
    korean = language == "ko"
    page = reading(place.regular, language, size).go("history?month=2020-12")
    page.get_by_role("link", name="명세서 보기" if korean else "See the statement").click()
    expect(page.locator("h1")).to_have_text("2020년 12월 명세서" if korean else "Statement of December 2020")
    expect(page.locator(".statement-head .tag")).to_have_text("확정" if korean else "Final")
    body = place.regular.api.get(f"/wallets/{place.regular.wallet}/statements/2020-12")
    start, end = (sum(body[when].values()) for when in ("start", "end"))
    unit = "원" if korean else " won"
    expect(page.locator(".statement-head .won-big")).to_have_text(f"{end:,}{unit}")
    flows = page.locator("table").first
    shown = [won(text) for text in flows.locator("tbody .won").all_inner_texts()]
    assert won(flows.locator("tfoot .won").inner_text()) == sum(shown) == end - start
    # Top-ups, cashback, refunds, payments and captures; a hold moves nothing out of the wallet.
    assert sorted(shown) == sorted([480_000, body["cashback"]["won"], 18_000, -110_000, -30_000])
    expect(page.locator("main")).to_contain_text("승인 보류 55,000원" if korean else "holds 55,000 won")
    funders = page.locator("table").nth(2)
    assert sum(won(text) for text in funders.locator("tbody .won").all_inner_texts()) == body["cashback"]["won"]


def test_what_is_on_hold_is_not_spendable_and_has_its_line(place: Place, reading: Reading) -> None:
    page = reading(place.regular).go("")
    wallet = place.regular.api.get(f"/wallets/{place.regular.wallet}")
    open_holds = [each["held"] for each in payments_of(place.regular, "2021-01") if each["held"]]
    assert wallet["held"] == sum(open_holds) == 37_000
    expect(page.locator(".balance .won-big")).to_have_text(f"{sum(wallet['purses'].values()):,}원")
    expect(page.locator("section", has=page.locator("#purses"))).to_contain_text(re.compile("승인 보류액.*37,000원"))


def won(text: str) -> int:
    """The number of an amount as the page writes it."""
    return int(re.sub(r"[^\d−]", "", text).replace("−", "-"))
