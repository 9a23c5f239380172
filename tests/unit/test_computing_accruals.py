"""Accruals without a store: however the sources are divided into batches, the entries are the same."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eeum.cashback.computing import Computed, Terms, compute, run
from eeum.cashback.context import (
    EntriesRead,
    Needs,
    NeedsBook,
    NeedsCapture,
    NeedsExpired,
    NeedsPayments,
    WalletContext,
)
from eeum.cashback.plan import PostingEntry
from eeum.cashback.rules import Correction, Earning, MonthBook, captured_of
from eeum.cashback.sources import Source
from eeum.ids import Digest
from eeum.journal.accounts import added, by_purse
from eeum.journal.chain import Head
from eeum.payments.progress import Cancellation, Capture, Progress, cancel, capture, progress_of
from eeum.payments.rules import Payment
from eeum.policy.use_cases import PolicyBook
from eeum.wallet.rules import DebitOrder, Purse, Wallet, WalletStatus
from tests.golden.published import incheon
from tests.unit.paid_months import START, WALLET, Bought, acceptance, payment
from tests.unit.test_replay import CITY_AND_MERCHANTS, bought_in

POSTED_AT = START + timedelta(days=400)
ENOUGH = 10**9


def _wallet() -> Wallet:
    purses = tuple(Purse(name, ENOUGH) for name in ("charged", "cashback", "grant-a", "held", "refund_pending"))
    return Wallet(
        id=WALLET,
        member="member",
        status=WalletStatus.ACTIVE,
        verified=True,
        member_class=None,
        debit_order=DebitOrder.CHARGED_FIRST,
        purses=purses,
        cards=(),
        usage={},
        due=0,
        accrued=0,
        chain=Head(),
        negative=None,
        opened_at=START,
    )


@dataclass
class Ledger:
    """A member's ledger as plain values; `needed` records the needs of computations, which it meets."""

    policies: PolicyBook
    wallet: Wallet = field(default_factory=_wallet)
    payments: dict[Digest, Payment] = field(default_factory=dict)
    captures: dict[tuple[Digest, int], Source] = field(default_factory=dict)
    entries: list[PostingEntry] = field(default_factory=list)
    needed: list[Needs] = field(default_factory=list)

    def load(self, context: WalletContext, needs: Needs) -> WalletContext:
        self.needed.append(needs)
        read = context.entries
        if isinstance(needs, NeedsBook):
            assert needs.months not in read.books, "it is asked for once"
            return replace(
                context, entries=replace(read, books={**read.books, needs.months: self._book(*needs.months)})
            )
        if isinstance(needs, NeedsPayments):
            assert not set(needs.keys) & set(read.payments), "each is asked for once"
            found = {key: self.payments[key] for key in needs.keys}
            return replace(context, entries=replace(read, payments={**read.payments, **found}))
        if isinstance(needs, NeedsCapture):
            source = self.captures.get(needs.capture)
            return replace(context, captures={**context.captures, needs.capture: source})
        return replace(context, expired={**context.expired, **dict.fromkeys(needs.purses, 0)})

    def _book(self, first: str, last: str) -> MonthBook:
        mine = [entry for entry in self.entries if first <= entry.month <= last]
        return MonthBook(
            tuple(entry for entry in mine if isinstance(entry, Earning)),
            tuple(entry for entry in mine if isinstance(entry, Correction)),
        )

    def computed(self, sources: Sequence[Source], read: EntriesRead | None = None) -> Computed:
        context = WalletContext(self.wallet, (read or EntriesRead()).as_of(self.wallet.accrued))
        return run(compute(context, sources, Terms(self.policies, POSTED_AT)), context, self.load)

    def store(self, computed: Computed) -> None:
        """Store a plan as a store does, after checking it against its entries."""
        plan = computed.plan
        numbers = [entry.number for entry, _ in plan.entries]
        assert numbers == list(range(self.wallet.accrued + 1, self.wallet.accrued + 1 + len(numbers)))
        assert plan.moved == by_purse(added(*(entry.postings for entry, _ in plan.entries)))
        self.entries += [entry for entry, _ in plan.entries]
        amounts = Counter({purse.id: purse.amount for purse in self.wallet.purses})
        amounts.update(plan.moved)
        self.wallet = replace(
            self.wallet,
            purses=tuple(Purse(each, won) for each, won in amounts.items()),
            usage=dict(plan.usage),
            accrued=self.wallet.accrued + len(plan.entries),
            debts=plan.debts,
            negative=plan.negative,
        )


