"""A small replay from files to report, against amounts computed by hand: statement, evaluator, and a change in mid-month."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pyarrow import parquet

from eeum.policy.reading import policy_of
from simulator import errors
from simulator.__main__ import main as simulate
from simulator.in_short import sentences
from simulator.payments import open_payments
from simulator.replay import connect, replay
from simulator.report import Table, budgets_of, check_layers, tables_of
from simulator.versions import Plan, Policies, always, read_policies
from tests.simulator.cities import POLICY, START, layer, payments_table

ROOT = Path(__file__).parents[2]
INCHEON = ROOT / "policies" / "incheon"
DAY = 86_400_000
SPEND = {"id": "monthly-spend", "measure": "spend", "window": "month", "amount": 300_000}
TWO_FUNDERS = [{"funder": "national", "share": 2}, {"funder": "city", "share": 1}]


def city(folder: Path) -> Path:
    """Member 1 pays 200,000 and, a day later, 200,000 in Jung; member 2 pays 60,000 in April."""
    payments = [
        {"won_charged": 200_000},
        {"won_charged": 200_000, "accepted_at": START + DAY, "merchant_district": "jung"},
        {"won_charged": 60_000, "accepted_at": START + 40 * DAY, "member": 2},
    ]
    parquet.write_table(payments_table(payments), folder / "payments.parquet")
    return folder


def limited(rate: int, version: str) -> dict[str, Any]:
    bands = [{"from": 0, "up_to": 300_000, "rate_basis_points": rate}]
    made = layer(bands=bands, limits=["monthly-spend"], funders=TWO_FUNDERS)
    return POLICY | {"version": version, "limits": [SPEND], "layers": [made]}


def report(folder: Path, *runs: Policies, budgets: dict[str, int] | None = None) -> tuple[dict[str, Table], list[Plan]]:
    connection = connect(1)
    flags = frozenset[str]().union(*(run.flags for run in runs))
    plans = replay(connection, list(runs), open_payments(connection, folder, flags))
    return {table.name: table for table in tables_of(connection, [run.name for run in runs], budgets or {})}, plans


def test_costs_are_by_month_layer_funder_and_district(tmp_path: Path) -> None:
    tables, _ = report(city(tmp_path), always(policy_of(limited(1000, "ten"))))

    # March: 20,000, and 10,000 of the 100,000 that the limit leaves; April 6,000. The nation pays two parts of three.
    assert tables["summary"].rows == (("ten", 3, 460_000, 36_000, 782),)
    assert tables["cost_by_month"].rows == (
        ("ten", "2020-03", "base", "city", 6_667 + 3_334),
        ("ten", "2020-03", "base", "national", 13_333 + 6_666),
        ("ten", "2020-04", "base", "city", 2_000),
        ("ten", "2020-04", "base", "national", 4_000),
    )
    assert tables["cost_by_district"].rows == (
        ("ten", "jung", "base", "city", 3_334),
        ("ten", "jung", "base", "national", 6_666),
        ("ten", "seo", "base", "city", 8_667),
        ("ten", "seo", "base", "national", 17_333),
    )


def test_bands_and_caps_that_members_reach(tmp_path: Path) -> None:
    tables, _ = report(city(tmp_path), always(policy_of(limited(1000, "ten"))))
    assert tables["reached"].rows == (
        ("ten", "2020-03", "monthly-spend", "band", 0, 1, 1),
        ("ten", "2020-03", "monthly-spend", "cap", 300_000, 1, 1),
        ("ten", "2020-04", "monthly-spend", "band", 0, 1, 1),
        ("ten", "2020-04", "monthly-spend", "cap", 300_000, 0, 1),
    )


def test_the_day_on_which_a_budget_ends(tmp_path: Path) -> None:
    budgets = {"all": 30_000, "national": 20_000, "city": 12_001, "city/base": 12_002, "all/base+other": 36_000}
    tables, _ = report(city(tmp_path), always(policy_of(limited(1000, "ten"))), budgets=budgets)
    assert tables["budget_ends"].rows == (
        ("ten", "all", 30_000, 36_000, "2020-03-02"),
        ("ten", "national", 20_000, 23_999, "2020-04-10"),
        ("ten", "city", 12_001, 12_001, "2020-04-10"),
        ("ten", "city/base", 12_002, 12_001, "lasts"),
        ("ten", "all/base+other", 36_000, 36_000, "2020-04-10"),
    )


def test_a_budget_of_one_layer_is_spent_by_no_other(tmp_path: Path) -> None:
    both = limited(1000, "two")
    both |= {"layers": [*both["layers"], layer(id="more", funders=[{"funder": "city", "share": 1}])]}
    tables, _ = report(city(tmp_path), always(policy_of(both)), budgets={"city/base": 1, "city/more": 1, "city": 1})
    base, more, whole = (row[3] for row in tables["budget_ends"].rows)
    assert base == 12_001
    assert more > base
    assert whole == base + more
    with pytest.raises(errors.BadBudget, match="moon"):
        check_layers({"city/base+moon": 1}, {"base", "more"})


def test_the_report_in_short(tmp_path: Path) -> None:
    runs = always(policy_of(limited(1000, "ten"))), always(policy_of(limited(500, "five")))
    tables, _ = report(city(tmp_path), *runs, budgets={"all": 30_000})
    assert list(sentences([*tables.values()])) == [
        "ten costs 36,000 won on 3 payments: 7.82 % of what may earn.",
        "five costs 18,000 won on 3 payments: 3.91 % of what may earn.",
        "five costs 18,000 won less; 0 members get more, 2 less, and for 0 nothing changes.",
        "The budget all of 30,000 won is spent on 2020-03-02 under ten.",
        "The budget all of 30,000 won lasts under five.",
    ]
    alone, _ = report(city(tmp_path), runs[0])
    assert len(list(sentences([*alone.values()]))) == 1


def test_winners_and_losers(tmp_path: Path) -> None:
    runs = always(policy_of(limited(1000, "ten"))), always(policy_of(limited(500, "five")))
    tables, _ = report(city(tmp_path), *runs)
    # Two members, the one with less spend first.
    assert [row[:8] for row in tables["deciles"].rows] == [
        (1, 1, 60_000, 6_000, 3_000, 0, 1, 0),
        (2, 1, 400_000, 30_000, 15_000, 0, 1, 0),
    ]


def by_the_evaluator(document: dict[str, Any]) -> dict[str, Any]:
    """The same rules with a second spend limit that never cuts: with several limits, the evaluator must replay."""
    second = {"id": "second", "measure": "spend", "window": "month", "amount": None}
    (made,) = document["layers"]
    return document | {
        "limits": [*document["limits"], second],
        "layers": [made | {"limits": ["monthly-spend", "second"]}],
    }


def test_the_evaluator_replays_where_no_statement_can_and_the_report_says_so(tmp_path: Path) -> None:
    folder = city(tmp_path)
    one, _ = report(folder, always(policy_of(limited(1000, "ten"))), budgets={"all": 30_000})
    other, plans = report(folder, always(policy_of(by_the_evaluator(limited(1000, "ten")))), budgets={"all": 30_000})

    assert all("several spend limits" in plan.obstacles[0] for plan in plans)
    for name in ("summary", "cost_by_month", "cost_by_district", "cost_by_day", "budget_ends"):
        assert other[name] == one[name]
    assert [row for row in other["reached"].rows if row[2] == "monthly-spend"] == list(one["reached"].rows)


def test_limit_usage_continues_over_a_change_in_mid_month(tmp_path: Path) -> None:
    """October 2019, with the amounts of the tests of published sequences."""
    october = START - 162 * DAY  # 2019-09-21
    tenth, twenty_second = october + 19 * DAY, october + 31 * DAY
    payments = [
        {"accepted_at": tenth, "won_charged": 200_000},
        {"accepted_at": twenty_second, "won_charged": 200_000},
        {"accepted_at": twenty_second, "won_charged": 1_000},
        {"accepted_at": twenty_second - 1, "won_charged": 350_000, "member": 2},
        {"accepted_at": twenty_second, "won_charged": 100_000, "member": 2},
    ]
    parquet.write_table(payments_table(payments), tmp_path / "payments.parquet")
    tables, (plan,) = report(tmp_path, read_policies(INCHEON))

    assert [stretch.policy.version for stretch in plan.stretches] == ["incheon-2019-08-01", "incheon-2019-10-22"]
    assert not plan.obstacles
    assert tables["summary"].rows[0][3] == 12_000 + 3_000 + 21_000
    assert {row[1]: row[3] for row in tables["cost_by_day"].rows if row[2] == "national"} == {
        date(2019, 10, 10): 8_000,
        date(2019, 10, 21): 14_000,
    }


def test_payments_before_the_first_version(tmp_path: Path) -> None:
    parquet.write_table(payments_table([{"accepted_at": START - 400 * DAY}]), tmp_path / "payments.parquet")
    with pytest.raises(errors.NoPolicyInForce):
        report(tmp_path, read_policies(INCHEON))


def test_a_policy_that_is_not_valid(tmp_path: Path) -> None:
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(limited(1000, "ten") | {"earns": "all"}))
    with pytest.raises(errors.PolicyUnusable, match="earns"):
        read_policies(path)


@pytest.mark.parametrize(
    "text", ["city", "city=1.5", "city=-1", "moon=100", "city/=1", "city/base+=1", "city=１", "=3", f"city={10**15}"]
)
def test_invalid_budgets(text: str) -> None:
    with pytest.raises(errors.BadBudget):
        budgets_of([text])


def test_a_budget_is_given_once() -> None:
    with pytest.raises(errors.BadBudget, match="The budget city is given twice: with 5 won and with 6 won"):
        budgets_of(["city=5", "city=6"])


def test_a_faulty_budget_is_named_with_what_is_allowed() -> None:
    with pytest.raises(errors.BadBudget, match=r"'moon=100' is not a budget: write a funder \(national, city, "):
        budgets_of(["moon=100"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--threads", "0"], "'0' is no number of threads"),
        (["--threads", "two"], "'two' is no number of threads"),
        (["--memory", "lots"], "'lots' is no amount of memory"),
        (["--memory", "-1GB"], "'-1GB' is no amount of memory"),
        (["--output", __file__], "is a file, and a folder is needed"),
        (["--output", f"{__file__}/within"], "is a file, and a folder is needed"),
    ],
)
def test_a_faulty_option_is_named_before_anything_is_read(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name, value = arguments
    with pytest.raises(SystemExit, match="2"):
        simulate([str(INCHEON), "--payments", str(tmp_path), f"{name}={value}"])
    assert said in capsys.readouterr().err


def test_separators_in_budgets_are_ignored() -> None:
    assert budgets_of(["all=195_000_000_000", "city/a+b=1,000"]) == {"all": 195_000_000_000, "city/a+b": 1_000}


def test_a_division_is_one_of_integers() -> None:
    assert connect(1).execute("SELECT 7 / 2, 9999999999999999 / 10000").fetchall() == [(3, 999_999_999_999)]


def command(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / "eeum", "policy", "simulate", *map(str, arguments)],
        cwd=ROOT.parent,
        env=os.environ | {"MPLCONFIGDIR": str(ROOT / ".local" / "matplotlib")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_writes_tables_and_plots(tmp_path: Path) -> None:
    (tmp_path / "payments").mkdir()
    folder = city(tmp_path / "payments")
    ten, five = tmp_path / "ten.json", tmp_path / "five.json"
    ten.write_text(json.dumps(limited(1000, "ten")))
    five.write_text(json.dumps(by_the_evaluator(limited(500, "five"))))
    finished = command(
        ten, "--against", five, "--payments", folder, "--budget", "all=30_000", "--output", tmp_path / "out"
    )

    assert finished.returncode == 0, finished.stderr
    assert "Replayed by the evaluator, not by a statement, in 2020-03, 2020-04: layer base" in finished.stdout
    assert "2020-03-02" in finished.stdout
    files = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"cost_by_month.csv", "deciles.csv", "budget_ends.csv", "cost_by_month.png", "deciles.svg"} <= files
    assert (tmp_path / "out" / "summary.csv").read_text().splitlines()[1] == "ten,3,460000,36000,782"


def test_the_command_names_layers_that_are_not_part_of_the_cost(tmp_path: Path) -> None:
    (tmp_path / "payments").mkdir()
    policy = limited(1000, "ten")
    bonus = {
        "id": "on-top",
        "gives": "top_up_bonus",
        "limits": [],
        "bands": [{"from": 0, "up_to": None, "rate_basis_points": 500}],
    }
    (tmp_path / "ten.json").write_text(
        json.dumps(policy | {"layers": [*policy["layers"], policy["layers"][0] | bonus]})
    )
    finished = command(tmp_path / "ten.json", "--payments", city(tmp_path / "payments"))

    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert finished.stdout.startswith("Not in the cost of ten: layer on-top, which gives at top-ups.\n")


def test_the_command_names_what_is_wrong(tmp_path: Path) -> None:
    finished = command(INCHEON, "--payments", tmp_path)
    assert finished.returncode == 1
    assert finished.stderr.strip().endswith("[no_payments]")


def test_the_same_replay_twice_gives_the_same_tables(tmp_path: Path) -> None:
    run = always(policy_of(limited(1000, "ten")))
    assert report(city(tmp_path), run) == report(tmp_path, run)


def test_members_of_text_ids(tmp_path: Path) -> None:
    connection = connect(1)
    parquet.write_table(payments_table([{}, {}]), tmp_path / "numbers.parquet")
    connection.execute(
        f"COPY (SELECT * REPLACE ('m' || member AS member) FROM '{tmp_path}/numbers.parquet') TO '{tmp_path}/texts.parquet'"
    )
    (tmp_path / "numbers.parquet").unlink()
    replay(connection, [always(policy_of(limited(1000, "ten")))], open_payments(connection, tmp_path))
    assert members(connection) == [("m1", 2_000)]


def members(connection: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    return connection.execute("SELECT member, won FROM members_0").fetchall()
