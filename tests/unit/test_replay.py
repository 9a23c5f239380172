"""Replays of a month without its cancelled parts: the remaining cashback is what the survivors earn."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from eeum.calendar import SEOUL, month_of
from eeum.cashback.replay import replay
from eeum.cashback.rules import CancelledCapture, RewardChange, postings_of
from eeum.journal.accounts import added
from eeum.money import split_by_share
from eeum.payments.rules import Payment
from eeum.policy.evaluation import evaluate
from eeum.policy.use_cases import PolicyBook
from eeum.policy.windows import window_key
from tests.golden.published import incheon
from tests.unit.paid_months import MERCHANT, SHOP, START, Bought, PaidMonth, nonzero, survivors
from tests.unit.policy.policy_documents import layer, policy

CITY_AND_MERCHANTS = PolicyBook(
    [
        replace(
            policy(
                [("spend", "spend", 50_000), ("reward", "reward", 3_000), ("merchants", "spend", None)],
                layer("first", [(20_000, 1_000), (50_000, 333)], ["spend", "reward"], [("national", 1), ("city", 2)]),
                layer("second", [(None, 700)], ["spend", "reward"], [("city", 1)], counts="all"),
                layer("merchants-own", [(None, "merchant")], ["merchants"], [("merchant", 1)]),
            ),
            starts_at=datetime(2019, 1, 1, tzinfo=SEOUL),
            earns_from=frozenset({"charged", "grants"}),
        )
    ]
)
"""Two layers that share a spend limit and a reward limit, and one that merchants fund."""

months = st.sampled_from(
    ["2019-08", "2019-10", "2020-03", "2021-01", "2022-10", "2023-09", "2024-07", "2024-12", "2025-09"]
)
facts = st.builds(
    lambda district, revenue, rate: replace(
        SHOP, merchant_district=district, merchant_annual_revenue=revenue, merchant_own_rate=rate
    ),
    st.sampled_from(["jung", "ganghwa"]),
    st.sampled_from([100_000_000, 300_000_000, 500_000_000, 2_900_000_000, 9_000_000_000]),
    st.sampled_from([0, 250, 700]),
)
amounts = st.one_of(st.integers(1, 3_000), st.integers(1_000, 400_000))
purses = st.lists(
    st.tuples(st.sampled_from(["charged", "cashback", "grant-a"]), amounts),
    min_size=1,
    max_size=3,
    unique_by=lambda each: each[0],
).map(tuple)


@st.composite
def bought_in(draw: st.DrawFn, month: str) -> Bought:
    paid_from = draw(purses)
    start = datetime.fromisoformat(f"{month}-01T06:00:00+09:00")
    at = start + timedelta(hours=draw(st.integers(0, 24 * 26)))
    captures: tuple[int, ...] = ()
    if draw(st.booleans()):
        whole = sum(won for _, won in paid_from)
        edges = sorted({0, *draw(st.lists(st.integers(1, whole), min_size=1, max_size=3))})
        captures = tuple(end - start for start, end in pairwise(edges))
    return Bought(paid_from, at, draw(facts), captures)


@st.composite
def paid_months(draw: st.DrawFn) -> PaidMonth:
    """A month of up to seven payments, posted in any order: a stream keeps order per item, not per member."""
    month = draw(months)
    made = PaidMonth(month, draw(st.sampled_from([incheon(), CITY_AND_MERCHANTS])), cashback=10**7)
    captured = []
    for number, bought in enumerate(draw(st.lists(bought_in(month), min_size=1, max_size=7))):
        captured += made.buy(f"{number}", bought)
    for each in draw(st.permutations(captured)):
        assert month_of(each.accepted_at) == month
        made.accrue(each)
    return made


cancellations = st.lists(st.tuples(st.integers(0, 6), st.integers(1, 100)), min_size=1, max_size=6)
"""The payment to cancel, and the per cent of its remaining amount."""


def _cancel(month: PaidMonth, wanted: list[tuple[int, int]]) -> None:
    for number, (position, share) in enumerate(wanted):
        digest = list(month.payments)[position % len(month.payments)]
        left = month.progress[digest].left
        if left:
            month.cancel(digest, max(left * share // 100, 1), f"{number}")


def _folded(month: PaidMonth) -> tuple[dict[int, dict[str, int]], dict[str, int], dict[str, int]]:
    """The expected result from the survivors alone, in the order posted: won by earning and layer, usage by limit, won by account."""
    rewards: dict[int, dict[str, int]] = {}
    used: Counter[str] = Counter()
    accounts: Counter[str] = Counter()
    for earning, paid_from in survivors(month):
        version = month.policies.running_at(earning.accepted_at)
        kinds = {name: "grants" if name.startswith("grant") else name for name, _ in paid_from}
        base = sum(won for name, won in paid_from if kinds[name] in version.earns_from)
        evaluation = evaluate(version, month.payments[earning.digest].facts, base, used)
        used.update(evaluation.used)
        rewards[earning.number] = nonzero({reward.layer: reward.won for reward in evaluation.rewards})
        shares = {each.id: (each.funders, each.shares) for each in version.layers}
        for reward in evaluation.rewards:
            funders, parts = shares[reward.layer]
            for name, won in zip(funders, split_by_share(reward.won, parts), strict=True):
                accounts[f"merchant_reward/{MERCHANT}" if name == "merchant" else f"funder/{name}"] -= won
        accounts["purse/cashback"] += evaluation.won
    return rewards, {window_key(limit, month.month): won for limit, won in nonzero(used).items()}, nonzero(accounts)


def _cashback_by_account(month: PaidMonth) -> dict[str, int]:
    """The cashback by account, as posted."""
    return added(*map(postings_of, month.book.earnings), *(each.cashback for each in month.book.corrections))


@given(paid_months(), cancellations)
def test_the_cashback_equals_a_computation_over_the_survivors(month: PaidMonth, wanted: list[tuple[int, int]]) -> None:
    _cancel(month, wanted)
    rewards, used, accounts = _folded(month)
    assert month.rewards == rewards
    assert nonzero(month.book.used) == used
    # Each funder has paid its share of the final rewards, and not a sum of shares of differences.
    assert _cashback_by_account(month) == accounts


@given(paid_months(), cancellations)
def test_postings_balance_and_equal_the_changes(month: PaidMonth, wanted: list[tuple[int, int]]) -> None:
    _cancel(month, wanted)
    for correction in month.book.corrections:
        assert sum(correction.cashback.values()) == 0
        assert sum(correction.postings.values()) == 0
        assert all(correction.cashback.values())
        assert correction.won == sum(change.won for change in correction.changes)
        assert all(change.won for change in correction.changes)
        assert all(correction.used.values())


@given(paid_months(), cancellations, st.integers(0, 6))
def test_without_a_cancellation_nothing_changes(month: PaidMonth, wanted: list[tuple[int, int]], position: int) -> None:
    _cancel(month, wanted)
    earning = month.book.earnings[position % len(month.book.earnings)]
    nothing = (CancelledCapture(earning.digest, earning.capture, 0),)
    replayed = replay(month.book, nothing, month.payments, month.policies.running_at)
    assert (replayed.changes, replayed.used, replayed.cashback) == ((), {}, {})


@given(paid_months(), st.data())
def test_partial_cancellations_add_up_to_one_cancellation(month: PaidMonth, data: st.DataObject) -> None:
    digest = data.draw(st.sampled_from(list(month.payments)))
    left = month.progress[digest].left
    edges = sorted({0, *data.draw(st.lists(st.integers(1, left), min_size=2, max_size=5))})
    assume(len(edges) > 2)
    at_once = month.twin()
    whole = at_once.cancel(digest, edges[-1], "at once")
    parts = [month.cancel(digest, end - start, f"{end}") for start, end in pairwise(edges)]
    assert month.rewards == at_once.rewards
    assert nonzero(month.book.used) == nonzero(at_once.book.used)
    assert added(*(part.cashback for part in parts)) == whole.cashback
    assert added(*(part.postings for part in parts)) == whole.postings
    assert month.progress[digest].captures == at_once.progress[digest].captures


@given(paid_months(), st.data())
def test_whole_payments_may_be_cancelled_in_any_order(month: PaidMonth, data: st.DataObject) -> None:
    digests = data.draw(st.lists(st.sampled_from(list(month.payments)), min_size=1, unique=True))
    other = month.twin()
    for digest in digests:
        month.cancel(digest, None, digest)
    for digest in data.draw(st.permutations(digests)):
        other.cancel(digest, None, digest)
    assert (month.rewards, month.cashback) == (other.rewards, other.cashback)
    assert _cashback_by_account(month) == _cashback_by_account(other)


@given(paid_months())
def test_when_all_is_cancelled_nothing_was_earned_used_or_funded(month: PaidMonth) -> None:
    for number, digest in enumerate(month.payments):
        month.cancel(digest, None, f"{number}")
    assert not any(month.rewards.values())
    assert nonzero(month.book.used) == {}
    assert _cashback_by_account(month) == {}


@given(paid_months(), cancellations)
def test_earnings_before_the_first_cancelled_one_are_unchanged(month: PaidMonth, wanted: list[tuple[int, int]]) -> None:
    _cancel(month, wanted)
    book = month.book
    for correction in month.book.corrections:
        hit = {(each.payment, each.capture) for each in correction.cancelled}
        first = min(earning.number for earning in book.earnings if (earning.digest, earning.capture) in hit)
        assert all(change.number >= first for change in correction.changes)


@given(paid_months(), cancellations)
def test_results_of_an_earlier_replay_are_reused(month: PaidMonth, wanted: list[tuple[int, int]]) -> None:
    """Replays that share results give the same as replays from the book alone."""
    sharing = month.twin()
    sharing.usage_by_earning = {}
    _cancel(month, wanted)
    _cancel(sharing, wanted)
    assert sharing.book == month.book


def test_a_second_cancellation_evaluates_no_earning_before_its_own_when_the_first_is_known() -> None:
    month = _january(*[("charged", 1_000)] * 6)
    month.usage_by_earning = {}
    digests = list(month.payments)
    month.cancel(digests[0], None, "the first")
    asked = _Asked(month.payments)
    month.payments = asked
    month.cancel(digests[4], None, "the fifth")
    assert asked.digests == {*digests[4:]}


def test_a_replay_ends_where_limit_usage_no_longer_differs() -> None:
    """The first payment uses up limits of 1,000,000 won: later payments earn nothing, with or without the cancelled one."""
    month = _january(("charged", 1_000_000), *[("charged", 1_000)] * 5)
    digests = list(month.payments)
    asked = _Asked(month.payments)
    month.payments = asked
    assert month.cancel(digests[2], None, "one of those that earned nothing").changes == ()
    assert asked.digests == {digests[2]}


class _Asked(dict[str, Payment]):
    """Payments by digest, which records the digests that were asked for."""

    def __init__(self, payments: dict[str, Payment]) -> None:
        super().__init__(payments)
        self.digests: set[str] = set()

    def __getitem__(self, digest: str) -> Payment:
        self.digests.add(digest)
        return super().__getitem__(digest)


def test_a_later_payment_may_earn_more_when_an_earlier_one_is_cancelled() -> None:
    """IC-05: 10 % to 500,000 won of a month and 1 % to 1,000,000; nation and city share 940 to 1,010."""
    month = _january(("charged", 400_000), ("charged", 300_000))
    assert [earning.won for earning in month.book.earnings] == [40_000, 10_000 + 2_000]
    correction = month.cancel(next(iter(month.payments)), None, "cancelled")
    assert correction.changes == (RewardChange(1, "base", -40_000), RewardChange(2, "base", 30_000 - 12_000))
    assert correction.used == {"monthly-spend": -400_000}
    assert correction.won == -22_000
    national = 30_000 * 940 // 1_950
    assert _cashback_by_account(month) == {
        "purse/cashback": 30_000,
        "funder/national": -national,
        "funder/city": national - 30_000,
    }


def test_a_partial_cancellation_takes_the_end_of_a_payment_across_a_band_edge() -> None:
    month = _january(("charged", 600_000))
    correction = month.cancel(next(iter(month.payments)), 200_000, "cancelled")
    assert correction.changes == (RewardChange(1, "base", -(10_000 + 1_000)),)
    assert month.rewards == {1: {"base": 40_000}}


def test_what_was_paid_from_cashback_earned_nothing_and_takes_nothing_back() -> None:
    month = PaidMonth("2021-01", incheon())
    for captured in month.buy("one", Bought((("charged", 10_000), ("cashback", 5_000)), START)):
        month.accrue(captured)
    (digest,) = month.payments
    assert month.cancel(digest, 5_000, "the end is of cashback").changes == ()
    assert month.cancel(digest, 1_000, "the rest was charged").changes == (RewardChange(1, "base", -100),)


def test_a_capture_that_was_never_posted_cannot_be_replayed() -> None:
    month = _january(("charged", 10_000))
    (digest,) = month.payments
    with pytest.raises(ValueError, match="empty"):
        replay(month.book, [CancelledCapture(digest, 1, 10_000)], month.payments, month.policies.running_at)


def _january(*purses_of_payments: tuple[str, int]) -> PaidMonth:
    month = PaidMonth("2021-01", incheon())
    for number, paid in enumerate(purses_of_payments):
        for captured in month.buy(f"{number}", Bought((paid,), START + timedelta(hours=number))):
            month.accrue(captured)
    return month
