"""What a mutant is: the product without one of its safeguards, in the running process; and whether its patch was reached and is sound."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from typing import Any
from unittest.mock import patch

from eeum.cashback.posting import CaptureMissing
from eeum.errors import Refusal
from eeum.payments.use_cases import UnknownCard
from eeum.storage import Condition, ConditionsFailed, Contended, Unavailable, Write
from tests.simulation import faults

EXPECTED = (AssertionError, Refusal, UnknownCard, CaptureMissing, ConditionsFailed, Contended, Unavailable)
"""What may pass through a patch that is sound: what the product answers, and what a check finds in between."""


class BrokenMutant(Exception):
    """The patch is at fault, and proves nothing of the product."""


@dataclass
class Trace:
    """How often a mutant's patch was reached, and the first fault of its own."""

    reached: int = 0
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Mutant:
    """`takes` says what is gone; `redundant` why nothing can come of it, where something else keeps the same.

    `applied` gives a context in which it is gone: that of `patch.object`, which is traced by itself, or one made of `dropping`, `writing`
    and `replacing`.
    """

    name: str
    takes: str
    applied: Callable[[], Any]
    redundant: str = ""
    forms: bool = False
    """Whether it is looked for under all forms of policies and budgets (odd seeds), or under Incheon's."""


_traces = [Trace()]
"""Those of the mutants that are applied, the innermost last."""


@contextmanager
def traced(mutant: Mutant, trace: Trace) -> Iterator[None]:
    """The product without the safeguard, while `trace` notes whether the patch is reached."""
    _traces.append(trace)
    try:
        context = mutant.applied()
        if hasattr(context, "new"):
            context.new = noting(context.new)
        with context:
            yield
    finally:
        _traces.pop()


def replacing(owner: Any, name: str, new: Any) -> Any:
    """A patch whose use is noted; for mutants made of several."""
    return patch.object(owner, name, noting(new))


def dropping(gone: Callable[[Write, Condition], bool]) -> Any:
    """Writes without the conditions that are `gone`."""

    def without(write: Write) -> Write:
        kept = tuple(each for each in write.conditions if not gone(write, each))
        return write if len(kept) == len(write.conditions) else write._replace(conditions=kept)

    return writing(without)


@contextmanager
def writing(change: Callable[[Write], Write]) -> Iterator[None]:
    """Writes as `change` makes them; it is reached when it makes another, not whenever something is written."""

    def mutate(write: Write) -> Write:
        changed = _sound(change, write)
        _traces[-1].reached += changed != write
        return changed

    with patch.object(faults, "mutation", mutate):
        yield


def _sound(function: Callable[..., Any], *arguments: Any, **more: Any) -> Any:
    """Calls what a mutant puts into the product's place; a fault of its own is noted, though the product may handle any exception."""
    try:
        return function(*arguments, **more)
    except EXPECTED:
        raise
    except Exception as fault:
        _traces[-1].faults.append(repr(fault))
        raise


class _NotedInt(int):
    """A number in place of one of the product's; comparing or adding it is reaching it."""

    def __ge__(self, other: int) -> bool:
        _traces[-1].reached += 1
        return int(self) >= other

    def __le__(self, other: int) -> bool:
        _traces[-1].reached += 1
        return int(self) <= other

    def __add__(self, other: int) -> int:
        _traces[-1].reached += 1
        return int(self) + other


def noting(new: Any) -> Any:
    """What is put into the product's place, so that its use is noted."""
    if isinstance(new, property):
        return property(noting(new.fget))
    if isinstance(new, int):
        return _NotedInt(new)

    @wraps(new)
    def noted(*arguments: Any, **more: Any) -> Any:
        _traces[-1].reached += 1
        return _sound(new, *arguments, **more)

    return noted
