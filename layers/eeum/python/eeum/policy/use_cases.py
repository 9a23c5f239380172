"""Finding the policy that is in force, and loading policies."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from eeum.calendar import text_of
from eeum.errors import (
    Invalid,
    NotFound,
    PolicyInstantTaken,
    PolicyRefused,
    PolicyStartsTooSoon,
    ProgrammeNotEmpty,
    ProgrammeNotRunning,
)
from eeum.policy.reading import period_of, policy_of
from eeum.policy.rules import PolicyVersion
from eeum.policy.store import LARGEST_HISTORY, PolicyStore
from eeum.policy.validation import Problem, problems_beside, problems_of_history
from eeum.storage import ConditionsFailed

LONGEST_AGE = timedelta(seconds=60)
NOTICE = timedelta(seconds=120)
"""A version is stored at least this long before it starts: twice the time that a cache may be behind."""


class PolicyBook:
    """A programme's versions in the order of their starts."""

    def __init__(self, versions: Sequence[PolicyVersion]) -> None:
        self._versions = sorted(versions, key=lambda version: version.starts_at)
        self._starts = [version.starts_at for version in self._versions]

    @property
    def is_empty(self) -> bool:
        return not self._versions

    def in_force_at(self, instant: datetime) -> PolicyVersion | None:
        """The version that holds at `instant`: the last to have started, even after its end, when it pays nothing."""
        position = bisect_right(self._starts, instant)
        return self._versions[position - 1] if position else None

    def running_at(self, instant: datetime) -> PolicyVersion:
        """As `in_force_at`; raises `ProgrammeNotRunning` before the first version starts."""
        version = self.in_force_at(instant)
        if version is None:
            raise ProgrammeNotRunning(f"No policy is in force at {text_of(instant)}.")
        return version


class Policies(Protocol):
    def book(self) -> PolicyBook: ...


class CachedPolicies:
    """The policy book, read anew when it is older than 60 s. The only thing that is cached.

    Its age is taken on the city's clock: a monotonic one may stand still while a function's sandbox is frozen, and a book that is
    hours old would pass for new. A time that has gone back makes the book old too.
    """

    def __init__(self, store: PolicyStore, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self._book: PolicyBook | None = None
        self._read_at = datetime.min.replace(tzinfo=UTC)

    def book(self) -> PolicyBook:
        now = self._clock()
        # An empty book is not kept: a programme that is being set up is seen at once.
        if self._book is None or not timedelta(0) <= now - self._read_at <= LONGEST_AGE:
            documents = self._store.documents()
            book = PolicyBook([policy_of(document) for document in documents])
            self._book, self._read_at = (book if documents else None), now
            return book
        return self._book


def load_policy(
    store: PolicyStore, programme: str, document: dict[str, Any], operator: str, now: datetime
) -> dict[str, Any]:
    """Stores one version that starts in the future. When another is loaded meanwhile, it is judged again, beside that one.

    `document` is canonical (`eeum.policy.documents.canonical_document`).

    Raises:
        PolicyRefused: it is another programme's, or uses a limit's id for another measure.
        PolicyStartsTooSoon: it starts in the past or within 120 s.
        PolicyInstantTaken: another version starts then, or has its name.
        Busy: others went on loading versions until the time ran out.
    """
    _belongs(programme, document)
    starts_at, _ = period_of(document)
    if starts_at < now + NOTICE:
        raise PolicyStartsTooSoon(
            f"It starts at {text_of(starts_at)}; a version must be stored at least {NOTICE.seconds} s before its start, "
            f"and it is {text_of(now)}."
        )
    attempt = 0
    while True:
        revision = store.revision()
        _fits(document, store.documents())
        try:
            store.add(document, operator, text_of(now), revision)
            return document
        except ConditionsFailed:
            attempt += 1
            store.patience.wait(attempt)


def _fits(document: dict[str, Any], stored: Sequence[dict[str, Any]]) -> None:
    """Whether a version can stand beside those that are stored. What is wrong among those is no fault of this one."""
    starts_at, _ = period_of(document)
    if any(document["version"] == other["version"] or starts_at == period_of(other)[0] for other in stored):
        raise PolicyInstantTaken(
            f"Another version starts at {text_of(starts_at)}, or has the name {document['version']}."
        )
    _refuse(tuple(problems_beside(document, stored)))


def load_history(
    store: PolicyStore, programme: str, documents: Sequence[dict[str, Any]], operator: str, now: datetime
) -> None:
    """Stores a programme's versions from the past on, into an empty programme only.

    Raises:
        PolicyRefused: one is another programme's, or two share a start or a name.
        ProgrammeNotEmpty: the programme has a version.
    """
    if not 1 <= len(documents) <= LARGEST_HISTORY:
        raise Invalid("policies", f"must be 1 to {LARGEST_HISTORY} documents", "length")
    for document in documents:
        _belongs(programme, document)
    _refuse(tuple(problems_of_history(documents)))
    try:
        store.add_history(documents, operator, text_of(now))
    except ConditionsFailed as failed:
        raise ProgrammeNotEmpty("The programme has policies; history can be loaded into an empty one only.") from failed


def _refuse(problems: tuple[Problem, ...]) -> None:
    if problems:
        raise PolicyRefused(f"The versions do not agree: {problems[0][2]}", problems)


def _belongs(programme: str, document: dict[str, Any]) -> None:
    if document["programme"] != programme:
        why = f"This is the programme {programme}, and the document is of {document['programme']}."
        raise PolicyRefused(why, (("programme", "other_programme", why),))


def version_in_force(store: PolicyStore, instant: datetime) -> dict[str, Any]:
    """The document of the version in force at `instant`; raises `NotFound` before the first."""
    started = [document for document in store.documents() if period_of(document)[0] <= instant]
    if not started:
        raise NotFound(f"No policy is in force at {text_of(instant)}.")
    return started[-1]


def version_named(store: PolicyStore, name: str) -> dict[str, Any]:
    """Raises `NotFound` when no version has this name."""
    for document in store.documents():
        if document["version"] == name:
            return document
    raise NotFound(f"There is no policy version {name}.")
