"""Wallets are opened once, suspended and verified; top-ups stay within the policy's limits."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest

from eeum.calendar import SEOUL
from eeum.errors import Busy, IdempotencyKeyReused, NotFound, ProgrammeNotRunning
from eeum.once import Answer
from eeum.storage import Put
from eeum.wallet.rules import TOP_UP_CODES, DebitOrder, TopUpDecline, Wallet, WalletStatus, wallet_id_of
from eeum.wallet.use_cases import DecideOnWallet, Opening, OpenWallet, decide_on_wallet, open_wallet, own_wallet
from tests.concurrency import attempts_at_once
from tests.use_cases.world import World

KEY = "retried-key-0001"
THREADS = 16


def _open(world: World, member: str = "payer") -> Opening:
    return open_wallet(OpenWallet(member, DebitOrder.CHARGED_FIRST), world.holding)


def test_a_member_has_one_wallet(world: World) -> None:
    first, again, other = _open(world), _open(world), _open(world, "jun")
    assert (first.created, again.created, other.created) == (True, False, True)
    assert again.wallet == first.wallet
    assert first.wallet.id == wallet_id_of("payer") != other.wallet.id
    assert {purse.id: purse.amount for purse in first.wallet.purses} == {
        "charged": 0,
        "cashback": 0,
        "held": 0,
        "refund_pending": 0,
    }


def test_a_wallet_that_is_opened_from_many_threads_is_one(world: World) -> None:
    openings = attempts_at_once([partial(_open, world)] * THREADS)
    assert all(isinstance(opening, Opening) for opening in openings), openings
    assert len({opening.wallet.cards for opening in openings if isinstance(opening, Opening)}) == 1
    assert sum(isinstance(opening, Opening) and opening.created for opening in openings) == 1


def test_a_caller_cannot_learn_whether_anothers_wallet_exists(world: World) -> None:
    jun = _open(world, "jun").wallet
    _open(world)
    details = set()
    for wallet_id in (jun.id, wallet_id_of("unknown"), "", "x"):
        with pytest.raises(NotFound) as refused:
            own_wallet(world.wallets, "payer", wallet_id)
        details.add(refused.value.detail)
    assert len(details) == 1


# --- status ---------------------------------------------------------------------------------------------------------------


def _stand(world: World, wallet: Wallet, status: WalletStatus | None, verified: bool | None) -> Wallet:
    return decide_on_wallet(DecideOnWallet(wallet.id, "operator", "확인", status, verified), world.holding)


def test_an_operator_suspends_reinstates_and_verifies_with_an_entry_each(world: World) -> None:
    payer = world.member()
    for number, (status, verified) in enumerate(
        [(WalletStatus.SUSPENDED, None), (None, True), (WalletStatus.ACTIVE, None), (WalletStatus.SUSPENDED, False)]
    ):
        world.now += timedelta(seconds=1)
        changed = _stand(world, payer, status, verified)
        assert world.wallet(payer.id) == changed
        assert len(world.entries("standing")) == number + 1
    assert (changed.status, changed.verified) == (WalletStatus.SUSPENDED, False)


def test_a_status_change_keeps_balances_that_change_meanwhile(world: World) -> None:
    payer = world.member(charged=10_000)
    done = []

    def fault(moment: str, writes: object) -> None:
        if moment == "before" and not done:
            done.append(True)
            world.give(payer.id, "charged", 5_000)

    world.memory.fault = fault
    _stand(world, payer, WalletStatus.SUSPENDED, None)
    assert world.balances(payer)["charged"] == 15_000


def test_a_suspension_is_not_undone_by_a_verification_at_the_same_time(world: World) -> None:
    payer = world.member()
    done = []

    def fault(moment: str, writes: object) -> None:
        if moment == "before" and not done:
            done.append(True)
            world.now += timedelta(milliseconds=1)
            _stand(world, payer, WalletStatus.SUSPENDED, None)

    world.memory.fault = fault
    with pytest.raises(Busy):
        _stand(world, payer, None, True)
    assert world.wallet(payer.id).status is WalletStatus.SUSPENDED
    world.now += timedelta(milliseconds=1)
    assert _stand(world, payer, None, True).status is WalletStatus.SUSPENDED


def test_the_second_of_two_status_changes_in_one_millisecond_is_retried(world: World) -> None:
    payer = world.member()
    _stand(world, payer, WalletStatus.SUSPENDED, None)
    with pytest.raises(Busy):
        _stand(world, payer, None, True)
    assert world.wallet(payer.id).verified is False
    world.now += timedelta(milliseconds=1)
    assert _stand(world, payer, None, True).verified
    assert len(world.entries("standing")) == 2


def test_concurrent_status_changes_are_stored_whole_or_retried(world: World) -> None:
    payer = world.member()

    def stand(number: int) -> Wallet:
        at = world.now + timedelta(milliseconds=number)
        using = world.holding._replace(clock=lambda: at)
        status, verified = (WalletStatus.SUSPENDED, None) if number % 2 else (None, True)
        return decide_on_wallet(DecideOnWallet(payer.id, "operator", "확인", status, verified), using)

    answers = attempts_at_once([partial(stand, number) for number in range(8)])
    held = [answer for answer in answers if isinstance(answer, Wallet)]
    assert all(isinstance(answer, Wallet | Busy) for answer in answers), answers
    assert len(world.entries("standing")) == len(held) >= 1
    assert world.wallet(payer.id) in held


def test_a_status_change_of_an_unknown_wallet_is_not_found_and_stores_nothing(world: World) -> None:
    with pytest.raises(NotFound):
        decide_on_wallet(
            DecideOnWallet(wallet_id_of("unknown"), "operator", "x", WalletStatus.SUSPENDED), world.holding
        )
    assert world.entries("standing") == []


# --- top-ups --------------------------------------------------------------------------------------------------------------


def test_a_top_up_credits_the_charged_purse(world: World) -> None:
    payer = world.member()
    with world.counted() as costs:
        answer = world.top_up(payer, 50_000)
    assert (costs.calls, costs.write_units) == (["read", "transact"], 6)
    assert answer.entry.decline is None
    assert world.balances(payer) == {"charged": 50_000, "cashback": 0}
    (entry,) = world.entries("top_up")
    assert entry["postings"] == {"bank/lee": -50_000, "purse/charged": 50_000}


@pytest.mark.parametrize(
    ("held", "verified", "amount", "decline", "code"),
    [
        (0, False, 29_999, TopUpDecline.BELOW_MINIMUM, "13"),
        (0, False, 30_000, None, ""),
        (470_000, False, 30_000, None, ""),
        (470_001, False, 30_000, TopUpDecline.HOLDING_LIMIT, "61"),
        (0, False, 500_001, TopUpDecline.HOLDING_LIMIT, "61"),
        (0, True, 2_000_000, None, ""),
        (0, True, 2_000_001, TopUpDecline.HOLDING_LIMIT, "61"),
        (0, True, 10**12, TopUpDecline.HOLDING_LIMIT, "61"),
        (500_000, False, 1, TopUpDecline.BELOW_MINIMUM, "13"),
    ],
)
def test_a_top_up_keeps_to_minimum_and_holding_limit(
    world: World, held: int, verified: bool, amount: int, decline: TopUpDecline | None, code: str
) -> None:
    payer = world.member(charged=held, verified=verified)
    entry = world.top_up(payer, amount).entry
    assert entry.decline is decline
    assert decline is None or TOP_UP_CODES[decline] == code
    assert world.balances(payer)["charged"] == held + (0 if decline else amount)
    assert len(world.entries("top_up")) == 1


def test_cashback_and_allowances_do_not_count_to_the_holding_limit(world: World) -> None:
    payer = world.member(cashback=900_000, grants={"grant/a": 900_000})
    assert world.top_up(payer, 500_000).entry.decline is None


def test_a_suspended_wallet_takes_no_money(world: World) -> None:
    payer = world.member()
    world.suspend(payer)
    entry = world.top_up(payer, 50_000).entry
    assert entry.decline is TopUpDecline.WALLET_SUSPENDED
    assert TOP_UP_CODES[TopUpDecline.WALLET_SUSPENDED] == "62"


def test_the_limits_are_those_of_the_policy_in_force(world: World) -> None:
    payer = world.member(verified=True)
    world.now = datetime(2023, 9, 25, tzinfo=SEOUL)
    assert world.top_up(payer, 1_500_001).entry.decline is TopUpDecline.HOLDING_LIMIT
    assert world.top_up(payer, 1_500_000).entry.decline is None


def test_concurrent_top_ups_never_exceed_the_holding_limit(world: World) -> None:
    payer = world.member()
    answers = attempts_at_once([partial(world.top_up, payer, 60_000)] * THREADS)
    declines = [answer.entry.decline for answer in answers if isinstance(answer, Answer)]
    assert len(declines) == THREADS, answers
    assert declines.count(None) == 8
    assert declines.count(TopUpDecline.HOLDING_LIMIT) == THREADS - 8
    assert world.balances(payer)["charged"] == 480_000


def test_a_top_up_has_one_effect_and_one_answer_however_often_it_is_sent(world: World) -> None:
    payer = world.member()
    answers = attempts_at_once([partial(world.top_up, payer, 60_000, KEY)] * THREADS)
    entries = [answer.entry for answer in answers if isinstance(answer, Answer)]
    assert entries == entries[:1] * THREADS, answers
    assert world.balances(payer)["charged"] == 60_000


def test_a_declined_top_up_stays_declined_when_there_is_room_later(world: World) -> None:
    payer, shop = world.member(charged=500_000), world.shop()
    declined = world.top_up(payer, 60_000, KEY)
    world.pay(payer, shop, 200_000)
    again = world.top_up(payer, 60_000, KEY)
    assert (again.entry, again.replayed) == (declined.entry, True)


def test_a_key_of_another_top_up_is_refused_and_one_of_another_bank_is_not(world: World) -> None:
    payer = world.member()
    world.top_up(payer, 60_000, KEY)
    with pytest.raises(IdempotencyKeyReused):
        world.top_up(payer, 70_000, KEY)
    assert not world.top_up(payer, 70_000, KEY, caller="bank/choi").replayed
    assert world.balances(payer)["charged"] == 130_000


def test_a_top_up_of_an_unknown_wallet_is_not_found_and_stores_nothing(world: World) -> None:
    payer = world.member()
    with pytest.raises(NotFound):
        world.top_up(replace(payer, id=wallet_id_of("unknown")), 60_000)
    assert world.entries("top_up") == []


def test_before_the_first_policy_top_ups_are_refused(world: World) -> None:
    payer = world.member()
    world.now = datetime(2018, 1, 1, tzinfo=SEOUL)
    with pytest.raises(ProgrammeNotRunning):
        world.top_up(payer, 60_000)


def test_a_wallet_that_was_suspended_meanwhile_takes_no_money(world: World) -> None:
    payer = world.member()
    done = []

    def fault(moment: str, writes: list[Put]) -> None:
        if moment == "before" and not done:
            done.append(True)
            world.suspend(payer)

    world.memory.fault = fault  # type: ignore[assignment]
    assert world.top_up(payer, 60_000).entry.decline is TopUpDecline.WALLET_SUSPENDED
    assert world.balances(payer)["charged"] == 0


def test_a_top_up_is_decided_again_when_the_verification_changed(world: World) -> None:
    payer = world.member(verified=True)
    done = []

    def fault(moment: str, writes: list[Put]) -> None:
        if moment == "before" and not done:
            done.append(True)
            world.now += timedelta(milliseconds=1)
            _stand(world, payer, None, False)

    world.memory.fault = fault  # type: ignore[assignment]
    assert world.top_up(payer, 1_000_000).entry.decline is TopUpDecline.HOLDING_LIMIT
    assert world.balances(payer)["charged"] == 0
