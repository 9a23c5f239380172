"""From records of the ledger's stream to the payments they carry."""

from collections.abc import Mapping
from typing import Any

from eeum.aws.attribute_values import plain_item
from eeum.payments.rules import Payment
from eeum.payments.store import payment_of


class UnreadableRecord(Exception):
    """A record that carries no payment as this version stores them: no retry will make it one."""


def payment_of_record(record: Mapping[str, Any]) -> Payment:
    """Raises `UnreadableRecord`, with the reason, for anything but a new, approved payment."""
    try:
        item = plain_item(record["dynamodb"]["NewImage"])
        if item["kind"] != "payment" or item["status"] != "approved":
            raise UnreadableRecord(f"not an approved payment: {item['kind']}, {item['status']}")
        return payment_of(item["pk"].removeprefix("WALLET#"), item)
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise UnreadableRecord(f"{type(error).__name__}: {error}") from error
