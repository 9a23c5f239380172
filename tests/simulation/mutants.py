"""Remove one safeguard after another from the product, and check that the simulation detects it: python -m tests.simulation.mutants

Each mutant runs under several seeds until both oracles have found it, 20,000 operations in all. Where one of them cannot, or none, the
mutant says why. A mutant is broken if its patch is never reached, or fails by itself, or ends a run with anything but a failed check: it
proves nothing, and fails the run.
"""

import os
import sys
from collections.abc import Mapping, Sequence, Set
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from itertools import count
from typing import NamedTuple

from tests.simulation import running
from tests.simulation.judges import ANSWERS, AUDIT, REFERENCE
from tests.simulation.mutants_of_answers import MUTANTS_OF_ANSWERS
from tests.simulation.mutants_of_boundaries import MUTANTS_OF_BOUNDARIES
from tests.simulation.mutants_of_debts import MUTANTS_OF_DEBTS
from tests.simulation.mutants_of_events import MUTANTS_OF_EVENTS
from tests.simulation.mutants_of_facts import MUTANTS_OF_FACTS
from tests.simulation.mutants_of_parts import MUTANTS_OF_PARTS
from tests.simulation.mutants_of_payments import MUTANTS_OF_PAYMENTS
from tests.simulation.mutants_of_policies import MUTANTS_OF_POLICIES
from tests.simulation.mutants_of_rewards import MUTANTS_OF_REWARDS
from tests.simulation.mutation import BrokenMutant, Mutant, Trace, traced
from tests.simulation.running import steps_of

MOST_OPERATIONS = 30_000
OF_A_SEED = 4_000
AT_ONCE = os.cpu_count() or 1
"""Number of mutants that are tried in parallel, one on each core."""


MUTANTS = (
    *MUTANTS_OF_PAYMENTS,
    *MUTANTS_OF_REWARDS,
    *MUTANTS_OF_BOUNDARIES,
    *MUTANTS_OF_POLICIES,
    *MUTANTS_OF_EVENTS,
    *MUTANTS_OF_FACTS,
    *MUTANTS_OF_DEBTS,
    *MUTANTS_OF_PARTS,
    *MUTANTS_OF_ANSWERS,
)
"""All mutants. Add a new one to one of these tuples, or to a tuple of its own module, and list that here."""


class Finding(NamedTuple):
    """What a judge found, after how many operations in all, under which seed."""

    operations: int
    seed: int
    said: str


@dataclass(frozen=True)
class Outcome:
    """What the judges found of a mutant in so many `operations`."""

    name: str
    operations: int
    by: Mapping[str, Finding]

    @property
    def mutant(self) -> Mutant:
        """The mutant, looked up by name, since its patch cannot be sent between processes."""
        return next(each for each in MUTANTS if each.name == self.name)

    @property
    def missing(self) -> frozenset[str]:
        """The judges that must find the mutant and did not; where it is redundant, those that found it."""
        return frozenset(self.by) if self.mutant.redundant else self.mutant.wanted - self.by.keys()


def try_mutant(mutant: Mutant, most: int = MOST_OPERATIONS, *, until_found_once: bool = False) -> Outcome:
    """Run the simulation without the safeguard until each wanted judge has found it, or `most` operations in all.

    Each judge sees the same runs, and none of them what another one found. With `until_found_once` the first
    finding is enough. Raises `BrokenMutant` when the patch proves nothing.
    """
    done = 0
    trace = Trace()
    by: dict[str, Finding] = {}

    def enough(found: Set[str]) -> bool:
        return until_found_once or mutant.wanted <= found | by.keys()

    for seed in range(mutant.forms, 2 * most // OF_A_SEED, 2):
        with traced(mutant, trace):
            judged = running.judged(seed, steps_of(seed, OF_A_SEED), OF_A_SEED, enough)
        if trace.faults:
            raise BrokenMutant(f"{mutant.name}: the patch fails by itself: {trace.faults[0]}")
        if judged.failure is not None:
            raise BrokenMutant(f"{mutant.name}: no check has failed under seed {seed}, but: {judged.failure}")
        if judged.found and not trace.reached:
            raise BrokenMutant(f"{mutant.name}: a check failed under seed {seed} before the patch was reached")
        for judge, said in judged.found.items():
            by.setdefault(judge, Finding(done + judged.operations[judge], seed, said))
        if by and enough(by.keys()):
            return Outcome(mutant.name, done + max(judged.operations.values()), by)
        done += OF_A_SEED
    if not trace.reached:
        raise BrokenMutant(f"{mutant.name}: its patch was never reached in {done:,} operations")
    return Outcome(mutant.name, done, by)


def _tried(name: str) -> Outcome | str:
    """The outcome of the mutant with that name, or why it is broken."""
    (mutant,) = [each for each in MUTANTS if each.name == name]
    try:
        return try_mutant(mutant)
    except BrokenMutant as broken:
        return str(broken)


def _row(outcome: Outcome) -> str:
    """A row of the table in docs/testing.md."""
    mutant, by = outcome.mutant, outcome.by
    if mutant.redundant:
        return f"| {outcome.name} | {mutant.takes} | never: {mutant.redundant} | | |"
    cells = [_cell(mutant, judge, by.get(judge)) for judge in (REFERENCE, AUDIT)]
    others = _figure(by[ANSWERS]) if ANSWERS in mutant.wanted & by.keys() else ""
    return f"| {outcome.name} | {mutant.takes} | {' | '.join(cells)} | {others} |"


def _cell(mutant: Mutant, judge: str, found: Finding | None) -> str:
    if judge in mutant.blind:
        return f"no: {mutant.blind[judge]}"
    return _figure(found) if found else "not found"


def _figure(found: Finding) -> str:
    return f"{found.operations:,} ({found.seed})"


def _trying(processes: ProcessPoolExecutor, names: Sequence[str]) -> dict[str, Future[Outcome | str]]:
    """The outcome of each mutant, in the order of `names`. Those that are never found take longest, and start first."""
    redundant = {each.name for each in MUTANTS if each.redundant}
    begun = {name: processes.submit(_tried, name) for name in sorted(names, key=lambda name: name not in redundant)}
    done = count(1)

    def report(name: str) -> None:
        print(f"· {next(done)} of {len(names)} tried: {name}", file=sys.stderr, flush=True)

    for name, future in begun.items():
        future.add_done_callback(lambda _, name=name: report(name))  # type: ignore[misc]
    return {name: begun[name] for name in names}


def main() -> int:
    """Try all mutants, or the given ones, one on each core; print the rows of the table in docs/testing.md."""
    named = set(sys.argv[1:])
    if unknown := named - {each.name for each in MUTANTS}:
        sys.exit(f"There is no mutant {', '.join(sorted(unknown))}.")
    names = [each.name for each in MUTANTS if not named or each.name in named]
    wrong = 0
    with ProcessPoolExecutor(AT_ONCE) as processes:
        for name, future in _trying(processes, names).items():
            outcome = future.result()
            if isinstance(outcome, str):
                wrong += 1
                print(f"broken: {outcome}", flush=True)
                continue
            wrong += bool(outcome.missing)
            print(_row(outcome), flush=True)
            for judge, found in sorted(outcome.by.items()):
                print(f"  {name}: {judge}: {found.said}", flush=True)
            if outcome.missing:
                said = "found, though redundant, by" if outcome.mutant.redundant else "not found by"
                print(f"  {name}: {said} {', '.join(sorted(outcome.missing))}", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
