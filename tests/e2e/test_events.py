"""Events of a running city: a rule on its bus with a queue receives what is stored, as a later part will."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from local import inhabitants
from local.api import Api
from local.city import City
from local.inhabitants import business_registration_number
from local.roles import Tokens
from tests.e2e.members import Member, pay
from tests.e2e.scheduling import begin, version
from tests.e2e.waiting import wait_for
from tests.publishing.schemas import schema

SECONDS = 15
"""The time within which each event arrives: about a second after it is stored, on an idle machine."""
Event = dict[str, Any]


class Consumer:
    """A part with a rule on the city's bus and a queue of its own."""

    def __init__(self, city: City) -> None:
        self.queues, self.events = city.emulator.client("sqs"), city.emulator.client("events")
        self.bus, self.name = city.stack.resources["CityBus"], f"consumer-{uuid4()}"
        self.queue = self.queues.create_queue(QueueName=self.name)["QueueUrl"]
        attributes = self.queues.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["QueueArn"])
        pattern = json.dumps({"source": [{"prefix": "eeum."}]})
        self.events.put_rule(Name=self.name, EventBusName=self.bus, EventPattern=pattern)
        target = {"Id": "queue", "Arn": attributes["Attributes"]["QueueArn"]}
        self.events.put_targets(Rule=self.name, EventBusName=self.bus, Targets=[target])
        self.received: list[Event] = []

    def look(self) -> list[Event]:
        """Receive new events; return all so far."""
        while messages := self.queues.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                self.received.append(json.loads(message["Body"]))
                self.queues.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return self.received

    def wait_for(self, kind: str, **detail: Any) -> Event:
        """Wait for the event of this type whose detail contains `detail`."""

        def found() -> list[Event]:
            return [
                event
                for event in self.look()
                if event["detail-type"] == kind and detail.items() <= event["detail"].items()
            ]

        return wait_for(found, bool, f"the event {kind} with {detail}")[0]

    def close(self) -> None:
        self.events.remove_targets(Rule=self.name, EventBusName=self.bus, Ids=["queue"])
        self.events.delete_rule(Name=self.name, EventBusName=self.bus)
        self.queues.delete_queue(QueueUrl=self.queue)


@pytest.fixture
def consumer(city: City) -> Iterator[Consumer]:
    made = Consumer(city)
    yield made
    made.close()


def test_an_approval_and_a_payment_are_published_within_seconds(
    consumer: Consumer,
    api: Api,
    tokens: Tokens,
    new_member: Callable[..., Member],
    shops: dict[str, str],
) -> None:
    member = new_member(charged=100_000, verified=True)
    papers = replace(inhabitants.shops()[0], business_registration_number=business_registration_number(5_001))
    began = time.monotonic()
    applied = api.as_caller(tokens.merchant).post("/merchants", papers.application())
    api.as_caller(tokens.operator).post(
        f"/merchant_applications/{applied['id']}/approval", {"reason": "Papers in order."}
    )
    payment = pay(api, tokens, member, shops["송도 다방"], 20_000)

    approved = consumer.wait_for("merchant", merchant_id=applied["id"], status="approved")
    paid = consumer.wait_for("payment", payment_id=payment["id"])
    earned = consumer.wait_for("earning", payment_id=payment["id"])
    assert time.monotonic() - began < SECONDS

    # The application was an earlier state of the same item, and the approval shortly after does not hide it.
    consumer.wait_for("merchant", merchant_id=applied["id"], status="applied")
    consumer.wait_for("wallet_opened", wallet_id=member.wallet)
    consumer.wait_for("wallet_decision", wallet_id=member.wallet, verified=True)
    assert (approved["source"], paid["source"], earned["source"]) == ("eeum.merchants", "eeum.ledger", "eeum.ledger")
    assert approved["detail"]["payable_from"] is not None
    assert paid["detail"]["wallet_id"] == member.wallet


def test_a_budget_change_and_a_draft_are_published(consumer: Consumer, api: Api, tokens: Tokens) -> None:
    operator = api.as_caller(tokens.operator)
    line = {
        "reason": "추경",
        "document": "제279회 시의회 의결",
        "id": "heard",
        "title": {"ko": "시비", "en": "City"},
        "funder": "city",
        "applies_from": "2037-01-01T00:00:00+09:00",
        "amount": 100_000_000,
    }
    operator.post("/budgets/2037/lines", line, key=f"the-line-of-2037-{uuid4()}")
    begin(api, tokens.operator, version("heard-of", "2046-01-01T00:00:00+09:00"))
    heard = consumer.wait_for("budget_change", fiscal_year=2037, line="heard")
    assert (heard["source"], heard["detail"]["amount"]) == ("eeum.budgets", 100_000_000)
    for did, sequence in (("created", 1), ("checked", 2)):
        consumer.wait_for("policy_step", subject="draft", reference="heard-of", did=did, sequence=sequence)
    assert set(heard["detail"]) == set(schema("budget_change")["properties"])
