"""The policy document as cities write it: its shape, checked by pydantic, and its published JSON Schema.

Pydantic says whether each value has its place and type; what values must be to one another is `eeum.policy.validation`.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationError

from eeum.errors import PolicyRefused
from eeum.money import BASIS_POINTS_OF_THE_WHOLE, LARGEST_AMOUNT
from eeum.policy.conditions import FLAG_FACTS, NUMBER_FACTS, TEXT_FACTS
from eeum.policy.rules import PolicyVersion
from eeum.policy.reading import policy_of
from eeum.policy.validation import Problem, problems_of

Name = Annotated[str, Field(pattern=r"^[a-z0-9]+([_-][a-z0-9]+)*$", max_length=40)]
Won = Annotated[int, Field(strict=True, ge=0, le=LARGEST_AMOUNT)]
MerchantFlag = Literal["benefit_plus", "good_price", "traditional_market", "partner"]
Rate = Annotated[int, Field(strict=True, ge=0, le=BASIS_POINTS_OF_THE_WHOLE)]


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
    sources: list[str] = []
    note: str = ""


class Wallet(Part):
    """Smallest top-up and largest charged balance in won; the larger one for verified members."""

    minimum_top_up: Won
    holding_limit: Won
    holding_limit_verified: Won


class Merchants(Part):
    """The districts and categories that the programme knows, and whom it excludes; revenue in won a year."""

    districts: list[Name] = Field(min_length=1)
    categories: list[Name] = Field(min_length=1)
    excluded_categories: list[Name] = []
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
    rate_basis_points: Rate | Literal["merchant"]


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


class IsOneOf(Part):
    fact: Literal[*sorted(TEXT_FACTS)]  # type: ignore[valid-type]
    values: list[Name] = Field(alias="in", min_length=1, max_length=100)


class HasTheFlag(Part):
    fact: Literal[*sorted(FLAG_FACTS)]  # type: ignore[valid-type]
    has: MerchantFlag


class IsBetween(Part):
    """`above` is exclusive, `at_most` inclusive; at least one is given."""

    fact: Literal[*sorted(NUMBER_FACTS)]  # type: ignore[valid-type]
    above: Won | None = None
    at_most: Won | None = None


def _form_of_condition(condition: Any) -> str | None:
    """Which form a condition has, by the one word that only this form has: so that a fault is told once, in that form."""
    words = condition if isinstance(condition, Mapping) else {}
    return next((word for word in ("all", "any", "not", "in", "has") if word in words), None) or (
        "between" if {"above", "at_most"} & set(words) else None
    )


ConditionDocument = Annotated[
    Annotated[AllHold, Tag("all")]
    | Annotated[AnyHolds, Tag("any")]
    | Annotated[DoesNotHold, Tag("not")]
    | Annotated[IsOneOf, Tag("in")]
    | Annotated[HasTheFlag, Tag("has")]
    | Annotated[IsBetween, Tag("between")],
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
    language: Literal[1]
    programme: Name
    version: Name
    title: Title
    starts_at: AwareDatetime
    ends_at: AwareDatetime | None = None
    rows: list[Row] = []
    wallet: Wallet
    earns_from: list[Literal["charged", "cashback", "grants"]] = Field(min_length=1)
    merchants: Merchants
    limits: list[LimitDocument] = Field(default=[], max_length=20)
    layers: list[LayerDocument] = Field(max_length=20)


def canonical_document(document: Any) -> dict[str, Any]:
    """The document as it is stored: checked, with every default written out.

    Raises:
        PolicyRefused: with every fault found: its path, a stable code, and what is wrong.
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
    problems = problems_of(canonical)
    if problems:
        raise _refused(problems)
    return canonical


def parse_policy(document: Any) -> PolicyVersion:
    """The rules that `document` states; raises `PolicyRefused` with every fault found."""
    return policy_of(canonical_document(document))


def _faults_of_shape(error: ValidationError) -> list[Problem]:
    return [
        (".".join(str(part) for part in fault["loc"]), fault["type"], fault["msg"])
        for fault in error.errors(include_url=False, include_input=False, include_context=False)
    ]


def _refused(problems: list[Problem]) -> PolicyRefused:
    path, _, why = problems[0]
    more = f" ({len(problems) - 1} more)" if len(problems) > 1 else ""
    detail = f"The policy document is not valid: {path or 'document'}: {why}{more}"
    return PolicyRefused(detail, tuple(problems))
