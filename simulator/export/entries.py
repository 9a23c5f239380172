"""Convert ledger entries to rows: captures and their cancellations. Amounts are whole won.

The ledger's own functions read the entries, so that a new form of an entry needs no change here. Facts are those stored.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as arrow

from eeum.aws.attribute_values import plain_item
from eeum.calendar import milliseconds_of
from eeum.cashback.sources import READERS
from eeum.errors import Invalid
from eeum.journal.kinds import AWAIT_POSTING
from eeum.journal.partitions import PARTITION
from eeum.payments.discounts import discount_up_to
from eeum.payments.progress import Capture
from eeum.payments.rules import Payment, PaymentStatus, Portions, portion
from eeum.policy.conditions import Facts
from eeum.request import Acceptance
from simulator.errors import ExportIncomplete, UnreadableEntry
from simulator.payments import FLAGS, PURSES

WON = arrow.int64()
CAPTURED = arrow.schema(
    [
        ("member", arrow.string()),
        ("of", arrow.string()),
        ("capture", WON),
        ("payment", arrow.string()),
        ("accepted_at", WON),
        ("price", WON),
        ("paid_from", arrow.string()),
        *((f"won_{purse}", WON) for purse in PURSES),
        ("won_discount", WON),
        ("merchant_district", arrow.string()),
        ("merchant_category", arrow.string()),
        ("merchant_annual_revenue", WON),
        *((f"merchant_{flag}", arrow.bool_()) for flag in FLAGS),
        ("merchant_own_rate", WON),
        ("card_product", arrow.string()),
        ("card_issuer", arrow.string()),
        ("member_class", arrow.string()),
        ("member_district", arrow.string()),
        ("member_age", WON),
        ("channel", arrow.string()),
        ("method", arrow.string()),
        ("flags", arrow.list_(arrow.string())),
    ]
)
"""Columns of captures, one row each, captured at once or from a hold; a cancellation refers to one by `of` and `capture`."""

CANCELLED = arrow.schema([("member", arrow.string()), ("of", arrow.string()), ("capture", WON), ("won", WON)])

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rows:
    captured: tuple[Row, ...] = ()
    cancelled: tuple[Row, ...] = ()


NONE = Rows()


def rows_of(line: bytes) -> Rows:
    """Return the rows of one line of an export; most entries have none.

    Raises:
        UnreadableEntry: the line is not an item, or the entry does not have the shape that its key promises.
    """
    try:
        item = json.loads(line)["Item"]
        partition, sort = item["pk"]["S"], item["sk"]["S"]
    except (ValueError, KeyError, TypeError) as error:
        raise UnreadableEntry(f"A line holds no item with a key: {line[:80]!r}.") from error
    if not partition.startswith(PARTITION):
        return NONE
    try:
        return _rows(partition.removeprefix(PARTITION), sort, item)
    except (Invalid, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnreadableEntry(f"{partition} {sort} does not have the shape of such an entry: {error!r}.") from error


def _rows(wallet: str, sort: str, item: dict[str, Any]) -> Rows:
    kind = next((each for each in AWAIT_POSTING if sort.startswith(each.prefix)), None)
    if kind is None:
        return NONE
    entry = READERS[kind.name](wallet, plain_item(item))
    if isinstance(entry, Payment):
        return _of_payment(entry)
    if isinstance(entry, Capture):
        row = _captured(entry.acceptance, entry.facts, entry.paid_from, entry.amount)
        return Rows(captured=(row | {"of": entry.payment, "capture": entry.number},))
    named = {"member": wallet, "of": entry.payment}
    return Rows(cancelled=tuple({**named, "capture": each.capture, "won": each.won} for each in entry.of))


def _of_payment(payment: Payment) -> Rows:
    """The row of a payment that was captured at once. A hold's captures are entries of their own; a declined payment has none."""
    if payment.status is not PaymentStatus.APPROVED:
        return NONE
    row = _captured(payment.acceptance, payment.facts, payment.paid_from, payment.order.amount)
    return Rows(captured=(row | {"of": payment.acceptance.digest, "capture": 0},))


def _captured(acceptance: Acceptance, facts: Facts, paid_from: Portions, price: int) -> Row:
    return {
        "member": acceptance.wallet_id,
        "payment": acceptance.id,
        "accepted_at": milliseconds_of(acceptance.accepted_at),
        "price": price,
        "paid_from": json.dumps(paid_from),
        **_won(paid_from, price - sum(won for _, won in paid_from)),
        "merchant_district": facts.merchant_district,
        "merchant_category": facts.merchant_category,
        "merchant_annual_revenue": facts.merchant_annual_revenue,
        **{f"merchant_{flag}": flag in facts.merchant_flags for flag in FLAGS},
        "merchant_own_rate": facts.merchant_own_rate,
        "card_product": facts.card_product,
        "card_issuer": getattr(facts, "card_issuer", None),
        "member_class": facts.member_class,
        "member_district": getattr(facts, "member_district", None),
        "member_age": getattr(facts, "member_age", None),
        "channel": facts.channel,
        "method": facts.method,
        "flags": sorted(facts.merchant_flags.difference(FLAGS)),
    }


def _won(paid_from: Sequence[tuple[str, int]], discount: int) -> dict[str, int]:
    """Won by kind of purse, and the discount, which was never paid."""
    won = {f"won_{purse}": 0 for purse in PURSES}
    for purse_id, taken in paid_from:
        won[f"won_{kind_of(purse_id)}"] += taken
    return won | {"won_discount": discount}


def kind_of(purse_id: str) -> str:
    """The kind of a purse, as `earns_from` names it: a purse with a date is `rewards`; any other with a name of its own is `grants`."""
    if purse_id in ("charged", "cashback"):
        return purse_id
    return "rewards" if "@" in purse_id else "grants"


def survivors(rows: Iterator[Mapping[str, Any]]) -> Iterator[Row]:
    """Reduce rows of `CAPTURED` by their `cancelled` won, last drawn purse first, and drop rows with nothing left.

    Raises:
        ExportIncomplete: more is cancelled than was captured.
    """
    for row in rows:
        price, left = row["price"], row["price"] - row["cancelled"]
        if left < 0:
            raise ExportIncomplete(
                f"{row['cancelled']:,} won of payment {row['payment']} are cancelled, but only {price:,} were paid."
            )
        if left:
            discount = discount_up_to(row["won_discount"], price, left)
            paid_from = portion(tuple((purse, won) for purse, won in json.loads(row["paid_from"])), 0, left - discount)
            yield {name: row[name] for name in CAPTURED.names} | {"price": left} | _won(paid_from, discount)
