"""One request, one effect, one answer: for any number of retries, concurrent or after midnight."""

from datetime import datetime, timedelta
from functools import partial

import pytest

from eeum.calendar import SEOUL
from eeum.errors import IdempotencyKeyReused, Invalid
from eeum.once import Answer
from eeum.payments.rules import Decline, Payment
from eeum.storage import SetTo, Update
from eeum.wallet.store import wallet_key
from tests.concurrency import attempts_at_once
from tests.use_cases.world import World

KEY = "retried-key-0001"
THREADS = 16


def _entries(answers: list[Answer[Payment] | Exception]) -> list[Payment]:
    assert all(isinstance(answer, Answer) for answer in answers), answers
    return [answer.entry for answer in answers if isinstance(answer, Answer)]


def test_a_repeated_request_gets_the_first_answer(world: World) -> None:
    payer, shop = world.member(charged=50_000), world.shop()
    first = world.pay(payer, shop, 10_000, KEY)
    world.now += timedelta(days=400)
    again = world.pay(payer, shop, 10_000, KEY)
    assert (first.replayed, again.replayed) == (False, True)
    assert again.entry == first.entry
    assert world.balances(payer)["charged"] == 40_000


def test_a_repeated_request_is_one_round_trip_and_writes_nothing(world: World) -> None:
    payer, shop = world.member(charged=50_000), world.shop()
    world.pay(payer, shop, 10_000, KEY)
    with world.counted() as costs:
        world.pay(payer, shop, 10_000, KEY)
    assert (costs.calls, costs.write_units) == (["read"], 0)


def test_a_retry_storm_has_one_effect_and_one_answer(world: World) -> None:
    payer, shop = world.member(charged=50_000), world.shop()
    answers = attempts_at_once([partial(world.pay, payer, shop, 10_000, KEY)] * THREADS)
    entries = _entries(answers)
    assert entries == entries[:1] * THREADS
    assert sum(isinstance(answer, Answer) and not answer.replayed for answer in answers) == 1
    assert world.balances(payer)["charged"] == 40_000
    assert len(world.entries("payment")) == 1


def test_a_retry_storm_of_a_decline_has_one_entry_and_one_answer(world: World) -> None:
    payer, shop = world.member(charged=5_000), world.shop()
    entries = _entries(attempts_at_once([partial(world.pay, payer, shop, 10_000, KEY)] * THREADS))
    assert entries == entries[:1] * THREADS
    assert entries[0].decline is Decline.INSUFFICIENT_FUNDS
    assert len(world.entries("payment")) == 1


def test_a_decline_stays_a_decline_after_a_top_up(world: World) -> None:
    payer, shop = world.member(charged=5_000), world.shop()
    declined = world.pay(payer, shop, 10_000, KEY)
    world.give(payer.id, "charged", 100_000)
    entries = _entries(attempts_at_once([partial(world.pay, payer, shop, 10_000, KEY)] * THREADS))
    assert entries == [declined.entry] * THREADS
    assert world.pay(payer, shop, 10_000).entry.decline is None
    assert world.balances(payer)["charged"] == 95_000


def test_an_approval_stays_an_approval_when_wallet_card_or_merchant_changed(world: World) -> None:
    payer, shop = world.member(charged=10_000), world.shop()
    approved = world.pay(payer, shop, 10_000, KEY)
    world.suspend(payer)
    world.send(Update(wallet_key(payer.id), (SetTo(("cards",), {}),)))
    again = world.pay(payer, shop, 10_000, KEY, card=payer.cards[0].reference)
    assert again.entry == approved.entry


def test_a_top_up_during_a_retry_storm_changes_no_answer(world: World) -> None:
    payer, shop = world.member(charged=5_000), world.shop()
    pay = partial(world.pay, payer, shop, 10_000, KEY)
    answers = attempts_at_once([*([pay] * (THREADS - 1)), partial(world.give, payer.id, "charged", 30_000)])  # type: ignore[list-item]
    entries = _entries(answers[:-1])
    assert entries == entries[:1] * (THREADS - 1)
    paid = 10_000 if entries[0].decline is None else 0
    assert world.balances(payer)["charged"] == 35_000 - paid


