"""A city in memory whose inhabitants and events a test sets up, under Incheon's published policies, in January 2021."""

import itertools
import json
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, cast

from eeum.budget.funding import Budgets
from eeum.budget.items import line_of
from eeum.budget.rules import Lines
from eeum.budget.store import BudgetStore
from eeum.calendar import SEOUL, text_of
from eeum.cashback.context import EntriesCache
from eeum.cashback.quoting import NOW, AskedQuote, Plan, QuoteAnswer, Quoting, quote_cashback
from eeum.cashback.rules import Earning, MonthBook
from eeum.cashback.sources import Entry, Source, sound_source_of
from eeum.cashback.store import CashbackStore
from eeum.cashback.use_cases import Accrual, Accrued, Batch, NotAccruable, accrue
from eeum.journal.accounts import NOT_SPENDABLE
from eeum.journal.partitions import partition_of
from eeum.merchants.rules import Decision, Merchant, MerchantStatus, Shop, merchant_id_of
from eeum.merchants.store import MerchantStore
from eeum.merchants.use_cases import (
    ApplyForMerchant,
    DecideApplication,
    MerchantDependencies,
    apply_for_merchant,
    decide_application,
)
from eeum.months.store import MonthStore
from eeum.once import Answer
from eeum.payments.baskets import Basket
from eeum.payments.cancellations import CancelPayment, cancel_payment
from eeum.payments.holds import CaptureHold, ExpireHolds, VoidHold, capture_hold, expire_holds, void_hold
from eeum.payments.items import (
    cancellation_item,
    cancellation_key,
    capture_item,
    capture_key,
    payment_item,
    payment_key,
)
from eeum.payments.progress import Cancellation, Capture, Release
from eeum.payments.progress_store import ProgressStore
from eeum.payments.reversals import Reversal, Reverse, reverse_payment
from eeum.payments.rules import Order, Payment
from eeum.payments.store import PaymentStore
from eeum.payments.use_cases import Authorise, AuthoriseBasket, PaymentDependencies, authorise_basket, authorise_payment
from eeum.policy.documents import canonical_document
from eeum.policy.loading import load_history
from eeum.policy.reading import policy_of
from eeum.policy.store import PolicyStore
from eeum.policy.use_cases import PolicyBook
from eeum.request import Request
from eeum.storage import Add, Key, Put, SetTo, Table, Update, Write
from eeum.unit_of_work import Patience
from eeum.wallet.expiry_store import ExpiryStore
from eeum.wallet.participants import Participant
from eeum.wallet.rules import AboutMember, DebitOrder, TopUp, Wallet, WalletStatus
from eeum.wallet.store import WalletStore, wallet_key
from eeum.wallet.sweeping import Sweeping
from eeum.wallet.use_cases import (
    DecideOnWallet,
    OpenWallet,
    TopUpWallet,
    WalletDependencies,
    decide_on_wallet,
    open_wallet,
    top_up,
)
from tests.contract.shapes import Recording
from tests.in_memory.storage import InMemoryStorage
from tests.patience import patience_of
from tests.use_cases.scheduling import Desk

MORNING = datetime(2021, 1, 5, 10, 0, tzinfo=SEOUL)
ACQUIRER, BANK = "acquirer/kim", "bank/lee"
NUMBERS = ("1248100998", "2208162517", "1208800767", "1058764746")


@cache
def incheon() -> tuple[dict[str, Any], ...]:
    folder = Path(__file__).parents[2] / "policies" / "incheon"
    return tuple(
        canonical_document(json.loads(path.read_text(encoding="utf-8"))) for path in sorted(folder.glob("*.json"))
    )


@cache
def incheons_book() -> PolicyBook:
    return PolicyBook([policy_of(document) for document in incheon()])


