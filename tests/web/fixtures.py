"""Fixtures of the browser tests: one city and one browser for all tests, and a context for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from tests.web.chromium import ARGUMENTS, CHROMIUM
from tests.web.place import Member, Place, Visit, context_of, open_place

NewVisit = Callable[..., Visit]


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with open_place(tmp_path_factory.mktemp("city")) as place:
        yield place


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=10_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def new_visit(place: Place, browser: Browser) -> Iterator[NewVisit]:
    """A function that opens tabs: `new_visit(language="en", size=DESK)`. Afterwards no script error or policy violation may be logged."""
    contexts: list[BrowserContext] = []
    visits: list[Visit] = []

    def make(beside: Visit | None = None, **options: Any) -> Visit:
        """A new tab; with `beside`, it shares that tab's storage."""
        context = beside.page.context if beside else context_of(browser, **options)
        if not beside:
            contexts.append(context)
        visits.append(Visit(place, context.new_page()))
        return visits[-1]

    yield make
    complaints = [complaint for visit in visits for complaint in visit.complaints]
    for context in contexts:
        for page in context.pages:
            page.unroute_all(behavior="ignoreErrors")
        context.close()
    assert complaints == []


@pytest.fixture(scope="session")
def shopper(place: Place) -> Member:
    """A member with a month of payments, one partly cancelled. Tests only read this member's data."""
    member = place.member(charged=300_000, name="shopper")
    for number, (shop, amount) in enumerate((("송도 다방", 12_000), ("연수 빵집", 34_500), ("화수 약국", 60_000))):
        paid = place.pay(member, shop, amount, f"shopper-pays-{number}")
        if number == 1:
            place.cancel(paid, 10_000, "shopper-cancels")
    return member
