"""The facts of entries, read without the product's code; a test checks that the list is complete."""

from typing import Any

from eeum.policy.conditions import Facts
from tests.stored_forms import named_facts

OF_EVERY_PAYMENT = {
    "district": "merchant_district",
    "category": "merchant_category",
    "annual_revenue": "merchant_annual_revenue",
    "own_rate": "merchant_own_rate",
    "card_product": "card_product",
    "member_class": "member_class",
    "channel": "channel",
    "method": "method",
}
WHERE_KNOWN = ("card_issuer", "member_class", "member_district", "member_age")


def facts_of(stored: Any) -> Facts:
    """The facts of a payment or a capture, or of a top-up, which has only those of the member."""
    stored = named_facts(stored)
    known = {name: stored[name] for name in WHERE_KNOWN if name in stored}
    if "district" not in stored:
        return Facts(**known)
    known |= {fact: stored[name] for name, fact in OF_EVERY_PAYMENT.items()}
    return Facts(merchant_flags=frozenset(stored["flags"]), **known)
