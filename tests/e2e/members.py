"""Actions of members in the end-to-end tests, over HTTP with the tokens of the callers concerned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from local.api import Api
from local.roles import Tokens


@dataclass(frozen=True)
class Member:
    """A resident with a wallet; `api` sends requests as that member."""

    name: str
    api: Api
    wallet: str
    card: str

    def balances(self) -> dict[str, int]:
        """Won by purse."""
        purses: dict[str, int] = self.api.get(f"/wallets/{self.wallet}")["purses"]
        return purses


def top_up(api: Api, tokens: Tokens, member: Member, amount: int) -> Any:
    """Top up a member's wallet, as the bank does."""
    transfer = f"e2e-top-up-{uuid4()}"
    body = {"amount": amount, "bank_reference": transfer}
    return api.as_caller(tokens.bank).post(f"/wallets/{member.wallet}/top_ups", body, key=transfer)


#: Fields of a payment that is read, beyond those of the answer to its authorisation: how far it is now.
SINCE = ("captured", "cancelled", "held", "released", "message", "message_en", "cancellations")


AMOUNTS = ("captured", "cancelled", "held", "released")


def as_authorised(payment: Any) -> Any:
    """A payment that was read and has not changed since, in the form of its authorisation's answer."""
    current = {name: payment[name] for name in (*AMOUNTS, "status")}
    return {name: value for name, value in payment.items() if name not in SINCE} | {"current": current}


def pay(api: Api, tokens: Tokens, member: Member, shop: str, amount: int, key: str | None = None) -> Any:
    """Pay by card, as the acquirer."""
    body = {"card_token": member.card, "merchant_id": shop, "amount": amount, "channel": "shop"}
    return api.as_caller(tokens.acquirer).post("/payments", body, key=key or f"e2e-payment-{uuid4()}")


def hold(api: Api, tokens: Tokens, member: Member, shop: str, amount: int, key: str | None = None) -> Any:
    """Authorise a hold by card, to be captured later."""
    body = {"card_token": member.card, "merchant_id": shop, "amount": amount, "channel": "shop", "capture": "later"}
    return api.as_caller(tokens.acquirer).post("/payments", body, key=key or f"e2e-hold-{uuid4()}")


def change(
    api: Api, tokens: Tokens, payment: Any, action: str, amount: int | None = None, key: str | None = None
) -> Any:
    """Send `captures`, `void` or `cancellations` for a payment, as its acquirer; without an amount, for all of it."""
    path = f"/wallets/{payment['wallet_id']}/payments/{payment['id']}/{action}"
    body = {} if amount is None else {"amount": amount}
    return api.as_caller(tokens.acquirer).post(path, body, key=key or f"e2e-{action}-{uuid4()}")
