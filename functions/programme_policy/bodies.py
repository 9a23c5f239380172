"""Policies and months, which anyone may read, as the API returns them."""

from eeum.bodies import AnswerBody
from eeum.calendar import text_of
from eeum.months.rules import MonthRecord
from eeum.policy.announcements import Announced
from eeum.policy.comparison import Change
from eeum.policy.document_models import PolicyDocument
from eeum.policy.wording import Plain


class PoliciesBody(AnswerBody):
    """Versions in the order of their starts, and the cursor of the next page."""

    policies: list[PolicyDocument]
    cursor: str | None


class MonthBody(AnswerBody):
    """A month of the programme: when the reset opened and closed it, and when all its statements were written.

    A month may be frozen without `excepted` wallets, which had an entry that could not be posted: their statements come later.
    """

    month: str
    status: str
    opened_at: str
    closed_at: str | None
    frozen_at: str | None
    excepted: int


class MonthsBody(AnswerBody):
    """The newest months, the newest first, and the cursor of the next page."""

    months: list[MonthBody]
    cursor: str | None


class PlainBody(AnswerBody):
    """A text in Korean and in English."""

    ko: str
    en: str


class PolicyChangeBody(PlainBody):
    """One difference: `kind` is new, ends, better, less or changes; `about` is the part of the document."""

    kind: str
    about: str


class AnnouncedBody(AnswerBody):
    """A future change. `what`: version, end or suspension; `start` is when it takes effect."""

    what: str
    start: str
    version: str | None
    title: PlainBody
    changes: list[PolicyChangeBody]


class ComingBody(AnswerBody):
    """All announced changes, in the order of time."""

    coming: list[AnnouncedBody]


class SaysBody(PlainBody):
    """One statement about a version; `subject` is its topic."""

    about: str
    subject: PlainBody


class SuspendedBody(AnswerBody):
    """A suspension of layers; an empty list means all layers."""

    layers: list[str]
    start: str
    until: str | None


class ExplanationBody(AnswerBody):
    """A version in plain words, its status in time, and its changes against the version before it."""

    version: str
    status: str
    starts_at: str
    ends_at: str | None
    suspensions: list[SuspendedBody]
    says: list[SaysBody]
    follows: str | None
    changes: list[PolicyChangeBody]


def plain_body(plain: Plain) -> PlainBody:
    return PlainBody(ko=plain.ko, en=plain.en)


def change_body(change: Change) -> PolicyChangeBody:
    return PolicyChangeBody(kind=change.kind.value, about=change.about, ko=change.says.ko, en=change.says.en)


def announced_body(announced: Announced) -> AnnouncedBody:
    return AnnouncedBody(
        what=announced.what,
        start=text_of(announced.start),
        version=announced.version,
        title=plain_body(announced.title),
        changes=[change_body(change) for change in announced.changes],
    )


def month_body(record: MonthRecord) -> MonthBody:
    return MonthBody(
        month=record.month,
        status=record.status.value,
        opened_at=text_of(record.opened_at),
        closed_at=text_of(record.closed_at) if record.closed_at else None,
        frozen_at=text_of(record.frozen_at) if record.frozen_at else None,
        excepted=len(record.excepted),
    )
