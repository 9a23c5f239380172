"""`make statistics` from exports to the public page: what it publishes, says and refuses."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from city_statistics.publishing import Place
from operations import statistics, statistics_release
from operations.statistics_release import show_in_city
from statistics_disclosure import release as disclosure
from statistics_disclosure.refusals import AuditFailed, RevisionWithheld
from tests.statistics.cities import inputs_for_tests
from tests.statistics.exports import write_exports
from tests.statistics.test_equal_to_plain_python import table


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    inputs_for_tests(tmp_path / "inputs")
    return write_exports(tmp_path)


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs the command with further arguments; returns its status and what it printed."""

    def run(*more: str) -> tuple[int, str]:
        arguments = ["--output", str(folder / "output"), "--export", str(folder / "export")]
        monkeypatch.setattr("sys.argv", ["statistics", *arguments, "--inputs", str(folder / "inputs"), *more])
        status = statistics.main()
        captured = capsys.readouterr()
        return status, captured.out + captured.err

    return run


def documents(folder: Path, name: str) -> list[str]:
    return sorted(path.name for path in (folder / "output" / name).glob("*"))


def latest(folder: Path) -> dict[str, Any]:
    public = folder / "output" / "public"
    release_id = json.loads((public / "latest.json").read_text())["release_id"]
    document: dict[str, Any] = json.loads((public / release_id / "release.json").read_text())
    return document


def test_from_exports_to_the_page(folder: Path, run: Any) -> None:
    status, said = run("--as-of", "2021-01-31", "--synthetic")
    assert status == 0, said
    assert "Release 2021-01-31.1: " in said
    assert "have fewer than 10 members" in said
    assert "The city has 1 members, so hardly a cell has 10 members and 5 shops" in said
    assert "http.server 8000 --directory" in said
    release, site = latest(folder), folder / "output" / "site"
    assert (release["stage"], release["synthetic"]) == ("published", True)
    assert (site / "data" / "2021-01-31.1" / "release.json").read_bytes() == (
        folder / "output" / "public" / "2021-01-31.1" / "release.json"
    ).read_bytes()
    assert (site / "data" / "2021-01-31.1" / "payments_by_month.parquet").exists()
    for language, words in (("ko", "가상"), ("en", "synthetic")):
        page = (site / language / "index.html").read_text()
        assert words in page
        # One member paid: no sum of payments may be anywhere. Each number of the page is in a value with all its digits.
        assert 'value="10000"' not in page
    assert "KRW 10,000" not in said
    with (site / "data" / "2021-01-31.1" / "payments_by_month.csv").open(encoding="utf-8", newline="") as file:
        assert [(row["value"], row["status"]) for row in csv.DictReader(file)] == [("", "suppressed")]
    assert not list((folder / "output").glob("scratch-*"))


def test_a_day_without_new_exports_is_another_release(folder: Path, run: Any) -> None:
    for number in (1, 2):
        status, said = run("--as-of", "2021-01-03")
        assert status == 0, said
        assert latest(folder)["release_id"] == f"2021-01-03.{number}"
    assert "0 months have a new revision" in said
    assert documents(folder, "computed") == ["2021-01-03.1.json", "2021-01-03.2.json"]
    assert sorted(each.name for each in (folder / "output" / "site" / "data").glob("2021*")) == [
        "2021-01-03.1",
        "2021-01-03.2",
    ]


def test_without_a_day_it_is_that_of_the_newest_payment(folder: Path, run: Any) -> None:
    status, said = run()
    assert status == 0, said
    assert latest(folder)["release_id"] == "2021-01-02.1"
    # A release of an earlier day than the latest is not published.
    assert run("--as-of", "2021-01-01")[0] == 1


