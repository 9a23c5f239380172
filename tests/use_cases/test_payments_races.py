"""Concurrent payments of one wallet: no overdraft, no lost payment, and a new decision after a lost race."""

from collections.abc import Callable
from functools import partial
from itertools import pairwise

import pytest

from eeum.errors import Busy
from eeum.once import Answer
from eeum.payments.rules import Decline, Payment
from eeum.payments.store import PaymentStore
from eeum.storage import Add, SetTo, Update
from eeum.wallet.rules import Wallet
from eeum.wallet.store import wallet_key
from tests.concurrency import attempts_at_once
from tests.use_cases.world import World

THREADS = 16


def test_one_wallet_from_many_threads_is_never_overdrawn_and_loses_no_payment(world: World) -> None:
    payer, shop = world.member(charged=30_000, cashback=5_000, grants={"grant/a": 2_500}), world.shop()

    def pay_some() -> list[Payment]:
        return [world.pay(payer, shop, 1_000).entry for _ in range(5)]

    answers = attempts_at_once([pay_some] * THREADS)
    payments = [payment for some in answers if isinstance(some, list) for payment in some]
    assert len(payments) == 5 * THREADS, answers
    approved = [payment for payment in payments if payment.decline is None]
    assert {payment.decline for payment in payments} == {None, Decline.INSUFFICIENT_FUNDS}
    assert len(approved) == 37
    assert sum(world.balances(payer).values()) == 500
    assert world.wallet(payer.id).due == 37
    assert len(world.entries("payment")) == 5 * THREADS


def test_payments_and_top_ups_at_once_lose_nothing(world: World) -> None:
    payer, shop = world.member(charged=100_000), world.shop()
    calls: list[Callable[[], object]] = []
    for _ in range(THREADS // 2):
        calls += [partial(world.pay, payer, shop, 7_000), partial(world.top_up, payer, 30_000)]
    answers = attempts_at_once(calls)
    assert all(isinstance(answer, Answer) for answer in answers), answers
    assert world.balances(payer)["charged"] == 100_000 + 8 * 30_000 - 8 * 7_000


def test_payments_of_several_members_do_not_touch_one_another(world: World) -> None:
    shop = world.shop()
    members = [world.member(f"member-{number}", charged=10_000) for number in range(THREADS)]
    answers = attempts_at_once([partial(world.pay, member, shop, 10_000) for member in members])
    assert all(isinstance(answer, Answer) and answer.entry.decline is None for answer in answers)
    assert {world.balances(member)["charged"] for member in members} == {0}


def _meanwhile(world: World, wallet: Wallet, *changes: Add | SetTo) -> None:
    """Change the wallet once, between the next payment's read and write."""
    done = []

    def fault(moment: str, writes: object) -> None:
        if moment == "before" and not done:
            done.append(True)
            world.send(Update(wallet_key(wallet.id), changes))

    world.memory.fault = fault


def _give_meanwhile(world: World, wallet: Wallet, purse: str, won: int) -> None:
    done = []

    def fault(moment: str, writes: object) -> None:
        if moment == "before" and not done:
            done.append(True)
            world.give(wallet.id, purse, won)

    world.memory.fault = fault


def test_a_purse_that_filled_meanwhile_is_emptied_before_the_next(world: World) -> None:
    payer, shop = world.member(charged=1_000, cashback=500), world.shop()
    _give_meanwhile(world, payer, "charged", 200)
    payment = world.pay(payer, shop, 1_300).entry
    assert payment.postings["purse/charged"] == -1_200
    assert world.balances(payer) == {"charged": 0, "cashback": 400}


def test_an_empty_purse_that_was_filled_meanwhile_is_used(world: World) -> None:
    payer, shop = world.member(cashback=500), world.shop()
    _give_meanwhile(world, payer, "charged", 100)
    assert world.pay(payer, shop, 300).entry.postings["purse/charged"] == -100
    assert world.balances(payer) == {"charged": 0, "cashback": 300}


def test_a_last_purse_that_shrank_but_has_enough_needs_no_new_decision(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    payer, shop = world.member(charged=1_000), world.shop()
    _give_meanwhile(world, payer, "charged", -300)
    asked: list[object] = []
    read_for_authorisation = PaymentStore.read_for_authorisation
    monkeypatch.setattr(
        PaymentStore, "read_for_authorisation", lambda *read: asked.append(read) or read_for_authorisation(*read)
    )
    assert world.pay(payer, shop, 700).entry.decline is None
    assert len(asked) == 1


def test_a_last_purse_that_went_below_the_amount_declines(world: World) -> None:
    payer, shop = world.member(charged=1_000), world.shop()
    _give_meanwhile(world, payer, "charged", -301)
    assert world.pay(payer, shop, 700).entry.decline is Decline.INSUFFICIENT_FUNDS
    assert world.balances(payer)["charged"] == 699


def test_a_wallet_that_was_suspended_meanwhile_declines(world: World) -> None:
    payer, shop = world.member(charged=1_000), world.shop()
    _meanwhile(world, payer, SetTo(("status",), "suspended"))
    assert world.pay(payer, shop, 700).entry.decline is Decline.WALLET_SUSPENDED


def test_a_card_that_was_blocked_meanwhile_declines(world: World) -> None:
    payer, shop = world.member(charged=1_000), world.shop()
    _meanwhile(world, payer, SetTo(("cards", payer.cards[0].reference, "status"), "blocked"))
    assert world.pay(payer, shop, 700, card=payer.cards[0].reference).entry.decline is Decline.CARD_BLOCKED


def test_a_payment_that_loses_every_race_is_answered_with_a_retry_error(world: World) -> None:
    payer, shop = world.member(charged=500, cashback=1_000_000), world.shop()
    world.seconds = 2.0
    busy: list[bool] = []

    def fault(moment: str, writes: object) -> None:
        if moment == "before" and not busy:
            busy.append(True)
            world.give(payer.id, "charged", 1)
            busy.clear()

    world.memory.fault = fault
    with pytest.raises(Busy):
        world.pay(payer, shop, 10_000, "overtaken-key-001")
    assert world.entries("payment") == []
    world.memory.fault = lambda moment, writes: None
    assert world.pay(payer, shop, 10_000, "overtaken-key-001").entry.decline is None


def test_pauses_grow_up_to_half_a_second(world: World) -> None:
    from eeum.unit_of_work import LONGEST_PAUSE_SECONDS, Patience

    longest = []
    for attempt in range(1, 12):
        pauses: list[float] = []
        patience = Patience(lambda: 60.0, pauses.append)
        for _ in range(50):
            patience.wait(attempt)
        longest.append(max(pauses))
        assert min(pauses) >= 0
        assert longest[-1] <= min(0.02 * 2**attempt, LONGEST_PAUSE_SECONDS)
    assert all(earlier <= 2.5 * later for earlier, later in pairwise(longest))
