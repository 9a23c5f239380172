"""Accruing cashback for captures and cancellations, exactly once: load, compute, store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from eeum.calendar import next_month, start_of_month, whole_milliseconds
from eeum.cashback.computing import Computed, Terms, compute, run
from eeum.cashback.context import EntriesCache, Needs, NeedsBook, NeedsCapture, NeedsPayments, WalletContext
from eeum.cashback.sources import Source
from eeum.cashback.store import CashbackStore, TooLarge
from eeum.cashback.usage import asked_for, is_kept
from eeum.errors import Busy, ProgrammeNotRunning
from eeum.journal.accounts import REFUND_PENDING
from eeum.payments.progress import Cancellation
from eeum.policy.rules import PolicyVersion
from eeum.policy.use_cases import PolicyBook
from eeum.storage import MOST_WRITES, ConditionsFailed, Contended, Denied, Unavailable, Write
from eeum.unit_of_work import Patience
from eeum.wallet.budget_draws import keep_funded
from eeum.wallet.command_rewards import UNLIMITED
from eeum.wallet.rules import Wallet

if TYPE_CHECKING:
    from eeum.budget.funding import Budgets, Funding
    from eeum.budget.rules import Funds

MOST_TOGETHER = 20
"""The most sources in one transaction: a batch of the stream."""

QUICK_ACCRUALS = 100
"""A wallet with at most this many accruals has no month that takes long to replay."""

PASSING = (Busy, Contended, Denied, Unavailable, ProgrammeNotRunning, MemoryError, OSError)
"""Errors that a retry may mend, or an operator for all wallets at once. Any other error is the source's own and repeats on every
attempt.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accrual:
    """What the accrual depends on.

    Without `budgets` everything is funded. `now` is called for each transaction. `entries` are those of wallets that were read before.
    """

    store: CashbackStore
    policies: PolicyBook
    budgets: Budgets | None
    patience: Patience
    now: Callable[[], datetime]
    entries: EntriesCache = field(default_factory=EntriesCache)


class Batch(NamedTuple):
    """The command: sources to accrue, in any order, possibly repeated, from several callers at once.

    A `quick` batch leaves slow work to the slow lane: cancellations of a wallet with many accruals, and the wallet's other sources while
    one of these waits, so that they are not computed on usage that is about to change.
    """

    sources: Sequence[Source]
    quick: bool = False


class NotAccruable(NamedTuple):
    """A source that can never be accrued, and why."""

    source: Source
    reason: str


class Accrued(NamedTuple):
    """How many sources were accrued now, how many had been before, those that can never be, and those left to the slow lane."""

    accrued: int
    already: int
    not_accruable: list[NotAccruable]
    slow: Sequence[Source] = ()


def accrue(batch: Batch, accrual: Accrual) -> Accrued:
    """Accrue each capture's rewards and each cancellation's corrections, as far as budgets fund them, unless this was done before.

    Each accrual claims its source, and each wallet its next number, so a transaction that loses a race is read and computed again. Without
    competing writes, `MOST_TOGETHER` payments take two round trips. A permanent failure affects its own source alone, whatever the error
    is: a failed batch is repeated by wallet, and then source by source.

    Raises:
        Busy: the time ran out. Stored accruals stay, and the same call continues from there.
        ProgrammeNotRunning: the programme has no policy at all. A payment was approved under one, so the programme's read was incomplete:
            nothing is stored now, and a retry accrues everything.
    """
    if batch.sources and accrual.policies.is_empty:
        raise ProgrammeNotRunning("The programme has approved payments but no policy; load its policies.")
    not_accruable: list[NotAccruable] = []
    accruer = _Accruer(accrual, batch.quick)
    different = {source.key: source for source in batch.sources}
    ordered = sorted(different.values(), key=lambda source: source.order)
    for start in range(0, len(ordered), MOST_TOGETHER):
        not_accruable += accruer.accrue_together(ordered[start : start + MOST_TOGETHER])
    already = len(different) - len(accruer.accrued) - len(not_accruable) - len(accruer.slow)
    return Accrued(len(accruer.accrued), already, not_accruable, tuple(accruer.slow.values()))


