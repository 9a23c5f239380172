"""`make screens`: pictures of every view of the resident's app, by language, screen size and contrast."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.web.chromium import ARGUMENTS, CHROMIUM
from tests.web.place import DESK, PHONE, Member, Place, Visit, context_of, open_place
from tests.web.views import views

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
        member = busy_member(place)
        for name, language, size, contrast in LOOKS:
            (folder / name).mkdir(parents=True, exist_ok=True)
            _take(place, browser, member, folder / name, language, size, contrast)
        browser.close()
    print(f"· {sum(1 for _ in folder.rglob('*.png'))} pictures are in {folder}.")
    return 0


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
    for number, (shop, amount) in enumerate(bought):
        paid = place.pay(member, shop, amount, f"{member.name}-pays-{number}")
        if number == 1:
            place.cancel(paid, 10_000, f"{member.name}-cancels")
    return member


def _take(
    place: Place, browser: Browser, member: Member, folder: Path, language: str, size: tuple[int, int], contrast: str
) -> None:
    context = context_of(browser, language, size)
    visit = Visit(place, context.new_page())
    page = visit.open("")
    if contrast == "more":
        page.locator(".tool").first.click()
    _picture(page, folder / "sign-in.png")
    visit.sign_in(member)
    for name, path in views(place, member).items():
        visit.go(path)
        _picture(page, folder / f"{name}.png")
    visit.go(f"pay/{place.shops['화수 약국']}")
    page.fill("#amount", "12000")
    expect(page.locator("section.quote .won").first).to_be_visible()
    _picture(page, folder / "pay-quote.png")
    page.locator("form button[type=submit]").click()
    _picture(page, folder / "pay-dialog.png", whole=False)
    context.close()


def _picture(page: Page, file: Path, *, whole: bool = True) -> None:
    page.wait_for_load_state("networkidle")
    expect(page.locator(".waiting, .waiting-word:not(.benefit *)")).to_have_count(0)
    page.evaluate(FLATTEN, whole)
    page.screenshot(path=file, full_page=whole)
    page.evaluate(FLATTEN, False)


if __name__ == "__main__":
    sys.exit(main())
