"""`make lint`: look for the glossary's banned words in everything that people read."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
GLOSSARY = Path("docs/glossary.md")
SECTION = "## Never used"
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


def banned(glossary: str) -> dict[str, str]:
    """What to say instead of each word, by the table below `SECTION`."""
    rows = re.findall(r"^\| ([^|]+?) \| ([^|]+?) \|$", glossary.partition(SECTION)[2], re.MULTILINE)
    return {word.strip(): instead for words, instead in rows if words != "never" for word in words.split(",")}


def hits(path: Path, text: str, words: dict[str, str]) -> Iterator[Hit]:
    """Each use of `words` in `text`, whole words in any case. A word alone in quotes is a stored or JSON name, which stays."""
    any_of = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
    pattern = re.compile(rf"""(?<![\w-])(?!(?<=["'`])(?:{any_of})["'`])({any_of})(?![\w-])""", re.IGNORECASE)
    for number, line in enumerate(text.splitlines(), 1):
        for found in pattern.findall(line):
            yield Hit(path, number, found, words[found.lower()])


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
    found = [hit for path in checked_in() for hit in hits(path, (ROOT / path).read_text(), words)]
    for hit in found:
        print(f'{hit.path}:{hit.line}: "{hit.word}"; say: {hit.instead}')
    if found:
        print(f"{len(found)} words that {GLOSSARY} never uses.")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
