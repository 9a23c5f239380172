"""docs/statistics.md, "Compute a figure again": its program and its SQL, run in a folder of open data."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from public_page.pages import site
from public_page.parquet import parquet_files
from tests.public_page.made_up_programme import programme
from tests.statistics.cities import Publishing, RandomCity, last_day_of

DOCS = Path(__file__).parents[2] / "docs"


def block(language: str) -> str:
    """The page's block of a language, of which it has one."""
    (found,) = re.findall(
        rf"^```{language}\n(.*?)^```$", (DOCS / "statistics.md").read_text(), re.DOTALL | re.MULTILINE
    )
    return str(found)


def published(computed: dict[str, Any]) -> dict[str, Any]:
    """The release with every cell published: a city of tests is too small for disclosure control, and this is about sums."""
    tables = [
        {
            **table,
            "rows": [
                {name: value for name, value in row.items() if name != "evidence"} | {"status": "published"}
                for row in table["rows"]
            ],
        }
        for table in computed["tables"]
    ]
    figures = [{**figure, "status": "published"} for figure in computed["figures"]]
    return {**computed, "stage": "published", "tables": tables, "figures": figures}


@pytest.fixture(scope="module")
def open_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files below `/data/<release>/` of a random city's page."""
    folder = tmp_path_factory.mktemp("open")
    city = RandomCity(11)
    publishing = Publishing(folder / "city")
    publishing.add(city.items())
    release = published(publishing.compute(last_day_of(city)))
    made = site(json.dumps(release, ensure_ascii=False).encode(), programme(), "incheon", parquet=parquet_files)
    beginning = f"data/{release['release_id']}/"
    for path, body in made.files.items():
        if path.startswith(beginning):
            (folder / path.removeprefix(beginning)).write_bytes(body)
    return folder


def figures_of(folder: Path) -> dict[str, Any]:
    return {each["id"]: each["value"] for each in json.loads((folder / "release.json").read_text())["figures"]}


def test_the_pages_program_finds_every_figure_again(
    open_data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(open_data)
    exec(compile(block("python"), "statistics.md", "exec"), {})  # what the page tells its readers to run
    printed = {line.partition(" ")[0] for line in capsys.readouterr().out.splitlines()}
    assert {each.partition(":")[0] for each in printed} == {
        "members", "payments_of_year", "payments_in_all", "payments_per_head", "category_share", "district_share"
    }  # fmt: skip
    values = figures_of(open_data)
    assert values["payments_in_all"] > values["payments_of_year:2020"] > 0


def test_the_pages_program_notices_a_cell_of_another_value(open_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(open_data)
    path = open_data / "payments_by_month.csv"
    content = path.read_text()
    first = re.search(r",(\d+),won,", content)
    assert first
    path.write_text(content.replace(first[0], f",{int(first[1]) + 1},won,", 1))
    try:
        with pytest.raises(AssertionError, match="payments_of_year:2020"):
            exec(compile(block("python"), "statistics.md", "exec"), {})
    finally:
        path.write_text(content)


def test_the_pages_sql_on_parquet_finds_the_year(open_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(open_data)
    ((total,),) = duckdb.connect().execute(block("sql")).fetchall()
    assert total == figures_of(open_data)["payments_of_year:2020"]
