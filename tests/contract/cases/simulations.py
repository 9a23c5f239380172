"""Every function of the simulation store."""

from dataclasses import replace
from datetime import timedelta

import pytest

from eeum.calendar import text_of
from eeum.simulations.rules import Payments, Question, Simulation, begun, finished
from eeum.simulations.store import SimulationStore
from eeum.storage import ConditionsFailed, Item, Key, Storage, Table
from tests.contract.cases import case
from tests.contract.examples import NOON
from tests.patience import patience_of


def _store(storage: Storage) -> SimulationStore:
    return SimulationStore(storage, patience_of(), "incheon")


def _latest(storage: Storage) -> Item | None:
    """The newest simulations of a document, as an approval reads them."""
    (item,) = storage.read([Key(Table.PROGRAMME, "PROGRAMME#incheon", f"SIMULATION#{'0' * 64}")])
    return item


def _asked(request: str) -> Simulation:
    question = Question("0" * 64, {"version": "a"}, None, Payments("city", "2020-01", "2020-12"), ("all=1",))
    return Simulation(f"id-{request}", request, "hash", question, "operator", NOON)


@case
def a_simulation_is_asked_for_once(storage: Storage) -> None:
    store = _store(storage)
    assert store.simulation("1") is None
    store.add(_asked("1"))
    with pytest.raises(ConditionsFailed):
        store.add(_asked("1"))
    assert store.simulation("1") == _asked("1")
    store.add(_asked("2"))
    first, cursor = store.page(1)
    assert (first, cursor is not None) == ([_asked("1")], True)
    assert store.page(2, cursor)[0] == [_asked("2")]


@case
def a_simulation_s_answer_is_its_document_s_latest(storage: Storage) -> None:
    store = _store(storage)
    asked = _asked("1")
    store.add(asked)
    running = begun(asked, NOON + timedelta(minutes=1))
    assert running
    store.store(running, asked)
    with pytest.raises(ConditionsFailed):
        store.store(running, asked)
    assert _latest(storage) is None
    done = finished(running, {"cost": 5}, ("summary",), NOON + timedelta(minutes=2))
    store.store(done, running)
    assert store.simulation("1") == done
    kept = {
        "id": "id-1",
        "digest": "0" * 64,
        "finished_at": text_of(NOON + timedelta(minutes=2)),
        "summary": '{"cost":5}',
    }
    latest = _latest(storage)
    assert latest is not None
    assert {name: latest[name] for name in kept} == kept
    again = replace(done, id="id-2", request="2", attempts=0)
    store.add(again)
    later = replace(again, attempts=1, summary={"cost": 6})
    store.store(later, again)
    latest = _latest(storage)
    assert latest is not None
    assert (latest["id"], latest["summary"]) == ("id-2", '{"cost":6}')
