"""All files of the public page for one release, by their paths on the site: pages in both languages, the style sheet, open data."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from public_page import printing, texts
from public_page.exhibits import Exhibit, Setting, exhibits_of
from public_page.open_data import EXCEL, catalogue, data_files, data_package, data_path, json_bytes
from public_page.release import Figure, Release, release_of
from public_page.texts import GROUPS, LANGUAGES, TEXTS

HERE = Path(__file__).parent
HEADLINES = ("members", "payments", "per_head", "budget")
"""The first figure of each of these groups heads the page: of the release's year, if there is one."""
SHOWN_AT_ONCE, MOST_BESIDE = 6, 4
LATEST, PROGRAMME = "data/latest.json", "data/programme.json"

Parquet = Callable[[Mapping[str, bytes]], Mapping[str, bytes]]
"""Makes the Parquet file of each table from its CSV, both by the table's id."""


@dataclass(frozen=True, slots=True)
class Section:
    """A group of figures with its exhibits. `more` are figures below the first ones."""

    id: str
    name: str
    figures: tuple[Figure, ...]
    more: tuple[Figure, ...]
    exhibits: tuple[Exhibit, ...]

    @property
    def is_beside(self) -> bool:
        """Whether its few figures and its only chart have room side by side; a map has its table beside it."""
        return 0 < len(self.figures) <= MOST_BESIDE and len(self.exhibits) == 1 and self.exhibits[0].tiles is None


@dataclass(frozen=True, slots=True)
class Site:
    """The files of the site by path. `last` are those that are written after all others, in this order; `fixed` never change."""

    files: Mapping[str, bytes]
    last: tuple[str, ...]
    fixed: frozenset[str]

    def in_order(self) -> list[str]:
        """Paths in the order in which they are written, so that no page links to a file that is not there yet."""
        return [*sorted(set(self.files) - set(self.last)), *self.last]


def site(
    document: bytes, programme: Mapping[str, Any], city: str, address: str = "", parquet: Parquet | None = None
) -> Site:
    """The site of a release. Raises `ReleaseRefused`.

    `document` is `release.json` as disclosure control wrote it, `programme` that of `programme_document`. `city` names the layout of
    tiles, `address` is the site's own (`https://…`, empty for relative links). Without `parquet` there are no Parquet files.
    """
    release = release_of(json.loads(document))
    files = data_files(release, document)
    if parquet is not None:
        made_of = parquet({table.id: files[f"{table.id}.csv"] for table in release.tables})
        files |= {f"{name}.parquet": body for name, body in made_of.items()}
    names = tuple(files)
    files["datapackage.json"] = json_bytes(data_package(release, names))
    files["catalogue.jsonld"] = json_bytes(catalogue(release, names, address))
    style = (HERE / "style.css").read_bytes()
    sheet = f"data/style-{hashlib.sha256(style).hexdigest()[:12]}.css"
    made = {data_path(release.release_id) + name: body for name, body in files.items()} | {sheet: style}
    first = [f"{language}/{release.release_id}/index.html" for language in LANGUAGES]
    pages = [f"{language}/index.html" for language in LANGUAGES]
    for language, fixed, page in zip(LANGUAGES, first, pages, strict=True):
        html = page_html(release, programme, Setting(release, language, city), sheet, files)
        made |= {fixed: html, page: html}
    fixed_files = frozenset(made) - {*first, *pages}
    made |= {PROGRAMME: json_bytes(programme), LATEST: json_bytes({"release_id": release.release_id})}
    return Site(made, (*first, *pages, LATEST), fixed_files)


def page_html(
    release: Release, programme: Mapping[str, Any], setting: Setting, sheet: str, files: Mapping[str, bytes]
) -> bytes:
    """The page in one language."""
    language = setting.language
    headlines = _headlines(release)
    html = (
        _environment()
        .get_template("page.html")
        .render(
            release=release,
            programme=programme,
            language=language,
            other=next(each for each in LANGUAGES if each != language),
            t=TEXTS[language],
            say=setting.say,
            sheet=sheet,
            data=f"/{data_path(release.release_id)}",
            files=files,
            excel=EXCEL,
            headlines=headlines,
            sections=_sections(release, setting, headlines),
            label=lambda figure: _label(release, figure, language),
            change_name=lambda change: _change_name(release, change, language),
            says=_says((programme["in_force"] or {"says": ()})["says"], language),
            lang_of=lambda text: _lang_of(text, language),
            words=texts,
            printing=printing,
        )
    )
    return html.encode()


def _headlines(release: Release) -> tuple[Figure, ...]:
    year = release.as_of[:4]
    found = []
    for group in HEADLINES:
        of_group = [each for each in release.figures if each.group == group]
        of_year = [each for each in of_group if each.key.startswith(year) and ":" not in each.key]
        found += (of_year or of_group)[:1]
    return tuple(found)


def _sections(release: Release, setting: Setting, headlines: tuple[Figure, ...]) -> list[Section]:
    """The groups that have figures or exhibits, in the page's order; groups that the page does not know come last."""
    groups = dict.fromkeys([*GROUPS, *(each.group for each in release.figures)])
    made = []
    for group in groups:
        figures = tuple(each for each in release.figures if each.group == group and each not in headlines)
        exhibits = tuple(exhibits_of(group, setting))
        if figures or exhibits:
            name = texts.group_name(group, setting.language)
            made.append(Section(group, name, figures[:SHOWN_AT_ONCE], figures[SHOWN_AT_ONCE:], exhibits))
    return made


def _label(release: Release, figure: Figure, language: str) -> str:
    """The name of a figure: that of its definition, and what it is of."""
    name = next(each.name for each in release.definitions if each.id == figure.definition)[language]
    codes = [code for table in release.tables for each in table.dimensions for code in each.codes]
    names = {code.id: code.name[language] for code in codes}
    parts = [_period(part, language) if part[:1].isdigit() else names.get(part, "") for part in figure.key.split(":")]
    return " · ".join(filter(None, [name, *parts]))


def _change_name(release: Release, change: Mapping[str, Any], language: str) -> str:
    """The cell of a change in words: its table, and the names of its codes."""
    table = release.table(change["table"])
    if table is None:
        return " · ".join([change["table"], *change["keys"].values()])
    codes = [each.name(change["keys"][each.id])[language] for each in table.dimensions if each.id in change["keys"]]
    return " · ".join([table.title[language], *codes])


def _lang_of(text: str, language: str) -> Markup:
    """The attribute of text that is not in the page's language: Korean sources and reasons on the English page."""
    foreign = language != "ko" and any("가" <= letter <= "힣" for letter in text)
    return Markup(' lang="ko"' if foreign else "")


def _says(statements: Sequence[Mapping[str, Any]], language: str) -> dict[str, dict[str, list[str]]]:
    """The sentences of a policy by their subject: those of its rewards, and the others."""
    found: dict[str, dict[str, list[str]]] = {"rewards": {}, "others": {}}
    for each in statements:
        part = found["rewards" if each["about"].startswith("layers.") else "others"]
        part.setdefault(each["subject"][language], []).append(each[language])
    return found


def _period(key: str, language: str) -> str:
    """A day, month, year, or a range of months (`2020-01_2020-10`) in words."""
    if "_" in key:
        return "–".join(texts.period_name(part, language) for part in key.split("_"))
    if len(key) == len("2020-12-31"):
        return texts.day_name(key, language)
    return texts.period_name(key, language)


@cache
def _environment() -> Environment:
    """Templates escape everything; a name that is missing is an error."""
    return Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