@dataclass
class _Accruer:
    """Accrues sources in transactions as large as possible. `accrued` has the keys of accrued sources, `slow` of those left to the slow
    lane.
    """

    accrual: Accrual
    quick: bool
    accrued: set[str] = field(default_factory=set)
    slow: dict[str, Source] = field(default_factory=dict)

    def accrue_together(self, sources: Sequence[Source]) -> list[NotAccruable]:
        """Accrue `sources` in one transaction; when they are too many, contended or invalid, in several.

        These are by wallet, then source by source, so that a permanent failure is found for its own source alone.
        """
        try:
            if (found := self._accrue_at_once(sources)) is not None:
                return found
        except PASSING:
            raise
        except Exception as error:  # noqa: BLE001 - the same source would raise it again, whatever the error is
            if len(sources) == 1:
                return [NotAccruable(sources[0], _reason_of(error))]
        apart = [own for _, own in _by_wallet(sources)]
        if len(apart) == 1:
            apart = [[source] for source in sources]
        return [each for own in apart for each in self.accrue_together(own)]

    def _accrue_at_once(self, sources: Sequence[Source]) -> list[NotAccruable] | None:
        """The unpostable ones of `sources`; None when they must be accrued by wallet.

        All of a transaction draws on one budget shard, so each payment of a batch costs a part of one write.
        """
        attempt = 0
        missing: dict[str, str] = {}
        policies = self.accrual.policies
        funding = self._funding(sources)
        while True:
            keys = funding.keys(_funded_by(sources, policies)) if funding else ()
            wallets, done, others = self.accrual.store.read_for_posting(sources, keys)
            faults = {
                source.key: fault for source in sources if (fault := _fault_of(source, wallets, policies))
            } | missing
            waiting = [source for source in sources if source.key not in faults and source.key not in done]
            waiting = self._without_slow(waiting, wallets)
            funds = funding.funds(others) if funding else None
            terms = Terms(policies, whole_milliseconds(self.accrual.now()), funds or UNLIMITED)
            computed = [self._computed(wallets[wallet_id], own, terms) for wallet_id, own in _by_wallet(waiting)]
            for each in computed:
                missing |= each.faults
            try:
                if funding and funds and funds.missing:
                    funding.refill(funds)
                    raise ConditionsFailed(())
                if not self._store([each for each in computed if each.plan.entries], funding, funds):
                    return None
            except ConditionsFailed:
                attempt += 1
                self.accrual.patience.wait(attempt)
                continue
            begun = [key for each in computed for key in each.accrued]
            self.accrued.update(begun)
            funding = self._funding(sources)
            if len(begun) == len(waiting):
                return [NotAccruable(source, faults[source.key]) for source in sources if source.key in faults]

    def _without_slow(self, waiting: Sequence[Source], wallets: Mapping[str, Wallet]) -> list[Source]:
        if not self.quick:
            return list(waiting)
        slow = {source.key for source in waiting if _is_slow(source, wallets[source.wallet_id], self.accrual.policies)}
        self.slow |= {source.key: source for source in waiting if source.key in slow}
        return [source for source in waiting if source.key not in slow]

    def _funding(self, sources: Sequence[Source]) -> Funding | None:
        budgets = self.accrual.budgets
        return budgets.funding_of_a_posting(sources[0].key, self.accrual.now()) if budgets else None

    def _computed(self, wallet: Wallet, sources: Sequence[Source], terms: Terms) -> Computed:
        context = WalletContext(wallet, self.accrual.entries.of(wallet.id, wallet.accrued))
        return run(compute(context, sources, terms), context, self._load)

    def _load(self, context: WalletContext, needs: Needs) -> WalletContext:
        """The context with what is needed, by one of the store's access patterns. Entries are kept for later computations."""
        store, wallet_id, entries = self.accrual.store, context.wallet.id, context.entries
        if isinstance(needs, NeedsBook):
            book = store.book(wallet_id, *needs.months).up_to(context.wallet.accrued)
            entries = replace(entries, books={**entries.books, needs.months: book})
        elif isinstance(needs, NeedsPayments):
            entries = replace(entries, payments={**entries.payments, **store.payments(wallet_id, needs.keys)})
        elif isinstance(needs, NeedsCapture):
            source = store.captured_source(wallet_id, *needs.capture)
            return replace(context, captures={**context.captures, needs.capture: source})
        else:
            return replace(context, expired={**context.expired, **store.expired(wallet_id, needs.purses)})
        self.accrual.entries.keep(wallet_id, entries)
        return replace(context, entries=entries)

    def _store(self, computed: Sequence[Computed], funding: Funding | None, funds: Funds | None) -> bool:
        """Store the plans in one transaction. False when several wallets are too many for it, or too contended.

        Raises `ConditionsFailed` when all must be computed again, also when other transactions compete for the last of a budget.
        """
        if not computed:
            return True
        alone = len(computed) == 1
        places = len(funds.changes) + len(funds.elsewhere) if funds else 0
        if not alone and places + sum(1 + len(each.plan.entries) for each in computed) > MOST_WRITES:
            return False

        def store(patience: Patience, draws: Sequence[Write]) -> None:
            self.accrual.store.accrue([each.plan for each in computed], patience, draws)

        patience = self.accrual.patience if alone else self.accrual.patience.briefly()
        try:
            if funding and funds:
                keep_funded(funding, funds, store, patience)
            else:
                store(patience, ())
        except Busy:
            if alone:
                raise
            return False
        for each in computed:
            self.accrual.entries.keep(each.plan.wallet.id, each.entries_after)
        return True


