"""A statement explains, to the won, how a month's start became its end, for any policy and any purses."""

import random
from collections.abc import Iterator
from datetime import timedelta

import pytest

from eeum.calendar import Month, month_of
from eeum.merchants.rules import Merchant
from eeum.months.statement_store import StatementStore
from eeum.months.statements import Statement, statement_of
from eeum.payments.rules import Payment
from eeum.wallet.rules import Wallet
from tests.invariants import check_everything
from tests.use_cases.command_policies import bonus, january_2021, layer, purse, world_under
from tests.use_cases.world import World

POINTS = purse("points", expires_after={"months": 1}, spendable_at={"fact": "merchant_district", "in": ["jung"]})


@pytest.fixture
def city() -> Iterator[World]:
    """A top-up bonus, a discount, and rewards: at once, next month, and for a month at some shops."""
    document = january_2021(purses=[POINTS])
    document |= {
        "limits": [],
        "layers": [
            bonus(700, into="points"),
            layer("reduced", "discount", 300, funders={"city": 3, "merchant": 1}),
            layer("cash", "cashback", 450),
            layer("points", "cashback", 900, into="points"),
            layer("later", "payback", 200),
        ],
    }
    world = world_under(document)
    yield world
    check_everything(world.memory)


def _change(statement: Statement) -> int:
    """Credits less debits of the wallet in won, as the statement lists them."""
    came = statement.topped_up + statement.top_up_rewards.won + statement.cashback.won + statement.discounts.won
    came += statement.cancelled
    came += sum(each.cancelled + each.cashback.won for each in statement.earlier_months)
    return came - statement.paid - statement.captured - statement.expired


def _a_day(city: World, payer: Wallet, market: Merchant, earlier: list[Payment], chance: random.Random) -> None:
    """A possible top-up, and a payment, a partly captured hold, or a partial cancellation of something earlier."""
    shop = city.shop() if chance.random() < 0.9 else market
    if chance.random() < 0.4:
        city.top_up(payer, chance.randrange(1_000, 90_000))
    held = chance.random() < 0.2
    payment = city.pay(payer, shop, chance.randrange(100, 25_000), hold=held).entry
    if payment.decline is None and held:
        city.accrue(city.capture(payment, chance.randrange(1, payment.order.amount + 1)).entry)
    elif payment.decline is None:
        city.accrue(payment)
        earlier.append(payment)
    if earlier and chance.random() < 0.4:
        cancelled = earlier.pop(chance.randrange(len(earlier)))
        city.accrue(city.cancel(cancelled, chance.randrange(1, cancelled.order.amount + 1)).entry)


@pytest.mark.parametrize("seed", range(12))
def test_a_statements_sums_lead_from_its_start_to_its_end(city: World, seed: int) -> None:
    chance = random.Random(seed)
    payer, market = city.member(), city.shop("2208162517", district="jung")
    months: set[Month] = set()
    earlier: list[Payment] = []
    for _ in range(60):
        _a_day(city, payer, market, earlier, chance)
        months.add(month_of(city.now))
        city.now += timedelta(days=chance.choice((1, 1, 3)))
        city.sweeping.wallet(city.wallet(payer.id), city.now)
    bookings = StatementStore(city.memory, city.patience).bookings(payer.id)
    statements = [statement_of(payer.id, month, bookings, city.now) for month in sorted(months)]
    assert len(statements) > 2
    assert any(each and each.expired for each in statements)
    assert any(each and each.earlier_months for each in statements)
    for statement in statements:
        assert statement is not None
        assert sum(statement.end.values()) - sum(statement.start.values()) == _change(statement)
