"""Rows of the journal that statistics count, read from stored items. Amounts are whole won, instants milliseconds since 1970 in UTC.

Each row belongs to a month in Seoul: a payment and its cancellations to that of the payment, rewards to that of the payment they reward,
a top-up and a new wallet to their own.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from eeum.calendar import Month, milliseconds_of, month_of
from eeum.journal.accounts import CASHBACK, CHARGED, MERCHANT, is_of_rewards
from eeum.journal.forms import facts_by_name
from eeum.journal.kinds import KINDS
from eeum.journal.partitions import PARTITION
from eeum.statistics.refusals import EntryUnreadable
from eeum.storage import Item

CAPTURES, CANCELLATIONS, FUNDED, TOP_UPS, WALLETS = "captures", "cancellations", "funded", "top_ups", "wallets"
PURSES = ("charged", "cashback", "allowances", "rewards")

COLUMNS: Mapping[str, Mapping[str, str]] = {
    CAPTURES: {
        "wallet": "UUID", "payment": "VARCHAR", "capture": "UTINYINT", "instant": "BIGINT", "merchant": "UUID", "district": "VARCHAR",
        "category": "VARCHAR", "age": "UTINYINT", "price": "BIGINT", "discount": "BIGINT", "paid_from": "VARCHAR",
        **{f"from_{purse}": "BIGINT" for purse in PURSES},
    },
    CANCELLATIONS: {"wallet": "UUID", "payment": "VARCHAR", "capture": "UTINYINT", "price": "BIGINT"},
    FUNDED: {"instant": "BIGINT", "funder": "VARCHAR", "won": "BIGINT"},
    TOP_UPS: {"instant": "BIGINT", "won": "BIGINT"},
    WALLETS: {"wallet": "UUID", "instant": "BIGINT"},
}  # fmt: skip
"""The columns of each kind of row, with their SQL types. `paid_from` is a JSON list of purses and won in debit order."""

_FUNDER, _MERCHANTS_PART = "funder/", "merchant_reward/"
READ = frozenset({"kind", "status", "facts", "merchant_id", "paid_to", "amount", "paid_from", "payment", "capture", "of", "postings",
                   "accepted_at", "posted_at", "month", "opened_at", "pk", "sk"})  # fmt: skip
"""The attributes that rows are read from; converting all of an item takes three times as long."""


class Row(NamedTuple):
    """A row of a kind, in the order of `COLUMNS`, with the month that it belongs to."""

    kind: str
    month: Month
    values: tuple[Any, ...]


def is_counted(partition: str, kind: str | None) -> bool:
    """Whether an item of this partition and kind has rows."""
    return partition.startswith(PARTITION) and (kind in KINDS or kind == "wallet")


def rows_of(item: Item) -> list[Row]:
    """The rows of an item that `is_counted`, from its attributes of `READ`: at most one for each capture and funder.

    Raises:
        EntryUnreadable: the item does not have the shape that its kind promises.
    """
    try:
        return list(_rows(item["pk"].removeprefix(PARTITION), item["kind"], item))
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        key = {name: item.get(name) for name in ("pk", "sk")}
        raise EntryUnreadable(f"{key} does not have the shape of such an item: {error!r}.") from error


def _rows(wallet: str, kind: str, item: Item) -> Iterator[Row]:
    if kind == "wallet":
        at, month = _instant(item["opened_at"])
        yield Row(WALLETS, month, (wallet, at))
    elif kind == "payment":
        if item["status"] == KINDS[kind].outside_status:
            payment = item["sk"].removeprefix(KINDS[kind].prefix)
            yield _captured(wallet, item, payment, 0, item["merchant_id"])
    elif kind == "capture":
        yield _captured(wallet, item, item["payment"], item["capture"], item["paid_to"])
    elif kind == "cancellation":
        for capture, price, month, *_ in item["of"]:
            yield Row(CANCELLATIONS, month, (wallet, item["payment"], capture, price))
    elif kind == "top_up" and item["status"] == KINDS[kind].outside_status:
        at, month = _instant(item["accepted_at"])
        yield Row(TOP_UPS, month, (at, item["amount"]))
    yield from _funded(kind, item)


def _captured(wallet: str, item: Item, payment: str, capture: int, merchant: str) -> Row:
    at, month = _instant(item["accepted_at"])
    facts = facts_by_name(item["facts"])
    paid_from = [[kind_of_purse(purse), won] for purse, won in item["paid_from"]]
    by_kind = dict.fromkeys(PURSES, 0)
    for purse, won in paid_from:
        by_kind[purse] += won
    price = item["amount"]
    discount = price - sum(by_kind.values())
    values = (
        wallet, payment, capture, at, merchant, facts["district"], facts["category"], facts.get("member_age"), price, discount,
        json.dumps(paid_from, separators=(",", ":")), *by_kind.values(),
    )  # fmt: skip
    return Row(CAPTURES, month, values)


def _funded(kind: str, item: Item) -> Iterator[Row]:
    """What funders paid by an entry; negative where a cancellation took it back."""
    of_kind = KINDS.get(kind)
    if of_kind is None or not of_kind.moves_outside:
        return
    if of_kind.outside_status and item["status"] != of_kind.outside_status:
        return
    paid: dict[str, int] = {}
    for account, won in item["postings"].items():
        if account.startswith(_FUNDER):
            name = account.removeprefix(_FUNDER)
        elif account.startswith(_MERCHANTS_PART):
            name = MERCHANT
        else:
            continue
        paid[name] = paid.get(name, 0) - won
    if not paid:
        return
    at, own = _instant(item[of_kind.moved_at])
    # A discount that is cancelled belongs to the month of the payment; a hold may have captures in several, and counts in the first.
    month = min(each[2] for each in item["of"]) if kind == "cancellation" else of_kind.month(item) or own
    for name, won in sorted(paid.items()):
        yield Row(FUNDED, month, (at, name, won))


def kind_of_purse(purse: str) -> str:
    """The purse as statistics name it: rewards have a date in their name, and any other purse with a name of its own is an allowance."""
    if purse in (CHARGED, CASHBACK):
        return purse
    return "rewards" if is_of_rewards(purse) else "allowances"


def _instant(text: str) -> tuple[int, Month]:
    instant = datetime.fromisoformat(text)
    return milliseconds_of(instant), month_of(instant)
