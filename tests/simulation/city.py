"""A simulated city in memory: members, merchants, the stream, and the answers of its clients."""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, NamedTuple

import cashback_calculation.app as cashback_function
import event_publisher.app as publisher_function
import monthly_cap_reset.app as reset_function
from cashback_calculation.records import is_only_published
from eeum.aws.attribute_values import attribute_value
from eeum.budget.appropriation_store import AppropriationStore
from eeum.budget.appropriations import Grounds
from eeum.budget.funding import Budgets
from eeum.budget.rules import Line, Lines
from eeum.budget.store import BudgetStore
from eeum.budget.use_cases import AddLine, BudgetDependencies, add_line, scope_of
from eeum.calendar import SEOUL, text_of
from eeum.cashback.catch_up import CatchUp, catch_up_segment
from eeum.cashback.context import EntriesCache
from eeum.cashback.gap_store import GapStore
from eeum.cashback.sources import Source, Unsound, sound_source_of
from eeum.cashback.store import CashbackStore
from eeum.cashback.use_cases import Accrual, Batch, accrue
from eeum.composition import City
from eeum.errors import Busy
from eeum.merchants.rules import Decision, MerchantStatus
from eeum.merchants.store import MerchantStore
from eeum.merchants.use_cases import (
    ApplyForMerchant,
    DecideApplication,
    MerchantDependencies,
    apply_for_merchant,
    decide_application,
)
from eeum.months.store import MonthStore
from eeum.payments.progress_store import ProgressStore
from eeum.payments.rules import Order, Payment
from eeum.payments.store import PaymentStore
from eeum.payments.use_cases import PaymentDependencies
from eeum.policy.amendments import Suspension
from eeum.policy.loading import load_history
from eeum.policy.reading import policy_of
from eeum.policy.store import PolicyStore
from eeum.policy.use_cases import PolicyBook
from eeum.request import Request
from eeum.segments import Segment
from eeum.storage import Item, Key, Storage, Table
from eeum.wallet.rules import DebitOrder
from eeum.wallet.store import WalletStore
from eeum.wallet.use_cases import DecideOnWallet, OpenWallet, WalletDependencies, decide_on_wallet, open_wallet
from tests.in_memory.storage import InMemoryStorage
from tests.invariants import check_stored
from tests.patience import patience_of
from tests.simulation.bus import Bus, Stored
from tests.simulation.given_up import check_nothing_is_given_up
from tests.simulation.judges import ANSWERS, AUDIT, REFERENCE, Verdicts
from tests.simulation.papers import give_cards, papers_of, shop_of
from tests.simulation.reference import Reference
from tests.simulation.reference_of_budgets import BudgetReference
from tests.simulation.reference_of_policies import Policies, Suspended
from tests.simulation.scenes import Scene, incheons

PROGRAMME = "incheon"
HALF = 15
"""The last day of the first half of a month."""

OPERATIONS_AT_A_BOUNDARY = 8
CONTEXT = SimpleNamespace(
    function_name="simulation",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:ap-northeast-2:000000000000:function:simulation",
    aws_request_id="simulation",
    get_remaining_time_in_millis=lambda: 60_000,
)


BEFORE_THE_UPDATE = timedelta(days=60)
"""How long a release before version 2 of the codec writes; the next release reads its items for the rest of the run."""


@dataclass
class Asked:
    """A client's request, which it may send again, and the answer, if one came."""

    send: Callable[[Storage], Any]
    answer: Any = None
    answered: bool = False


class Made(NamedTuple):
    """A payment that was approved or held, with its idempotency key and its order."""

    payment: Payment
    key: str
    order: Order


