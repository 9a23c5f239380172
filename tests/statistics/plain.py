"""The same counts in plain Python, by the ledger's own codecs: no SQL, and nothing of `eeum.statistics`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from eeum.calendar import SEOUL, month_of, start_of_month
from eeum.cashback.items import correction_of, earning_of
from eeum.payments.items import cancellation_of, capture_of, payment_of
from eeum.payments.rules import PaymentStatus
from eeum.wallet.items import top_up_of


@dataclass
class Sale:
    """A capture, and the price that is left of it."""

    wallet: str
    at: datetime
    shop: str
    district: str | None
    category: str | None
    age: int | None
    price: int
    paid_from: tuple[tuple[str, int], ...]
    left: int

    @property
    def month(self) -> str:
        return month_of(self.at)

    @property
    def by_purse(self) -> Counter[str]:
        """The discount that is left, and the purses that paid first."""
        discount = self.price - sum(won for _, won in self.paid_from)
        kept = discount * self.left // self.price
        rest, purses = self.left - kept, Counter({"discount": kept})
        for purse, won in self.paid_from:
            taken = min(won, rest)
            name = purse if purse in ("charged", "cashback") else "rewards" if "@" in purse else "allowances"
            purses[name] += taken
            rest -= taken
        assert rest == 0
        return purses

    @property
    def age_class(self) -> str:
        if self.age is None:
            return "unknown"
        if self.age < 20:
            return "under_20"
        return "70_and_over" if self.age >= 70 else f"{self.age // 10}0s"

    @property
    def hour(self) -> str:
        return f"{self.at.astimezone(SEOUL).hour:02}"


def sales_of(items: Iterable[Mapping[str, Any]], as_of: str) -> list[Sale]:
    """Captures until the end of the day, less all cancellations that are known."""
    items = list(items)
    end = datetime.fromisoformat(f"{as_of}T00:00:00+09:00") + timedelta(days=1)
    found: dict[tuple[str, str, int], Sale] = {}
    for item in items:
        wallet = item["pk"].removeprefix("WALLET#")
        if item["kind"] == "payment":
            payment = payment_of(wallet, dict(item))
            if payment.status is PaymentStatus.APPROVED:
                key = (wallet, payment.acceptance.digest, 0)
                found[key] = _sale(
                    payment.acceptance, payment.order.merchant_id, payment.facts, payment.order.amount, payment
                )
        elif item["kind"] == "capture":
            capture = capture_of(wallet, dict(item))
            key = (wallet, capture.payment, capture.number)
            found[key] = _sale(capture.acceptance, capture.merchant_id, capture.facts, capture.amount, capture)
    for item in items:
        if item["kind"] == "cancellation":
            wallet = item["pk"].removeprefix("WALLET#")
            cancellation = cancellation_of(wallet, dict(item))
            for each in cancellation.of:
                found[wallet, cancellation.payment, each.capture].left -= each.won
    return [sale for sale in found.values() if sale.left and sale.at < end]


def _sale(acceptance: Any, shop: str, facts: Any, price: int, entry: Any) -> Sale:
    return Sale(
        acceptance.wallet_id, acceptance.accepted_at, shop, facts.merchant_district, facts.merchant_category,
        facts.member_age, price, tuple(entry.paid_from), price,
    )  # fmt: skip


def evidence_of(sold: Iterable[tuple[str, str, int]]) -> dict[str, int]:
    """The value and evidence of a cell from wallet, shop and value of each sale."""
    sold = [each for each in sold if each[2]]
    shops: Counter[str] = Counter()
    for _, shop, value in sold:
        shops[shop] += value
    largest = [value for _, value in shops.most_common(2)] + [0, 0]
    return {
        "value": sum(shops.values()), "members": len({wallet for wallet, _, _ in sold}), "shops": len(shops),
        "largest": largest[0], "second": largest[1],
    }  # fmt: skip


def cell_of(sales: Iterable[Sale], table: str, keys: Mapping[str, str]) -> dict[str, int]:
    """A cell of a table of payments of months; districts are those of the stored facts."""
    sales = [sale for sale in sales if sale.month == keys["month"]]
    wanted = {name: code for name, code in keys.items() if name != "month" and code != "total"}
    if "purse" in wanted:
        return evidence_of((sale.wallet, sale.shop, sale.by_purse[wanted["purse"]]) for sale in sales)
    facts = {"district": "district", "category": "category", "age": "age_class", "hour": "hour"}
    chosen = [sale for sale in sales if all(getattr(sale, facts[name]) == code for name, code in wanted.items())]
    return evidence_of(
        (sale.wallet, sale.shop, 1 if table.startswith("payment_counts") else sale.left) for sale in chosen
    )


def members_of(items: Iterable[Mapping[str, Any]], end: datetime) -> int:
    return sum(item["kind"] == "wallet" and datetime.fromisoformat(item["opened_at"]) < end for item in items)


def issued_of(items: Iterable[Mapping[str, Any]]) -> Counter[str]:
    """Won topped up by month."""
    issued: Counter[str] = Counter()
    for item in items:
        if (
            item["kind"] == "top_up"
            and (top_up := top_up_of(item["pk"].removeprefix("WALLET#"), dict(item))).decline is None
        ):
            issued[month_of(top_up.acceptance.accepted_at)] += top_up.amount
    return issued


def cashback_of(items: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], int]:
    """Won paid by month and funder: by earnings, corrections, bonuses and discounts."""
    paid: dict[tuple[str, str], int] = defaultdict(int)
    for item in items:
        wallet = item["pk"].removeprefix("WALLET#")
        month, postings = "", item.get("postings", {})
        if item["kind"] == "earning":
            earning_of(wallet, dict(item))
            month = item["sk"].split("#")[1]
        elif item["kind"] == "correction":
            month = correction_of(wallet, dict(item)).month
        elif item["kind"] == "payment" and item["status"] == "approved":
            month = month_of(payment_of(wallet, dict(item)).acceptance.accepted_at)
        elif item["kind"] == "top_up" and item["status"] == "completed":
            month = month_of(top_up_of(wallet, dict(item)).acceptance.accepted_at)
        elif item["kind"] == "cancellation":
            month = min(each.month for each in cancellation_of(wallet, dict(item)).of)
        for account, won in postings.items():
            kind, _, name = account.partition("/")
            if month and kind in ("funder", "merchant_reward"):
                paid[month, name if kind == "funder" else "merchant"] -= won
    return {key: won for key, won in paid.items() if won}


def end_of(month: str) -> datetime:
    year, number = int(month[:4]), int(month[5:])
    return start_of_month(f"{year + number // 12}-{number % 12 + 1:02}")
