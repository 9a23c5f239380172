"""The platform in memory for one member: top-ups, payments, accruals and cancellations by the functions' own use cases.

Before each event, the member gets the facts and the money that the event's file states. Purses of rewards, limit usage and pools are
the result of the events before.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import cast

from eeum.budget.funding import Budgets
from eeum.budget.report import Account, pool_account
from eeum.budget.rules import Lines, fiscal_year_of, pool_money
from eeum.budget.showing import YearsMoney
from eeum.budget.store import BudgetStore
from eeum.cashback.items import correction_key, correction_of, earning_key, earning_of
from eeum.cashback.rules import Correction, Earning, captured_of
from eeum.cashback.sources import source_of
from eeum.cashback.store import CashbackStore
from eeum.cashback.use_cases import Accrual, Batch, accrue
from eeum.dry_run.events import CHARGED, GRANTS, DryRunEvent
from eeum.dry_run.memory_store import InMemoryStorage
from eeum.dry_run.staging_store import StagingStore
from eeum.ids import natural_id
from eeum.journal.accounts import CASHBACK, NOT_SPENDABLE
from eeum.merchants.rules import Merchant, MerchantStatus, Shop
from eeum.payments.cancellations import CancelPayment, cancel_payment
from eeum.payments.items import cancellation_key, payment_key
from eeum.payments.progress import Cancellation
from eeum.payments.progress_store import ProgressStore
from eeum.payments.rules import Order, Payment
from eeum.payments.store import PaymentStore
from eeum.payments.use_cases import Authorise, PaymentDependencies, authorise_payment
from eeum.policy.conditions import Facts
from eeum.policy.rules import PolicyVersion
from eeum.policy.use_cases import PolicyBook
from eeum.request import Request
from eeum.storage import Key
from eeum.unit_of_work import Patience
from eeum.wallet.purses import purse_named
from eeum.wallet.rules import Card, DebitOrder, Purse, Spending, TopUp, Wallet, is_spendable
from eeum.wallet.store import WalletStore
from eeum.wallet.use_cases import OpenWallet, TopUpWallet, WalletDependencies, open_wallet, top_up

PROGRAMME, MEMBER, CALLER = "dry-run", "member", "dry-run/caller"
ENOUGH = 1_000_000_000
"""Won of cashback in the wallet before a cancellation, as if the member had spent none of its rewards."""

# Nothing else writes here, so a second attempt succeeds; the bound ends an attempt that never would.
PATIENCE = Patience(lambda: 1.0, lambda _seconds: None, most_attempts=100)


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment as stored, and its earning; None when it was declined."""

    payment: Payment
    earning: Earning | None


@dataclass(frozen=True, slots=True)
class Cancelled:
    """A cancellation as stored, and its corrections."""

    cancellation: Cancellation
    corrections: tuple[Correction, ...]


