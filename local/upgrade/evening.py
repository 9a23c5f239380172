"""What an earlier release leaves unfinished: holds, payments to be cancelled, a draft, applications, a dead letter."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local import inhabitants, places
from local.api import Api
from local.city import City
from local.failure import CityFailure
from local.inhabitants import Shop
from local.roles import Tokens
from local.upgrade.clients import WHY, Member, Till

VERSION = "drill-2031-01-01"
SWITCHING_SECONDS = 60
LETTER_SECONDS = 60
REJECTED = Shop(inhabitants.business_registration_number(910), "주안 빈집", "michuhol", "cafe", 50_000_000)


@dataclass(frozen=True)
class Unfinished:
    """Payments that a till began under the earlier release."""

    till: Till
    held: Sequence[dict[str, Any]]
    paid: Sequence[dict[str, Any]]


def begin(till: Till) -> Unfinished:
    """Three holds, the first captured in part, and three payments, the first cancelled in part."""
    held = [till.pay(amount, hold=True) for amount in (9_000, 8_000, 7_000)]
    till.change(held[0], "captures", amount=3_000)
    paid = [till.pay(amount) for amount in (12_000, 11_000, 10_000)]
    till.cancel(paid[0], 5_000)
    return Unfinished(till, held, paid)


def finish(unfinished: Unfinished) -> None:
    """Finish each in another way: capture the rest, void, or capture and cancel all; cancel the rest, a part, or the whole."""
    till, (first, second, third), (partly, some, whole) = unfinished.till, unfinished.held, unfinished.paid
    till.change(first, "captures")
    till.change(second, "void")
    till.change(third, "captures")
    till.cancel(third)
    till.cancel(partly)
    till.cancel(some, 1)
    till.cancel(whole)


def propose(api: Api, tokens: Tokens, policies: Path) -> dict[str, Any]:
    """A draft of a policy that waits for its approval, and a shop that was rejected and applied again."""
    operator = api.as_caller(tokens.operator)
    newest = max(
        (policies / places.PROGRAMME).glob("*.json"), key=lambda file: json.loads(file.read_text())["starts_at"]
    )
    document = json.loads(newest.read_text()) | {
        "version": VERSION,
        "starts_at": "2031-01-01T00:00:00+09:00",
        "ends_at": None,
    }
    operator.post("/policy_drafts", {"document": document, "reason": WHY, "emergency_reason": WHY})
    draft: dict[str, Any] = operator.post(f"/policy_drafts/{VERSION}/check", {"revision": 1})
    shopkeeper = api.as_caller(tokens.merchant)
    applied = shopkeeper.post("/merchants", REJECTED.application())
    operator.post(
        f"/merchant_applications/{applied['id']}/rejection", {"reason": WHY, "applied_at": applied["applied_at"]}
    )
    shopkeeper.post("/merchants", REJECTED.application())
    return draft


def decide(api: Api, tokens: Tokens, draft: dict[str, Any]) -> list[str]:
    """Let a colleague approve what waits; return the deviations."""
    colleague = api.as_caller(tokens.colleague)
    approved = colleague.post(f"/policy_drafts/{draft['version']}/approval", {"revision": draft["revision"]})
    faults = [] if approved["status"] == "scheduled" else [f"the draft of the earlier release is {approved['status']}"]
    applications = colleague.get("/merchant_applications")["applications"]
    if not applications:
        faults.append("the applications that waited are gone")
    for each in applications:
        colleague.post(
            f"/merchant_applications/{each['id']}/approval", {"reason": WHY, "applied_at": each["applied_at"]}
        )
    return faults


@contextmanager
def stream_waiting(city: City) -> Iterator[None]:
    """Within this block nothing reads the ledger's stream: new records wait in it."""
    functions, tables = city.emulator.client("lambda"), city.emulator.client("dynamodb")
    stream = tables.describe_table(TableName=city.stack.resources["LedgerTable"])["Table"]["LatestStreamArn"]

    def switch(on: bool) -> None:
        for source in functions.list_event_source_mappings(EventSourceArn=stream)["EventSourceMappings"]:
            functions.update_event_source_mapping(UUID=source["UUID"], Enabled=on)

    switch(False)
    try:
        yield
    finally:
        switch(True)


def dead_letter(city: City, member: Member, till: Till) -> None:
    """A payment that the release could not post, since its wallet was not there: its record waits in the dead-letter queue."""
    tables, ledger = city.emulator.client("dynamodb"), city.stack.resources["LedgerTable"]
    key = {"pk": {"S": f"WALLET#{member.wallet}"}, "sk": {"S": "WALLET"}}
    with stream_waiting(city):
        till.pay(6_000)
        wallet = tables.get_item(TableName=ledger, Key=key, ConsistentRead=True)["Item"]
        tables.delete_item(TableName=ledger, Key=key)
    try:
        _await_letter(city)
    finally:
        tables.put_item(TableName=ledger, Item=wallet)


def _await_letter(city: City) -> None:
    queues, queue = city.emulator.client("sqs"), city.stack.resources["CashbackDeadLetterQueue"]
    deadline = time.monotonic() + LETTER_SECONDS
    while not queues.receive_message(QueueUrl=queue, VisibilityTimeout=0).get("Messages"):
        if time.monotonic() > deadline:
            raise CityFailure(f"The release dead-lettered no record within {LETTER_SECONDS} seconds.")
        time.sleep(0.3)
