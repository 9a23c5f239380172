"""The keys and attributes of payments, captures, releases and cancellations in the ledger table.

Payments, captures and earnings are written in version 2 of the codec and read in both versions (docs/decisions/0034).
"""

import base64
from collections.abc import Sequence
from typing import Any

from eeum.calendar import month_of, parse_instant, text_of
from eeum.ids import Digest
from eeum.journal.forms import facts_by_name
from eeum.journal.kinds import KINDS
from eeum.journal.partitions import partition_of
from eeum.payments.discounts import DiscountPart
from eeum.payments.progress import Cancellation, Cancelled, Capture, Captured, Progress, Release
from eeum.payments.rules import Decline, Order, Payment, PaymentStatus, Portions
from eeum.policy.rules import BandPortion, LayerReward
from eeum.policy.stored_facts import facts_of_item, facts_stored
from eeum.request import Acceptance
from eeum.storage import Item, Key, Table
from eeum.wallet.debts import Repaid
from eeum.wallet.items import acceptance_item, acceptance_of, decline_item, decline_of, limit_usage_item, limit_usage_of

PAYMENT = KINDS["payment"].prefix
CAPTURE = KINDS["capture"].prefix
RELEASE = KINDS["release"].prefix
CANCELLATION = KINDS["cancellation"].prefix
PROGRESS = "PROGRESS#"
"""The key prefix of a payment's progress. It is not an entry, since it changes."""

HASH = "hash"
"""The hash of a payment's body in base64url. Version 1 stores it in hexadecimal, as `body_hash`."""

EXPIRING = "hold"
"""The partition of the index by expiry, with every open hold."""


def payment_key(wallet_id: str, digest: Digest) -> Key:
    return Key(Table.LEDGER, partition_of(wallet_id), f"{PAYMENT}{digest}")


def progress_key(wallet_id: str, payment: Digest) -> Key:
    return Key(Table.LEDGER, partition_of(wallet_id), f"{PROGRESS}{payment}")


def capture_key(wallet_id: str, digest: Digest) -> Key:
    return Key(Table.LEDGER, partition_of(wallet_id), f"{CAPTURE}{digest}")


def release_key(wallet_id: str, payment: Digest) -> Key:
    """The key of a payment's release. It has the payment's key, so a hold is released once."""
    return Key(Table.LEDGER, partition_of(wallet_id), f"{RELEASE}{payment}")


def cancellation_key(wallet_id: str, digest: Digest) -> Key:
    return Key(Table.LEDGER, partition_of(wallet_id), f"{CANCELLATION}{digest}")


def payment_item(payment: Payment) -> Item:
    """A payment as an item. The merchant's index is ordered by `merchant_id` and `id`. What version 1 stores as null has no attribute
    here.
    """
    order = payment.order
    return {
        "kind": "payment",
        **_short_acceptance_item(payment.acceptance),
        "month": month_of(payment.acceptance.accepted_at),
        "status": payment.status.value,
        **decline_item(payment.decline),
        "merchant_id": order.merchant_id,
        "amount": order.amount,
        **({"requested_at": order.requested_at} if order.requested_at is not None else {}),
        **({"card": payment.card} if payment.card is not None else {}),
        "facts": facts_stored(payment.facts),
        "paid_from": portions_item(payment.paid_from),
        "postings": payment.postings,
        **({"expires_at": text_of(payment.expires_at)} if payment.expires_at else {}),
        **({"discounts": discounts_item(payment.discounts)} if payment.discounts else {}),
        **limit_usage_item(payment.limit_usage),
        **({"ceilings": dict(payment.funded_amounts)} if payment.funded_amounts else {}),
        **({"parts": dict(payment.parts)} if payment.parts else {}),
    }


def _short_acceptance_item(acceptance: Acceptance) -> Item:
    """The acceptance that every entry has, with the hash of the body in base64url."""
    item = acceptance_item(acceptance)
    body_hash = item.pop("body_hash")
    return {**item, HASH: _base64url(body_hash)}


def _acceptance_of(wallet_id: str, digest: Digest, item: Item) -> Acceptance:
    return acceptance_of(wallet_id, digest, {**item, "body_hash": _hexadecimal(item[HASH])} if HASH in item else item)


def _base64url(hexadecimal: str) -> str:
    return base64.urlsafe_b64encode(bytes.fromhex(hexadecimal)).rstrip(b"=").decode()


def _hexadecimal(base64url: str) -> str:
    return base64.urlsafe_b64decode(base64url + "=" * (-len(base64url) % 4)).hex()


def discounts_item(discounts: Sequence[LayerReward]) -> list[list[Any]]:
    """Discounts as lists, so that a payment fits into 1 KB: layer, won, bands as in an earning, and funders with their won."""
    return [
        [
            discount.layer,
            discount.won,
            [list(portion) for portion in discount.portions],
            [[funder, won] for funder, won in discount.funders],
        ]
        for discount in discounts
    ]


def discounts_of(stored: Sequence[Sequence[Any]]) -> tuple[LayerReward, ...]:
    return tuple(
        LayerReward(
            layer,
            won,
            tuple(BandPortion(*portion) for portion in portions),
            tuple((funder, part) for funder, part in funders),
        )
        for layer, won, portions, funders in stored
    )


def portions_item(portions: Portions) -> list[list[str | int]]:
    """Amounts by purse as a list, since a map keeps no order."""
    return [[purse_id, won] for purse_id, won in portions]


def portions_of(stored: Sequence[Sequence[Any]]) -> Portions:
    return tuple((purse_id, won) for purse_id, won in stored)


