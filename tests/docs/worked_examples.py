"""The worked examples of docs/policy-language: a document after `<!-- policy: NAME -->`, and a table after `<!-- tried: NAME -->`.

A row of the table is an event with its result. Columns of the event: `at` (in Seoul), `payment` or `top-up` (won), `facts` (`channel taxi;
member_age 17`), `paid from` (`points 3,000; cashback 500`). Columns of the result: the id of a layer (won), `gets` (total won), `pays`
(won), `left of X` (won, of a limit or a pool), `purse` (of its reward), `declined` (a reason, or nothing). Other columns are for readers.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eeum.dry_run.events import course_of
from eeum.dry_run.outcomes import Outcome, dry_run
from eeum.policy.documents import parse_policy
from eeum.policy.rules import PolicyVersion

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "docs" / "policy-language.md", *sorted((ROOT / "docs" / "policy-language").glob("*.md"))]
EXAMPLES = ROOT / "policies" / "examples"

_POLICY = re.compile(r"<!-- policy: ([a-z-]+) -->\s*```json\n(.*?)```", re.DOTALL)
_TRIED = re.compile(r"<!-- tried: ([a-z-]+)((?: pool [a-z-]+ [\d,]+)*) -->\s*(\|.*?)(?:\n\n|\Z)", re.DOTALL)
_NUMBERS = {"merchant_annual_revenue", "merchant_own_rate", "member_age"}


@dataclass(frozen=True)
class Table:
    """A table of events on a page. `pools` has what is left of pools before the first event."""

    page: str
    policy: str
    heads: tuple[str, ...]
    rows: tuple[dict[str, str], ...]
    pools: dict[str, int]

    @property
    def events(self) -> dict[str, Any]:
        """The input of `try` for this table."""
        events = {"events": [_event(row) for row in self.rows]}
        return {"pools": self.pools, **events} if self.pools else events


def documents() -> dict[str, dict[str, Any]]:
    """Every policy of the pages, by its name on the page."""
    found = [(name, json.loads(text)) for page in PAGES for name, text in _POLICY.findall(_text(page))]
    assert len(dict(found)) == len(found), "two policies have one name"
    return dict(found)


def tables() -> list[Table]:
    return [_table(page.stem, name, pools, text) for page in PAGES for name, pools, text in _TRIED.findall(_text(page))]


def _text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def _table(page: str, policy: str, pools: str, text: str) -> Table:
    heads, _, *rows = [
        [cell.strip().replace("`", "") for cell in line.strip("|").split("|")] for line in text.splitlines()
    ]
    left = {name: won(amount) for name, amount in re.findall(r"pool ([a-z-]+) ([\d,]+)", pools)}
    return Table(page, policy, tuple(heads), tuple(dict(zip(heads, row, strict=True)) for row in rows), left)


def won(text: str) -> int:
    return int(text.replace(",", "")) if text else 0


def _event(row: dict[str, str]) -> dict[str, Any]:
    at = row["at"]
    at = at.replace(" ", "T") + (":00" if at.count(":") == 1 else "") + "+09:00"
    top_up = row.get("top-up")
    event: dict[str, Any] = {"top_up": won(top_up)} if top_up else {"payment": won(row["payment"])}
    event["at"] = at
    if row.get("facts"):
        event["facts"] = _facts(row["facts"])
    if row.get("paid from"):
        event["paid_from"] = {name: won(amount) for name, amount in _pairs(row["paid from"])}
    return event


def _pairs(text: str) -> list[tuple[str, str]]:
    return [(name, value) for name, _, value in (each.strip().partition(" ") for each in text.split(";"))]


def _facts(text: str) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for name, value in _pairs(text):
        if name == "merchant_flags":
            facts[name] = value.split(", ")
        else:
            facts[name] = won(value) if name in _NUMBERS else value
    return facts


def outcomes(table: Table) -> tuple[PolicyVersion, list[Outcome]]:
    version = parse_policy(documents()[table.policy])
    return version, dry_run([version], course_of(table.events, [version]))


def told(table: Table, version: PolicyVersion, outcome: Outcome) -> dict[str, str]:
    """The values that the row's result columns should have."""
    said: dict[str, str] = {}
    layers = {each.layer: each for each in outcome.layers}
    left = {each.id: each.left for each in (*outcome.pools, *outcome.limits)}
    for head in table.heads:
        if head in {layer.id for layer in version.layers}:
            said[head] = _said(layers[head].won if head in layers else 0)
        elif head == "gets":
            said[head] = _said(sum(each.won for each in outcome.layers))
        elif head == "pays":
            said[head] = _said(outcome.price)
        elif head.startswith("left of "):
            said[head] = f"{left[head.removeprefix('left of ')] or 0:,}"
        elif head == "purse":
            said[head] = ", ".join(each.purse.id for each in outcome.layers if each.purse)
        elif head == "declined":
            said[head] = outcome.declined or ""
    return said


def _said(amount: int) -> str:
    return f"{amount:,}" if amount else ""


def files() -> dict[Path, str]:
    """The examples as files, for `check` and `try`."""
    written = {EXAMPLES / f"{name}.json": _json(document) for name, document in documents().items()}
    for table in tables():
        path = EXAMPLES / f"{table.policy}.events.json"
        number = 2
        while path in written:
            path = EXAMPLES / f"{table.policy}.events-{number}.json"
            number += 1
        written[path] = _json(table.events)
    return written


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    EXAMPLES.mkdir(exist_ok=True)
    for old in EXAMPLES.glob("*.json"):
        old.unlink()
    for path, content in files().items():
        path.write_text(content, encoding="utf-8")
    print(f"{EXAMPLES.relative_to(ROOT)}: {len(files())} files")
