"""The discount and the paid amount of a payment that is cancelled in parts."""

from dataclasses import replace
from datetime import datetime
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from eeum.calendar import SEOUL
from eeum.journal.accounts import REFUND_PENDING, purse
from eeum.payments.discounts import (
    DiscountPart,
    discount_of,
    discount_up_to,
    given_back,
    parts_between,
    parts_up_to,
)
from eeum.payments.items import cancellation_item, cancellation_of, payment_item, payment_of
from eeum.payments.progress import Cancellation, cancel, progress_of
from eeum.payments.rules import Order, Payment, portion
from eeum.policy.conditions import Facts
from eeum.policy.rules import BandPortion, LayerReward
from eeum.request import Request
from eeum.wallet.rules import LimitUsage

NOON = datetime(2026, 3, 2, 12, tzinfo=SEOUL)
WALLET = "0f3b4f3e-7a46-8c6e-9d3c-2b6f3f1b2c3d"
ACCEPTANCE = Request.of("acquirer/kim", WALLET, "idempotency-key-1", {}).accept(NOON)


@st.composite
def discounted(draw: st.DrawFn) -> Payment:
    """A payment with up to four discounts of up to three funders each, from several purses."""
    price = draw(st.integers(2, 400))
    left = draw(st.integers(1, price - 1))
    discounts = []
    for layer in range(draw(st.integers(1, 4))):
        won = draw(st.integers(0, left))
        left -= won
        split = draw(st.lists(st.integers(0, won), max_size=2).map(sorted))
        edges = [0, *split, won]
        funders = tuple(zip(("national", "city", "merchant"), (b - a for a, b in pairwise(edges)), strict=False))
        discounts.append(LayerReward(f"layer-{layer}", won, (BandPortion(0, None, 1_000, price),), funders))
    paid = price - sum(each.won for each in discounts)
    grant = draw(st.integers(0, paid))
    paid_from = tuple((name, won) for name, won in (("grant", grant), ("charged", paid - grant)) if won)
    order = Order("merchant", price, "shop", "card", "card", None)
    used = draw(st.dictionaries(st.sampled_from(["a@2026-03", "b@2026"]), st.integers(1, price)))
    return Payment(ACCEPTANCE, order, "card", Facts(), None, paid_from, None, tuple(discounts), LimitUsage(7, used))


cuts = st.lists(st.integers(1, 100), min_size=1, max_size=6)


def _cancelled_in_parts(payment: Payment, shares: list[int]) -> list[Cancellation]:
    """The whole payment cancelled in parts in the proportion of `shares`; parts of zero won are left out."""
    progress, price, entries = progress_of(payment), payment.order.amount, []
    for until in range(1, len(shares) + 1):
        won = price * sum(shares[:until]) // sum(shares) - progress.cancelled
        if won:
            entry, progress = cancel(payment, progress, ACCEPTANCE, won, None)
            entries.append(entry)
    assert progress.left == 0
    return entries


@given(discounted())
def test_the_parts_of_a_discount_add_up_and_grow_with_the_surviving_price(payment: Payment) -> None:
    price, parts = payment.order.amount, payment.discount_parts
    assert parts_up_to(parts, price, price) == parts
    assert discount_of(parts_up_to(parts, price, 0)) == 0
    for won in range(price):
        less, more = parts_up_to(parts, price, won), parts_up_to(parts, price, won + 1)
        assert discount_of(less) == discount_up_to(payment.discount, price, won)
        assert all(one.won <= other.won for one, other in zip(less, more, strict=True))


@given(discounted())
def test_the_amount_paid_is_the_price_without_its_discount_and_never_zero(payment: Payment) -> None:
    price = payment.order.amount
    assert payment.paid_for(0, price) == payment.paid_from
    for won in range(1, price + 1):
        paid = sum(part for _, part in payment.paid_for(0, won))
        assert paid == won - payment.discount * won // price > 0
        assert 0 <= sum(part for _, part in payment.paid_for(won - 1, won)) <= 1


@given(discounted(), cuts)
def test_partial_cancellations_add_up_to_one_cancellation(payment: Payment, shares: list[int]) -> None:
    whole, _ = cancel(payment, progress_of(payment), ACCEPTANCE, None, None)
    entries = _cancelled_in_parts(payment, shares)
    for entry in entries:
        assert sum(entry.postings.values()) == 0
        assert entry.refund == entry.amount - discount_of(entry.discounts) >= 0
        assert all(part.won > 0 for part in entry.discounts)
        assert all(won > 0 for won in entry.limit_usage.used.values())
    given: dict[tuple[str, str], int] = {}
    free: dict[str, int] = {}
    for entry in entries:
        for part in entry.discounts:
            given[part[:2]] = given.get(part[:2], 0) + part.won
        for key, won in entry.limit_usage.used.items():
            free[key] = free.get(key, 0) + won
    assert given == {part[:2]: part.won for part in payment.discount_parts}
    assert free == payment.limit_usage.used
    assert sum(entry.refund for entry in entries) == whole.refund == payment.order.amount - payment.discount


@given(discounted(), st.data())
def test_the_surviving_part_was_paid_with_the_amounts_not_refunded(payment: Payment, data: st.DataObject) -> None:
    price = payment.order.amount
    won = data.draw(st.integers(1, price))
    entry, _ = cancel(payment, progress_of(payment), ACCEPTANCE, won, None)
    assert sum(part for _, part in payment.paid_for(0, price - won)) + entry.refund == price - payment.discount
    assert entry.postings.get(purse(REFUND_PENDING), 0) == entry.refund


@given(discounted(), cuts)
def test_a_discounted_payment_and_its_cancellations_are_read_as_they_were_stored(
    payment: Payment, shares: list[int]
) -> None:
    keyed = {**payment_item(payment), "sk": f"PAYMENT#{ACCEPTANCE.digest}"}
    assert replace(payment_of(WALLET, keyed), facts=payment.facts) == replace(
        payment, order=replace(payment.order, channel=None, method=None)
    )
    for entry in _cancelled_in_parts(payment, shares):
        assert cancellation_of(WALLET, {**cancellation_item(entry), "sk": f"CANCELLATION#{ACCEPTANCE.digest}"}) == entry


def test_a_discount_of_300_won_is_returned_in_three_parts() -> None:
    parts = (DiscountPart("bakeries", "city", 200), DiscountPart("bakeries", "merchant", 101))
    assert parts_between(parts, 1_000, 667, 1_000) == (
        DiscountPart("bakeries", "city", 68),
        DiscountPart("bakeries", "merchant", 33),
    )
    assert [discount_of(parts_between(parts, 1_000, *each)) for each in ((667, 1_000), (333, 667), (0, 333))] == [
        101,
        100,
        100,
    ]


def test_limit_usage_is_returned_with_the_price() -> None:
    assert given_back({"a": 100, "b": 1}, 1_000, 0, 999) == {"a": 99}
    assert given_back({"a": 100, "b": 1}, 1_000, 999, 1_000) == {"a": 1, "b": 1}


def test_without_a_discount_a_slice_of_the_price_is_a_slice_of_the_purses() -> None:
    order = Order("merchant", 10, "shop", "card", "card", None)
    payment = Payment(ACCEPTANCE, order, "card", Facts(), None, (("grant", 4), ("charged", 6)))
    assert payment.paid_for(3, 8) == portion(payment.paid_from, 3, 8) == (("grant", 1), ("charged", 4))
    assert "discounts" not in payment_item(payment)
