"""Definitions of figures and tables as data, and the hash that keeps their meaning.

What a definition means never changes under its id: its meaning is recorded, and a definition that means something else is refused. A new
meaning needs a new id.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from eeum.statistics.refusals import DefinitionChanged, DefinitionUnusable

MEANING = (
    "unit",
    "formula_ko",
    "formula_en",
    "filters_ko",
    "filters_en",
    "denominator",
    "revision_rule_ko",
    "revision_rule_en",
)
"""The fields that a reader relies on. Names, and how SQL computes the same, may change."""
OTHERS = ("id", "name_ko", "name_en", "group", "sql")

Definition = Mapping[str, Any]


def meaning_hash(definition: Definition) -> str:
    meaning = json.dumps({name: definition[name] for name in MEANING}, ensure_ascii=False, sort_keys=True)
    return "sha256:" + hashlib.sha256(meaning.encode()).hexdigest()


def checked(definitions: Sequence[Definition], recorded: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """The definitions by id, each with its `meaning_hash`.

    `recorded` has the hash of every definition that a release ever used, by id.

    Raises:
        DefinitionUnusable: a field is missing or empty, an id occurs twice or is not recorded, or a recorded one is gone.
        DefinitionChanged: the meaning differs from the recorded one.
    """
    found: dict[str, dict[str, Any]] = {}
    for each in definitions:
        name = each.get("id", "")
        for field in (*OTHERS, *MEANING):
            if field not in each or (each[field] in ("", []) and field != "denominator"):
                raise DefinitionUnusable(f"The definition {name!r} has no {field}.")
        if name in found:
            raise DefinitionUnusable(f"Two definitions have the id {name}.")
        if name not in recorded:
            raise DefinitionUnusable(
                f"The meaning of {name} is not recorded; record it once, before its first release."
            )
        if (now := meaning_hash(each)) != recorded[name]:
            raise DefinitionChanged(
                f"The definition {name} means something else than recorded ({now}, and {recorded[name]} before): give it a new id."
            )
        found[name] = {**each, "meaning_hash": now}
    if gone := sorted(set(recorded) - set(found)):
        raise DefinitionUnusable(
            f"The definition {gone[0]} is recorded, but no longer defined; earlier releases refer to it."
        )
    return found
