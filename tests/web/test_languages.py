"""Dates are named in the language of the page, whatever the browser speaks."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.web.fixtures import NewVisit
from tests.web.place import Place
from tests.web.test_accessibility import settle

#: A browser names the parts of these fields in its own language.
NATIVE = ", ".join(f"input[type={kind}]" for kind in ("date", "month", "week", "time", "datetime-local"))
DATES = {
    "ko": re.compile(r"\d+년|\d+월"),
    "en": re.compile(r"\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)(?:[a-z]+)?\b"),
}
#: Each text of the page, also of choices that are not open, on a line of its own.
TEXTS = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  const texts = [document.title]
  while (walker.nextNode()) texts.push(walker.currentNode.data)
  return texts.join('\\n')
}"""
CHOOSE = {"ko": "한국어", "en": "English"}
PATHS = (
    *("resident/", "resident/history", "resident/history?month=2020-12", "resident/statements/2020-12"),
    *("resident/me", "resident/limits", "resident/planner", "resident/policy"),
)


@pytest.mark.parametrize(("pages", "browsers"), [("ko", "en"), ("en", "ko")])
def test_dates_are_named_in_the_language_of_the_page(
    place: Place, new_visit: NewVisit, pages: str, browsers: str
) -> None:
    visit = new_visit(language=browsers)
    page = visit.open("")
    page.get_by_role("button", name=CHOOSE[pages]).click()
    visit.sign_in(place.regular)
    for path in PATHS:
        visit.go(path.removeprefix("resident/"))
        settle(page)
        text = page.evaluate(TEXTS)
        assert DATES[browsers].findall(text) == [], path
        if path not in {"resident/planner"}:  # its dates come with the first amount
            assert DATES[pages].findall(text), path
        assert page.locator(NATIVE).count() == 0, path


def test_a_past_day_and_the_months_of_an_export_are_chosen_by_their_names(place: Place, new_visit: NewVisit) -> None:
    visit = new_visit(language="en")
    page = visit.open("")
    page.get_by_role("button", name="한국어").click()
    visit.sign_in(place.regular, "me")
    day = page.get_by_role("group", name="날짜")
    day.get_by_label("연도").select_option("2020년")
    day.get_by_label("월", exact=True).select_option("12월")
    day.get_by_label("일", exact=True).select_option("31일")
    page.get_by_role("button", name="잔액 보기").click()
    past = page.locator("section", has=page.locator("#past"))
    expect(past).to_contain_text("2020년 12월 31일 24시 기준 잔액")
    at = "2020-12-31T23:59:59.999+09:00"
    balances = place.regular.api.get(f"/wallets/{place.regular.wallet}/balances", at=at)
    expect(past.locator(".facts .won").first).to_have_text(f"{balances['purses']['charged']:,}원")
    page.get_by_label("첫 달").select_option("2020년 12월")
    with page.expect_download() as found:
        page.get_by_role("button", name="JSON으로 받기").click()
    assert found.value.suggested_filename == "e-eum-2020-12-2021-01.json"


def test_the_clock_of_the_local_city_is_moved_by_names_of_the_page(place: Place, new_visit: NewVisit) -> None:
    page = new_visit(language="ko").page
    page.goto(f"{place.address}/local/clock")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("group", name="Move to").get_by_label("Month").locator("option").first).to_have_text(
        "January"
    )
    assert page.locator(NATIVE).count() == 0
    assert DATES["ko"].findall(page.evaluate(TEXTS)) == []
