"""Simulations in the deployed city: published payments, the worker's answer from DuckDB, and the approval of the draft."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from local import places
from local.api import Api
from local.city import City
from local.roles import Tokens
from operations.export import export_ledger
from operations.failure import OperationFailed
from operations.publish_payments import publish
from operations.stack import Stack
from tests.e2e.members import Member, pay
from tests.e2e.scheduling import approve
from tests.e2e.waiting import wait_for, wait_for_cashback

MARCH, APRIL = 1_583_031_600_000, 1_585_710_000_000
"""2020-03-01T12:00 and 2020-04-01T12:00 in Seoul, in milliseconds since 1970."""
DAY = 86_400_000
#: Member 1 spends 100,000 above the first band in March; member 2 pays half from cashback, which earns nothing.
SMALL = [
    {"member": 1, "accepted_at": MARCH, "won_charged": 400_000},
    {"member": 1, "accepted_at": MARCH + DAY, "won_charged": 200_000},
    {"member": 2, "accepted_at": MARCH + 2 * DAY, "won_charged": 30_000, "won_cashback": 30_000},
    {"member": 2, "accepted_at": APRIL, "won_charged": 100_000, "merchant_district": "jung"},
]
TEN = {"march": 40_000 + 10_000 + 1_000 + 3_000, "april": 10_000}
"""Under 10 % to 500,000 won and 1 % above."""
FIVE = 20_000 + 5_000 + 1_000 + 1_500 + 5_000
"""In both months, under 5 % to 500,000 won and 1 % above."""
WRITE = """
import json, sys
from pathlib import Path
from pyarrow import parquet
from tests.simulator.cities import payments_table
for month, payments in json.load(sys.stdin).items():
    folder = Path(sys.argv[1]) / f"month={month}"
    folder.mkdir(parents=True)
    parquet.write_table(payments_table(payments), folder / "payments.parquet")
"""
PATH = "/policy_simulations"


def in_the_simulator_s_environment(*arguments: str, given: str = "") -> str:
    """Run a program of the simulator's environment, which has packages that these tests lack; return its output."""
    paths = (places.ROOT, places.ROOT / "layers" / "eeum" / "python")
    done = subprocess.run(
        [str(places.program("simulator", "python")), *arguments],
        input=given,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))},
        cwd=places.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def stack(city: City) -> Stack:
    return Stack.local(city.emulator.port)


