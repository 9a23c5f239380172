"""Safeguards of payments, top-ups, accruals and refunds."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC
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
from tests.simulation.mutation import NOT_STORED, Mutant, dropping, replacing


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


MUTANTS_OF_PAYMENTS = (
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
        "a twin of a request stores its top-up again",
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
        blind=NOT_STORED,
    ),
    Mutant(
        "recorded reversal",
        "a reversal that comes before its payment stores nothing",
        lambda: patch.object(PaymentStore, "record_declines", _only_reversals_unrecorded),
        blind=NOT_STORED,
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
        blind=NOT_STORED,
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
