"""Find the policy in force, for payments, quotes and public reads."""

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
"""Each version and amendment is stored at least this long before it takes effect: twice the age that a cached book may have."""


class PolicyBook:
    """A programme's versions in the order of their starts, with all amendments applied.

    A version may occur several times: while layers are suspended, it occurs without them. `approved` are the versions without any
    amendment, for the audit, which applies `amendments` by itself.
    """

    def __init__(self, versions: Sequence[PolicyVersion], amendments: Sequence[Amendment] = ()) -> None:
        self.approved, self.amendments = tuple(versions), tuple(amendments)
        held = stretches(versions, amendments)
        self._versions = [version for _, version in held]
        self._starts = [start for start, _ in held]

    @property
    def is_empty(self) -> bool:
        return not self._versions

    def in_force_at(self, instant: datetime) -> PolicyVersion | None:
        """The version in force at `instant`: the last that started, even after its end, when it gives no rewards."""
        position = bisect_right(self._starts, instant)
        return self._versions[position - 1] if position else None

    def running_at(self, instant: datetime) -> PolicyVersion:
        """The version in force at `instant`. Raises `ProgrammeNotRunning` before the first version starts."""
        version = self.in_force_at(instant)
        if version is None:
            raise ProgrammeNotRunning(f"No policy is in force at {text_of(instant)}.")
        return version

    def in_force_between(self, start: datetime, end: datetime) -> list[PolicyVersion]:
        """The versions in force at any instant from `start` until `end` (exclusive)."""
        return self._versions[max(bisect_right(self._starts, start) - 1, 0) : bisect_left(self._starts, end)]


class Policies(Protocol):
    def book(self) -> PolicyBook: ...


class CachedPolicies:
    """A cache of the policy book, read again when it is older than 60 s. Nothing else is cached.

    Its age is measured on the local clock. A monotonic clock may stop while a function's sandbox is frozen, and a book that is hours
    old would count as new. A clock that went back makes the book old too.
    """

    def __init__(self, store: PolicyStore, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self._book: PolicyBook | None = None
        self._read_at = datetime.min.replace(tzinfo=UTC)

    def book(self) -> PolicyBook:
        now = self._clock()
        # An empty book is not kept, so that a programme's first version counts at once.
        if self._book is None or not timedelta(0) <= now - self._read_at <= LONGEST_AGE:
            book = book_of(self._store)
            self._book, self._read_at = (None if book.is_empty else book), now
            return book
        return self._book


def book_of(store: PolicyStore) -> PolicyBook:
    """Read the book of all versions and amendments. Read units as `PolicyStore.stored`."""
    every, amendments = store.stored()
    return PolicyBook([policy_of(document) for document in every], amendments)


def version_in_force(store: PolicyStore, instant: datetime) -> dict[str, Any]:
    """Return the document of the version in force at `instant`. Raises `NotFound` before the first version starts."""
    started = [document for document in store.documents() if period_of(document)[0] <= instant]
    if not started:
        raise NotFound(f"No policy is in force at {text_of(instant)}.")
    return started[-1]


def version_named(store: PolicyStore, name: str) -> dict[str, Any]:
    """Return a version's document by its name. Raises `NotFound` when no version has the name, or it was withdrawn."""
    return named(store.documents(), name)


def named(documents: Sequence[dict[str, Any]], name: str) -> dict[str, Any]:
    """Return the document of this name. Raises `NotFound` when there is none."""
    for document in documents:
        if document["version"] == name:
            return document
    raise NotFound("There is no policy version of this name.")