def test_a_withheld_correction_leaves_the_month_as_it_was_published(
    folder: Path, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    correction = folder / "export" / "AWSDynamoDB" / "2-day" / "manifest-summary.json"
    content = correction.read_text()
    correction.unlink()
    assert run("--as-of", "2021-01-03")[0] == 0
    correction.write_text(content)
    publish = statistics_release.publish_next

    def withholding(place: Any, release_id: str) -> Any:
        if release_id == "2021-01-03.2":
            raise RevisionWithheld(("2021-01",), "a cell would have nine members")
        return publish(place, release_id)

    monkeypatch.setattr(statistics_release, "publish_next", withholding)
    status, said = run("--as-of", "2021-01-03")
    assert status == 0, said
    assert "corrections of 2021-01 are withheld: a cell would have nine members" in said
    computed = [
        json.loads((folder / "output" / "computed" / f"2021-01-03.{number}.json").read_text()) for number in (1, 2, 3)
    ]
    paid = [row for each in computed for row in table(each, "payments_by_month")["rows"]]
    assert [(row["value"], row["revision"]) for row in paid] == [(12_000, 2), (10_000, 3), (12_000, 2)]
    # The refused release is no earlier one: nothing was changed since the first.
    assert latest(folder)["release_id"] == "2021-01-03.3"
    (revision,) = latest(folder)["revisions"]
    assert (revision["replaces"], revision["changes"]) == ("2021-01-03.1", [])


def test_a_month_that_was_never_published_cannot_be_kept(
    folder: Path, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def withholding(_place: Any, _release_id: str) -> Any:
        raise RevisionWithheld(("2020-12",), "a cell would have nine members")

    monkeypatch.setattr(statistics_release, "publish_next", withholding)
    status, said = run("--as-of", "2021-01-03")
    assert (status, "[revision_withheld]" in said) == (1, True)
    assert documents(folder, "public") == documents(folder, "site") == []


def _without_an_increment(folder: Path, _: pytest.MonkeyPatch) -> None:
    (folder / "export" / "AWSDynamoDB" / "1-day" / "manifest-summary.json").unlink()


def _without_population(folder: Path, _: pytest.MonkeyPatch) -> None:
    old = "month,population,source,date\n2018-12,3000000,made up for tests,2019-01-01\n"
    (folder / "inputs" / "population.csv").write_text(old)


def _without_a_source(folder: Path, _: pytest.MonkeyPatch) -> None:
    path = folder / "inputs" / "cities.csv"
    path.write_text(path.read_text().replace(",source,", ",origin,", 1))


def _without_a_table(folder: Path, _: pytest.MonkeyPatch) -> None:
    (folder / "inputs" / "districts.csv").unlink()


def _with_another_meaning(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from city_statistics import computation, publishing

    changed = json.loads(computation.DEFINITIONS.read_text())
    changed["definitions"][0]["formula_en"] = "Wallets that paid"
    (folder / "definitions.json").write_text(json.dumps(changed))
    monkeypatch.setattr(publishing, "definitions", lambda: computation.definitions(folder / "definitions.json"))


def _with_a_cell_that_would_disclose(_: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Suppression that forgets what totals reveal; the audit is the real one."""
    found = disclosure.suppressed_cells

    def too_few(*arguments: Any) -> Any:
        return frozenset(sorted(found(*arguments))[:1])

    monkeypatch.setattr(disclosure, "suppressed_cells", too_few)


@pytest.mark.parametrize(
    ("spoil", "as_of", "code"),
    [
        (_without_an_increment, "2021-01-03", "increment_not_next"),
        (_without_population, "2021-01-31", "figure_without_denominator"),
        (_without_a_source, "2021-01-03", "input_without_source"),
        (_without_a_table, "2021-01-03", "input_unusable"),
        (_with_another_meaning, "2021-01-03", "definition_changed"),
        (_with_a_cell_that_would_disclose, "2021-01-31", AuditFailed.code),
        (lambda *_: None, "2021-02-28", "month_without_data"),
        (lambda *_: None, "2020-12-31", "month_without_data"),
    ],
)
def test_what_is_refused_is_named_and_publishes_nothing(
    folder: Path, run: Any, monkeypatch: pytest.MonkeyPatch, spoil: Any, as_of: str, code: str
) -> None:
    spoil(folder, monkeypatch)
    status, said = run("--as-of", as_of)
    assert (status, f"[{code}]" in said) == (1, True), said
    assert documents(folder, "public") == documents(folder, "site") == []


def test_a_folder_without_exports_is_named(folder: Path, run: Any) -> None:
    status, said = run("--export", str(folder / "inputs"))
    assert (status, "holds 0 files" in said) == (1, True), said


class City:
    """The parts of a stack that the command uses: the bucket's objects, and the functions that were called."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.called: list[str] = []
        self.resources = {"StatisticsBucket": "statistics"}
        self.meta = SimpleNamespace(endpoint_url="http://127.0.0.1:4600")

    def client(self, _: str) -> Any:
        return self

    def put_object(self, **named: Any) -> None:
        assert named["Bucket"] == "statistics"
        self.objects[named["Key"]] = named["Body"]

    def invoke(self, function: str, _: Any) -> None:
        assert list(self.objects)[-1] == "public/latest.json"
        self.called.append(function)


def test_the_running_citys_own_function_writes_its_page(folder: Path, run: Any) -> None:
    run("--as-of", "2021-01-03")
    city, place = City(), Place(folder / "output")
    try:
        assert show_in_city(city, place, "2021-01-03.1") == "http://localhost:4600"  # type: ignore[arg-type]
    finally:
        place.close()
    assert city.called == ["PublicPageFunction"]
    # Neither what was computed nor what disclosure control works on.
    assert list(city.objects) == ["public/2021-01-03.1/release.json", "public/latest.json"]
    assert json.loads(city.objects["public/latest.json"]) == {"release_id": "2021-01-03.1"}
