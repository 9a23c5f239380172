"""The public page: what it shows equals its data, it discloses nothing, and any release gives a sound page."""

from __future__ import annotations

import csv
import io
import json
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from public_page import printing, texts
from public_page.charts import grid
from public_page.open_data import BYTE_ORDER_MARK, csv_of
from public_page.pages import LATEST, PROGRAMME, Site, site
from public_page.release import ReleaseRefused, release_of
from public_page.tiles import LAYOUTS
from tests.public_page import made_up
from tests.public_page.made_up_programme import programme
from tests.public_page.reading import by_id, read, rows_of

ROOT = Path(__file__).parents[2]
LARGEST_PAGE = 200_000
NOT_PUBLISHED = {"ko": "비공개(소수)", "en": "not published (too few)"}
both_languages = pytest.mark.parametrize("language", ["ko", "en"])


def site_of(document: dict[str, Any], says: dict[str, Any] | None = None) -> Site:
    return site(json.dumps(document, ensure_ascii=False).encode(), says or programme(), "incheon")


def page(made: Site, language: str = "ko") -> bytes:
    return made.files[f"{language}/index.html"]


def csv_rows(made: Site, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(made.files[f"data/2020-12-20.2/{name}.csv"].decode(), newline="")))


def table_of(document: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in document["tables"] if each["id"] == name)
    return found


@pytest.fixture(scope="module")
def made() -> Site:
    return site_of(made_up.release())


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


# --- nothing that must not be published -----------------------------------------------------------------------------------


def _stage(document: dict[str, Any]) -> None:
    document["stage"] = "computed"


def _status(document: dict[str, Any]) -> None:
    document["tables"][1]["rows"][0]["status"] = "computed"


def _evidence(document: dict[str, Any]) -> None:
    document["tables"][1]["rows"][0]["evidence"] = {"members": 3, "shops": 1, "largest": 1, "second": 0}


def _value(document: dict[str, Any]) -> None:
    document["tables"][1]["rows"][0] |= {"status": "suppressed", "value": 4242}


def _ratio(document: dict[str, Any]) -> None:
    document["figures"][5] |= {"status": "suppressed", "value": None, "ratio": [258, 1000]}


def _format(document: dict[str, Any]) -> None:
    document["format"] = 2


def _undefined(document: dict[str, Any]) -> None:
    document["tables"][1]["definition"] = "unheard_of"


def _path(document: dict[str, Any]) -> None:
    document["tables"][1]["id"] = "../../ko/index"


def _twice(document: dict[str, Any]) -> None:
    document["tables"].append(document["tables"][1])


def _field(document: dict[str, Any]) -> None:
    del document["input_hash"]


@pytest.mark.parametrize(
    ("spoil", "names"),
    [
        (_stage, "stage: 'computed'"),
        (_status, "table payments_by_month, row 2019-05: its status 'computed'"),
        (_evidence, "table payments_by_month, row 2019-05: evidence"),
        (_value, "table payments_by_month, row 2019-05: a suppressed value is still there"),
        (_ratio, "figure category_share:restaurant: a suppressed value is still there"),
        (_format, "format: 2"),
        (_undefined, "payments_by_month: its definition 'unheard_of'"),
        (_path, "table: '../../ko/index' is no id"),
        (_field, "no field 'input_hash'"),
        (_twice, "payments_by_month is in the release twice"),
    ],
)
def test_a_document_that_must_not_be_shown_is_refused_by_name(
    spoil: Callable[[dict[str, Any]], None], names: str
) -> None:
    document = made_up.release()
    spoil(document)
    with pytest.raises(ReleaseRefused, match=re.escape(names)):
        site_of(document)


@both_languages
def test_a_suppressed_cell_reads_so_and_has_no_share_rank_or_bar(made: Site, language: str) -> None:
    figure = by_id(read(page(made, language)))["chart-payments_by_month_district_category"]
    hidden = [cells for name, cells in rows_of(figure) if name in {"동구", "옹진군", "Dong-gu", "Ongjin-gun"}]
    assert hidden == [[("", ""), ("", NOT_PUBLISHED[language]), ("", "")]] * 2
    drawn = " ".join(text.text for text in figure.every("svg")[0].every("text"))
    assert drawn.count("비공개" if language == "ko" else "not published") == 2


def test_the_sum_of_hidden_districts_is_in_no_file(made: Site) -> None:
    """The total of the published rest would reveal two hidden districts together; the page computes no such sum."""
    document = made_up.release()
    rows = table_of(document, "payments_by_month_district_category")["rows"]
    latest = {
        row["keys"]["district"]: row["value"]
        for row in rows
        if row["keys"]["month"] == "2020-11" and row["keys"]["category"] == "total"
    }
    total = latest.pop("total")
    rest = sum(value or 0 for value in latest.values())
    for body in made.files.values():
        assert str(rest).encode() not in body
        assert f"{rest:,}".encode() not in body
        assert f"{total - rest:,}".encode() not in body


