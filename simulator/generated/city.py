"""Generate a city: every wallet, top-up, payment, cashback and cancellation goes through the use cases, month by month."""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from eeum.budget.funding import Budgets
from eeum.budget.rules import Lines
from eeum.budget.store import BudgetStore
from eeum.calendar import Month, month_of, next_month, start_of_month
from eeum.cashback.sources import source_of
from eeum.cashback.store import CashbackStore
from eeum.cashback.use_cases import Accrual, Batch, accrue
from eeum.dry_run.memory_store import InMemoryStorage
from eeum.merchants.rules import Decision, MerchantStatus, Shop
from eeum.merchants.store import MerchantStore
from eeum.merchants.use_cases import (
    ApplyForMerchant,
    DecideApplication,
    MerchantDependencies,
    apply_for_merchant,
    decide_application,
)
from eeum.payments.cancellations import CancelPayment, cancel_payment
from eeum.payments.items import cancellation_key, payment_key
from eeum.payments.progress_store import ProgressStore
from eeum.payments.rules import Order, Payment
from eeum.payments.store import PaymentStore
from eeum.payments.use_cases import Authorise, PaymentDependencies, authorise_payment
from eeum.policy.use_cases import PolicyBook
from eeum.request import Request
from eeum.storage import Key, Table
from eeum.unit_of_work import Patience
from eeum.wallet.rules import AboutMember, DebitOrder, Wallet
from eeum.wallet.store import WalletStore
from eeum.wallet.use_cases import (
    DecideOnWallet,
    OpenWallet,
    TopUpWallet,
    WalletDependencies,
    decide_on_wallet,
    open_wallet,
    top_up,
)
from simulator.city import figures
from simulator.generated.targets import GeneratedMonth

PROGRAMME = "incheon"
ACQUIRER, BANK, OPERATOR = "acquirer/generated", "bank/generated", "operator"
PATIENCE = Patience(lambda: 10.0, lambda _seconds: None, most_attempts=100)
CANCELLED = 0.02
"""The share of payments that are cancelled, in part or in full: assumed."""
LEAST_TOP_UP, MOST_TOP_UP, STEP = 50_000, 1_000_000, 10_000
LARGEST_PAYMENT = 400_000
MOST_MEMBERS = 12
"""How many members are tried for one payment, when limits decline it."""
MISSED = 100
"""A category's month misses its target by at most this many won, at random: no real city pays a round sum."""
SMALL = 5_000
MOST_ACCRUED = 20
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Planned:
    """A payment to make: when, at which shop, for how much."""

    at: datetime
    shop: str
    won: int


