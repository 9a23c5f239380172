"""The files of events/ equal what AWS would send, by the template and the local city."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from eeum.ids import request_digest
from eeum.merchants.rules import merchant_id_of
from eeum.wallet.rules import wallet_id_of
from local import inhabitants
from tests.events.conftest import EVENTS, STORY, event_of
from tests.template.template import ROLE, events, functions, http_functions, named_in, resources, routes

HTTP = [name for name in STORY if "/http" in name]


def test_every_file_is_played_and_every_function_has_one_for_each_trigger() -> None:
    files = {path.relative_to(EVENTS).as_posix() for path in EVENTS.rglob("*.json")}

    assert files == set(STORY)
    assert set(STORY.values()) == set(functions())
    for name, function in STORY.items():
        assert name.partition("/")[0] == functions()[function]["Handler"].partition(".")[0]
        if name.partition("/")[2].startswith("machine"):
            assert function in started_by_the_machine(), f"{function} is started by no machine"
            continue
        streams = {"ledger_stream": "DynamoDB", "merchants_stream": "DynamoDB"}
        if name.partition("/")[2].startswith("http"):
            assert function in http_functions(), f"{function} has no route"
            continue
        kind = {**streams, "schedule": "ScheduleV2", "queue": "SQS", "bucket": "EventBridgeRule"}
        wanted = next(trigger for prefix, trigger in kind.items() if name.partition("/")[2].startswith(prefix))
        assert events(function, wanted), f"{function} has no {wanted}"


def started_by_the_machine() -> set[str]:
    """The functions that the machine for all wallets may call."""
    return named_in(resources(ROLE)["SegmentsRole"])


@pytest.mark.parametrize("name", [name for name in STORY if name.endswith("/machine.json")])
def test_a_segment_s_first_event_is_what_the_machine_makes(name: str) -> None:
    states = resources("AWS::StepFunctions::StateMachine")["SegmentsMachine"]["Definition"]["States"]
    made = states["EverySegment"]["ItemSelector"]["call"]["event"]
    assert set(event_of(name)) == {key.removesuffix(".$") for key in made}
    assert event_of(name)["resume"] == made["resume"] == ""


@pytest.mark.parametrize("name", HTTP)
def test_an_http_event_has_a_route_of_its_function_and_a_token_that_opens_it(name: str) -> None:
    event = event_of(name)
    method, _, path = event["routeKey"].partition(" ")
    (route,) = (each for each in routes() if (each.function, each.key) == (STORY[name], event["routeKey"]))
    parameters = event.get("pathParameters", {})

    assert re.sub(r"\{(\w+)\}", lambda part: parameters[part[1]], path) == event["rawPath"]
    context = event["requestContext"]
    assert (context["http"]["method"], context["http"]["path"]) == (method, event["rawPath"])
    assert context["routeKey"] == event["routeKey"]
    if route.authorizer is None:
        assert "authorizer" not in context
    else:
        token = context["authorizer"]["jwt"]
        assert set(token["scopes"]) & set(route.scopes)
        assert all(isinstance(value, str) for value in token["claims"].values()), "as the API passes claims on"
    if "body" in event:
        assert event["headers"]["content-length"] == str(len(event["body"].encode()))


def test_the_ids_are_those_of_the_local_city() -> None:
    """Ids follow from a member's or merchant's identity, so the events work in every city with the same seed data."""
    paying = event_of("payment_authorisation/http.json")
    subject = paying["requestContext"]["authorizer"]["jwt"]["claims"]["sub"]
    shops = {merchant_id_of(shop.business_registration_number) for shop in inhabitants.shops()}

    assert paying["pathParameters"]["wallet_id"] == wallet_id_of(subject)
    for name in (
        "payment_authorisation/http.json",
        "payment_authorisation/http_by_card.json",
        "payment_authorisation/http_reversal.json",
        "cashback_calculation/http.json",
    ):
        assert _body(name)["merchant_id"] in shops
    applying = _body("merchant_onboarding/http.json")["business_registration_number"]
    known = [*inhabitants.shops(), inhabitants.new_shop(), inhabitants.waiting_shop()]
    assert applying not in {shop.business_registration_number for shop in known}
    approved = event_of("merchant_onboarding/http_approve.json")["pathParameters"]["merchant_id"]
    assert approved == merchant_id_of(applying)


def _body(name: str) -> Any:
    return json.loads(event_of(name)["body"])


def test_the_reversal_has_the_key_and_the_body_of_its_original() -> None:
    original, reversal = (event_of(f"payment_authorisation/http_{name}.json") for name in ("by_card", "reversal"))

    assert original["body"] == reversal["body"]
    assert original["headers"] == reversal["headers"]


def test_the_stream_s_first_record_is_the_payment_of_the_http_event() -> None:
    """A running city posts this payment by itself, so the event finds its cashback posted."""
    paying = event_of("payment_authorisation/http.json")
    subject = paying["requestContext"]["authorizer"]["jwt"]["claims"]["sub"]
    wallet = wallet_id_of(subject)
    digest = request_digest(f"member/{subject}", wallet, paying["headers"]["idempotency-key"])
    image = event_of("cashback_calculation/ledger_stream.json")["Records"][0]["dynamodb"]["NewImage"]

    assert (image["pk"], image["sk"]) == ({"S": f"WALLET#{wallet}"}, {"S": f"PAYMENT#{digest}"})
    assert image["amount"] == {"N": str(_body("payment_authorisation/http.json")["amount"])}


@pytest.mark.parametrize("name", [name for name in STORY if "_stream" in name])
def test_a_record_is_one_that_the_event_source_lets_through(name: str) -> None:
    table = name.partition("/")[2].removesuffix("_stream.json").capitalize()
    sources = [each for each in events(STORY[name], "DynamoDB").values() if f"{table}Table" in str(each["Stream"])]
    (source,) = sources
    patterns = [json.loads(each["Pattern"]) for each in source["FilterCriteria"]["Filters"]]

    for record in event_of(name)["Records"]:
        assert any(_matches(pattern, record) for pattern in patterns)


def test_the_published_changes_are_those_of_the_shop_that_applied() -> None:
    """A running city has published these changes by itself, so it publishes them again under the same ids."""
    images = [record["dynamodb"]["NewImage"] for record in event_of("event_publisher/merchants_stream.json")["Records"]]
    shop = merchant_id_of(_body("merchant_onboarding/http.json")["business_registration_number"])

    assert [(image["id"], image["status"]) for image in images] == [
        ({"S": shop}, {"S": "applied"}),
        ({"S": shop}, {"S": "approved"}),
    ]


def test_records_for_the_projection_come_before_those_of_any_running_city() -> None:
    """A running city's source has counted the payment. By their numbers these records are older, and do not move the checkpoint."""
    event = event_of("balance_projection/ledger_stream.json")
    cashback = event_of("cashback_calculation/ledger_stream.json")["Records"][0]["dynamodb"]
    numbers = [int(record["dynamodb"]["SequenceNumber"]) for record in event["Records"]]

    assert "shardId" not in event, "the local emulator names none"
    # The emulator's numbers are the milliseconds since 1970 and ten more digits.
    assert numbers == sorted(numbers)
    assert numbers[-1] < 1_609_459_200_000 * 10**10
    assert event["Records"][0]["dynamodb"]["NewImage"] == cashback["NewImage"]


