"""The forms of conditions in documents, each identified by a word that only it has."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag
from pydantic_core import PydanticCustomError

from eeum.policy.conditions import FLAG_FACTS, INSTANT_FACTS, NUMBER_FACTS, TEXT_FACTS, TIME_FACTS
from eeum.policy.document_values import Instant, Name, Part, Won

TimeOfDay = Annotated[
    str, Field(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$", json_schema_extra={"examples": ["18:00"]})
]
"""Hours and minutes in Seoul; `24:00` is the end of the day."""


class AllHold(Part):
    all: list["ConditionDocument"] = Field(min_length=1, max_length=20)


class AnyHolds(Part):
    any: list["ConditionDocument"] = Field(min_length=1, max_length=20)


class DoesNotHold(Part):
    denied: "ConditionDocument" = Field(alias="not")


_COMPARED: tuple[tuple[frozenset[str], str], ...] = (
    (TEXT_FACTS, "in"),
    (FLAG_FACTS, "has"),
    (NUMBER_FACTS, "above, at_least, at_most and below"),
    (TIME_FACTS | INSTANT_FACTS, "from and until"),
)


def _why_not(fact: Any, facts: frozenset[str]) -> str:
    """Explain why `fact` does not fit: the words that compare it, if it exists, and the `facts` allowed here."""
    other = next(
        (f" It is compared with {words}." for names, words in _COMPARED if isinstance(fact, str) and fact in names),
        None,
    )
    named = f"{fact} is not compared in this way.{other}" if other else "There is no such fact."
    return f"{named} In this way: {', '.join(sorted(facts))}."


def _known(facts: frozenset[str]) -> BeforeValidator:
    """A validator that reports a fact outside `facts` under the code `unknown_fact`."""

    def known(fact: Any) -> Any:
        if not isinstance(fact, str) or fact not in facts:
            raise PydanticCustomError("unknown_fact", "{why}", {"why": _why_not(fact, facts)})
        return fact

    return BeforeValidator(known)


class IsOneOf(Part):
    fact: Annotated[Literal[*sorted(TEXT_FACTS)], _known(TEXT_FACTS)]  # type: ignore[valid-type]
    values: list[Name] = Field(alias="in", min_length=1, max_length=100)


class HasTheFlag(Part):
    fact: Annotated[Literal[*sorted(FLAG_FACTS)], _known(FLAG_FACTS)]  # type: ignore[valid-type]
    has: Name


class IsBetween(Part):
    """A range of numbers. `above` and `below` are exclusive, `at_least` and `at_most` inclusive.

    At least one is given, and at most one for each end.
    """

    fact: Annotated[Literal[*sorted(NUMBER_FACTS)], _known(NUMBER_FACTS)]  # type: ignore[valid-type]
    above: Won | None = None
    at_least: Won | None = None
    at_most: Won | None = None
    below: Won | None = None


class IsWithinTheDay(Part):
    """The hours from `from` (inclusive) until `until` (exclusive); across midnight when `from` is the later."""

    fact: Annotated[Literal["time_of_day"], _known(TIME_FACTS)]
    start: TimeOfDay = Field(alias="from")
    until: TimeOfDay


class IsWithin(Part):
    """The time from `from` (inclusive) until `until` (exclusive); one of them may be left out."""

    fact: Annotated[Literal["instant"], _known(INSTANT_FACTS)]
    start: Instant | None = Field(default=None, alias="from")
    until: Instant | None = None


def _form_of_condition(condition: Any) -> str | None:
    """Return the tag of a condition's form by the word that only this form has, so that a fault is reported for one form only.

    Parentheses distinguish tags from the names in a fault's path.
    """
    if isinstance(condition, Part):  # on serialisation
        return FORMS[type(condition)]
    words = condition if isinstance(condition, Mapping) else {}
    joint = next((f"({word})" for word in ("all", "any", "not", "in", "has") if word in words), None)
    if joint:
        return joint
    if {"above", "at_least", "at_most", "below"} & set(words):
        return "(between)"
    if {"from", "until"} & set(words):
        return "(day)" if words.get("fact") == "time_of_day" else "(within)"
    return None


FORMS: dict[type[Part], str] = {
    AllHold: "(all)",
    AnyHolds: "(any)",
    DoesNotHold: "(not)",
    IsOneOf: "(in)",
    HasTheFlag: "(has)",
    IsBetween: "(between)",
    IsWithinTheDay: "(day)",
    IsWithin: "(within)",
}

ConditionDocument = Annotated[
    Annotated[AllHold, Tag("(all)")]
    | Annotated[AnyHolds, Tag("(any)")]
    | Annotated[DoesNotHold, Tag("(not)")]
    | Annotated[IsOneOf, Tag("(in)")]
    | Annotated[HasTheFlag, Tag("(has)")]
    | Annotated[IsBetween, Tag("(between)")]
    | Annotated[IsWithinTheDay, Tag("(day)")]
    | Annotated[IsWithin, Tag("(within)")],
    Discriminator(
        _form_of_condition,
        custom_error_type="unknown_condition",
        custom_error_message="A condition is one of all, any, not, or a fact with in, has, above, at_least, at_most, below, from or until;"
        ' such as {"fact": "channel", "in": ["taxi"]}',
    ),
]