@dataclass
class Simulated:
    """The state of a run under one seed. `now` is the city's time."""

    members: int
    shops: int
    now: datetime
    scene: Scene = field(default_factory=incheons)
    memory: InMemoryStorage = field(default_factory=lambda: InMemoryStorage(keeps_log=False))
    stream: list[Item] = field(default_factory=list)
    delivered: list[Item] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    payments: list[Made] = field(default_factory=list)
    transfers: list[tuple[str, str, int]] = field(default_factory=list)
    """Top-ups of banks: reference, wallet and amount."""
    wallets: list[str] = field(default_factory=list)
    merchants: list[str] = field(default_factory=list)
    focus: list[str] = field(default_factory=list)
    """Wallets of the current operations, the outermost first: an operation in between is mostly on the same wallet."""
    amendments: list[Suspension] = field(default_factory=list)
    slow: list[Item] = field(default_factory=list)
    """Records that wait in the slow lane, and the latest that it delivered."""
    slow_delivered: list[Item] = field(default_factory=list)
    read_before: EntriesCache = field(default_factory=lambda: EntriesCache(3))
    """What the slow lane's function remembers from call to call."""
    bus: Bus = field(default_factory=Bus)
    stored: Stored = field(default_factory=Stored)
    changes: list[Item] = field(default_factory=list)
    """Records from the streams of merchants, the programme and budgets that wait to be published."""
    verdicts: Verdicts = field(default_factory=Verdicts)
    touched: dict[str, Made] = field(default_factory=dict)
    """The latest payment that an operation used, by wallet."""

    def __post_init__(self) -> None:
        self.updated_at = self.now + BEFORE_THE_UPDATE
        documents = self.scene.documents
        self.versions = [policy_of(document) for document in documents]
        self.policies = PolicyBook(self.versions)
        self._resting = 0
        windows = [limit.window for version in self.versions for layer in version.layers for limit in layer.limits]
        windows += [pool.window for version in self.versions for pool in version.pools.values()]
        ends = [end for version in self.versions for end in (version.starts_at, version.ends_at)]
        ends += [end for window in windows for end in (window.start, window.until)]
        self._instants = sorted({end for end in ends if end is not None})
        self.lines = Lines(line for line, _ in self.scene.lines)
        load_history(PolicyStore(self.memory, patience_of(), PROGRAMME), PROGRAMME, documents, "operator", self.now)
        self.reference = Reference(Policies(self.versions), BudgetReference(self.lines.all))
        for key, item in self.memory.everything():
            self._note(key, item)
        self.memory.written = self._observe
        for line, won in self.scene.lines:
            self._appropriate(line, won)
        for number in range(self.shops):
            self._open_shop(number)
        for number in range(self.members):
            self.open_wallet(self.memory, number)
        for function in (cashback_function, reset_function, publisher_function):
            function.logger.setLevel("CRITICAL")
        self.function = City(cashback_function.city.settings, self.memory, self.clock)
        # As the function keeps them, without reading them again each simulated minute.
        # Patience does not really wait in a simulation.
        self.function.patience = lambda _: patience_of()  # type: ignore[method-assign]
        self.function._policies = SimpleNamespace(book=lambda: self.policies)  # type: ignore[assignment]
        self._reset = City(reset_function.city.settings, self.memory, self.clock)
        self._reset.patience = lambda _: patience_of()  # type: ignore[method-assign]

    def clock(self) -> datetime:
        return self.now

    # --- time ---------------------------------------------------------------------------------------------------------

    def advance(self, seconds: float, seed: int) -> None:
        """Move the clock. Where something begins or ends, it mostly stops for some operations: at that instant, or just before.

        Random moves would never hit an instant, and so never find a fault at one.
        """
        if self._resting:
            self._resting -= 1
            return
        before, later = self.now, self.now + timedelta(seconds=seconds)
        passed = [each for each in self._boundaries(before, later) if before < each <= later]
        if passed and seed % 4:
            self.now = max(before, min(passed) - timedelta(milliseconds=seed % 2))
            self._resting = OPERATIONS_AT_A_BOUNDARY
        else:
            self.now = later

    def _boundaries(self, before: datetime, later: datetime) -> Iterator[datetime]:
        """The instants at which versions, events, suspensions and windows of the calendar begin and end."""
        yield from self._instants
        for each in self.amendments:
            yield each.start
            if each.until is not None:
                yield each.until
        for moment in (before, later):
            local = moment.astimezone(SEOUL)
            yield local.replace(day=16 if local.day > HALF else 1, hour=0, minute=0, second=0, microsecond=0)

    # --- what was stored ----------------------------------------------------------------------------------------------

    def _observe(self, changed: Sequence[tuple[Key, Item]]) -> None:
        # The product puts aside a failure of one wallet. A violation must not be put aside, so it is `Found`.
        self.verdicts.note(
            [
                (REFERENCE, lambda: self.reference.observe(changed)),
                *((ANSWERS, self._noting(*each)) for each in changed),
            ]
        )

    def _noting(self, key: Key, item: Item) -> Callable[[], None]:
        return lambda: self._note(key, item)

    def _note(self, key: Key, item: Item) -> None:
        if self.stored.published(key, item):
            (self.stream if key.table is Table.LEDGER else self.changes).append(dict(item))

    # --- inhabitants --------------------------------------------------------------------------------------------------

    def open_wallet(self, storage: Storage, number: int) -> None:
        order = DebitOrder.CASHBACK_FIRST if number % 2 else DebitOrder.CHARGED_FIRST
        using = self.holding(storage)
        wallet = open_wallet(OpenWallet(f"member-{number}", order), using).wallet
        if wallet.id not in self.wallets:
            self.wallets.append(wallet.id)
            chance = random.Random(number)
            verified = True if number % 3 else None
            decide_on_wallet(
                DecideOnWallet(wallet.id, "operator", "papers in order", verified=verified, about=papers_of(chance)),
                using,
            )
            give_cards(storage, wallet, chance)

    def _appropriate(self, line: Line, won: int) -> None:
        request = Request.of("operator", scope_of(line.fiscal_year), f"appropriation-of-{line.id}", {"line": line.id})
        grounds = Grounds("본예산", "시의회 의결")
        add_line(
            AddLine(request, line, won, grounds), replace(self.administering(self.memory), is_running=lambda: False)
        )

    def _open_shop(self, number: int) -> None:
        shop = shop_of(number, self.versions[-1].merchants)
        earlier = self.now - timedelta(days=2)
        using = self.onboarding(self.memory)._replace(clock=lambda: earlier)
        applied = apply_for_merchant(ApplyForMerchant(shop, f"owner-{number}"), using)
        if number % 11 != 10:
            decision = Decision(MerchantStatus.APPROVED, "operator", earlier, "papers in order")
            decide_application(DecideApplication(applied.id, decision), using)
        self.merchants.append(applied.id)

    # --- the parts of the city, on whatever storage an operation has ---------------------------------------------------

    def pay_store(self, storage: Storage) -> PaymentStore:
        return PaymentStore(storage, patience_of())

    def progress(self, storage: Storage) -> ProgressStore:
        return ProgressStore(storage, patience_of())

    def wallet_store(self, storage: Storage) -> WalletStore:
        return WalletStore(storage, patience_of())

    def budget_store(self, storage: Storage) -> BudgetStore:
        return BudgetStore(storage, patience_of(), PROGRAMME)

    def appropriations(self, storage: Storage) -> AppropriationStore:
        return AppropriationStore(storage, patience_of(), PROGRAMME)

    def budgets(self, storage: Storage) -> Callable[[], Budgets]:
        return lambda: Budgets(self.budget_store(storage), self.lines)

    def paying(self, storage: Storage) -> PaymentDependencies:
        """What the use cases of payments work with."""
        stores = self.pay_store(storage), self.progress(storage)
        return PaymentDependencies(*stores, lambda: self.policies, patience_of(), self.clock, self.budgets(storage))

    def holding(self, storage: Storage) -> WalletDependencies:
        """What the use cases of wallets work with."""
        return WalletDependencies(
            self.wallet_store(storage), lambda: self.policies, patience_of(), self.clock, self.budgets(storage)
        )

    def onboarding(self, storage: Storage) -> MerchantDependencies:
        """What the use cases of merchants work with."""
        return MerchantDependencies(MerchantStore(storage, patience_of()), self.policies, self.clock)

    def administering(self, storage: Storage) -> BudgetDependencies:
        """What the administration of budgets works with."""
        months = MonthStore(storage, patience_of(), PROGRAMME)
        return BudgetDependencies(
            self.budget_store(storage), self.appropriations(storage), months, self.clock, lambda: True
        )

    def suspend(self, layers: frozenset[str], start: datetime, until: datetime) -> None:
        """Suspend layers as an operator does, early enough."""
        self.amendments.append(Suspension(f"suspension-{len(self.amendments)}", tuple(sorted(layers)), start, until))
        self.policies = PolicyBook(self.versions, self.amendments)
        self.reference.policies.suspended.append(Suspended(start, until, layers))

    # --- the stream ---------------------------------------------------------------------------------------------------

    def deliver(self, storage: Storage, items: Sequence[Item], through_function: bool) -> None:
        """Post entries, through the function or directly; if this raises anything, they are delivered again."""
        if through_function:
            self.function.storage = storage
            cashback_function.city, cashback_function.city_bus = self.function, lambda: self.bus
            cashback_function.keep_unpublished = lambda record, _: self.bus.unpublished.append(record)
            answer = cashback_function.handler({"Records": [_record(item) for item in items]}, CONTEXT)
            assert answer["parked"] == 0, answer
            done = answer["posted"] + answer["already_posted"] + answer["slow"]
            assert done == len({(item["pk"], item["sk"]) for item in items if not is_only_published(item)})
        else:
            sources = [_sound(item) for item in items if not is_only_published(item)]
            answer = accrue(Batch(sources), self.accrual(storage))
            check_nothing_is_given_up(each.reason for each in answer.not_accruable)
        self.publish_changes()
        gone = {id(item) for item in items}
        self.stream = [item for item in self.stream if id(item) not in gone]
        self.delivered = [*self.delivered[-200:], *items]

    def publish_changes(self) -> None:
        """Bring changes of state to the publisher; a change that the bus refuses is delivered again."""
        if not self.changes:
            return
        publisher_function.city = self.function
        publisher_function.city_bus = lambda: self.bus
        batch = self.changes[:100]
        with suppress(Busy):
            answer = publisher_function.handler({"Records": [_record(item) for item in batch]}, CONTEXT)
            assert answer["dead_lettered"] == 0, answer
            self.changes = self.changes[len(batch) :]

    def reset_month(self, storage: Storage) -> None:
        self._reset.storage = storage
        reset_function.city = self._reset
        first = self.now.astimezone(SEOUL).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        reset_function.handler({"scheduled_at": text_of(first)}, CONTEXT)

    def catch_up(self, storage: Storage) -> CatchUp:
        return CatchUp(GapStore(storage), self.accrual(storage))

    def accrual(self, storage: Storage) -> Accrual:
        return Accrual(
            store=CashbackStore(storage),
            policies=self.policies,
            budgets=self.budgets(storage)(),
            patience=patience_of(),
            now=self.clock,
        )

    def catch_up_everything(self) -> None:
        done = catch_up_segment(self.catch_up(self.memory), Segment(0, 1))
        check_nothing_is_given_up(each.reason for each in done.unposted)
        while done.resume is not None:
            done = catch_up_segment(self.catch_up(self.memory), Segment(0, 1), done.resume)

    # --- invariants ---------------------------------------------------------------------------------------------------

    def check_whole(self) -> None:
        self.reference.check_whole(list(self.memory.everything()))

    def check_end(self) -> None:
        """Catch up what the stream lost; then nothing may be due, and everything must equal what both oracles expect."""
        for _, check in self.checks_at_end():
            check()

    def checks_at_end(self) -> Iterator[tuple[str, Callable[[], None]]]:
        """The checks at the end of a run, in their order, each with its judge."""
        yield ANSWERS, self._caught_up
        yield ANSWERS, lambda: self.bus.check({table: self.memory.items(table) for table in Table}, self.stored.types)
        yield REFERENCE, self.check_whole
        yield REFERENCE, lambda: self.reference.check_drained(list(self.memory.everything()))
        yield AUDIT, lambda: self.check_stored(self.now)

    def _caught_up(self) -> None:
        try:
            self.catch_up_everything()
        except Busy as busy:
            raise AssertionError("a catch-up fails as busy, without any other operation") from busy

    def check_stored(self, now: datetime | None = None) -> None:
        """Check by the audit everything that is stored, and with `now` that no accrual is missing."""
        check_stored(self.memory, self.policies, now)


def _sound(item: Item) -> Source:
    """The source of an item; the posting must accept everything that the city stores."""
    try:
        return sound_source_of(item)
    except Unsound as reason:
        raise AssertionError(f"{item['sk']} cannot be posted: {reason}") from reason


def _record(item: Item) -> dict[str, Any]:
    return {"dynamodb": {"NewImage": {name: attribute_value(value) for name, value in item.items()}}}
