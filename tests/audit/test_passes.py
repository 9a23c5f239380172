"""A pass over the ledger: in segments, continued after an interruption, and while members pay."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from eeum.audit.cashback import GRACE
from eeum.audit.store import AuditStore
from eeum.audit.use_cases import TRIES, Account, Audit, Found, compare_balances
from eeum.calendar import text_of
from eeum.storage import Add, Contended, Item, Key, Page, Scan, Table, Unavailable, Update
from tests.audit.life import DAY, FEBRUARY, Items, audit_of, found_by, several, store_history, stored
from tests.in_memory.storage import InMemoryStorage
from tests.use_cases.world import World


class SmallPages(InMemoryStorage):
    """Ends each page of a scan after `limit` items, also within a wallet, and lets a test act after each page."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit
        self.meanwhile: Callable[[], None] = lambda: None

    def scan(self, scan: Scan) -> Page:
        page = super().scan(replace(scan, limit=self.limit))
        self.meanwhile()
        return page


def _city(limit: int, members: int = 6) -> World:
    world = World(SmallPages(limit))
    store_history(world)
    several(world, members)
    return world


def _entries(memory: InMemoryStorage) -> int:
    return sum(item["kind"] not in ("wallet", "bank_reference") for item in memory.items(Table.LEDGER))


@pytest.mark.parametrize("seed", range(4))
def test_the_audit_finds_no_deviation_in_an_undamaged_city(seed: int) -> None:
    world = World()
    several(world, 8, seed)
    found = found_by(audit_of(world.memory, now=world.now))
    assert found.deviations == []
    assert found.wallets == 8
    assert found.awaiting == sum(
        item["due"] - item["posted"] for item in world.memory.items(Table.LEDGER) if item["kind"] == "wallet"
    )


@pytest.mark.parametrize("segments", [1, 2, 7])
@pytest.mark.parametrize("limit", [1, 5, 1_000])
def test_segments_and_pages_of_any_size_see_each_wallet_once(segments: int, limit: int) -> None:
    world = _city(limit)
    found = found_by(audit_of(world.memory, now=world.now), segments)
    assert (found.wallets, found.entries, found.deviations) == (7, _entries(world.memory), [])


@pytest.mark.parametrize("limit", [1, 3, 20])
def test_a_pass_without_time_continues_from_its_token_and_finds_the_same(limit: int) -> None:
    world = _city(limit)
    whole = found_by(audit_of(world.memory, [world.now], world.now))
    in_a_hurry = replace(audit_of(world.memory, [world.now], world.now), has_time=lambda: False)
    calls = 0
    total, resume = Found(), ""
    while resume is not None:
        found, resume = in_a_hurry.segment(0, 1, resume)
        total.add(found)
        calls += 1
    # One page a call; items of a wallet that was read whole are skipped on the next page.
    assert calls > 3
    assert total.deviations == whole.deviations == []
    assert (total.wallets, total.entries, total.accounts) == (whole.wallets, whole.entries, whole.accounts)
    assert sorted(total.heads[text_of(world.now)]) == sorted(whole.heads[text_of(world.now)])


def test_damage_is_found_across_calls_and_reported_once() -> None:
    world = _city(3)
    wallets = [item for item in world.memory.items(Table.LEDGER) if item["kind"] == "wallet"]
    for wallet in wallets[:3]:
        world.send(Update(Key(Table.LEDGER, wallet["pk"], "WALLET"), (Add(("purses", "charged", "amount"), 1),)))
    for has_time in (True, False):
        audit = replace(audit_of(world.memory, now=world.now), has_time=lambda has_time=has_time: has_time)
        found = found_by(audit, 2).deviations
        assert sorted(each.wallet_id for each in found) == sorted(
            wallet["pk"].removeprefix("WALLET#") for wallet in wallets[:3]
        )
        assert {each.check for each in found} == {"balance"}


def test_payments_during_a_pass_are_no_deviation() -> None:
    """Every page ends within a wallet, and some wallets change after each page."""
    memory = SmallPages(4)
    world = World(memory)
    payer = store_history(world)
    wallets, shop, chance = [payer, *several(world, 5)], world.shop(), random.Random(7)
    paid = 0

    def pay() -> None:
        nonlocal paid
        for wallet in wallets if paid < 60 else []:
            payment = world.pay(wallet, shop, 1_000).entry
            if payment.decline is None:
                paid += 1
                world.accrue(payment)
                if chance.random() < 0.3:
                    world.accrue(world.cancel(payment).entry)

    memory.meanwhile = pay
    found = found_by(audit_of(memory, now=world.now))
    assert paid >= 60
    assert found.looked_again > 0
    assert found.deviations == []
    memory.meanwhile = lambda: None
    assert found.wallets == len(wallets)


