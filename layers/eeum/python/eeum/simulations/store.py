"""Simulations in the programme table: one function per access pattern, with its cost. Units are for items up to 1 KB written."""

import json
from collections.abc import Mapping
from typing import Any

from eeum.calendar import parse_instant, text_of
from eeum.ids import Digest
from eeum.simulations.rules import Fault, Payments, Question, Simulation, State
from eeum.storage import NOT_YET_STORED, Equals, Item, Key, Put, Query, Storage, Table
from eeum.unit_of_work import Patience, commit

SIMULATED, LATEST = "SIMULATED#", "SIMULATION#"


class SimulationStore:
    def __init__(self, storage: Storage, patience: Patience, programme: str) -> None:
        self._storage = storage
        self._patience = patience
        self._partition = f"PROGRAMME#{programme}"

    def simulation(self, request: Digest) -> Simulation | None:
        """One simulation by its request's digest, consistently. A read unit per 4 KB: 2 to 5 with two policies."""
        (item,) = self._storage.read([self._key(f"{SIMULATED}{request}")])
        return _simulation_of(item) if item else None

    def page(self, count: int, after: str | None = None) -> tuple[list[Simulation], str | None]:
        """Simulations in no order, and the cursor of the next page. Half a read unit per 4 KB."""
        page = self._storage.query(Query(Table.PROGRAMME, self._partition, SIMULATED, limit=count, after=after))
        return [_simulation_of(item) for item in page.items], page.cursor

    def add(self, simulation: Simulation) -> None:
        """Store a question; `ConditionsFailed` if the request is stored already. 2 write units per KB."""
        key = self._key(f"{SIMULATED}{simulation.request}")
        commit(self._storage, self._patience, Put(key, _item(simulation), NOT_YET_STORED))

    def store(self, simulation: Simulation, before: Simulation) -> None:
        """Store the progress; an answer becomes the latest of its document, for its approval to find. 2 write units per KB.

        Raises `ConditionsFailed` if another worker changed the simulation since `before` was read.
        """
        as_read = (Equals(("state",), before.state.value), Equals(("attempts",), before.attempts))
        writes = [Put(self._key(f"{SIMULATED}{simulation.request}"), _item(simulation), as_read)]
        if simulation.state is State.FINISHED:
            writes.append(Put(self._key(f"{LATEST}{simulation.question.digest}"), _latest_item(simulation)))
        commit(self._storage, self._patience, *writes)

    def _key(self, sort: str) -> Key:
        return Key(Table.PROGRAMME, self._partition, sort)


def _item(simulation: Simulation) -> Item:
    question, fault = simulation.question, simulation.fault
    return {
        "kind": "policy_simulation",
        "id": simulation.id,
        "request": simulation.request,
        "body_hash": simulation.body_hash,
        "digest": question.digest,
        "document": _text(question.document),
        "against": _text(question.against) if question.against else None,
        "payments": [question.payments.source, question.payments.first, question.payments.last],
        "budgets": list(question.budgets),
        "asked_by": simulation.asked_by,
        "asked_at": text_of(simulation.asked_at),
        "state": simulation.state.value,
        "attempts": simulation.attempts,
        "started_at": text_of(simulation.started_at) if simulation.started_at else None,
        "finished_at": text_of(simulation.finished_at) if simulation.finished_at else None,
        "summary": _text(simulation.summary) if simulation.summary is not None else None,
        "tables": list(simulation.tables),
        "fault": [fault.code, fault.detail] if fault else None,
    }


def _latest_item(simulation: Simulation) -> Item:
    """What the approval of a document needs from its latest simulation."""
    assert simulation.finished_at is not None
    return {
        "kind": "simulation",
        "id": simulation.id,
        "digest": simulation.question.digest,
        "finished_at": text_of(simulation.finished_at),
        "summary": _text(simulation.summary or {}),
    }


def _simulation_of(item: Item) -> Simulation:
    fault = item["fault"]
    return Simulation(
        id=item["id"],
        request=item["request"],
        body_hash=item["body_hash"],
        question=Question(
            digest=item["digest"],
            document=json.loads(item["document"]),
            against=json.loads(item["against"]) if item["against"] else None,
            payments=Payments(*item["payments"]),
            budgets=tuple(item["budgets"]),
        ),
        asked_by=item["asked_by"],
        asked_at=parse_instant(item["asked_at"], "asked_at"),
        state=State(item["state"]),
        attempts=item["attempts"],
        started_at=parse_instant(item["started_at"], "started_at") if item["started_at"] else None,
        finished_at=parse_instant(item["finished_at"], "finished_at") if item["finished_at"] else None,
        summary=json.loads(item["summary"]) if item["summary"] is not None else None,
        tables=tuple(item["tables"]),
        fault=Fault(*fault) if fault else None,
    )


def _text(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
