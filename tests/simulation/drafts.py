"""Drafts of policies in a simulated city, with the most distant dates that a client can write."""

import copy
import random
from collections.abc import Iterator
from typing import Any

from eeum.errors import PolicyRefused
from eeum.policy.documents import shaped_document
from eeum.policy.draft_store import DraftStore
from eeum.policy.lifecycle import check_draft, create_draft
from eeum.policy.store import PolicyStore
from eeum.storage import Storage
from tests.patience import patience_of
from tests.simulation.city import PROGRAMME, Simulated
from tests.simulation.operations import Operation, _key

ENDS = {
    "1999-12-31T23:59:59.999+09:00": False,
    "2000-01-01T00:00:00+09:00": True,
    "2200-12-31T23:59:59.999+09:00": True,
    "2201-01-01T00:00:00+09:00": False,
    "9998-12-31T00:00:00+09:00": False,
    "9999-12-31T23:59:59+09:00": False,
}
"""Instants, and whether a document may name them."""

OUT_OF_BOUNDS = "instant_range"


def draft(city: Simulated, storage: Storage, chance: random.Random) -> None:
    """Draft a document with such a date: it is refused if the date is out of bounds, and a draft of an earlier release fails its check."""
    text = chance.choice(list(ENDS))
    document = _with_a_date(chance.choice(city.scene.documents), text, chance)
    assert _faults(document) == (set() if ENDS[text] else {OUT_OF_BOUNDS}), f"a document with {text}"
    if ENDS[text]:
        return
    stores = DraftStore(storage, patience_of(), PROGRAMME), PolicyStore(storage, patience_of(), PROGRAMME)
    create_draft(*stores, PROGRAMME, document, "operator", "추경", None, city.now)
    checked = check_draft(*stores, document["version"], 1, "operator", city.now)
    assert checked.check is not None
    assert OUT_OF_BOUNDS in {code for _, code, _ in checked.check.faults}, (text, checked)


def _with_a_date(document: dict[str, Any], text: str, chance: random.Random) -> dict[str, Any]:
    """The document as a new draft with one date changed. It is not the start, which would be too soon for other reasons."""
    made = copy.deepcopy(document) | {"version": f"draft-{_key(chance)[:12]}"}
    part, word = chance.choice([each for each in _dates(made) if each[1] != "starts_at"])
    part[word] = text
    return made


def _dates(part: Any) -> Iterator[tuple[dict[str, Any], str]]:
    if isinstance(part, list):
        for each in part:
            yield from _dates(each)
    if isinstance(part, dict):
        for word, value in part.items():
            yield from _dates(value)
            if isinstance(value, str) and len(value) > len("2022-11-05T") and value[10:11] == "T":
                yield part, word


def _faults(document: dict[str, Any]) -> set[str]:
    """The faults that a client gets for the document; none if it becomes a draft."""
    try:
        shaped_document(document)
    except PolicyRefused as refused:
        return {code for _, code, _ in refused.problems}
    return set()


DRAFTS: dict[str, tuple[Operation, float]] = {"draft": (draft, 0.15)}