def _matches(pattern: Any, value: Any) -> bool:
    if isinstance(pattern, list):
        return value in pattern
    return all(name in value and _matches(part, value[name]) for name, part in pattern.items())


@pytest.mark.parametrize(
    "name",
    ["balance_projection/schedule.json", "payment_authorisation/schedule.json", "programme_policy/schedule.json"],
)
def test_a_schedule_that_says_nothing_sends_nothing(name: str) -> None:
    (schedule,) = events(STORY[name], "ScheduleV2").values()
    assert event_of(name) == json.loads(schedule["Input"]) == {}


def test_the_schedule_s_event_is_what_the_template_makes_the_scheduler_send() -> None:
    (schedule,) = events("MonthlyCapResetFunction", "ScheduleV2").values()
    event = event_of("monthly_cap_reset/schedule.json")

    assert json.loads(schedule["Input"]) == {"scheduled_at": "<aws.scheduler.scheduled-time>"}
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z", event["scheduled_at"])


def test_the_queue_s_message_is_of_the_simulation_that_the_http_event_asks_for() -> None:
    asking = event_of("policy_simulation/http.json")
    subject = asking["requestContext"]["authorizer"]["jwt"]["claims"]["sub"]
    digest = request_digest(subject, "policy_simulations", asking["headers"]["idempotency-key"])
    (record,) = event_of("policy_simulation/queue.json")["Records"]

    assert json.loads(record["body"]) == {"simulation": digest}
