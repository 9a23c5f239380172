"""The steps of a programme's policies: who did what, when, why, and to which revision of which document."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

HISTORY = "HISTORY#"
"""How the sort key of a step begins."""


class Subject(StrEnum):
    """What a step is about; `HISTORY` is a programme's loading of what was before it."""

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

    `revision` and `digest` are those of the document that the step was about, where it was about one; `emergency_reason` is why that could
    not wait for a simulation, where somebody said so.
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
