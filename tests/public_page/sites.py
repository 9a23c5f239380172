"""Sites of releases in tests, and what their files say."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from public_page.pages import Site, site
from tests.public_page.made_up_programme import programme

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
