"""The policy document as cities write it: its shape, checked by pydantic, and its published JSON Schema.

Pydantic says whether each value has its place and type; what values must be to one another is `eeum.policy.validation`.
"""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from eeum.calendar import SEOUL
from eeum.errors import PolicyRefused
from eeum.money import BASIS_POINTS_OF_THE_WHOLE, LARGEST_AMOUNT
from eeum.policy.conditions import FLAG_FACTS, FLAGS, NUMBER_FACTS, TEXT_FACTS
from eeum.policy.reading import OWN_RATE, policy_of
from eeum.policy.rules import PolicyVersion
from eeum.policy.validation import NESTED_TOO_DEEP, TOO_DEEP, Problem, problems_of

# What names are told apart by is taken as it is: a name with a line's end is none.
Name = Annotated[
    str, StringConstraints(strip_whitespace=False), Field(pattern=r"^[a-z0-9]+([_-][a-z0-9]+)*$", max_length=40)
]
Won = Annotated[int, Field(strict=True, ge=0, le=LARGEST_AMOUNT)]
LARGEST_DOCUMENT_BYTES = 65_536
"""A version is one item of a table, which holds 400 KB, and a whole history is one transaction, which holds 4 MB."""
MOST_NAMES = 1_000
TOO_LARGE = f"The document is larger than {LARGEST_DOCUMENT_BYTES:,} bytes."
Rate = Annotated[
    Annotated[int, Field(strict=True, ge=0, le=BASIS_POINTS_OF_THE_WHOLE), Tag("(number)")]
    | Annotated[Literal["merchant"], Tag("(own)")],
    Discriminator(lambda rate: "(own)" if rate == OWN_RATE else "(number)"),
]

_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,3}0*)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)?", re.ASCII)


def _instant_as_text(value: Any) -> Any:
    """Pydantic would read a number as seconds since 1970; whether an offset is there is for it to say."""
    if isinstance(value, datetime) or (isinstance(value, str) and _INSTANT.fullmatch(value)):
        return value
    raise PydanticCustomError("instant_format", "Input should be an instant such as 2019-08-01T06:00:00+09:00")


def _instant_in_seoul(instant: datetime) -> datetime:
    try:
        return instant.astimezone(SEOUL)
    except OverflowError:
        raise PydanticCustomError("instant_range", "The year in Seoul should be between 1 and 9999") from None


Instant = Annotated[AwareDatetime, BeforeValidator(_instant_as_text), AfterValidator(_instant_in_seoul)]


def _whole_number(value: Any) -> Any:
    """To Python `True` is 1 and 1.0 is, too; in JSON they are other values."""
    return value if type(value) is int else str(value)


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Title(Part):
    """What members read, in Korean and English."""

    ko: str = Field(min_length=1, max_length=200)
    en: str = Field(min_length=1, max_length=200)


class Row(Part):
    """The published row that the version states, its sources and how far it is trusted (A notice, B blog, C inferred)."""

    id: str = Field(min_length=1, max_length=40)
    trust: Literal["A", "B", "C"]
    sources: list[str] = Field(default=[], max_length=50)
    note: str = ""


class Wallet(Part):
    """Smallest top-up and largest charged balance in won; the larger one for verified members."""

    minimum_top_up: Won
    holding_limit: Won
    holding_limit_verified: Won


class Merchants(Part):
    """The districts and categories that the programme knows, and whom it excludes; revenue in won a year."""

    districts: list[Name] = Field(min_length=1, max_length=MOST_NAMES)
    categories: list[Name] = Field(min_length=1, max_length=MOST_NAMES)
    excluded_categories: list[Name] = Field(default=[], max_length=MOST_NAMES)
    excluded_above_revenue: Won | None = None


class LimitDocument(Part):
    """What caps rewards in a window, in won of `spend` or `reward`; an `amount` of null only counts, for bands."""

    id: Name
    measure: Literal["spend", "reward"]
    window: Literal["month"]
    amount: Won | None


class BandDocument(Part):
    """From `from` won of accumulated spend up to `up_to` (null: no end), at a rate in basis points or the merchant's own."""

    start: Won = Field(alias="from")
    up_to: Won | None
    rate_basis_points: Rate


class Funder(Part):
    """Who pays, and in which proportion to the others of the layer."""

    funder: Literal["national", "city", "district", "merchant"]
    share: int = Field(strict=True, ge=1, le=LARGEST_AMOUNT)


class AllHold(Part):
    all: list["ConditionDocument"] = Field(min_length=1, max_length=20)


class AnyHolds(Part):
    any: list["ConditionDocument"] = Field(min_length=1, max_length=20)


class DoesNotHold(Part):
    denied: "ConditionDocument" = Field(alias="not")


def _known(facts: frozenset[str]) -> BeforeValidator:
    """Gives a fact that is none of `facts` a code of its own."""

    def known(fact: Any) -> Any:
        if not isinstance(fact, str) or fact not in facts:
            raise PydanticCustomError(
                "unknown_fact", "Input should be one of {facts}", {"facts": ", ".join(sorted(facts))}
            )
        return fact

    return BeforeValidator(known)


class IsOneOf(Part):
    fact: Annotated[Literal[*sorted(TEXT_FACTS)], _known(TEXT_FACTS)]  # type: ignore[valid-type]
    values: list[Name] = Field(alias="in", min_length=1, max_length=100)


class HasTheFlag(Part):
    fact: Annotated[Literal[*sorted(FLAG_FACTS)], _known(FLAG_FACTS)]  # type: ignore[valid-type]
    has: Literal[*sorted(FLAGS)]  # type: ignore[valid-type]


