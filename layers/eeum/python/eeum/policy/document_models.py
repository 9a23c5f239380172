"""The policy document as pydantic models: the shape that cities write and that the API shows, and its published JSON Schema.

What reads a document from outside and judges it is `eeum.policy.documents`; a function that only shows stored ones does not load that.
"""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from eeum.money import LARGEST_AMOUNT
from eeum.policy.document_conditions import ConditionDocument
from eeum.policy.document_values import MOST_NAMES, STORED, Instant, Line, Name, Part, Rate, Title, Won

LARGEST_DOCUMENT_BYTES = 65_536
"""A version is one item of a table, which holds 400 KB, and a whole history is one transaction, which holds 4 MB."""
TOO_LARGE = f"The document is larger than {LARGEST_DOCUMENT_BYTES:,} bytes."


def _whole_number(value: Any) -> Any:
    """To Python `True` is 1 and 1.0 is, too; in JSON they are other values."""
    return value if type(value) is int else str(value)


Note = Annotated[
    Annotated[Line, Tag("(line)")] | Annotated[Literal[""], Tag("(none)")],
    Discriminator(lambda note: "(none)" if note == "" else "(line)"),
]


class Row(Part):
    """The published row that the version states, its sources and how far it is trusted (A notice, B blog, C inferred)."""

    id: Line = Field(min_length=1, max_length=40)
    trust: Literal["A", "B", "C"]
    sources: list[Line] = Field(default=[], max_length=50)
    note: Note = ""


class Wallet(Part):
    """Smallest top-up and largest charged balance in won, the larger one for verified members; and what is spent first.

    A top-up beyond one of `top_up_limits`, which measure top-ups, is declined.
    """

    minimum_top_up: Won
    holding_limit: Won
    holding_limit_verified: Won
    spends_first: Literal["member_chooses", "cashback", "charged"] = "member_chooses"
    top_up_limits: list[Name] = Field(default=[], max_length=5)


class Merchants(Part):
    """The districts and categories that the programme knows, and whom it excludes; revenue in won a year."""

    districts: list[Name] = Field(min_length=1, max_length=MOST_NAMES)
    categories: list[Name] = Field(min_length=1, max_length=MOST_NAMES)
    excluded_categories: list[Name] = Field(default=[], max_length=MOST_NAMES)
    excluded_above_revenue: Won | None = None
    flags: list[Name] = Field(
        default=[], max_length=50, description="What shops may be marked with, beside the known flags."
    )


Named = Annotated[
    dict[Name, Title],
    Field(
        max_length=MOST_NAMES,
        # What pydantic checks of the names and does not publish.
        json_schema_extra={"additionalProperties": False, "propertyNames": {"maxLength": 40}},
    ),
]


class Names(Part):
    """What Korean and English sentences call the districts, categories, flags, cards, issuers and classes that the policy names.

    Usual names, such as 음식점 for `restaurant`, need no entry; of what has none, sentences say "지역 1".
    """

    districts: Named = Field(default={})
    categories: Named = Field(default={})
    flags: Named = Field(default={})
    card_products: Named = Field(default={})
    card_issuers: Named = Field(default={})
    member_classes: Named = Field(default={})


WindowKind = Literal["month", "half_month", "year", "event"]


class LimitDocument(Part):
    """What caps rewards in a window, in won of `spend`, `top_up` or `reward`; an `amount` of null only counts, for bands and steps.

    The window `event` has `from` and `until` (exclusive). What is left of a window that began at `carries_over_from` or later is added to
    the next one, once.
    """

    id: Name
    measure: Literal["spend", "top_up", "reward"]
    window: WindowKind
    start: Instant | None = Field(default=None, alias="from")
    until: Instant | None = None
    amount: Won | None
    carries_over_from: Instant | None = None
    title: Title | None = None


class PoolDocument(Part):
    """A citywide sum of won in a window, first come first served; the window `event` has `from` and `until` (exclusive)."""

    id: Name
    window: WindowKind
    start: Instant | None = Field(default=None, alias="from")
    until: Instant | None = None
    amount: Won
    title: Title | None = None


class GroupDocument(Part):
    """Of its layers that accept something of a payment, one counts: the one that gives most, or the first that is listed."""

    id: Name
    counts: Literal["highest", "first"]
    title: Title | None = None


