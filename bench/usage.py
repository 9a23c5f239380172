"""What one payment, top-up or view takes of AWS's services: units, round trips, processor time, bytes. `make cost` reads it.

`python -m bench.usage` measures it in a process of its own, whose handlers log into memory, and writes costs/usage.json.
"""

import io
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, replace
from datetime import date
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench import ROOT, balances
from bench.city import JANUARY_2021, PATIENCE, Inhabitants, clock_from, found, invocation, payment_event
from bench.engine import storage_on
from bench.page import machine_facts
from bench.sizes import item_bytes
from bench.write_units import appropriate
from eeum.aws.attribute_values import attribute_value
from eeum.aws.events import EventBus
from eeum.composition import City
from eeum.journal.partitions import partition_of
from eeum.policy.store import PolicyStore
from eeum.policy.use_cases import CachedPolicies
from eeum.storage import Item, Query, Storage, Table
from eeum.wallet.rules import wallet_id_of
from eeum.wallet.store import WalletStore

USAGE = ROOT / "costs" / "usage.json"
ENGINE = "dynoxide"
MEMBERS = 20
ROUNDS = 100
TOP_UPS = 12
"""Fewer, since a member's top-ups of a month are limited."""
OF_A_MONTH = 6
"""Payments in the wallet that is viewed, all of one month: 1.4 million members make 100 million a year."""
LOADED = 80_000
"""Won in that wallet: less than a city allows, so that it can be topped up."""
SUBJECT = "5f1c7f6e-3f0e-4d54-a6a5-2b6f3f1b2c3d"


@dataclass
class Meter:
    """What was used since it was made: units and calls of the database, events and calls of the bus, bytes of logs."""

    log: io.StringIO
    read_units: float = 0
    write_units: float = 0
    trips: int = 0
    events: int = 0
    event_bytes: int = 0

    def put_events(self, Entries: Sequence[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 — botocore's name
        """The bus of this process: it takes every event."""
        self.trips += 1
        self.events += len(Entries)
        self.event_bytes += sum(len(str(entry["Detail"]).encode()) for entry in Entries)
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "measured"} for _ in Entries]}

    def values(self) -> dict[str, float]:
        used = (self.read_units, self.write_units, self.trips, self.events, self.event_bytes, self.log.tell())
        names = ("read_units", "write_units", "trips", "events", "event_bytes", "log_bytes")
        return dict(zip(names, map(float, used), strict=True))


def measure(folder: Path, log: io.StringIO) -> dict[str, Any]:
    """Every figure of usage.json. `log` is where handlers log to."""
    with storage_on(ENGINE, folder) as (client, storage), _metered(client, Meter(log)) as meter:
        inhabitants = found(storage, MEMBERS)
        appropriate(storage, CachedPolicies(PolicyStore(storage, PATIENCE, "incheon"), lambda: JANUARY_2021).book())
        handlers = _Handlers(storage, meter)
        payments = _payments(handlers, inhabitants, ROUNDS)
        posted = {together: _posting(handlers, inhabitants, storage, together) for together in (1, MEMBERS)}
        own = _own_wallet(storage, inhabitants)
        _payments(handlers, Inhabitants((own,), inhabitants.merchant), OF_A_MONTH - 1)
        views = {
            "wallet": _each(meter, lambda: handlers.wallet(_viewed(own.id, "/wallets/{wallet_id}")), ROUNDS),
            "payments": _each(meter, lambda: handlers.pay(_viewed(own.id, "/wallets/{wallet_id}/payments")), ROUNDS),
        }
        topped_up = _each(meter, lambda: _completed(handlers.wallet(_top_up(own.id, meter))), TOP_UPS)
        stored = _stored_bytes(storage, (own.id, inhabitants.wallets[0].id))
    appended = {payments: balances.appended_units(payments) for payments in (1, 20, 400)}
    return {
        "measured": date.today().isoformat(),  # noqa: DTZ011 — the day of this machine
        "machine": machine_facts(0)[0],
        "payment": payments,
        "posting": _fitted(posted),
        "top_up": topped_up,
        "view": views,
        "balances": {"write_units": _line(appended[20], appended[400], 20, 400), "folded": balances.folded_units()},
        "stored_bytes": stored,
    }


