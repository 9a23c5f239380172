"""A city with its front and its pages, and members who use it in a browser."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect

from local import building, inhabitants, sign_in, web
from local.api import Api
from local.city import City
from local.emulator import free_port
from local.failure import CityFailure
from local.roles import Tokens
from tests.web import past

#: The city opens in the month before, which is frozen when the tests begin.
OPENING = "2020-12-22T10:00:00+09:00"
#: A Tuesday in the month of the published policy, more than five years before any browser's clock.
BEGINNING = "2021-01-05T10:00:00+09:00"
PHONE, DESK = (360, 780), (1280, 900)
#: What a browser logs for an error answer, which some tests provoke.
_EXPECTED = "Failed to load resource"


@dataclass(frozen=True)
class Member:
    """A resident for one test only."""

    name: str
    api: Api
    wallet: str
    card: str


@dataclass
class Place:
    """The running city, from which tests get members and shops."""

    city: City
    tokens: Tokens
    shops: dict[str, str]
    elsewhere: str
    """The origin of another web app, which may call the API."""
    regular: Member = field(init=False)
    """A member since December, with a frozen month and payments of every kind. Tests only read this member's data."""
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def address(self) -> str:
        return f"http://localhost:{self.city.port}"

    def member(self, charged: int = 0, name: str | None = None) -> Member:
        """A new member with this loaded balance."""
        name = name or f"visitor-{next(self._numbers)}"
        self.city.signing.enrol(name, sign_in.RESIDENT_APP)
        own = self.city.api.as_caller(self.city.signing.token(name, sign_in.RESIDENT_APP))
        wallet = own.post("/wallets", {})
        if charged:
            transfer = {"amount": charged, "bank_reference": f"to-{name}"}
            answer = self.bank.post(f"/wallets/{wallet['id']}/top_ups", transfer, key=f"top-up-of-{name:->16}")
            if answer["status"] != "completed":
                raise CityFailure(f"The top-up of {name} was declined: {answer}")
        return Member(name, own, wallet["id"], wallet["cards"][0]["token"])

    @property
    def bank(self) -> Api:
        return self.city.api.as_caller(self.tokens.bank)

    @property
    def acquirer(self) -> Api:
        return self.city.api.as_caller(self.tokens.acquirer)

    @property
    def shopkeeper(self) -> Api:
        return self.city.api.as_caller(self.tokens.merchant)

    def pay(self, member: Member, shop: str, amount: int, key: str) -> dict[str, Any]:
        """Pay outside the browser, and wait for the cashback."""
        paid = self.send_payment(member, shop, amount, key)
        self.city.drain()
        return paid

    def send_payment(self, member: Member, shop: str, amount: int, key: str) -> dict[str, Any]:
        """Pay outside the browser; the cashback comes later."""
        body = {"merchant_id": self.shops[shop], "amount": amount}
        paid: dict[str, Any] = member.api.post(f"/wallets/{member.wallet}/payments", body, key=f"{key:->16}")
        return paid

    def hold(self, member: Member, shop: str, amount: int, key: str) -> dict[str, Any]:
        """Authorise a payment with the member's card, for later captures."""
        body = {"card_token": member.card, "merchant_id": self.shops[shop], "amount": amount, "capture": "later"}
        held: dict[str, Any] = self.acquirer.post("/payments", body, key=f"{key:->16}")
        return held

    def capture(self, held: dict[str, Any], amount: int, key: str) -> None:
        path = f"/wallets/{held['wallet_id']}/payments/{held['id']}/captures"
        self.acquirer.post(path, {"amount": amount}, key=f"{key:->16}")

    def void(self, held: dict[str, Any], key: str) -> None:
        self.acquirer.post(f"/wallets/{held['wallet_id']}/payments/{held['id']}/void", {}, key=f"{key:->16}")

    def cancel(self, payment: dict[str, Any], amount: int, key: str) -> None:
        path = f"/merchants/{payment['merchant_id']}/payments/{payment['id']}/cancellations"
        self.shopkeeper.post(path, {"amount": amount, "reason": "일부 반품"}, key=f"{key:->16}")
        self.city.drain()


@contextmanager
def open_place(data: Path) -> Iterator[Place]:
    """A city with its data below `data`, on free ports, with the pages of this checkout."""
    if missing := web.build():
        raise CityFailure(missing)
    elsewhere = f"http://localhost:{free_port()}"
    city = City(data, free_port(), emulator_port=free_port(), parameters={"AllowedOrigins": elsewhere})
    city.start(building.build(), OPENING)
    try:
        tokens = city.sign_everyone_in()
        shopkeeper = city.api.as_caller(tokens.merchant)
        # A second application with the same data returns the existing one.
        shops = {
            shop.name: str(shopkeeper.post("/merchants", shop.application())["id"]) for shop in inhabitants.shops()
        }
        place = Place(city, tokens, shops, elsewhere)
        place.regular, bought = past.december(place)
        city.move_clock(datetime.fromisoformat(BEGINNING))
        past.turn_the_year(city)
        past.january(place, place.regular, bought)
        yield place
    finally:
        city.abandon()  # nothing of it is read again


@dataclass
class Visit:
    """A tab of a member, or without a sign-in, with all errors that the browser logged."""

    place: Place
    page: Page
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", lambda said: self._complained(said.type, said.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _complained(self, kind: str, text: str) -> None:
        if kind == "error" and not text.startswith(_EXPECTED):
            self.complaints.append(text)

    def open(self, path: str) -> Page:
        """Open a page of the resident's app by its address."""
        self.page.goto(f"{self.place.address}/resident/{path}")
        return self.page

    def go(self, path: str) -> Page:
        """Go to another view as a link in the app does, without a new sign-in."""
        self.page.evaluate(
            "path => { history.pushState(null, '', path); dispatchEvent(new PopStateEvent('popstate')) }",
            f"/resident/{path}",
        )
        return self.page

    def sign_in(self, member: Member, path: str = "") -> Page:
        """Sign in through the sign-in page, and return to the requested view."""
        page = self.open(path)
        page.locator("main .button-large").first.click()
        self.fill_in(member)
        expect(page.locator("nav.menu")).to_be_visible()
        return page

    def fill_in(self, member: Member) -> None:
        """Fill in the sign-in page."""
        self.page.fill("#username", sign_in.address(member.name))
        self.page.fill("#password", sign_in.PASSWORD)
        self.page.locator("button.submit").click()


def context_of(browser: Browser, language: str = "ko", size: tuple[int, int] = PHONE, **options: Any) -> BrowserContext:
    """A context without stored data. Service workers are only for their own tests: other tests could not replace their answers."""
    settings = {"service_workers": "block", "reduced_motion": "reduce", **options}
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, locale=language, timezone_id="America/New_York", **settings
    )
    context.set_default_timeout(10_000)
    return context