class Expiry(Part):
    """After how many months or years a reward expires, at the end of that calendar month or year."""

    months: int | None = Field(default=None, strict=True, ge=1, le=120)
    years: int | None = Field(default=None, strict=True, ge=1, le=10)


class PurseDocument(Part):
    """A purse of its own for rewards: when they expire (left out: never), and where they can be spent (left out: everywhere)."""

    id: Name
    title: Title
    expires_after: Expiry | None = None
    spendable_at: ConditionDocument | None = None


class BandDocument(Part):
    """From `from` won of accumulated spend up to `up_to` (null: no end), at a rate in basis points or the merchant's own."""

    start: Won = Field(alias="from")
    up_to: Won | None
    rate_basis_points: Rate


FunderName = Literal["national", "city", "district", "merchant"]


class Funder(Part):
    """Who pays, and in which proportion to the others of the layer."""

    funder: FunderName
    share: int = Field(strict=True, ge=1, le=LARGEST_AMOUNT)


class Step(Part):
    """From `from` won on, `gives` won."""

    start: Won = Field(alias="from")
    gives: Won


class Steps(Part):
    """Fixed rewards, read on each payment or on the window's accumulated use.

    Either the highest step `reached` counts, or `gives` won are given for `every` full won.
    """

    per: Literal["payment", "window"]
    reached: list[Step] | None = Field(default=None, min_length=1, max_length=20)
    every: Annotated[Won, Field(ge=1)] | None = None
    gives: Won | None = None


class LayerDocument(Part):
    """One rule of the policy: when it applies, what it gives and where that goes, which limits and pools it uses, and who funds it."""

    id: Name
    title: Title
    gives: Literal["cashback", "payback", "discount", "top_up_bonus", "top_up_discount"] = "cashback"
    when: ConditionDocument | None = None
    bands: list[BandDocument] | None = Field(default=None, min_length=1, max_length=20)
    steps: Steps | None = None
    most_at_once: Annotated[Won, Field(ge=1)] | None = None
    limits: list[Name] = Field(default=[], max_length=5)
    counts: Literal["accepted", "all"] = "accepted"
    into: Name = "cashback"
    exclusive: Name | None = None
    pools: list[Name] = Field(default=[], max_length=5)
    funders: list[Funder] = Field(min_length=1, max_length=4)


class PolicyDocument(Part):
    """One immutable, dated version of all rules of a programme."""

    schema_: Line | None = Field(default=None, alias="$schema")
    language: Annotated[Literal[1], BeforeValidator(_whole_number)]
    programme: Name
    version: Name
    title: Title
    starts_at: Instant
    ends_at: Instant | None = None
    rows: list[Row] = Field(default=[], max_length=200)
    wallet: Wallet
    earns_from: list[Literal["charged", "cashback", "grants", "rewards"]] = Field(min_length=1, max_length=4)
    merchants: Merchants
    names: Names | None = None
    limits: list[LimitDocument] = Field(default=[], max_length=20)
    pools: list[PoolDocument] = Field(default=[], max_length=20)
    groups: list[GroupDocument] = Field(default=[], max_length=20)
    purses: list[PurseDocument] = Field(default=[], max_length=10)
    layers: list[LayerDocument] = Field(max_length=20)

    @model_validator(mode="before")
    @classmethod
    def _small_enough(cls, document: Any) -> Any:
        """Before anything else is looked at: a large document may have a hundred thousand faults."""
        if isinstance(document, dict) and bytes_of(document) > LARGEST_DOCUMENT_BYTES:
            raise PydanticCustomError("too_large", TOO_LARGE)
        return document


def bytes_of(document: dict[str, Any]) -> int:
    """How large the document is as it would be stored, as far as it can be written."""
    try:
        return len(
            json.dumps(document, ensure_ascii=False, separators=(",", ":"), default=str).encode(errors="replace")
        )
    except RecursionError:
        return 0  # conditions nested without end, which have a fault of their own


def stored_document(document: Mapping[str, Any]) -> PolicyDocument:
    """A document as it was stored, to be shown; its dates may be older than their bounds."""
    return PolicyDocument.model_validate(document, context={STORED: True})
