"""Store policy versions in the programme table: one item per version by its start, and one that reserves its name.

Amendments follow under the same prefix, so that one query reads a whole policy book. One more item, the programme's beginning, has a
revision that every load and amendment increments. Versions are checked against one another, so a write is conditional on the revision
at which they were checked.
"""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from eeum.calendar import text_of
from eeum.policy.amendment_items import amendment_item, amendment_of
from eeum.policy.amendments import Amendment, withdrawn
from eeum.policy.history import Step
from eeum.policy.history_store import writes_of_step
from eeum.policy.reading import period_of
from eeum.storage import NOT_YET_STORED, Equals, Item, Key, Put, Query, Storage, Table, Write, every_item
from eeum.unit_of_work import Patience, commit

POLICY = "POLICY#"
AMENDMENT = f"{POLICY}AMENDMENT#"
"""Sorts after every version, since the text of an instant begins with a digit."""
LARGEST_HISTORY = 49
"""A transaction holds 100 writes: two for each version, one for the programme's beginning, and one for the step."""


class Stored(NamedTuple):
    """All versions' documents in the order of their starts, including withdrawn ones, and all amendments in the order stored."""

    every: list[dict[str, Any]]
    amendments: list[Amendment]

    @property
    def documents(self) -> list[dict[str, Any]]:
        """The documents that were not withdrawn."""
        gone = withdrawn(self.amendments)
        return [document for document in self.every if document["version"] not in gone]


class PolicyStore:
    def __init__(self, storage: Storage, patience: Patience, programme: str) -> None:
        self._storage = storage
        self.patience = patience
        self._partition = f"PROGRAMME#{programme}"

    def revision(self) -> int:
        """Return the number of loads and amendments so far, 0 before the first, read consistently. 1 read unit.

        Read it before `stored`: a write that is conditional on it fails when anything was stored meanwhile.
        """
        (beginning,) = self._storage.read([self._beginning_key])
        return int(beginning["revision"]) if beginning else 0

    def stored(self) -> Stored:
        """Return all versions and amendments, read consistently. A read unit per 4 KB: 12 for some 20 versions."""
        items = list(every_item(self._storage, Query(Table.PROGRAMME, self._partition, POLICY, consistent=True)))
        return Stored(
            [json.loads(item["document"]) for item in items if item["kind"] == "policy"],
            [amendment_of(item) for item in items if item["kind"] == "amendment"],
        )

    def documents(self) -> list[dict[str, Any]]:
        """Return the documents that were not withdrawn, in the order of their starts. Read units as `stored`."""
        return self.stored().documents

    def page(self, count: int, after: str | None = None) -> tuple[list[dict[str, Any]], str | None]:
        """Return up to `count` of the documents that were not withdrawn, and the cursor of the next page.

        Half a read unit per 4 KB, of these documents and of all amendments.
        """
        amendments = [amendment_of(item) for item in every_item(self._storage, self._query(AMENDMENT))]
        gone = withdrawn(amendments)
        page = self._storage.query(self._query(POLICY, count, after))
        documents = [json.loads(item["document"]) for item in page.items if item["kind"] == "policy"]
        over = any(item["kind"] == "amendment" for item in page.items)
        return [each for each in documents if each["version"] not in gone], None if over else page.cursor

    def _query(self, prefix: str, count: int | None = None, after: str | None = None) -> Query:
        return Query(Table.PROGRAMME, self._partition, prefix, limit=count, after=after)

    def add(
        self,
        document: dict[str, Any],
        added_by: str,
        added_at: str,
        revision: int,
        beside: Sequence[Write] = (),
        place: int = 1,
    ) -> None:
        """Store a version, with the writes of `beside`, if the revision is still `revision`. 6 write units, and 2 more for each KB.

        `place` is 1 plus the number of withdrawn versions with the same start. Raises `ConditionsFailed` when anything was stored
        since `revision`, or another version has its start or name.
        """
        beginning = self._beginning(added_by, added_at, revision)
        version = self._version(document, added_by, added_at, place)
        commit(self._storage, self.patience, *version, beginning, *beside)

    def add_history(self, documents: Sequence[dict[str, Any]], step: Step) -> None:
        """Store up to `LARGEST_HISTORY` versions in one transaction. Write units as `add` for each version.

        Raises `ConditionsFailed` when anything was stored for the programme before.
        """
        added_at = text_of(step.at)
        writes = [write for document in documents for write in self._version(document, step.by, added_at)]
        beginning = self._beginning(step.by, added_at, 0)
        commit(self._storage, self.patience, beginning, *writes, *writes_of_step(self._partition, step))

    def amend(self, amendment: Amendment, step: Step, revision: int, beside: Sequence[Write] = ()) -> None:
        """Store an amendment, its step and the writes of `beside`. 8 write units, and those of `beside`.

        Raises `ConditionsFailed` when anything was stored since `revision`.
        """
        added_at = text_of(step.at)
        item = amendment_item(amendment) | {"kind": "amendment", "added_by": step.by, "added_at": added_at}
        key = Key(Table.PROGRAMME, self._partition, f"{AMENDMENT}{revision + 1:08d}")
        beginning = self._beginning(step.by, added_at, revision)
        steps = writes_of_step(self._partition, step)
        commit(self._storage, self.patience, Put(key, item, NOT_YET_STORED), beginning, *steps, *beside)

    @property
    def _beginning_key(self) -> Key:
        return Key(Table.PROGRAMME, self._partition, "BEGINNING")

    def _beginning(self, added_by: str, added_at: str, revision: int) -> Put:
        """Increment `revision`, and record who stored last and when. A put, since the role has no permission to update items here."""
        item: Item = {"kind": "programme", "added_by": added_by, "added_at": added_at, "revision": revision + 1}
        return Put(self._beginning_key, item, (Equals(("revision",), revision),) if revision else NOT_YET_STORED)

    def _version(self, document: dict[str, Any], added_by: str, added_at: str, place: int = 1) -> list[Write]:
        starts_at = text_of(period_of(document)[0])
        name: Item = {"kind": "policy_name", "starts_at": starts_at}
        version: Item = {
            "kind": "policy",
            "version": document["version"],
            "document": json.dumps(document, ensure_ascii=False, separators=(",", ":")),
            "added_by": added_by,
            "added_at": added_at,
        }
        sort = f"{POLICY}{starts_at}" if place == 1 else f"{POLICY}{starts_at}#{place}"
        return [
            Put(Key(Table.PROGRAMME, self._partition, sort), version, NOT_YET_STORED),
            Put(Key(Table.PROGRAMME, self._partition, f"NAME#{document['version']}"), name, NOT_YET_STORED),
        ]
