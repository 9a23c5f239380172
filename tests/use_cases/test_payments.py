"""A member pays: which payments are approved or declined, why, and from which purses."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from eeum.calendar import SEOUL, month_of, start_of_next_day
from eeum.errors import NotFound, ProgrammeNotRunning
from eeum.ids import natural_id
from eeum.journal.partitions import partition_of
from eeum.merchants.rules import Decision, MerchantStatus, Shop
from eeum.merchants.use_cases import ApplyForMerchant, DecideApplication, apply_for_merchant, decide_application
from eeum.money import LARGEST_AMOUNT
from eeum.payments.rules import CODES, Decline
from eeum.payments.store import payment_item
from eeum.payments.use_cases import UnknownCard, readable_payment
from eeum.policy.use_cases import PolicyBook
from eeum.storage import Key, SetTo, Table, Update
from eeum.wallet.store import wallet_key
from tests.use_cases.world import ACQUIRER, NUMBERS, World


def test_a_member_pays_and_the_merchant_is_owed_the_amount(world: World) -> None:
    payer, shop = world.member(charged=50_000), world.shop()
    answer = world.pay(payer, shop, 12_000)
    payment = answer.entry
    assert (payment.decline, answer.replayed) == (None, False)
    assert payment.postings == {"purse/charged": -12_000, f"merchant_payable/{shop.id}": 12_000}
    assert payment.acceptance.accepted_at == world.now
    assert world.balances(payer) == {"charged": 38_000, "cashback": 0}
    after = world.wallet(payer.id)
    assert (after.due, after.accrued) == (1, 0)
    assert world.payments.payment(payer.id, payment.acceptance.id) == payment


def test_a_payment_takes_two_round_trips_and_five_write_units(world: World) -> None:
    payer, shop = world.member(charged=50_000), world.shop()
    with world.counted() as costs:
        world.pay(payer, shop, 12_000)
    assert costs.calls == ["read", "transact"]
    assert costs.write_units == 4 + 1


def test_a_declined_payment_takes_two_round_trips_and_three_write_units(world: World) -> None:
    payer, shop = world.member(charged=1_000), world.shop()
    with world.counted() as costs:
        world.pay(payer, shop, 12_000)
    assert costs.calls == ["read", "transact"]
    assert costs.write_units == 2 + 1


def test_a_payment_keeps_the_facts_it_was_judged_by(world: World) -> None:
    payer = world.member(charged=50_000)
    shop = world.shop(flags=frozenset({"benefit_plus"}), own_rate=300, category="cafe")
    payment = world.pay(payer, shop, 12_000, channel="delivery", method="app").entry
    facts = payment.facts
    assert (facts.merchant_district, facts.merchant_category, facts.merchant_annual_revenue) == (
        "yeonsu",
        "cafe",
        200_000_000,
    )
    assert (facts.merchant_flags, facts.merchant_own_rate) == (frozenset({"benefit_plus"}), 300)
    assert (facts.card_product, facts.channel, facts.method) == ("standard", "delivery", "app")


def test_a_balance_may_be_spent_to_the_last_won(world: World) -> None:
    payer, shop = world.member(charged=10_000), world.shop()
    assert world.pay(payer, shop, 10_000).entry.decline is None
    assert world.pay(payer, shop, 1).entry.decline is Decline.INSUFFICIENT_FUNDS
    assert world.balances(payer)["charged"] == 0


def test_the_largest_amount_is_declined_or_paid_like_any_other(world: World) -> None:
    payer, shop = world.member(charged=10_000), world.shop()
    assert world.pay(payer, shop, LARGEST_AMOUNT).entry.decline is Decline.INSUFFICIENT_FUNDS
    world.give(payer.id, "charged", LARGEST_AMOUNT)
    assert world.pay(payer, shop, LARGEST_AMOUNT).entry.decline is None
    assert world.balances(payer)["charged"] == 10_000


# --- declines -------------------------------------------------------------------------------------------------------------


def _declined(world: World, expected: Decline, code: str, **payment: object) -> None:
    """Check a decline with this reason: it is stored, and nothing else has changed."""
    payer = world.member()
    before = world.wallet(payer.id)
    shop = payment.pop("shop")
    entry = world.pay(payer, shop, 10_000, **payment).entry  # type: ignore[arg-type]
    assert entry.decline is expected
    assert CODES[expected] == code
    assert entry.postings == {}
    assert world.wallet(payer.id) == before
    (stored,) = world.entries("payment")
    assert (stored["status"], stored["decline"]) == ("declined", expected.value)
    assert world.payments.payment(payer.id, entry.acceptance.id) == entry


def test_too_little_money_is_declined(world: World) -> None:
    world.member(charged=9_999)
    _declined(world, Decline.INSUFFICIENT_FUNDS, "51", shop=world.shop())


def test_an_unknown_merchant_is_declined(world: World) -> None:
    world.member(charged=50_000)
    _declined(world, Decline.UNKNOWN_MERCHANT, "03", shop=natural_id("merchant", "unknown"))


def test_a_suspended_wallet_is_declined(world: World) -> None:
    world.suspend(world.member(charged=50_000))
    _declined(world, Decline.WALLET_SUSPENDED, "62", shop=world.shop())


def test_a_blocked_card_is_declined(world: World) -> None:
    payer = world.member(charged=50_000)
    card = payer.cards[0].reference
    world.send(Update(wallet_key(payer.id), (SetTo(("cards", card, "status"), "blocked"),)))
    _declined(world, Decline.CARD_BLOCKED, "78", shop=world.shop(), card=card)


def test_a_wallet_without_an_active_card_is_declined(world: World) -> None:
    payer = world.member(charged=50_000)
    world.send(Update(wallet_key(payer.id), (SetTo(("cards", payer.cards[0].reference, "status"), "blocked"),)))
    _declined(world, Decline.CARD_BLOCKED, "78", shop=world.shop())


@pytest.mark.parametrize("rejected", [False, True])
def test_applicants_and_rejected_shops_are_unknown_merchants_to_payers(world: World, rejected: bool) -> None:
    world.member(charged=50_000)
    shop = Shop(NUMBERS[0], "가게", "yeonsu", "restaurant", 200_000_000)
    applied = apply_for_merchant(ApplyForMerchant(shop, "owner"), world.onboarding(world.now - timedelta(days=9)))
    if rejected:
        decision = Decision(MerchantStatus.REJECTED, "operator", world.now - timedelta(days=8), "papers missing")
        decide_application(DecideApplication(applied.id, decision), world.onboarding())
    _declined(world, Decline.UNKNOWN_MERCHANT, "03", shop=applied)


def test_a_merchant_is_declined_on_the_day_of_its_approval_and_paid_from_midnight(world: World) -> None:
    payer = world.member(charged=50_000)
    shop = Shop(NUMBERS[0], "가게", "yeonsu", "restaurant", 200_000_000)
    applied = apply_for_merchant(ApplyForMerchant(shop, "owner"), world.onboarding())
    decision = Decision(MerchantStatus.APPROVED, "operator", world.now, "papers in order")
    approved = decide_application(DecideApplication(applied.id, decision), world.onboarding())
    world.now = start_of_next_day(world.now) - timedelta(milliseconds=1)
    assert world.pay(payer, approved, 10_000).entry.decline is Decline.MERCHANT_NOT_PAYABLE_YET
    assert CODES[Decline.MERCHANT_NOT_PAYABLE_YET] == "58"
    world.now += timedelta(milliseconds=1)
    assert world.pay(payer, approved, 10_000).entry.decline is None


def test_a_merchant_that_a_later_policy_excludes_is_declined(world: World) -> None:
    world.member(charged=50_000)
    shop = world.shop()
    version = world.policies.running_at(world.now)
    stricter = replace(version, merchants=replace(version.merchants, excluded_categories=frozenset({"restaurant"})))
    world.policies = PolicyBook([stricter])
    _declined(world, Decline.MERCHANT_EXCLUDED, "57", shop=shop)


def test_a_suspended_wallet_comes_before_every_other_reason(world: World) -> None:
    world.suspend(world.member())
    _declined(world, Decline.WALLET_SUSPENDED, "62", shop=natural_id("merchant", "unknown"))


# --- refusals -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wallet_id", ["", "x", "not-an-id", natural_id("wallet", "unknown")])
def test_an_unknown_wallet_is_an_unknown_card_and_stores_nothing(world: World, wallet_id: str) -> None:
    unknown = replace(world.member(), id=wallet_id)
    with pytest.raises(UnknownCard):
        world.pay(unknown, world.shop(), 10_000)
    assert world.entries("payment") == []


def test_a_card_that_its_wallet_does_not_have_is_unknown_and_stores_nothing(world: World) -> None:
    payer, shop = world.member(charged=50_000), world.shop()
    for card in ("", "ffffffffffffffff"):
        with pytest.raises(UnknownCard):
            world.pay(payer, shop, 10_000, card=card)
    assert world.entries("payment") == []


def test_before_the_first_policy_payments_are_refused_and_nothing_is_stored(world: World) -> None:
    payer, shop = world.member(charged=50_000), world.shop()
    world.now = datetime(2018, 1, 1, tzinfo=SEOUL)
    with pytest.raises(ProgrammeNotRunning):
        world.pay(payer, shop, 10_000)
    assert world.entries("payment") == []


# --- debit order ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "cashback_first", "left"),
    [
        (300, False, {"grant/a": 0, "grant/b": 200, "charged": 1_000, "cashback": 500}),
        (500, False, {"grant/a": 0, "grant/b": 0, "charged": 1_000, "cashback": 500}),
        (1_400, False, {"grant/a": 0, "grant/b": 0, "charged": 100, "cashback": 500}),
        (1_600, False, {"grant/a": 0, "grant/b": 0, "charged": 0, "cashback": 400}),
        (600, True, {"grant/a": 0, "grant/b": 0, "charged": 1_000, "cashback": 400}),
        (1_100, True, {"grant/a": 0, "grant/b": 0, "charged": 900, "cashback": 0}),
        (2_000, True, {"grant/a": 0, "grant/b": 0, "charged": 0, "cashback": 0}),
        (2_001, False, {"grant/a": 200, "grant/b": 300, "charged": 1_000, "cashback": 500}),
    ],
)
def test_allowances_are_spent_first_then_by_the_members_choice(
    world: World, amount: int, cashback_first: bool, left: dict[str, int]
) -> None:
    grants = {"grant/b": 300, "grant/a": 200}
    payer = world.member(charged=1_000, cashback=500, grants=grants, cashback_first=cashback_first)
    payment = world.pay(payer, world.shop(), amount).entry
    assert world.balances(payer) == left
    assert (payment.decline is None) == (amount <= 2_000)


def test_cashback_below_zero_pays_for_nothing_and_stays_owed(world: World) -> None:
    payer = world.member(charged=1_000, cashback=-300, cashback_first=True)
    shop = world.shop()
    assert world.pay(payer, shop, 1_001).entry.decline is Decline.INSUFFICIENT_FUNDS
    assert world.pay(payer, shop, 1_000).entry.decline is None
    assert world.balances(payer) == {"charged": 0, "cashback": -300}


def test_the_first_active_card_pays_where_none_is_named(world: World) -> None:
    payer, shop = world.member(charged=1_000), world.shop()
    second = {"product": "district_seo", "status": "active"}
    first = payer.cards[0].reference
    world.send(Update(wallet_key(payer.id), (SetTo(("cards", f"{first}-2"), second),)))
    assert world.pay(payer, shop, 10).entry.card == first
    assert world.pay(payer, shop, 10, card=f"{first}-2").entry.facts.card_product == "district_seo"
    world.send(Update(wallet_key(payer.id), (SetTo(("cards", first, "status"), "blocked"),)))
    assert world.pay(payer, shop, 10).entry.card == f"{first}-2"


# --- reading --------------------------------------------------------------------------------------------------------------


def test_a_payment_is_read_by_its_member_and_its_acquirer(world: World) -> None:
    payer, shop = world.member(charged=50_000), world.shop()
    payment = world.pay(payer, shop, 10_000).entry
    own = readable_payment(
        world.payments, payer.id, payment.acceptance.id, lambda found: found.acceptance.caller == ACQUIRER
    )
    assert own == payment
    with pytest.raises(NotFound) as not_yours:
        readable_payment(world.payments, payer.id, payment.acceptance.id, lambda _: False)
    with pytest.raises(NotFound) as not_there:
        readable_payment(world.payments, payer.id, natural_id("no", "payment"), lambda _: True)
    assert not_yours.value.detail == not_there.value.detail


def test_payments_of_a_month_and_of_a_merchant_are_listed_the_newest_first(world: World) -> None:
    payer, jun, shop = world.member(charged=50_000), world.member("jun", charged=50_000), world.shop()
    made = []
    for number, member in enumerate((payer, jun, payer)):
        world.now += timedelta(minutes=number)
        made.append(world.pay(member, shop, 1_000).entry)
    assert world.payments.of_month(payer.id, month_of(world.now), None).payments == [made[2], made[0]]
    assert world.payments.of_merchant(shop.id, 50, None).payments == made[::-1]


def test_the_largest_realistic_payment_fits_into_a_kilobyte(world: World) -> None:
    payer = world.member(charged=2_000_000, grants={f"grant/{natural_id('grant', 'a')}": 1}, cashback=400_000)
    shop = world.shop(
        flags=frozenset({"benefit_plus", "good_price", "traditional_market", "partner"}), category="used_car_dealer"
    )
    payment = world.pay(payer, shop, 2_400_001, requested_at=world.now.isoformat(), channel="delivery").entry
    assert payment.decline is None
    key = Key(Table.LEDGER, partition_of(payer.id), f"PAYMENT#{payment.acceptance.digest}")
    assert _size({"pk": key.pk, "sk": key.sk, **payment_item(payment)}) <= 1_024


def _size(value: object) -> int:
    """Bytes by DynamoDB's rules, as an upper bound: each number counts with all its digits."""
    match value:
        case dict():
            return sum(len(name.encode()) + _size(part) + 1 for name, part in value.items()) + 3
        case list():
            return sum(_size(part) + 1 for part in value) + 3
        case bool() | None:
            return 1
        case int():
            return (len(str(abs(value))) + 1) // 2 + 2
    return len(str(value).encode())
