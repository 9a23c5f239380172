"""Clients that pay, hold, capture, cancel and top up continuously, and keep every request with its answer."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import uuid4

from local import sign_in
from local.api import Api
from local.city import City
from local.failure import CityFailure
from local.roles import Tokens

ANSWERED = frozenset({200, 201})
WHY = "Upgrade drill"
CHARGED = 500_000


class Request(NamedTuple):
    """A request of a partner: what it may send again, with its own key."""

    caller: str
    path: str
    body: dict[str, Any]
    key: str


class Answered(NamedTuple):
    """A request with the answer that its caller relies on."""

    request: Request
    answer: dict[str, Any]


class Record:
    """Every request that was answered, in order; threads share it."""

    def __init__(self, api: Callable[[], Api], tokens: Tokens) -> None:
        self.answered: list[Answered] = []
        self._api = api
        self._tokens = tokens
        self._lock = threading.Lock()

    def ask(self, caller: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Repeat a request until it is answered. Raises `CityFailure` when it is refused, or never answered."""
        request = Request(caller, path, body, f"drill-{uuid4()}")
        answer = self.send(request)
        with self._lock:
            self.answered.append(Answered(request, answer))
        return answer

    def send(self, request: Request) -> dict[str, Any]:
        """The answer to a request, old or new."""
        api = self._api().as_caller(getattr(self._tokens, request.caller))
        response = api.request("POST", request.path, request.body, key=request.key)
        if response.status_code not in ANSWERED:
            raise CityFailure(f"POST {request.path} answered {response.status_code}: {response.text[:300]}")
        answer: dict[str, Any] = response.json()
        return answer


@dataclass(frozen=True)
class Member:
    """A resident with a wallet."""

    wallet: str
    card: str
    path: str


def arrive(city: City, record: Record, name: str) -> Member:
    """A resident who is new to the city, with money in the wallet."""
    city.signing.enrol(name, sign_in.RESIDENT_APP)
    wallet = city.api.as_caller(city.signing.token(name, sign_in.RESIDENT_APP)).post("/wallets", {})
    member = Member(wallet["id"], wallet["cards"][0]["token"], f"/wallets/{wallet['id']}")
    record.ask("bank", f"{member.path}/top_ups", {"amount": CHARGED, "bank_reference": f"{name}-opening"})
    return member


class Till:
    """What an acquirer asks for one member's payments."""

    def __init__(self, record: Record, member: Member, shops: Sequence[str], chance: random.Random) -> None:
        self._record = record
        self._member = member
        self._shops = shops
        self._chance = chance

    def pay(self, amount: int, *, hold: bool = False) -> dict[str, Any]:
        body = {
            "card_token": self._member.card,
            "merchant_id": self._chance.choice(self._shops),
            "amount": amount,
            "channel": "shop",
            "capture": "later" if hold else "now",
        }
        return self._record.ask("acquirer", "/payments", body)

    def change(self, payment: dict[str, Any], action: str, **body: Any) -> dict[str, Any]:
        """`captures`, `void` or `cancellations` of a payment."""
        return self._record.ask("acquirer", f"{self._member.path}/payments/{payment['id']}/{action}", body)

    def cancel(self, payment: dict[str, Any], amount: int | None = None) -> dict[str, Any]:
        part = {} if amount is None else {"amount": amount}
        return self.change(payment, "cancellations", **part, reason=WHY)

    def top_up(self, amount: int) -> dict[str, Any]:
        return self._record.ask(
            "bank", f"{self._member.path}/top_ups", {"amount": amount, "bank_reference": f"drill-{uuid4()}"}
        )

    def errand(self) -> None:
        """Run one of the possible courses of a payment."""
        amount = self._chance.randint(1_000, 9_000)
        match self._chance.choice(("paid", "paid", "cancelled", "partly", "held", "voided", "topped up", "declined")):
            case "paid":
                self.pay(amount)
            case "cancelled":
                self.cancel(self.pay(amount))
            case "partly":
                payment = self.pay(amount)
                self.cancel(payment, amount // 3)
                self.cancel(payment, amount // 3)
            case "held":
                held = self.pay(amount, hold=True)
                self.change(held, "captures", amount=amount // 2)
                self.change(held, "void")
            case "voided":
                self.change(self.pay(amount, hold=True), "void")
            case "topped up":
                self.top_up(30_000)
            case "declined":
                self.pay(3_000_000)


class Crowd:
    """Within its `with` block members run errands, each in a thread; the first failure is raised at the end."""

    def __init__(self, tills: Sequence[Till]) -> None:
        self._ended = threading.Event()
        self._failures: list[BaseException] = []
        self._threads = [threading.Thread(target=self._live, args=(till,), daemon=True) for till in tills]

    def __enter__(self) -> Crowd:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()
        if self._failures:
            raise self._failures[0]

    @property
    def going_on(self) -> bool:
        return not self._failures

    def _live(self, till: Till) -> None:
        try:
            while not self._ended.is_set():
                till.errand()
        except BaseException as failure:  # noqa: BLE001 - raised again where the block ends
            self._failures.append(failure)
            self._ended.set()
