"""A city to measure in, on any storage: the published policies, an active shop, and members with money."""

import itertools
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from bench import ROOT
from eeum.aws.clock import Clock, shifted_clock
from eeum.budget.funding import Budgets
from eeum.calendar import SEOUL
from eeum.journal.accounts import CHARGED
from eeum.merchants.rules import Decision, Merchant, MerchantStatus, Shop, apply, decide
from eeum.merchants.store import MerchantStore
from eeum.payments.progress_store import ProgressStore
from eeum.payments.store import PaymentStore
from eeum.payments.use_cases import PaymentDependencies
from eeum.policy.loading import load_history
from eeum.policy.store import PolicyStore
from eeum.policy.use_cases import PolicyBook
from eeum.storage import Storage
from eeum.unit_of_work import Patience
from eeum.wallet.rules import Card, DebitOrder, Purse, Wallet, new_wallet
from eeum.wallet.store import WalletStore

PROGRAMME = "incheon"
JANUARY_2021 = datetime(2021, 1, 5, 12, 0, tzinfo=SEOUL)
ACQUIRER = "3n4b5urk1ft4fl3mg5e62d9ado"
"""A client id as long as Cognito's."""
PATIENCE = Patience(lambda: 30.0, time.sleep)
_serial = itertools.count(1)


def clock_from(start: datetime) -> Clock:
    """A clock that begins at `start` and runs at normal speed, as the local city's does."""
    return shifted_clock(start - datetime.now(UTC))


@dataclass(frozen=True)
class Inhabitants:
    wallets: tuple[Wallet, ...]
    merchant: Merchant


def found(storage: Storage, members: int) -> Inhabitants:
    """Load every published version, and open wallets that hold more than any measurement spends."""
    documents = [
        json.loads(path.read_text(encoding="utf-8")) for path in sorted((ROOT / "policies" / PROGRAMME).glob("*.json"))
    ]
    load_history(PolicyStore(storage, PATIENCE, PROGRAMME), PROGRAMME, documents, "bench", JANUARY_2021)
    return Inhabitants(tuple(_member(storage, number) for number in range(members)), _merchant(storage))


def _member(storage: Storage, number: int) -> Wallet:
    card = Card(f"{number:016x}", "standard", "active")
    opened = new_wallet(f"0c59f1d6-7f5b-4c8e-9f3a-{number:012x}", DebitOrder.CHARGED_FIRST, card, JANUARY_2021)
    wallet = replace(opened, purses=(Purse(CHARGED, 10**11), *(each for each in opened.purses if each.id != CHARGED)))
    WalletStore(storage, PATIENCE).open(wallet)
    return wallet


def _merchant(storage: Storage) -> Merchant:
    store = MerchantStore(storage, PATIENCE)
    shop = Shop("1248100998", "송도 국수", "yeonsu", "restaurant", 200_000_000, frozenset({"benefit_plus"}), 300)
    applied = apply(shop, "5f1c7f6e-3f0e-4d54-a6a5-2b6f3f1b2c3d", JANUARY_2021 - timedelta(days=9), None)
    store.add(applied)
    decision = Decision(MerchantStatus.APPROVED, "operator", JANUARY_2021 - timedelta(days=8), "")
    approved = decide(applied, decision, applied.applied_at)
    store.replace(approved, applied)
    return approved


def payment_event(wallet: Wallet, merchant: Merchant, amount: int = 12_000) -> dict[str, Any]:
    """The HTTP API's event for an acquirer's payment (payload 2.0), under a new key each time."""
    key = f"acquirer-terminal-0042-{next(_serial):012d}"
    body = {
        "card_token": f"{wallet.id}.{wallet.cards[0].reference}",
        "merchant_id": merchant.id,
        "amount": amount,
        "channel": "shop",
        "requested_at": "2021-01-05T12:00:00+09:00",
    }
    claims = {
        "auth_time": "1609814400",
        "client_id": ACQUIRER,
        "exp": "1609818000",
        "iat": "1609814400",
        "iss": "https://cognito-idp.ap-northeast-2.amazonaws.com/ap-northeast-2_AbCdEfGhI",
        "jti": "4a9b1c62-6c0f-4f2a-8d35-7c0c8f1c7d11",
        "scope": "eeum/payments",
        "sub": ACQUIRER,
        "token_use": "access",
        "version": "2",
    }
    return {
        "version": "2.0",
        "routeKey": "POST /payments",
        "rawPath": "/payments",
        "rawQueryString": "",
        "headers": {
            "accept": "application/json",
            "authorization": "Bearer " + "e" * 900,
            "content-length": str(len(json.dumps(body))),
            "content-type": "application/json",
            "host": "a1b2c3d4e5.execute-api.ap-northeast-2.amazonaws.com",
            "idempotency-key": key,
            "user-agent": "acquirer/1.0",
            "x-amzn-trace-id": "Root=1-5ff3d2c0-0123456789abcdef01234567",
            "x-forwarded-for": "203.0.113.7",
            "x-forwarded-port": "443",
            "x-forwarded-proto": "https",
        },
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "a1b2c3d4e5",
            "authorizer": {"jwt": {"claims": claims, "scopes": ["eeum/payments"]}},
            "domainName": "a1b2c3d4e5.execute-api.ap-northeast-2.amazonaws.com",
            "domainPrefix": "a1b2c3d4e5",
            "http": {
                "method": "POST",
                "path": "/payments",
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.7",
                "userAgent": "acquirer/1.0",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": "POST /payments",
            "stage": "$default",
            "time": "05/Jan/2021:03:00:00 +0000",
            "timeEpoch": 1609815600000,
        },
        "body": json.dumps(body),
        "isBase64Encoded": False,
    }


def invocation() -> Any:
    """The context that Lambda passes with each event."""
    return SimpleNamespace(
        get_remaining_time_in_millis=lambda: 9_000,
        function_name="eeum-PaymentAuthorisation",
        memory_limit_in_mb=1769,
        invoked_function_arn="arn:aws:lambda:ap-northeast-2:000000000000:function:eeum-PaymentAuthorisation",
        aws_request_id="5a7b0cb4-8a3e-4f0d-9b43-a0b2d6d4f3c1",
    )


def paying(
    storage: Storage, policies: PolicyBook, clock: Callable[[], datetime], budgets: Budgets | None = None
) -> PaymentDependencies:
    """What the use cases of payments work with."""
    stores = PaymentStore(storage, PATIENCE), ProgressStore(storage, PATIENCE)
    return PaymentDependencies(*stores, lambda: policies, PATIENCE, clock, (lambda: budgets) if budgets else None)