class Platform:
    """The platform under `versions`. `pools` replaces the amounts of pools: the won left at the start of each window, by id."""

    def __init__(self, versions: Sequence[PolicyVersion], pools: Mapping[str, int]) -> None:
        self.policies = PolicyBook([_with_pools(version, pools) for version in versions])
        self._storage = InMemoryStorage(keeps_log=False)
        self._staging = StagingStore(self._storage)
        self._wallets = WalletStore(self._storage, PATIENCE)
        self._budgets = BudgetStore(self._storage, PATIENCE, PROGRAMME)
        self._now = min(version.starts_at for version in versions)
        command = OpenWallet(MEMBER, DebitOrder.CASHBACK_FIRST)
        self._id = open_wallet(command, self._wallet_dependencies()).wallet.id
        self._requests = 0

    @property
    def wallet(self) -> Wallet:
        wallet = self._wallets.wallet(self._id)
        assert wallet is not None, "it was opened first"
        return wallet

    def spendable(self, event: DryRunEvent, name: str) -> list[Purse]:
        """Return the purses of rewards of this name that can pay for the event, in debit order."""
        policy = self.policies.running_at(event.at)

        def may_spend(purse: str) -> bool:
            listed = policy.purses.get(purse)
            return listed is None or listed.spendable_at is None or listed.spendable_at.holds(event.facts)

        own = [each for each in self.wallet.purses if each.has_terms and each.id.partition("@")[0] == name]
        own = [each for each in own if is_spendable(each, Spending(event.at, may_spend))]
        return sorted(own, key=lambda each: (each.expires_at is None, each.expires_at or event.at, each.id))

    def pay(self, event: DryRunEvent) -> Paid:
        hidden = self._stage(event)
        facts = event.facts
        order = Order(
            self._shop(facts), event.amount, cast("str", facts.channel), cast("str", facts.method), None, None
        )
        payment = authorise_payment(Authorise(self._request(), order), self._payment_dependencies()).entry
        earning = None
        if payment.decline is None:
            self._accrue(payment_key(self._id, payment.acceptance.digest))
            captured = captured_of(payment)
            key = earning_key(self._id, captured.month, captured.digest, captured.capture)
            earning = earning_of(self._id, self._staging.entry(key))
        self._give_back(hidden)
        return Paid(payment, earning)

    def top_up(self, event: DryRunEvent) -> TopUp:
        """Top up the empty wallet of a verified member."""
        self._now = event.at
        self._put(event.facts, {CHARGED: 0}, verified=True)
        request = self._request()
        # Each top-up is a transfer of its own.
        transfer = f"dry run {self._requests}"
        return top_up(TopUpWallet(request, event.amount, transfer), self._wallet_dependencies()).entry

    def cancel(self, payment: Payment, amount: int | None, at: datetime) -> Cancelled:
        """Cancel `amount` won of the payment, or what is left of it when None. Raises as `cancel_payment`."""
        self._now = at
        self._put(payment.facts, {CASHBACK: ENOUGH})
        command = CancelPayment(self._request(), payment.acceptance.id, amount, "dry run", lambda _: True)
        entry = cancel_payment(command, self._payment_dependencies()).entry
        digest = entry.acceptance.digest
        self._accrue(cancellation_key(self._id, digest))
        keys = [correction_key(self._id, month, digest) for month in entry.months]
        return Cancelled(entry, tuple(correction_of(self._id, self._staging.entry(key)) for key in keys))

    def pool(self, policy: PolicyVersion, name: str, at: datetime) -> Account:
        """Return the account of a pool in the window of `at`."""
        money = pool_money(policy, name, at)
        return pool_account(money, YearsMoney(self._budgets).drawing_on(money, fiscal_year_of(at)))

    # --- the state before an event --------------------------------------------------------------------------------------

    def _stage(self, event: DryRunEvent) -> list[Purse]:
        """Leave in the wallet exactly the money that the event pays from; return the other purses, which come back after the event."""
        self._now = event.at
        asked, held, hidden = dict(event.paid_from), {}, []
        for name in {each.id.partition("@")[0] for each in self.wallet.purses if each.has_terms}:
            missing = asked.pop(name, 0)
            for purse in self.spendable(event, name):
                held[purse.id] = min(purse.amount, missing)
                missing -= held[purse.id]
                hidden.append(purse._replace(amount=purse.amount - held[purse.id]))
        charged = event.amount - sum(event.paid_from.values())
        money = {CHARGED: charged, CASHBACK: asked.get(CASHBACK, 0), GRANTS: asked.get(GRANTS, 0)}
        self._put(event.facts, money | held)
        return [purse for purse in hidden if purse.amount]

    def _give_back(self, hidden: Iterable[Purse]) -> None:
        wallet = self.wallet
        self._put_purses(wallet, {each.id: wallet.balance(each.id) + each.amount for each in hidden})

    def _put(self, facts: Facts, money: Mapping[str, int], *, verified: bool = False) -> None:
        wallet = self.wallet
        age = facts.member_age
        card = Card(wallet.cards[0].reference, cast("str", facts.card_product), "active", facts.card_issuer)
        about = replace(
            wallet,
            verified=verified,
            member_class=facts.member_class,
            district=facts.member_district,
            birth_date=date(self._now.year - age, 1, 1) if age is not None else None,
            cards=(card,) if facts.card_product is not None else wallet.cards,
        )
        self._put_purses(about, money)

    def _put_purses(self, wallet: Wallet, money: Mapping[str, int]) -> None:
        known = {each.id: each for each in wallet.purses if each.id not in NOT_SPENDABLE or each.id not in money}
        changed = {name: (known.get(name) or purse_named(name))._replace(amount=won) for name, won in money.items()}
        self._staging.put_wallet(replace(wallet, purses=tuple((known | changed).values())))

    def _shop(self, facts: Facts) -> str:
        """Store a merchant with these facts and return its id; unknown facts are None, which no real merchant has."""
        merchant_id = natural_id("merchant", repr(_of_the_shop(facts)))
        shop = Shop(
            "0000000000",
            "shop",
            cast("str", facts.merchant_district),
            cast("str", facts.merchant_category),
            cast("int", facts.merchant_annual_revenue),
            facts.merchant_flags,
            facts.merchant_own_rate,
        )
        approved = MerchantStatus.APPROVED
        self._staging.put_merchant(Merchant(merchant_id, "owner", shop, approved, self._now, self._now))
        return merchant_id

    # --- how the use cases are called -----------------------------------------------------------------------------------

    def _clock(self) -> datetime:
        return self._now

    def _wallet_dependencies(self) -> WalletDependencies:
        return WalletDependencies(self._wallets, lambda: self.policies, PATIENCE, self._clock, self._own)

    def _payment_dependencies(self) -> PaymentDependencies:
        stores = PaymentStore(self._storage, PATIENCE), ProgressStore(self._storage, PATIENCE)
        return PaymentDependencies(*stores, lambda: self.policies, PATIENCE, self._clock, self._own)

    def _own(self) -> Budgets:
        """The budgets of a dry run: pools, and no budget lines."""
        return Budgets(self._budgets, Lines(()))

    def _request(self) -> Request:
        self._requests += 1
        return Request.of(CALLER, self._id, f"the-request-number-{self._requests:06}", {"number": self._requests})

    def _accrue(self, key: Key) -> None:
        source = source_of(self._staging.entry(key))
        accrual = Accrual(
            store=CashbackStore(self._storage),
            policies=self.policies,
            budgets=self._own(),
            patience=PATIENCE,
            now=self._clock,
        )
        done = accrue(Batch([source]), accrual)
        if done.not_accruable:
            raise RuntimeError(f"the accrual was refused: {done.not_accruable[0]}")


def _with_pools(version: PolicyVersion, pools: Mapping[str, int]) -> PolicyVersion:
    if not pools:
        return version
    own = {name: pool._replace(amount=pools.get(name, pool.amount)) for name, pool in version.pools.items()}
    return replace(version, pools=own)


def _of_the_shop(facts: Facts) -> tuple[object, ...]:
    return (
        facts.merchant_district,
        facts.merchant_category,
        facts.merchant_annual_revenue,
        sorted(facts.merchant_flags),
        facts.merchant_own_rate,
    )
