"""The public page: what it shows equals its data, in both languages."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest

from public_page import printing, texts
from public_page.charts import columns, grid, line
from public_page.open_data import BYTE_ORDER_MARK, csv_of
from public_page.pages import LATEST, PROGRAMME, Site, site
from public_page.release import release_of
from public_page.tiles import LAYOUTS
from tests.public_page import made_up
from tests.public_page.made_up_programme import programme
from tests.public_page.reading import by_id, read, rows_of
from tests.public_page.sites import NOT_PUBLISHED, both_languages, csv_rows, page, site_of, table_of

ROOT = Path(__file__).parents[2]
LARGEST_PAGE = 200_000


# --- page = CSV = JSON ----------------------------------------------------------------------------------------------------


@both_languages
def test_figures_are_the_same_on_the_page_in_csv_and_in_json(made: Site, language: str) -> None:
    elements = by_id(read(page(made, language)))
    published = json.loads(made.files["data/2020-12-20.2/release.json"])["figures"]
    stated = {row["id"]: row for row in csv_rows(made, "figures")}
    assert len(published) == len(stated) > 10
    for each in published:
        (data,) = elements[f"figure-{each['id']}"].every("data")
        value = "" if each["value"] is None else str(each["value"])
        assert (data.attributes["value"], data.text) == (value, each[f"printed_{language}"])
        assert (stated[each["id"]]["value"], stated[each["id"]]["status"]) == (value, each["status"])


@both_languages
@pytest.mark.parametrize("name", ["members_by_month", "payments_by_month", "issuance_by_month"])
def test_months_are_the_same_on_the_page_in_csv_and_in_json(made: Site, language: str, name: str) -> None:
    shown = [cells[0][0] for _, cells in rows_of(by_id(read(page(made, language)))[f"chart-{name}"])]
    published = table_of(json.loads(made.files["data/2020-12-20.2/release.json"]), name)["rows"]
    assert shown == [row["value"] for row in csv_rows(made, name)] == [str(each["value"]) for each in published]


@both_languages
@pytest.mark.parametrize(
    ("name", "dimension", "place", "fixed"),
    [
        ("payments_by_year_category", "category", 0, {"year": "2020"}),
        ("payments_by_month_district_category", "district", 1, {"month": "2020-11", "category": "total"}),
    ],
)
def test_the_latest_period_is_the_same_on_the_page_in_csv_and_in_json(
    made: Site, language: str, name: str, dimension: str, place: int, fixed: dict[str, str]
) -> None:
    rows = rows_of(by_id(read(page(made, language)))[f"chart-{name}"])
    shown = {title: (cells[place][0], cells[place][1]) for title, cells in rows}
    latest = [row for row in csv_rows(made, name) if fixed.items() <= row.items() and row[dimension] != "total"]
    assert {title: value for title, (value, _) in shown.items()} == {
        row[f"{dimension}_{language}"]: row["value"] for row in latest
    }
    published = {
        each["keys"][dimension]: each
        for each in table_of(json.loads(made.files["data/2020-12-20.2/release.json"]), name)["rows"]
        if fixed.items() <= each["keys"].items()
    }
    for row in latest:
        value, text = shown[row[f"{dimension}_{language}"]]
        cell = published[row[dimension]]
        assert value == ("" if cell["value"] is None else str(cell["value"]))
        assert row["status"] == cell["status"]
        assert text == (NOT_PUBLISHED[language] if cell["status"] == "suppressed" else f"{int(value):,}")


def test_csv_for_excel_is_the_same_after_its_mark(made: Site) -> None:
    marked = {path: body for path, body in made.files.items() if path.endswith(".excel.csv")}
    assert len(marked) == 10
    for path, body in marked.items():
        assert body == BYTE_ORDER_MARK + made.files[path.replace(".excel.csv", ".csv")]


def test_the_release_is_published_byte_for_byte() -> None:
    document = json.dumps(made_up.release(), ensure_ascii=False, indent=3).encode()
    made = site(document, programme(), "incheon")
    assert made.files["data/2020-12-20.2/release.json"] == document


def test_the_package_describes_every_column_of_every_csv(made: Site) -> None:
    package = json.loads(made.files["data/2020-12-20.2/datapackage.json"])
    described = {each["path"]: each for each in package["resources"]}
    for path, body in made.files.items():
        name = path.removeprefix("data/2020-12-20.2/")
        if not name.endswith(".csv") or name.startswith("figures"):
            continue
        headings = next(csv.reader(io.StringIO(body.removeprefix(BYTE_ORDER_MARK).decode(), newline="")))
        assert [field["name"] for field in described[name]["schema"]["fields"]] == headings
        assert set(described[name]["schema"]["primaryKey"]) <= set(headings)


def test_the_catalogue_names_files_that_exist() -> None:
    address = "https://e-eum.example"
    made = site(json.dumps(made_up.release()).encode(), programme(), "incheon", address)
    entry = json.loads(made.files["data/2020-12-20.2/catalogue.jsonld"])
    urls = [each["dcat:downloadURL"]["@id"] for each in entry["dcat:distribution"]]
    assert len(urls) > 15
    assert all(url.removeprefix(f"{address}/") in made.files for url in urls)


def test_spreadsheets_run_no_text_as_a_formula() -> None:
    assert csv_of(["name", "value"], [["=1+1", "-5"], ["@cmd", "3"], ["-x", ""]]).decode() == (
        "name,value\r\n'=1+1,-5\r\n'@cmd,3\r\n'-x,\r\n"
    )


def test_a_page_that_names_an_earlier_release_links_to_its_page(made: Site) -> None:
    links = [each.attributes["href"] for each in read(page(made)).every("a")]
    assert "/ko/2020-12-20.1/" in links
    assert "ko/2020-12-20.2/index.html" in made.files


def test_pages_and_the_pointer_are_written_after_what_they_link_to(made: Site) -> None:
    order = made.in_order()
    assert sorted(order) == sorted(made.files)
    assert order[-1] == LATEST
    assert order[-3:-1] == ["ko/index.html", "en/index.html"]
    assert not made.fixed & {LATEST, PROGRAMME, "ko/index.html", "ko/2020-12-20.2/index.html"}


@both_languages
def test_the_whole_page_with_its_style_is_small(language: str) -> None:
    """With as many definitions, figures and tables as the city publishes."""
    document = made_up.release()
    document["definitions"] += [{**document["definitions"][0], "id": f"definition_{number}"} for number in range(25)]
    document["figures"] += [{**document["figures"][6], "id": f"category_share:{number}"} for number in range(30)]
    ages = json.dumps(table_of(document, "payments_by_month_age"))
    document["tables"] += [json.loads(ages.replace("age", name)) for name in ("hour", "purse")]
    made = site_of(document)
    sheet = next(body for path, body in made.files.items() if path.endswith(".css"))
    assert len(page(made, language)) + len(sheet) <= LARGEST_PAGE


def test_a_synthetic_city_says_so_everywhere(made: Site) -> None:
    for language, word in (("ko", "가상 도시"), ("en", "Synthetic city")):
        root = read(page(made, language))
        assert word.lower() in root.every("title")[0].text.lower()
        assert word in root.every("aside")[0].text
        assert all(word in figure.every("h3")[0].text for figure in root.every("figure"))
    assert {row["synthetic"] for row in csv_rows(made, "payments_by_month")} == {"yes"}
    assert json.loads(made.files["data/2020-12-20.2/datapackage.json"])["synthetic"] is True
    real = site_of(made_up.release() | {"synthetic": False, "scale": None})
    assert "가상".encode() not in page(real)
    assert {row["synthetic"] for row in csv_rows(real, "figures")} == {"no"}


# --- policies, budget, hashes ---------------------------------------------------------------------------------------------


def test_the_page_says_what_is_in_force_and_what_comes_and_why(made: Site) -> None:
    policy = by_id(read(page(made)))["policy"].text
    assert "50만원까지 10%; 50만원부터 100만원까지 1%" in policy
    assert "2021년 1월 1일 00:00 · 월 50만원까지 10%, 100만원까지 1% 캐시백" in policy
    assert "재원은 국비 94 : 시비 101" in policy
    assert "2021년 국비와 시비의 분담이 바뀝니다." in policy


def test_the_page_says_when_money_runs_out(made: Site) -> None:
    spending = by_id(read(page(made, "en")))["spending"]
    assert (
        "Expected to run out on 28 December 2020 (between 26 December 2020 and after 31 December 2020)" in spending.text
    )
    assert [each.attributes["value"] for each in spending.every("data")][:3] == [
        "147400000000",
        "144300000000",
        "3100000000",
    ]


def test_the_latest_hashes_come_first(made: Site) -> None:
    hashes = [each.text for each in by_id(read(page(made)))["roots"].every("code")]
    stored = json.loads(made.files[PROGRAMME])["roots"]
    assert hashes == [each["root"] for each in stored]
    assert [each["date"] for each in stored] == [f"2020-12-{day}" for day in range(20, 13, -1)]


def test_a_city_without_policy_budget_and_hashes_has_a_page_too() -> None:
    empty = {"at": "2020-12-21T03:00:00.000+09:00", "in_force": None, "coming": [], "budget": None, "roots": []}
    elements = by_id(read(page(site_of(made_up.release(), empty), "en")))
    assert "No policy is in force." in elements["policy"].text
    assert "not been entered yet" in elements["spending"].text
    assert "No hash is stored yet." in elements["roots"].text


# --- numbers, charts, texts -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "ko", "en"),
    [
        (0, "0원", "KRW 0"),
        (99_999, "99,999원", "KRW 99,999"),
        (679_000, "67.9만 원", "KRW 679,000"),
        (99_999_999, "10,000만 원", "KRW 100 million"),
        (213_600_000_000, "2,136억 원", "KRW 213.6 billion"),
        (2_862_000_000_000, "2조 8,620억 원", "KRW 2.862 trillion"),
        (4_000_000_000_000, "4조 원", "KRW 4 trillion"),
        (999_999_999_999, "1조 원", "KRW 1,000 billion"),
    ],
)
def test_large_amounts_are_printed_in_the_language_s_own_steps(value: int, ko: str, en: str) -> None:
    assert (printing.short(value, "won", "ko"), printing.short(value, "won", "en")) == (ko, en)


@pytest.mark.parametrize("most", [0, 1, 7, 40, 41, 99_999, 10**15 + 1])
def test_grid_lines_are_few_even_and_reach_the_largest_value(most: int) -> None:
    lines = grid([most])
    values = [each.value for each in lines]
    assert 2 <= len(lines) <= 6
    assert values == [values[1] * place for place in range(len(values))]
    assert values[-2] < max(most, 1) <= values[-1]


def test_a_plot_without_published_values_has_no_scale() -> None:
    plot = columns(["Jan", "Feb"], [None, None])
    assert [each.value for each in plot.lines] == [0]
    assert all(not each.segments for each in plot.columns)


def test_few_columns_are_narrow_and_end_where_the_latest_always_is() -> None:
    plot = columns(["Jan", "Feb"], [[1], [2]])
    first, last = plot.columns
    assert first.width == last.width < 100 / 6
    assert last.x + last.width > 95
    assert [(label, anchor) for _, label, anchor in plot.ticks] == [("Jan", "middle"), ("Feb", "middle")]
    assert [x for x, _, _ in plot.ticks] == [first.middle, last.middle]


def test_the_only_point_of_a_line_is_above_its_label() -> None:
    plot = line(["Jan"], [14])
    (point,), ((_, label, anchor),) = plot.points, plot.ticks
    assert point is not None
    assert (point.x, label, anchor) == (99.0, "Jan", "end")


@both_languages
def test_a_city_in_its_first_month_compares_nothing_with_itself(language: str) -> None:
    document = made_up.release()
    for table in document["tables"]:
        if table["id"] in ("members_by_month", "payments_by_month", "issuance_by_month"):
            (month,) = table["dimensions"]
            month["codes"] = month["codes"][-1:]
            table["rows"] = table["rows"][-1:]
    written = page(site_of(document), language).decode()
    sentence = re.escape(texts.TEXTS[language]["finds_once"])
    for name in ("members_by_month", "payments_by_month", "issuance_by_month"):
        table = table_of(document, name)
        value = printing.short(table["rows"][0]["value"], table["unit"], language)
        expected = sentence.replace(re.escape("{period}"), "[^<]+").replace(re.escape("{value}"), re.escape(value))
        assert re.search(f">{expected}<", written), (name, expected)


@both_languages
def test_what_is_not_published_is_said_once(language: str) -> None:
    document = made_up.release()
    (hidden,) = [each for each in document["figures"] if each["status"] == "suppressed"]
    hidden |= {f"sentence_{each}": hidden[f"printed_{each}"] for each in ("ko", "en")}
    written = page(site_of(document), language).decode()
    (shown,) = re.findall(rf'<li class="stat" id="figure-{hidden["id"]}">.*?</li>', written, re.DOTALL)
    assert shown.count(NOT_PUBLISHED[language]) == 1


def test_both_languages_have_the_same_texts() -> None:
    assert set(texts.TEXTS["ko"]) == set(texts.TEXTS["en"])
    parts = re.compile(r"\{(\w+)\}")
    for key, ko in texts.TEXTS["ko"].items():
        assert set(parts.findall(ko)) == set(parts.findall(texts.TEXTS["en"][key])), key


def test_colours_are_those_of_the_apps() -> None:
    def values(path: str) -> dict[str, str]:
        light = (ROOT / path).read_text(encoding="utf-8").partition("@media")[0].partition(":root[data-contrast")[0]
        return dict(re.findall(r"(--[a-z]+(?:-[a-z0-9]+)*): ([^;]+);", light))

    theirs, ours = values("web/shared/style/tokens.css"), values("functions/public_page/styles/base.css")
    shared = {name for name in ours if name in theirs}
    assert len(shared) > 25
    assert {name: ours[name] for name in shared} == {name: theirs[name] for name in shared}


def test_the_map_has_ten_districts_until_june_2026_and_eleven_after() -> None:
    before, after = json.loads(LAYOUTS.read_text(encoding="utf-8"))["incheon"]
    assert (before["until"], len(before["tiles"])) == ("2026-06-30", 10)
    assert (after["until"], len(after["tiles"])) == (None, 11)
    for layout in (before, after):
        places = [tuple(place) for place in layout["tiles"].values()]
        assert len(places) == len(set(places))
        assert all(0 <= column < layout["columns"] for column, _ in places)


@pytest.mark.parametrize(("month", "drawn"), [("2020-11", "chart-tiles"), ("2026-07", "chart-bars")])
def test_districts_without_a_tile_are_shown_as_bars(month: str, drawn: str) -> None:
    document = json.loads(json.dumps(made_up.release()).replace("2020-11", month))
    figure = by_id(read(page(site_of(document))))["chart-payments_by_month_district_category"]
    assert drawn in figure.every("svg")[0].attributes["class"]
    assert len(rows_of(figure)) == 10


def test_payments_of_no_district_are_in_the_table_and_on_no_tile() -> None:
    document = made_up.release()
    table = table_of(document, "payments_by_month_district_category")
    table["dimensions"][1]["codes"].append({"id": "unassigned", "name_ko": "미분류", "name_en": "Not assigned"})
    table["rows"].append(made_up.cell({"month": "2020-11", "district": "unassigned", "category": "total"}, 77_777))
    figure = by_id(read(page(site_of(document))))["chart-payments_by_month_district_category"]
    assert ("미분류", [("", ""), ("77777", "77,777"), ("", "0.0%")]) in rows_of(figure)
    assert "미분류" not in figure.every("svg")[0].text


def test_a_release_is_read_once_with_its_exact_values() -> None:
    release = release_of(made_up.release())
    assert [printing.plain(each.value) for each in release.figures if each.unit == "share"] == [
        *("0.258000000000", "0.190200000000", "0.088500000000", ""),
    ]
