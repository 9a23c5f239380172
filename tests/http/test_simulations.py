"""Simulations over HTTP: for operators only, one simulation per request, and an error code for each fault."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from eeum.policy.digest import digest_of
from eeum.policy.documents import canonical_document
from eeum.simulations.rules import Fault, begun, finished, refused
from eeum.simulations.store import SimulationStore
from eeum.simulations.use_cases import simulation_named
from tests.http.callers import OPERATOR, PAYER
from tests.http.city import Answer, InMemoryCity, policies, simulation_request
from tests.http.requests import KEY
from tests.patience import patience_of

PATH = "/policy_simulations"


def ask(city: InMemoryCity, key: str = KEY, **changes: Any) -> Answer:
    return city.call(OPERATOR, "POST", PATH, simulation_request(**changes), key=key)


def test_a_requested_simulation_is_sent_to_the_worker_and_can_be_read(city: InMemoryCity) -> None:
    answer = ask(city)
    assert answer.status == 202
    asked = answer.json
    assert answer.headers["Location"] == f"{PATH}/{asked['id']}"
    assert (asked["state"], asked["version"], asked["against"]) == (
        "requested",
        "incheon-2020-03-01",
        "incheon-2022-10-01",
    )
    assert asked["payments"] == {"source": "city", "from": "2020-01", "until": "2020-12"}
    assert (asked["summary"], asked["tables"], asked["fault"]) == (None, [], None)
    assert city.call(OPERATOR, "GET", f"{PATH}/{asked['id']}").json == asked
    listed = city.call(OPERATOR, "GET", PATH).json
    assert listed["cursor"] is None
    assert {each["id"] for each in listed["simulations"]} == {asked["id"], city.who.simulation}
    assert asked in listed["simulations"]
    assert len(city.published) == 1


def test_the_same_request_is_the_same_simulation(city: InMemoryCity) -> None:
    first, again = ask(city), ask(city)
    assert first.json == again.json
    assert again.headers["Idempotency-Replayed"] == "true"
    assert ask(city, budgets=[]).json["code"] == "idempotency_key_reused"
    assert ask(city, key="another-key-of-the-caller").json["id"] != first.json["id"]


def test_a_document_is_asked_about_by_its_digest(city: InMemoryCity) -> None:
    document = policies()[0] | {"version": "incheon-maybe"}
    asked = ask(city, policy={"document": document}, against=None).json
    assert asked["digest"] == digest_of(canonical_document(document))
    assert (asked["version"], asked["against"]) == ("incheon-maybe", None)


def test_an_answer_has_figures_and_links(city: InMemoryCity) -> None:
    asked = ask(city).json
    store = SimulationStore(city.storage, patience_of(), "incheon")
    waiting = simulation_named(store, asked["id"])
    running = begun(waiting, city.now)
    assert running is not None
    store.store(running, waiting)
    store.store(finished(running, {"cost": 5}, ("summary", "reached"), city.now), running)
    found = city.call(OPERATOR, "GET", f"{PATH}/{asked['id']}").json
    assert (found["state"], found["summary"]) == ("finished", {"cost": 5})
    assert [table["name"] for table in found["tables"]] == ["summary", "reached"]
    assert found["tables"][0]["url"] == f"https://simulations.example/results/{asked['id']}/summary.csv?expires=900"

    other = replace(waiting, request="0" * 19, id="0176d07c-ab80-7000-8000-000000000000")
    store.add(other)
    store.store(refused(other, Fault("no_payments", "There is no Parquet file."), city.now), other)
    found = city.call(OPERATOR, "GET", f"{PATH}/{other.id}").json
    assert (found["state"], found["fault"]["code"]) == ("refused", "no_payments")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"policy": {}}, "invalid_request"),
        ({"policy": {"version": "incheon-2020-03-01", "document": policies()[0]}}, "invalid_request"),
        ({"policy": {"version": "incheon-1999-01-01"}}, "not_found"),
        ({"policy": {"document": policies()[0] | {"layers": policies()[0]["layers"] * 2}}}, "policy_invalid"),
        ({"payments": {"source": "city", "from": "2020-12", "until": "2020-01"}}, "invalid_request"),
        ({"payments": {"source": "../city", "from": "2020-01", "until": "2020-01"}}, "invalid_request"),
        ({"payments": {"source": "city", "from": "2020-13", "until": "2020-13"}}, "invalid_request"),
        ({"budgets": ["moon=1"]}, "invalid_request"),
        ({"budgets": ["city=1.5"]}, "invalid_request"),
        ({"surprise": 1}, "invalid_request"),
    ],
)
def test_what_cannot_be_asked_changes_nothing(city: InMemoryCity, changes: dict[str, Any], code: str) -> None:
    before = city.items()
    assert ask(city, **changes).json["code"] == code
    assert city.items() == before
    assert city.published == []


def test_a_key_is_asked_for(city: InMemoryCity) -> None:
    answer = city.call(OPERATOR, "POST", PATH, simulation_request())
    assert (answer.status, answer.json["code"]) == (400, "invalid_request")


@pytest.mark.parametrize(("method", "path"), [("POST", PATH), ("GET", PATH), ("GET", f"{PATH}/1")])
def test_members_learn_nothing(city: InMemoryCity, method: str, path: str) -> None:
    body = {"body": simulation_request(), "key": KEY} if method == "POST" else {}
    assert city.call(PAYER, method, path, **body).status == 403


def test_an_unknown_simulation(city: InMemoryCity) -> None:
    assert city.call(OPERATOR, "GET", f"{PATH}/0176d07c-ab80-7000-8000-000000000000").status == 404
