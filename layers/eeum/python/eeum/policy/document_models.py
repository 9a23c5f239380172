"""The policy document as pydantic models: the shape that cities write and the API returns, and the source of its JSON Schema.

`eeum.policy.documents` validates documents from outside; a function that only returns stored ones does not import it.
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
"""A version is one item of at most 400 KB, and a whole history is one transaction of at most 4 MB."""
TOO_LARGE = f"The document is larger than {LARGEST_DOCUMENT_BYTES:,} bytes."


def _whole_number(value: Any) -> Any:
    """Let only a JSON integer pass: in Python `True` and 1.0 equal 1."""
    return value if type(value) is int else str(value)


Note = Annotated[
    Annotated[Line, Tag("(line)")] | Annotated[Literal[""], Tag("(none)")],
    Discriminator(lambda note: "(none)" if note == "" else "(line)"),
]


class Row(Part):
    """The published rule behind the version, its sources, and how far it is trusted (A notice, B blog, C inferred)."""

    id: Line = Field(min_length=1, max_length=40)
    trust: Literal["A", "B", "C"]
    sources: list[Line] = Field(default=[], max_length=50)
    note: Note = ""


class Wallet(Part):
    """The smallest top-up and the largest loaded balance in won, the larger for verified members; and the balance spent first.

    A top-up beyond one of `top_up_limits`, which measure top-ups, is declined.
    """

    minimum_top_up: Won
    holding_limit: Won
    holding_limit_verified: Won
    spends_first: Literal["member_chooses", "cashback", "charged"] = "member_chooses"
    top_up_limits: list[Name] = Field(default=[], max_length=5)


class Merchants(Part):
    """The districts and categories that the programme knows, and the merchants that it excludes; revenue in won a year."""

    districts: list[Name] = Field(min_length=1, max_length=MOST_NAMES)
    categories: list[Name] = Field(min_length=1, max_length=MOST_NAMES)
    excluded_categories: list[Name] = Field(default=[], max_length=MOST_NAMES)
    excluded_above_revenue: Won | None = None
    flags: list[Name] = Field(
        default=[], max_length=50, description="Flags that shops may have, besides the known ones."
    )


Named = Annotated[
    dict[Name, Title],
    Field(
        max_length=MOST_NAMES,
        # Pydantic checks the names and does not publish these rules.
        json_schema_extra={"additionalProperties": False, "propertyNames": {"maxLength": 40}},
    ),
]


class Names(Part):
    """Names for the policy's districts, categories, flags, cards, issuers and classes in Korean and English sentences.

    Usual names, such as 음식점 for `restaurant`, need no entry. Without any name, sentences say "지역 1".
    """

    districts: Named = Field(default={})
    categories: Named = Field(default={})
    flags: Named = Field(default={})
    card_products: Named = Field(default={})
    card_issuers: Named = Field(default={})
    member_classes: Named = Field(default={})


WindowKind = Literal["month", "half_month", "year", "event"]


class LimitDocument(Part):
    """A cap on rewards in a window, in won of `spend`, `top_up` or `reward`; an `amount` of null only counts, for bands and steps.

    The window `event` has `from` and `until` (exclusive). The unused amount of a window that began at `carries_over_from` or later is
    added to the next window, once.
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
    """A citywide amount in won per window, first come, first served; the window `event` has `from` and `until` (exclusive)."""

    id: Name
    window: WindowKind
    start: Instant | None = Field(default=None, alias="from")
    until: Instant | None = None
    amount: Won
    title: Title | None = None


class GroupDocument(Part):
    """A group of layers of which one counts: of those that accept some of a payment, the one that gives most, or the first listed."""

    id: Name
    counts: Literal["highest", "first"]
    title: Title | None = None


class Expiry(Part):
    """The months or years after which a reward expires, at the end of that calendar month or year."""

    months: int | None = Field(default=None, strict=True, ge=1, le=120)
    years: int | None = Field(default=None, strict=True, ge=1, le=10)


class PurseDocument(Part):
    """A separate purse for rewards: when they expire (left out: never), and where they can be spent (left out: everywhere)."""

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
    """A funder, and its share in proportion to the layer's other funders."""

    funder: FunderName
    share: int = Field(strict=True, ge=1, le=LARGEST_AMOUNT)


class Step(Part):
    """A fixed reward of `gives` won for spend from `from` won on."""

    start: Won = Field(alias="from")
    gives: Won


class Steps(Part):
    """Fixed rewards, read on each payment or on the window's limit usage.

    Either the highest step `reached` counts, or each full `every` won earns `gives` won.
    """

    per: Literal["payment", "window"]
    reached: list[Step] | None = Field(default=None, min_length=1, max_length=20)
    every: Annotated[Won, Field(ge=1)] | None = None
    gives: Won | None = None


class LayerDocument(Part):
    """One rule of the policy: its condition, its reward and the reward's purse, its limits and pools, and its funders."""

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
        """Check the size before anything else, since a large document may have a hundred thousand faults."""
        if isinstance(document, dict) and bytes_of(document) > LARGEST_DOCUMENT_BYTES:
            raise PydanticCustomError("too_large", TOO_LARGE)
        return document


def bytes_of(document: dict[str, Any]) -> int:
    """The document's size in bytes as it would be stored; 0 when it is nested too deep to be written."""
    try:
        return len(
            json.dumps(document, ensure_ascii=False, separators=(",", ":"), default=str).encode(errors="replace")
        )
    except RecursionError:
        return 0  # deep nesting has a fault of its own


def stored_document(document: Mapping[str, Any]) -> PolicyDocument:
    """Return a stored document as a model, to be shown; its dates may be out of bounds that were introduced later."""
    return PolicyDocument.model_validate(document, context={STORED: True})
