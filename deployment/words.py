"""`make lint`: look for the glossary's banned words in everything that people read, and in the names of the product's code."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
GLOSSARY = Path("docs/glossary.md")
SECTION = "## Never used"
SECTION_OF_NAMES = "## Never used in names of code"
#: Folders whose names are checked.
PRODUCT = {"layers", "functions", "local", "operations", "simulator", "deployment", "bench", "costs"}
READ = {".py", ".md", ".yaml", ".yml", ".toml", ".sh", ".ts", ".tsx", ".html", ".css", "", ".json"}
#: Generated files, and data of others.
EXCEPT = (
    GLOSSARY,
    Path("docs/openapi.json"),
    Path("LICENSE"),
    Path("requirements"),
    Path("tests/golden"),
    Path("tests/upgrade/releases"),
    Path("tests/docs/test_words.py"),
)


class Hit(NamedTuple):
    """A word that is never used: where it is, and what to say instead."""

    path: Path
    line: int
    word: str
    instead: str


def banned(glossary: str, section: str = SECTION) -> dict[str, str]:
    """What to say instead of each word, by the table below the heading `section`."""
    table = glossary.partition(f"{section}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([^|]+?) \| ([^|]+?) \|$", table, re.MULTILINE)
    return {word.strip(): instead for words, instead in rows if words != "never" for word in words.split(",")}


def hits(path: Path, text: str, words: dict[str, str]) -> Iterator[Hit]:
    """Each use of `words` in `text`, whole words in any case. A word alone in quotes is a stored or JSON name, which stays."""
    any_of = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
    pattern = re.compile(rf"""(?<![\w-])(?!(?<=["'`])(?:{any_of})["'`])({any_of})(?![\w-])""", re.IGNORECASE)
    for number, line in enumerate(text.splitlines(), 1):
        for found in pattern.findall(line):
            yield Hit(path, number, found, words[found.lower()])


def hits_in_names(path: Path, text: str, words: dict[str, str]) -> Iterator[Hit]:
    """Each of `words` that is a part of a name which the module defines, or of its own. Fields of a class are JSON names, which stay."""
    for line, name in [(1, path.stem), *_names(ast.parse(text))]:
        for part in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name):
            if part.lower() in words:
                yield Hit(path, line, f"{part.lower()} in {name}", words[part.lower()])


def _names(module: ast.Module) -> Iterator[tuple[int, str]]:
    fields = _fields(module)
    for node in ast.walk(module):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.lineno, node.name
            case ast.arg():
                yield node.lineno, node.arg
            case ast.Name(ctx=ast.Store()) if node.id not in fields:
                yield node.lineno, node.id


def _fields(module: ast.Module) -> set[str]:
    classes = (node for node in ast.walk(module) if isinstance(node, ast.ClassDef))
    annotated = (field for each in classes for field in each.body if isinstance(field, ast.AnnAssign))
    return {field.target.id for field in annotated if isinstance(field.target, ast.Name)}


def checked_in() -> list[Path]:
    """The files that people read, as git lists them, new ones too."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.splitlines()
    paths = map(Path, listed)
    return [
        path
        for path in paths
        if path.suffix in READ and not any(path.is_relative_to(each) for each in EXCEPT) and (ROOT / path).is_file()
    ]


def main() -> int:
    words = banned((ROOT / GLOSSARY).read_text())
    names = banned((ROOT / GLOSSARY).read_text(), SECTION_OF_NAMES)
    texts = [(path, (ROOT / path).read_text()) for path in checked_in()]
    found = [hit for path, text in texts for hit in hits(path, text, words)]
    product = [each for each in texts if each[0].suffix == ".py" and each[0].parts[0] in PRODUCT]
    found += [hit for path, text in product for hit in hits_in_names(path, text, names)]
    for hit in found:
        print(f'{hit.path}:{hit.line}: "{hit.word}"; say: {hit.instead}')
    if found:
        print(f"{len(found)} words that {GLOSSARY} never uses.")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
