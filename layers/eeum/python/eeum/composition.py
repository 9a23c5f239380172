"""The composition root: the one place that makes stores and AWS clients. Functions import it, the domain does not.

Stores are imported when they are first used, so that a function loads no store that it does not need, and starts faster.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from eeum.aws.clients import ATTEMPTS, CONNECT_SECONDS, READ_SECONDS, aws_client
from eeum.aws.clock import Clock, shifted_clock
from eeum.aws.dynamodb import DynamoDbStorage
from eeum.aws.settings import Settings
from eeum.policy.store import PolicyStore
from eeum.policy.use_cases import CachedPolicies, PolicyBook
from eeum.storage import ProjectionStorage
from eeum.unit_of_work import Patience

if TYPE_CHECKING:
    from eeum.audit.store import AuditStore
    from eeum.aws.dead_letters import DeadLetters
    from eeum.aws.events import EventBus
    from eeum.balances.fold_store import FoldStore
    from eeum.balances.store import BalanceStore
    from eeum.budget.appropriation_store import AppropriationStore
    from eeum.budget.funding import Budgets, CachedLines
    from eeum.budget.showing import ReportDependencies
    from eeum.budget.store import BudgetStore
    from eeum.budget.use_cases import BudgetDependencies
    from eeum.budget.watch_store import WatchStore
    from eeum.cashback.catch_up import CatchUp
    from eeum.cashback.context import EntriesCache
    from eeum.cashback.quoting import Quoting
    from eeum.cashback.store import CashbackStore
    from eeum.cashback.use_cases import Accrual
    from eeum.journal.store import JournalStore
    from eeum.merchants.names import MerchantNames
    from eeum.merchants.store import MerchantStore
    from eeum.merchants.use_cases import MerchantDependencies
    from eeum.months.statement_store import StatementStore
    from eeum.months.store import MonthStore
    from eeum.passes.use_cases import Passes
    from eeum.payments.progress_store import ProgressStore
    from eeum.payments.store import PaymentStore
    from eeum.payments.use_cases import PaymentDependencies
    from eeum.policy.draft_store import DraftStore
    from eeum.policy.history_store import HistoryStore
    from eeum.policy.proposal_store import ProposalStore
    from eeum.simulations.store import SimulationStore
    from eeum.wallet.store import WalletStore
    from eeum.wallet.sweeping import Sweeping
    from eeum.wallet.use_cases import WalletDependencies

RESERVED_SECONDS = 2 * ATTEMPTS * (CONNECT_SECONDS + READ_SECONDS) + 0.5
"""The time that a function keeps for one more read, one more transaction and the answer, each at its slowest. So a caller gets a
retryable answer before the function times out.
"""


def queues() -> Any:
    """A client of SQS."""
    return aws_client("sqs")


def buckets(read_seconds: float = READ_SECONDS) -> Any:
    """A client of S3, which waits so long for an answer."""
    return aws_client("s3", read_seconds)


class LambdaContext(Protocol):
    def get_remaining_time_in_millis(self) -> int: ...


@dataclass
class City:
    """What the handlers of a function depend on. Stores are made for each invocation, since each has its own time left."""

    settings: Settings
    storage: ProjectionStorage
    clock: Clock

    def __post_init__(self) -> None:
        patience = Patience(lambda: 5.0, time.sleep)
        self._policies = CachedPolicies(PolicyStore(self.storage, patience, self.settings.programme), self.clock)
        self._lines: CachedLines | None = None
        self._names: MerchantNames | None = None

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> City:
        """Read the settings. Raises `SettingsError` when the environment does not match the template."""
        settings = Settings.of(environment)
        storage = DynamoDbStorage(aws_client("dynamodb"), settings.tables)
        city = cls(settings, storage, shifted_clock(settings.clock_shift))
        # Objects made at the start stay, so the garbage collector can skip them.
        gc.freeze()
        return city

    def system_time(self) -> datetime:
        """The system clock, which no test shifts. The tables delete expired items by it."""
        return self.clock() - self.settings.clock_shift

    def patience(self, context: LambdaContext) -> Patience:
        return Patience(lambda: context.get_remaining_time_in_millis() / 1000 - RESERVED_SECONDS, time.sleep)

    def policies(self) -> PolicyBook:
        """The programme's policies, at most 60 s old."""
        return self._policies.book()

    def budgets(self, context: LambdaContext) -> Budgets:
        """The budgets that fund rewards: lines cached for at most 60 s, amounts never."""
        from eeum.budget.funding import Budgets, CachedLines

        if self._lines is None:
            self._lines = CachedLines(self.clock)
        store = self.budget_store(context)
        return Budgets(store, self._lines.lines(store, running=not self.policies().is_empty))

    def wallets(self, context: LambdaContext) -> WalletStore:
        from eeum.wallet.store import WalletStore

        return WalletStore(self.storage, self.patience(context))

    def payments(self, context: LambdaContext) -> PaymentStore:
        from eeum.payments.store import PaymentStore

        return PaymentStore(self.storage, self.patience(context), self.names().remember)

    def names(self) -> MerchantNames:
        """Names of merchants, cached for at most 5 minutes."""
        from eeum.merchants.names import MerchantNames

        if self._names is None:
            self._names = MerchantNames(self.clock)
        return self._names

    def progress(self, context: LambdaContext) -> ProgressStore:
        from eeum.payments.progress_store import ProgressStore

        return ProgressStore(self.storage, self.patience(context))

    def payment_dependencies(self, context: LambdaContext) -> PaymentDependencies:
        """What the use cases of payments depend on, for one invocation."""
        from eeum.payments.use_cases import PaymentDependencies

        return PaymentDependencies(
            self.payments(context),
            self.progress(context),
            self.policies,
            self.patience(context),
            self.clock,
            lambda: self.budgets(context),
        )

    def wallet_dependencies(self, context: LambdaContext) -> WalletDependencies:
        """What the use cases of wallets depend on, for one invocation."""
        from eeum.wallet.use_cases import WalletDependencies

        patience = self.patience(context)
        return WalletDependencies(
            self.wallets(context), self.policies, patience, self.clock, lambda: self.budgets(context)
        )

    def merchant_dependencies(self, context: LambdaContext) -> MerchantDependencies:
        """What the use cases of merchants depend on, for one invocation."""
        from eeum.merchants.use_cases import MerchantDependencies

        return MerchantDependencies(self.merchants(context), self.policies(), self.clock)

    def budget_dependencies(self, context: LambdaContext) -> BudgetDependencies:
        """What the administration of budgets depends on, for one invocation."""
        from eeum.budget.use_cases import BudgetDependencies

        return BudgetDependencies(
            self.budget_store(context),
            self.appropriations(context),
            self.months(context),
            self.clock,
            is_running=lambda: not self.policies().is_empty,
        )

    def report_dependencies(self, context: LambdaContext) -> ReportDependencies:
        """What reports on budgets depend on, for one invocation."""
        from eeum.budget.showing import ReportDependencies

        return ReportDependencies(
            self.budget_store(context),
            self.appropriations(context),
            self.budget_watch(context),
            self.policies(),
            self.clock,
        )

    def cashback(self) -> CashbackStore:
        from eeum.cashback.store import CashbackStore

        return CashbackStore(self.storage)

    def accrual(self, context: LambdaContext, entries: EntriesCache | None = None) -> Accrual:
        """What accruals depend on; `entries` are those that earlier invocations read."""
        from eeum.cashback.context import EntriesCache
        from eeum.cashback.use_cases import Accrual

        return Accrual(
            store=self.cashback(),
            policies=self.policies(),
            budgets=self.budgets(context),
            patience=self.patience(context),
            now=self.clock,
            entries=entries or EntriesCache(),
        )

    def catch_up(self, context: LambdaContext, segments: int = 1) -> CatchUp:
        """What catching up depends on, with the share of one of `segments` in the read units of a second."""
        from eeum.cashback.catch_up import CatchUp
        from eeum.cashback.gap_store import GapStore
        from eeum.passes.pace import Pace
        from eeum.segments import MOST_AT_ONCE

        read_units = self.settings.read_units
        pace = Pace(read_units / min(segments, MOST_AT_ONCE)) if read_units else Pace()
        return CatchUp(GapStore(self.storage), self.accrual(context), pace)

    def passes(self, context: LambdaContext, name: str, every: timedelta) -> Passes:
        """The scheduled passes of one kind, a new one every so often."""
        from eeum.passes.store import PassStore
        from eeum.passes.use_cases import Passes

        store = PassStore(self.storage, self.patience(context), self.settings.programme)
        return Passes(store, name, every, self.system_time)

    def quoting(self, context: LambdaContext) -> Quoting:
        from eeum.cashback.quoting import Quoting

        return Quoting(store=self.payments(context), policies=self.policies(), budgets=self.budgets(context))

    def sweeping(self, context: LambdaContext) -> Sweeping:
        from eeum.wallet.expiry_store import ExpiryStore
        from eeum.wallet.sweeping import Sweeping

        patience = self.patience(context)
        return Sweeping(self.wallets(context), ExpiryStore(self.storage, patience), patience)

    def statements(self, context: LambdaContext) -> StatementStore:
        from eeum.months.statement_store import StatementStore

        return StatementStore(self.storage, self.patience(context))

    def balances(self, context: LambdaContext) -> BalanceStore:
        from eeum.balances.store import BalanceStore

        return BalanceStore(self.storage, self.patience(context))

    def folding(self, context: LambdaContext) -> FoldStore:
        from eeum.balances.fold_store import FoldStore

        return FoldStore(self.storage, self.patience(context))

    def journal(self) -> JournalStore:
        from eeum.journal.store import JournalStore

        return JournalStore(self.storage)

    def merchants(self, context: LambdaContext) -> MerchantStore:
        from eeum.merchants.store import MerchantStore

        return MerchantStore(self.storage, self.patience(context))

    def months(self, context: LambdaContext) -> MonthStore:
        from eeum.months.store import MonthStore

        return MonthStore(self.storage, self.patience(context), self.settings.programme)

    def budget_store(self, context: LambdaContext) -> BudgetStore:
        from eeum.budget.store import BudgetStore

        return BudgetStore(self.storage, self.patience(context), self.settings.programme)

    def appropriations(self, context: LambdaContext) -> AppropriationStore:
        from eeum.budget.appropriation_store import AppropriationStore

        return AppropriationStore(self.storage, self.patience(context), self.settings.programme)

    def budget_watch(self, context: LambdaContext) -> WatchStore:
        from eeum.budget.watch_store import WatchStore

        return WatchStore(self.storage, self.patience(context), self.settings.programme)

    def policy_store(self, context: LambdaContext) -> PolicyStore:
        return PolicyStore(self.storage, self.patience(context), self.settings.programme)

    def drafts(self, context: LambdaContext) -> DraftStore:
        from eeum.policy.draft_store import DraftStore

        return DraftStore(self.storage, self.patience(context), self.settings.programme)

    def proposals(self, context: LambdaContext) -> ProposalStore:
        from eeum.policy.proposal_store import ProposalStore

        return ProposalStore(self.storage, self.patience(context), self.settings.programme)

    def policy_history(self) -> HistoryStore:
        from eeum.policy.history_store import HistoryStore

        return HistoryStore(self.storage, self.settings.programme)

    def simulations(self, patience: Patience) -> SimulationStore:
        from eeum.simulations.store import SimulationStore

        return SimulationStore(self.storage, patience, self.settings.programme)

    def audit(self) -> AuditStore:
        from eeum.audit.store import AuditStore

        return AuditStore(self.storage)

    def dead_letters(self) -> DeadLetters:
        """The function's own dead-letter queue."""
        from eeum.aws.dead_letters import DeadLetters

        return DeadLetters(queues(), self.settings.dead_letter_queue_url)

    def bus(self) -> EventBus:
        """The city's event bus, with its own client."""
        from eeum.aws.events import EventBus

        return EventBus(aws_client("events"), self.settings.event_bus)
