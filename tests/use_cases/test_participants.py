"""Participants join a payment or top-up in its own transaction: sample ones that resemble later parts."""

from collections.abc import Sequence

import pytest

from eeum.errors import TooManyItems
from eeum.payments.bodies import decline_body
from eeum.payments.rules import Decline, PaymentStatus
from eeum.storage import SetTo, Table, Update, Write
from eeum.wallet.participants import Participant
from eeum.wallet.rules import OwnDecline
from tests.participants import CARD_FULL, CODE_USED, FIELDS, OneTimeCode, StampCounter, Writing, card_key
from tests.use_cases.command_policies import appropriate, january_2021, layer, left, world_under
from tests.use_cases.world import World

KEY = "retried-key-0001"


def _join(world: World, *participants: Participant) -> None:
    world.participants = lambda: participants


def _card(world: World, wallet_id: str) -> dict[str, object] | None:
    (item,) = world.memory.read([card_key(wallet_id)])
    return item


def _sent(world: World) -> list[Sequence[Write]]:
    """The transactions from here on, as they are sent."""
    sent: list[Sequence[Write]] = []
    world.memory.fault = lambda moment, writes: sent.append(writes) if moment == "before" else None
    return sent


def test_two_participants_write_to_one_item_in_the_payments_own_two_round_trips(world: World) -> None:
    payer, shop = world.member(charged=50_000), world.shop()
    for number in (1, 2):
        _join(world, StampCounter(), OneTimeCode(f"CODE-{number}"))
        sent = _sent(world)
        with world.counted() as costs:
            paid = world.pay(payer, shop, 10_000)
        assert costs.calls == ["read", "transact"]
        assert costs.write_units == 7, "5 of the payment, 2 of the item that both write"
        assert len({write.key for write in sent[0]}) == len(sent[0]) == 3
        assert dict(paid.entry.parts) == {"stamps": 1, "code": f"CODE-{number}"}
    card = _card(world, payer.id)
    assert card is not None
    assert (card["stamps"], sorted(card["codes"])) == (2, ["CODE-1", "CODE-2"])  # type: ignore[call-overload]
    assert world.balances(payer)["charged"] == 30_000


def test_a_retried_payment_keeps_its_parts_and_asks_no_participant(world: World) -> None:
    payer, shop = world.member(charged=50_000), world.shop()
    _join(world, StampCounter(), OneTimeCode("WELCOME"))
    first = world.pay(payer, shop, 10_000, KEY)
    again = world.pay(payer, shop, 10_000, KEY)
    assert (again.entry, again.replayed) == (first.entry, True)
    assert world.payments.payment(payer.id, first.entry.acceptance.id) == first.entry
    card = _card(world, payer.id)
    assert card is not None
    assert (card["stamps"], card["codes"]) == (1, {"WELCOME": first.entry.acceptance.digest})


def test_a_participant_declines_for_a_reason_of_its_own_and_nothing_else_is_stored(world: World) -> None:
    payer, shop = world.member(charged=50_000), world.shop()
    _join(world, StampCounter(), OneTimeCode("WELCOME"))
    world.pay(payer, shop, 10_000)
    sent = _sent(world)
    declined = world.pay(payer, shop, 10_000, KEY).entry
    assert (declined.decline, declined.status, dict(declined.parts)) == (CODE_USED, PaymentStatus.DECLINED, {})
    assert [len(writes) for writes in sent] == [1]
    assert world.balances(payer)["charged"] == 40_000
    card = _card(world, payer.id)
    assert card is not None
    assert card["stamps"] == 1, "the parts of participants before the one that declines are not stored either"
    # A retry gets the same answer, whatever participants there are now.
    _join(world)
    assert world.pay(payer, shop, 10_000, KEY).entry == declined
    assert isinstance(declined.decline, OwnDecline)
    shown = decline_body(declined.decline)
    assert (shown.code, shown.reason, shown.message) == ("57", "code_used", "이미 사용한 코드입니다.")


def test_participants_are_not_asked_about_a_declined_payment(world: World) -> None:
    payer, shop = world.member(charged=50_000), world.shop()
    _join(world, StampCounter(), OneTimeCode("WELCOME"))
    world.suspend(payer)
    assert world.pay(payer, shop, 10_000).entry.decline is Decline.WALLET_SUSPENDED
    assert _card(world, payer.id) is None


def test_parts_of_a_payment_above_the_balance_are_not_stored(world: World) -> None:
    payer, shop = world.member(charged=5_000), world.shop()
    _join(world, StampCounter(), OneTimeCode("WELCOME"))
    assert world.pay(payer, shop, 10_000).entry.decline is Decline.INSUFFICIENT_FUNDS
    assert _card(world, payer.id) is None


