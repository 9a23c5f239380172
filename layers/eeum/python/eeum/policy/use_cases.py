"""Finding the policy that is in force: what payments, quotes and public reads load."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from eeum.calendar import text_of
from eeum.errors import NotFound, ProgrammeNotRunning
from eeum.policy.amendments import Amendment, stretches
from eeum.policy.reading import period_of, policy_of
from eeum.policy.rules import PolicyVersion
from eeum.policy.store import PolicyStore

LONGEST_AGE = timedelta(seconds=60)
NOTICE = timedelta(seconds=120)
"""Whatever changes what holds is stored at least this long before: twice the time that a cache may be behind."""


class PolicyBook:
    """A programme's versions in the order of their starts, with everything applied that amends them.

    A version may stand in it several times: while layers are suspended it stands there without them.
    """

    def __init__(self, versions: Sequence[PolicyVersion], amendments: Sequence[Amendment] = ()) -> None:
        held = stretches(versions, amendments)
        self._versions = [version for _, version in held]
        self._starts = [start for start, _ in held]

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

    def in_force_between(self, start: datetime, end: datetime) -> list[PolicyVersion]:
        """What holds at any instant from `start` until `end`, which is exclusive."""
        return self._versions[max(bisect_right(self._starts, start) - 1, 0) : bisect_left(self._starts, end)]


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
            book = book_of(self._store)
            self._book, self._read_at = (None if book.is_empty else book), now
            return book
        return self._book


def book_of(store: PolicyStore) -> PolicyBook:
    """The book of all that is stored."""
    every, amendments = store.stored()
    return PolicyBook([policy_of(document) for document in every], amendments)


def version_in_force(store: PolicyStore, instant: datetime) -> dict[str, Any]:
    """The document of the version in force at `instant`; raises `NotFound` before the first."""
    started = [document for document in store.documents() if period_of(document)[0] <= instant]
    if not started:
        raise NotFound(f"No policy is in force at {text_of(instant)}.")
    return started[-1]


def version_named(store: PolicyStore, name: str) -> dict[str, Any]:
    """Raises `NotFound` when no version has this name, or it was withdrawn."""
    return named(store.documents(), name)


def named(documents: Sequence[dict[str, Any]], name: str) -> dict[str, Any]:
    """The one of `documents` that has this name; raises `NotFound`."""
    for document in documents:
        if document["version"] == name:
            return document
    raise NotFound("There is no policy version of this name.")
