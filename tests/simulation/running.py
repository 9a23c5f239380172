"""Runs a simulated city under a seed; of a seed that fails, the shortest log of operations that still does."""

import random
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tests.simulation.answers import OF_READERS
from tests.simulation.baskets import BASKETS, check_cards
from tests.simulation.city import Found, Simulated
from tests.simulation.drafts import DRAFTS
from tests.simulation.faults import CALM, Died, FaultyStorage, Odds
from tests.simulation.forms import forms
from tests.simulation.last_won import LAST_WON
from tests.simulation.operations import OPERATIONS as COMMON
from tests.simulation.operations import REFUSED
from tests.simulation.operators import OF_OPERATORS
from tests.simulation.quotes import QUOTES
from tests.simulation.rarer_operations import RARER
from tests.simulation.scenes import incheons
from tests.simulation.slow_lane import SLOW_LANE, kept, small
from tests.simulation.undoing import UNDOING
from tests.version_1 import written_in_version_1

OF_EVERYBODY = COMMON | BASKETS | RARER | UNDOING | SLOW_LANE | OF_READERS | QUOTES
OPERATIONS = OF_EVERYBODY | OF_OPERATORS | LAST_WON | DRAFTS

FULL_CHECK = 10_000
"""After so many operations everything is checked in full."""

DAYS = 150
"""A run lasts about so long in the city's time, over several of its policies."""

TESTS = Path(__file__).resolve().parents[1]

DEEPEST = 2
"""Operations within operations."""

OF_ANOTHER = 0.4
"""How often what happens in between is of another wallet, where budgets are kept."""


class Step(NamedTuple):
    """One operation: what it is, the seed of all that it draws, and by how much the clock moves before it."""

    name: str
    seed: int
    seconds: float


@dataclass(frozen=True)
class Failure:
    """A seed's first fault: of how many operations that were planned, after how many, what was found, and where."""

    seed: int
    planned: int
    operations: int
    found: str
    log: Sequence[Step]
    of_a_check: bool = True
    """Whether a check of what must be true failed, or the run ended with any other exception."""


def drawn(chance: random.Random, count: int, *, budgets: bool) -> list[str]:
    """Names of operations, as often as their weights say; operators have some to do where there are `budgets`."""
    among = OPERATIONS if budgets else OF_EVERYBODY
    return chance.choices(list(among), [weight for _, weight in among.values()], k=count)


def steps_of(seed: int, count: int) -> list[Step]:
    chance = random.Random(seed)
    mean = DAYS * 86_400 / count
    steps = []
    for name in drawn(chance, count, budgets=_keeps_budgets(seed)):
        # Most follow each other at once; some after a night, so that midnights and month ends fall between any two.
        seconds = chance.choice((0.0, 0.001, 1.0)) if chance.random() < 0.5 else chance.expovariate(0.5 / mean)
        steps.append(Step(name, chance.getrandbits(48), seconds))
    return steps


def _keeps_budgets(seed: int) -> bool:
    """An even seed is a city under Incheon's policies, an odd one a city under all forms of policies, with budgets."""
    return bool(seed % 2)


