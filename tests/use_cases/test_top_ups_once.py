"""A bank's message that is repeated, late or concurrent, and the part of it that budgets pay."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any
from unittest.mock import patch

import pytest

from eeum.calendar import SEOUL
from eeum.errors import BankReferenceUsed, IdempotencyKeyReused
from eeum.once import Answer
from eeum.storage import Contended
from eeum.wallet import use_cases
from eeum.wallet.rules import LimitUsage, TopUp, TopUpDecline
from tests.concurrency import attempts_at_once
from tests.use_cases.command_policies import (
    appropriate,
    bonus,
    discount,
    january_2021,
    left,
    limit,
    sums,
    wallet_terms,
)
from tests.use_cases.world import World

KEY = "a-key-of-the-bank-0001"
THREADS = 8
Founded = Callable[..., World]
Under = Callable[..., World]


# --- sent again, and late -------------------------------------------------------------------------------------------------


def test_a_bank_s_repeated_message_has_one_effect(saving_city: World) -> None:
    appropriate(saving_city, 100_000)
    saver = saving_city.member()
    answers = attempts_at_once([partial(saving_city.top_up, saver, 50_000, KEY)] * THREADS)
    entries = [answer.entry for answer in answers if isinstance(answer, Answer)]
    assert entries == entries[:1] * THREADS, answers
    assert (saving_city.balances(saver)["charged"], left(saving_city)) == (55_000, 95_000)


def test_a_message_repeated_months_later_gets_its_first_answer(saving_city: World) -> None:
    appropriate(saving_city, 100_000)
    saver = saving_city.member()
    first = saving_city.top_up(saver, 50_000, KEY).entry
    for month in (2, 3, 4):
        saving_city.now = datetime(2021, month, 1, tzinfo=SEOUL)
        saving_city.top_up(saver, 10_000)
    before = (saving_city.wallet(saver.id), left(saving_city))
    again = saving_city.top_up(saver, 50_000, KEY)
    assert (again.entry, again.replayed) == (first, True)
    assert (saving_city.wallet(saver.id), left(saving_city)) == before


def test_a_late_message_counts_in_the_month_of_its_arrival(saving_city: World) -> None:
    """The bank debited the money in January; the month of the limits is decided once, when the message arrives."""
    saver = saving_city.member()
    saving_city.top_up(saver, 100_000)
    saving_city.now = datetime(2021, 2, 1, tzinfo=SEOUL)
    assert sums(saving_city.top_up(saver, 60_000)) == (60_000, 66_000)


def test_a_repeated_message_with_another_amount_is_refused(saving_city: World) -> None:
    saver = saving_city.member()
    saving_city.top_up(saver, 50_000, KEY)
    before = saving_city.wallet(saver.id)
    with pytest.raises(IdempotencyKeyReused):
        saving_city.top_up(saver, 50_001, KEY)
    assert saving_city.wallet(saver.id) == before


def test_a_policy_change_does_not_change_an_answer(founded: Founded) -> None:
    later = january_2021(version="incheon-2021-01-10", starts_at="2021-01-10T00:00:00+09:00", wallet=wallet_terms())
    world = founded(january_2021(layers=[bonus()], wallet=wallet_terms()), later)
    saver = world.member()
    first = world.top_up(saver, 50_000, KEY).entry
    world.now = datetime(2021, 1, 10, tzinfo=SEOUL)
    assert world.top_up(saver, 50_000, KEY) == Answer(first, replayed=True)
    assert sums(world.top_up(saver, 50_000)) == (50_000, 50_000)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_lost_answer_gives_the_bonus_once(saving_city: World, moment: str) -> None:
    appropriate(saving_city, 100_000)
    saver = saving_city.member()
    saving_city.top_up(saver, 10_000)
    with saving_city.failing(Contended, moment, 2):
        made = saving_city.top_up(saver, 20_000)
    assert sums(made) == (20_000, 22_000)
    assert (saving_city.balances(saver)["charged"], left(saving_city)) == (33_000, 97_000)


# --- budgets --------------------------------------------------------------------------------------------------------------


def test_bonuses_are_paid_until_the_budget_is_used_up_and_top_ups_still_credited(saving_city: World) -> None:
    appropriate(saving_city, 2_500)
    savers = [saving_city.member(f"saver {number}") for number in range(4)]
    entries = [saving_city.top_up(saver, 10_000).entry for saver in savers]
    assert [sum(entry.credited.values()) for entry in entries] == [11_000, 11_000, 10_500, 10_000]
    assert [dict(entry.funded_amounts) for entry in entries] == [{}, {}, {"bonus": 500}, {"bonus": 0}]
    assert {entry.debited for entry in entries} == {10_000}
    assert left(saving_city) == 0


def test_a_cut_bonus_counts_to_a_reward_limit_by_its_funded_amount(under: Under) -> None:
    world = under(bonus(limits=["most"]), limits=[limit("most", "reward", 5_000)])
    appropriate(world, 700)
    saver = world.member()
    world.top_up(saver, 30_000)
    assert world.wallet(saver.id).limit_usage.used == {"most@2021-01": 700}


def test_concurrent_top_ups_get_no_more_than_a_line_has(saving_city: World) -> None:
    appropriate(saving_city, 10_500)
    savers = [saving_city.member(f"saver {number}") for number in range(16)]
    answers = attempts_at_once([partial(saving_city.top_up, saver, 10_000) for saver in savers])
    entries = [answer.entry for answer in answers if isinstance(answer, Answer)]
    assert len(entries) == 16, answers
    assert sum(sum(entry.credited.values()) for entry in entries) == 160_000 + 10_500
    assert left(saving_city) == 0


def test_one_funders_empty_line_cuts_the_other_funders_share_too(under: Under) -> None:
    world = under(discount(1_000, funders={"city": 1, "national": 1}))
    appropriate(world, 1_500)
    appropriate(world, 100_000, "national")
    saver = world.member()
    made = world.top_up(saver, 50_000).entry
    (reward,) = made.rewards
    assert made.debited == 50_000 - reward.reward.won
    paid = dict(reward.reward.funders)
    assert paid["city"] == 1_500
    assert abs(paid["national"] - 1_500) <= 1
    assert left(world, "national") == 100_000 - paid["national"]


def test_a_declined_top_up_takes_nothing_from_a_budget(saving_city: World) -> None:
    appropriate(saving_city, 10_000)
    saver = saving_city.member(charged=500_000)
    assert saving_city.top_up(saver, 50_000).entry.decline is TopUpDecline.HOLDING_LIMIT
    assert (left(saving_city), saving_city.wallet(saver.id).limit_usage) == (10_000, LimitUsage())


# --- one transfer under several keys ----------------------------------------------------------------------------------------


def test_a_reference_under_another_key_gets_the_answer_of_its_top_up(saving_city: World) -> None:
    saver = saving_city.member()
    first = saving_city.top_up(saver, 50_000, reference="KB-1").entry
    before = saving_city.wallet(saver.id)
    again = saving_city.top_up(saver, 50_000, reference="KB-1")
    assert again == Answer(first, replayed=True)
    assert saving_city.wallet(saver.id) == before


def test_a_reference_of_another_amount_or_wallet_is_refused(saving_city: World) -> None:
    saver, other = saving_city.member(), saving_city.member("other")
    saving_city.top_up(saver, 50_000, reference="KB-1")
    before = saving_city.wallet(saver.id), saving_city.wallet(other.id)
    for wallet, amount in ((saver, 50_001), (other, 50_000), (other, 50_001)):
        with pytest.raises(BankReferenceUsed):
            saving_city.top_up(wallet, amount, reference="KB-1")
    assert (saving_city.wallet(saver.id), saving_city.wallet(other.id)) == before


def test_each_bank_has_its_own_references(saving_city: World) -> None:
    saver = saving_city.member()
    for bank in ("bank/one", "bank/two"):
        assert saving_city.top_up(saver, 50_000, caller=bank, reference="KB-1").entry.decline is None


def test_a_declined_top_up_claims_no_reference(saving_city: World) -> None:
    """The bank keeps the money until the wallet accepts it: the same transfer may be sent later, under a new key."""
    saver = saving_city.member()
    declined = saving_city.top_up(saver, 3_000_000, KEY, reference="KB-1").entry
    assert declined.decline is TopUpDecline.HOLDING_LIMIT
    assert saving_city.top_up(saver, 50_000, reference="KB-1").entry.decline is None
    assert saving_city.top_up(saver, 3_000_000, KEY, reference="KB-1") == Answer(declined, replayed=True)


def _claiming_nothing(*of: Any, claimed: bool, **more: Any) -> TopUp:
    """Make a top-up as earlier versions stored it, without a claim."""
    return TopUp(*of, **more)


def test_a_reference_that_an_earlier_version_credited_has_no_claim() -> None:
    """Decision 0028: top-ups that earlier versions stored can be read, but their references are not claimed."""
    city = World()
    saver = city.member()
    with patch.object(use_cases, "TopUp", _claiming_nothing):
        old = city.top_up(saver, 50_000, reference="KB-1").entry
    assert not old.claimed
    assert city.top_up(saver, 50_000, reference="KB-1").entry != old


def test_one_transfer_under_many_keys_at_once_is_credited_once(saving_city: World) -> None:
    saver = saving_city.member()
    answers = attempts_at_once([partial(saving_city.top_up, saver, 50_000, reference="KB-1")] * THREADS)
    assert len({answer.entry.acceptance.id for answer in answers if isinstance(answer, Answer)}) == 1, answers
    assert saving_city.balances(saver)["charged"] == 55_000, "with its bonus"
