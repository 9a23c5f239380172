"""Remove one safeguard after another from the product, and check that the simulation detects it: python -m tests.simulation.mutants

Each mutant runs under several seeds until a check fails, 20,000 operations in all. One that is never found must say why. A mutant is broken
if its patch is never reached, or fails by itself, or ends a run with anything but a failed check: it proves nothing, and fails the run.
"""

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from itertools import count
from typing import Any
from unittest.mock import patch

from eeum.cashback import computing, rules
from eeum.cashback import store as cashback_store
from eeum.cashback.replay import Refund
from eeum.cashback.rules import Captured
from eeum.payments import progress
from eeum.payments.progress import Cancellation
from eeum.payments.rules import Decline, portion
from eeum.payments.store import PaymentStore
from eeum.policy.evaluation import evaluate
from eeum.policy.rules import Evaluation, PolicyVersion
from eeum.policy.usage import WindowUsage
from eeum.storage import AtLeast, AtMost, Condition, Equals, Put, Update, Write
from tests.simulation.mutants_of_answers import MUTANTS_OF_ANSWERS
from tests.simulation.mutants_of_boundaries import MUTANTS_OF_BOUNDARIES
from tests.simulation.mutants_of_debts import MUTANTS_OF_DEBTS
from tests.simulation.mutants_of_events import MUTANTS_OF_EVENTS
from tests.simulation.mutants_of_facts import MUTANTS_OF_FACTS
from tests.simulation.mutants_of_parts import MUTANTS_OF_PARTS
from tests.simulation.mutants_of_policies import MUTANTS_OF_POLICIES
from tests.simulation.mutants_of_rewards import MUTANTS_OF_REWARDS
from tests.simulation.mutation import BrokenMutant, Mutant, Trace, dropping, replacing, traced
from tests.simulation.running import run, steps_of

MOST_OPERATIONS = 20_000
OF_A_SEED = 4_000
AT_ONCE = os.cpu_count() or 1
"""Number of mutants that are tried in parallel, one on each core."""


def _starts(write: Write, *prefixes: str) -> bool:
    return isinstance(write, Put) and write.key.sk.startswith(prefixes)


def _nothing_used(policy: PolicyVersion, facts: Any, base: int, _: Any, **more: Any) -> Evaluation:
    return evaluate(policy, facts, base, {}, **more)


def _rounded_up(*arguments: Any, **more: Any) -> Evaluation:
    exact = evaluate(*arguments, **more)
    rewards = []
    for reward in exact.rewards:
        fraction = sum(part.base * part.rate for part in reward.portions) % 10_000
        won = reward.won + (1 if fraction else 0)
        *others, (last, of_last) = reward.funders
        rewards.append(reward._replace(won=won, funders=(*others, (last, of_last + won - reward.won))))
    return Evaluation(tuple(rewards), exact.used)


def _all_months(_policy: PolicyVersion, _at: Any, usage: Mapping[str, int]) -> WindowUsage:
    total: dict[str, int] = {}
    for window, won in usage.items():
        total[window.partition("@")[0]] = total.get(window.partition("@")[0], 0) + won
    return WindowUsage(total, {})


def _in_debit_order(book: Any, cancelled: Any, payments: Any, *_: Any) -> Refund:
    released: dict[str, int] = {}
    earnings = {(earning.digest, earning.capture): earning for earning in book.earnings}
    for each in cancelled:
        earning = earnings[each.payment, each.capture]
        drawn = portion(payments[each.payment].paid_from, earning.start, earning.end)
        for purse, won in portion(drawn, 0, each.won):
            released[purse] = released.get(purse, 0) + won
    return Refund(0, tuple(released.items()))


def _nothing_recovered(book: Any, cancelled: Any, payments: Any, _: int, debts: Any) -> Refund:
    return computing_refund(book, cancelled, payments, 0, debts)


computing_refund = computing.refund
read_for_posting = cashback_store.CashbackStore.read_for_posting
record_declines = PaymentStore.record_declines


@contextmanager
def _claims_gone(*prefixes: str) -> Iterator[None]:
    """Neither read nor claimed. Both are removed, since each alone prevents a second posting."""

    def read(store: Any, sources: Any, others: Any = ()) -> Any:
        found = read_for_posting(store, sources, others)
        unclaimed = {
            each.key for each in sources if isinstance(each.entry, Cancellation) == ("CORRECTION#" in prefixes)
        }
        return found._replace(done=found.done - unclaimed)

    with (
        replacing(cashback_store.CashbackStore, "read_for_posting", read),
        dropping(lambda write, _: _starts(write, *prefixes)),
    ):
        yield