def payment_of(wallet_id: str, item: Item) -> Payment:
    named = facts_by_name(item["facts"])
    order = Order(
        merchant_id=item["merchant_id"],
        amount=item["amount"],
        channel=named["channel"],
        method=named["method"],
        card=item.get("card"),
        requested_at=item.get("requested_at"),
        hold=item["status"] == PaymentStatus.HELD.value,
    )
    return Payment(
        acceptance=_acceptance_of(wallet_id, item["sk"].removeprefix(PAYMENT), item),
        order=order,
        card=item.get("card"),
        facts=facts_of_item(named),
        decline=decline_of(item, Decline),
        paid_from=portions_of(item["paid_from"]),
        expires_at=parse_instant(item["expires_at"], "expires_at") if "expires_at" in item else None,
        discounts=discounts_of(item.get("discounts", ())),
        limit_usage=limit_usage_of(item),
        funded_amounts=item.get("ceilings", {}),
        parts=item.get("parts", {}),
    )


def progress_item(progress: Progress) -> Item:
    """Progress as an item. The index by expiry is ordered by `expiring` and `expires_at`; only open holds have both."""
    return {
        "kind": "progress",
        "version": max(progress.version, 1),
        "amount": progress.amount,
        "held": progress.held,
        "captures": [[each.won, each.cancelled, each.month] for each in progress.captures],
        **({"expires_at": text_of(progress.expires_at)} if progress.expires_at else {}),
        **({"expiring": EXPIRING} if progress.held else {}),
        **({"ended_by": progress.ended_by} if progress.ended_by else {}),
    }


def progress_of_item(item: Item) -> Progress:
    return Progress(
        version=item["version"],
        amount=item["amount"],
        held=item["held"],
        captures=tuple(Captured(won, cancelled, month) for won, cancelled, month in item["captures"]),
        expires_at=parse_instant(item["expires_at"], "expires_at") if "expires_at" in item else None,
        ended_by=item.get("ended_by"),
    )


def capture_item(capture: Capture) -> Item:
    """A capture as an item. It has no `merchant_id`: only payments are in the merchant's index."""
    return {
        "kind": "capture",
        **acceptance_item(capture.acceptance),
        "month": month_of(capture.acceptance.accepted_at),
        "payment_id": capture.payment_id,
        "payment": capture.payment,
        "capture": capture.number,
        "amount": capture.amount,
        "paid_to": capture.merchant_id,
        "slice": [capture.start, capture.end],
        "paid_from": portions_item(capture.paid_from),
        "facts": facts_stored(capture.facts),
        "hold_hash": capture.hold_hash,
        "postings": capture.postings,
    }


def capture_of(wallet_id: str, item: Item) -> Capture:
    start, end = item["slice"]
    return Capture(
        acceptance=acceptance_of(wallet_id, item["sk"].removeprefix(CAPTURE), item),
        payment_id=item["payment_id"],
        payment=item["payment"],
        number=item["capture"],
        merchant_id=item["paid_to"],
        start=start,
        end=end,
        paid_from=portions_of(item["paid_from"]),
        facts=facts_of_item(item["facts"]),
        hold_hash=item["hold_hash"],
    )


def release_item(release: Release) -> Item:
    return {
        "kind": "release",
        **acceptance_item(release.acceptance),
        "request": release.acceptance.digest,
        "payment_id": release.payment_id,
        "reason": release.reason,
        "amount": release.amount,
        "returned": portions_item(release.returned),
        "hold_hash": release.hold_hash,
        **repaid_item(release.repaid),
        "postings": release.postings,
    }


def release_of(wallet_id: str, item: Item) -> Release:
    return Release(
        acceptance=acceptance_of(wallet_id, item["request"], item),
        payment_id=item["payment_id"],
        payment=item["sk"].removeprefix(RELEASE),
        reason=item["reason"],
        returned=portions_of(item["returned"]),
        hold_hash=item["hold_hash"],
        repaid=repaid_of(item),
    )


def repaid_item(repaid: Sequence[Repaid]) -> Item:
    """The repaid debts of a refund; no attribute where there are none."""
    return {"repaid": [list(each) for each in repaid]} if repaid else {}


def repaid_of(item: Item) -> tuple[Repaid, ...]:
    return tuple(Repaid(*each) for each in item.get("repaid", ()))


def cancellation_item(cancellation: Cancellation) -> Item:
    return {
        "kind": "cancellation",
        **acceptance_item(cancellation.acceptance),
        "payment_id": cancellation.payment_id,
        "payment": cancellation.payment,
        "paid_to": cancellation.merchant_id,
        "amount": cancellation.amount,
        "reason": cancellation.reason,
        "of": [_cancelled_item(each) for each in cancellation.of],
        **({"discounts": [list(part) for part in cancellation.discounts]} if cancellation.discounts else {}),
        **limit_usage_item(cancellation.limit_usage),
        "postings": cancellation.postings,
    }


def _cancelled_item(cancelled: Cancelled) -> list[Any]:
    """The cancelled part of one capture; the discount is left out where there is none."""
    return [
        cancelled.capture,
        cancelled.won,
        cancelled.month,
        *([cancelled.discount] if cancelled.discount else []),
    ]


def cancellation_of(wallet_id: str, item: Item) -> Cancellation:
    return Cancellation(
        acceptance=acceptance_of(wallet_id, item["sk"].removeprefix(CANCELLATION), item),
        payment_id=item["payment_id"],
        payment=item["payment"],
        merchant_id=item["paid_to"],
        reason=item["reason"],
        of=tuple(Cancelled(*each) for each in item["of"]),
        discounts=tuple(DiscountPart(*part) for part in item.get("discounts", ())),
        limit_usage=limit_usage_of(item),
    )
