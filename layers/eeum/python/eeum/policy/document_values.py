"""Value types of a policy document: names, won, rates and instants, each with its own faults."""

import re
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
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import PydanticCustomError

from eeum.bodies import composed
from eeum.calendar import OUT_OF_BOUNDS, SEOUL, is_in_bounds
from eeum.money import BASIS_POINTS_OF_THE_WHOLE, LARGEST_AMOUNT
from eeum.policy.dates import INSTANT_RANGE
from eeum.policy.reading import OWN_RATE
from eeum.text import ABOUT_LINES, LINE, PUBLISHED_LINE

# No space is stripped from a name: a name with a line break must be a fault.
Name = Annotated[
    str, StringConstraints(strip_whitespace=False), Field(pattern=r"^[a-z0-9]+([_-][a-z0-9]+)*$", max_length=40)
]
STORED = "stored"
"""Key in the validation context for stored documents: earlier versions accepted texts and dates that are refused today."""


def _is_stored(info: ValidationInfo) -> bool:
    return bool((info.context or {}).get(STORED))


def _unless_stored(text: Any, check: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
    return text if _is_stored(info) else check(text)


# Spaces around it are stripped, as around every text of a document.
Line = Annotated[
    str,
    Field(pattern=LINE, description=ABOUT_LINES, json_schema_extra={"pattern": PUBLISHED_LINE}),
    AfterValidator(composed),
    WrapValidator(_unless_stored),
]
Won = Annotated[int, Field(strict=True, ge=0, le=LARGEST_AMOUNT)]
MOST_NAMES = 1_000
Rate = Annotated[
    Annotated[int, Field(strict=True, ge=0, le=BASIS_POINTS_OF_THE_WHOLE), Tag("(number)")]
    | Annotated[Literal["merchant"], Tag("(own)")],
    Discriminator(lambda rate: "(own)" if rate == OWN_RATE else "(number)"),
]

_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,3}0*)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)?", re.ASCII)


def _instant_as_text(value: Any) -> Any:
    """Refuse numbers, which Pydantic would read as seconds since 1970; Pydantic itself checks the offset."""
    if isinstance(value, datetime) or (isinstance(value, str) and _INSTANT.fullmatch(value)):
        return value
    raise PydanticCustomError("instant_format", "Input should be an instant such as 2019-08-01T06:00:00+09:00")


def _instant_in_seoul(instant: datetime, info: ValidationInfo) -> datetime:
    if not is_in_bounds(instant) and not _is_stored(info):
        raise PydanticCustomError(INSTANT_RANGE, OUT_OF_BOUNDS)
    return instant.astimezone(SEOUL)


Instant = Annotated[AwareDatetime, BeforeValidator(_instant_as_text), AfterValidator(_instant_in_seoul)]
"""An instant with its offset, within the bounds of `eeum.calendar.is_in_bounds`."""


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Title(Part):
    """What members read: in Korean, and in English if the city has it; without it, English sentences show the Korean."""

    ko: Annotated[Line, Field(min_length=1, max_length=200)]
    en: Annotated[Line, Field(min_length=1, max_length=200)] | None = None
