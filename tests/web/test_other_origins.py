"""A web app of another origin calls the API in a browser: only an origin that the city names, and only with what is allowed."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page

from local.emulator import HOST
from local.sign_in import RESIDENT_APP
from tests.web.place import Member, Place
from tests.web.views import payments_of

#: Sends a request as a script of the page does, and reports what the script may read of the answer.
FETCH = """([url, options]) => fetch(url, options).then(
  async answer => ({ status: answer.status, time: answer.headers.get('eeum-time'), body: await answer.json() }),
  problem => ({ refused: problem.name }),
)"""
REFUSED = {"refused": "TypeError"}


class _EmptyPage(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Another app</title>")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # as http.server names it
        """Nothing."""


@pytest.fixture
def page_at(browser: Browser) -> Iterator[Any]:
    """A function that opens an empty page at a port of this machine, and returns it."""
    servers: list[ThreadingHTTPServer] = []
    context = browser.new_context()

    def open_at(port: int) -> Page:
        servers.append(ThreadingHTTPServer((HOST, port), _EmptyPage))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        page = context.new_page()
        page.goto(f"http://localhost:{servers[-1].server_port}/")
        return page

    yield open_at
    context.close()
    for server in servers:
        server.shutdown()
        server.server_close()


def payment(place: Place, member: Member, **headers: str) -> list[Any]:
    """A payment's address and options for `fetch`."""
    token = place.city.signing.token(member.name, RESIDENT_APP)
    wanted = {
        "authorization": f"Bearer {token}",
        "content-type": "application/json",
        "idempotency-key": f"from-elsewhere-of-{member.name}",
        **headers,
    }
    body = json.dumps({"merchant_id": place.shops["송도 다방"], "amount": 4_000})
    return [
        f"{place.address}/api/wallets/{member.wallet}/payments",
        {"method": "POST", "headers": wanted, "body": body},
    ]


def test_an_app_of_a_named_origin_reads_and_pays(place: Place, page_at: Any) -> None:
    member = place.member(charged=50_000)
    page = page_at(urlsplit(place.elsewhere).port)
    assert page.evaluate("origin") == place.elsewhere
    policy = page.evaluate(FETCH, [f"{place.address}/api/policies/in_force", {}])
    assert policy["status"] == 200
    assert policy["time"].startswith("2021-01-05T")
    paid = page.evaluate(FETCH, payment(place, member))
    assert (paid["status"], paid["body"]["status"]) == (200, "approved")
    assert [each["amount"] for each in payments_of(member, "2021-01")] == [4_000]


def test_an_app_of_any_other_origin_reads_nothing_and_pays_nothing(place: Place, page_at: Any) -> None:
    member = place.member(charged=50_000)
    page = page_at(0)
    assert page.evaluate("origin") != place.elsewhere
    assert page.evaluate(FETCH, [f"{place.address}/api/policies/in_force", {}]) == REFUSED
    assert page.evaluate(FETCH, payment(place, member)) == REFUSED
    assert payments_of(member, "2021-01") == []


@pytest.mark.parametrize("options", [{"credentials": "include"}, {"method": "DELETE"}, {"headers": {"x-other": "1"}}])
def test_a_named_origin_may_do_no_more_than_the_city_allows(
    place: Place, page_at: Any, options: dict[str, Any]
) -> None:
    """Cookies, other methods and other headers are refused by the browser."""
    page = page_at(urlsplit(place.elsewhere).port)
    assert page.evaluate(FETCH, [f"{place.address}/api/policies/in_force", options]) == REFUSED
