"""A journal with entries of every kind, made by the product's use cases, its stream, and its expected balances."""

from collections import Counter
from datetime import timedelta
from functools import cache
from typing import Any

from eeum.balances.items import change_of
from eeum.balances.rules import Change, Holder
from eeum.journal.accounts import HELD, HolderKind
from eeum.journal.kinds import KINDS
from eeum.storage import Put, Table
from tests.in_memory.storage import InMemoryStorage
from tests.use_cases.world import NUMBERS, World

Balances = dict[Holder, dict[str, int]]


def lively() -> World:
    """Two members and three shops over the turn of a year: top-ups, payments, a hold with captures and a release, cancellations."""
    world = World()
    world.now = world.now.replace(year=2020, month=12, day=30)
    shops = [world.shop(NUMBERS[0]), world.shop(NUMBERS[1], own_rate=300, flags=frozenset({"benefit_plus"}))]
    shops.append(world.shop(NUMBERS[2], district="ganghwa"))
    payer, other = world.member("payer", verified=True), world.member("other")
    for wallet, amount in ((payer, 500_000), (other, 300_000), (payer, 400_000)):
        world.top_up(wallet, amount)
    first = world.pay(payer, shops[0], 30_000).entry
    second = world.pay(other, shops[1], 20_000).entry
    third = world.pay(payer, shops[2], 55_500).entry
    world.accrue(first, second, third)
    hold = world.pay(payer, shops[1], 80_000, hold=True).entry
    assert dict(hold.postings)[f"purse/{HELD}"] == 80_000
    world.accrue(world.capture(hold, 33_000).entry)
    world.now += timedelta(days=5)
    world.accrue(world.capture(hold, 27_000).entry)
    world.void(hold)
    world.accrue(world.cancel(first, 10_000).entry)
    world.accrue(world.cancel(second).entry)
    late = world.pay(other, shops[0], 5_000, key="a-key-of-a-late-payment").entry
    world.accrue(late)
    reversal = world.reverse(other, shops[0], 5_000, "a-key-of-a-late-payment")
    if reversal.cancellation:
        world.accrue(reversal.cancellation)
    world.top_up(other, 100_000, caller="bank/another")
    return world


@cache
def entries() -> tuple[dict[str, Any], ...]:
    """The journal of `lively`, in the order in which it was written."""
    return tuple(entries_of(lively().memory))


def entries_of(memory: InMemoryStorage) -> list[dict[str, Any]]:
    return [
        write.item | {"pk": write.key.pk, "sk": write.key.sk}
        for write in memory.log
        if isinstance(write, Put) and write.key.table is Table.LEDGER and write.item["kind"] in KINDS
    ]


def changes_of(items: tuple[dict[str, Any], ...] | list[dict[str, Any]], first: int = 1) -> list[Change]:
    """The records of a shard: in order, with gaps, as a filter leaves them."""
    return [change_of(first * 10**22 + 7 * number, item) for number, item in enumerate(items)]


def reference(items: tuple[dict[str, Any], ...] | list[dict[str, Any]]) -> Balances:
    """The balances, added up by account without the product's code for balances."""
    total: Counter[tuple[str, str, str, str]] = Counter()
    for item in items:
        year = (item["sk"].split("#")[1] if item["kind"] in ("earning", "correction") else item["accepted_at"])[:4]
        for account, won in item["postings"].items():
            match account.split("/", 1):
                case ["merchant_payable", merchant]:
                    total["merchant", merchant, "", "payable"] += won
                case ["merchant_reward", merchant]:
                    total["merchant", merchant, "", "reward"] += won
                case ["funder", funder]:
                    total["funder", funder, year, "balance"] += won
                case ["bank", bank]:
                    total["bank", bank, "", "balance"] += won
                    total["bank", bank, "", "issued"] += item["amount"]
    found: Balances = {}
    for (kind, name, year, counted), won in total.items():
        found.setdefault(Holder(HolderKind(kind), name, year), {})[counted] = won
    return {holder: counts for holder, counts in found.items() if any(counts.values())}


def without_zeros(balances: Any) -> Balances:
    """Balances without zeros: a count that never moved may be stored or not."""
    kept = {holder: {name: won for name, won in counts.items() if won} for holder, counts in dict(balances).items()}
    return {holder: counts for holder, counts in kept.items() if counts}
