"""Store policy drafts in the programme table: one item per draft, one per revision of its document, and their steps."""

import json
from collections.abc import Mapping
from typing import Any

from eeum.calendar import parse_instant, text_of
from eeum.policy.drafts import Changed, Check, Draft, DraftStatus, Simulation
from eeum.policy.history_store import writes_of_step
from eeum.policy.store import PolicyStore
from eeum.storage import NOT_YET_STORED, Equals, Item, Key, Put, Query, Storage, Table, Write
from eeum.unit_of_work import Patience, commit

DRAFT = "DRAFT#"


class DraftStore:
    def __init__(self, storage: Storage, patience: Patience, programme: str) -> None:
        self._storage = storage
        self.patience = patience
        self._partition = f"PROGRAMME#{programme}"

    def draft(self, version: str) -> Draft | None:
        """Return one draft by its name, read consistently. 1 or 2 read units."""
        (item,) = self._storage.read([self._key(f"{DRAFT}{version}")])
        return _draft_of(item) if item else None

    def document(self, version: str, revision: int) -> dict[str, Any]:
        """Return the document of a revision. A read unit per 4 KB. Raises `LookupError` when there is no such revision."""
        (item,) = self._storage.read([self._revision_key(version, revision)])
        if item is None:
            raise LookupError(f"{version} has no revision {revision}")
        document: dict[str, Any] = json.loads(item["document"])
        return document

    def drafts(self, count: int, after: str | None = None) -> tuple[list[Draft], str | None]:
        """Return drafts in the order of their names, and the cursor of the next page. Half a read unit per 4 KB: 3 for 20."""
        page = self._storage.query(Query(Table.PROGRAMME, self._partition, DRAFT, limit=count, after=after))
        return [_draft_of(item) for item in page.items], page.cursor

    def simulation(self, digest: str) -> Simulation | None:
        """Return the latest finished simulation of the document with this digest, read consistently. 1 or 2 read units."""
        (item,) = self._storage.read([self._key(f"SIMULATION#{digest}")])
        if item is None:
            return None
        return Simulation(item["id"], item["digest"], item["finished_at"], json.loads(item["summary"]))

    def store(self, changed: Changed, before: Draft | None, document: Mapping[str, Any] | None = None) -> None:
        """Store a draft's next step, with its document when the revision is new.

        Raises `ConditionsFailed` when the stored draft is no longer `before`. 6 write units; 2 more for each KB of a document.
        """
        writes = self._writes(changed, before)
        if document is not None:
            item = {
                "kind": "policy_revision",
                "digest": changed.draft.digest,
                "document": json.dumps(document, ensure_ascii=False, separators=(",", ":")),
            }
            key = self._revision_key(changed.draft.version, changed.draft.revision)
            writes.append(Put(key, item, NOT_YET_STORED))
        commit(self._storage, self.patience, *writes)

    def schedule(
        self,
        policies: PolicyStore,
        changed: Changed,
        before: Draft,
        document: dict[str, Any],
        revision: int,
        place: int,
    ) -> None:
        """Store an approved draft and its version in one transaction.

        Raises `ConditionsFailed` as `store` and `PolicyStore.add` do. Write units: the sum of both.
        """
        step = changed.step
        policies.add(document, step.by, text_of(step.at), revision, self._writes(changed, before), place)

    def _writes(self, changed: Changed, before: Draft | None) -> list[Write]:
        as_read = (Equals(("steps",), before.steps),) if before else NOT_YET_STORED
        head = Put(self._key(f"{DRAFT}{changed.draft.version}"), _item(changed.draft), as_read)
        return [head, *writes_of_step(self._partition, changed.step)]

    def _key(self, sort: str) -> Key:
        return Key(Table.PROGRAMME, self._partition, sort)

    def _revision_key(self, version: str, revision: int) -> Key:
        return self._key(f"REVISION#{version}#{revision:06d}")


def _item(draft: Draft) -> Item:
    return {
        "kind": "policy_draft",
        "version": draft.version,
        "status": draft.status.value,
        "revision": draft.revision,
        "digest": draft.digest,
        "authors": list(draft.authors),
        "emergency_reason": draft.emergency_reason,
        "check": _check_item(draft.check) if draft.check else None,
        "steps": draft.steps,
        "created_at": text_of(draft.created_at),
        "changed_at": text_of(draft.changed_at),
    }


def _check_item(check: Check) -> Item:
    simulation = check.simulation
    return {
        "revision": check.revision,
        "at": text_of(check.at),
        "by": check.by,
        "against": check.against,
        "faults": [list(fault) for fault in check.faults],
        "simulation": {
            "id": simulation.id,
            "digest": simulation.digest,
            "finished_at": simulation.finished_at,
            "summary": json.dumps(simulation.summary, ensure_ascii=False),
        }
        if simulation
        else None,
    }


def _draft_of(item: Item) -> Draft:
    return Draft(
        version=item["version"],
        status=DraftStatus(item["status"]),
        revision=item["revision"],
        digest=item["digest"],
        authors=tuple(item["authors"]),
        emergency_reason=item["emergency_reason"],
        check=_check_of(item["check"]) if item["check"] else None,
        steps=item["steps"],
        created_at=parse_instant(item["created_at"], "created_at"),
        changed_at=parse_instant(item["changed_at"], "changed_at"),
    )


def _check_of(item: Item) -> Check:
    found = item["simulation"]
    return Check(
        revision=item["revision"],
        at=parse_instant(item["at"], "at"),
        by=item["by"],
        against=item["against"],
        faults=tuple((path, code, why) for path, code, why in item["faults"]),
        simulation=Simulation(found["id"], found["digest"], found["finished_at"], json.loads(found["summary"]))
        if found
        else None,
    )
