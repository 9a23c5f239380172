"""Faults that no emulator makes by itself: a conflict or a lost answer at every transaction, before and after the effect.

There is always one effect and one answer. A caller whose time runs out gets the answer by the same request.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from eeum.errors import Busy
from eeum.merchants.rules import Decision, MerchantStatus, Shop
from eeum.merchants.use_cases import ApplyForMerchant, DecideApplication, apply_for_merchant, decide_application
from eeum.months.use_cases import reset_month
from eeum.payments.rules import Decline
from eeum.policy.amending import approve_amendment, propose_amendment
from eeum.policy.amendments import Suspension
from eeum.storage import Contended, Table, Unavailable
from eeum.wallet.rules import DebitOrder, TopUpDecline, WalletStatus
from eeum.wallet.use_cases import DecideOnWallet, OpenWallet, decide_on_wallet, open_wallet
from tests.use_cases.scheduling import APPROVER, AUTHOR
from tests.use_cases.world import NUMBERS, World, incheon

KEY = "the-same-request"
FAULTS = [
    pytest.param(Contended, "before", id="conflict"),
    pytest.param(Unavailable, "before", id="lost-on-the-way-there"),
    pytest.param(Unavailable, "after", id="lost-on-the-way-back"),
    # A client that repeats a request during its first attempt gets a conflict.
    pytest.param(Contended, "after", id="first-try-still-under-way"),
]


@dataclass
class Operation:
    """A use case with one transaction: `do` returns its answer, `effects` counts its effects."""

    do: Callable[[], Any]
    effects: Callable[[], float]
    again_is_the_same: bool = True


def _payment(world: World) -> Operation:
    payer, shop = world.member(charged=50_000), world.shop()
    return Operation(
        lambda: world.pay(payer, shop, 10_000, KEY).entry,
        # The money and the entry: one without the other counts as a half.
        lambda: (len(world.entries("payment")) + (50_000 - world.balances(payer)["charged"]) / 10_000) / 2,
    )


def _declined_payment(world: World) -> Operation:
    payer, shop = world.member(charged=5_000), world.shop()

    def pay() -> object:
        entry = world.pay(payer, shop, 10_000, KEY).entry
        assert entry.decline is Decline.INSUFFICIENT_FUNDS
        return entry

    return Operation(pay, lambda: len(world.entries("payment")))


def _top_up(world: World) -> Operation:
    payer = world.member()
    return Operation(lambda: world.top_up(payer, 30_000, KEY).entry, lambda: world.balances(payer)["charged"] // 30_000)


def _declined_top_up(world: World) -> Operation:
    payer = world.member()

    def top_up() -> object:
        entry = world.top_up(payer, 29_999, KEY).entry
        assert entry.decline is TopUpDecline.BELOW_MINIMUM
        return entry

    return Operation(top_up, lambda: len(world.entries("top_up")))


def _opening(world: World) -> Operation:
    def open_it() -> object:
        return open_wallet(OpenWallet("payer", DebitOrder.CHARGED_FIRST), world.holding).wallet

    return Operation(open_it, lambda: len(world.entries("wallet")))


def _decision(world: World) -> Operation:
    payer = world.member()

    def suspend() -> object:
        world.now += timedelta(seconds=1)
        return decide_on_wallet(
            DecideOnWallet(payer.id, "operator", "lost", WalletStatus.SUSPENDED), world.holding
        ).status

    return Operation(suspend, lambda: len(world.entries("standing")), again_is_the_same=False)


def _posting(world: World) -> Operation:
    payer, shop = world.member(charged=50_000), world.shop()
    payments = [world.pay(payer, shop, 10_000).entry for _ in range(3)]
    return Operation(lambda: world.accrue(*payments), lambda: world.balances(payer)["cashback"] // 3_000)


def _postings_of_several_wallets(world: World) -> Operation:
    shop = world.shop()
    members = [world.member(f"member-{number}", charged=50_000) for number in range(3)]
    payments = [world.pay(member, shop, 10_000).entry for member in members]
    return Operation(
        lambda: world.accrue(*payments), lambda: sum(world.balances(member)["cashback"] for member in members) // 3_000
    )


def _application(world: World) -> Operation:
    shop = Shop(NUMBERS[0], "가게", "yeonsu", "restaurant", 200_000_000)
    return Operation(
        lambda: apply_for_merchant(ApplyForMerchant(shop, "owner"), world.onboarding()),
        lambda: len(world.memory.items(Table.MERCHANTS)),
    )


def _approval(world: World) -> Operation:
    shop = Shop(NUMBERS[0], "가게", "yeonsu", "restaurant", 200_000_000)
    applied = apply_for_merchant(ApplyForMerchant(shop, "owner"), world.onboarding())
    decision = Decision(MerchantStatus.APPROVED, "operator", world.now, "papers in order")
    return Operation(
        lambda: decide_application(DecideApplication(applied.id, decision), world.onboarding()).status,
        lambda: len(world.memory.items(Table.MERCHANTS)[0]["decisions"]),
        again_is_the_same=False,
    )


def _month(world: World) -> Operation:
    reset_month(world.months, world.patience, world.now - timedelta(days=31), world.now)
    return Operation(
        lambda: reset_month(world.months, world.patience, world.now, world.now) and None,
        lambda: sum(item["sk"] == "MONTH#2021-01" for item in world.memory.items(Table.PROGRAMME)),
    )


def _policy(world: World) -> Operation:
    document = incheon()[-1] | {"version": "incheon-2031-01-01", "starts_at": "2031-01-01T00:00:00+09:00"}
    name = world.desk.ready(document, world.now)
    return Operation(
        lambda: world.desk.approve(name, world.now).version,
        lambda: sum(each["version"] == name for each in world.policy_store.documents()),
        again_is_the_same=False,
    )


def _draft(world: World) -> Operation:
    document = incheon()[-1] | {"version": "incheon-2031-01-01", "starts_at": "2031-01-01T00:00:00+09:00"}
    return Operation(
        lambda: world.desk.begin(document, world.now).version,
        lambda: len(world.desk.drafts.drafts(10)[0]),
    )


def _suspension(world: World) -> Operation:
    start, proposals, policies = world.now + timedelta(days=1), world.desk.proposals, world.policy_store
    made = propose_amendment(
        proposals, policies, lambda name: Suspension(name, (), start, None), AUTHOR, "no money", None, world.now
    )
    return Operation(
        lambda: approve_amendment(proposals, policies, made.id, APPROVER, None, world.now).status,
        lambda: len(policies.stored().amendments),
        again_is_the_same=False,
    )


DEEDS = [
    _payment,
    _declined_payment,
    _top_up,
    _declined_top_up,
    _opening,
    _decision,
    _posting,
    _postings_of_several_wallets,
    _application,
    _approval,
    _month,
    _draft,
    _suspension,
    _policy,
]


def _name(made: Callable[[World], Operation]) -> str:
    return made.__name__.strip("_")


@pytest.mark.parametrize("times", [1, 3, 7])
@pytest.mark.parametrize(("error", "moment"), FAULTS)
@pytest.mark.parametrize("make", DEEDS, ids=_name)
def test_a_fault_that_passes_leaves_one_effect(
    world: World, make: Callable[[World], Operation], error: type[Exception], moment: str, times: int
) -> None:
    operation = make(world)
    with world.failing(error, moment, times) as hit:
        answer = operation.do()
    assert 1 <= len(hit) <= times
    assert operation.effects() == 1
    if operation.again_is_the_same:
        assert operation.do() == answer
        assert operation.effects() == 1


@pytest.mark.parametrize(("error", "moment"), FAULTS)
@pytest.mark.parametrize("make", DEEDS, ids=_name)
def test_a_caller_out_of_time_gets_an_error(
    world: World, make: Callable[[World], Operation], error: type[Exception], moment: str
) -> None:
    operation = make(world)
    world.seconds = 3.0
    with world.failing(error, moment, 10_000):
        if make is _postings_of_several_wallets and moment == "after":
            operation.do()  # It falls back to posting each wallet alone, and so finds that all was posted.
        else:
            with pytest.raises(Busy):
                operation.do()
    assert operation.effects() == (0 if moment == "before" else 1)
    if operation.again_is_the_same:
        answer = operation.do()
        assert operation.effects() == 1
        assert operation.do() == answer


@pytest.mark.parametrize(("error", "moment"), FAULTS)
def test_faults_at_random_moments_of_a_busy_day_leave_everything_in_order(
    world: World, error: type[Exception], moment: str
) -> None:
    shop = world.shop()
    members = [world.member(f"member-{number}", charged=100_000) for number in range(4)]
    payments = []
    calls = [0]

    def fault(now: str, writes: object) -> None:
        calls[0] += now == moment
        if now == moment and calls[0] % 3:
            raise error("injected")

    world.memory.fault = fault
    for round_number in range(6):
        for member in members:
            world.now += timedelta(seconds=1)
            payments.append(world.pay(member, shop, 10_000 + round_number).entry)
        world.accrue(*payments[-6:])
    world.accrue(*payments)
    assert all(world.wallet(member.id).accrued == 6 for member in members)