def _meanwhile(world: World, write: Update) -> None:
    """Run a write once, between the next payment's read and its transaction."""
    done: list[bool] = []

    def fault(moment: str, _: object) -> None:
        if moment == "before" and not done:
            done.append(True)
            world.send(write)

    world.memory.fault = fault


def test_a_payment_is_decided_again_when_a_participants_data_changed(world: World) -> None:
    payer, shop = world.member(charged=50_000), world.shop()
    _join(world, StampCounter(), OneTimeCode("WELCOME"))
    world.pay(payer, shop, 10_000)
    _join(world, StampCounter(), OneTimeCode("SPRING"))
    _meanwhile(world, Update(card_key(payer.id), (SetTo(("codes", "SPRING"), "another"),)))
    assert world.pay(payer, shop, 10_000).entry.decline == CODE_USED
    assert world.balances(payer)["charged"] == 40_000
    _join(world, StampCounter())
    _meanwhile(world, Update(card_key(payer.id), (SetTo(("stamps",), FIELDS),)))
    assert world.pay(payer, shop, 10_000).entry.decline == CARD_FULL
    # A write that keeps its condition true does not matter.
    world.memory.fault = lambda moment, writes: None
    world.send(Update(card_key(payer.id), (SetTo(("stamps",), 3),)))
    _meanwhile(world, Update(card_key(payer.id), (SetTo(("stamps",), FIELDS - 1),)))
    assert world.pay(payer, shop, 10_000).entry.decline is None


def test_participants_join_a_top_up_as_they_join_a_payment(world: World) -> None:
    saver = world.member()
    _join(world, StampCounter(), OneTimeCode("WELCOME"))
    with world.counted() as costs:
        entry = world.top_up(saver, 30_000, KEY).entry
    assert costs.calls == ["read", "transact"]
    assert dict(entry.parts) == {"stamps": 1, "code": "WELCOME"}
    assert world.top_up(saver, 30_000, KEY).entry == entry
    declined = world.top_up(saver, 30_000).entry
    assert (declined.decline, declined.credited) == (CODE_USED, {})
    assert world.wallets.top_up(saver.id, declined.acceptance.digest) == declined
    assert world.balances(saver)["charged"] == 30_000


def test_an_amount_of_a_participant_comes_off_the_price_after_the_policys_discount_and_goes_back_with_it() -> None:
    # Not checked by the invariants: they recompute discounts from the policy, which does not know this one.
    world = world_under(january_2021(layers=[layer("coupon", "discount", 1_000)]))
    appropriate(world, 100_000)
    payer, shop = world.member(charged=50_000), world.shop()
    _join(world, StampCounter(), OneTimeCode("WELCOME", 2_000))
    paid = world.pay(payer, shop, 10_000).entry
    assert [(each.layer, each.won) for each in paid.discounts] == [("coupon", 1_000), ("code", 2_000)]
    assert paid.paid_from == (("charged", 7_000),)
    assert paid.postings == {
        "purse/charged": -7_000,
        "funder/city": -1_000,
        f"merchant_reward/{shop.id}": -2_000,
        f"merchant_payable/{shop.id}": 10_000,
    }
    assert left(world) == 99_000
    cancelled = world.cancel(paid).entry
    assert [(part.layer, part.won) for part in cancelled.discounts] == [("coupon", 1_000), ("code", 2_000)]
    assert (cancelled.refund, left(world)) == (7_000, 100_000)


def test_no_participant_takes_more_off_than_the_price() -> None:
    world = world_under(january_2021(layers=[layer("coupon", "discount", 9_000)]))
    payer, shop = world.member(charged=50_000), world.shop()
    _join(world, OneTimeCode("WELCOME", 2_000))
    paid = world.pay(payer, shop, 10_000).entry
    assert [(each.layer, each.won) for each in paid.discounts] == [("coupon", 9_000), ("code", 1_000)]
    assert paid.paid_from == ()


@pytest.mark.parametrize(("items", "refused"), [(98, False), (99, True)])
def test_more_than_a_hundred_items_are_refused_before_anything_is_sent(world: World, items: int, refused: bool) -> None:
    payer, shop = world.member(charged=50_000), world.shop()
    _join(world, Writing(items))
    if not refused:
        world.storage.shapes.clear()
        assert world.pay(payer, shop, 10_000).entry.decline is None
        assert len(world.memory.items(Table.BALANCES)) == items
        world.storage.shapes.clear()
        return
    with world.counted() as costs, pytest.raises(TooManyItems) as found:
        world.pay(payer, shop, 10_000)
    assert found.value.code == "too_many_items"
    assert costs.calls == ["read"]
    assert world.entries("payment") == []
