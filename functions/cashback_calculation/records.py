"""From records of the ledger's stream to the payments they carry."""

from collections.abc import Mapping
from typing import Any

from eeum.aws.attribute_values import plain_item
from eeum.errors import Refusal
from eeum.ids import is_id
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
    except (KeyError, ValueError, TypeError, AttributeError, Refusal) as error:
        raise UnreadableRecord(f"{type(error).__name__}: {error}") from error
    fault = _fault_of(payment)
    if fault:
        raise UnreadableRecord(fault)
    return payment


def _fault_of(payment: Payment) -> str | None:
    """What would make the evaluation of a payment fail, each time it is tried. What is stored by us never has it."""
    facts = payment.facts
    texts = [facts.merchant_district, facts.merchant_category, facts.card_product, facts.member_class]
    if not (is_id(payment.acceptance.wallet_id) and is_id(payment.acceptance.id)):
        return "it has no ids"
    if not _is_whole(payment.order.amount):
        return "its amount is not whole won"
    if not payment.postings or not all(_is_whole(won) for won in payment.postings.values()):
        return "its postings are not whole won"
    if sum(payment.postings.values()) != 0:
        return "its postings do not balance"
    if not _is_whole(facts.merchant_own_rate) or not (
        facts.merchant_annual_revenue is None or _is_whole(facts.merchant_annual_revenue)
    ):
        return "its facts have a number that is none"
    if not all(text is None or isinstance(text, str) for text in [*texts, facts.channel, facts.method]):
        return "its facts have a text that is none"
    return None


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
