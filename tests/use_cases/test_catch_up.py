"""The catch-up finds in wallets what the stream missed, and posts it once by the same rules."""

from dataclasses import replace
from functools import partial

import pytest

from eeum.cashback.catch_up import CatchUp, SegmentCaughtUp, catch_up_segment
from eeum.cashback.gap_store import GapStore
from eeum.passes.pace import Pace
from eeum.payments.items import payment_item, payment_key
from eeum.policy.use_cases import PolicyBook
from eeum.segments import BEGINNING, Segment
from eeum.storage import Add, Contended, Page, Put, Scan, SetTo, Update
from eeum.unit_of_work import Patience
from eeum.wallet.store import wallet_key
from tests.concurrency import attempts_at_once
from tests.in_memory.storage import InMemoryStorage
from tests.stored_forms import with_fact
from tests.use_cases.paying import paid
from tests.use_cases.world import World

WHOLE = Segment(0, 1)


def _catch_up(world: World, segment: Segment = WHOLE, after: str = BEGINNING) -> SegmentCaughtUp:
    return catch_up_segment(_tools(world), segment, after)


def _tools(world: World, patience: Patience | None = None) -> CatchUp:
    gaps = GapStore(world.storage)
    return CatchUp(gaps, replace(world.accrual(), patience=patience or world.patience))


def _counts(found: SegmentCaughtUp) -> tuple[int, int, int, int]:
    return found.wallets, found.behind, found.accrued, len(found.unposted)


def test_an_empty_city_needs_no_catch_up(world: World) -> None:
    assert _catch_up(world) == SegmentCaughtUp(None)


def test_missed_entries_are_posted_once_in_the_order_of_acceptance(world: World) -> None:
    payer, other = world.member(charged=2_000_000), world.member("other", charged=10_000)
    first, second, third = paid(world, payer, 400_000, 300_000, 500_000)
    world.accrue(second)
    world.accrue(*paid(world, other, 10_000))

    assert _counts(_catch_up(world)) == (2, 1, 2, 0)

    assert [(earning.payment_id, earning.won) for earning in world.earnings(payer)] == [
        (second.acceptance.id, 30_000),
        (first.acceptance.id, 22_000),
        (third.acceptance.id, 3_000),
    ]
    before = world.memory.log[:]
    assert _counts(_catch_up(world)) == (2, 0, 0, 0)
    assert world.memory.log == before


def test_stream_and_catch_up_post_the_same_entries(world: World) -> None:
    twin = World()
    for each, caught_up in ((world, True), (twin, False)):
        payer = each.member(charged=1_500_000)
        payments = paid(each, payer, 600_000, 500_000)
        held = each.pay(payer, each.shop(), 50_000, hold=True).entry
        captured = each.capture(held, 30_000).entry
        cancelled = each.cancel(payments[0], 200_000).entry
        if caught_up:
            assert _counts(_catch_up(each)) == (1, 1, 4, 0)
        else:
            each.accrue(*payments, captured, cancelled)
        after = each.wallet(payer.id)
        assert (after.due, after.accrued) == (4, 4)
    assert world.balances(world.member()) == twin.balances(twin.member())
    assert [entry.won for entry in world.earnings(world.member())] == [
        entry.won for entry in twin.earnings(twin.member())
    ]


def test_declines_and_holds_need_no_accrual(world: World) -> None:
    payer = world.member(charged=20_000)
    assert world.pay(payer, world.shop(), 30_000).entry.decline is not None
    world.pay(payer, world.shop(), 20_000, hold=True)
    assert _counts(_catch_up(world)) == (1, 0, 0, 0)


def test_segments_together_catch_up_every_wallet_once(world: World) -> None:
    members = [world.member(f"member-{number}", charged=10_000) for number in range(12)]
    for member in members:
        paid(world, member, 10_000)
    found = [_catch_up(world, Segment(number, 5)) for number in range(5)]
    assert (sum(each.wallets for each in found), sum(each.accrued for each in found)) == (12, 12)
    assert all(world.balances(member) == {"charged": 0, "cashback": 1_000} for member in members)


def test_a_gap_without_anything_missing_is_left_alone(world: World) -> None:
    """No stored data has this state; the audit reports it. The catch-up must not fail, and must not invent an accrual."""
    payer = world.member(charged=10_000)
    world.send(Update(wallet_key(payer.id), (Add(("due",), 1),)))
    assert _counts(_catch_up(world)) == (1, 1, 0, 0)
    world.send(Update(wallet_key(payer.id), (Add(("due",), -1),)))


def test_an_unpostable_entry_is_named_and_blocks_no_other(world: World) -> None:
    payer = world.member(charged=100_000)
    good, spoilt = paid(world, payer, 10_000, 20_000)
    key, item = payment_key(payer.id, spoilt.acceptance.digest), payment_item(spoilt)
    world.send(Put(key, {**item, "facts": with_fact(item["facts"], "own_rate", "much")}))

    found = _catch_up(world)

    assert [(each.wallet_id, each.entry, each.month) for each in found.unposted] == [(payer.id, key.sk, "2021-01")]
    assert "number" in found.unposted[0].reason
    assert [earning.payment_id for earning in world.earnings(payer)] == [good.acceptance.id]
    # Once the cause is fixed, the next run posts it.
    world.send(Put(key, item))
    assert _counts(_catch_up(world)) == (1, 1, 1, 0)


