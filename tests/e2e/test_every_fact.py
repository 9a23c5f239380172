"""Every fact and condition of the policy language in the deployed city: request, stream, posting, statement, month close,
cancellation and audit. The language's own list drives it (`tests.every_fact`): a fact without a live test fails."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import pytest

from local.api import Api
from local.city import City
from local.inhabitants import business_registration_number
from local.roles import Tokens
from local.schedule import MONTH_CLOSING, midnight
from operations import audit as audit_command
from operations.catch_up import catch_up
from operations.redrive import Outcome, redrive
from operations.stack import Stack
from tests.e2e.members import Member, change
from tests.e2e.scheduling import schedule
from tests.e2e.test_catch_up_and_redrive import consumer_down, pending, records_of, send, waiting
from tests.e2e.waiting import wait_for_cashback
from tests.every_fact import (
    CHANNEL,
    EXPECTED_OF_THE_OTHER,
    MEMBER,
    OTHER_CHANNEL,
    OTHER_MEMBER,
    OTHER_PRICE,
    OTHER_SHOP,
    OTHER_TOP_UP,
    OTHERS_LATER,
    PRICE,
    SHOP,
    TOP_UP,
    expected,
    layer_id,
    of_payments,
    of_top_ups,
    top_up_conditions,
)

LAST_DAY_TO_BEGIN = 18
"""The last day of a month on which the test can begin, so that it stays within one month."""


class Facts(NamedTuple):
    """The instant at which every condition holds, a shop of each kind, and the city's other layers."""

    at: datetime
    shop: str
    other_shop: str
    usual: frozenset[str]

    @property
    def of_top_ups_at(self) -> datetime:
        return self.at + timedelta(days=3)


@pytest.fixture(scope="module")
def stack(city: City) -> Iterator[Stack]:
    opened = Stack.local(city.emulator.port)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def facts(
    city: City, api: Api, tokens: Tokens, move_clock: Callable[[str], Any], run_reset: Callable[[str], list[Any]]
) -> Facts:
    """Open two shops; schedule one version for payments, one for top-ups, and then today's version again."""
    now = city.clock.now()
    if now.day > LAST_DAY_TO_BEGIN:
        move_clock(midnight(now.replace(day=28) + timedelta(days=4)).replace(day=2, hour=1).isoformat())
    now = city.clock.now()
    run_reset(midnight(now).replace(day=1).isoformat())
    at = midnight(now + timedelta(days=1)).replace(hour=10)
    document = {name: value for name, value in api.get("/policies/in_force").items() if name != "rows"}
    usual = frozenset(layer["id"] for layer in document["layers"])
    of_each_day = ((0, of_payments(at)), (3, of_top_ups(at + timedelta(days=3))), (5, []))
    for days, layers in of_each_day:
        start = midnight(at) + timedelta(days=days)
        # As many layers as a version may have, besides the first layer of the city itself.
        own = document["layers"] if not layers else document["layers"][:1]
        words = {
            "version": f"facts-{days}-{uuid4().hex[:8]}",
            "starts_at": start.isoformat(),
            "layers": [*own, *layers],
        }
        # An unused limit would later be reused under its name with another meaning.
        asked = {limit for layer in words["layers"] for limit in layer.get("limits", ())}
        asked |= set(document["wallet"].get("top_up_limits", ()))
        words["limits"] = [limit for limit in document["limits"] if limit["id"] in asked]
        schedule(api, tokens, document | words)
    shop, other_shop = (_open_shop(api, tokens, number, about) for number, about in ((950, SHOP), (951, OTHER_SHOP)))
    move_clock(at.isoformat())
    return Facts(at, shop, other_shop, usual)


def _open_shop(api: Api, tokens: Tokens, number: int, about: dict[str, Any]) -> str:
    body = {"business_registration_number": business_registration_number(number), "name": f"가게 {number}", **about}
    applied = api.as_caller(tokens.merchant).post("/merchants", body)
    approval = {"reason": "Papers in order.", "applied_at": applied["applied_at"]}
    api.as_caller(tokens.operator).post(f"/merchant_applications/{applied['id']}/approval", approval)
    return str(applied["id"])


def _member(api: Api, tokens: Tokens, new_member: Callable[..., Member], about: dict[str, str], charged: int) -> Member:
    member = new_member(charged=charged)
    api.as_caller(tokens.operator).patch(f"/wallets/{member.wallet}", {**about, "reason": "Papers in order."})
    return member


def _pay(api: Api, tokens: Tokens, member: Member, shop: str, amount: int, channel: str = CHANNEL) -> Any:
    body = {"card_token": member.card, "merchant_id": shop, "amount": amount, "channel": channel}
    return api.as_caller(tokens.acquirer).post("/payments", body, key=f"e2e-fact-{uuid4()}")


def _rewards(member: Member, facts: Facts) -> dict[str, dict[str, int]]:
    """Won by layer of each payment, without the city's usual layers."""
    earnings = member.api.get(f"/wallets/{member.wallet}/cashback", month=f"{facts.at:%Y-%m}")["earnings"]
    return {
        each["payment_id"]: {
            reward["layer"]: reward["won"]
            for reward in each["rewards"]
            if reward["won"] and reward["layer"] not in facts.usual
        }
        for each in earnings
    }


