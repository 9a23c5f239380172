"""The check for words that the glossary bans."""

from pathlib import Path

import pytest

from deployment.words import GLOSSARY, banned, checked_in, hits
from local.places import ROOT

WORDS = banned((ROOT / GLOSSARY).read_text())
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
