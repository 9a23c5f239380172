"""What a release may show, and any release: it discloses nothing, and its page is sound."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from typing import Any

import pytest

from public_page import texts
from public_page.pages import PROGRAMME, Site
from public_page.release import ReleaseRefused
from tests.public_page import made_up
from tests.public_page.reading import by_id, read, rows_of
from tests.public_page.sites import NOT_PUBLISHED, both_languages, page, site_of, table_of

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
