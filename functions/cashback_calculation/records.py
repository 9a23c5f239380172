"""From records of the ledger's stream to the payments they carry."""

from collections.abc import Mapping
from typing import Any

from eeum.aws.attribute_values import plain_item
from eeum.errors import Refusal
from eeum.ids import digest_of, is_id
from eeum.payments.rules import Payment
from eeum.payments.store import payment_of


class UnreadableRecord(Exception):
    """A record that carries no payment as this version stores them: no retry will make it one."""


def payment_of_record(record: Mapping[str, Any]) -> Payment:
    """Raises `UnreadableRecord`, with the reason, for anything but a new, approved payment whose parts are what they must be."""
    try:
        item = plain_item(record["dynamodb"]["NewImage"])
        if item["kind"] != "payment" or item["status"] != "approved":
            raise UnreadableRecord(f"not an approved payment: {item['kind']}, {item['status']}")
        payment = payment_of(item["pk"].removeprefix("WALLET#"), item)
        # Within the try: what has a part of another shape altogether may fail there, and must hold up the stream no more than the rest.
        fault = _fault_of(payment)
    except (KeyError, ValueError, TypeError, AttributeError, Refusal) as error:
        raise UnreadableRecord(f"{type(error).__name__}: {error}") from error
    if fault:
        raise UnreadableRecord(fault)
    return payment


def _fault_of(payment: Payment) -> str | None:
    """What would make the evaluation of a payment fail, each time it is tried. What is stored by us never has it."""
    facts = payment.facts
    texts = (
        facts.merchant_district,
        facts.merchant_category,
        facts.card_product,
        facts.member_class,
        facts.channel,
        facts.method,
    )
    revenue = 0 if facts.merchant_annual_revenue is None else facts.merchant_annual_revenue
    faults = {
        "its wallet has no id": not is_id(payment.acceptance.wallet_id),
        "its id and its key are not of one request": digest_of(payment.acceptance.id) != payment.acceptance.digest,
        "its amount is not whole won": not _is_whole(payment.order.amount),
        "its postings are not whole won": not all(map(_is_whole, payment.postings.values())),
        "its postings are none": not payment.postings,
        "its facts have a number that is none": not (_is_whole(facts.merchant_own_rate) and _is_whole(revenue)),
        "its facts have a text that is none": not all(text is None or isinstance(text, str) for text in texts),
    }
    found = next((fault for fault, is_so in faults.items() if is_so), None)
    if found is None and sum(payment.postings.values()) != 0:
        return "its postings do not balance"
    return found


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
