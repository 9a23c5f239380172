"""`make screens`: pictures of every view of the resident's app, by language, screen size and contrast."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.web.chromium import ARGUMENTS, CHROMIUM
from tests.web.place import DESK, PHONE, Member, Place, Visit, context_of, open_place
from tests.web.views import LOCAL_VIEWS, views, views_of_regular

#: Name, language, size, contrast.
LOOKS = [
    ("ko-360", "ko", PHONE, "normal"),
    ("ko-1280", "ko", DESK, "normal"),
    ("en-360", "en", PHONE, "normal"),
    ("en-1280", "en", DESK, "normal"),
    ("ko-360-contrast", "ko", PHONE, "more"),
]


#: Elements fixed to the bottom of a screen would cover the middle of a full-page picture. A script moves them: the pages' policy
#: forbids inline styles.
FLATTEN = """flat => {
  if (innerWidth >= 992) return
  for (const [selector, position] of [['.frame', 'relative'], ['.menu', 'absolute'], ['.actions-sticky', 'static']])
    for (const each of document.querySelectorAll(selector)) each.style.position = flat ? position : ''
}"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="make screens", description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    if CHROMIUM is None:
        print("make screens: Chromium is missing (Debian: apt-get install chromium fonts-nanum).", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as data, open_place(Path(data)) as place, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        take_all(place, browser, busy_member(place), folder)
        browser.close()
    print(f"· {sum(1 for _ in folder.rglob('*.png'))} pictures are in {folder}.")
    return 0


def take_all(place: Place, browser: Browser, member: Member, folder: Path) -> None:
    """Every view in every look, each look in a folder of its own."""
    expect.set_options(timeout=30_000)  # pictures are no measurement
    new = place.member()
    for name, language, size, contrast in LOOKS:
        (folder / name).mkdir(parents=True, exist_ok=True)
        taken = _Look(place, browser, folder / name, language, size, contrast)
        taken.of_member(member)
        taken.of_regular()
        taken.of_new(new)
        taken.of_local_page()


def busy_member(place: Place) -> Member:
    """A member with payments at five shops, one of them partly cancelled."""
    member = place.member(charged=400_000)
    bought = (
        ("송도 다방", 9_800),
        ("연수 빵집", 34_500),
        ("화수 약국", 60_000),
        ("온수 국수", 21_000),
        ("만석 책방", 46_000),
    )
    payments = [
        place.send_payment(member, shop, amount, f"{member.name}-pays-{number}")
        for number, (shop, amount) in enumerate(bought)
    ]
    place.city.drain()
    place.cancel(payments[1], 10_000, f"{member.name}-cancels")
    return member


class _Look:
    """One language, size and contrast, and the folder for its pictures."""

    def __init__(
        self, place: Place, browser: Browser, folder: Path, language: str, size: tuple[int, int], contrast: str
    ) -> None:
        self._place, self._browser, self._folder = place, browser, folder
        self._language, self._size, self._contrast = language, size, contrast

    @contextmanager
    def _visit(self) -> Iterator[Visit]:
        context = context_of(self._browser, self._language, self._size)
        if self._contrast == "more":
            context.add_init_script("localStorage.setItem('eeum-contrast', 'more')")
        try:
            yield Visit(self._place, context.new_page())
        finally:
            context.close()

    def _picture(self, page: Page, name: str, *, whole: bool = True) -> None:
        _picture(page, self._folder / f"{name}.png", whole=whole)

    def of_member(self, member: Member) -> None:
        with self._visit() as visit:
            page = visit.open("")
            self._picture(page, "sign-in")
            visit.sign_in(member)
            for name, path in views(self._place, member).items():
                visit.go(path)
                self._picture(page, name)
            self._of_a_payment(visit, page)

    def _of_a_payment(self, visit: Visit, page: Page) -> None:
        """The form with its faults, its quote, its question, and what is too much."""
        visit.go("")
        visit.go(f"pay/{self._place.shops['화수 약국']}")
        page.locator("form button[type=submit]").click()
        self._picture(page, "pay-fault")
        page.fill("#amount", "12000")
        expect(page.locator("section.quote .won").first).to_be_visible()
        self._picture(page, "pay-quote")
        page.locator("form button[type=submit]").click()
        self._picture(page, "pay-dialog", whole=False)
        page.keyboard.press("Escape")
        page.fill("#amount", "9000000")
        expect(page.locator("section.quote .note")).to_be_visible()
        self._picture(page, "pay-too-much")
        page.route("**/api/**", lambda route: route.fulfill(status=500, json={"message": "Internal Server Error"}))
        visit.go("history")
        expect(page.get_by_role("alert").first).to_be_visible(timeout=15_000)
        self._picture(page, "problem")
        page.unroute("**/api/**")

    def of_regular(self) -> None:
        with self._visit() as visit:
            page = visit.sign_in(self._place.regular)
            for name, path in views_of_regular(self._place).items():
                visit.go(path)
                self._picture(page, name)

    def of_new(self, member: Member) -> None:
        with self._visit() as visit:
            page = visit.sign_in(member)
            self._picture(page, "home-new")
            visit.go("history")
            self._picture(page, "history-new")
            page.context.set_offline(True)
            expect(page.locator("h1")).to_be_visible()
            self._picture(page, "offline")

    def of_local_page(self) -> None:
        with self._visit() as visit:
            for name, path in LOCAL_VIEWS.items():
                visit.page.goto(self._place.address + path)
                self._picture(visit.page, name)
            visit.page.goto(f"{self._place.address}/local/journal/{self._place.regular.wallet}")
            self._picture(visit.page, "local-wallet")


def _picture(page: Page, file: Path, *, whole: bool = True) -> None:
    page.wait_for_load_state("networkidle", timeout=60_000)
    expect(page.locator(".waiting, .waiting-word:not(.benefit *)")).to_have_count(0)
    for benefit in page.locator(".benefit").all():
        benefit.scroll_into_view_if_needed()
    expect(page.locator(".benefit .waiting-word")).to_have_count(0)
    page.evaluate("scrollTo(0, 0)")
    page.evaluate(FLATTEN, whole)
    page.screenshot(path=file, full_page=whole)
    page.evaluate(FLATTEN, False)


if __name__ == "__main__":
    sys.exit(main())
