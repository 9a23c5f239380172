"""What the page at `/` shows of the running city, as JSON: read with the administrator's clients, which no function has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from itertools import islice
from os import SEEK_END
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from local import inhabitants, places
from local.city import City
from local.schedule import scheduled_time

WALLETS, ENTRIES, MESSAGES, LINES = 200, 500, 10, 300
#: How many bytes of the emulator's log are read, from its end.
LOG_BYTES = 4_000_000
#: Lines that the emulator itself writes; the output of functions follows them unchanged.
EMULATOR_LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,?\d* [A-Z]+ \[")
#: The prefix of a wallet's partition (eeum/journal/partitions.py).
WALLET = "WALLET#"
#: What `entries` leaves out of an entry's attributes, since it has them already.
_NAMED = {"pk", "sk", "kind", "postings"}
_DESERIALIZER = TypeDeserializer()


def overview(city: City) -> dict[str, Any]:
    """What runs: functions, tables, queues and schedules by their logical ids, and the city's time."""
    resources = city.stack.resources
    opened = city.opened
    return {
        "time": city.clock.now().isoformat(timespec="seconds"),
        "shift_seconds": city.clock.shift_seconds,
        "programme": places.PROGRAMME,
        "api": city.stack.api,
        "endpoint": f"http://localhost:{city.port}",
        "functions": sorted(city.stack.functions),
        "tables": sorted(name for name in resources if name.endswith("Table")),
        "queues": sorted(name for name in resources if name.endswith("Queue")),
        "buckets": sorted(name for name in resources if name.endswith("Bucket")),
        "schedules": [
            {"name": _logical_id(each.name), "expression": each.expression} for each in city.calendar.deployed()
        ],
        "opened": vars(opened) if opened else None,
        "residents": list(inhabitants.RESIDENTS),
    }


def wallets(city: City) -> dict[str, Any]:
    """Wallets with their balance and their members; the first two hundred."""
    people = _people(city)
    found = _scan(city, "LedgerTable", "wallet")
    listed = [
        {
            "id": item["pk"].removeprefix(WALLET),
            "member": people.get(str(item["member"]), item["member"]),
            "status": item["status"],
            "purses": {name: purse["amount"] for name, purse in item["purses"].items()},
        }
        for item in islice(found, WALLETS)
    ]
    return {"wallets": sorted(listed, key=lambda wallet: str(wallet["member"])), "more": next(found, None) is not None}


def journal(city: City, wallet: str) -> dict[str, Any]:
    """A wallet's stored entries in the order of time, each with its postings and all of its attributes."""
    pages = city.emulator.client("dynamodb").get_paginator("query")
    found = (
        _plain(item)
        for page in pages.paginate(
            TableName=city.stack.resources["LedgerTable"],
            KeyConditionExpression="pk = :wallet",
            ExpressionAttributeValues={":wallet": {"S": WALLET + wallet}},
            ConsistentRead=True,
        )
        for item in page["Items"]
    )
    items = sorted(islice(found, ENTRIES), key=lambda item: str(item.get("accepted_at") or item.get("posted_at") or ""))
    entries = [
        {
            "key": item["sk"],
            "kind": item.get("kind"),
            "postings": [{"account": account, "amount": won} for account, won in item["postings"].items()],
            "stored": {name: value for name, value in item.items() if name not in _NAMED},
        }
        for item in items
        if "postings" in item
    ]
    return {"wallet": wallet, "entries": entries, "more": next(found, None) is not None}


def dead_letters(city: City) -> dict[str, Any]:
    """Each dead-letter queue: how many messages wait in it, and the first ten, which stay there."""
    queues = city.emulator.client("sqs")
    listed = []
    for name, address in sorted(city.stack.resources.items()):
        if not name.endswith("DeadLetterQueue"):
            continue
        counted = queues.get_queue_attributes(QueueUrl=address, AttributeNames=["ApproximateNumberOfMessages"])
        waiting = int(counted["Attributes"]["ApproximateNumberOfMessages"])
        messages = []
        if waiting:
            received = queues.receive_message(QueueUrl=address, MaxNumberOfMessages=MESSAGES, VisibilityTimeout=0)
            messages = [{"id": each["MessageId"], "body": each["Body"]} for each in received.get("Messages", [])]
        listed.append({"name": name, "waiting": waiting, "messages": messages})
    return {"queues": listed}


def logs(city: City, function: str) -> dict[str, Any]:
    """The latest lines that a function logged, the newest last. The emulator has them in its own log, not in CloudWatch."""
    name = city.stack.functions[function]
    with city.emulator.log.open("rb") as file:
        file.seek(max(file.seek(0, SEEK_END) - LOG_BYTES, 0))
        text = file.read().decode(errors="replace")
    return {"function": function, "lines": lines_of(name, text)[-LINES:]}


def lines_of(function: str, log: str) -> list[str]:
    """The lines of the emulator's log about a function, by its physical name: the function's output, and the emulator's own lines."""
    found: list[str] = []
    printed = False
    for line in log.splitlines():
        parts = EMULATOR_LINE.match(line)
        if parts is None:
            if printed and line.strip():
                found.append(line)
            continue
        printed = function in line
        if printed and not line.endswith("output:"):
            found.append(line)
    return found


def stack_events(city: City) -> dict[str, str]:
    """The resources that were created or updated according to the stack's events so far, by the events' ids."""
    pages = city.emulator.client("cloudformation").get_paginator("describe_stack_events")
    return {
        event["EventId"]: event["LogicalResourceId"]
        for page in pages.paginate(StackName=places.STACK)
        for event in page["StackEvents"]
        if event["ResourceStatus"] in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}
    }


def due(city: City, until: datetime) -> list[str]:
    """The schedules that are due by `until`, by their logical ids, each with its latest instant."""
    now = city.clock.now()
    found = [(each.latest(now, until), _logical_id(each.name)) for each in city.calendar.deployed()]
    return [f"{name} {scheduled_time(instant)}" for instant, name in found if instant]


def _people(city: City) -> dict[str, str]:
    """Names of people by their subject, as tokens have it."""
    pages = city.emulator.client("cognito-idp").get_paginator("list_users")
    named = {}
    for page in pages.paginate(UserPoolId=city.stack.resources["ResidentPool"]):
        for user in page["Users"]:
            attributes = {each["Name"]: each["Value"] for each in user["Attributes"]}
            named[attributes.get("sub", "")] = attributes.get("email", user["Username"]).partition("@")[0]
    return named


def _scan(city: City, table: str, kind: str) -> Iterator[dict[str, Any]]:
    pages = (
        city.emulator.client("dynamodb")
        .get_paginator("scan")
        .paginate(
            TableName=city.stack.resources[table],
            FilterExpression="#kind = :kind",
            ExpressionAttributeNames={"#kind": "kind"},
            ExpressionAttributeValues={":kind": {"S": kind}},
        )
    )
    return (_plain(item) for page in pages for item in page["Items"])


def _plain(item: dict[str, Any]) -> dict[str, Any]:
    return {name: _jsonable(_DESERIALIZER.deserialize(value)) for name, value in item.items()}


def _jsonable(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else str(value)
    if isinstance(value, dict):
        return {name: _jsonable(part) for name, part in value.items()}
    if isinstance(value, (list, set, frozenset)):
        return [_jsonable(part) for part in value]
    return value if isinstance(value, (str, int, bool)) or value is None else str(value)


def _logical_id(name: str) -> str:
    """The middle of a physical name: stack, logical id, and what makes it unique."""
    return name.removeprefix(f"{places.STACK}-").rpartition("-")[0] or name
