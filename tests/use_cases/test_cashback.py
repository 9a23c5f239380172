"""Cashback is posted once for each payment, whatever happens to the batches that carry it."""

import random
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

import pytest

from eeum.cashback.showing import AskedMonth, cashback_of_month
from eeum.cashback.use_cases import MOST_TOGETHER
from eeum.errors import Busy
from eeum.journal.partitions import partition_of
from eeum.payments.items import payment_of
from eeum.payments.rules import Payment
from eeum.storage import BY_MERCHANT, Contended, Key, Put, Query, SetTo, Table, Update, Write
from eeum.wallet.rules import Wallet
from eeum.wallet.store import wallet_key
from tests.concurrency import attempts_at_once
from tests.contract.examples import payment as example
from tests.use_cases.world import World


def _spend(world: World, wallet: Wallet, *amounts: int) -> list[Payment]:
    made = []
    for amount in amounts:
        world.now += timedelta(seconds=1)
        made.append(world.pay(wallet, SHOP, amount).entry)
    return made


SHOP = "set by the fixture below"


@pytest.fixture(autouse=True)
def _shop(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{__name__}.SHOP", world.shop().id)


def test_a_payment_earns_what_the_policy_of_the_month_says(world: World) -> None:
    payer = world.member(charged=100_000)
    (payment,) = _spend(world, payer, 12_345)
    assert world.accrue(payment) == []
    (earning,) = world.earnings(payer)
    assert (earning.number, earning.base, earning.won, earning.policy) == (1, 12_345, 1_234, "incheon-2021-01-01")
    assert dict(earning.used) == {"monthly-spend": 12_345}
    assert earning.rewards[0].funders == (("national", 594), ("city", 640))
    after = world.wallet(payer.id)
    assert (after.balance("cashback"), after.due, after.accrued) == (1_234, 1, 1)
    assert after.usage == {"monthly-spend@2021-01": 12_345}


@pytest.mark.parametrize(
    ("amounts", "won"),
    [
        ([500_000], [50_000]),
        ([499_999, 1, 1], [49_999, 0, 0]),
        ([500_001], [50_000]),
        ([500_100], [50_001]),
        ([1_000_000], [55_000]),
        ([1_000_001], [55_000]),
        ([1_000_000, 1], [55_000, 0]),
        ([400_000, 200_000, 500_000], [40_000, 11_000, 4_000]),
        ([9], [0]),
        ([10], [1]),
    ],
)
def test_bands_are_marginal_over_the_spend_of_the_month(world: World, amounts: list[int], won: list[int]) -> None:
    payer = world.member(charged=2_000_000)
    world.accrue(*_spend(world, payer, *amounts))
    assert [earning.won for earning in world.earnings(payer)] == won


def test_only_payments_from_the_loaded_balance_earn(world: World) -> None:
    payer = world.member(charged=10_000, cashback=5_000, grants={"grant/a": 3_000})
    world.accrue(*_spend(world, payer, 15_000))
    (earning,) = world.earnings(payer)
    assert (earning.base, earning.won) == (10_000, 1_000)


def test_a_payment_from_cashback_earns_nothing_and_has_an_accrual_number(world: World) -> None:
    payer = world.member(cashback=5_000)
    world.accrue(*_spend(world, payer, 5_000))
    (earning,) = world.earnings(payer)
    assert (earning.number, earning.base, earning.won, dict(earning.used)) == (1, 0, 0, {})


def test_new_cashback_fills_a_balance_below_zero(world: World) -> None:
    payer = world.member(charged=10_000, cashback=-1_500)
    world.accrue(*_spend(world, payer, 10_000))
    assert world.balances(payer)["cashback"] == -500


def test_a_batch_that_comes_again_posts_nothing_twice(world: World) -> None:
    payer = world.member(charged=100_000)
    payments = _spend(world, payer, 1_000, 2_000, 3_000)
    world.accrue(*payments)
    with world.counted() as costs:
        world.accrue(*payments)
        world.accrue(*payments[1:])
    assert (costs.calls, costs.write_units) == (["read", "read"], 0)
    assert world.balances(payer)["cashback"] == 600


def test_a_record_that_comes_twice_in_one_batch_is_posted_once(world: World) -> None:
    payer = world.member(charged=100_000)
    one, two = _spend(world, payer, 1_000, 2_000)
    world.accrue(two, one, two, one, one)
    assert [earning.payment_id for earning in world.earnings(payer)] == [one.acceptance.id, two.acceptance.id]


def test_within_a_batch_payments_are_posted_in_the_order_of_their_acceptance(world: World) -> None:
    payer = world.member(charged=2_000_000)
    payments = _spend(world, payer, 400_000, 300_000, 200_000)
    world.accrue(*payments[::-1])
    assert [earning.won for earning in world.earnings(payer)] == [40_000, 12_000, 2_000]


def test_batches_out_of_order_are_numbered_as_they_come_and_pay_the_same_in_all(world: World) -> None:
    payer = world.member(charged=2_000_000)
    payments = _spend(world, payer, 400_000, 300_000, 200_000)
    for payment in payments[::-1]:
        world.accrue(payment)
    earnings = world.earnings(payer)
    assert [earning.payment_id for earning in earnings] == [payment.acceptance.id for payment in payments[::-1]]
    assert [earning.won for earning in earnings] == [20_000, 30_000, 4_000]


def test_a_batch_over_several_wallets_is_one_transaction(world: World) -> None:
    members = [world.member(f"member-{number}", charged=100_000) for number in range(20)]
    payments = [world.pay(member, SHOP, 10_000).entry for member in members]
    with world.counted() as costs:
        world.accrue(*payments)
    assert costs.calls == ["read", "transact"]
    assert costs.write_units == 20 * 4
    assert {world.balances(member)["cashback"] for member in members} == {1_000}


def test_a_batch_of_one_wallet_writes_the_wallet_once(world: World) -> None:
    payer = world.member(charged=1_000_000)
    payments = _spend(world, payer, *[10_000] * 20)
    with world.counted() as costs:
        world.accrue(*payments)
    assert (costs.calls, costs.write_units) == (["read", "transact"], 2 + 20 * 2)


def test_a_batch_that_is_larger_than_a_transaction_is_posted_in_parts(world: World) -> None:
    members = [world.member(f"member-{number}", charged=1_000_000) for number in range(60)]
    payments = [world.pay(member, SHOP, 10_000).entry for member in members * 2]
    with world.counted() as costs:
        world.accrue(*payments)
    assert costs.calls.count("transact") == -(-120 // MOST_TOGETHER)
    assert {world.balances(member)["cashback"] for member in members} == {2_000}


def test_an_empty_batch_sends_no_request(world: World) -> None:
    with world.counted() as costs:
        assert world.accrue() == []
    assert costs.calls == []


def test_several_consumers_at_once_post_everything_once(world: World) -> None:
    members = [world.member(f"member-{number}", charged=100_000) for number in range(4)]
    payments = [payment for member in members for payment in _spend(world, member, *[1_000] * 6)]
    generator = random.Random(7)
    batches = [generator.sample(payments, 16) for _ in range(7)] + [payments]
    answers = attempts_at_once([partial(world.accrue, *batch) for batch in batches])
    assert answers == [[]] * len(batches)
    assert {world.balances(member)["cashback"] for member in members} == {600}


def test_payments_continue_while_their_cashback_is_posted(world: World) -> None:
    payer = world.member(charged=100_000)
    waiting = _spend(world, payer, *[1_000] * 10)

    def spend() -> list[Payment]:
        return [world.pay(payer, SHOP, 1_000).entry for _ in range(10)]

    spent, *_ = attempts_at_once([spend, *(partial(world.accrue, payment) for payment in waiting)])
    assert isinstance(spent, list), spent
    world.accrue(*spent)
    assert world.balances(payer) == {"charged": 80_000, "cashback": 2_000}


def _contended_together(world: World) -> None:
    """A storage in which transactions on more than one wallet always meet a conflict."""

    def fault(moment: str, writes: Sequence[Write]) -> None:
        if moment == "before" and sum(isinstance(write, Update) for write in writes) > 1:
            raise Contended("injected")

    world.memory.fault = fault


def test_contended_wallets_are_posted_one_by_one(world: World) -> None:
    members = [world.member(f"member-{number}", charged=100_000) for number in range(5)]
    payments = [payment for member in members for payment in _spend(world, member, 1_000, 2_000)]
    _contended_together(world)
    with world.counted() as costs:
        world.accrue(*payments)
    assert costs.calls == ["read", *["transact"] * 3, *["read", "transact"] * 5]
    assert {world.balances(member)["cashback"] for member in members} == {300}


def test_wallets_posted_one_by_one_stay_posted_when_time_runs_out(world: World) -> None:
    members = [world.member(f"member-{number}", charged=100_000) for number in range(3)]
    payments = [payment for member in members for payment in _spend(world, member, 1_000)]
    busy = partition_of(members[1].id)

    def fault(moment: str, writes: Sequence[Write]) -> None:
        if moment == "before" and busy in {write.key.pk for write in writes}:
            raise Contended("injected")

    world.memory.fault = fault
    with pytest.raises(Busy):
        world.accrue(*payments)
    assert world.balances(members[0])["cashback"] == 100
    world.memory.fault = lambda moment, writes: None
    world.accrue(*payments)
    assert {world.balances(member)["cashback"] for member in members} == {100}


def test_an_accrual_with_a_number_taken_meanwhile_is_computed_again(world: World) -> None:
    payer = world.member(charged=2_000_000)
    first, second = _spend(world, payer, 400_000, 300_000)
    done = []

    def fault(moment: str, writes: Sequence[Write]) -> None:
        if moment == "before" and not done:
            done.append(True)
            world.accrue(first)

    world.memory.fault = fault
    world.accrue(second)
    assert [earning.won for earning in world.earnings(payer)] == [40_000, 12_000]


def test_a_payment_without_a_wallet_is_returned_and_the_others_are_posted(world: World) -> None:
    payer = world.member(charged=10_000)
    (payment,) = _spend(world, payer, 10_000)
    stray = example("00000000-0000-8000-8000-000000000000")
    (not_accruable,) = world.accrue(stray, payment)
    assert (not_accruable.source.entry, not_accruable.reason) == (stray, "wallet_missing")
    assert world.balances(payer)["cashback"] == 1_000


def test_a_gap_in_the_earnings_of_a_wallet_shows_in_its_counters(world: World) -> None:
    payer = world.member(charged=10_000)
    _, second = _spend(world, payer, 1_000, 2_000)
    world.accrue(second)
    after = world.wallet(payer.id)
    assert (after.due, after.accrued) == (2, 1)


# --- quoting and showing --------------------------------------------------------------------------------------------------


def test_a_members_month_shows_each_earning_and_their_sum(world: World) -> None:
    payer, jun = world.member(charged=2_000_000), world.member("jun", charged=10_000)
    world.accrue(*_spend(world, payer, 400_000, 300_000), *_spend(world, jun, 1_000))
    month = cashback_of_month(AskedMonth(payer.id, "2021-01"), world.cashback)
    assert [earning.won for earning in month.entries] == [40_000, 12_000]
    assert month.won == 52_000
    assert cashback_of_month(AskedMonth(payer.id, "2020-12"), world.cashback).won == 0


def test_earnings_are_not_listed_with_a_merchants_payments(world: World) -> None:
    payer = world.member(charged=10_000)
    payments = _spend(world, payer, 1_000)
    world.accrue(*payments)
    page = world.memory.query(Query(Table.LEDGER, SHOP, index=BY_MERCHANT))
    assert [payment_of(payer.id, item) for item in page.items] == payments


def test_a_payment_as_the_stream_carries_it_is_the_payment_as_it_was_answered(world: World) -> None:
    payer = world.member(charged=10_000)
    (payment,) = _spend(world, payer, 1_000)
    (item,) = world.entries("payment")
    assert payment_of(payer.id, item) == payment
    world.send(
        Put(Key(Table.LEDGER, item["pk"], item["sk"]), item), Update(wallet_key(payer.id), (SetTo(("mark",), 1),))
    )
    world.accrue(payment_of(payer.id, item))
    assert world.balances(payer)["cashback"] == 100
