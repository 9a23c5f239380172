"""Mutants: the product without one of its safeguards, in the running process. A trace shows whether the patch was reached and is sound."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from typing import Any
from unittest.mock import patch

from eeum.cashback.computing import CaptureMissing
from eeum.errors import Refusal
from eeum.payments.use_cases import UnknownCard
from eeum.storage import Condition, ConditionsFailed, Contended, Unavailable, Write
from tests.simulation import faults
from tests.simulation.judges import ANSWERS, AUDIT, ORACLES

NOT_STORED = dict.fromkeys(ORACLES, "nothing that is stored is wrong")
"""`blind` of a mutant that only answers and events show."""

NO_BUDGETS = {AUDIT: "it reads no budgets"}
"""`blind` of a mutant that only budgets show."""

EXPECTED = (AssertionError, Refusal, UnknownCard, CaptureMissing, ConditionsFailed, Contended, Unavailable)
"""Exceptions that may pass through a sound patch: answers of the product, and failed checks."""


class BrokenMutant(Exception):
    """The patch itself is invalid, and proves nothing about the product."""


@dataclass
class Trace:
    """How often a mutant's patch was reached, and the patch's own faults."""

    reached: int = 0
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Mutant:
    """A removed safeguard. `takes` describes the product without it; `redundant` says why another safeguard prevents the same faults.

    Both oracles must find it, apart from those in `blind`, each with its reason. If both are blind, the checks of answers must find it.
    `applied` returns a context without the safeguard: that of `patch.object`, which is traced by itself, or a combination of `dropping`,
    `writing` and `replacing`.
    """

    name: str
    takes: str
    applied: Callable[[], Any]
    redundant: str = ""
    blind: Mapping[str, str] = field(default_factory=dict)
    forms: bool = False
    """Whether it runs under all forms of policies and budgets (odd seeds), or under Incheon's."""

    @property
    def wanted(self) -> frozenset[str]:
        """The judges that must find it."""
        return ORACLES - self.blind.keys() or frozenset({ANSWERS})


_traces = [Trace()]
"""The traces of the applied mutants, the innermost last."""


@contextmanager
def traced(mutant: Mutant, trace: Trace) -> Iterator[None]:
    """The product without the safeguard; `trace` records whether the patch is reached."""
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
    """A traced patch, for mutants that consist of several."""
    return patch.object(owner, name, noting(new))


def dropping(gone: Callable[[Write, Condition], bool]) -> Any:
    """A patch that removes the `gone` conditions from writes."""

    def without(write: Write) -> Write:
        kept = tuple(each for each in write.conditions if not gone(write, each))
        return write if len(kept) == len(write.conditions) else write._replace(conditions=kept)

    return writing(without)


@contextmanager
def writing(change: Callable[[Write], Write]) -> Iterator[None]:
    """A patch that applies `change` to writes; it counts as reached when a write differs, not at every write."""

    def mutate(write: Write) -> Write:
        changed = _sound(change, write)
        _traces[-1].reached += changed != write
        return changed

    with patch.object(faults, "mutation", mutate):
        yield


def _sound(function: Callable[..., Any], *arguments: Any, **more: Any) -> Any:
    """Call a mutant's replacement, and record its own faults, since the product may handle any exception."""
    try:
        return function(*arguments, **more)
    except EXPECTED:
        raise
    except Exception as fault:
        _traces[-1].faults.append(repr(fault))
        raise


class _NotedInt(int):
    """A replacement for one of the product's numbers; it is reached when it is compared or added."""

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
    """A replacement whose use is recorded."""
    if isinstance(new, property):
        return property(noting(new.fget))
    if isinstance(new, int):
        return _NotedInt(new)

    @wraps(new)
    def noted(*arguments: Any, **more: Any) -> Any:
        _traces[-1].reached += 1
        return _sound(new, *arguments, **more)

    return noted