def _source(entry: Payment | Capture | Cancellation) -> Source:
    kind = {Payment: "payment", Capture: "capture", Cancellation: "cancellation"}[type(entry)]
    return Source(entry, f"hash of {entry.acceptance.id}", kind)


@dataclass
class Story:
    """The operations of a member, in order."""

    policies: PolicyBook
    payments: dict[Digest, Payment] = field(default_factory=dict)
    progress: dict[Digest, Progress] = field(default_factory=dict)
    sources: list[Source] = field(default_factory=list)

    def buy(self, name: str, bought: Bought) -> None:
        made = payment(*bought.paid_from, name=name, at=bought.at, hold=bool(bought.captures), facts=bought.facts)
        digest = made.acceptance.digest
        self.payments[digest], self.progress[digest] = made, progress_of(made)
        if not bought.captures:
            self.sources.append(_source(made))
        for number, won in enumerate(bought.captures):
            at = acceptance(f"{name}-{number}", bought.at + timedelta(minutes=number))
            entry, self.progress[digest] = capture(made, self.progress[digest], at, won, "hash of the hold")
            self.sources.append(_source(entry))

    def cancel(self, position: int, share: int, name: str) -> None:
        digest = list(self.payments)[position % len(self.payments)]
        if left := self.progress[digest].left:
            at = acceptance(name, START + timedelta(days=60))
            won = max(left * share // 100, 1)
            entry, self.progress[digest] = cancel(self.payments[digest], self.progress[digest], at, won, None)
            self.sources.append(_source(entry))

    def ledger(self) -> Ledger:
        captured = [source for source in self.sources if not isinstance(source.entry, Cancellation)]
        captures = {(of.digest, of.capture): each for each in captured for of in [captured_of(each.entry)]}  # type: ignore[arg-type]
        return Ledger(self.policies, payments=dict(self.payments), captures=captures)


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Payments of one or two months under Incheon's policies or others, and cancellations of some."""
    made = Story(draw(st.sampled_from([incheon(), CITY_AND_MERCHANTS])))
    several = draw(st.sampled_from([("2021-01",), ("2020-12", "2021-01"), ("2022-10",)]))
    for number in range(draw(st.integers(1, 6))):
        made.buy(f"{number}", draw(bought_in(draw(st.sampled_from(several)))))
    for number in range(draw(st.integers(0, 6))):
        made.cancel(draw(st.integers(0, 5)), draw(st.integers(1, 100)), f"cancelled-{number}")
    return made


def _batches(sources: Sequence[Source], sizes: Sequence[int]) -> Iterator[Sequence[Source]]:
    left = list(sources)
    for size in sizes:
        if left:
            yield left[:size]
            left = left[size:]
    yield from ([each] for each in left)


def _posted(story: Story, batches: Iterator[Sequence[Source]], *, remember: bool) -> Ledger:
    ledger, read = story.ledger(), EntriesRead()
    for batch in batches:
        # Sources beyond the batch's size go into the next one; stored ones are not posted again.
        waiting = [source for source in batch if not _is_posted(ledger, source)]
        while waiting:
            computed = ledger.computed(waiting, read if remember else None)
            assert computed.faults == {}
            ledger.store(computed)
            read = computed.entries_after
            waiting = [source for source in waiting if source.key not in computed.accrued]
    return ledger


def _is_posted(ledger: Ledger, source: Source) -> bool:
    if isinstance(source.entry, Cancellation):
        return False
    of = captured_of(source.entry)
    earnings = [entry for entry in ledger.entries if isinstance(entry, Earning)]
    return (of.digest, of.capture) in {(each.digest, each.capture) for each in earnings}


@settings(deadline=None)
@given(stories(), st.lists(st.integers(1, 8), max_size=6), st.data())
def test_however_sources_are_divided_into_batches_their_entries_are_the_same(
    story: Story, sizes: list[int], data: st.DataObject
) -> None:
    """In any order of the sources, so also cancellations before their captures, and with or without earlier reads."""
    sources = data.draw(st.permutations(story.sources))
    one_by_one = _posted(story, _batches(sources, []), remember=False)
    for remember in (True, False):
        ledger = _posted(story, _batches(sources, sizes), remember=remember)
        assert ledger.entries == one_by_one.entries
        assert {each.id: each.amount for each in ledger.wallet.purses} == {
            each.id: each.amount for each in one_by_one.wallet.purses
        }
        assert (ledger.wallet.debts, ledger.wallet.negative) == (one_by_one.wallet.debts, one_by_one.wallet.negative)


@settings(deadline=None)
@given(stories(), st.data())
def test_the_order_of_sources_changes_who_earns_and_never_what_a_refund_is(story: Story, data: st.DataObject) -> None:
    """Rewards are those of the survivors in the order posted; refunds are complete and go to the same purses in any order."""
    in_time = _posted(story, _batches(story.sources, [100]), remember=True)
    other = _posted(story, _batches(data.draw(st.permutations(story.sources)), [3, 2, 5]), remember=True)
    for ledger in (in_time, other):
        refunds = sum(entry.refund for entry in ledger.entries if isinstance(entry, Correction))
        cancelled = [each.entry for each in story.sources if isinstance(each.entry, Cancellation)]
        assert refunds == sum(each.won for entry in cancelled for each in entry.of)
        assert sum(sum(entry.postings.values()) for entry in ledger.entries) == 0
    assert _paid_from(in_time) == _paid_from(other)


def _paid_from(ledger: Ledger) -> dict[str, int]:
    """The balance of every purse except the one for rewards, which had enough money all the time."""
    return {each.id: each.amount for each in ledger.wallet.purses if each.id != "cashback"}


@settings(deadline=None)
@given(stories())
def test_a_computation_with_a_complete_context_needs_nothing(story: Story) -> None:
    """What a computation needs is all that it uses: given at once, the plan is the same."""
    ledger = story.ledger()
    asked: list[WalletContext] = []

    def load(context: WalletContext, needs: Needs) -> WalletContext:
        asked.append(ledger.load(context, needs))
        return asked[-1]

    context = WalletContext(ledger.wallet, EntriesRead())
    terms = Terms(story.policies, POSTED_AT)
    first = run(compute(context, story.sources, terms), context, load)
    whole = asked[-1] if asked else context
    assert run(compute(whole, story.sources, terms), whole, _nothing_more) == first


def _nothing_more(_: WalletContext, needs: Needs) -> Any:
    raise AssertionError(f"needed beyond what was read: {needs}")


def _two_months() -> tuple[Story, Cancellation]:
    """A hold with a capture in each of two months, cancelled as a whole."""
    story = Story(incheon())
    made = payment(("charged", 50_000), name="held", at=START + timedelta(days=24), hold=True)
    digest = made.acceptance.digest
    story.payments[digest], progress = made, progress_of(made)
    for number, (won, days) in enumerate(((20_000, 24), (30_000, 28))):
        at = acceptance(f"capture-{number}", START + timedelta(days=days))
        entry, progress = capture(made, progress, at, won, "hash of the hold")
        story.sources.append(_source(entry))
    cancelled, _ = cancel(made, progress, acceptance("cancelled", START + timedelta(days=29)), None, None)
    assert len(cancelled.months) == 2
    return story, cancelled


def test_a_cancellation_of_a_missing_capture_is_skipped_and_others_are_posted() -> None:
    """Not even for the months whose captures are there."""
    story, cancelled = _two_months()
    ledger = story.ledger()
    missing = list(ledger.captures)[1]
    del ledger.captures[missing]
    other = payment(("charged", 10_000), name="other", at=START + timedelta(days=1))
    computed = ledger.computed([_source(cancelled), _source(other)])
    assert list(computed.faults) == [_source(cancelled).key]
    assert computed.accrued == (_source(other).key,)
    assert [type(entry) for entry, _ in computed.plan.entries] == [Earning]


def test_a_cancellation_that_comes_first_brings_the_earnings_of_its_captures() -> None:
    story, cancelled = _two_months()
    computed = story.ledger().computed([_source(cancelled), *story.sources])
    kinds = [type(entry) for entry, _ in computed.plan.entries]
    assert kinds == [Earning, Correction, Earning, Correction]
    assert len(computed.accrued) == 3
    assert computed.plan.moved == {"refund_pending": -50_000, "charged": 50_000}


@pytest.mark.parametrize("number", [1, 99, 100, 101, 250])
def test_a_replay_asks_for_a_hundred_payments_at_a_time(number: int) -> None:
    story = Story(CITY_AND_MERCHANTS)
    for each in range(number):
        story.buy(f"{each:03}", Bought((("charged", 1_000),), START + timedelta(minutes=each)))
    ledger = _posted(story, _batches(story.sources, [number]), remember=True)
    story.cancel(0, 100, "cancelled")
    ledger.needed.clear()
    ledger.computed(story.sources[-1:])
    asked = [len(needs.keys) for needs in ledger.needed if isinstance(needs, NeedsPayments)]
    assert max(asked) <= 100
    assert sum(asked) <= number
    assert [needs for needs in ledger.needed if isinstance(needs, NeedsBook | NeedsCapture | NeedsExpired)] == [
        NeedsBook(("2021-01", "2021-01"))
    ]
