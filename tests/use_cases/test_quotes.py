"""A quote equals the payment's result to the won, if nothing happens in between; else it names what is not known."""

import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eeum.budget.rules import shard_of
from eeum.calendar import SEOUL
from eeum.cashback.quoting import NotGuaranteed, Plan, QuoteAnswer, Reason
from eeum.cashback.rules import Earning
from eeum.errors import NotFound
from eeum.payments.rules import Decline, Payment, PaymentStatus
from eeum.policy.documents import canonical_document
from eeum.wallet.rules import Wallet
from tests.invariants import check_everything
from tests.simulation import forms
from tests.use_cases.command_policies import appropriate, january_2021, layer, limit, only_layers, world_under
from tests.use_cases.world import NUMBERS, World

COUPON = layer("coupon", "discount", 1_000, limits=["coupons"])
GIFT = layer("gift", "cashback", 1_000)


@pytest.fixture
def city(founded: Callable[..., World]) -> World:
    """A ten per cent discount and ten per cent cashback of the city, besides January 2021's cashback."""
    coupons = limit("coupons", "reward", 50_000)
    return founded(january_2021(limits=[coupons], layers=[COUPON, GIFT]))


def _paid(world: World, wallet: Wallet, shop: Any, amount: int, **changes: Any) -> tuple[Payment, Earning | None]:
    """The payment, and its accrual with nothing in between."""
    payment = world.pay(wallet, shop, amount, **changes).entry
    if payment.status is PaymentStatus.DECLINED:
        return payment, None
    captured = world.capture(payment).entry if payment.status is PaymentStatus.HELD else payment
    assert world.accrue(captured) == []
    month = f"{world.now.astimezone(SEOUL):%Y-%m}"
    (earning,) = [each for each in world.earnings(wallet, month) if each.digest == payment.acceptance.digest]
    return payment, earning


def _assert_as_quoted(quoted: QuoteAnswer, payment: Payment, earning: Earning | None) -> None:
    judgement = quoted.judgement
    assert (judgement.decline, judgement.paid_from) == (payment.decline, payment.paid_from)
    assert (judgement.given.rewards, judgement.given.funded_amounts) == (payment.discounts, payment.funded_amounts)
    assert judgement.facts == payment.facts
    if earning is None:
        assert (quoted.earning.won, quoted.earning.rewards, quoted.not_guaranteed) == (0, (), ())
        return
    found = quoted.earning
    assert (found.policy, found.base, found.rewards) == (earning.policy, earning.base, earning.rewards)
    assert (dict(found.used), dict(found.funded_amounts), found.into) == (
        dict(earning.used),
        dict(earning.funded_amounts),
        earning.into,
    )


@pytest.mark.parametrize("amount", [1, 9_999, 100_000, 600_000, 1_500_000])
def test_a_quote_equals_what_the_payment_earns(world: World, amount: int) -> None:
    payer, shop = world.member(charged=2_000_000), world.shop()
    world.accrue(world.pay(payer, shop, 450_000).entry)
    world.now += timedelta(seconds=1)
    quoted = world.quote(payer, shop, amount)
    assert (quoted.judgement.decline, quoted.not_guaranteed) == (None, ())
    _assert_as_quoted(quoted, *_paid(world, payer, shop, amount))


def test_a_quote_of_a_declined_payment_says_why_and_earns_nothing(world: World) -> None:
    payer, shop = world.member(charged=5_000), world.shop()
    for merchant, amount, card, decline in (
        (shop.id, 5_001, None, Decline.INSUFFICIENT_FUNDS),
        ("unknown", 5_000, None, Decline.UNKNOWN_MERCHANT),
        (shop.id, 5_000, "no card of hers", Decline.UNKNOWN_CARD),
    ):
        quoted = world.quote(payer, merchant, amount, card=card)
        assert quoted.judgement.decline is decline
        assert (quoted.judgement.paid_from, quoted.earning.rewards, quoted.not_guaranteed) == ((), (), ())


def test_another_members_wallet_is_not_found(world: World) -> None:
    payer, other = world.member(charged=5_000), world.member("other")
    with pytest.raises(NotFound):
        world.quote(Wallet(**{**_fields(payer), "member": other.member}), world.shop(), 1)


