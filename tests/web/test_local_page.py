"""The local city's page in a browser: running services, links to the apps, the API, the clock and the journal."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("playwright", reason="browser tests run in the environment `browser`")
from playwright.sync_api import Page, expect

from local import inhabitants
from tests.web.fixtures import NewVisit
from tests.web.place import DESK, PHONE, Place
from tests.web.test_accessibility import assert_accessible, settle

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
VIEWS = ("/", "/local/reference", "/local/clock", "/local/journal", "/local/messages", "/local/day")


def opened(place: Place, new_visit: NewVisit, path: str = "/", **options: Any) -> Page:
    page = new_visit(**{"size": DESK, "language": "en", **options}).page
    page.goto(place.address + path)
    expect(page.locator("h1")).to_be_visible()
    settle(page)
    return page


@pytest.mark.parametrize(("language", "size"), [("ko", PHONE), ("en", DESK)])
def test_no_view_violates_a_rule_and_each_fits(place: Place, new_visit: NewVisit, language: str, size: Any) -> None:
    page = opened(place, new_visit, language=language, size=size)
    wallet = page.evaluate("fetch('/local/api/city').then(answer => answer.json()).then(city => city.opened.wallet)")
    titles = set()
    for path in (*VIEWS, f"/local/journal/{wallet}"):
        page.goto(place.address + path)
        expect(page.locator("h1")).to_be_visible()
        settle(page)
        # The policy forbids inline scripts; the debugger loads axe.
        page.evaluate(AXE.read_text(encoding="utf-8"))
        assert_accessible(page, path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        titles.add(page.title())
    assert len(titles) == len(VIEWS) + 1


def test_one_click_opens_the_residents_app_as_a_resident(place: Place, new_visit: NewVisit) -> None:
    page = opened(place, new_visit)
    page.get_by_role("link", name=re.compile(inhabitants.RESIDENTS[1])).click()
    page.wait_for_url("**/resident/**")
    expect(page.locator("nav.menu")).to_be_visible()
    # The loaded balance that the bank credited when the city was opened.
    expect(page.locator("main")).to_contain_text("300,000")
    assert "code=" not in page.url


def test_an_operation_of_the_reference_is_sent_as_its_role(place: Place, new_visit: NewVisit) -> None:
    page = opened(place, new_visit, "/local/reference")
    page.get_by_label("Find").fill("get /wallets/{wallet_id} own wallet")
    operation = page.locator("details.local-operation").filter(has_text="One's own wallet").first
    operation.locator("summary").click()
    expect(operation.get_by_label("wallet_id")).to_have_value(str(place.city.opened and place.city.opened.wallet))
    operation.get_by_role("button", name="Send").click()
    expect(operation.locator(".local-answer pre")).to_contain_text('"purses"')

    operation.get_by_label("Send as").select_option(label="No token")
    operation.get_by_role("button", name="Send").click()
    expect(operation.locator(".local-answer [role=status]")).to_contain_text("401")


def test_the_clock_moves_and_the_page_shows_how_far_it_is(place: Place, new_visit: NewVisit) -> None:
    page = opened(place, new_visit, "/local/clock")
    before = place.city.clock.now()
    page.get_by_role("button", name="An hour later").click()
    expect(page.locator("progress").first).to_be_visible()
    expect(page.locator(".note-info")).to_contain_text("The city’s time is now", timeout=60_000)
    assert place.city.clock.now() - before >= timedelta(hours=1)

    move_to = page.get_by_role("button", name="Move to this time")
    page.get_by_label("Time", exact=True).fill("25:00")
    move_to.click()
    expect(page.locator("#at-fault")).to_contain_text("on a 24-hour clock")
    page.get_by_role("group", name="Move to").get_by_label("Day").select_option(f"{before:%d}")
    page.get_by_label("Time", exact=True).fill("0:00")
    move_to.click()
    expect(page.get_by_role("alert")).to_contain_text("never runs backwards")


def test_a_payment_is_read_in_the_journal(place: Place, new_visit: NewVisit) -> None:
    member = place.member(charged=50_000)
    place.pay(member, "송도 다방", 12_000, f"{member.name}-in-the-journal")
    page = opened(place, new_visit, "/local/journal")
    page.get_by_role("link", name=member.name, exact=True).click()
    entries = page.locator(".local-entries > li")
    expect(entries).to_have_count(3)
    for entry in entries.all():
        expect(entry.locator("tfoot")).to_contain_text(re.compile(r"(?<![\d,])0 won"))


def test_logs_of_a_function_are_shown(place: Place, new_visit: NewVisit) -> None:
    place.member(charged=30_000)
    page = opened(place, new_visit, "/local/messages")
    page.get_by_label("Function", exact=True).select_option("MemberWalletFunction")
    expect(page.locator(".local-log")).to_be_visible()
