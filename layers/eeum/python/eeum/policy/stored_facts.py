"""Facts as entries store them: one list for writing, reading and validating them.

Types are those of the policy language, so that validation accepts everything that is written. Stored names and places never change
(`eeum.journal.forms`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from enum import StrEnum
from typing import Any, NamedTuple

from eeum.journal.forms import facts_by_name, facts_in_places
from eeum.policy.conditions import FACTS_OF_A_TOP_UP, FLAG_FACTS, NUMBER_FACTS, TEXT_FACTS, Facts


class FactType(StrEnum):
    TEXT = "a text"
    WHOLE_NUMBER = "a whole number"
    FLAGS = "a list of texts"


class StoredFact(NamedTuple):
    """A fact of `Facts` and its name in entries.

    Facts of version 1 are stored `always`, as null when unknown. Facts added later are stored only when known.
    """

    name: str
    stored: str
    type: FactType
    may_be_unknown: bool
    always: bool


_TYPES = (
    (TEXT_FACTS, FactType.TEXT),
    (FLAG_FACTS, FactType.FLAGS),
    # A merchant's own rate is a fact that rates use and no condition compares.
    (NUMBER_FACTS | {"merchant_own_rate"}, FactType.WHOLE_NUMBER),
)
_DEFAULTS: Mapping[str, Any] = {field.name: field.default for field in fields(Facts)}


def _stored(name: str, stored: str | None = None, *, always: bool = True) -> StoredFact:
    (kind,) = (kind for names, kind in _TYPES if name in names)
    return StoredFact(name, stored or name, kind, _DEFAULTS[name] is None, always)


STORED_FACTS = (
    _stored("merchant_district", "district"),
    _stored("merchant_category", "category"),
    _stored("merchant_annual_revenue", "annual_revenue"),
    _stored("merchant_flags", "flags"),
    _stored("merchant_own_rate", "own_rate"),
    _stored("card_product"),
    _stored("member_class"),
    _stored("channel"),
    _stored("method"),
    _stored("card_issuer", always=False),
    _stored("member_district", always=False),
    _stored("member_age", always=False),
)
"""All of `Facts` but `amount` and `accepted_at`, which every entry stores under attributes of its own."""

STORED_WITH_A_TOP_UP = tuple(fact._replace(always=False) for fact in STORED_FACTS if fact.name in FACTS_OF_A_TOP_UP)
"""The facts of the member, each stored only when known."""


def facts_stored(facts: Facts) -> list[Any]:
    """The facts of a payment or a capture as a list, each in its place."""
    return facts_in_places(_by_stored_name(facts, STORED_FACTS))


def facts_of_top_up_stored(facts: Facts) -> dict[str, Any]:
    """The facts of a top-up by name, since few are known and a list of all places would be longer."""
    return _by_stored_name(facts, STORED_WITH_A_TOP_UP)


def _by_stored_name(facts: Facts, stored: Iterable[StoredFact]) -> dict[str, Any]:
    named: dict[str, Any] = {}
    for fact in stored:
        value = getattr(facts, fact.name)
        if value is not None:
            named[fact.stored] = sorted(value) if fact.type is FactType.FLAGS else value
    return named


def facts_of_item(item: Mapping[str, Any] | Sequence[Any], stored: Iterable[StoredFact] = STORED_FACTS) -> Facts:
    """Read facts of either form. Raises `KeyError` when a fact is missing that every entry has."""
    named = facts_by_name(item)
    known: dict[str, Any] = {}
    for fact in stored:
        if fact.always or fact.stored in named:
            value = named[fact.stored]
            known[fact.name] = frozenset(value) if fact.type is FactType.FLAGS else value
    return Facts(**known)


def fault_of_facts(item: Mapping[str, Any] | Sequence[Any], stored: Iterable[StoredFact] = STORED_FACTS) -> str | None:
    """Describe the first fact that a policy could not compare, with its value and what is allowed; None when all can be compared.

    An unknown fact is a fault: a later release of the software stored it, and a policy of that release may compare it.
    """
    named = facts_by_name(item)
    known = {fact.stored: fact for fact in stored}
    for name, value in named.items():
        if name not in known:
            return f"its fact {name} is not one that this version knows: {', '.join(sorted(known))}"
        fact = known[name]
        if not (value is None and fact.may_be_unknown) and not _is_of(value, fact.type):
            return f"its fact {name} is {value!r}, which is not {fact.type}"
    missing = next((name for name, fact in known.items() if fact.always and name not in named), None)
    return f"its fact {missing} is missing" if missing else None


def _is_of(value: Any, kind: FactType) -> bool:
    if kind is FactType.TEXT:
        return isinstance(value, str)
    if kind is FactType.WHOLE_NUMBER:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, list | tuple | set | frozenset) and all(isinstance(each, str) for each in value)