@dataclass
class World:
    memory: InMemoryStorage = field(default_factory=InMemoryStorage)
    now: datetime = MORNING
    seconds: float = 60.0
    """The time that a caller has."""
    documents: tuple[dict[str, Any], ...] = field(default_factory=incheon)
    participants: Callable[[], Sequence[Participant]] = tuple
    """The participants of each payment and top-up, besides the policy's rewards."""

    def __post_init__(self) -> None:
        self.storage = Recording(self.memory)
        own = self.documents is not incheon()
        self.policies = PolicyBook([policy_of(document) for document in self.documents]) if own else incheons_book()
        self._keys = itertools.count(1)
        load_history(self.policy_store, "incheon", self.documents, "operator", self.now)

    # --- dependencies of use cases -------------------------------------------------------------------------------------

    def clock(self) -> datetime:
        return self.now

    @property
    def patience(self) -> Patience:
        return patience_of(self.seconds)

    @property
    def wallets(self) -> WalletStore:
        return WalletStore(self.storage, self.patience)

    @property
    def payments(self) -> PaymentStore:
        return PaymentStore(self.storage, self.patience)

    @property
    def progress(self) -> ProgressStore:
        return ProgressStore(self.storage, self.patience)

    @property
    def cashback(self) -> CashbackStore:
        return CashbackStore(self.storage)

    @property
    def paying(self) -> PaymentDependencies:
        stores = self.payments, self.progress
        return PaymentDependencies(
            *stores, lambda: self.policies, self.patience, self.clock, self.budgets, self.participants
        )

    @property
    def holding(self) -> WalletDependencies:
        """The dependencies of the wallet use cases."""
        return WalletDependencies(
            self.wallets, lambda: self.policies, self.patience, self.clock, self.budgets, self.participants
        )

    def onboarding(self, at: datetime | None = None) -> MerchantDependencies:
        return MerchantDependencies(self.merchants, self.policies, (lambda: at) if at else self.clock)

    @property
    def sweeping(self) -> Sweeping:
        return Sweeping(self.wallets, ExpiryStore(self.storage, self.patience), self.patience)

    @property
    def merchants(self) -> MerchantStore:
        return MerchantStore(self.storage, self.patience)

    @property
    def months(self) -> MonthStore:
        return MonthStore(self.storage, self.patience, "incheon")

    @property
    def policy_store(self) -> PolicyStore:
        return PolicyStore(self.storage, self.patience, "incheon")

    @property
    def desk(self) -> Desk:
        return Desk(self.storage, self.patience, "incheon")

    def budgets(self) -> Budgets:
        """Budgets with the present lines; unlike here, a function reads the lines once a minute."""
        lines = [line_of(item) for item in self.memory.items(Table.BUDGETS) if item["kind"] == "budget_line"]
        return Budgets(BudgetStore(self.storage, self.patience, "incheon"), Lines(lines))

    # --- inhabitants --------------------------------------------------------------------------------------------------

    def member(
        self,
        name: str = "payer",
        *,
        charged: int = 0,
        cashback: int = 0,
        grants: dict[str, int] | None = None,
        verified: bool = False,
        cashback_first: bool = False,
    ) -> Wallet:
        """A member with these balances."""
        order = DebitOrder.CASHBACK_FIRST if cashback_first else DebitOrder.CHARGED_FIRST
        earlier = self.now - timedelta(days=30)
        wallet = open_wallet(OpenWallet(name, order), self.holding._replace(clock=lambda: earlier)).wallet
        if verified:
            decide_on_wallet(DecideOnWallet(wallet.id, "operator", "papers in order", verified=True), self.holding)
        for purse, won in {"charged": charged, "cashback": cashback, **(grants or {})}.items():
            if won or purse not in ("charged", "cashback"):
                self.give(wallet.id, purse, won)
        return self.wallet(wallet.id)

    def give(self, wallet_id: str, purse: str, won: int) -> None:
        """Add money from outside, such as a city's allowance; or take it, with a negative amount."""
        changes = [Add(("purses", purse, "amount"), won)]
        if purse not in {each.id for each in self.wallet(wallet_id).purses}:
            self.send(Update(wallet_key(wallet_id), (SetTo(("purses", purse), {"amount": 0}),)))
        entry: dict[str, Any] = {
            "kind": "grant",
            "accepted_at": text_of(self.now),
            "postings": {"funder/city": -won, f"purse/{purse}": won} if won else {},
        }
        key = Key(Table.LEDGER, partition_of(wallet_id), f"GRANT#{uuid.uuid4()}")
        self.send(Update(wallet_key(wallet_id), tuple(changes)), Put(key, entry))

    def send(self, *writes: Write) -> None:
        """Write something outside the use cases under test."""
        self.memory.transact(writes, str(uuid.uuid4()))

    def shop(self, number: str = NUMBERS[0], **about: Any) -> Merchant:
        """A merchant that was approved at least two days ago."""
        known = self.merchants.merchant(merchant_id_of(number))
        if known and known.status is MerchantStatus.APPROVED and not about:
            return known
        shop = replace(Shop(number, "가게", "yeonsu", "restaurant", 200_000_000), **about)
        earlier = self.now - timedelta(days=2)
        applied = apply_for_merchant(ApplyForMerchant(shop, "owner"), self.onboarding(earlier))
        decision = Decision(MerchantStatus.APPROVED, "operator", earlier, "papers in order")
        return decide_application(DecideApplication(applied.id, decision), self.onboarding(earlier))

    # --- events -------------------------------------------------------------------------------------------------------

    def new_key(self) -> str:
        return f"idempotency-key-{next(self._keys):06}"

    def pay(
        self,
        wallet: Wallet,
        shop: Merchant | str,
        amount: int,
        key: str | None = None,
        caller: str = ACQUIRER,
        body: dict[str, Any] | None = None,
        **changes: Any,
    ) -> Answer[Payment]:
        merchant_id = shop if isinstance(shop, str) else shop.id
        order = replace(Order(merchant_id, amount, "shop", "card", None, None), **changes)
        asked = {"amount": amount, "merchant_id": merchant_id, **(body or {})}
        request = Request.of(caller, wallet.id, key or self.new_key(), asked)
        return authorise_payment(Authorise(request, order), self.paying)

    def pay_basket(self, wallet: Wallet, orders: Sequence[Order], key: str | None = None) -> Answer[Basket]:
        """Pay several payments of a wallet in one transaction."""
        asked = {"orders": [[order.merchant_id, order.amount, order.hold] for order in orders]}
        request = Request.of(ACQUIRER, wallet.id, key or self.new_key(), asked)
        return authorise_basket(AuthoriseBasket(request, tuple(orders)), self.paying)

    def quote(self, wallet: Wallet, shop: Merchant | str, amount: int, plan: Plan = NOW, **changes: Any) -> QuoteAnswer:
        """A quote for the payment that `pay` would make, now or as planned."""
        merchant_id = shop if isinstance(shop, str) else shop.id
        order = replace(Order(merchant_id, amount, "shop", "card", None, None), **changes)
        quoting = Quoting(store=self.payments, policies=self.policies, budgets=self.budgets())
        return quote_cashback(AskedQuote(wallet.member, wallet.id, order, self.now, plan), quoting)

    def top_up(
        self, wallet: Wallet, amount: int, key: str | None = None, caller: str = BANK, reference: str | None = None
    ) -> Answer[TopUp]:
        """Top up; each key is a separate transfer unless a `reference` is given."""
        key = key or self.new_key()
        transfer = reference or f"{key} to {wallet.id}"
        request = Request.of(caller, wallet.id, key, {"amount": amount, "bank_reference": transfer})
        return top_up(TopUpWallet(request, amount, transfer), self.holding)

    def capture(
        self, payment: Payment, amount: int | None = None, key: str | None = None, caller: str = ACQUIRER
    ) -> Answer[Capture]:
        request = self._about(payment, key, caller, {"amount": amount})
        return capture_hold(CaptureHold(request, payment.acceptance.id, amount, _brought_by(caller)), self.paying)

    def void(self, payment: Payment, key: str | None = None, caller: str = ACQUIRER) -> Answer[Release]:
        request = self._about(payment, key, caller, {})
        return void_hold(VoidHold(request, payment.acceptance.id, _brought_by(caller)), self.paying)

    def cancel(
        self, payment: Payment, amount: int | None = None, key: str | None = None, caller: str = ACQUIRER
    ) -> Answer[Cancellation]:
        request = self._about(payment, key, caller, {"amount": amount})
        command = CancelPayment(request, payment.acceptance.id, amount, "returned", _brought_by(caller))
        return cancel_payment(command, self.paying)

    def reverse(self, wallet: Wallet, shop: Merchant | str, amount: int, key: str, **changes: Any) -> Reversal:
        merchant_id = shop if isinstance(shop, str) else shop.id
        order = replace(Order(merchant_id, amount, "shop", "card", None, None), **changes)
        request = Request.of(ACQUIRER, wallet.id, key, {"amount": amount, "merchant_id": merchant_id})
        return reverse_payment(Reverse(request, order), self.paying)

    def expire(self, limit: int = 100) -> int:
        return expire_holds(ExpireHolds(self.now, limit), self.paying)

    def _about(self, payment: Payment, key: str | None, caller: str, body: dict[str, Any]) -> Request:
        return Request.of(caller, payment.acceptance.wallet_id, key or self.new_key(), body)

    def accrue(self, *entries: Entry, policies: PolicyBook | None = None) -> list[NotAccruable]:
        return self.accrued(*entries, policies=policies).not_accruable

    def accrued(
        self,
        *entries: Entry,
        policies: PolicyBook | None = None,
        quick: bool = False,
        read_before: EntriesCache | None = None,
    ) -> Accrued:
        sources = [source(entry) for entry in entries]
        return accrue(Batch(sources, quick), self.accrual(policies, read_before))

    def accrual(self, policies: PolicyBook | None = None, read_before: EntriesCache | None = None) -> Accrual:
        return Accrual(
            store=self.cashback,
            policies=policies or self.policies,
            budgets=self.budgets(),
            patience=self.patience,
            now=self.clock,
            entries=read_before or EntriesCache(),
        )

    def about(self, wallet: Wallet, **said: Any) -> Wallet:
        """Record a member's facts, as an operator does with the member's papers."""
        about = cast("AboutMember", said)
        return decide_on_wallet(DecideOnWallet(wallet.id, "operator", "papers in order", about=about), self.holding)

    def suspend(self, wallet: Wallet) -> None:
        command = DecideOnWallet(wallet.id, "operator", "card lost", WalletStatus.SUSPENDED)
        decide_on_wallet(command, self.holding)

    # --- results ------------------------------------------------------------------------------------------------------

    def wallet(self, wallet_id: str) -> Wallet:
        found = WalletStore(self.memory, self.patience).wallet(wallet_id)
        assert found is not None
        return found

    def balances(self, wallet: Wallet) -> dict[str, int]:
        """Won by purse, with held and refund-pending money only where there is any."""
        purses = self.wallet(wallet.id).purses
        return {purse.id: purse.amount for purse in purses if purse.amount or purse.id not in NOT_SPENDABLE}

    def entries(self, kind: str) -> list[dict[str, Any]]:
        return [item for item in self.memory.items(Table.LEDGER) if item["kind"] == kind]

    def earnings(self, wallet: Wallet, month: str = "2021-01") -> list[Earning]:
        return list(self.book(wallet, month).earnings)

    def book(self, wallet: Wallet, month: str = "2021-01") -> MonthBook:
        return CashbackStore(self.memory).month_book(wallet.id, month)

    @contextmanager
    def counted(self) -> Iterator[Any]:
        """The cost of the storage requests within the block."""
        costs = self.memory.costs
        costs.calls.clear()
        costs.round_trips = costs.write_units = 0
        yield costs

    @contextmanager
    def failing(self, error: type[Exception], moment: str, times: int) -> Iterator[list[Sequence[Write]]]:
        """Let the next `times` transactions fail with `error`, "before" or "after" their effect; return those that failed."""
        hit: list[Sequence[Write]] = []

        def fault(now: str, writes: Sequence[Write]) -> None:
            if now == moment and len(hit) < times:
                hit.append(writes)
                raise error("injected")

        self.memory.fault = fault
        try:
            yield hit
        finally:
            self.memory.fault = lambda now, writes: None


def source(entry: Entry) -> Source:
    """The entry as the stream delivers it."""
    acceptance = entry.acceptance
    match entry:
        case Payment():
            key, item = payment_key(acceptance.wallet_id, acceptance.digest), payment_item(entry)
        case Capture():
            key, item = capture_key(acceptance.wallet_id, acceptance.digest), capture_item(entry)
        case Cancellation():
            key, item = cancellation_key(acceptance.wallet_id, acceptance.digest), cancellation_item(entry)
    return sound_source_of({**item, "pk": key.pk, "sk": key.sk})


def _brought_by(caller: str) -> Callable[[Payment], bool]:
    return lambda payment: payment.acceptance.caller == caller
