"""A month with far more payments than members make: thousands that are stored, and 20,000 that the API's answers are filled with."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, Route, expect

from eeum.request import Request
from tests.web import past
from tests.web.fixtures import NewVisit, Reading
from tests.web.place import Member, Place
from tests.web.views import payments_of

#: Ten pages. Each page reads through all payments of the wallet, so that this is ten times what a member makes in a year.
PAYMENTS = 2_000
#: What one answer of the API has.
PAGE = 200
#: Far more than a member makes; the page is filled by answers like the API's.
MANY = 20_000
#: Rows in one such answer: more than the API's, so that the test has less to wait for.
ANSWER = 1_000
#: The most of a processor that the browser may take to draw a page of rows, however many rows are there.
DRAWN_SECONDS = 2.5


def fill(place: Place, member: Member, payments: int) -> None:
    """Store declined payments with the product's store: they post nothing, so that no function works on them for minutes."""
    place.pay(member, "송도 다방", 1, f"{member.name}-declined")
    store = past.composition_of(place.city).payments(past.WithTime())
    (declined,) = store.of_month(member.wallet, "2021-01", None).payments
    requests = (
        Request.of(declined.acceptance.caller, member.wallet, f"attempt-{number:->12}", {})
        for number in range(payments - 1)
    )
    copies = (replace(declined, acceptance=each.accept(declined.acceptance.accepted_at)) for each in requests)
    while some := tuple(itertools.islice(copies, 100)):
        store.record_declines(some)


def test_thousands_of_payments_come_page_by_page(place: Place, new_visit: NewVisit) -> None:
    member = place.member()
    fill(place, member, PAYMENTS)
    page = new_visit().sign_in(member, "history")
    rows = page.locator("a.row")
    for shown in range(PAGE, PAYMENTS + 1, PAGE):
        if shown > PAGE:
            page.get_by_role("button", name="더 보기").click()
        # A busy machine may answer too late for the app, which then offers to ask again.
        again = page.get_by_role("button", name="다시 시도")
        expect(rows.nth(shown - 1).or_(again.first)).to_be_visible(timeout=60_000)
        if again.count():
            again.first.click()
        expect(rows).to_have_count(shown, timeout=60_000)
    expect(page.get_by_role("button", name="더 보기")).to_have_count(0)
    expect(page.locator("main")).to_contain_text(f"{PAYMENTS:,}건을 모두 보여 드렸습니다.")
    addresses = rows.evaluate_all("rows => rows.map(row => row.href)")
    assert len(set(addresses)) == PAYMENTS
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    # A row of the middle opens.
    rows.nth(PAYMENTS // 2).click()
    expect(page.locator(".summary .tag")).to_have_text("승인 거절")


def test_20_000_payments_stay_quick_and_within_reach_of_the_keyboard(reading: Reading, shopper: Member) -> None:
    visit = reading(shopper)
    page = visit.page
    (paid, *_) = payments_of(shopper, "2021-01")
    page.route(re.compile(r"/api/wallets/[^/]+/payments\?"), lambda route: fill_page(route, paid))
    work = Work(page)
    visit.go("history")
    rows = page.locator("a.row")
    expect(rows).to_have_count(ANSWER)
    took = [work.since()]
    more = page.get_by_role("button", name="더 보기")
    # By keyboard: the first of the new rows has the focus, and the rest follow.
    more.focus()
    page.keyboard.press("Enter")
    expect(rows).to_have_count(2 * ANSWER)
    expect(rows.nth(ANSWER)).to_be_focused()
    page.keyboard.press("Tab")
    expect(rows.nth(ANSWER + 1)).to_be_focused()
    work.since()
    for shown in range(3 * ANSWER, MANY + 1, ANSWER):
        more.dispatch_event("click")
        page.wait_for_function("shown => document.querySelectorAll('a.row').length === shown", arg=shown, polling=100)
        took.append(work.since())
    expect(more).to_have_count(0)
    expect(page.locator("main")).to_contain_text(f"{MANY:,}건을 모두 보여 드렸습니다.")
    assert max(took) < DRAWN_SECONDS, f"first {took[0]:.2f} s, last {took[-1]:.2f} s, longest {max(took):.2f} s"
    # The last row is reached and opened by keyboard.
    rows.last.focus()
    expect(rows.last).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("결제 상세")


def fill_page(route: Route, paid: dict[str, Any]) -> None:
    """A page of the API's answer, with copies of one payment over the days of the month, the latest first."""
    first = int(parse_qs(urlsplit(route.request.url).query).get("cursor", ["0"])[0])
    payments = [
        {
            **paid,
            "id": paid["id"] if number == MANY - 1 else f"{paid['id'][:-5]}{number:05}",
            "accepted_at": f"2021-01-{31 - number * 31 // MANY:02}T12:00:00+09:00",
        }
        for number in range(first, first + ANSWER)
    ]
    cursor = str(first + ANSWER) if first + ANSWER < MANY else None
    route.fulfill(json={"payments": payments, "cursor": cursor}, headers={"Eeum-Time": "2021-01-31T12:00:00+09:00"})


class Work:
    """What the page's thread has worked, in seconds of a processor: other programs do not change it."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._session = page.context.new_cdp_session(page)
        self._session.send("Performance.enable", {"timeDomain": "threadTicks"})
        self._before = 0.0
        self.since()

    def since(self) -> float:
        """The work since this was asked last, until the page is drawn."""
        self._page.evaluate("new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
        metrics = {each["name"]: each["value"] for each in self._session.send("Performance.getMetrics")["metrics"]}
        before, self._before = self._before, metrics["TaskDuration"]
        return float(self._before - before)