class GeneratedCity:
    """A city in memory. Equal seeds give equal cities."""

    def __init__(
        self, policies: PolicyBook, seed: int, scale: int, average: int, progress: Callable[[str], None]
    ) -> None:
        self.storage = InMemoryStorage(keeps_log=False)
        self._policies, self._random, self._progress = policies, random.Random(seed), progress
        self._scale, self._average = scale, average
        self._now = EPOCH
        self._requests = 0
        self._wallets: list[Wallet] = []
        self._waiting: list[Key] = []
        self._shops: dict[str, list[str]] = {}
        self._category_of: dict[str, str] = {}
        self._paid: Counter[tuple[Month, str]] = Counter()
        self._opened = EPOCH

    def run(self, months: Sequence[GeneratedMonth]) -> None:
        """Run the months, one after the other."""
        self._now = start_of_month(months[0].month)
        self._open_shops()
        for month in months:
            self._open_wallets(month)
            planned = sorted(self._planned(month), key=lambda each: each.at)
            for each in planned:
                self._now = each.at
                self._pay(each)
            self._accrue()
            self._complete(month)
            self._progress(f"{month.month}: {len(self._wallets):,} members, {len(planned):,} payments")

    def items(self) -> list[dict[str, Any]]:
        """Every item of the ledger."""
        return list(self.storage.items(Table.LEDGER))

    def _clock(self) -> datetime:
        return self._now

    # --- inhabitants ----------------------------------------------------------------------------------------------------

    def _open_shops(self) -> None:
        number = max(figures.SHOPS * self._scale // 1_000, 5 * len(figures.CATEGORY_SHARES))
        categories, districts = list(figures.CATEGORY_SHARES), list(figures.DISTRICT_SHARES)
        chosen = self._random.choices(categories, list(figures.CATEGORY_SHARES.values()), k=number)
        # Each category has some shops, as in any city.
        chosen[: 3 * len(categories)] = 3 * categories
        benefit_plus = figures.BENEFIT_PLUS_SHOPS * self._scale // 1_000
        dependencies = MerchantDependencies(MerchantStore(self.storage, PATIENCE), self._policies, self._clock)
        for serial, category in enumerate(chosen):
            (district,) = self._random.choices(districts, list(figures.DISTRICT_SHARES.values()))
            flags = frozenset(["benefit_plus"] if serial < benefit_plus else [])
            revenue = int(self._random.lognormvariate(18.8, figures.REVENUE_SPREAD))
            shop = Shop(registration_number(serial + 1), f"가게 {serial + 1}", district, category, revenue, flags)
            applied = apply_for_merchant(ApplyForMerchant(shop, f"owner {serial}"), dependencies)
            decision = Decision(MerchantStatus.APPROVED, OPERATOR, self._now, "papers in order")
            decide_application(DecideApplication(applied.id, decision), dependencies)
            self._shops.setdefault(category, []).append(applied.id)
            self._category_of[applied.id] = category
        # They accept payments from the next day.
        self._opened = self._now + timedelta(days=1)

    def _open_wallets(self, month: GeneratedMonth) -> None:
        """Open wallets at even steps over the first day, so that new members can pay in the month."""
        start = start_of_month(month.month)
        new = month.members - len(self._wallets)
        for number in range(new):
            self._now = start + timedelta(milliseconds=1 + number * 10)
            name = f"member {len(self._wallets)}"
            order = self._random.choice((DebitOrder.CHARGED_FIRST, DebitOrder.CASHBACK_FIRST))
            wallet = open_wallet(OpenWallet(name, order), self._wallet_dependencies()).wallet
            about: AboutMember = {"birth_date": date(start.year - self._random.randrange(15, 85), 1, 1)}
            known = about if self._random.random() < 0.9 else None
            decision = DecideOnWallet(wallet.id, OPERATOR, "papers in order", verified=True, about=known)
            self._wallets.append(decide_on_wallet(decision, self._wallet_dependencies()))

    # --- payments -------------------------------------------------------------------------------------------------------

    def _planned(self, month: GeneratedMonth) -> Iterator[Planned]:
        """Payments in whole hundreds of won, whose sum by category is the month's before cancellations."""
        first = start_of_month(month.month)
        start = max(first, self._opened) + timedelta(minutes=1)
        end = first + timedelta(days=month.days) if month.days else start_of_month(next_month(month.month))
        hours, days = range(24), (end - start).days + 1
        for category, total in month.paid.items():
            for won in self._amounts(total):
                (hour,) = self._random.choices(hours, figures.HOURS)
                day = self._random.randrange(days)
                at = start + timedelta(days=day, hours=hour, milliseconds=self._random.randrange(3_500_000))
                yield Planned(at, self._random.choice(self._shops[category]), won)

    def _amounts(self, total: int) -> list[int]:
        """Amounts that add up to a little less than `total`, log-normal about the average."""
        number = max(round(total / self._average), 1, -(-total // LARGEST_PAYMENT))
        weights = [min(self._random.lognormvariate(0, 1), 12) for _ in range(number)]
        whole = sum(weights)
        return [
            min(
                max(int(total * weight / whole) // figures.PRICE_STEP * figures.PRICE_STEP, figures.PRICE_STEP),
                LARGEST_PAYMENT,
            )
            for weight in weights
        ]

    def _complete(self, month: GeneratedMonth) -> None:
        """Make more payments before the month ends, where cancellations and limits left the sum too small."""
        for category, total in month.paid.items():
            drawn_to = total + self._random.randrange(-MISSED, MISSED + 1)
            while (missing := drawn_to - self._paid[month.month, category]) > 0:
                won = min(missing, self._random.randrange(SMALL, LARGEST_PAYMENT))
                if not self._pay(Planned(self._now, self._random.choice(self._shops[category]), won)):
                    break
        self._accrue()

    def _pay(self, planned: Planned) -> bool:
        """Let a member pay, or another if a limit declines the first, and cancel a few payments; return whether one could pay."""
        for _ in range(MOST_MEMBERS):
            wallet = self._random.choice(self._wallets)
            self._load(wallet, planned.won)
            order = Order(planned.shop, planned.won, "shop", "card", None, None)
            request = self._request(ACQUIRER, wallet.id)
            payment = authorise_payment(Authorise(request, order), self._payment_dependencies()).entry
            if payment.decline is None:
                break
        else:
            return False
        place = (month_of(self._now), self._category_of[planned.shop])
        self._paid[place] += planned.won
        self._waiting.append(payment_key(wallet.id, payment.acceptance.digest))
        if self._random.random() < CANCELLED:
            self._accrue()
            self._paid[place] -= self._cancel(payment)
        if len(self._waiting) >= MOST_ACCRUED:
            self._accrue()
        return True

    def _load(self, wallet: Wallet, won: int) -> None:
        """Top up what a payment lacks, and a little more."""
        present = WalletStore(self.storage, PATIENCE).wallet(wallet.id)
        missing = won - (present.balance("charged") if present else 0)
        if missing > 0:
            amount = -(-max(missing, self._random.randrange(LEAST_TOP_UP, 4 * LEAST_TOP_UP)) // STEP) * STEP
            request = self._request(BANK, wallet.id)
            transfer = f"transfer {self._requests}"
            top_up(TopUpWallet(request, min(amount, MOST_TOP_UP), transfer), self._wallet_dependencies())

    def _cancel(self, payment: Payment) -> int:
        """Cancel a payment, or part of it; return the won that are cancelled."""
        amount = payment.order.amount
        part = None if self._random.random() < 0.5 else self._random.randrange(1, amount + 1)
        request = self._request(ACQUIRER, payment.acceptance.wallet_id)
        command = CancelPayment(request, payment.acceptance.id, part, "returned", lambda _: True)
        entry = cancel_payment(command, self._payment_dependencies()).entry
        self._waiting.append(cancellation_key(payment.acceptance.wallet_id, entry.acceptance.digest))
        self._accrue()
        return entry.amount

    def _accrue(self) -> None:
        """Accrue what waits, as the stream delivers it."""
        keys, self._waiting = self._waiting, []
        if not keys:
            return
        items = [item for item in self.storage.read(keys) if item is not None]
        sources = [source_of({**item, "pk": key.pk, "sk": key.sk}) for key, item in zip(keys, items, strict=True)]
        accrual = Accrual(
            store=CashbackStore(self.storage),
            policies=self._policies,
            budgets=self._budgets(),
            patience=PATIENCE,
            now=self._clock,
        )
        done = accrue(Batch(sources), accrual)
        if done.not_accruable:
            raise RuntimeError(f"the accrual was refused: {done.not_accruable[0]}")

    # --- how the use cases are called -------------------------------------------------------------------------------------

    def _wallet_dependencies(self) -> WalletDependencies:
        return WalletDependencies(
            WalletStore(self.storage, PATIENCE), lambda: self._policies, PATIENCE, self._clock, self._budgets
        )

    def _payment_dependencies(self) -> PaymentDependencies:
        stores = PaymentStore(self.storage, PATIENCE), ProgressStore(self.storage, PATIENCE)
        return PaymentDependencies(*stores, lambda: self._policies, PATIENCE, self._clock, self._budgets)

    def _budgets(self) -> Budgets:
        """Budgets without lines: funders pay all rewards."""
        return Budgets(BudgetStore(self.storage, PATIENCE, PROGRAMME), Lines(()))

    def _request(self, caller: str, wallet_id: str) -> Request:
        self._requests += 1
        return Request.of(caller, wallet_id, f"the-request-number-{self._requests:08}", {"number": self._requests})


def registration_number(serial: int) -> str:
    """A registration number of a made-up shop, with its check digit."""
    digits = f"1248{1 + serial // 10_000}{serial % 10_000:04}"
    weighted = sum(int(digit) * weight for digit, weight in zip(digits, (1, 3, 7, 1, 3, 7, 1, 3, 5), strict=True))
    return f"{digits}{-(weighted + int(digits[8]) * 5 // 10) % 10}"