@pytest.mark.parametrize("other", [{"amount": 10_001}, {"channel": "delivery"}, {"merchant_id": "another"}])
def test_a_key_that_was_used_for_another_body_is_refused(world: World, other: dict[str, object]) -> None:
    payer, shop = world.member(charged=50_000), world.shop()
    world.pay(payer, shop, 10_000, KEY)
    with pytest.raises(IdempotencyKeyReused) as refused:
        world.pay(payer, shop, 10_000, KEY, body=other)
    assert "10" not in refused.value.detail, "the earlier request stays the earlier caller's own"
    assert world.balances(payer)["charged"] == 40_000
    assert len(world.entries("payment")) == 1


def test_of_two_bodies_that_race_under_one_key_one_is_refused(world: World) -> None:
    payer, shop = world.member(charged=500_000), world.shop()
    calls = [partial(world.pay, payer, shop, 1_000 + number % 2, KEY) for number in range(THREADS)]
    answers = attempts_at_once(calls)
    answered = {answer.entry.order.amount for answer in answers if isinstance(answer, Answer)}
    refused = [answer for answer in answers if isinstance(answer, IdempotencyKeyReused)]
    assert len(answered) == 1
    assert len(refused) == THREADS // 2
    assert world.balances(payer)["charged"] == 500_000 - answered.pop()


def test_a_key_belongs_to_its_caller(world: World) -> None:
    payer, shop = world.member(charged=50_000), world.shop()
    one = world.pay(payer, shop, 10_000, KEY, caller="acquirer/kim")
    other = world.pay(payer, shop, 20_000, KEY, caller="acquirer/lee")
    own = world.pay(payer, shop, 5_000, KEY, caller="member/payer")
    assert len({answer.entry.acceptance.id for answer in (one, other, own)}) == 3
    assert world.balances(payer)["charged"] == 15_000


def test_a_key_belongs_to_its_wallet(world: World) -> None:
    payer, jun, shop = world.member(charged=50_000), world.member("jun", charged=50_000), world.shop()
    world.pay(payer, shop, 10_000, KEY)
    assert not world.pay(jun, shop, 20_000, KEY).replayed
    assert (world.balances(payer)["charged"], world.balances(jun)["charged"]) == (40_000, 30_000)


def test_a_key_for_a_payment_is_free_for_a_top_up(world: World) -> None:
    payer, shop = world.member(charged=50_000), world.shop()
    world.pay(payer, shop, 10_000, KEY, caller="partner")
    assert not world.top_up(payer, 30_000, KEY, caller="partner").replayed


def test_requested_at_has_no_effect(world: World) -> None:
    payer, shop = world.member(charged=50_000), world.shop()
    first = world.pay(payer, shop, 10_000, KEY, body={"requested_at": "2021-01-05T09:59:59+09:00"})
    again = world.pay(payer, shop, 10_000, KEY, body={"requested_at": "2031-01-05T09:59:59+09:00"})
    without = world.pay(payer, shop, 10_000, KEY)
    assert first.entry == again.entry == without.entry


def test_a_retry_after_midnight_at_the_month_end_finds_its_entry(world: World) -> None:
    payer, shop = world.member(charged=50_000), world.shop()
    world.now = datetime(2021, 1, 31, 23, 59, 59, 999_999, tzinfo=SEOUL)
    first = world.pay(payer, shop, 10_000, KEY)
    world.now += timedelta(microseconds=1)
    again = world.pay(payer, shop, 10_000, KEY)
    assert again.replayed
    assert again.entry == first.entry
    assert first.entry.acceptance.accepted_at == datetime(2021, 1, 31, 23, 59, 59, 999_000, tzinfo=SEOUL)
    assert [item["month"] for item in world.entries("payment")] == ["2021-01"]


@pytest.mark.parametrize(
    "key", [None, "", "fifteen-letters", "x" * 256, "열여섯자이상이지만한글로쓴열쇠입니다", "sixteen\nletters!!"]
)
def test_a_malformed_key_is_refused_and_stores_nothing(world: World, key: str | None) -> None:
    from eeum.request import Request

    payer = world.member(charged=50_000)
    with pytest.raises(Invalid):
        Request.of("acquirer/kim", payer.id, key, {})
    assert world.entries("payment") == []
