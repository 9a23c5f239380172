"""Example wallets, payments, earnings and merchants, as the cases store them."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from eeum.calendar import SEOUL
from eeum.cashback.rules import Earning
from eeum.ids import request_digest
from eeum.journal.chain import Head
from eeum.merchants.rules import Merchant, MerchantStatus, Shop, merchant_id_of
from eeum.payments.rules import Decline, Order, Payment
from eeum.policy.conditions import Facts
from eeum.policy.rules import BandPortion, LayerReward
from eeum.request import Acceptance, Request
from eeum.storage import Put, Storage, Table, Update, Write
from eeum.wallet.rules import Card, DebitOrder, Purse, TopUp, TopUpDecline, Wallet, WalletStatus, wallet_id_of
from eeum.wallet.store import wallet_key
from eeum.wallet.wallet_items import wallet_item

NOON = datetime(2021, 1, 15, 12, 0, tzinfo=SEOUL)
MERCHANT = merchant_id_of("1248100998")
CARD = "0011223344556677"


def send(storage: Storage, *writes: Write) -> None:
    storage.transact(writes, str(uuid.uuid4()))


def refused(storage: Storage, *writes: Write) -> None:
    """Assert that the engine rejects the request as invalid, by any of the engines' errors."""
    with pytest.raises((ValueError, ClientError, BotoCoreError)):
        send(storage, *writes)


def item_at(storage: Storage, key: Any) -> dict[str, Any] | None:
    (item,) = storage.read([key])
    return item


def wallet(
    member: str = "member",
    *,
    charged: int = 0,
    cashback: int = 0,
    grants: Mapping[str, int] | None = None,
    rewards: Sequence[Purse] = (),
    **changes: Any,
) -> Wallet:
    purses = {"charged": charged, "cashback": cashback, "held": 0, "refund_pending": 0, **(grants or {})}
    made = Wallet(
        id=wallet_id_of(member),
        member=member,
        status=WalletStatus.ACTIVE,
        verified=False,
        member_class=None,
        debit_order=DebitOrder.CHARGED_FIRST,
        purses=(*(Purse(name, amount) for name, amount in purses.items()), *rewards),
        cards=(Card(CARD, "standard", "active"),),
        usage={},
        due=0,
        accrued=0,
        chain=Head(),
        negative=None,
        opened_at=NOON,
    )
    return replace(made, **changes)


def stored_wallet(storage: Storage, member: str = "member", **values: Any) -> Wallet:
    made = wallet(member, **values)
    send(storage, Put(wallet_key(made.id), wallet_item(made)))
    return made


def change_wallet(storage: Storage, wallet_id: str, *changes: Any) -> None:
    """Change a wallet as a concurrent request would."""
    send(storage, Update(wallet_key(wallet_id), changes))


def acceptance(wallet_id: str, key: str = "idempotency-key-1", at: datetime = NOON, body: Any = None) -> Acceptance:
    return Request.of("acquirer/kim", wallet_id, key, body or {"amount": 1}).accept(at)


def order(amount: int = 10_000, merchant_id: str = MERCHANT, **changes: Any) -> Order:
    return replace(Order(merchant_id, amount, "shop", "card", CARD, None), **changes)


def payment(
    wallet_id: str,
    key: str = "idempotency-key-1",
    at: datetime = NOON,
    *,
    amount: int = 10_000,
    merchant_id: str = MERCHANT,
    decline: Decline | None = None,
    paid: Mapping[str, int] | None = None,
) -> Payment:
    return Payment(
        acceptance=acceptance(wallet_id, key, at),
        order=order(amount, merchant_id),
        card=CARD,
        facts=Facts(
            merchant_district="yeonsu",
            merchant_category="restaurant",
            merchant_annual_revenue=200_000_000,
            merchant_flags=frozenset({"benefit_plus", "good_price"}),
            merchant_own_rate=300,
            card_product="standard",
            member_class=None,
            channel="shop",
            method="card",
        ),
        decline=decline,
        paid_from=() if decline else tuple((paid or {"charged": amount}).items()),
    )


def top_up(
    wallet_id: str, amount: int = 50_000, key: str = "idempotency-key-1", decline: TopUpDecline | None = None
) -> TopUp:
    """A top-up; if it is not declined, it claims a bank reference that contains its key and wallet."""
    return TopUp(acceptance(wallet_id, key), amount, f"국민 {key} {wallet_id}", decline, claimed=decline is None)


def earning(paid: Payment, number: int, *, won: int = 1_000, used: int = 10_000) -> Earning:
    reward = LayerReward(
        "base",
        won,
        (BandPortion(0, 500_000, 1_000, used), BandPortion(500_000, None, 100, 0)),
        (("national", 482), ("city", won - 482)),
    )
    return Earning(
        wallet_id=paid.acceptance.wallet_id,
        digest=paid.acceptance.digest,
        capture=0,
        payment_id=paid.acceptance.id,
        merchant_id=paid.order.merchant_id,
        start=0,
        end=paid.order.amount,
        number=number,
        accepted_at=paid.acceptance.accepted_at,
        posted_at=paid.acceptance.accepted_at + timedelta(seconds=1),
        policy="incheon-2021-01-01",
        base=used,
        rewards=(reward,) if won else (),
        used={"monthly-spend": used} if used else {},
    )


def merchant(number: str = "1248100998", name: str = "가게", **changes: Any) -> Merchant:
    shop_changes = {field: changes.pop(field) for field in ("district", "category", "flags") if field in changes}
    shop = replace(Shop(number, name, "yeonsu", "restaurant", 200_000_000), **shop_changes)
    return replace(Merchant(merchant_id_of(number), "owner", shop, MerchantStatus.APPLIED, NOON), **changes)


def approved(number: str = "1248100998", name: str = "가게", **changes: Any) -> Merchant:
    return merchant(number, name, status=MerchantStatus.APPROVED, payable_from=NOON, **changes)


def pages_of(read: Callable[[str | None], tuple[list[Any], str | None]], most: int = 200) -> list[Any]:
    """All entries of a list, page by page."""
    found: list[Any] = []
    cursor: str | None = None
    for _ in range(most):
        page, cursor = read(cursor)
        found += page
        if cursor is None:
            return found
    raise AssertionError("the pages never end")


def digest(name: str) -> str:
    return request_digest("acquirer/kim", "wallet", name)


LEDGER = Table.LEDGER
