"""Policy versions in the programme table: an item each by the instant of its start, and one that claims its name.

Beside them stands one item, the programme's beginning, with a revision that every load moves: versions are judged together, and what
was judged must still be all there is when a version is stored.
"""

import json
from collections.abc import Sequence
from typing import Any

from eeum.calendar import text_of
from eeum.policy.reading import period_of
from eeum.storage import NOT_YET_STORED, Equals, Item, Key, Put, Query, Storage, Table, Write, every_item
from eeum.unit_of_work import Patience, commit

POLICY = "POLICY#"
LARGEST_HISTORY = 49
"""A transaction holds 100 writes: two a version, and the programme's beginning."""


class PolicyStore:
    def __init__(self, storage: Storage, patience: Patience, programme: str) -> None:
        self._storage = storage
        self.patience = patience
        self._partition = f"PROGRAMME#{programme}"

    def revision(self) -> int:
        """How many loads there have been, 0 before the programme begins. Read before `documents`, it tells whether they are still all.

        Consistently. 1 read unit.
        """
        (beginning,) = self._storage.read([self._beginning_key])
        return int(beginning["revision"]) if beginning else 0

    def documents(self) -> list[dict[str, Any]]:
        """Every version's document in the order of their starts. Consistently: a read unit per 4 KB, some 20 versions cost 12."""
        versions = Query(Table.PROGRAMME, self._partition, POLICY, consistent=True)
        return [json.loads(item["document"]) for item in every_item(self._storage, versions)]

    def add(self, document: dict[str, Any], added_by: str, added_at: str, revision: int) -> None:
        """Stores a version beside those that were there at `revision`.

        `ConditionsFailed` when another was loaded since, or has its instant or name. 6 write units, and 2 more for each KB.
        """
        beginning = self._beginning(added_by, added_at, revision)
        commit(self._storage, self.patience, *self._version(document, added_by, added_at), beginning)

    def add_history(self, documents: Sequence[dict[str, Any]], added_by: str, added_at: str) -> None:
        """Stores up to `LARGEST_HISTORY` versions at once; `ConditionsFailed` when the programme has begun. Units as `add`, each."""
        writes = [write for document in documents for write in self._version(document, added_by, added_at)]
        commit(self._storage, self.patience, self._beginning(added_by, added_at, 0), *writes)

    @property
    def _beginning_key(self) -> Key:
        return Key(Table.PROGRAMME, self._partition, "BEGINNING")

    def _beginning(self, added_by: str, added_at: str, revision: int) -> Put:
        """Moves the revision on from `revision`; it says who loaded last, and when. Put whole: the role may update nothing here."""
        item: Item = {"kind": "programme", "added_by": added_by, "added_at": added_at, "revision": revision + 1}
        return Put(self._beginning_key, item, (Equals(("revision",), revision),) if revision else NOT_YET_STORED)

    def _version(self, document: dict[str, Any], added_by: str, added_at: str) -> list[Write]:
        starts_at = text_of(period_of(document)[0])
        name: Item = {"kind": "policy_name", "starts_at": starts_at}
        version: Item = {
            "kind": "policy",
            "version": document["version"],
            "document": json.dumps(document, ensure_ascii=False, separators=(",", ":")),
            "added_by": added_by,
            "added_at": added_at,
        }
        return [
            Put(Key(Table.PROGRAMME, self._partition, f"{POLICY}{starts_at}"), version, NOT_YET_STORED),
            Put(Key(Table.PROGRAMME, self._partition, f"NAME#{document['version']}"), name, NOT_YET_STORED),
        ]
