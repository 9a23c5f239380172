"""Each Korean page corresponds to its English one, as far as a test can check: headings, blocks, tables, numbers, words."""

from __future__ import annotations

import re
from itertools import zip_longest
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
KOREAN = DOCS / "ko"
FOR_OFFICIALS = [
    Path(f"{name}.md")
    for name in (
        "policy-language",
        "policy-lifecycle",
        "budgets",
        "simulator",
        "statistics",
        "disclosure",
        "public-page",
    )
] + [Path("policy-language") / page.name for page in sorted((DOCS / "policy-language").glob("*.md"))]
"""Pages for a city's officials; a new page of the policy language needs a Korean one."""

BLOCK = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
SPAN = re.compile(r"`([^`]+)`")
VALUE = re.compile(r"[\d,.:+−×÷→ -]*\d[\d,.:+−×÷→ -]*")
"""A cell with only numbers and instants."""
LABEL = re.compile(r'"[^"]*"|\(\[.*?\]\)|\[[^\]]*\]|\{[^}]*\}|\|[^|]*\||--.*?-->|-\. .*?\.->|: .*$| as .*$')
"""The texts of a diagram, which are in the page's language."""


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def prose(page: Path) -> str:
    return BLOCK.sub("", text_of(page))


def sections(page: Path) -> list[tuple[int, str]]:
    """The level of each heading, and what is below it until the next."""
    parts = re.split(r"^(#+) .*$", prose(page), flags=re.MULTILINE)[1:]
    return [(len(level), body) for level, body in zip(parts[::2], parts[1::2], strict=True)]


def tables(page: Path) -> list[list[list[str]]]:
    found = re.findall(r"(?:^\|.*\n?)+", prose(page), re.MULTILINE)
    return [[[cell.strip() for cell in row.strip("|").split("|")] for row in table.splitlines()] for table in found]


def blocks(page: Path) -> list[tuple[str, list[str]]]:
    """Each block with its language; for a diagram, the part that is equal in both languages."""
    return [
        (language, [_skeleton(line) for line in body.splitlines()] if language == "mermaid" else body.splitlines())
        for language, body in BLOCK.findall(text_of(page))
    ]


def _skeleton(line: str) -> str:
    if re.match(r" *(stateDiagram|flowchart|sequenceDiagram|\[\*\])", line) is None and "participant" in line:
        return line.partition(" as ")[0]
    return LABEL.sub("", line)


def spans(body: str) -> set[str]:
    """Words of the policy language and codes. Placeholders in words differ between languages, and `id` is also an English word."""
    found = {span.removeprefix("left of ") for span in SPAN.findall(body)} - {"id"}
    return {span for span in found if not re.search(r"[가-힣]|\bwon\b|: instant|\[names\]|: name\b|condition", span)}


@pytest.mark.parametrize("page", FOR_OFFICIALS, ids=str)
def test_every_page_for_officials_is_there_in_korean(page: Path) -> None:
    korean = text_of(KOREAN / page)
    up = "../" * len(page.parts)
    assert f"[English]({up}{page.as_posix()})" in korean
    assert f"[한국어]({'../' * (len(page.parts) - 1)}ko/{page.as_posix()})" in text_of(DOCS / page)
    assert korean.startswith("# ")


def test_every_korean_page_has_an_english_one() -> None:
    there = {page.relative_to(KOREAN) for page in KOREAN.glob("**/*.md")}
    assert there == {*FOR_OFFICIALS, Path("README.md")}


@pytest.mark.parametrize("page", FOR_OFFICIALS, ids=str)
def test_headings_correspond(page: Path) -> None:
    assert [level for level, _ in sections(KOREAN / page)] == [level for level, _ in sections(DOCS / page)]


@pytest.mark.parametrize("page", FOR_OFFICIALS, ids=str)
def test_blocks_are_the_same(page: Path) -> None:
    assert blocks(KOREAN / page) == blocks(DOCS / page)


def test_the_tour_is_the_readmes() -> None:
    own = blocks(KOREAN / "README.md")
    assert own == blocks(DOCS.parent / "README.md")[: len(own)]
    assert len(own) == 10


@pytest.mark.parametrize("page", FOR_OFFICIALS, ids=str)
def test_tables_have_the_same_rows_numbers_and_words(page: Path) -> None:
    for korean, english in zip_longest(tables(KOREAN / page), tables(DOCS / page), fillvalue=[]):
        assert len(korean) == len(english), english[:1]
        for own, other in zip(korean, english, strict=True):
            assert len(own) == len(other), other
            for cell, expected in zip(own, other, strict=True):
                if VALUE.fullmatch(expected):
                    assert cell == expected, other
                assert bool(cell) == bool(expected), other


@pytest.mark.parametrize("page", FOR_OFFICIALS, ids=str)
def test_sections_name_the_same_words_and_codes(page: Path) -> None:
    for (_, korean), (_, english) in zip(sections(KOREAN / page), sections(DOCS / page), strict=True):
        own, other = spans(korean), spans(english)
        assert own == other, (own - other, other - own)


@pytest.mark.parametrize("page", FOR_OFFICIALS, ids=str)
def test_bullets_correspond(page: Path) -> None:
    """This finds a rule that was added to one page only."""
    for (_, korean), (_, english) in zip(sections(KOREAN / page), sections(DOCS / page), strict=True):
        counts = [len(re.findall(r"^(?:- |\d+\. )", body, re.MULTILINE)) for body in (korean, english)]
        assert counts[0] == counts[1], english[:200]


@pytest.mark.parametrize("page", FOR_OFFICIALS, ids=str)
def test_links_to_korean_pages_stay_korean(page: Path) -> None:
    """A Korean page links to an English one only if there is no Korean one."""
    for target in re.findall(r"\]\(([^)#\s]+\.md)", prose(KOREAN / page)):
        where = (KOREAN / page).parent / target
        resolved = where.resolve()
        if resolved.is_relative_to(DOCS) and not resolved.is_relative_to(KOREAN):
            there = resolved.relative_to(DOCS)
            assert there == page or there not in FOR_OFFICIALS, target