class _Handlers:
    """The Lambda handlers of payments, wallets and cashback, over one storage."""

    def __init__(self, storage: Storage, meter: Meter) -> None:
        from cashback_calculation import app as cashback
        from member_wallet import app as wallets
        from payment_authorisation import app as payments

        for app in (cashback, wallets, payments):
            app.city = City(app.city.settings, storage, clock_from(JANUARY_2021))
        cashback.city_bus = lambda: EventBus(meter, "bus")
        self.meter = meter
        self._apps = {"payments": payments, "wallets": wallets, "cashback": cashback}

    def pay(self, event: dict[str, Any]) -> dict[str, Any]:
        return self._answered("payments", event)

    def wallet(self, event: dict[str, Any]) -> dict[str, Any]:
        return self._answered("wallets", event)

    def post(self, records: list[dict[str, Any]]) -> dict[str, Any]:
        answer: dict[str, Any] = self._apps["cashback"].handler({"Records": records}, invocation())
        return answer

    def _answered(self, app: str, event: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = self._apps[app].handler(event, invocation())
        if answer["statusCode"] != 200:
            raise RuntimeError(f"{event['routeKey']} was not answered: {answer}")
        return answer


def _each(meter: Meter, call: Callable[[], dict[str, Any]], rounds: int) -> dict[str, float]:
    """What one call takes, on average over `rounds` after a first one, with the processor's milliseconds and the bytes of its answer."""
    answered = len(call().get("body", ""))
    before, started = meter.values(), time.process_time()
    for _ in range(rounds):
        call()
    used = time.process_time() - started
    found = {name: (value - before[name]) / rounds for name, value in meter.values().items()}
    return {**found, "processor_ms": used * 1000 / rounds, "answer_bytes": float(answered)}


def _payments(handlers: _Handlers, inhabitants: Inhabitants, rounds: int) -> dict[str, float]:
    wallets = iter(inhabitants.wallets * (rounds + 2))
    return _each(handlers.meter, lambda: handlers.pay(payment_event(next(wallets), inhabitants.merchant)), rounds)


def _posting(handlers: _Handlers, inhabitants: Inhabitants, storage: Storage, together: int) -> dict[str, float]:
    """What a call takes that posts payments of so many wallets, with the calls that publish their earnings."""
    # Turn by turn: a member whose month has reached its limit would draw on no budget.
    turns = cycle(inhabitants.wallets)
    chosen = (list(islice(turns, together)) for _ in range(ROUNDS // together + 4))
    batches = [_new_payments(handlers, Inhabitants(tuple(each), inhabitants.merchant), storage) for each in chosen]
    following = iter(batches)

    def call() -> dict[str, Any]:
        records = next(following)
        answer = handlers.post(records)
        if answer["posted"] != together:
            raise RuntimeError(f"{together} payments were not posted: {answer}")
        return answer

    return _each(handlers.meter, call, len(batches) - 1)


def _new_payments(handlers: _Handlers, inhabitants: Inhabitants, storage: Storage) -> list[dict[str, Any]]:
    records = []
    for wallet in inhabitants.wallets:
        body = json.loads(handlers.pay(payment_event(wallet, inhabitants.merchant))["body"])
        records += [_record(item) for item in _items(storage, wallet.id, "PAYMENT#") if item["id"] == body["id"]]
    return records


def _fitted(posted: dict[int, dict[str, float]]) -> dict[str, dict[str, float]]:
    """The part of a call that does not depend on its payments, and the part of each payment."""
    (few, one), (many, all_of) = posted.items()
    lines = {name: _line(one[name], all_of[name], few, many) for name in one}
    return {part: {name: line[part] for name, line in lines.items()} for part in ("a_call", "a_payment")}


def _line(at_few: float, at_many: float, few: int, many: int) -> dict[str, float]:
    slope = (at_many - at_few) / (many - few)
    return {"a_call": at_few - slope * few, "a_payment": slope}


def _record(item: Item) -> dict[str, Any]:
    image = {name: attribute_value(value) for name, value in item.items()}
    return {"eventName": "INSERT", "dynamodb": {"NewImage": image, "SequenceNumber": "1"}}


def _items(storage: Storage, wallet_id: str, prefix: str) -> Sequence[Item]:
    return storage.query(Query(Table.LEDGER, partition_of(wallet_id), prefix)).items


def _stored_bytes(storage: Storage, wallet_ids: Sequence[str]) -> dict[str, float]:
    """The average bytes of each kind of item of these wallets."""
    kinds = {"wallet": "WALLET", "payment": "PAYMENT#", "earning": "EARNING#", "top_up": "TOP_UP#"}
    found = {
        kind: [item_bytes(item) for wallet_id in wallet_ids for item in _items(storage, wallet_id, prefix)]
        for kind, prefix in kinds.items()
    }
    return {kind: sum(sizes) / len(sizes) for kind, sizes in found.items()}


def _own_wallet(storage: Storage, inhabitants: Inhabitants) -> Any:
    purses = tuple(each._replace(amount=min(each.amount, LOADED)) for each in inhabitants.wallets[0].purses)
    wallet = replace(inhabitants.wallets[0], id=wallet_id_of(SUBJECT), purses=purses)
    WalletStore(storage, PATIENCE).open(wallet)
    return wallet


def _request(wallet_id: str, route: str, scope: str, method: str = "GET") -> dict[str, Any]:
    path = route.replace("{wallet_id}", wallet_id)
    claims = {"sub": SUBJECT, "client_id": "7t2c1m0e5q9s8rj4h6k3b2v1ab", "scope": scope, "token_use": "access"}
    return {
        "version": "2.0",
        "routeKey": f"{method} {route}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"authorization": "Bearer " + "e" * 900, "content-type": "application/json"},
        "requestContext": {
            "authorizer": {"jwt": {"claims": claims, "scopes": [scope]}},
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.7",
                "userAgent": "app/1.0",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "stage": "$default",
            "timeEpoch": 1609815600000,
        },
        "isBase64Encoded": False,
    }


def _viewed(wallet_id: str, route: str) -> dict[str, Any]:
    return _request(wallet_id, route, "eeum/wallet")


def _top_up(wallet_id: str, meter: Meter) -> dict[str, Any]:
    event = _request(wallet_id, "/wallets/{wallet_id}/top_ups", "eeum/top_ups", "POST")
    number = f"{meter.trips:016d}"
    event["headers"]["idempotency-key"] = f"bank-{number}"
    event["body"] = json.dumps({"amount": 30_000, "bank_reference": f"reference-{number}"})
    return event


def _completed(answer: dict[str, Any]) -> dict[str, Any]:
    if json.loads(answer["body"])["status"] != "completed":
        raise RuntimeError(f"a top-up was declined: {answer}")
    return answer


@contextmanager
def _metered(client: Any, meter: Meter) -> Iterator[Meter]:
    """Count the round trips of the client, and the units that the engine reports."""
    reading, writing = ("BatchGetItem", "Query"), ("TransactWriteItems", "PutItem")

    def on_call(params: dict[str, Any], **_: Any) -> None:
        params["ReturnConsumedCapacity"] = "TOTAL"
        meter.trips += 1

    def units(parsed: dict[str, Any]) -> float:
        consumed = parsed["ConsumedCapacity"]
        return sum(float(each["CapacityUnits"]) for each in (consumed if isinstance(consumed, list) else [consumed]))

    def on_read(parsed: dict[str, Any], **_: Any) -> None:
        meter.read_units += units(parsed)

    def on_written(parsed: dict[str, Any], **_: Any) -> None:
        meter.write_units += units(parsed)

    for operation in (*reading, *writing):
        client.meta.events.register(f"before-parameter-build.dynamodb.{operation}", on_call)
        client.meta.events.register(f"after-call.dynamodb.{operation}", on_read if operation in reading else on_written)
    yield meter


def main() -> None:
    log = io.StringIO()
    # A logger keeps the output that it finds when its module is imported.
    with TemporaryDirectory() as temporary, redirect_stdout(log):
        found = measure(Path(temporary), log)
    USAGE.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(f"· {USAGE.relative_to(ROOT)} is written.")


if __name__ == "__main__":
    main()
