"""What the end-to-end tests do with members, over HTTP and with the tokens that such callers have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from local.api import Api
from local.roles import Tokens


@dataclass(frozen=True)
class Member:
    """A resident with a wallet: `api` calls as that member."""

    name: str
    api: Api
    wallet: str
    card: str

    def balances(self) -> dict[str, int]:
        """Won by purse."""
        purses: dict[str, int] = self.api.get(f"/wallets/{self.wallet}")["purses"]
        return purses


def top_up(api: Api, tokens: Tokens, member: Member, amount: int) -> Any:
    """Money from the bank into a member's wallet."""
    return api.as_caller(tokens.bank).post(
        f"/wallets/{member.wallet}/top_ups", {"amount": amount, "bank_reference": "e2e"}, key=f"e2e-top-up-{uuid4()}"
    )


def pay(api: Api, tokens: Tokens, member: Member, shop: str, amount: int, key: str | None = None) -> Any:
    """A payment by card, through the acquirer."""
    body = {"card_token": member.card, "merchant_id": shop, "amount": amount, "channel": "shop"}
    return api.as_caller(tokens.acquirer).post("/payments", body, key=key or f"e2e-payment-{uuid4()}")
