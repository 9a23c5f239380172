"""Every view passes axe, fits narrow screens, and names itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.web.fixtures import NewVisit, Reading
from tests.web.place import DESK, PHONE, Member, Place
from tests.web.views import views, views_of_regular

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
NARROW = (320, 640)


def load_axe(page: Page) -> None:
    """Load axe by the debugger: the page's policy forbids inline scripts."""
    page.evaluate(AXE.read_text(encoding="utf-8"))


def assert_accessible(page: Page, name: str) -> None:
    found: dict[str, Any] = page.evaluate(
        "tags => axe.run(document, { runOnly: tags, resultTypes: ['violations'], preload: false })", TAGS
    )
    violations = [
        f"{name}: {each['id']}: {each['help']}: {[node['html'][:160] for node in each['nodes'][:3]]}"
        for each in found["violations"]
    ]
    assert violations == []


def settle(page: Page) -> None:
    """Wait until a view is drawn and has loaded its data; a list loads only what is in sight."""
    page.evaluate("new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    expect(page.locator(".waiting, .waiting-word:not(.benefit *)")).to_have_count(0, timeout=30_000)


@pytest.mark.parametrize(
    ("language", "size", "contrast"),
    [("ko", PHONE, "normal"), ("en", DESK, "normal"), ("ko", DESK, "more"), ("en", NARROW, "more")],
)
def test_no_view_violates_a_rule(
    place: Place, new_visit: NewVisit, shopper: Member, language: str, size: tuple[int, int], contrast: str
) -> None:
    visit = new_visit(language=language, size=size)
    page = visit.open("")
    if contrast == "more":
        page.get_by_role("button", name="고대비로 보기" if language == "ko" else "High contrast").click()
    load_axe(page)
    assert_accessible(page, "sign-in")
    visit.sign_in(shopper)
    load_axe(page)
    titles = set()
    for name, path in views(place, shopper).items():
        visit.go(path)
        settle(page)
        assert_accessible(page, name)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} is wider than {size[0]} px"
        titles.add(page.title())
    # Each view has its own title, which other months or states of the same view share.
    assert len(titles) >= 13


@pytest.mark.parametrize(("language", "size", "contrast"), [("ko", NARROW, "normal"), ("en", DESK, "more")])
def test_no_kind_of_payment_and_no_statement_violates_a_rule(
    place: Place, new_visit: NewVisit, language: str, size: tuple[int, int], contrast: str
) -> None:
    visit = new_visit(language=language, size=size)
    visit.page.add_init_script(f"localStorage.setItem('eeum-contrast', '{contrast}')")
    page = visit.sign_in(place.regular)
    load_axe(page)
    for name, path in views_of_regular(place).items():
        visit.go(path)
        settle(page)
        assert_accessible(page, name)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} is wider than {size[0]} px"


def test_the_dialog_of_a_payment_and_its_faults_are_accessible(place: Place, new_visit: NewVisit) -> None:
    page = new_visit().sign_in(place.member(charged=50_000), f"pay/{place.shops['송도 다방']}")
    load_axe(page)
    page.locator("form button[type=submit]").click()
    expect(page.locator("#amount")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("alert")).to_be_focused()
    assert_accessible(page, "faulty")
    page.fill("#amount", "5000")
    expect(page.locator("section.quote")).to_contain_text("+500원")
    page.locator("form button[type=submit]").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert_accessible(page, "dialog")


def test_a_new_view_has_the_focus_on_its_heading(reading: Reading, shopper: Member) -> None:
    page = reading(shopper).go("")
    for link, heading in (("가맹점", "가맹점"), ("내역", "이용 내역"), ("내 정보", "내 정보")):
        page.get_by_role("navigation", name="주 메뉴").get_by_role("link", name=link, exact=True).click()
        expect(page.get_by_role("heading", level=1, name=heading)).to_be_focused()
        expect(page).to_have_title(f"{heading} | e음 지갑")


def test_text_of_200_per_cent_still_fits(new_visit: NewVisit, place: Place, shopper: Member) -> None:
    """Tested with a window of half the width, which is what 200 % means to a browser."""
    visit = new_visit(size=(640, 900), device_scale_factor=1)
    page = visit.sign_in(shopper)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    for name, path in views(place, shopper).items():
        visit.go(path)
        settle(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name


def test_pay_by_keyboard_alone(place: Place, new_visit: NewVisit) -> None:
    page = new_visit().sign_in(place.member(charged=50_000))
    # The next link must exist before the Tab key can reach it.
    expect(page.locator(".balance")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="본문으로 건너뛰기")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="결제하기")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_be_focused()
    tab_to(page, "#district")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#district")).to_have_value("yeonsu")
    expect(page.get_by_role("link", name="송도 다방")).to_be_visible()
    tab_to(page, "a.row")
    page.keyboard.press("Enter")
    tab_to(page, "#amount")
    page.keyboard.type("7000")
    expect(page.locator("section.quote")).to_contain_text("+700원")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.locator("#amount")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("button").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("결제되었습니다")


def tab_to(page: Page, selector: str, most: int = 40) -> None:
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} is not reached by the keyboard")
