"""What a mutant is: the product without one of its safeguards, in the running process."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from eeum.storage import Condition, Write
from tests.simulation import faults


@dataclass(frozen=True)
class Mutant:
    """`takes` says what is gone; `redundant` why nothing can come of it, where something else keeps the same."""

    name: str
    takes: str
    applied: Callable[[], Any]
    redundant: str = ""
    forms: bool = False
    """Whether it is looked for under all forms of policies and budgets (odd seeds), or under Incheon's."""


def dropping(gone: Callable[[Write, Condition], bool]) -> Any:
    def mutate(write: Write) -> Write:
        return write._replace(conditions=tuple(each for each in write.conditions if not gone(write, each)))

    return patch.object(faults, "mutation", mutate)
