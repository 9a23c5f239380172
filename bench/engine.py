"""Real engines to measure on, and hooks into botocore's client that count requests and write units."""

import copy
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from eeum.aws.dynamodb import DynamoDbStorage
from eeum.storage import Table
from tests.contract import engines
from tests.contract.tables import create_tables

ENGINES = {"dynoxide": engines.dynoxide, "MiniStack": engines.ministack}


@contextmanager
def storage_on(engine: str, folder: Path) -> Iterator[tuple[Any, DynamoDbStorage]]:
    """Start an engine with the template's tables; yield its client and a storage on it."""
    place = folder / engine
    place.mkdir(parents=True)
    with ExitStack() as stack:
        client = stack.enter_context(ENGINES[engine](place))
        tables: dict[Table, str] = create_tables(client, "bench")
        yield client, DynamoDbStorage(client, tables)


@contextmanager
def requests_sent(client: Any) -> Iterator[list[str]]:
    """The operation of every HTTP request that the client sends, retries included."""
    sent: list[str] = []

    def on_send(event_name: str, **_: Any) -> None:
        sent.append(event_name.rpartition(".")[2])

    client.meta.events.register("before-send.dynamodb", on_send)
    try:
        yield sent
    finally:
        client.meta.events.unregister("before-send.dynamodb", on_send)


@contextmanager
def calls_made(client: Any) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """Operation and parameters of every call."""
    calls: list[tuple[str, dict[str, Any]]] = []

    def on_call(params: dict[str, Any], model: Any, **_: Any) -> None:
        calls.append((model.name, copy.deepcopy(params)))

    client.meta.events.register("before-parameter-build.dynamodb", on_call)
    try:
        yield calls
    finally:
        client.meta.events.unregister("before-parameter-build.dynamodb", on_call)


@contextmanager
def units_written(client: Any) -> Iterator[list[float]]:
    """The units that the engine reports for each transaction and each single put, with those of indexes."""
    units: list[float] = []

    def on_call(params: dict[str, Any], **_: Any) -> None:
        params["ReturnConsumedCapacity"] = "INDEXES"

    def on_answer(parsed: dict[str, Any], **_: Any) -> None:
        consumed = parsed["ConsumedCapacity"]
        tables = consumed if isinstance(consumed, list) else [consumed]
        units.append(sum(float(table["CapacityUnits"]) for table in tables))

    hooks = [
        (f"{moment}.dynamodb.{operation}", hook)
        for operation in ("TransactWriteItems", "PutItem")
        for moment, hook in (("before-parameter-build", on_call), ("after-call", on_answer))
    ]
    for event, hook in hooks:
        client.meta.events.register(event, hook)
    try:
        yield units
    finally:
        for event, hook in hooks:
            client.meta.events.unregister(event, hook)
