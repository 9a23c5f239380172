"""Posting cashback for what was captured and cancelled, exactly once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from eeum.calendar import next_month, start_of_month, whole_milliseconds
from eeum.cashback.posting import CaptureMissing, WalletPostings
from eeum.cashback.sources import Source
from eeum.cashback.store import CashbackStore
from eeum.errors import Busy, ProgrammeNotRunning
from eeum.payments.progress import Cancellation
from eeum.policy.rules import PolicyVersion
from eeum.policy.use_cases import PolicyBook
from eeum.storage import ConditionsFailed, Write
from eeum.unit_of_work import Patience
from eeum.wallet.giving import UNLIMITED, Grants
from eeum.wallet.granting import keep_funded
from eeum.wallet.rules import Wallet

if TYPE_CHECKING:
    from eeum.budget.funding import Budgets, Funding
    from eeum.budget.rules import Funds

MOST_TOGETHER = 20
"""Sources worked out together: a batch of the stream."""

MOST_WRITES = 100
"""Items of one transaction."""

MOST_ENTRIES = 40
"""Entries of one wallet after which no more sources are added: one cancellation adds at most twice its captures, 40, and near the end of
a budget all its 17 places may be drawn on."""


class Unpostable(NamedTuple):
    """A source that never can be posted, and why."""

    source: Source
    reason: str


class Posted(NamedTuple):
    """How many sources were posted now, how many had been before, and those that never can be."""

    posted: int
    already: int
    unpostable: list[Unpostable]


def post(
    store: CashbackStore,
    policies: PolicyBook,
    budgets: Budgets | None,
    patience: Patience,
    sources: Sequence[Source],
    now: Callable[[], datetime],
) -> Posted:
    """Posts what each capture earns and what each cancellation changes, unless it is there already, as far as `budgets` fund it.

    The same sources may come again, in any order, from several callers at once: each posting claims its source and each wallet its
    next number, so that what loses is read and worked out anew. Two round trips for `MOST_TOGETHER` payments when nobody is in the way.
    Without budgets (None) everything is funded.

    Raises:
        Busy: the time ran out; what was posted stays, and the same call goes on from there.
        ProgrammeNotRunning: the programme has no policy at all. One was in force when a payment was approved, so what was read of the
            programme is at fault: nothing is posted now, rather than nothing for good.
    """
    if sources and policies.is_empty:
        raise ProgrammeNotRunning("Payments were approved, and the programme has no policy.")
    unpostable: list[Unpostable] = []
    poster = _Poster(store, policies, budgets, patience, now)
    different = {source.key: source for source in sources}
    ordered = sorted(different.values(), key=lambda source: source.order)
    for start in range(0, len(ordered), MOST_TOGETHER):
        unpostable += poster.post_together(ordered[start : start + MOST_TOGETHER])
    already = len(different) - len(poster.posted) - len(unpostable)
    return Posted(len(poster.posted), already, unpostable)


@dataclass
class _Poster:
    """Posts sources in transactions as large as may be; `posted` are the keys of those that it posted."""

    store: CashbackStore
    policies: PolicyBook
    budgets: Budgets | None
    patience: Patience
    now: Callable[[], datetime]
    posted: set[str] = field(default_factory=set)

    def post_together(self, sources: Sequence[Source]) -> list[Unpostable]:
        """Posts what of `sources` is not posted yet: in one transaction, or, when they are too many or too busy for that, by wallet.

        All of a transaction is funded from one sub-line of the budgets, so that it costs each payment of a batch a part of one write.
        """
        attempt = 0
        missing: dict[str, str] = {}
        funding = self._funding(sources)
        while True:
            keys = funding.keys(_needs_of(sources, self.policies)) if funding else ()
            wallets, done, others = self.store.read_for_posting(sources, keys)
            found = {source.key: fault for source in sources if (fault := _fault_of(source, wallets, self.policies))}
            faults = found | missing
            waiting = [source for source in sources if source.key not in faults and source.key not in done]
            funds = funding.funds(others) if funding else None
            postings, begun = self._worked_out(waiting, wallets, funds or UNLIMITED, missing)
            try:
                if funding and funds and funds.missing:
                    funding.refill(funds)
                    raise ConditionsFailed(())
                if not self._store(postings, funding, funds):
                    return [each for _, own in _by_wallet(sources) for each in self.post_together(own)]
            except ConditionsFailed:
                attempt += 1
                self.patience.wait(attempt)
                continue
            self.posted.update(begun)
            funding = self._funding(sources)
            if len(begun) == len(waiting):
                return [Unpostable(source, faults[source.key]) for source in sources if source.key in faults]

    def _funding(self, sources: Sequence[Source]) -> Funding | None:
        return self.budgets.funding_of_a_posting(sources[0].key, self.now()) if self.budgets else None

    def _worked_out(
        self, waiting: Sequence[Source], wallets: Mapping[str, Wallet], grants: Grants, missing: dict[str, str]
    ) -> tuple[list[WalletPostings], list[str]]:
        """What is to be posted to which wallet, and the keys of the sources that it is for."""
        postings: list[WalletPostings] = []
        begun: list[str] = []
        for wallet_id, own in _by_wallet(waiting):
            posted_at = whole_milliseconds(self.now())
            posting = WalletPostings(wallets[wallet_id], self.store, self.policies, posted_at, grants)
            begun += _work_out(posting, own, missing)
            if posting.entries:
                postings.append(posting)
        return postings, begun

    def _store(self, postings: Sequence[WalletPostings], funding: Funding | None, funds: Funds | None) -> bool:
        """Stores `postings` in one transaction; False when those of several wallets are too many for it, or too busy.

        `ConditionsFailed` when all must be worked out again, as when others are busy with the last of the money.
        """
        if not postings:
            return True
        alone = len(postings) == 1
        places = len(funds.changes) + len(funds.elsewhere) if funds else 0
        if not alone and places + sum(1 + len(posting.entries) for posting in postings) > MOST_WRITES:
            return False

        def store(patience: Patience, grants: Sequence[Write]) -> None:
            self.store.post(postings, patience, grants)

        patience = self.patience if alone else self.patience.briefly()
        try:
            if funding and funds:
                keep_funded(funding, funds, store, patience)
            else:
                store(patience, ())
        except Busy:
            if alone:
                raise
            return False
        return True


def _needs_of(sources: Iterable[Source], policies: PolicyBook) -> Iterator[tuple[PolicyVersion, datetime]]:
    """Under which policies something is funded for sources, and of which instant, as far as they say themselves."""
    for source in sources:
        entry = source.entry
        instants = [entry.acceptance.accepted_at]
        if isinstance(entry, Cancellation):
            instants = [start_of_month(next_month(month)) - timedelta(milliseconds=1) for month in entry.months]
        for at in instants:
            policy = policies.in_force_at(at)
            if policy is not None and policy.after_payment:
                yield policy, at


def _work_out(posting: WalletPostings, sources: Sequence[Source], missing: dict[str, str]) -> list[str]:
    """Adds the sources of one wallet as far as they fit; gives the keys of those added, and says in `missing` why one never will be."""
    begun = []
    for source in sources:
        if len(posting.entries) > MOST_ENTRIES:
            break
        try:
            posting.add(source)
            begun.append(source.key)
        except CaptureMissing as reason:
            missing[source.key] = str(reason)
    return begun


def _fault_of(source: Source, wallets: Mapping[str, Wallet], policies: PolicyBook) -> str | None:
    """Why the source never can be posted, or None."""
    if source.wallet_id not in wallets:
        return "wallet_missing"
    if policies.in_force_at(source.entry.acceptance.accepted_at) is None:
        return "accepted_before_the_first_policy"
    return None


def _by_wallet(sources: Iterable[Source]) -> list[tuple[str, list[Source]]]:
    """Sources by wallet, in the order given."""
    grouped: dict[str, list[Source]] = {}
    for source in sources:
        grouped.setdefault(source.wallet_id, []).append(source)
    return list(grouped.items())
