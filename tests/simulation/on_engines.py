"""The simulated city on a real engine, with several threads at once; at the end everything stored is recomputed.

The order of the threads' writes is unknown, so nothing is checked before the end. Emulators raise no conflicts: these are injected, as
are lost answers and crashes.
"""

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from datetime import timedelta
from typing import Any

from cashback_calculation.records import is_only_published
from eeum.errors import Busy
from eeum.journal.kinds import KINDS
from eeum.payments.rules import Order, Payment
from eeum.payments.use_cases import Authorise, authorise_payment
from eeum.request import Request
from eeum.storage import Item, Key, Page, Put, Query, Scan, Storage, Table, Unavailable, Write
from eeum.unit_of_work import Patience
from eeum.wallet.use_cases import TopUpWallet, top_up
from tests.invariants import check_ledger
from tests.simulation.city import Simulated
from tests.simulation.faults import Odds
from tests.simulation.running import Step, do
from tests.simulation.scenes import incheons

OTHERS_COME_BY_THEMSELVES = Odds(others_first=0, others_between_queries=0)
MONTHS_AND_SOME = 40 * 86_400


class Streaming:
    """An engine that reports what was put into it, as its stream would; a repeated write is reported again."""

    def __init__(self, engine: Storage) -> None:
        self.engine = engine
        self.written: Any = lambda changed: None

    def read(self, keys: Sequence[Key]) -> list[Item | None]:
        return self.engine.read(keys)

    def query(self, query: Query) -> Page:
        return self.engine.query(query)

    def scan(self, scan: Scan) -> Page:
        return self.engine.scan(scan)

    def everything(self) -> Iterator[tuple[Key, Item]]:
        """The items of the engine, which fit one page before a city begins."""
        for table in Table:
            for item in self.scan(Scan(table, 0, 1)).items:
                yield Key(table, item["pk"], item["sk"]), item

    def transact(self, writes: Sequence[Write], token: str) -> None:
        self.engine.transact(writes, token)
        puts = [each for each in writes if isinstance(each, Put)]
        self.written([(each.key, {**each.item, "pk": each.key.pk, "sk": each.key.sk}) for each in puts])


class CityOnAnEngine(Simulated):
    """A city whose threads may end with undelivered records; a catch-up finds these, as if they were lost."""

    def _observe(self, changed: Sequence[tuple[Key, Item]]) -> None:
        for key, item in changed:
            if key.table is Table.LEDGER and item["kind"] in KINDS and not is_only_published(item):
                self.stream.append(item)

    def of_a_thread(self) -> "CityOnAnEngine":
        """The same city for one thread, which delivers its own records."""
        own = copy(self)
        own.stream, own.delivered, own.focus = [], [], []
        storage = Streaming(self.memory.engine)  # type: ignore[attr-defined]
        storage.written = own._observe
        own.memory = storage  # type: ignore[assignment]
        return own

    def ledger(self) -> list[Item]:
        items: list[Item] = []
        cursor = None
        while True:
            page = self.memory.scan(Scan(Table.LEDGER, 0, 1, cursor))
            items += page.items
            if (cursor := page.cursor) is None:
                return items

    def check_end(self) -> None:
        self.catch_up_everything()
        items = self.ledger()
        check_ledger(self.memory, self.policies)
        for wallet in items:
            if wallet["kind"] == "wallet":
                assert wallet["due"] == wallet["posted"], wallet
                assert wallet["purses"]["refund_pending"]["amount"] == 0, wallet


def city_on(engine: Storage, members: int, shops: int) -> CityOnAnEngine:
    return CityOnAnEngine(members, shops, incheons().starts[0], memory=Streaming(engine))  # type: ignore[arg-type]


A_MOMENT = 60.0
"""Seconds that the clock may move while steps run."""

BURST = 24
"""Steps that come at once, in all threads together."""


def do_at_once(city: CityOnAnEngine, steps: Sequence[Step], threads: int) -> None:
    """Run the steps in threads, one step after another in each; all use the same clock, and each other's payments.

    Before the clock moves on for long, all running steps end: a function takes minutes at most, and the audit relies on that.
    """
    lock, running = threading.Lock(), Running()
    remaining = iter(steps)

    def work() -> None:
        own = city.of_a_thread()
        while True:
            with lock:
                step = next(remaining, None)
                if step is None:
                    return
                if step.seconds > A_MOMENT:
                    running.wait_for_none()
                city.now += timedelta(seconds=step.seconds)
                own.now, own.asked, own.payments = city.now, city.asked, city.payments
                running.add(1)
            try:
                do(own, step, OTHERS_COME_BY_THEMSELVES)
            finally:
                running.add(-1)
            with lock:
                city.asked, city.payments = own.asked, own.payments

    with ThreadPoolExecutor(threads) as pool:
        for each in [pool.submit(work) for _ in range(threads)]:
            each.result()


class Running:
    """How many steps run now."""

    def __init__(self) -> None:
        self._count = 0
        self._changed = threading.Condition()

    def add(self, steps: int) -> None:
        with self._changed:
            self._count += steps
            self._changed.notify_all()

    def wait_for_none(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: not self._count)


def spread_over(steps: Sequence[Step], seconds: float) -> Iterator[Step]:
    """The same steps over so many seconds, in bursts: the first step of each comes after the time of all of them."""
    factor = seconds / sum(step.seconds for step in steps)
    for start in range(0, len(steps), BURST):
        burst = steps[start : start + BURST]
        yield burst[0]._replace(seconds=factor * sum(step.seconds for step in burst))
        yield from (step._replace(seconds=0.0) for step in burst[1:])


def charge_wallet(city: CityOnAnEngine, amount: int) -> str:
    wallet = city.wallets[0]
    request = Request.of("bank/one", wallet, "0123456789abcdef", {"amount": amount})
    using = city.holding(city.memory)._replace(patience=waiting())
    top_up(TopUpWallet(request, amount, request.digest), using)
    return wallet


def pay_until_answered(city: CityOnAnEngine, wallet: str, key: str, amount: int) -> Payment:
    """Send the same request again until there is an answer, as a till does."""
    order = Order(city.merchants[0], amount, "shop", "card", None, None, False)
    request = Request.of("acquirer/one", wallet, key, {"amount": amount})
    while True:
        try:
            using = city.paying(city.memory)._replace(patience=waiting())
            return authorise_payment(Authorise(request, order), using).entry
        except (Busy, Unavailable):
            time.sleep(0.05)


def waiting(seconds: float = 20.0) -> Patience:
    """A function's real patience, since threads conflict here."""
    until = time.monotonic() + seconds
    return Patience(lambda: until - time.monotonic(), time.sleep)