class IsBetween(Part):
    """`above` is exclusive, `at_most` inclusive; at least one is given."""

    fact: Annotated[Literal[*sorted(NUMBER_FACTS)], _known(NUMBER_FACTS)]  # type: ignore[valid-type]
    above: Won | None = None
    at_most: Won | None = None


def _form_of_condition(condition: Any) -> str | None:
    """Which form a condition has, by the one word that only this form has: so that a fault is told once, in that form.

    Tags stand in parentheses, to be told from the names in a fault's path.
    """
    if isinstance(condition, Part):  # when it is written out again
        return _FORMS[type(condition)]
    words = condition if isinstance(condition, Mapping) else {}
    return next((f"({word})" for word in ("all", "any", "not", "in", "has") if word in words), None) or (
        "(between)" if {"above", "at_most"} & set(words) else None
    )


_FORMS: dict[type[Part], str] = {
    AllHold: "(all)",
    AnyHolds: "(any)",
    DoesNotHold: "(not)",
    IsOneOf: "(in)",
    HasTheFlag: "(has)",
    IsBetween: "(between)",
}

ConditionDocument = Annotated[
    Annotated[AllHold, Tag("(all)")]
    | Annotated[AnyHolds, Tag("(any)")]
    | Annotated[DoesNotHold, Tag("(not)")]
    | Annotated[IsOneOf, Tag("(in)")]
    | Annotated[HasTheFlag, Tag("(has)")]
    | Annotated[IsBetween, Tag("(between)")],
    Discriminator(
        _form_of_condition,
        custom_error_type="unknown_condition",
        custom_error_message="A condition is one of all, any, not, or a fact with in, has, above or at_most",
    ),
]


class LayerDocument(Part):
    """One rule of the policy: when it applies, what it gives, which limits it uses and who funds it."""

    id: Name
    title: Title
    when: ConditionDocument | None = None
    bands: list[BandDocument] = Field(min_length=1, max_length=20)
    limits: list[Name] = Field(default=[], max_length=5)
    counts: Literal["accepted", "all"] = "accepted"
    funders: list[Funder] = Field(min_length=1, max_length=4)


class PolicyDocument(Part):
    """One immutable, dated version of all rules of a programme."""

    schema_: str | None = Field(default=None, alias="$schema")
    language: Annotated[Literal[1], BeforeValidator(_whole_number)]
    programme: Name
    version: Name
    title: Title
    starts_at: Instant
    ends_at: Instant | None = None
    rows: list[Row] = Field(default=[], max_length=200)
    wallet: Wallet
    earns_from: list[Literal["charged", "cashback", "grants"]] = Field(min_length=1, max_length=3)
    merchants: Merchants
    limits: list[LimitDocument] = Field(default=[], max_length=20)
    layers: list[LayerDocument] = Field(max_length=20)

    @model_validator(mode="before")
    @classmethod
    def _small_enough(cls, document: Any) -> Any:
        """Before anything else is looked at: a large document may have a hundred thousand faults."""
        if isinstance(document, dict) and _bytes_of(document) > LARGEST_DOCUMENT_BYTES:
            raise PydanticCustomError("too_large", TOO_LARGE)
        return document


def _bytes_of(document: dict[str, Any]) -> int:
    """How large the document is as it would be stored, as far as it can be written."""
    try:
        return len(
            json.dumps(document, ensure_ascii=False, separators=(",", ":"), default=str).encode(errors="replace")
        )
    except RecursionError:
        return 0  # conditions nested without end, which have a fault of their own


def canonical_document(document: Any) -> dict[str, Any]:
    """The document as it is stored: checked, with every default written out.

    Raises:
        PolicyRefused: with the faults found: the path of each, a stable code, and what is wrong.
    """
    canonical = shaped_document(document)
    problems = problems_of(canonical)
    if problems:
        raise _refused(problems)
    return canonical


def shaped_document(document: Any) -> dict[str, Any]:
    """The document with every default written out, when it has the right shape; what it says may still be against the rules.

    Raises:
        PolicyRefused: with the faults of its shape.
    """
    try:
        model = PolicyDocument.model_validate(document)
    except ValidationError as error:
        raise _refused(_faults_of_shape(error)) from error
    canonical: dict[str, Any] = model.model_dump(mode="json", by_alias=True, exclude_none=True)
    for band in (band for layer in canonical["layers"] for band in layer["bands"]):
        band.setdefault("up_to", None)
    for limit in canonical["limits"]:
        limit.setdefault("amount", None)
    if _bytes_of(canonical) > LARGEST_DOCUMENT_BYTES:  # with every default written out
        raise _refused([("", "too_large", TOO_LARGE)])
    return canonical


def parse_policy(document: Any) -> PolicyVersion:
    """The rules that `document` states; raises `PolicyRefused` with the faults found."""
    return policy_of(canonical_document(document))


def _faults_of_shape(error: ValidationError) -> list[Problem]:
    problems: list[Problem] = []
    for fault in error.errors(include_url=False, include_input=False, include_context=False):
        path = ".".join(str(part) for part in fault["loc"] if not str(part).startswith("("))
        code, why = fault["type"], fault["msg"]
        if code.startswith("recursion"):
            path, code, why = f"{path.partition('.when.')[0]}.when", TOO_DEEP, NESTED_TOO_DEEP
        problems.append((path, code, why))
    return problems


def _refused(problems: list[Problem]) -> PolicyRefused:
    path, _, why = problems[0]
    more = f" ({len(problems) - 1} more)" if len(problems) > 1 else ""
    detail = f"The policy document is not valid: {path or 'document'}: {why}{more}"
    return PolicyRefused(detail, tuple(problems))