def _fields(wallet: Wallet) -> dict[str, Any]:
    return {name: getattr(wallet, name) for name in Wallet.__dataclass_fields__}


def test_a_quote_reads_once_and_writes_nothing(city: World) -> None:
    payer, shop = city.member(charged=5_000), city.shop()
    with city.counted() as costs:
        city.quote(payer, shop, 1)
    assert (costs.calls, costs.write_units) == (["read"], 0)


def test_a_quote_counts_money_of_other_shards_without_moving_it(city: World) -> None:
    appropriate(city, 1_000, layers=["coupon"])
    payer, shop = city.member(charged=100_000), city.shop()
    with city.counted() as costs:
        quoted = city.quote(payer, shop, 20_000)
    assert (costs.calls, costs.write_units) == (["read", "read"], 0)
    assert (quoted.judgement.given.won, quoted.funded_amounts) == (1_000, {"coupon": 1_000})
    _assert_as_quoted(quoted, *_paid(city, payer, shop, 20_000))
    # The refill has moved all money to one shard: none is left for any wallet.
    after = city.quote(payer, shop, 20_000)
    assert (after.judgement.given.won, after.funded_amounts) == (0, {"coupon": 0})


def test_discount_and_cashback_share_one_line(city: World) -> None:
    appropriate(city, 2_500)
    payer, shop = city.member(charged=100_000), city.shop()
    quoted = city.quote(payer, shop, 20_000)
    assert (quoted.judgement.given.won, quoted.funded_amounts["gift"]) == (2_000, quoted.earning.funded_amounts["gift"])
    _assert_as_quoted(quoted, *_paid(city, payer, shop, 20_000))


def test_a_hold_gets_no_discount_and_its_cashback_is_not_known_yet(city: World) -> None:
    payer, shop = city.member(charged=100_000), city.shop()
    quoted = city.quote(payer, shop, 20_000, hold=True)
    assert (quoted.judgement.given.won, quoted.judgement.paid_from) == (0, (("charged", 20_000),))
    assert quoted.not_guaranteed == (NotGuaranteed(Reason.CAPTURED_LATER, ("base", "gift")),)
    _assert_as_quoted(quoted, *_paid(city, payer, shop, 20_000, hold=True))


def test_the_method_decides_as_it_does_for_the_payment() -> None:
    by_card = layer("by-card", "discount", 1_000, when={"fact": "method", "in": ["card"]})
    in_app = layer("in-app", "cashback", 500, when={"fact": "method", "in": ["app"]})
    world = world_under(january_2021(layers=[by_card, in_app]))
    payer, shop = world.member(charged=100_000), world.shop()
    for method, won in (("card", (1_000, 900)), ("app", (0, 1_500))):
        quoted = world.quote(payer, shop, 10_000, method=method)
        assert (quoted.judgement.given.won, quoted.earning.won) == won
        _assert_as_quoted(quoted, *_paid(world, payer, shop, 10_000, method=method))


def test_a_quote_names_what_is_not_known(city: World) -> None:
    payer, shop = city.member(charged=100_000), city.shop()
    assert city.quote(payer, shop, 20_000).not_guaranteed == ()
    appropriate(city, 1_000_000, layers=["gift"])
    shared = NotGuaranteed(Reason.BUDGET_IS_SHARED, ("gift",))
    assert city.quote(payer, shop, 20_000).not_guaranteed == (shared,)
    first = city.pay(payer, shop, 1_000).entry
    pending = NotGuaranteed(Reason.EARLIER_CASHBACK_PENDING, ("base",))
    assert city.quote(payer, shop, 20_000).not_guaranteed == (pending, shared)
    city.accrue(first)
    assert city.quote(payer, shop, 20_000).not_guaranteed == (shared,)