def new_city(seed: int, count: int) -> Simulated:
    chance = random.Random(seed)
    scene = forms() if _keeps_budgets(seed) else incheons()
    return Simulated(members=max(12, min(400, count // 500)), shops=24, now=chance.choice(scene.starts), scene=scene)


def do(city: Simulated, step: Step, odds: Odds, depth: int = 0) -> None:
    """Does one operation with faults at its calls, and perhaps others in between; only what clients may see comes out of it."""
    chance = random.Random(step.seed)

    def others() -> None:
        if depth < DEEPEST:
            (name,) = drawn(chance, 1, budgets=bool(city.scene.lines))
            if chance.random() < 0.4:
                # Two that want the same are those that conditions are there for.
                name = step.name
            among = len(city.focus)
            if city.scene.lines and chance.random() < OF_ANOTHER:
                # Those that want the same money mostly have nothing else in common.
                city.focus.append(chance.choice(city.wallets))
            do(city, Step(name, chance.getrandbits(48), 0), odds, depth + 1)
            del city.focus[among:]

    operation, _ = OPERATIONS[step.name]
    storage = FaultyStorage(city.memory, chance, odds, others)
    before = len(city.focus)
    try:
        with written_in_version_1() if city.now < city.updated_at else nullcontext():
            operation(city, storage, chance)
    except (*REFUSED, Died):
        return
    finally:
        del city.focus[before:]


def run(
    seed: int,
    steps: Sequence[Step],
    count: int,
    odds: Odds | None = None,
    progress: Callable[[int], None] = lambda done: None,
    ends_in_full: bool = True,
) -> Failure | None:
    """Runs `steps`; gives the first fault, or None."""
    city = new_city(seed, count)
    with small(), kept(city):
        return _run(city, seed, steps, count, odds, progress, ends_in_full)


def lived(seed: int, count: int) -> Simulated:
    """A city after `count` operations under `seed`, before anything is caught up."""
    city = new_city(seed, count)
    with small(), kept(city):
        for step in steps_of(seed, count):
            city.advance(step.seconds, step.seed)
            do(city, step, Odds())
    return city


def _run(
    city: Simulated,
    seed: int,
    steps: Sequence[Step],
    count: int,
    odds: Odds | None,
    progress: Callable[[int], None],
    ends_in_full: bool,
) -> Failure | None:
    for done, step in enumerate(steps, start=1):
        city.advance(step.seconds, step.seed)
        try:
            do(city, step, odds or Odds())
            if done % FULL_CHECK == 0:
                city.check_whole()
                check_cards(city)
            if ends_in_full and done == len(steps):
                city.check_end()
                check_cards(city)
        except (Exception, Found) as fault:  # noqa: BLE001 - whatever it is, it is what the run found
            return Failure(seed, count, done, traceback.format_exc(limit=-6), steps[:done], _is_of_a_check(fault))
        progress(done)
    return None


def _is_of_a_check(fault: BaseException) -> bool:
    """Whether an assertion of the tests failed: the product makes none, and what it raises is no check."""
    if isinstance(fault, Found) and fault.__cause__ is not None:
        fault = fault.__cause__
    *_, last = traceback.extract_tb(fault.__traceback__)
    return isinstance(fault, AssertionError) and TESTS in Path(last.filename).parents


def shortest(failure: Failure, count: int, most_runs: int = 400, most_seconds: float = 600) -> Failure:
    """Leaves out of a failing log whatever can be left out while it still fails; of a long one as much as there is time for."""
    best = failure
    until = time.monotonic() + most_seconds
    size = max(1, len(best.log) // 2)
    runs = 0
    while size >= 1 and runs < most_runs and time.monotonic() < until:
        position = 0
        while position < len(best.log) and runs < most_runs and time.monotonic() < until:
            fewer = [*best.log[:position], *best.log[position + size :]]
            runs += 1
            found = run(failure.seed, fewer, count, ends_in_full=True) if fewer else None
            if found is not None:
                best = Failure(failure.seed, failure.planned, failure.operations, found.found, found.log)
            else:
                position += size
        size //= 2
    return best


def told(failure: Failure, shortened: Failure) -> str:
    """What one reads of a failing seed."""
    lines = [f"  {step.name:<12} seed {step.seed:<16} after {step.seconds:.3f} s" for step in shortened.log]
    return "\n".join(
        (
            f"seed {failure.seed} failed after {failure.operations} operations; {len(shortened.log)} of them are enough:",
            *lines,
            shortened.found,
            f"Again: make simulate SEED={failure.seed} OPS={failure.planned}",
        )
    )


__all__ = ["CALM", "Failure", "Step", "do", "new_city", "run", "shortest", "steps_of", "told"]
