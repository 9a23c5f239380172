"""Fixtures of the browser tests: one city and one browser for all tests, and a context for each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from tests.web.chromium import ARGUMENTS, CHROMIUM
from tests.web.place import PHONE, Member, Place, Visit, context_of, open_place

NewVisit = Callable[..., Visit]
Reading = Callable[..., Visit]


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
def signed_in() -> dict[tuple[Any, ...], Visit]:
    """The tabs that tests which only read share, by member and look."""
    return {}


@pytest.fixture
def reading(
    place: Place, browser: Browser, signed_in: dict[tuple[Any, ...], Visit], request: pytest.FixtureRequest
) -> Iterator[Reading]:
    """A function that returns a signed-in tab: `reading(member, language="en", size=DESK)`.

    Tests share it, since signing in takes longer than most of what they look at. They change nothing that is stored. After a failure
    the tab is closed, and the next test signs in again.
    """
    used: dict[tuple[Any, ...], Visit] = {}
    failed_before = request.session.testsfailed

    def open_for(member: Member, language: str = "ko", size: tuple[int, int] = PHONE) -> Visit:
        look = (member.name, language, size)
        if look not in signed_in:
            visit = Visit(place, context_of(browser, language, size).new_page())
            visit.sign_in(member)
            leave(visit)
            signed_in[look] = visit
        used[look] = signed_in[look]
        return used[look]

    yield open_for
    complaints = [complaint for visit in used.values() for complaint in visit.complaints]
    for look, visit in used.items():
        visit.page.unroute_all(behavior="ignoreErrors")
        if complaints or request.session.testsfailed > failed_before:
            signed_in.pop(look).page.context.close()
        else:
            leave(visit)
    assert complaints == []


def leave(visit: Visit) -> None:
    """Go to a view without data, so that the next test's first view is drawn again and asks the API."""
    expect(visit.go("nothing/here").locator("h1")).to_have_text(re.compile("찾을 수 없는|no such page"))


@pytest.fixture(scope="session")
def newcomer(place: Place) -> Member:
    """A member without money and payments. Tests only read this member's data."""
    return place.member(name="newcomer")


@pytest.fixture(scope="session")
def shopper(place: Place) -> Member:
    """A member with a month of payments, one partly cancelled. Tests only read this member's data."""
    member = place.member(charged=300_000, name="shopper")
    bought = (("송도 다방", 12_000), ("연수 빵집", 34_500), ("화수 약국", 60_000))
    payments = [
        place.send_payment(member, shop, amount, f"shopper-pays-{number}")
        for number, (shop, amount) in enumerate(bought)
    ]
    place.city.drain()
    place.cancel(payments[1], 10_000, "shopper-cancels")
    return member
