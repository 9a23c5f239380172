"""Reads a page as a reader's program would: elements by id, values that it states as data, links."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"br", "img", "input", "link", "meta", "hr"}
"""Elements without an end."""


@dataclass
class Element:
    """An element of the page, with its children and text."""

    tag: str
    attributes: dict[str, str]
    children: list[Element] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    def every(self, tag: str = "") -> list[Element]:
        """The elements below, in the page's order; of one kind, if it is named."""
        found = []
        for child in self.children:
            if not tag or child.tag == tag:
                found.append(child)
            found += child.every(tag)
        return found

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice"
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> ends <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.words.append(data)


def read(page: bytes) -> Element:
    """The page's root. Fails for elements that are not nested."""
    reader = _Reader()
    reader.feed(page.decode())
    reader.close()
    assert reader.open == [reader.root], f"<{reader.open[-1].tag}> has no end"
    return reader.root


def by_id(root: Element) -> dict[str, Element]:
    """The elements by id. Fails for an id that occurs twice."""
    named = [each for each in root.every() if "id" in each.attributes]
    ids = [each.attributes["id"] for each in named]
    assert len(ids) == len(set(ids)), sorted(each for each in ids if ids.count(each) > 1)
    return dict(zip(ids, named, strict=True))


def rows_of(figure: Element) -> list[tuple[str, list[tuple[str, str]]]]:
    """The rows of a figure's table: the name, and each cell as its data (empty if it states none) and its text."""
    (body,) = figure.every("tbody")
    rows = []
    for row in body.every("tr"):
        cells = [
            (data[0].attributes["value"] if (data := cell.every("data")) else "", cell.text) for cell in row.every("td")
        ]
        rows.append((row.every("th")[0].text, cells))
    return rows