def test_a_wallet_split_over_two_pages_is_checked_as_a_whole(life: Items) -> None:
    """DynamoDB keeps a partition together. If it ever did not, there would be no false deviation, and no double count."""

    class Scattered(InMemoryStorage):
        def scan(self, scan: Scan) -> Page:
            found = super().scan(scan).items
            items, claims = (
                [each for each in found if (each["sk"] == "CLAIM") == of_claims] for of_claims in (False, True)
            )
            ((own, other),) = ([items[:9] + items[-1:], items[9:-1]],)
            return Page([*own, {"pk": "WALLET#other", "sk": "WALLET"}, *other, *claims], None)

    memory = Scattered()
    memory.__dict__.update(stored(life).__dict__)
    found = found_by(audit_of(memory))
    (entries, own) = (found.entries, [each for each in found.deviations if each.wallet_id != "other"])
    assert (entries, own) == (len(life) - 2, [])


def test_cashback_may_be_pending_for_a_limited_time() -> None:
    world = World()
    payer, shop = world.member(), world.shop()
    world.top_up(payer, 100_000)
    payment = world.pay(payer, shop, 10_000).entry
    world.pay(payer, shop, 10_000, hold=True)
    early = found_by(audit_of(world.memory, now=world.now + GRACE))
    assert (early.awaiting, early.deviations) == (1, [])
    late = found_by(audit_of(world.memory, now=world.now + GRACE + timedelta(milliseconds=1)))
    assert [(each.check, each.entry) for each in late.deviations] == [
        ("posting_missing", f"PAYMENT#{payment.acceptance.digest}")
    ]
    world.accrue(payment)
    assert found_by(audit_of(world.memory, now=world.now + DAY)).deviations == []


@pytest.mark.parametrize("error", [Contended, Unavailable])
def test_a_throttled_page_is_read_again(life: Items, error: type[Exception]) -> None:
    class Throttled(AuditStore):
        failures = TRIES - 1

        def page(self, segment: int, segments: int, after: str | None) -> Page:
            if self.failures:
                self.failures -= 1
                raise error("slow down")
            return super().page(segment, segments, after)

    store, waited = Throttled(stored(life)), list[float]()
    audit = replace(audit_of(stored(life)), store=store, pause=waited.append)
    assert audit.segment(0, 1).found.wallets == 1
    assert waited == [1, 2, 4, 8]
    store.failures = TRIES
    with pytest.raises(error):
        audit.segment(0, 1)


def test_sums_of_accounts_are_those_of_the_entries(life: Items) -> None:
    found = found_by(audit_of(stored(life)))
    expected: dict[str, int] = {}
    for item in life.values():
        for account, won in item.get("postings", {}).items():
            name = f"{account}@2021" if account.startswith("funder/") else account
            expected[name] = expected.get(name, 0) + won
    assert {name: account.won for name, account in found.accounts.items()} == expected
    assert sum(account.won for account in found.accounts.values()) == 0
    assert found.accounts["bank/lee"] == Account(-1_500_000, "2021-01-20T10:00:00.000+09:00")


def test_only_accounts_without_recent_movements_are_compared() -> None:
    lately, before = text_of(FEBRUARY - DAY / 24 / 10), text_of(FEBRUARY - DAY / 24)
    accounts = {
        "merchant_payable/right": Account(5, before),
        "merchant_payable/wrong": Account(5, before),
        "merchant_payable/busy": Account(5, lately),
        "merchant_payable/unknown": Account(7, before),
        "merchant_payable/paid-meanwhile": Account(2, before),
        "purse/charged": Account(-17, before),
    }
    projected = {
        "merchant_payable/right": 5,
        "merchant_payable/wrong": 6,
        "merchant_payable/busy": 4,
        "merchant_payable/paid-meanwhile": 5,
        "funder/made-up@2021": 3,
        "funder/idle@2021": 0,
    }
    compared, wrong = compare_balances(
        accounts, projected | {"merchant_payable/paid-meanwhile": 2}, projected, FEBRUARY
    )
    assert compared == 5
    assert [(each.check, each.entry) for each in wrong] == [
        ("balance_projection", "funder/made-up@2021"),
        ("balance_projection", "merchant_payable/unknown"),
        ("balance_projection", "merchant_payable/wrong"),
    ]


def test_memory_does_not_grow_with_the_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many entries there are, only one wallet's entries and one page are in memory."""
    world = _city(5, members=3)
    seen: list[int] = []
    claims: list[int] = []

    def noted(self: Audit, name: str, items: Sequence[Item], found: Found, again: set[str]) -> None:
        (seen if name.startswith("WALLET#") else claims).append(len(items))
        wallet(self, name, items, found, again)

    wallet = Audit._wallet
    monkeypatch.setattr(Audit, "_wallet", noted)
    audit_of(world.memory, now=world.now).segment(0, 1)
    assert len(seen) == 4
    assert sum(seen) + len(claims) == len(world.memory.items(Table.LEDGER))
