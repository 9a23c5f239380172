"""Posting cashback for what was captured and cancelled, exactly once."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from eeum.calendar import whole_milliseconds
from eeum.cashback.posting import CaptureMissing, WalletPostings
from eeum.cashback.sources import Source
from eeum.cashback.store import CashbackStore
from eeum.errors import Busy, ProgrammeNotRunning
from eeum.policy.use_cases import PolicyBook
from eeum.storage import ConditionsFailed
from eeum.unit_of_work import Patience
from eeum.wallet.rules import Wallet

MOST_TOGETHER = 20
"""Sources worked out together: a batch of the stream."""

MOST_WRITES = 100
"""Items of one transaction."""

MOST_ENTRIES = 60
"""Entries of one wallet after which no more sources are added: one cancellation adds at most twice its captures, 40."""


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
    patience: Patience,
    sources: Sequence[Source],
    now: Callable[[], datetime],
) -> Posted:
    """Posts what each capture earns and what each cancellation changes, unless it is there already.

    The same sources may come again, in any order, from several callers at once: each posting claims its source and each wallet its
    next number, so that what loses is read and worked out anew. Two round trips for `MOST_TOGETHER` payments when nobody is in the way.

    Raises:
        Busy: the time ran out; what was posted stays, and the same call goes on from there.
        ProgrammeNotRunning: the programme has no policy at all. One was in force when a payment was approved, so what was read of the
            programme is at fault: nothing is posted now, rather than nothing for good.
    """
    if sources and policies.is_empty:
        raise ProgrammeNotRunning("Payments were approved, and the programme has no policy.")
    unpostable: list[Unpostable] = []
    posted: set[str] = set()
    different = {source.key: source for source in sources}
    ordered = sorted(different.values(), key=lambda source: source.order)
    for start in range(0, len(ordered), MOST_TOGETHER):
        together = ordered[start : start + MOST_TOGETHER]
        unpostable += _post_together(store, policies, patience, together, now, posted)
    already = len(different) - len(posted) - len(unpostable)
    return Posted(len(posted), already, unpostable)


def _post_together(
    store: CashbackStore,
    policies: PolicyBook,
    patience: Patience,
    sources: Sequence[Source],
    now: Callable[[], datetime],
    posted: set[str],
) -> list[Unpostable]:
    """Adds the keys of the sources that it posts to `posted`."""
    attempt = 0
    missing: dict[str, str] = {}
    while True:
        wallets, done = store.read_for_posting(sources)
        faults = {source.key: fault for source in sources if (fault := _fault_of(source, wallets, policies))} | missing
        waiting = [source for source in sources if source.key not in faults and source.key not in done]
        postings: list[WalletPostings] = []
        begun: list[str] = []
        for wallet_id, own in _by_wallet(waiting):
            posting = WalletPostings(wallets[wallet_id], store, policies, whole_milliseconds(now()))
            begun += _work_out(posting, own, missing)
            postings.append(posting)
        try:
            _store(store, patience, [posting for posting in postings if posting.entries])
            posted.update(begun)
        except ConditionsFailed:
            attempt += 1
            patience.wait(attempt)
            continue
        if len(begun) == len(waiting):
            return [Unpostable(source, faults[source.key]) for source in sources if source.key in faults]


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


def _store(store: CashbackStore, patience: Patience, postings: Sequence[WalletPostings]) -> None:
    """Posts `postings` in one transaction, or, when they are too many or their wallets too busy for that, each in its own."""
    if len(postings) > 1 and sum(1 + len(posting.entries) for posting in postings) <= MOST_WRITES:
        try:
            store.post(postings, patience.briefly())
            return
        except Busy:
            pass
    for posting in postings:
        store.post([posting], patience)
