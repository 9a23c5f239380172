"""A city in memory, with calls of its clients and schedules, for the requests to a release and their repetition in this checkout."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import balance_projection.app
import balance_projection.folding
import cashback_calculation.catch_up
import monthly_cap_reset.app
import monthly_cap_reset.closing
import monthly_cap_reset.freezing
import payment_authorisation.expiry
from eeum.audit.report import Report, conclude, wanted_instants
from eeum.audit.store import AuditStore
from eeum.audit.use_cases import Audit
from eeum.aws.attribute_values import attribute_value
from eeum.balances.rebuild import Rebuilt, begin_rebuild, rebuild
from eeum.balances.rebuild_store import RebuildStore
from eeum.calendar import SEOUL, text_of
from eeum.composition import City
from eeum.policy.store import PolicyStore
from eeum.policy.use_cases import book_of
from eeum.storage import Table
from tests.http import callers
from tests.http.callers import ACQUIRER_SCOPE, MEMBER_SCOPE, Caller
from tests.http.city import UNSENT, Answer, InMemoryCity
from tests.in_memory.storage import InMemoryStorage
from tests.patience import patience_of
from tests.upgrade.fixture import Asked, Fixture, KeptRoots

CALLERS = {
    "member": callers.PAYER,
    "other member": callers.OTHER_MEMBER,
    "customer": callers.CUSTOMER,
    "owner": callers.OWNER,
    "acquirer": callers.ACQUIRER,
    "bank": callers.BANK,
    "operator": callers.OPERATOR,
    "colleague": callers.COLLEAGUE,
}
MINUTES = 15
SHARD, FIRST_SEQUENCE = "shardId-00000001609815600000-1f3c9d2a", 10**21
CONTEXT = SimpleNamespace(
    get_remaining_time_in_millis=lambda: MINUTES * 60_000,
    function_name="function",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:ap-northeast-2:000000000000:function:function",
    aws_request_id="5a7b0cb4-8a3e-4f0d-9b43-a0b2d6d4f3c1",
)


def simulated(caller: str) -> Caller:
    """An acquirer or a member of the simulated city, by the name in its entries."""
    kind, _, name = caller.rpartition("/")
    return Caller(name, name, (ACQUIRER_SCOPE if kind == "acquirer" else MEMBER_SCOPE,))


class CallingCity(InMemoryCity):
    """A city that keeps its clients' requests with their answers; its schedules run when they are called."""

    def __init__(self, storage: InMemoryStorage, now: datetime) -> None:
        super().__init__(storage, None)
        self.now = now
        self.asked: list[Asked] = []
        #: Entries that the stream has brought to the projection.
        self.brought: set[tuple[str, str]] = set()

    def ask(self, caller: str, method: str, path: str, body: Any = None, key: str | None = None) -> Any:
        """Send a request and return its answer of 200 or 201; if the request has a key, keep it for repetition."""
        answer = self.again(caller, method, path, body, key)
        assert answer.status in (200, 201), (path, answer)
        if key is not None:
            self.asked.append(Asked(caller, method, path, body, key, answer.status, answer.json))
        return answer.json

    def again(self, caller: str, method: str, path: str, body: Any, key: str | None) -> Answer:
        return self.call(CALLERS[caller], method, path, UNSENT if body is None else body, key=key)

    def run(self, module: Any, event: dict[str, Any]) -> Any:
        """The answer of a function to the event of its schedule, machine or stream."""
        module.city = City(module.city.settings, self.storage, lambda: self.now)
        while True:
            answer = module.handler(event, CONTEXT)
            if answer.get("resume") is None:
                return answer
            event = answer

    def catch_up(self) -> dict[str, int]:
        """Post what the stream did not bring."""
        found: dict[str, int] = self.run(cashback_calculation.catch_up, {"segment": 0, "segments": 1})
        return found

    def expire_holds(self) -> int:
        return int(self.run(payment_authorisation.expiry, {})["released"])

    def turn_month(self) -> None:
        first = self.now.astimezone(SEOUL).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        self.run(monthly_cap_reset.app, {"scheduled_at": text_of(first)})

    def freeze_month(self) -> str | None:
        """Close and freeze the oldest month that is over; None if there is none."""
        closed = self.run(monthly_cap_reset.closing, {"segment": 0, "segments": 1})
        frozen: str | None = self.run(monthly_cap_reset.freezing, {"found": [closed]})["frozen"]
        return frozen

    def waiting(self) -> list[tuple[str, str]]:
        """Keys of the entries that the stream has not brought to the balances yet."""
        entries = [(item["pk"], item["sk"]) for item in self.storage.items(Table.LEDGER) if "postings" in item]
        return sorted(set(entries) - self.brought)

    def project(self) -> None:
        """Count what waits in the stream, and fold it."""
        waiting = self.waiting()
        items = {(item["pk"], item["sk"]): item for item in self.storage.items(Table.LEDGER)}
        first = FIRST_SEQUENCE + len(self.brought)
        self.brought |= set(waiting)
        event = {
            "Records": [_record(items[key], number) for number, key in enumerate(waiting, start=first)],
            "shardId": SHARD,
            "window": {"start": "2021-01-05T03:00:00Z", "end": "2021-01-05T03:15:00Z"},
            "state": {},
            "isFinalInvokeForWindow": False,
            "isWindowTerminatedEarly": False,
        }
        self.run(balance_projection.app, event)
        self.run(balance_projection.folding, {})

    def rebuild(self) -> Rebuilt:
        """Rebuild the balances; return them, and those that changed."""
        store = RebuildStore(self.storage, patience_of())
        begun = begin_rebuild(store)
        return rebuild(store, patience_of(), begun, self.now, lambda count: [count(0)], 1)

    def audit(self, roots: KeptRoots) -> Report:
        """Run a whole audit, with every root; it stores the one that is due."""
        policies = book_of(PolicyStore(self.storage, patience_of(), "incheon"))
        instants = wanted_instants(roots, self.now, None)
        store, always = AuditStore(self.storage), lambda: True
        audit = Audit(store, policies, self.now, instants, always, lambda _: None)
        found = audit.segment(0, 1).found
        found.projected = store.balances()
        return conclude(found, roots, store.balances(), self.now)


def _record(item: dict[str, Any], sequence: int) -> dict[str, Any]:
    return {
        "eventName": "INSERT",
        "dynamodb": {
            "Keys": {key: {"S": item[key]} for key in ("pk", "sk")},
            "NewImage": {key: attribute_value(value) for key, value in item.items()},
            "SequenceNumber": str(sequence),
        },
    }


def next_month(now: datetime) -> datetime:
    """A minute past one o'clock on the 1st of the month after: closing has begun."""
    first = (now.astimezone(SEOUL).replace(day=28) + timedelta(days=4)).replace(day=1)
    return first.replace(hour=1, minute=1, second=0, microsecond=0)


def city_of(release: Fixture) -> CallingCity:
    """The city of a fixture, as it was."""
    city = CallingCity(release.storage(), release.now)
    city.brought = set(city.waiting()) - set(release.waiting)
    return city
