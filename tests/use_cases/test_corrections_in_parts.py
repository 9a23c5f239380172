"""A cancellation with more changes than one entry holds is posted in parts, all or none; one that is too large fails alone."""

from datetime import timedelta
from typing import Any

import pytest

from eeum.audit.store import AuditStore
from eeum.audit.use_cases import Audit
from eeum.cashback import parts, store
from eeum.cashback.catch_up import CatchUp, SegmentCaughtUp, catch_up_segment
from eeum.cashback.context import EntriesCache
from eeum.cashback.gap_store import GapStore
from eeum.cashback.showing import AskedMonth, cashback_of_month
from eeum.item_size import bytes_of
from eeum.journal.accounts import added
from eeum.segments import Segment
from eeum.storage import Contended, Denied, Unavailable, Unstorable
from tests.use_cases.command_policies import january_2021, layer, limit
from tests.use_cases.paying import paid
from tests.use_cases.world import World

FEW = 120
"""The most bytes of changes in one part: room for one change."""


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "PART_BYTES", FEW)


def _audited(world: World, later: timedelta = timedelta()) -> list[tuple[str, str]]:
    audit = Audit(AuditStore(world.memory), world.policies, world.now + later, (), lambda: True, lambda _: None)
    wrong = audit.segment(0, 1).found.deviations
    # These tests create money by allowances, which the audit does not know.
    known = [each for each in wrong if each.check != "kind_unknown" and "cannot be summed" not in each.detail]
    return [(each.check, each.entry.partition("#")[0]) for each in known]


def _caught_up(world: World) -> SegmentCaughtUp:
    gaps = GapStore(world.storage)
    tools = CatchUp(gaps, world.accrual())
    return catch_up_segment(tools, Segment(0, 1))


