"""Every event of events/, run twice by the built functions, on an engine with the local city's seed data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from eeum.aws.dynamodb import DynamoDbStorage
from eeum.calendar import SEOUL
from eeum.merchants.rules import Merchant, MerchantStatus, Shop, merchant_id_of
from eeum.merchants.store import MerchantStore
from eeum.policy.documents import canonical_document
from eeum.policy.loading import load_history
from eeum.policy.store import PolicyStore
from eeum.storage import Table
from eeum.unit_of_work import Patience
from local import building, inhabitants, places, seed
from local.emulator import ACCESS_KEY, SECRET_KEY, Emulator, free_port
from tests.contract.tables import create_tables
from tests.events.promises import story
from tests.events.runtime import Function, runtime_client
from tests.template.template import functions

HERE = Path(__file__).parent
EVENTS = places.ROOT / "events"
#: The time of the events, at which the functions begin.
NOON = datetime(2021, 1, 4, 12, 0, tzinfo=SEOUL)
#: The function of each event, in the order of events/README.md.
STORY = {told.event: told.function for told in story()}


def event_of(name: str) -> Any:
    return json.loads((EVENTS / name).read_text())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        needs = getattr(item, "fixturenames", ()) if item.path.is_relative_to(HERE) else ()
        if "played" in needs:
            item.add_marker(pytest.mark.engine)
            item.add_marker(pytest.mark.build)
            item.add_marker(pytest.mark.xdist_group("events"))
        if "answers" in needs:
            item.add_marker(pytest.mark.city)
            item.add_marker(pytest.mark.xdist_group("fresh-city"))


@dataclass(frozen=True)
class Played:
    """The answers of each event, the first time and the second, and the storage with the effects."""

    first: dict[str, Any]
    again: dict[str, Any]
    storage: DynamoDbStorage
    dead_letters: list[Any]

    def body(self, name: str) -> Any:
        return json.loads(self.first[name]["body"])


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    folder = tmp_path_factory.mktemp("events")
    built = building.build().parent
    with ExitStack() as running:
        emulator = Emulator(folder, free_port())
        emulator.start()
        running.callback(emulator.stop)
        dynamodb = emulator.client("dynamodb")
        names = create_tables(dynamodb, "events")
        storage = DynamoDbStorage(dynamodb, names)
        _seed(storage)
        queue = emulator.client("sqs").create_queue(QueueName="dead-letters")["QueueUrl"]
        asked = emulator.client("sqs").create_queue(QueueName="simulations")["QueueUrl"]
        environment = _environment(emulator, names, queue) | _buckets(emulator) | {"SIMULATIONS_QUEUE_URL": asked}
        client = runtime_client(folder / "runtime")
        started = {}
        for name, properties in functions().items():
            layers = [built / layer["Ref"] for layer in properties["Layers"]]
            log = folder / f"{name}.log"
            started[name] = Function(name, properties["Handler"], built / name, layers, client, environment, log)
            running.callback(started[name].stop)
        first = {event: started[function].invoke(event_of(event)) for event, function in STORY.items()}
        again = {event: started[function].invoke(event_of(event)) for event, function in STORY.items()}
        yield Played(first, again, storage, _messages(emulator, queue))


def _buckets(emulator: Emulator) -> dict[str, str]:
    """The buckets of the audit and of simulations, by the functions' variables."""
    names = {"AUDIT_RECORDS_BUCKET": "records", "AUDIT_PARTS_BUCKET": "parts", "SIMULATIONS_BUCKET": "simulations"}
    names |= {"STATISTICS_BUCKET": "statistics", "WEB_BUCKET": "web"}
    client = emulator.client("s3")
    for name in names.values():
        client.create_bucket(
            Bucket=name,
            CreateBucketConfiguration={"LocationConstraint": places.REGION},
            ObjectLockEnabledForBucket=name == "records",
        )
    return names


def _environment(emulator: Emulator, names: dict[Table, str], queue: str) -> dict[str, str]:
    """The variables of the template, and the engine's address."""
    shift = NOON - datetime.now(UTC)
    return {
        "STAGE": "local",
        "PROGRAMME": places.PROGRAMME,
        "CLOCK_SHIFT_SECONDS": str(int(shift / timedelta(seconds=1))),
        "LOG_LEVEL": "INFO",
        "POWERTOOLS_SERVICE_NAME": "events",
        "DEAD_LETTER_QUEUE_URL": queue,
        "EVENT_BUS": "default",
        "AWS_ENDPOINT_URL": emulator.endpoint,
        "AWS_REGION": places.REGION,
        "AWS_DEFAULT_REGION": places.REGION,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        **{f"{table.name}_TABLE": name for table, name in names.items()},
    }


def _seed(storage: DynamoDbStorage) -> None:
    """Store the policies and an active shop, as `local/seed.py` does."""
    patience = Patience(lambda: 30.0, lambda _: None)
    documents = [canonical_document(document) for document in seed.policies()]
    eve = NOON - timedelta(days=1)
    load_history(PolicyStore(storage, patience, places.PROGRAMME), places.PROGRAMME, documents, "operator", eve)
    for shop in inhabitants.shops():
        if shop.district == "yeonsu":
            _open(MerchantStore(storage, patience), shop, eve)


def _open(store: MerchantStore, known: inhabitants.Shop, eve: datetime) -> None:
    shop = Shop(
        business_registration_number=known.business_registration_number,
        name=known.name,
        district=known.district,
        category=known.category,
        annual_revenue=known.annual_revenue,
        flags=frozenset(known.flags),
        own_rate=known.own_rate_basis_points,
    )
    applied = Merchant(
        merchant_id_of(shop.business_registration_number), "shopkeeper", shop, MerchantStatus.APPLIED, applied_at=eve
    )
    store.add(replace(applied, status=MerchantStatus.APPROVED, payable_from=NOON.replace(hour=0)))


def _messages(emulator: Emulator, queue: str) -> list[Any]:
    received = emulator.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1)
    return [json.loads(message["Body"]) for message in received.get("Messages", [])]
