"""The discounts on the surviving part of a payment's price, and the discounts that cancellations gave back."""

from collections.abc import Mapping, Sequence

from eeum.audit.entries import add_to, discount_parts, given_off
from eeum.audit.partition import Findings, Item, between, digest_in

Part = tuple[str, str]
"""A layer, and one of its funders."""


def paid_for(payment: Item, start: int, end: int) -> list[list[object]]:
    """The purses that the won from `start` to `end` of the price came from; the discount covered floor(discount * won / price)."""
    price, discount = payment["amount"], sum(won for _, _, won in discount_parts(payment))
    off_start, off_end = discount * start // price, discount * end // price
    return between(payment["paid_from"], start - off_start, end - off_end)


def check_cancelled_discounts(payment: Item, cancellations: Sequence[Item], cancelled: int, findings: Findings) -> None:
    """Check that cancellations give back the discounts, and their limit usage, that the surviving price no longer has.

    All cancellations are checked together: the rule is cumulative, and their order is not stored.
    """
    back: dict[Part, int] = {}
    freed: dict[str, int] = {}
    for item in cancellations:
        for layer, funder, won in item.get("discounts", ()):
            back[layer, funder] = back.get((layer, funder), 0) + won
        of_parts = sum(won for _, _, won in item.get("discounts", ()))
        findings.unequal("discount_back", item["sk"], "its discounts given back", of_parts, given_off(item["of"]))
        if any(given_off([each]) > each[1] for each in item["of"]):
            findings.add("discount_back", item["sk"], f"its discount exceeds the won it cancels: {item['of']}")
        for key, won in item.get("taken", {}).get("used", {}).items():
            add_to(freed, key, won)
    price = payment["amount"]
    last = cancellations[-1]["sk"] if cancellations else payment["sk"]
    expected = _no_longer_due(payment, price - cancelled)
    findings.unequal("discount_back", last, f"all discounts given back of {digest_in(payment)}", back, expected)
    used: Mapping[str, int] = payment.get("taken", {}).get("used", {})
    expected_freed = {key: part for key, won in used.items() if (part := won * cancelled // price)}
    findings.unequal("taken_back", last, f"the limit usage given back of {digest_in(payment)}", freed, expected_freed)


def _no_longer_due(payment: Item, survives: int) -> dict[Part, int]:
    """By part of the discounts, the won no longer due if only `survives` won of the price survive."""
    parts = discount_parts(payment)
    shares = sum(won for _, _, won in parts)
    rest = shares * survives // payment["amount"]
    gone: dict[Part, int] = {}
    for layer, funder, won in parts:
        kept = rest * won // shares
        rest -= kept
        shares -= won
        if won != kept:
            gone[layer, funder] = won - kept
    return gone
