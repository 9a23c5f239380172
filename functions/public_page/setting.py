"""What the page is made with: a release, a language and a city, and names in that language."""

from __future__ import annotations

from dataclasses import dataclass

from public_page.release import Dimension, Release, Table
from public_page.texts import TEXTS


@dataclass(frozen=True, slots=True)
class Setting:
    """The release, the language and the city of a page."""

    release: Release
    language: str
    city: str

    def say(self, key: str, **parts: str) -> str:
        return TEXTS[self.language][key].format(**parts)


def name_of(table: Table, dimension: str, code: str, setting: Setting) -> str:
    return dimension_of(table, dimension).name(code)[setting.language]


def dimension_of(table: Table, name: str) -> Dimension:
    return table.dimensions[table.place(name)]
