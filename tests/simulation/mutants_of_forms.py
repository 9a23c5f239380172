"""Safeguards of the codec's two versions: each reads what it must in the form in which it is stored."""

from collections.abc import Mapping
from typing import Any
from unittest.mock import patch

from eeum.journal.forms import FACTS
from eeum.payments import items
from eeum.policy import stored_facts
from eeum.wallet import wallet_items
from eeum.wallet.rules import Purse
from tests.simulation.mutation import Mutant

facts_by_name, about_of = stored_facts.facts_by_name, wallet_items._about_of


def _exchanged(stored: Any) -> Mapping[str, Any]:
    """Two texts have each other's place."""
    named = facts_by_name(stored)
    if isinstance(stored, Mapping):
        return named
    return {**named, "district": named[FACTS[1]], "category": named[FACTS[0]]}


def _of_version_2_alone(item: Any) -> Any:
    return about_of({"about": item.get("about", [])})


def _unlike(base64url: str) -> str:
    return base64url[::-1]


MUTANTS_OF_FORMS = (
    Mutant(
        "places of facts",
        "two facts of version 2 are read from each other's place",
        lambda: patch.object(stored_facts, "facts_by_name", _exchanged),
        forms=True,
    ),
    Mutant(
        "members of version 1",
        "what an operator said of a member is read from version 2 alone",
        lambda: patch.object(wallet_items, "_about_of", _of_version_2_alone),
        forms=True,
    ),
    Mutant(
        "terms that follow from a name",
        "a purse of version 2 has none",
        lambda: patch.object(wallet_items, "purse_named", lambda name: Purse(name, 0)),
        forms=True,
    ),
    Mutant(
        "the body's hash of version 2",
        "it is not that of the request",
        lambda: patch.object(items, "_hexadecimal", _unlike),
    ),
)
