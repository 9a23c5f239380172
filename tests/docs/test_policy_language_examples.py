"""The worked examples of docs/policy-language are correct to the won, and equal to policies/examples."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from eeum.dry_run.report import lines_of
from eeum.policy.check import schema
from eeum.policy.conditions import FLAG_FACTS, INSTANT_FACTS, NUMBER_FACTS, TEXT_FACTS, TIME_FACTS
from eeum.policy.documents import canonical_document
from tests.docs.worked_examples import EXAMPLES, PAGES, Table, documents, files, outcomes, tables, told

TABLES = tables()
DOCUMENTS = documents()
REFERENCE = (PAGES[0].parent / "policy-language" / "reference.md").read_text(encoding="utf-8")
FACTS = TEXT_FACTS | NUMBER_FACTS | FLAG_FACTS | TIME_FACTS | INSTANT_FACTS


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_a_policy_to_copy_is_valid(name: str) -> None:
    assert canonical_document(DOCUMENTS[name])["programme"] == "haneul"


@pytest.mark.parametrize("table", TABLES, ids=lambda table: f"{table.page}-{table.policy}")
def test_events_get_what_the_page_says(table: Table) -> None:
    version, found = outcomes(table)
    expected = [told(table, version, outcome) for outcome in found]
    said = [{head: row[head] for head in outcome} for row, outcome in zip(table.rows, expected, strict=True)]
    assert said == expected


def test_every_policy_has_a_table_of_events() -> None:
    assert {table.policy for table in TABLES} == set(DOCUMENTS)
    assert all(len(table.rows) > 2 for table in TABLES)


def test_the_examples_as_files_are_those_of_the_pages() -> None:
    written = {path: path.read_text(encoding="utf-8") for path in EXAMPLES.glob("*.json")}
    assert written == files(), "write them again: make policy-examples"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_block_of_json_can_be_read(page: Any) -> None:
    for block in re.findall(r"```json\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        json.loads(block if block.lstrip().startswith(("{", "[")) else f"{{{block}}}")


def _words(schema: Any) -> set[str]:
    """Every word that may be a key in a document."""
    if isinstance(schema, list):
        return set().union(*map(_words, schema)) if schema else set()
    if not isinstance(schema, dict):
        return set()
    own = set(schema["properties"]) if isinstance(schema.get("properties"), dict) else set()
    return own.union(*map(_words, schema.values()))


@pytest.mark.parametrize("word", sorted(_words(schema())))
def test_every_word_is_in_the_reference(word: str) -> None:
    assert re.search(rf'[`."]{re.escape(word)}[`"]', REFERENCE)


@pytest.mark.parametrize("fact", sorted(FACTS))
def test_every_fact_is_in_the_reference(fact: str) -> None:
    assert f"`{fact}`" in REFERENCE.partition("## Facts")[2]


def test_the_page_shows_what_a_dry_run_prints() -> None:
    page = (PAGES[0].parent / "policy-language" / "trying.md").read_text(encoding="utf-8")
    found = re.findall(r"<!-- printed: ([a-z-]+) -->\n```\n(.*?)\n```", page, re.DOTALL)
    assert found
    for name, printed in found:
        table = next(table for table in TABLES if table.policy == name)
        assert printed.splitlines() == list(lines_of(outcomes(table)[1]))