def test_no_operator_is_named(made: Site) -> None:
    assert b"made_by" not in made.files[PROGRAMME]
    assert set(json.loads(made.files[PROGRAMME])["in_force"]) == {
        *("version", "title", "starts_at", "ends_at", "reason", "sources", "says"),
    }


# --- any release ----------------------------------------------------------------------------------------------------------

NASTY = (
    "<script>alert(1)</script>",
    '" onmouseover="x',
    "가나다라마바사아자차카타파하" * 12,
    "x" * 200,
    "&amp; 'quoted' \\ {{ 7 * 7 }} {% raw %}",
    "=SUM(A1:A9)",
    "ㅏ",
)
SIZES = (0, 1, 999, 10_000, 99_999_999, 10**12, 9_007_199_254_740_993, 10**21)


def rename(table: dict[str, Any], source: random.Random) -> None:
    """Give some codes names that pages find hard; months and years keep theirs."""
    for code in (code for dimension in table["dimensions"] for code in dimension["codes"]):
        if source.random() < 0.2 and not code["id"][:1].isdigit():
            code["name_ko"] = code["name_en"] = source.choice(NASTY)


def random_value(source: random.Random) -> dict[str, Any]:
    """What replaces a row's value: suppressed, zero, any size, or nothing."""
    kind = source.random()
    if kind < 0.15:
        return {"value": None, "status": "suppressed"}
    if kind < 0.2:
        return {"value": 0, "status": "structural_zero"}
    return {"value": source.choice(SIZES), "status": "published"} if kind < 0.6 else {}


def random_release(seed: int) -> dict[str, Any]:
    """A release with names of any length, and values that are absent, suppressed, 0 or huge."""
    source = random.Random(seed)
    document = made_up.release()
    for table in document["tables"]:
        rename(table, source)
        for row in table["rows"]:
            row.update(random_value(source))
        if source.random() < 0.15:
            table["rows"] = [{**row, "value": None, "status": "suppressed"} for row in table["rows"]]
    for figure in document["figures"]:
        figure["sentence_ko"] = figure["sentence_en"] = source.choice(NASTY)
    document["tables"] = [table for table in document["tables"] if source.random() < 0.9]
    document["revisions"] = document["revisions"] if source.random() < 0.5 else []
    document |= {
        "synthetic": source.random() < 0.5,
        "scale": source.choice([None, 1]),
        "as_of": source.choice(["2020-12-20", "2020-12-31"]),
    }
    return document


@pytest.mark.parametrize("seed", range(12))
def test_any_release_gives_a_sound_page(seed: int) -> None:
    made = site_of(random_release(seed))
    for language in texts.LANGUAGES:
        root = read(page(made, language))
        ids = by_id(root)
        for element in root.every():
            assert element.tag != "script"
            assert not {name for name in element.attributes if name == "style" or name.startswith("on")}
            for name in ("width", "x", "y", "cx", "height", "x1", "x2", "y1", "y2"):
                measure = element.attributes.get(name, "0").removesuffix("%")
                assert 0 <= float(measure) <= 2_000, (name, measure)
        for link in (each.attributes["href"] for each in root.every("a")):
            target = link.removeprefix("/")
            assert (
                link[1:] in ids
                if link.startswith("#")
                else target in made.files or f"{target}index.html" in made.files or "2020-12-20.1" in link
            ), link
        for name in (
            each.attributes["aria-labelledby"] for each in root.every() if "aria-labelledby" in each.attributes
        ):
            assert all(ids[part].text for part in name.split())


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
    assert "not entered yet" in elements["spending"].text
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


def test_both_languages_have_the_same_texts() -> None:
    assert set(texts.TEXTS["ko"]) == set(texts.TEXTS["en"])
    parts = re.compile(r"\{(\w+)\}")
    for key, ko in texts.TEXTS["ko"].items():
        assert set(parts.findall(ko)) == set(parts.findall(texts.TEXTS["en"][key])), key


def test_colours_are_those_of_the_apps() -> None:
    def values(path: str) -> dict[str, str]:
        light = (ROOT / path).read_text(encoding="utf-8").partition("@media")[0].partition(":root[data-contrast")[0]
        return dict(re.findall(r"(--[a-z]+(?:-[a-z0-9]+)*): ([^;]+);", light))

    theirs, ours = values("web/shared/style/tokens.css"), values("functions/public_page/style.css")
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
