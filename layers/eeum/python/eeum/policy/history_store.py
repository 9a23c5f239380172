"""Store the steps of a programme's policies in the programme table, each twice: by subject and by time."""

import re

from eeum.calendar import parse_instant, text_of
from eeum.policy.history import HISTORY, Did, Step, Subject
from eeum.storage import NOT_YET_STORED, Item, Key, Put, Query, Storage, Table

STEP = "STEP#"


class HistoryStore:
    def __init__(self, storage: Storage, programme: str) -> None:
        self._storage = storage
        self._partition = f"PROGRAMME#{programme}"

    def latest(self, count: int, after: str | None = None) -> tuple[list[Step], str | None]:
        """Return the programme's latest steps, newest first, and the cursor of the next page.

        Half a read unit per 4 KB: 2 for 50.
        """
        page = self._storage.query(
            Query(Table.PROGRAMME, self._partition, HISTORY, newest_first=True, limit=count, after=after)
        )
        return [_step_of(item) for item in page.items], page.cursor

    def of(self, subject: Subject, name: str, count: int, after: str | None = None) -> tuple[list[Step], str | None]:
        """Return the steps of one draft or amendment in their order, and the cursor of the next page. Units as `latest`."""
        # Anything else would be a prefix of other subjects' keys.
        if not re.fullmatch(r"[a-z0-9_-]+", name):
            return [], None
        prefix = f"{STEP}{subject}#{name}#"
        page = self._storage.query(Query(Table.PROGRAMME, self._partition, prefix, limit=count, after=after))
        return [_step_of(item) for item in page.items], page.cursor


def writes_of_step(programme_partition: str, step: Step) -> list[Put]:
    """The writes of a step's two items (4 write units), for the transaction that carries out the step.

    Loading a programme's history has no subject of its own, so its step has one item only.
    """
    item: Item = {
        "kind": "policy_step",
        "subject": step.subject.value,
        "name": step.name,
        "number": step.number,
        "did": step.did.value,
        "by": step.by,
        "at": text_of(step.at),
        "reason": step.reason,
        "revision": step.revision,
        "digest": step.digest,
        "emergency_reason": step.emergency_reason,
    }
    own = f"{step.subject.value}#{step.name}#{step.number:06d}"
    sorts = [f"{HISTORY}{text_of(step.at)}#{own}"]
    if step.subject is not Subject.HISTORY:
        sorts.append(f"{STEP}{own}")
    return [Put(Key(Table.PROGRAMME, programme_partition, sort), item, NOT_YET_STORED) for sort in sorts]


def _step_of(item: Item) -> Step:
    return Step(
        subject=Subject(item["subject"]),
        name=item["name"],
        number=item["number"],
        did=Did(item["did"]),
        by=item["by"],
        at=parse_instant(item["at"], "at"),
        reason=item["reason"],
        revision=item["revision"],
        digest=item["digest"],
        emergency_reason=item["emergency_reason"],
    )
