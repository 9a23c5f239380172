"""The tills and the bank of a city under load: they send requests as clients must, and again under the same key after a 503."""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx

from bench.load.arrivals import Kind
from local.api import Api

TRIES = 5
RETRY_SECONDS = 0.2
"""Pause before the first repetition; each later one is twice as long."""
AMOUNTS = (1_000, 4_500, 12_000, 38_000)
TOPPED_UP = 50_000
REMEMBERED = 5_000
"""Number of earlier payments and holds that later requests refer to."""


@dataclass(frozen=True)
class Card:
    """A member's wallet and a card of it."""

    wallet_id: str
    token: str


@dataclass(frozen=True)
class Place:
    """Whom a load can use. `acquirer` and `bank` return an API with a valid token; they may be called by several threads."""

    acquirer: Callable[[], Api]
    bank: Callable[[], Api]
    cards: Sequence[Card]
    merchants: Sequence[str]


@dataclass(frozen=True)
class Answered:
    """One request until its last answer. `status` is 0 if no answer came; `decline` is a declined payment's code."""

    route: str
    seconds: float
    status: int
    decline: str | None
    sent_again: int


class Callers:
    """Sends one request of a kind; several threads may."""

    def __init__(self, place: Place, seed: int) -> None:
        self._place = place
        self._chance = random.Random(seed)
        self._lock = threading.Lock()
        self._paid: deque[Any] = deque(maxlen=REMEMBERED)
        self._held: deque[Any] = deque(maxlen=REMEMBERED)

    def send(self, kind: Kind, due: float) -> Answered:
        """Send a request that was `due` at this reading of the monotonic clock: its time begins then, also if it is sent later."""
        with self._lock:
            api, method, path, route, body = self._request(kind)
        answer, again = _until_answered(api, method, path, body)
        document = answer.json() if answer is not None and answer.content else {}
        self._remember(route, document)
        status = answer.status_code if answer is not None else 0
        decline = (
            document.get("decline") if isinstance(document, dict) and document.get("status") == "declined" else None
        )
        code = decline["code"] if isinstance(decline, dict) else decline
        return Answered(f"{method} {route}", time.monotonic() - due, status, code, again)

    def _request(self, kind: Kind) -> tuple[Api, str, str, str, dict[str, Any] | None]:
        card = self._chance.choice(self._place.cards)
        if kind is Kind.TOP_UP:
            body = {"amount": TOPPED_UP, "bank_reference": f"load-{uuid4().hex}"}
            return (
                self._place.bank(),
                "POST",
                f"/wallets/{card.wallet_id}/top_ups",
                "/wallets/{wallet_id}/top_ups",
                body,
            )
        if kind is Kind.CAPTURE and self._held:
            return self._of(self._held.popleft(), "captures", lambda amount: {"amount": amount})
        if kind is Kind.CANCELLATION and self._paid:
            return self._of(
                self._paid.popleft(), "cancellations", lambda amount: {"amount": self._chance.randint(1, amount)}
            )
        if kind is Kind.READ and self._paid:
            seen = self._chance.choice(self._paid)
            path = f"/wallets/{seen['wallet_id']}/payments/{seen['id']}"
            return self._place.acquirer(), "GET", path, "/wallets/{wallet_id}/payments/{payment_id}", None
        merchant = self._chance.choice(self._place.merchants)
        paid = {
            "card_token": card.token,
            "merchant_id": merchant,
            "amount": self._chance.choice(AMOUNTS),
            "capture": kind is not Kind.HOLD,
        }
        return self._place.acquirer(), "POST", "/payments", "/payments", paid

    def _of(
        self, payment: Any, what: str, body: Callable[[int], dict[str, Any]]
    ) -> tuple[Api, str, str, str, dict[str, Any]]:
        path = f"/wallets/{payment['wallet_id']}/payments/{payment['id']}/{what}"
        route = f"/wallets/{{wallet_id}}/payments/{{payment_id}}/{what}"
        return self._place.acquirer(), "POST", path, route, body(payment["amount"])

    def _remember(self, route: str, document: Any) -> None:
        if route != "/payments" or not isinstance(document, dict):
            return
        with self._lock:
            if document.get("status") == "approved":
                self._paid.append(document)
            elif document.get("status") == "held":
                self._held.append(document)


def _until_answered(api: Api, method: str, path: str, body: Any) -> tuple[httpx.Response | None, int]:
    """The last answer, and how often the request was sent again. None if the connection failed each time."""
    key = f"load-{uuid4().hex}" if method == "POST" else None
    answer: httpx.Response | None = None
    for again in range(TRIES):
        if again:
            time.sleep(RETRY_SECONDS * 2 ** (again - 1))
        try:
            answer = api.request(method, path, body, key=key)
        except httpx.TransportError:
            answer = None
            continue
        if (
            answer.status_code < httpx.codes.INTERNAL_SERVER_ERROR
            and answer.status_code != httpx.codes.TOO_MANY_REQUESTS
        ):
            return answer, again
    return answer, TRIES - 1