@pytest.fixture(scope="module")
def small(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """The small case, published: the name of its source, and the folder of its files."""
    folder, source = tmp_path_factory.mktemp("small") / "payments", f"small-{uuid4().hex[:8]}"
    by_month = {"2020-03": SMALL[:3], "2020-04": SMALL[3:]}
    in_the_simulator_s_environment("-c", WRITE, str(folder), given=json.dumps(by_month))
    assert publish(stack, folder, source) == ["2020-03", "2020-04"]
    return source, folder


@pytest.fixture
def operator(api: Api, tokens: Tokens) -> Api:
    return api.as_caller(tokens.operator)


def document(api: Api, name: str, rate: int) -> dict[str, Any]:
    """The published rules of 2021 under another name and year, with another rate in the first band."""
    published = {name: value for name, value in api.get("/policies/incheon-2021-01-01").items() if name != "rows"}
    (layer,) = published["layers"]
    first, *others = layer["bands"]
    layers = [layer | {"bands": [first | {"rate_basis_points": rate}, *others]}]
    return published | {"version": name, "starts_at": "2051-01-01T00:00:00+09:00", "layers": layers}


def question(policy: Any, source: str, first: str = "2020-03", last: str = "2020-04", **more: Any) -> dict[str, Any]:
    return {"policy": policy, "payments": {"source": source, "from": first, "until": last}, **more}


def answered(operator: Api, body: dict[str, Any]) -> Any:
    """A simulation once it has an answer, also a fault."""
    asked = operator.post(PATH, body, key=f"simulation {uuid4()}")
    return wait_for(
        lambda: operator.get(f"{PATH}/{asked['id']}"),
        lambda seen: seen["state"] in ("finished", "refused"),
        "the simulation's answer",
    )


def table(simulation: Any, name: str) -> list[dict[str, str]]:
    """One of its tables, fetched as a browser does: by its address, without a token."""
    (url,) = [each["url"] for each in simulation["tables"] if each["name"] == name]
    answer = httpx.get(url, trust_env=False)
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_a_draft_is_simulated_and_approved_with_its_results(
    api: Api, tokens: Tokens, operator: Api, small: tuple[str, Path]
) -> None:
    name = f"simulated-{uuid4().hex[:8]}"
    ten, five = document(api, name, 1_000), document(api, f"{name}-less", 500)
    operator.post("/policy_drafts", {"document": ten, "reason": "next year's rules"})
    unsimulated = operator.post(f"/policy_drafts/{name}/check", {"revision": 1})
    assert unsimulated["check"]["faults"] == []
    assert unsimulated["check"]["simulation"] is None
    assert approve(api, tokens.colleague, name).json()["code"] == "simulation_missing"

    body = question(
        {"document": ten}, small[0], against={"document": five}, budgets=["city=27000", "national/base=99999"]
    )
    found = answered(operator, body)
    assert (found["state"], found["fault"]) == ("finished", None)
    cost = sum(TEN.values())
    (of_ten, of_five) = found["summary"]["policies"]
    assert of_ten == {
        "policy": name,
        "payments": 4,
        "won_that_may_earn": 730_000,
        "cost": cost,
        "cost_in_basis_points": cost * 10_000 // 730_000,
    }
    assert (of_five["policy"], of_five["cost"]) == (f"{name}-less", FIVE)
    # The nation pays 940 of 1,950 parts of each, rounded down; the city pays the rest.
    earned = [40_000, 11_000, 3_000, 10_000]
    national = sum(won * 940 // 1_950 for won in earned)
    ends = {(each["policy"], each["funder"]): (each["cost"], each["ends"]) for each in found["summary"]["budgets"]}
    assert ends[(name, "city")] == (cost - national, "2020-03-03")
    assert ends[(name, "national/base")] == (national, "lasts")
    difference = found["summary"]["difference"]
    assert (difference["of"], difference["against"]) == (name, f"{name}-less")
    assert {each: difference[each] for each in ("cost", "winners", "losers", "unchanged", "gained", "lost")} == {
        "cost": cost - FIVE,
        "winners": 2,
        "losers": 0,
        "unchanged": 0,
        "gained": cost - FIVE,
        "lost": 0,
    }
    by_district = {
        (each["policy"], each["district"]): int(each["won"])
        for each in table(found, "cost_by_district")
        if each["funder"] == "national"
    }
    assert by_district[(name, "jung")] == 10_000 * 940 // 1_950
    by_month = {(each["policy"], each["month"]): 0 for each in table(found, "cost_by_month")}
    for each in table(found, "cost_by_month"):
        by_month[(each["policy"], each["month"])] += int(each["won"])
    assert (by_month[(name, "2020-03")], by_month[(name, "2020-04")]) == (TEN["march"], TEN["april"])

    assert approve(api, tokens.colleague, name).json()["code"] == "simulation_missing", "it was not checked again"
    checked = operator.post(f"/policy_drafts/{name}/check", {"revision": 1})
    assert checked["check"]["simulation"] == {
        "id": found["id"],
        "finished_at": found["finished_at"],
        # The simulation was compared with another document than the one that this draft replaces.
        "summary": found["summary"] | {"difference": None},
    }
    assert checked["check"]["note"]
    approved = approve(api, tokens.colleague, name)
    assert approved.status_code == 200, approved.text
    assert approved.json()["check"]["simulation"]["summary"]["policies"][0]["cost"] == cost
    steps = operator.get(f"/policy_drafts/{name}/history")["steps"]
    assert {step["digest"] for step in steps} == {found["digest"]}
    assert any(each["id"] == found["id"] for each in listed(operator))
    operator.post(f"/policies/{name}/withdrawal", {"reason": "only simulated"})


def listed(operator: Api) -> list[Any]:
    found, query = [], {}
    while True:
        page = operator.get(PATH, **query)
        found += page["simulations"]
        if page["cursor"] is None:
            return found
        query = {"cursor": page["cursor"]}


def test_the_city_s_own_payments_are_exported_published_and_replayed(
    api: Api,
    tokens: Tokens,
    operator: Api,
    stack: Stack,
    shops: dict[str, str],
    new_member: Callable[..., Member],
    tmp_path: Path,
) -> None:
    member = new_member(charged=60_000)
    pay(api, tokens, member, shops["운서 빵집"], 50_000)
    wait_for_cashback(member)
    export_ledger(stack, tmp_path / "export")
    said = in_the_simulator_s_environment(
        "-m", "simulator.export", str(tmp_path / "export"), str(tmp_path / "payments")
    )
    written = int(re.findall(r"([0-9,]+) payments", said)[-1].replace(",", ""))
    source = f"own-{uuid4().hex[:8]}"
    months = publish(stack, tmp_path / "payments", source)
    if months != [months[0]]:
        months = _without_gaps(months)
    found = answered(operator, question({"version": "incheon-2021-01-01"}, source, months[0], months[-1]))
    assert found["fault"] is None
    (of_2021,) = found["summary"]["policies"]
    assert 1 <= of_2021["payments"] <= written
    assert of_2021["cost"] >= 5_000


def _without_gaps(months: list[str]) -> list[str]:
    """The months up to the first one without payments."""
    numbers = [int(month[:4]) * 12 + int(month[5:]) for month in months]
    return [month for place, month in enumerate(months) if numbers[place] - numbers[0] == place]


def test_a_published_source_is_not_replaced(stack: Stack, small: tuple[str, Path], tmp_path: Path) -> None:
    source, folder = small
    assert publish(stack, folder, source) == ["2020-03", "2020-04"]
    other = tmp_path / "month=2020-03" / "payments.parquet"
    other.parent.mkdir()
    other.write_bytes((folder / "month=2020-04" / "payments.parquet").read_bytes())
    with pytest.raises(OperationFailed, match="give another source"):
        publish(stack, tmp_path, source)


def test_a_simulation_without_an_answer_names_its_fault(operator: Api, stack: Stack, small: tuple[str, Path]) -> None:
    source, _ = small
    known = {"version": "incheon-2021-01-01"}
    not_there = answered(operator, question(known, source, "2020-02", "2020-04"))
    assert (not_there["state"], not_there["fault"]["code"]) == ("refused", "months_not_published")
    assert not_there["fault"]["detail"] == f"No payments of {source} are published for 2020-02."

    bucket = stack.resources["SimulationsBucket"]
    damaged = f"damaged-{uuid4().hex[:8]}"
    stack.client("s3").put_object(
        Bucket=bucket, Key=f"payments/{damaged}/month=2020-03/payments.parquet", Body=b"no Parquet"
    )
    refused = answered(operator, question(known, damaged, "2020-03", "2020-03"))
    assert (refused["state"], refused["fault"]["code"]) == ("refused", "unreadable_parquet")
    assert (refused["summary"], refused["tables"]) == (None, [])

    no_layer = answered(operator, question(known, source, budgets=["city/moon=1"]))
    assert (no_layer["state"], no_layer["fault"]["code"]) == ("refused", "bad_budget")
    assert "moon" in no_layer["fault"]["detail"]


def test_an_invalid_simulation_request_has_an_error_code(api: Api, operator: Api) -> None:
    known = {"version": "incheon-2021-01-01"}
    large = document(api, "large", 1_000) | {"title": {"ko": "가" * 300_000, "en": "large"}}
    twice = document(api, "twice", 1_000)
    twice |= {"layers": twice["layers"] * 2}
    cases: list[tuple[dict[str, Any], int, str, str | None]] = [
        (question({"version": "incheon-1999-01-01"}, "small"), 404, "not_found", None),
        (question(known, "small", "2020-04", "2020-03"), 400, "invalid_request", "period"),
        (question(known, "small", "2020-01", "2023-01"), 400, "invalid_request", "period"),
        (question(known, "small", "2020-13", "2020-13"), 400, "invalid_request", None),
        (question(known, "../small"), 400, "invalid_request", None),
        (question({"document": large}, "small"), 400, "invalid_request", "too_large"),
        (question({"document": document(api, "greedy", 10_001)}, "small"), 400, "invalid_request", None),
        (question({"document": twice}, "small"), 422, "policy_invalid", None),
    ]
    for body, status, code, fault in cases:
        refused = operator.request("POST", PATH, body, key=f"simulation {uuid4()}")
        told = refused.json()
        assert (refused.status_code, told["code"]) == (status, code), told
        if fault is not None:
            assert [each["code"] for each in told["errors"]] == [fault], told
