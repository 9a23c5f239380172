"""The check for words that the glossary bans."""

from pathlib import Path

import pytest

from deployment.words import GLOSSARY, SECTION_OF_NAMES, banned, checked_in, hits, hits_in_names
from local.places import ROOT

WORDS = banned((ROOT / GLOSSARY).read_text())
NAMES = banned((ROOT / GLOSSARY).read_text(), SECTION_OF_NAMES)
PAGE = Path("docs/page.md")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It is made anew.", ["anew"]),
        ("Whoever asks is told.", ["Whoever", "is told"]),
        ("a renewal of the sub-lines", ["sub-lines"]),
        ("canewood, parkway, newcomers", []),
        ('{"parked": 3}', []),
        ("the parked record", ["parked"]),
    ],
)
def test_banned_words_are_found_as_whole_words_in_any_case(text: str, found: list[str]) -> None:
    assert [hit.word for hit in hits(PAGE, text, WORDS)] == found


@pytest.mark.parametrize(
    ("module", "text", "found"),
    [
        ("wallet", "def change_standing(): ...", ["standing in change_standing"]),
        ("wallet", "class ChangeStanding: ...", ["standing in ChangeStanding"]),
        ("wallet", "told = 1", ["told in told"]),
        ("wallet", "def f(doubts): ...", ["doubts in doubts"]),
        ("doubts_of_meaning", "", ["doubts in doubts_of_meaning"]),
        ("bodies", "class Check:\n    doubts: list[str]", []),
        ("wallet", "understanding = outstanding = 'standing'", []),
    ],
)
def test_banned_words_are_found_as_parts_of_names(module: str, text: str, found: list[str]) -> None:
    assert [hit.word for hit in hits_in_names(Path(f"{module}.py"), text, NAMES)] == found


def test_the_two_tables_of_words_are_read_apart() -> None:
    assert "standing" in NAMES
    assert "standing" not in WORDS
    assert "anew" not in NAMES


def test_code_templates_pages_and_the_web_are_read() -> None:
    read = set(map(str, checked_in()))
    assert {
        "README.md",
        "template/api.yaml",
        "layers/eeum/python/eeum/once.py",
        "web/shared/money.ts",
        "Makefile",
    } <= read
    assert str(GLOSSARY) not in read