def _only_reversals_unrecorded(store: PaymentStore, payments: Any) -> None:
    if payments[0].decline is not Decline.REVERSED:
        record_declines(store, payments)


def _at(path: str, kind: type = Equals) -> Callable[[Write, Condition], bool]:
    return lambda write, each: isinstance(write, Update) and isinstance(each, kind) and each.path[0] == path


def _is_spending(write: Write) -> bool:
    """Whether a write debits a wallet for a payment: only such a write has a condition on a card."""
    return isinstance(write, Update) and any(each.path[0] == "cards" for each in write.conditions)


OF_PAYMENTS = (
    Mutant(
        "balance condition",
        "a payment does not require the last purse to have the amount that it takes",
        lambda: dropping(lambda write, each: _is_spending(write) and isinstance(each, AtLeast)),
    ),
    Mutant(
        "emptied purses",
        "a payment does not require the purses that it empties to be as they were read",
        lambda: dropping(
            lambda write, each: _is_spending(write) and isinstance(each, Equals) and each.path[0] == "purses"
        ),
    ),
    Mutant(
        "existence of a payment",
        "a twin of a request stores its payment again",
        lambda: dropping(lambda write, _: _starts(write, "PAYMENT#")),
    ),
    Mutant(
        "existence of a top-up",
        "a twin of a request credits its top-up again",
        lambda: dropping(lambda write, _: _starts(write, "TOP_UP#")),
    ),
    Mutant(
        "claim of an earning",
        "a capture's earning is neither read nor claimed",
        lambda: _claims_gone("EARNING#"),
    ),
    Mutant(
        "claim of a correction",
        "a cancellation's correction is neither read nor claimed, so its refund is given back twice",
        lambda: _claims_gone("CORRECTION#"),
    ),
    Mutant(
        "posting number",
        "a posting does not require the wallet's accrual number to be as it was read",
        lambda: dropping(_at("posted")),
        redundant="each posting is linked, so the condition on the chain's length does the same; see the next row for both",
    ),
    Mutant(
        "posting number and chain",
        "a posting requires neither the wallet's accrual number nor its chain to be as they were read",
        lambda: dropping(
            lambda write, each: isinstance(write, Update) and each.path in (("posted",), ("chain", "length"))
        ),
    ),
    Mutant(
        "chain",
        "an entry is linked without a check whether another was linked in between",
        lambda: dropping(lambda write, each: isinstance(write, Update) and each.path == ("chain", "length")),
    ),
    Mutant(
        "stored decline",
        "a decline is answered and not stored",
        lambda: patch.object(PaymentStore, "record_declines", lambda store, payments: None),
    ),
    Mutant(
        "recorded reversal",
        "a reversal that comes before its payment stores nothing",
        lambda: patch.object(PaymentStore, "record_declines", _only_reversals_unrecorded),
    ),
    Mutant(
        "limits",
        "earlier limit usage is ignored",
        lambda: patch.object(rules, "evaluate", _nothing_used),
    ),
    Mutant("rounding", "rewards are rounded up", lambda: patch.object(rules, "evaluate", _rounded_up)),
    Mutant(
        "month of a limit", "limit usage counts over all months", lambda: patch.object(rules, "usage_at", _all_months)
    ),
    Mutant(
        "month of a payment",
        "a capture's month is that of the system clock's time zone, not of Seoul",
        lambda: patch.object(
            Captured, "month", property(lambda captured: captured.accepted_at.astimezone(UTC).strftime("%Y-%m"))
        ),
    ),
    Mutant(
        "months that a wallet carries",
        "a limit whose usage is no longer in the wallet counts as unused",
        lambda: patch.object(computing, "is_kept", lambda usage, month: True),
        forms=True,
    ),
    Mutant(
        "version of a progress",
        "captures and cancellations do not require the payment's progress to be as it was read",
        lambda: dropping(lambda write, _: _starts(write, "PROGRESS#")),
    ),
    Mutant(
        "balance of what is held",
        "a capture or release does not require the wallet to hold its amount",
        lambda: dropping(lambda write, each: isinstance(write, Update) and each.path == ("purses", "held", "amount")),
        redundant="the progress has the rest of each hold, its version is a condition, and the wallet holds the sum",
    ),
    Mutant("expiry", "an expired hold is captured", lambda: patch.object(progress, "is_expired", lambda *_: False)),
    Mutant(
        "order of a refund",
        "refunds go back in debit order",
        lambda: patch.object(computing, "refund", _in_debit_order),
    ),
    Mutant(
        "recovery",
        "a refund is given back in full while cashback is below zero",
        lambda: patch.object(computing, "refund", _nothing_recovered),
    ),
    Mutant(
        "balance that a refund depends on",
        "a correction does not require the cashback balance to be as it was read",
        lambda: dropping(
            lambda write, each: (
                isinstance(write, Update)
                and any(other.path == ("posted",) for other in write.conditions)
                and each.path == ("purses", "cashback", "amount")
            )
        ),
        forms=True,
    ),
    Mutant(
        "body of a request",
        "a key is accepted with another body",
        lambda: patch("eeum.request._hash_of", lambda body: "00" * 32),
    ),
    Mutant(
        "funders' shares",
        "a correction takes everything from the first funder",
        lambda: patch(
            "eeum.cashback.replay.funded",
            lambda layer, won: tuple((name, won if name == layer.funders[0] else 0) for name in layer.funders),
        ),
    ),
    Mutant(
        "holding limit",
        "a top-up does not require the purse to stay below the holding limit",
        lambda: dropping(_at("purses", AtMost)),
        redundant="top-ups are linked, so the condition on the chain's length admits one at a time; a refund may exceed the limit",
    ),
)