@pytest.fixture(scope="module")
def payer(api: Api, tokens: Tokens, new_member: Callable[..., Member], facts: Facts) -> Member:
    return _member(api, tokens, new_member, MEMBER, 400_000)


def test_every_condition_holds_for_payments_holds_and_redriven_records(
    stack: Stack, api: Api, tokens: Tokens, payer: Member, facts: Facts
) -> None:
    paid = _pay(api, tokens, payer, facts.shop, PRICE)
    wait_for_cashback(payer)
    body = {
        "card_token": payer.card,
        "merchant_id": facts.shop,
        "amount": PRICE,
        "channel": CHANNEL,
        "capture": "later",
    }
    held = api.as_caller(tokens.acquirer).post("/payments", body, key=f"e2e-fact-{uuid4()}")
    change(api, tokens, held, "captures")
    wait_for_cashback(payer)
    with consumer_down(stack):
        # Dead-lettered as by an earlier release: its stream function refused each whole record.
        stuck = _pay(api, tokens, payer, facts.shop, PRICE)
        (record,) = [
            each
            for each in records_of(stack)
            if each["eventName"] == "INSERT" and each["dynamodb"]["NewImage"].get("id") == {"S": stuck["id"]}
        ]
        send(
            stack,
            json.dumps({"kind": "parked_record", "reason": "its facts have a text that is none", "record": record}),
        )
        assert pending(payer) == 1
        outcomes = [each.outcome for each in redrive(stack)]
        assert outcomes == [Outcome.POSTED]
        caught = _pay(api, tokens, payer, facts.shop, PRICE)
        assert catch_up(stack)["posted"] == 1
    assert pending(payer) == 0
    assert _rewards(payer, facts) == {each["id"]: expected(facts.at) for each in (paid, held, stuck, caught)}
    assert waiting(stack) == []


def test_no_condition_holds_for_other_payments(
    api: Api, tokens: Tokens, new_member: Callable[..., Member], facts: Facts, move_clock: Callable[[str], Any]
) -> None:
    other = _member(api, tokens, new_member, OTHER_MEMBER, 100_000)
    move_clock((facts.at + OTHERS_LATER).isoformat())
    body = {"merchant_id": facts.other_shop, "amount": OTHER_PRICE, "channel": OTHER_CHANNEL}
    paid = other.api.post(f"/wallets/{other.wallet}/payments", body, key=f"e2e-fact-{uuid4()}")
    wait_for_cashback(other)
    assert _rewards(other, facts) == {paid["id"]: EXPECTED_OF_THE_OTHER}


def test_every_condition_of_a_top_up_holds_for_its_top_up_alone(
    api: Api, tokens: Tokens, new_member: Callable[..., Member], facts: Facts, move_clock: Callable[[str], Any]
) -> None:
    at = facts.of_top_ups_at
    move_clock(at.isoformat())
    bank = api.as_caller(tokens.bank)

    def given(about: dict[str, str], amount: int) -> dict[str, int]:
        member = _member(api, tokens, new_member, about, 0)
        body = {"amount": amount, "bank_reference": f"facts-{uuid4().hex[:12]}"}
        answer = bank.post(f"/wallets/{member.wallet}/top_ups", body, key=f"e2e-fact-{uuid4()}")
        return {each["layer"]: each["won"] for each in answer["rewards"]}

    assert given(MEMBER, TOP_UP) == {layer_id(fact): TOP_UP // 1_000 for fact in top_up_conditions(at)}
    move_clock((at + OTHERS_LATER).isoformat())
    assert given(OTHER_MEMBER, OTHER_TOP_UP) == {}


def test_the_month_is_closed_the_payments_are_cancelled_and_the_audit_finds_nothing(
    city: City,
    api: Api,
    tokens: Tokens,
    payer: Member,
    facts: Facts,
    move_clock: Callable[[str], Any],
    run_reset: Callable[[str], list[Any]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    month = f"{facts.at:%Y-%m}"
    earned = payer.balances()["cashback"]
    assert earned > 4 * sum(expected(facts.at).values())
    first = midnight(facts.at.replace(day=28) + timedelta(days=4)).replace(day=1)
    move_clock((first + timedelta(hours=1, seconds=1)).isoformat())
    run_reset(first.isoformat())
    frozen: list[str] = []
    while (answer := city.calendar.run(MONTH_CLOSING, city.clock.now()))["frozen"]:
        frozen.append(answer["frozen"])
    assert frozen[-1] == month
    statement = payer.api.get(f"/wallets/{payer.wallet}/statements/{month}")
    assert (statement["paid"], statement["captured"]) == (3 * PRICE, PRICE)
    assert statement["cashback"]["won"] == earned

    for payment_id in _rewards(payer, facts):
        payment = {"wallet_id": payer.wallet, "id": payment_id}
        change(api, tokens, payment, "cancellations", PRICE // 2)
        change(api, tokens, payment, "cancellations")
    wait_for_cashback(payer)
    assert payer.balances() == {"charged": 400_000, "cashback": 0}

    monkeypatch.setattr("sys.argv", ["audit", "--port", str(city.emulator.port), "--roots", str(tmp_path)])
    audit_command.main()
    assert payer.wallet not in capsys.readouterr().out
