"""A month of thousands of payments, stored in the city's table and read page by page through its API."""

from __future__ import annotations

import itertools
from dataclasses import replace

from playwright.sync_api import expect

from eeum.request import Request
from tests.web import past
from tests.web.fixtures import NewVisit
from tests.web.place import Member, Place

#: Ten pages. Each page reads through all payments of the wallet, so that this is ten times what a member makes in a year.
PAYMENTS = 2_000
PAGE = 200


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
    # A row of the middle opens, and going back finds the list.
    rows.nth(PAYMENTS // 2).click()
    expect(page.locator(".summary .tag")).to_have_text("승인 거절")