MUTANTS = (
    *OF_PAYMENTS,
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


@dataclass(frozen=True)
class Outcome:
    """The result for a mutant: the check that `found` it, after how many operations, under which seed; an empty `found` means none."""

    name: str
    operations: int
    found: str
    seed: int | None = None

    @property
    def mutant(self) -> Mutant:
        """The mutant, looked up by name, since its patch cannot be sent between processes."""
        return next(each for each in MUTANTS if each.name == self.name)


def try_mutant(mutant: Mutant, most: int = MOST_OPERATIONS) -> Outcome:
    """Run the simulation without the safeguard until a check fails. Raises `BrokenMutant` when the patch proves nothing."""
    done = 0
    trace = Trace()
    for seed in range(mutant.forms, 2 * most // OF_A_SEED, 2):
        with traced(mutant, trace):
            failure = run(seed, steps_of(seed, OF_A_SEED), OF_A_SEED)
        if trace.faults:
            raise BrokenMutant(f"{mutant.name}: the patch fails by itself: {trace.faults[0]}")
        if failure is not None:
            lines = [line.strip() for line in failure.found.splitlines() if line.strip()]
            if not failure.of_a_check:
                raise BrokenMutant(f"{mutant.name}: no check has failed under seed {seed}, but: {lines[-1]}")
            if not trace.reached:
                raise BrokenMutant(f"{mutant.name}: a check failed under seed {seed} before the patch was reached")
            said = next((line for line in lines if line.startswith(("assert ", "AssertionError"))), lines[-1])
            return Outcome(mutant.name, done + failure.operations, said[:120], seed)
        done += OF_A_SEED
    if not trace.reached:
        raise BrokenMutant(f"{mutant.name}: its patch was never reached in {done:,} operations")
    return Outcome(mutant.name, done, "")


def _tried(name: str) -> Outcome | str:
    """The outcome of the mutant with that name, or why it is broken."""
    (mutant,) = [each for each in MUTANTS if each.name == name]
    try:
        return try_mutant(mutant)
    except BrokenMutant as broken:
        return str(broken)


def _row(outcome: Outcome) -> str:
    """A row of the table in docs/testing.md."""
    found = f"{outcome.operations:,}" if outcome.found else f"never: {outcome.mutant.redundant}"
    seed = "" if outcome.seed is None else str(outcome.seed)
    return f"| {outcome.name} | {outcome.mutant.takes} | {found} | {seed} |"


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
            caught = bool(outcome.found)
            wrong += caught == bool(outcome.mutant.redundant)
            print(_row(outcome), flush=True)
            if caught:
                print(f"  {name}: {outcome.found}", flush=True)
            elif not outcome.mutant.redundant:
                print(f"  {name}: not detected in {outcome.operations:,} operations", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