def test_parts_are_entries_that_sum_to_one_correction(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    amounts = (500_000, *[20_000] * 6)
    twin = World()
    for each, most in ((twin, parts.PART_BYTES), (world, FEW)):
        monkeypatch.setattr(parts, "PART_BYTES", most)
        payer = each.member(charged=2_000_000)
        payments = paid(each, payer, *amounts)
        each.accrue(*payments)
        cancelled = each.cancel(payments[0]).entry
        each.accrue(cancelled)
    whole, *none = twin.entries("correction")
    divided = sorted(world.entries("correction"), key=lambda item: item["number"])

    assert not none
    assert len(divided) == 7
    assert [item["sk"].split("#")[2:-1] for item in divided] == [[], *([f"{place}"] for place in range(1, 7))]
    assert [item["part"] for item in divided] == [[place, 7] for place in range(7)]
    assert [item["number"] for item in divided] == list(range(8, 15))
    assert [change for item in divided for change in item["changes"]] == whole["changes"]
    assert added(*(item["postings"] for item in divided)) == whole["postings"]
    assert all(sum(item["postings"].values()) == 0 for item in divided)
    wallet = world.wallet(payer.id)
    assert (wallet.due, wallet.accrued) == (14, 14)
    assert world.balances(payer) == twin.balances(payer)
    assert _audited(world) == []


@pytest.mark.usefixtures("few")
def test_all_parts_are_there_or_none(world: World) -> None:
    payer = world.member(charged=2_000_000)
    payments = paid(world, payer, 500_000, *[20_000] * 6)
    world.accrue(*payments)
    cancelled = world.cancel(payments[0]).entry

    def cut(moment: str, writes: Any) -> None:
        if moment == "before" and any("CORRECTION#" in write.key.sk for write in writes):
            raise Unavailable

    world.memory.fault = cut
    with pytest.raises(Exception, match="Other requests are"):
        world.accrue(cancelled)
    assert world.entries("correction") == []
    world.memory.fault = lambda moment, writes: None
    world.accrue(cancelled)
    world.accrue(cancelled)
    assert len(world.entries("correction")) == 7


@pytest.mark.usefixtures("few")
def test_a_later_cancellation_uses_all_parts(world: World) -> None:
    payer = world.member(charged=2_000_000)
    payments = paid(world, payer, 500_000, *[20_000] * 6)
    world.accrue(*payments)
    for payment in (payments[0], payments[3], payments[1]):
        world.accrue(world.cancel(payment).entry)
    assert world.balances(payer)["cashback"] == 4 * 2_000
    assert _audited(world) == []


def four_layers() -> dict[str, object]:
    """The first 500,000 won of a month earn nothing in any layer, so that a cancellation changes all later earnings."""
    names = [f"layer-{number}-whose-name-has-forty-letters" for number in range(4)]
    bands = [
        {"from": 0, "up_to": 500_000, "rate_basis_points": 0},
        {"from": 500_000, "up_to": None, "rate_basis_points": 1_000},
    ]
    layers = [layer(name, "cashback", 0, bands=bands, counts="all", limits=["all-spend"]) for name in names]
    return january_2021(layers=layers, limits=[limit("all-spend", "spend", None)])


def test_a_month_of_2_400_payments_of_four_layers_is_corrected_in_parts(founded: Any) -> None:
    """As one item it had over 400 KB: it was refused each time, and with it all accruals of its batch."""
    world = founded(four_layers())
    payer = world.member(charged=2_000_000)
    first, *others = paid(world, payer, 500_000, *[50] * 2_400)
    for start in range(0, len(others), 20):
        world.accrue(*([first] if start == 0 else []), *others[start : start + 20])
    cancelled = world.cancel(first).entry
    world.accrue(cancelled)
    divided = world.entries("correction")
    assert len(divided) > 1
    assert max(map(bytes_of, divided)) < 400_000 < sum(map(bytes_of, divided))
    assert sum(len(item["changes"]) for item in divided) == 4 * 2_400 + 2_401
    assert world.balances(payer).get("refund_pending", 0) == 0


def test_pages_of_a_month_are_bounded_in_size(few: None, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    payer = world.member(charged=2_000_000)
    payments = paid(world, payer, 500_000, *[20_000] * 6)
    world.accrue(*payments)
    world.accrue(world.cancel(payments[0]).entry)
    monkeypatch.setattr("eeum.cashback.showing.MOST_CHANGES", 3)
    seen: list[int] = []
    cursor = None
    pages = 0
    while pages == 0 or cursor is not None:
        page = cashback_of_month(AskedMonth(payer.id, "2021-01", 5, cursor), world.cashback)
        assert page.won == 12_000
        assert 1 <= len(page.entries) <= 5
        seen += [entry.number for entry in page.entries]
        cursor, pages = page.cursor, pages + 1
    assert seen == list(range(1, 15))
    assert pages == 4


# --- permanent failures ------------------------------------------------------------------------------------------------


def test_a_correction_too_large_for_a_transaction_fails_alone(
    few: None, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    payer, stranger = world.member(charged=2_000_000), world.member("stranger", charged=100_000)
    payments = paid(world, payer, 500_000, *[20_000] * 9)
    world.accrue(*payments)
    cancelled = world.cancel(payments[0]).entry
    later = paid(world, payer, 10_000)
    strangers = paid(world, stranger, 10_000)
    monkeypatch.setattr(store, "MOST_WRITES", 8)

    answer = world.accrued(cancelled, *later, *strangers)

    assert answer.accrued == 2
    (not_accruable,) = answer.not_accruable
    assert not_accruable.source.entry == cancelled
    assert not_accruable.reason.startswith("too_large_for_one_transaction")
    assert world.balances(stranger)["cashback"] == 1_000
    caught_up = _caught_up(world)
    assert [(each.wallet_id, each.entry) for each in caught_up.unposted] == [(payer.id, cancelled.acceptance.id)]
    assert caught_up.resume is None
    assert _audited(world) == []
    assert _audited(world, timedelta(minutes=11)) == [("posting_missing", "CANCELLATION")]
    # Once fixed, the next catch-up posts it.
    monkeypatch.setattr(store, "MOST_WRITES", 100)
    assert _caught_up(world).unposted == []
    assert _audited(world, timedelta(minutes=11)) == []


@pytest.mark.parametrize(
    "error", [KeyError("x"), AssertionError(), ZeroDivisionError(), RecursionError(), Unstorable("too long")]
)
def test_any_failure_of_one_wallet_affects_it_alone(
    world: World, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    payer, stranger = world.member(charged=100_000), world.member("stranger", charged=100_000)
    mine, theirs = paid(world, payer, 10_000, 20_000), paid(world, stranger, 10_000)
    broken = store._writes_of

    def writes_of(posting: Any) -> Any:
        if posting.wallet.id == payer.id:
            raise error
        return broken(posting)

    monkeypatch.setattr(store, "_writes_of", writes_of)
    answer = world.accrued(*mine, *theirs)
    assert (answer.accrued, answer.already) == (1, 0)
    assert [each.source.entry for each in answer.not_accruable] == mine
    assert {each.reason.split(":")[0] for each in answer.not_accruable} == {"unexpected_error"}
    assert world.balances(stranger)["cashback"] == 1_000
    assert len(_caught_up(world).unposted) == len(mine)
    monkeypatch.setattr(store, "_writes_of", broken)
    assert world.accrued(*mine, *theirs).accrued == len(mine)


@pytest.mark.parametrize("error", [Contended(), Unavailable(), Denied("no permission"), OSError("no network")])
def test_a_transient_failure_is_raised_and_not_reported_as_unpostable(
    world: World, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    payer = world.member(charged=100_000)
    mine = paid(world, payer, 10_000, 20_000)
    whole = type(world.memory).read

    def failing(*arguments: Any) -> Any:
        raise error

    monkeypatch.setattr(type(world.memory), "read", failing)
    with pytest.raises(type(error)):
        world.accrued(*mine)
    monkeypatch.setattr(type(world.memory), "read", whole)
    assert world.accrued(*mine).accrued == len(mine)


# --- the slow lane -----------------------------------------------------------------------------------------------------


def test_long_accruals_and_those_behind_them_go_to_the_slow_lane(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eeum.cashback.use_cases.QUICK_ACCRUALS", 2)
    payer, stranger = world.member(charged=1_000_000), world.member("stranger", charged=100_000)
    payments = paid(world, payer, 10_000, 20_000, 30_000)
    assert world.accrued(*payments, quick=True).accrued == 3
    cancelled = world.cancel(payments[0]).entry
    (later,) = paid(world, payer, 5_000)
    (theirs,) = paid(world, stranger, 10_000)
    small = world.cancel(theirs).entry

    answer = world.accrued(cancelled, later, theirs, small, quick=True)
    assert [each.entry for each in answer.slow] == [cancelled, later]
    assert (answer.accrued, answer.already, answer.not_accruable) == (2, 0, [])
    assert world.accrued(cancelled, later).accrued == 2
    assert world.accrued(cancelled, later, quick=True).already == 2
    # No entry of the wallet is pending.
    assert world.accrued(*paid(world, payer, 5_000), quick=True).accrued == 1


def test_a_long_month_is_read_once_for_all_its_cancellations(world: World) -> None:
    payer = world.member(charged=1_000_000)
    payments = paid(world, payer, *[1_000] * 60)
    for start in range(0, 60, 20):
        world.accrue(*payments[start : start + 20])
    cancelled = [world.cancel(payment).entry for payment in payments[:50]]
    with world.counted() as costs:
        world.accrued(*cancelled)
    assert costs.calls.count("query") == len(("earnings", "corrections"))
    assert world.balances(payer)["cashback"] == 1_000


def test_cached_entries_of_a_wallet_are_dropped_after_another_accrual(world: World) -> None:
    payer = world.member(charged=1_000_000)
    read_before = EntriesCache()
    payments = paid(world, payer, 300_000, 200_000, 100_000)
    world.accrue(*payments)
    world.accrued(world.cancel(payments[2]).entry, read_before=read_before)
    world.accrue(*paid(world, payer, 50_000))
    world.accrue(world.cancel(payments[1], 50_000).entry)
    world.accrued(world.cancel(payments[0]).entry, read_before=read_before)
    # 150,000 and 50,000 won are left, at 10 %.
    assert world.balances(payer)["cashback"] == 20_000
    assert _audited(world) == []
