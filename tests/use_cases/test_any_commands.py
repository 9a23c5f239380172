"""Any sequence of top-ups, payments, cancellations and retries equals the result of a plain reference, to the won."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from eeum.calendar import SEOUL
from eeum.payments.rules import Payment
from eeum.wallet.rules import Wallet
from tests.invariants import check_everything
from tests.use_cases.command_policies import (
    appropriate,
    bonus,
    discount,
    january_2021,
    layer,
    left,
    limit,
    purse,
    wallet_terms,
    world_under,
)
from tests.use_cases.world import NUMBERS

BUDGET = 21_000
HOLDING_LIMIT, TOP_UPS_A_MONTH, DISCOUNT_A_MONTH = 400_000, 300_000, 8_000
BONUS_BASE_A_HALF, TOP_UP_DISCOUNT_A_YEAR = 60_000, 6_000

POLICY = january_2021(
    wallet=wallet_terms(holding_limit=HOLDING_LIMIT, top_up_limits=["top-ups"], spends_first="cashback"),
    purses=[
        purse("points", expires_after={"months": 1}, spendable_at={"fact": "merchant_category", "in": ["bookshop"]})
    ],
    limits=[
        limit("most", "reward", DISCOUNT_A_MONTH),
        limit("top-ups", "top_up", TOP_UPS_A_MONTH),
        limit("bonus-base", "top_up", BONUS_BASE_A_HALF, "half_month"),
        limit("off-a-year", "reward", TOP_UP_DISCOUNT_A_YEAR, "year"),
    ],
    layers=[
        layer("coupon", "discount", 1_000, limits=["most"]),
        bonus(700, into="points", limits=["bonus-base"]),
        discount(300, limits=["off-a-year"]),
    ],
)


@dataclass
class Paid:
    """A payment in the reference: price, discount, limit usage with its time, and cancelled amount."""

    price: int
    off: int
    month: str
    cancelled: int = 0


@dataclass
class Reference:
    """The rules of the policy above in their shortest form: won by purse, and usage by limit and window."""

    purses: Counter[str] = field(default_factory=Counter)
    used: Counter[tuple[str, str]] = field(default_factory=Counter)
    budget: int = BUDGET

    def fund(self, won: int) -> int:
        granted = min(won, self.budget)
        self.budget -= granted
        return granted

    def top_up(self, amount: int, now: datetime) -> tuple[str, int, dict[str, int]]:
        """Return the outcome, the won that the bank takes, and the won credited."""
        month, half = f"{now:%Y-%m}", f"{now:%Y-%m}-{1 if now.day < 16 else 2}"
        if self.purses["charged"] + amount > HOLDING_LIMIT:
            return "holding_limit_exceeded", 0, {}
        if self.used["top-ups", month] + amount > TOP_UPS_A_MONTH:
            return "top_up_limit_exceeded", 0, {}
        base = min(amount, BONUS_BASE_A_HALF - self.used["bonus-base", half])
        points = self.fund(base * 700 // 10_000)
        off = self.fund(min(amount * 300 // 10_000, TOP_UP_DISCOUNT_A_YEAR - self.used["off-a-year", f"{now:%Y}"]))
        self.used["top-ups", month] += amount
        self.used["bonus-base", half] += base
        self.used["off-a-year", f"{now:%Y}"] += off
        credited = {"charged": amount}
        if points:
            year, month_number = divmod(now.year * 12 + now.month, 12)
            credited[f"points@{year:04}-{month_number + 1:02}"] = points
        self.purses.update(credited)
        return "completed", amount - off, credited

    def pay(self, price: int, at_bookshop: bool, now: datetime) -> tuple[Paid, dict[str, int]] | None:
        month = f"{now:%Y-%m}"
        wanted = min(price * 1_000 // 10_000, DISCOUNT_A_MONTH - self.used["most", month], price - 1)
        off = min(wanted, self.budget)
        order = [each for each in sorted(self.purses) if each.startswith("points@") and each[7:] >= month]
        drawn: dict[str, int] = {}
        missing = price - off
        for each in [*(order if at_bookshop else []), "cashback", "charged"]:
            taken = min(missing, self.purses[each])
            if taken:
                drawn[each] = taken
            missing -= taken
        if missing:
            return None
        self.fund(off)
        self.used["most", month] += off
        self.purses.subtract(drawn)
        return Paid(price, off, month), drawn

    def cancel(self, paid: Paid, amount: int) -> int:
        """Return the refund. Of the discount, floor(discount * left / price) remains on what is left of the price."""
        left_before, left_after = paid.price - paid.cancelled, paid.price - paid.cancelled - amount
        back = paid.off * left_before // paid.price - paid.off * left_after // paid.price
        freed = paid.off * (paid.cancelled + amount) // paid.price - paid.off * paid.cancelled // paid.price
        paid.cancelled += amount
        self.budget += back
        self.used["most", paid.month] -= freed
        self.purses["refund_pending"] += amount - back
        return amount - back


amounts = st.one_of(st.integers(1_000, 120_000), st.sampled_from([1_000, 60_000, 300_000]))
prices = st.one_of(st.integers(1, 60_000), st.sampled_from([1, 9, 10, 11, 9_999, 80_000]))
commands = st.one_of(
    st.tuples(st.just("top_up"), amounts),
    st.tuples(st.just("pay"), prices, st.booleans()),
    st.tuples(st.just("cancel"), st.integers(0, 9), st.integers(1, 100)),
    st.tuples(st.just("again"), st.integers(0, 9)),
    st.tuples(st.just("days"), st.integers(1, 25)),
)


class Side:
    """The world and the reference, which get the same commands."""

    def __init__(self) -> None:
        self.world = world_under(POLICY)
        appropriate(self.world, BUDGET)
        self.shops = [self.world.shop(), self.world.shop(NUMBERS[1], category="bookshop")]
        self.member: Wallet = self.world.member()
        self.reference = Reference()
        self.payments: list[tuple[Payment, Paid]] = []
        self.sent: list[Any] = []

    def do(self, command: tuple[Any, ...]) -> None:
        getattr(self, command[0])(*command[1:])
        balances = {purse: won for purse, won in self.world.balances(self.member).items() if won}
        assert balances == {purse: won for purse, won in self.reference.purses.items() if won}, command
        assert left(self.world) == self.reference.budget, command

    def top_up(self, amount: int) -> None:
        key = self.world.new_key()
        outcome, debited, credited = self.reference.top_up(amount, self.world.now)
        entry = self.world.top_up(self.member, amount, key).entry
        assert (entry.decline.value if entry.decline else "completed") == outcome
        assert (entry.debited, dict(entry.credited)) == (debited, credited)
        self.sent.append(lambda: self.world.top_up(self.member, amount, key).entry == entry)

    def pay(self, price: int, at_bookshop: bool) -> None:
        key, shop = self.world.new_key(), self.shops[at_bookshop]
        expected = self.reference.pay(price, at_bookshop, self.world.now)
        entry = self.world.pay(self.member, shop, price, key).entry
        assert (entry.decline is None) == (expected is not None), entry
        if expected:
            paid, drawn = expected
            assert (entry.discount, dict(entry.paid_from)) == (paid.off, drawn)
            self.payments.append((entry, paid))
        self.sent.append(lambda: self.world.pay(self.member, shop, price, key).entry == entry)

    def cancel(self, which: int, percent: int) -> None:
        if not self.payments:
            return
        payment, paid = self.payments[which % len(self.payments)]
        left_of_it = paid.price - paid.cancelled
        if not left_of_it:
            return
        amount, key = max(1, left_of_it * percent // 100), self.world.new_key()
        refund = self.reference.cancel(paid, amount)
        entry = self.world.cancel(payment, amount, key).entry
        assert entry.refund == refund
        self.sent.append(lambda: self.world.cancel(payment, amount, key).entry == entry)

    def again(self, which: int) -> None:
        """Repeat an earlier request: it gets its answer and has no effect."""
        if self.sent:
            assert self.sent[-1 - which % len(self.sent)]()

    def days(self, number: int) -> None:
        latest = datetime(2021, 12, 28, tzinfo=SEOUL)
        self.world.now = min(self.world.now + timedelta(days=number), latest)


def test_a_fixed_sequence_meets_every_rule() -> None:
    """A fixed sequence in which each rule applies once, so that the test above cannot pass without meeting them."""
    side = Side()
    for command in (
        ("top_up", 100_000),  # Bonus on 60,000 of it.
        ("pay", 70_000, True),  # Points first, then the loaded balance.
        ("pay", 9_000, True),
        ("pay", 20_000, False),  # The limit's last won.
        ("cancel", 0, 37),
        ("pay", 9_999, False),
        ("top_up", 300_000),  # More than the top-up limit.
        ("days", 20),
        ("top_up", 100_000),
        ("days", 20),
        ("top_up", 100_000),  # The budget's last won.
        ("pay", 80_000, False),
        ("cancel", 1, 100),
        ("again", 3),
        ("days", 25),  # The points of January have expired.
        ("pay", 10_000, True),
        ("top_up", 300_000),  # More than the holding limit.
    ):
        side.do(command)
    check_everything(side.world.memory)
    entries = side.world.entries("top_up") + side.world.entries("payment")
    declined = {entry.get("decline") for entry in entries}
    assert declined >= {"holding_limit_exceeded", "top_up_limit_exceeded"}
    assert any(entry.get("ceilings") for entry in entries)


@settings(max_examples=150, deadline=None)
@given(sequence=st.lists(commands, min_size=1, max_size=25))
def test_any_sequence_of_commands_equals_the_reference(sequence: list[tuple[Any, ...]]) -> None:
    side = Side()
    for command in sequence:
        side.do(command)
    for repeated in side.sent:
        assert repeated()
    check_everything(side.world.memory)