def test_a_programme_without_policies_posts_nothing_for_now(world: World) -> None:
    payer = world.member(charged=10_000)
    paid(world, payer, 10_000)
    real, world.policies = world.policies, PolicyBook([])
    with pytest.raises(Exception, match="no policy"):
        _catch_up(world)
    world.policies = real
    assert _counts(_catch_up(world)) == (1, 1, 1, 0)


def test_a_call_out_of_time_returns_where_to_continue(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eeum.cashback.gap_store.MOST_READ", 3)
    members = [world.member(f"member-{number}", charged=10_000) for number in range(10)]
    for member in members:
        paid(world, member, 10_000)
    rounds, accrued, after = 0, 0, BEGINNING
    while after is not None:
        # Each look at the clock takes a second, so that a call has time for a few wallets.
        left = iter(range(16, 0, -1))
        impatient = Patience(lambda left=left: float(next(left, 0)), lambda _: None)  # type: ignore[misc]
        found = catch_up_segment(_tools(world, impatient), WHOLE, after)
        rounds, accrued, after = rounds + 1, accrued + found.accrued, found.resume
        assert rounds < 30
    assert accrued == 10
    assert rounds > 1
    assert all(world.wallet(member.id).accrued == 1 for member in members)


def test_a_call_without_any_time_returns_its_start(world: World) -> None:
    paid(world, world.member(charged=10_000), 10_000)
    world.seconds = 1.0
    assert _catch_up(world) == SegmentCaughtUp(BEGINNING)
    world.seconds = 60.0
    assert _counts(_catch_up(world)) == (1, 1, 1, 0)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_run_repeated_after_a_crash_posts_nothing_twice(world: World, moment: str) -> None:
    members = [world.member(f"member-{number}", charged=10_000) for number in range(3)]
    for member in members:
        paid(world, member, 10_000)
    with world.failing(MemoryError, moment, 1), pytest.raises(MemoryError):
        _catch_up(world)
    _catch_up(world)
    assert all(world.balances(member) == {"charged": 0, "cashback": 1_000} for member in members)


def test_conflicts_are_retried(world: World) -> None:
    payer = world.member(charged=10_000)
    paid(world, payer, 10_000)
    with world.failing(Contended, "before", 3) as hit:
        assert _counts(_catch_up(world)) == (1, 1, 1, 0)
    assert len(hit) == 3


def test_stream_and_catch_ups_at_once_post_once(world: World) -> None:
    payer = world.member(charged=500_000)
    payments = paid(world, payer, *[10_000] * 20)
    attempts_at_once([partial(_catch_up, world)] * 4 + [partial(world.accrue, payment) for payment in payments])
    _catch_up(world)
    after = world.wallet(payer.id)
    assert (after.due, after.accrued, after.balance("cashback")) == (20, 20, 20_000)


def test_a_payment_during_the_catch_up_does_no_harm(world: World) -> None:
    payer = world.member(charged=50_000)
    paid(world, payer, 10_000)
    done: list[bool] = []

    def fault(moment: str, writes: object) -> None:
        if moment == "before" and not done:
            done.append(True)
            paid(world, payer, 20_000)

    world.memory.fault = fault
    assert _catch_up(world).accrued == 1
    assert _catch_up(world).accrued == 1
    world.send(Update(wallet_key(payer.id), (SetTo(("verified",), True),)))


class Throttled(InMemoryStorage):
    """A table whose scans are refused so many times, after each page that it gave."""

    refusals = 0
    given = 0
    most_given = 1_000

    def scan(self, scan: Scan) -> Page:
        if self.refusals or self.given >= self.most_given:
            self.refusals -= 1
            raise Contended("ProvisionedThroughputExceededException")
        self.given += 1
        return super().scan(scan)


def _of_twelve(monkeypatch: pytest.MonkeyPatch) -> tuple[World, Throttled]:
    """Twelve wallets that are behind, in pages of three."""
    monkeypatch.setattr("eeum.cashback.gap_store.MOST_READ", 3)
    table = Throttled()
    world = World(table)
    for number in range(12):
        paid(world, world.member(f"member-{number}", charged=10_000), 10_000)
    return world, table


def test_a_throttled_page_is_read_again_after_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    world, table = _of_twelve(monkeypatch)
    table.refusals = 3
    waited: list[float] = []
    found = catch_up_segment(_tools(world, Patience(lambda: 60.0, waited.append)), WHOLE)
    assert (*_counts(found), found.resume) == (12, 12, 12, 0, None)
    assert waited == [1.0, 2.0, 4.0]


def test_a_call_that_is_throttled_to_its_end_keeps_what_it_has_done(monkeypatch: pytest.MonkeyPatch) -> None:
    world, table = _of_twelve(monkeypatch)
    table.most_given = 2
    stopped = catch_up_segment(_tools(world), WHOLE)
    assert (stopped.wallets, stopped.accrued) == (6, 6)
    assert stopped.resume
    # A call that finishes no page fails, so that an alarm rings.
    with pytest.raises(Contended):
        catch_up_segment(_tools(world), WHOLE, stopped.resume)
    table.given, table.refusals, table.most_given = 0, 0, 1_000
    assert _counts(catch_up_segment(_tools(world), WHOLE, stopped.resume)) == (6, 6, 6, 0)


def test_what_a_catch_up_reads_is_counted_by_its_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    world, _ = _of_twelve(monkeypatch)
    waited: list[float] = []
    tools = replace(_tools(world), pace=Pace(9.0, lambda: sum(waited), waited.append))
    assert catch_up_segment(tools, WHOLE).resume is None
    # Four pages of three wallets and their keys, and an end that the last page may not know of.
    assert 4 <= len(waited) <= 5
    assert waited[:4] == pytest.approx([0.5] * 4)