def _funded_by(sources: Iterable[Source], policies: PolicyBook) -> Iterator[tuple[PolicyVersion, datetime]]:
    """The policies and instants under which sources may be funded, as far as the sources say."""
    for source in sources:
        entry = source.entry
        instants = [entry.acceptance.accepted_at]
        if isinstance(entry, Cancellation):
            instants = [start_of_month(next_month(month)) - timedelta(milliseconds=1) for month in entry.months]
        for at in instants:
            policy = policies.in_force_at(at)
            if policy is not None and policy.after_payment:
                yield policy, at


def _fault_of(source: Source, wallets: Mapping[str, Wallet], policies: PolicyBook) -> str | None:
    """Why the source can never be accrued, or None."""
    if source.wallet_id not in wallets:
        return "wallet_missing"
    if policies.in_force_at(source.entry.acceptance.accepted_at) is None:
        return "accepted_before_the_first_policy"
    return None


def _is_slow(source: Source, wallet: Wallet, policies: PolicyBook) -> bool:
    """Whether the wallet may have a long month and `source` requires reading it, or follows one that does.

    A refund waits for its month as long as its cancellation does.
    """
    if wallet.accrued <= QUICK_ACCRUALS:
        return False
    if isinstance(source.entry, Cancellation) or wallet.balance(REFUND_PENDING):
        return True
    at = source.entry.acceptance.accepted_at
    return not all(is_kept(wallet.usage, key) or key in wallet.usage for key in asked_for(policies.running_at(at), at))


def _reason_of(error: Exception) -> str:
    if isinstance(error, TooLarge):
        return f"too_large_for_one_transaction: {error}"
    return f"unexpected_error: {type(error).__name__}: {error}"


def _by_wallet(sources: Iterable[Source]) -> list[tuple[str, list[Source]]]:
    """Sources by wallet, in the given order."""
    grouped: dict[str, list[Source]] = {}
    for source in sources:
        grouped.setdefault(source.wallet_id, []).append(source)
    return list(grouped.items())
