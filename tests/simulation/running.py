"""Runs of a simulated city under a seed, and the shortest log of operations with which a seed still fails."""

import random
import time
import traceback
from collections.abc import Callable, Sequence, Set
from contextlib import nullcontext
from dataclasses import dataclass
from typing import NamedTuple

from tests.simulation.answers import OF_READERS
from tests.simulation.baskets import BASKETS, check_cards
from tests.simulation.city import Simulated
from tests.simulation.drafts import DRAFTS
from tests.simulation.faults import CALM, Died, FaultyStorage, Odds
from tests.simulation.forms import forms
from tests.simulation.judges import ANSWERS, AUDIT, Found, Verdicts, is_of_a_check, said_by
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
"""Number of operations between two full checks."""

DAYS = 150
"""Approximate length of a run in the city's time, over several policies."""

AUDITED = (250, 500, 1_000, 2_000)
"""After how many operations, besides at the end, the audit runs where each judge is to find something."""

DEEPEST = 2
"""Greatest depth of operations within operations."""

OF_ANOTHER = 0.4
"""How often an operation in between is on another wallet, where there are budgets."""


class Step(NamedTuple):
    """One operation: its name, its seed, and by how much the clock moves before it."""

    name: str
    seed: int
    seconds: float


@dataclass(frozen=True)
class Failure:
    """A seed's first fault: the planned number of operations, the number until the fault, what was found, and the log."""

    seed: int
    planned: int
    operations: int
    found: str
    log: Sequence[Step]
    of_a_check: bool = True
    """Whether a check failed; otherwise the run ended with another exception."""


def drawn(chance: random.Random, count: int, *, budgets: bool) -> list[str]:
    """Names of operations, as often as their weights say; with `budgets` there are operations of operators too."""
    among = OPERATIONS if budgets else OF_EVERYBODY
    return chance.choices(list(among), [weight for _, weight in among.values()], k=count)


def steps_of(seed: int, count: int) -> list[Step]:
    chance = random.Random(seed)
    mean = DAYS * 86_400 / count
    steps = []
    for name in drawn(chance, count, budgets=_keeps_budgets(seed)):
        # Half of the steps follow within a second, the others after a random delay: a midnight or a month's end can come between any two.
        seconds = chance.choice((0.0, 0.001, 1.0)) if chance.random() < 0.5 else chance.expovariate(0.5 / mean)
        steps.append(Step(name, chance.getrandbits(48), seconds))
    return steps


def _keeps_budgets(seed: int) -> bool:
    """Whether a seed has budgets: even ones have Incheon's policies, odd ones all forms of policies, with budgets."""
    return bool(seed % 2)


def new_city(seed: int, count: int) -> Simulated:
    chance = random.Random(seed)
    scene = forms() if _keeps_budgets(seed) else incheons()
    return Simulated(members=max(12, min(400, count // 500)), shops=24, now=chance.choice(scene.starts), scene=scene)


def do(city: Simulated, step: Step, odds: Odds, depth: int = 0) -> None:
    """Run one operation with faults in its storage calls, possibly with others between them. It raises only what clients may see."""
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
    except Exception as fault:
        if not city.verdicts.goes_on:
            raise
        city.verdicts.failed(ANSWERS, fault)
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
    """Run `steps`; return the first fault, or None."""
    city = new_city(seed, count)
    with small(), kept(city):
        return _run(city, seed, steps, count, odds, progress, ends_in_full)


def simulated_city(seed: int, count: int) -> Simulated:
    """A city after `count` operations under `seed`, before any catch-up."""
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
        except (Exception, Found) as fault:  # noqa: BLE001 - any exception is a finding of the run
            return Failure(seed, count, done, traceback.format_exc(limit=-6), steps[:done], is_of_a_check(fault))
        progress(done)
    return None


class Judged(NamedTuple):
    """What each judge found, and after how many operations; `failure` is the exception that ended the run."""

    operations: dict[str, int]
    found: dict[str, str]
    failure: str | None = None


def judged(seed: int, steps: Sequence[Step], count: int, enough: Callable[[Set[str]], bool]) -> Judged:
    """Run `steps` until those judges that have found something are `enough`, or to the end."""
    city = new_city(seed, count)
    city.verdicts = Verdicts(goes_on=True)
    operations: dict[str, int] = {}
    with small(), kept(city):
        for done, step in enumerate(steps, start=1):
            city.advance(step.seconds, step.seed)
            try:
                do(city, step, Odds())
                if done in AUDITED and AUDIT not in city.verdicts.by:
                    city.verdicts.note([(AUDIT, city.check_stored)])
                if done == len(steps):
                    city.verdicts.note([*city.checks_at_end(), (ANSWERS, lambda: check_cards(city))])
            except (Exception, Found) as fault:  # noqa: BLE001 - any exception is a finding of the run
                return Judged(operations, city.verdicts.by, said_by(fault.__cause__ or fault))
            operations.update({judge: done for judge in city.verdicts.by if judge not in operations})
            if operations and enough(operations.keys()):
                break
    return Judged(operations, city.verdicts.by)


def shortest(failure: Failure, count: int, most_runs: int = 400, most_seconds: float = 600) -> Failure:
    """Remove steps from a failing log while it still fails; from a long one as many as time allows."""
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
    """The report of a failing seed."""
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
