"""The public page in a browser without JavaScript: complete, accessible, and within the policy that the distribution sends."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from public_page.pages import Site, site
from tests.public_page import made_up
from tests.public_page.made_up_programme import programme
from tests.template.template import resources
from tests.web.place import DESK, PHONE
from tests.web.test_accessibility import NARROW, assert_accessible, load_axe

TYPES = {"html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8", "csv": "text/csv; charset=utf-8"}
LARGEST_PAGE = 200_000


def policy() -> str:
    config = resources("AWS::CloudFront::ResponseHeadersPolicy")["WebHeaders"]["ResponseHeadersPolicyConfig"]
    text: str = config["SecurityHeadersConfig"]["ContentSecurityPolicy"]["ContentSecurityPolicy"]["Fn::Sub"][0]
    return text.replace("${AWS::Region}", "region").replace("${Residents}", "https://a").replace("${StaffSignIn}", "b")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A server of the site's files with the distribution's policy; what it sent is counted in `sent`."""
    made: Site = site(json.dumps(made_up.release()).encode(), programme(), "incheon")
    headers = policy()

    class Files(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.removeprefix("/")
            path += "index.html" if path.endswith("/") else ""
            body = made.files.get(path)
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Type", TYPES.get(path.rpartition(".")[2], "application/json"))
            self.send_header("Content-Security-Policy", headers)
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Files)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def opened(browser: Browser, url: str, size: tuple[int, int], **options: Any) -> tuple[Page, list[str]]:
    """A page in a context of its own, and what the browser complains about: faults and violations of the policy."""
    width, height = size
    context = browser.new_context(viewport={"width": width, "height": height}, **options)
    page, complaints = context.new_page(), []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("response", lambda answer: complaints.append(answer.url) if answer.status >= 400 else None)
    page.goto(url)
    return page, complaints


@pytest.mark.parametrize(
    ("language", "size", "contrast"),
    [
        ("ko", PHONE, "no-preference"),
        ("en", DESK, "no-preference"),
        ("en", NARROW, "more"),
        ("ko", DESK, "more"),
        ("en", PHONE, "no-preference"),
    ],
)
def test_the_page_violates_no_rule_and_fits(
    browser: Browser, address: str, language: str, size: tuple[int, int], contrast: str
) -> None:
    page, complaints = opened(browser, f"{address}/{language}/", size, contrast=contrast)
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    load_axe(page)
    assert_accessible(page, f"{language} {size} {contrast}")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("document.documentElement.lang") == language
    assert complaints == []
    page.context.close()


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_page_is_complete_and_small_without_javascript(browser: Browser, address: str, language: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page, received = context.new_page(), []
    page.on("response", lambda answer: received.append(answer))  # noqa: PLW0108  # Playwright marks the callback
    page.goto(f"{address}/{language}/")
    figures = page.locator("figure").count()
    assert figures == 9
    assert page.locator("figure svg[role=img]").count() == figures
    assert {"ko": "2조 8,620억 원", "en": "KRW 2.862 trillion"}[language] in page.locator("main").inner_text()
    summary = page.locator("figure summary").first
    summary.click()
    assert page.locator("figure details[open] table").first.is_visible()
    assert len(received) == 2, received
    assert sum(len(answer.body()) for answer in received) <= LARGEST_PAGE
    context.close()


def test_words_of_a_chart_do_not_overlap_their_neighbours(browser: Browser, address: str) -> None:
    """On the narrowest phone, no text of a tile leaves its tile by more than a few pixels."""
    for language in ("ko", "en"):
        page, _ = opened(browser, f"{address}/{language}/", PHONE)
        wide = page.evaluate(
            """() => {
                const wide = each => each.getBoundingClientRect().width
                const tile = wide(document.querySelector('.chart-tiles rect[rx="8"]'))
                const texts = [...document.querySelectorAll('.chart-tiles text')]
                return texts.filter(each => wide(each) > 1.05 * tile).map(each => each.textContent)
            }"""
        )
        assert wide == []
        page.context.close()


def test_the_other_language_and_the_data_are_one_click_away(browser: Browser, address: str) -> None:
    page, _ = opened(browser, f"{address}/ko/", DESK)
    page.get_by_role("link", name="English").click()
    assert page.evaluate("document.documentElement.lang") == "en"
    with page.expect_download() as download:
        page.locator("#chart-payments_by_month").get_by_role("link", name="Download CSV").click()
    assert download.value.suggested_filename == "payments_by_month.csv"
    page.context.close()


def test_the_keyboard_reaches_the_content_first(browser: Browser, address: str) -> None:
    page, _ = opened(browser, f"{address}/ko/", PHONE)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "본문으로 건너뛰기"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    page.context.close()
