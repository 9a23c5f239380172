"""Steps of a programme's policies: which operator did what, when, why, and to which revision of which document."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

HISTORY = "HISTORY#"
"""Prefix of the sort key of a step."""


class Subject(StrEnum):
    """What a step is about; `HISTORY` is the loading of versions from before the programme ran on this platform."""

    DRAFT = "draft"
    AMENDMENT = "amendment"
    VERSION = "version"
    HISTORY = "history"


class Did(StrEnum):
    CREATED = "created"
    EDITED = "edited"
    CHECKED = "checked"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    PROPOSED = "proposed"
    LOADED = "loaded"


class Step(NamedTuple):
    """One step, the `number`th of its subject. `name` is the draft's or version's name, or the amendment's id.

    `revision` and `digest` are those of the step's document, if it has one. `emergency_reason` is the operator's reason for not
    waiting for a simulation, if one was given.
    """

    subject: Subject
    name: str
    number: int
    did: Did
    by: str
    at: datetime
    reason: str | None
    revision: int | None = None
    digest: str | None = None
    emergency_reason: str | None = None