def test_a_planned_payment_is_quoted_under_the_policy_and_windows_of_its_time(world: World) -> None:
    """January's band is used up and unused in February; in July 2022 another version gives five per cent."""
    payer, shop = world.member(charged=2_000_000), world.shop()
    world.accrue(world.pay(payer, shop, 500_000).entry)
    world.now += timedelta(seconds=1)
    assert world.quote(payer, shop, 10_000).earning.won == 100
    for at, won, version in (
        (datetime(2021, 2, 1, tzinfo=SEOUL), 1_000, "incheon-2021-01-01"),
        (datetime(2022, 7, 1, tzinfo=SEOUL), 500, "incheon-2022-07-01"),
    ):
        quoted = world.quote(payer, shop, 10_000, plan=Plan(at))
        assert (quoted.earning.won, quoted.earning.policy) == (won, version)
        assert quoted.not_guaranteed == (NotGuaranteed(Reason.PLANNED_AHEAD, ("base",)),)
        world.now = at
        assert world.quote(payer, shop, 10_000).earning.won == won


def test_a_plan_for_the_past_is_quoted_for_now(world: World) -> None:
    payer, shop = world.member(charged=10_000), world.shop()
    assert world.quote(payer, shop, 10_000, plan=Plan(world.now - timedelta(days=400))) == world.quote(
        payer, shop, 10_000
    )


def test_a_planned_top_up_is_quoted_like_a_completed_one(world: World) -> None:
    poor, rich, shop = (
        world.member("poor", cashback=300),
        world.member("rich", charged=20_000, cashback=300),
        world.shop(),
    )
    assert world.quote(poor, shop, 20_000).judgement.decline is Decline.INSUFFICIENT_FUNDS
    planned = world.quote(poor, shop, 20_000, plan=Plan(topped_up=True))
    as_rich = world.quote(rich, shop, 20_000)
    assert (planned.judgement.decline, planned.judgement.paid_from) == (None, as_rich.judgement.paid_from)
    assert planned.judgement.given == as_rich.judgement.given
    assert (planned.earning.won, planned.earning.rewards) == (2_000, as_rich.earning.rewards)
    # A wallet with enough money pays with what it has.
    assert world.quote(rich, shop, 5_000, plan=Plan(topped_up=True)) == world.quote(rich, shop, 5_000)


def test_a_quote_names_a_window_that_only_the_accrual_sums() -> None:
    """The year before is carried over from, but an accrual under a policy without carry-over removed it from the wallet."""
    yearly = limit("of-the-year", "spend", 100_000, "year")
    carrying = limit("of-the-year", "spend", 100_000, "year", carries_over_from="2021-01-01T00:00:00+09:00")
    bonus = layer("gift", "cashback", 1_000, limits=["of-the-year"])
    before = january_2021(limits=[yearly], layers=[bonus])
    after = january_2021(limits=[carrying], layers=[bonus])
    after = canonical_document({**after, "version": "carrying", "starts_at": "2022-06-01T00:00:00+09:00"})
    world = world_under(before, after)
    payer, shop = world.member(charged=500_000), world.shop()
    for at in (datetime(2021, 3, 1, 12, tzinfo=SEOUL), datetime(2022, 4, 1, 12, tzinfo=SEOUL)):
        world.now = at
        world.accrue(world.pay(payer, shop, 30_000).entry)
    world.now = datetime(2022, 6, 2, 12, tzinfo=SEOUL)
    reasons = [each.reason for each in world.quote(payer, shop, 50_000).not_guaranteed]
    assert reasons == [Reason.EARLIER_USE_NOT_READ]


# --- any policy, budget and wallet --------------------------------------------------------------------------------------

FIRST = forms.documents()[0]
AT = datetime(2022, 11, 10, 19, tzinfo=SEOUL)
"""In the evening, during the fair of the first version."""


@st.composite
def _documents(draw: st.DrawFn) -> dict[str, Any]:
    """The policies of the simulated city, with some of their layers, and pools of any size."""
    kept = draw(st.sets(st.sampled_from([each["id"] for each in FIRST["layers"]]), min_size=1))
    layers = [each for each in FIRST["layers"] if each["id"] in kept]
    pools = [{**each, "amount": draw(st.integers(0, 6_000))} for each in FIRST["pools"]]
    return canonical_document({**FIRST, "layers": layers, "pools": pools})


