"""Patterns match to the end of their text: in Python's `re`, `$` also matches before a final line feed."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = [
    path
    for folder in ("layers/eeum/python/eeum", "functions", "operations")
    for path in sorted((ROOT / folder).rglob("*.py"))
]
LOOSE = {"match", "search", "findall", "finditer"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_pattern_is_matched_against_all_of_its_text(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        of_re = isinstance(node.func.value, ast.Name) and node.func.value.id == "re"
        assert not (of_re and node.func.attr in LOOSE), f"{path}:{node.lineno}: use fullmatch"
        if of_re and node.args and isinstance(node.args[0], ast.Constant):
            assert not str(node.args[0].value).endswith("$"), f"{path}:{node.lineno}: $ is before a line's end, too"
