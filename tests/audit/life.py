"""An ordinary ledger over two months, with every kind of movement, and functions to audit it."""

import random
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from eeum.audit.report import Report, conclude, wanted_instants
from eeum.audit.roots import RootStore
from eeum.audit.store import AuditStore
from eeum.audit.use_cases import Audit, Found
from eeum.balances.rebuild_store import RebuildStore
from eeum.balances.rules import BalancePage, Holder, Projection, by_page
from eeum.calendar import SEOUL
from eeum.errors import CancellationExceedsPayment, PaymentDeclined
from eeum.journal.accounts import HolderKind
from eeum.payments.rules import Payment
from eeum.policy.use_cases import PolicyBook
from eeum.segments import BEGINNING
from eeum.storage import Key, ProjectionStorage, Put, Storage
from eeum.wallet.rules import Wallet
from tests.in_memory.storage import InMemoryStorage
from tests.patience import patience_of
from tests.use_cases.world import World, incheons_book

Items = dict[Key, dict[str, Any]]

JANUARY = datetime(2021, 1, 20, 10, 0, tzinfo=SEOUL)
FEBRUARY = datetime(2021, 2, 3, 9, 0, tzinfo=SEOUL)
DAY = timedelta(days=1)


def store_history(world: World) -> Wallet:
    """Move money of every kind in one wallet; nothing is pending at the end."""
    world.now = JANUARY
    payer, shop = world.member("payer", cashback_first=True, verified=True), world.shop()
    world.top_up(payer, 1_500_000)
    world.top_up(payer, 1)
    first, second = (world.pay(payer, shop, amount).entry for amount in (400_000, 300_000))
    world.pay(payer, shop, 10**9)
    world.accrue(first, second)
    hold = world.pay(payer, shop, 200_000, hold=True).entry
    captured = [world.capture(hold, 50_000).entry, world.capture(hold, 70_000).entry]
    world.void(hold)
    world.accrue(*captured, world.cancel(first, 150_000).entry, world.cancel(hold, 80_000).entry)
    late = world.pay(payer, shop, 90_000, hold=True).entry
    open_hold = world.pay(payer, shop, 5_000, hold=True).entry
    assert open_hold.expires_at is not None
    world.now = FEBRUARY
    assert world.expire() == 2
    third = world.pay(payer, shop, 120_000).entry
    world.accrue(third, world.cancel(second).entry, world.cancel(third, 20_000).entry)
    world.pay(payer, shop, 30_000, hold=True)
    assert late.decline is None
    return world.wallet(payer.id)


def several(world: World, members: int, seed: int = 1) -> list[Wallet]:
    """Let members pay, cancel and hold at random; some cashback is still pending."""
    chance = random.Random(seed)
    shop = world.shop()
    wallets = []
    for number in range(members):
        payer = world.member(f"member-{number}", cashback_first=chance.random() < 0.5)
        world.top_up(payer, 400_000)
        _live(world, payer, shop.id, chance)
        wallets.append(world.wallet(payer.id))
    return wallets


def _live(world: World, payer: Wallet, shop: str, chance: random.Random) -> None:
    payments: list[Payment] = []
    for _ in range(chance.randint(1, 8)):
        held = chance.random() < 0.3
        payment = world.pay(payer, shop, chance.choice([1, 9_999, 50_000, 120_000]), hold=held).entry
        if payment.decline:
            continue
        payments.append(payment)
        if held:
            captured = world.capture(payment, 1 if chance.random() < 0.5 else None).entry
            world.accrue(captured)
        elif chance.random() < 0.8:
            world.accrue(payment)
        if chance.random() < 0.4:
            try:
                cancelled = world.cancel(chance.choice(payments), chance.choice([None, 1, 5_000])).entry
                world.accrue(cancelled)
            except (CancellationExceedsPayment, PaymentDeclined):
                continue


def stored(items: Items) -> InMemoryStorage:
    """A storage with exactly these items."""
    memory = InMemoryStorage()
    for key, item in items.items():
        memory.transact([Put(key, item)], str(uuid.uuid4()))
    return memory


def project(storage: ProjectionStorage, wrong: int = 0) -> None:
    """Project the balances; those of banks are `wrong` won too high."""
    found: dict[Holder, dict[str, int]] = {}
    sums: dict[str, int] = {}
    cursor, more = None, True
    while more:
        page = AuditStore(storage).page(0, 1, cursor)
        for account, won in [moved for item in page.items for moved in item.get("postings", {}).items()]:
            sums[account] = sums.get(account, 0) + won
        cursor, more = page.cursor, page.cursor is not None
    kinds = {
        "merchant_payable": (HolderKind.MERCHANT, "", "payable"),
        "funder": (HolderKind.FUNDER, "2021", "balance"),
        "bank": (HolderKind.BANK, "", "balance"),
    }
    for account, won in sums.items():
        kind, _, name = account.partition("/")
        if kind in kinds:
            holder_kind, year, counted = kinds[kind]
            counts = {counted: won + (wrong if kind == "bank" else 0)}
            found[Holder(holder_kind, name, year)] = counts
    store = RebuildStore(storage, patience_of())
    store.change_projection(Projection(1, as_of=FEBRUARY), store.projection())
    for page, balances in by_page(found).items():
        store.replace(page, BalancePage(1, 1, FEBRUARY, balances), is_new=store.pages([page]) == [None])


def audit_of(
    storage: Storage,
    as_of: Sequence[datetime] = (),
    now: datetime = FEBRUARY + DAY,
    policies: PolicyBook | None = None,
) -> Audit:
    """An audit on the day after, by Incheon's policies by default, without a time limit."""
    return Audit(AuditStore(storage), policies or incheons_book(), now, as_of, lambda: True, lambda _: None)


def found_by(audit: Audit, segments: int = 1) -> Found:
    """The findings of an audit over all segments, however many calls it takes."""
    total = Found()
    for number in range(segments):
        resume: str | None = BEGINNING
        while resume is not None:
            found, resume = audit.segment(number, segments, resume)
            total.add(found)
    return total


def report_of(storage: Storage, roots: RootStore, now: datetime = FEBRUARY + DAY) -> Report:
    """A whole audit with the stored roots."""
    return conclude(found_by(audit_of(storage, wanted_instants(roots, now), now)), roots, None, now)