amounts = st.one_of(st.integers(1, 90_000), st.sampled_from([1, 10_000, 20_000, 30_000, 70_000, 150_000]))
payments = st.tuples(
    st.integers(0, 2),
    st.integers(0, 1),
    amounts,
    st.sampled_from(["shop", "qr", "delivery"]),
    st.sampled_from(["card", "app"]),
    st.booleans(),
)


@settings(max_examples=60, deadline=None)
@given(
    _documents(),
    st.dictionaries(st.sampled_from(["national", "city", "district"]), st.integers(0, 9_000)),
    st.lists(payments, min_size=1, max_size=6),
    st.booleans(),
)
def test_a_quote_is_the_payment_and_its_accrual(
    document: dict[str, Any], budgets: dict[str, int], asked: list[Any], cashback_first: bool
) -> None:
    """Under any policies, budgets and wallets, also when they run out; payments before each quote are posted."""
    world = World(now=AT, documents=(document,))
    for funder, won in budgets.items():
        appropriate(world, won, funder, 2022)
    names = ["first", "second", "third"]
    wallets = [world.member(name, charged=150_000, cashback=2_000, cashback_first=cashback_first) for name in names]
    shops = [world.shop(), world.shop(NUMBERS[1], category="supermarket", district="seo", own_rate=200)]
    assert len({shard_of(wallet.id) for wallet in wallets}) > 1, "the wallets draw on different shards"
    for payer, where, amount, channel, method, hold in asked:
        world.now += timedelta(hours=7)
        changes = {"channel": channel, "method": method, "hold": hold}
        quoted = world.quote(wallets[payer], shops[where], amount, **changes)
        _assert_as_quoted(quoted, *_paid(world, wallets[payer], shops[where], amount, **changes))
    check_everything(world.memory)


def test_a_limit_that_a_pending_cancellation_frees_is_named(world: World) -> None:
    """The month's limit is used up: nothing is quoted, and what frees the limit is still to be posted."""
    payer, shop = world.member(charged=3_000_000), world.shop()
    large = world.pay(payer, shop, 1_000_000).entry
    world.accrue(large)
    assert world.quote(payer, shop, 10_000).not_guaranteed == ()
    returned = world.cancel(large).entry
    quoted = world.quote(payer, shop, 10_000)
    assert quoted.earning.won == 0
    assert quoted.not_guaranteed == (NotGuaranteed(Reason.EARLIER_CASHBACK_PENDING, ("base",)),)
    assert world.accrue(returned) == []
    _, earning = _paid(world, payer, shop, 10_000)
    assert earning is not None
    assert earning.won == 1_000


@pytest.mark.parametrize(
    "when",
    [{"fact": "amount", "at_least": 5_000}, {"fact": "time_of_day", "from": "09:00", "until": "18:00"}],
    ids=["amount", "time"],
)
def test_a_used_up_limit_of_an_event_is_named_while_its_layer_applies(when: dict[str, Any]) -> None:
    until = "2021-01-20T00:00:00+09:00"
    fair = limit("fair", "spend", 30_000, "event", **{"from": "2021-01-02T00:00:00+09:00", "until": until})
    world = world_under(only_layers(layer("gift", "cashback", 1_000, limits=["fair"], when=when)) | {"limits": [fair]})
    payer, shop = world.member(charged=200_000), world.shop()
    paid = world.pay(payer, shop, 30_000).entry
    world.accrue(paid)
    returned = world.cancel(paid).entry
    pending = (NotGuaranteed(Reason.EARLIER_CASHBACK_PENDING, ("gift",)),)
    assert (world.quote(payer, shop, 10_000).earning.won, world.quote(payer, shop, 10_000).not_guaranteed) == (
        0,
        pending,
    )
    assert world.quote(payer, shop, 10_000, Plan(datetime.fromisoformat(until))).not_guaranteed == (
        NotGuaranteed(Reason.PLANNED_AHEAD, ()),
    )
    world.accrue(returned)
    assert world.quote(payer, shop, 10_000).earning.won == 1_000


