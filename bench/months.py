"""The monthly reset: its calls of the storage with a thousand members and with a million."""

from bisect import insort
from datetime import datetime, timedelta
from typing import NamedTuple

from bench.city import JANUARY_2021, PATIENCE, PROGRAMME
from bench.figures import Figure, Progress, Section
from eeum.calendar import next_month, start_of_month
from eeum.ids import natural_id
from eeum.months.store import MonthStore
from eeum.months.use_cases import reset_month
from eeum.storage import Item, Key
from eeum.wallet.rules import Card, DebitOrder, new_wallet
from eeum.wallet.store import wallet_key
from eeum.wallet.wallet_items import wallet_item
from tests.in_memory.storage import InMemoryStorage

FEW = 1_000
MANY = 1_000_000
STEPS = 100


class Cost(NamedTuple):
    calls: tuple[str, ...]
    write_units: int


def measure() -> Section:
    progress = Progress(f"monthly reset, {FEW:,} and {MANY:,} members", STEPS + 1)
    few = _cost_of_reset(FEW, None)
    progress.step()
    many = _cost_of_reset(MANY, progress)
    how = (
        f"The number of members makes no difference: with {FEW:,} the calls are {_listed(few.calls)}, {few.write_units} write units; "
        f"with {MANY:,} {_listed(many.calls)}, {many.write_units} write units. Counted by the in-memory storage."
    )
    return Section(
        "Monthly reset",
        [
            Figure(
                f"Storage calls of the monthly reset with {MANY:,} members, against {FEW:,}",
                len(few.calls),
                len(many.calls),
                "",
                how,
            ),
            Figure(
                f"Write units of the monthly reset with {MANY:,} members, against {FEW:,}",
                few.write_units,
                many.write_units,
                "",
                how,
            ),
        ],
    )


def _listed(calls: tuple[str, ...]) -> str:
    return " and ".join(calls)


def _cost_of_reset(members: int, progress: Progress | None) -> Cost:
    """The cost of a reset with this many members, after a reset opened the month before."""
    storage = PopulatedStorage()
    storage.populate(members, progress)
    store = MonthStore(storage, PATIENCE, PROGRAMME)
    before = start_of_month("2020-12")
    _reset(store, before)
    calls, units = len(storage.costs.calls), storage.costs.write_units
    _reset(store, start_of_month(next_month("2020-12")))
    return Cost(tuple(storage.costs.calls[calls:]), storage.costs.write_units - units)


def _reset(store: MonthStore, due_at: datetime) -> None:
    turn = reset_month(store, PATIENCE, due_at, due_at + timedelta(seconds=1))
    if not turn.opened:
        raise RuntimeError(f"no month was opened at {due_at}")


class PopulatedStorage(InMemoryStorage):
    """In-memory storage into which wallets are put directly: a transaction for each of a million takes minutes."""

    def populate(self, members: int, progress: Progress | None) -> None:
        card = Card("0123456789abcdef", "standard", "active")
        template = new_wallet("template", DebitOrder.CHARGED_FIRST, card, JANUARY_2021)
        usage = {"monthly-spend@2020-12": 310_000}
        for number in range(members):
            member = f"member-{number}"
            key = wallet_key(natural_id("wallet", member))
            item: Item = wallet_item(template) | {"pk": key.pk, "sk": key.sk, "member": member, "usage": usage}
            self._place(key, item)
            if progress and number % (members // STEPS) == 0:
                progress.step()

    def _place(self, key: Key, item: Item) -> None:
        self._items[key] = item
        insort(self._sorted[key.table, key.pk], key.sk)
