"""A ledger of many payments with their earnings, as the use cases would write it, put directly into an engine's table."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from eeum.aws.attribute_values import attribute_value
from eeum.calendar import SEOUL
from eeum.cashback.items import earning_item, key_of
from eeum.cashback.rules import captured_of, earn, postings_of
from eeum.cashback.usage import in_full, usage_to_keep, usage_with
from eeum.journal.accounts import CASHBACK, CHARGED, HELD, REFUND_PENDING
from eeum.journal.chain import Head, entry_hash, linked
from eeum.merchants.rules import merchant_id_of
from eeum.payments.items import payment_item, payment_key
from eeum.payments.rules import Order, Payment
from eeum.policy.conditions import Facts
from eeum.policy.use_cases import PolicyBook
from eeum.request import Request
from eeum.storage import Item
from eeum.wallet.rules import Card, DebitOrder, Purse, TopUp, new_wallet
from eeum.wallet.store import keyed, top_up_item, top_up_key, wallet_key
from eeum.wallet.wallet_items import wallet_item

FIRST_DAY = datetime(2021, 1, 2, 8, 0, tzinfo=SEOUL)
MERCHANTS = [merchant_id_of(f"{number:010}") for number in range(300)]
ACQUIRER, BANK = "acquirer/3n4b5urk1ft4fl3mg5e62d9ado", "bank/7t2c1m0e5q9s8rj4h6k3b2v1ab"
TOP_UP = 1_500_000
AT_ONCE = 25
"""The most items of one BatchWriteItem."""


def ledger(members: int, payments: int, policies: PolicyBook) -> Iterator[Item]:
    """Every item of `members` wallets, each with `payments` payments over three months and their earnings."""
    for number in range(members):
        yield from _wallet(number, payments, policies)


def put(client: Any, table: str, items: Iterator[Item], most: int) -> None:
    """Put up to `most` items as they are, without conditions."""
    items = itertools.islice(items, most)
    while together := list(itertools.islice(items, AT_ONCE)):
        puts = [
            {"PutRequest": {"Item": {name: attribute_value(each) for name, each in item.items()}}} for item in together
        ]
        left = client.batch_write_item(RequestItems={table: puts})["UnprocessedItems"]
        if left:
            raise RuntimeError("the engine left items unprocessed")


def _wallet(number: int, payments: int, policies: PolicyBook) -> Iterator[Item]:
    card = Card(f"{number:016x}", "standard", "active")
    wallet = new_wallet(f"0c59f1d6-7f5b-4c8e-9f3a-{number:012x}", DebitOrder.CHARGED_FIRST, card, FIRST_DAY)
    request = Request.of(BANK, wallet.id, f"top-up-{number:012}", {"amount": TOP_UP})
    top_up = TopUp(request.accept(FIRST_DAY + timedelta(minutes=1)), TOP_UP, "국민 2021-01-02/77", None)
    head, item = linked(Head(), keyed(top_up_key(wallet.id, request.digest), top_up_item(top_up)))
    yield item
    usage: dict[str, int] = {}
    charged, cashback = TOP_UP, 0
    for place in range(payments):
        payment = _payment(wallet.id, card.reference, number, place, payments)
        stored = keyed(payment_key(wallet.id, payment.acceptance.digest), payment_item(payment))
        captured = captured_of(payment)
        policy = policies.running_at(captured.accepted_at)
        posted_at = captured.accepted_at + timedelta(seconds=1)
        earning = earn(captured, policy, place + 1, usage, posted_at)
        head, item = linked(head, keyed(key_of(earning), earning_item(earning)), entry_hash(stored))
        usage = usage_to_keep(usage_with(usage, in_full(earning.used, earning.month)))
        charged -= payment.order.amount
        cashback += postings_of(earning).get(f"purse/{CASHBACK}", 0)
        yield stored
        yield item
    purses = (Purse(CHARGED, charged), Purse(CASHBACK, cashback), Purse(HELD, 0), Purse(REFUND_PENDING, 0))
    grown = replace(wallet, purses=purses, usage=usage, due=payments, accrued=payments, chain=head)
    yield keyed(wallet_key(wallet.id), wallet_item(grown))


def _payment(wallet_id: str, card: str, number: int, place: int, payments: int) -> Payment:
    at = FIRST_DAY + timedelta(days=85) * (place + 1) / (payments + 1) + timedelta(seconds=number % 3600)
    at = at.replace(microsecond=number % 1000 * 1000)
    amount = 1_000 + (number * 7_919 + place * 104_729) % (TOP_UP // payments - 1_000)
    merchant_id = MERCHANTS[(number + place * 31) % len(MERCHANTS)]
    request = Request.of(ACQUIRER, wallet_id, f"acquirer-terminal-0042-{place:012d}", {"amount": amount})
    facts = Facts(
        merchant_district="yeonsu",
        merchant_category="restaurant",
        merchant_annual_revenue=200_000_000,
        merchant_flags=frozenset({"benefit_plus"} if place % 3 == 0 else ()),
        merchant_own_rate=300,
        card_product="standard",
        member_class=None,
        channel="shop",
        method="card",
    )
    order = Order(merchant_id, amount, "shop", "card", card, "2021-01-05T12:00:00+09:00")
    return Payment(request.accept(at), order, card, facts, None, ((CHARGED, amount),))