def test_a_layer_that_shares_a_limit_with_one_of_a_shared_budget_is_named() -> None:
    """Once others have used up the first layer's line, its limit is left to the second layer."""
    of_both = limit("of-both", "reward", 1_000)
    first, second = (
        layer("first", "cashback", 1_000, limits=["of-both"]),
        layer("second", "cashback", 1_000, limits=["of-both"], funders={"national": 1}),
    )
    world = world_under(only_layers(first, second) | {"limits": [of_both]})
    appropriate(world, 1_000, layers=["first"])
    payer, other, shop = world.member(charged=50_000), world.member("other", charged=50_000), world.shop()
    quoted = world.quote(payer, shop, 10_000)
    assert [(each.layer, each.won) for each in quoted.earning.rewards] == [("first", 1_000), ("second", 0)]
    world.accrue(world.pay(other, shop, 10_000).entry)
    _, earning = _paid(world, payer, shop, 10_000)
    assert earning is not None
    assert [(each.layer, each.won) for each in earning.rewards] == [("first", 0), ("second", 1_000)]
    assert quoted.not_guaranteed == (NotGuaranteed(Reason.BUDGET_IS_SHARED, ("first", "second")),)


@st.composite
def _tight_documents(draw: st.DrawFn) -> dict[str, Any]:
    """Limits so small that each payment uses some of them up."""
    document = draw(_documents())
    amounts = st.sampled_from([1_000, 5_000, 20_000, 60_000])
    limits = [{**each, "amount": draw(amounts)} if each["id"] != "top-ups" else each for each in document["limits"]]
    return canonical_document({**document, "limits": limits})


waiting = st.lists(st.tuples(payments, st.sampled_from(["post", "wait", "cancel", "cancel later"])), max_size=6)


class Town:
    """Two members and two shops, under a document that may have budgets."""

    def __init__(self, document: dict[str, Any], budgets: dict[str, int]) -> None:
        self.world = World(now=AT, documents=(document,))
        for funder, won in budgets.items():
            appropriate(self.world, won, funder, 2022)
        self.payer, self.other = (self.world.member(name, charged=900_000) for name in ("first", "second"))
        self.shops = [
            self.world.shop(),
            self.world.shop(NUMBERS[1], category="supermarket", district="seo", own_rate=200),
        ]

    def pay(self, wallet: Wallet, made: Any) -> list[Payment]:
        """The payment, if it was approved."""
        self.world.now += timedelta(minutes=7)
        _, where, amount, channel, method, _ = made
        payment = self.world.pay(wallet, self.shops[where], amount, channel=channel, method=method).entry
        return [payment] if payment.decline is None else []

    def wait(self, made: Any, then: str) -> Iterator[Any]:
        """Pay, and return what is still to be posted."""
        for payment in self.pay(self.payer, made):
            if then in ("post", "cancel later"):
                self.world.accrue(payment)
            else:
                yield payment
            if then in ("cancel", "cancel later"):
                yield self.world.cancel(payment).entry


@settings(max_examples=30, deadline=None)
@given(
    _tight_documents(),
    st.dictionaries(st.sampled_from(["national", "city", "district"]), st.integers(0, 9_000)),
    waiting,
    payments,
    st.lists(payments, max_size=3),
    st.randoms(use_true_random=False),
)
def test_each_layer_whose_cashback_differs_from_the_quote_is_named(
    document: dict[str, Any], budgets: dict[str, int], before: Any, asked: Any, others: Any, order: random.Random
) -> None:
    """Earlier payments and cancellations are posted later, in any order, and others pay before the cashback accrues."""
    town = Town(document, budgets)
    late = [entry for made, then in before for entry in town.wait(made, then)]
    _, where, amount, channel, method, _ = asked
    quoted = town.world.quote(town.payer, town.shops[where], amount, channel=channel, method=method)
    for payment in town.pay(town.payer, asked):
        for made in others:
            town.world.accrue(*town.pay(town.other, made))
        order.shuffle(late := [*late, payment])
        town.world.accrue(*late)
        town.world.accrue(*late)
        (earning,) = [
            each for each in town.world.earnings(town.payer, "2022-11") if each.digest == payment.acceptance.digest
        ]
        expected, found = ({each.layer: each.won for each in of.rewards} for of in (quoted.earning, earning))
        different = {name for name in {*expected, *found} if expected.get(name, 0) != found.get(name, 0)}
        assert different <= {name for each in quoted.not_guaranteed for name in each.layers}
