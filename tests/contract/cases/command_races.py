"""Commands from several threads: on any engine, no more is given than a limit or a budget has left."""

from functools import partial

from eeum.budget.funding import Budgets
from eeum.budget.rules import Lines
from eeum.budget.store import BudgetStore
from eeum.merchants.store import MerchantStore
from eeum.payments.cancellations import CancelPayment, cancel_payment
from eeum.payments.progress_store import ProgressStore
from eeum.payments.rules import Payment
from eeum.payments.store import PaymentStore
from eeum.payments.use_cases import Authorise, PaymentDependencies, authorise_payment
from eeum.policy.reading import policy_of
from eeum.policy.use_cases import PolicyBook
from eeum.request import Request
from eeum.storage import Storage
from eeum.wallet.rules import Card, Wallet
from eeum.wallet.store import WalletStore
from eeum.wallet.use_cases import TopUpWallet, WalletDependencies, top_up
from tests.concurrency import at_once
from tests.contract.cases import case
from tests.contract.cases.commands import funding_of
from tests.contract.examples import NOON, approved, order, stored_wallet
from tests.patience import patience_of
from tests.use_cases.command_policies import bonus, january_2021, layer, limit, wallet_terms

CARDS = (Card("0011223344556677", "standard", "active"), Card("8899aabbccddeeff", "standard", "active"))
DISCOUNTED = PolicyBook(
    [
        policy_of(
            january_2021(
                limits=[limit("most", "reward", 10_000), limit("top-ups", "top_up", 50_000)],
                layers=[layer("coupon", "discount", 1_000, limits=["most"]), bonus(limits=["top-ups"])],
                wallet=wallet_terms(holding_limit=2_000_000, top_up_limits=["top-ups"]),
            )
        )
    ]
)


def _budgets(storage: Storage) -> Budgets:
    store = BudgetStore(storage, patience_of(600), "incheon")
    return Budgets(store, Lines(store.lines()))


def _pay(storage: Storage, wallet: Wallet, card: Card, amount: int, key: str) -> Payment:
    asked = order(amount, card=card.reference)
    request = Request.of("acquirer/kim", wallet.id, key, {"amount": amount})
    return authorise_payment(Authorise(request, asked), _paying(storage)).entry


def _paying(storage: Storage) -> PaymentDependencies:
    patience = patience_of(600)
    stores = PaymentStore(storage, patience), ProgressStore(storage, patience)
    return PaymentDependencies(*stores, lambda: DISCOUNTED, patience, lambda: NOON, lambda: _budgets(storage))


def _wallet(storage: Storage, wallet_id: str) -> Wallet:
    found = WalletStore(storage, patience_of()).wallet(wallet_id)
    assert found is not None
    return found


def _left(storage: Storage) -> int:
    return BudgetStore(storage, patience_of(), "incheon").money(NOON.year).left("city")


@case
def two_cards_at_once_share_the_last_won_of_a_limit(storage: Storage) -> None:
    funding_of(storage, 1_000_000)
    MerchantStore(storage, patience_of()).add(approved())
    wallet = stored_wallet(storage, charged=500_000, cards=CARDS)
    _pay(storage, wallet, CARDS[0], 80_000, "the-first-payment-0")
    payments = at_once(
        [partial(_pay, storage, wallet, CARDS[number % 2], 9_000, f"a-payment-at-once-{number}") for number in range(6)]
    )
    assert sorted(payment.discount for payment in payments) == [0, 0, 0, 200, 900, 900]
    assert _wallet(storage, wallet.id).limit_usage.used == {"most@2021-01": 10_000}
    assert _wallet(storage, wallet.id).balance("charged") == 500_000 - 80_000 - 6 * 9_000 + 10_000
    assert _left(storage) == 990_000


@case
def wallets_at_once_share_the_last_won_of_a_budget(storage: Storage) -> None:
    funding_of(storage, 2_500)
    MerchantStore(storage, patience_of()).add(approved())
    wallets = [stored_wallet(storage, f"member {number}", charged=20_000, cards=CARDS) for number in range(6)]
    payments = at_once(
        [partial(_pay, storage, wallet, CARDS[0], 9_000, "a-payment-of-each-member") for wallet in wallets]
    )
    assert [payment.decline for payment in payments] == [None] * 6
    assert sum(payment.discount for payment in payments) == 2_500
    assert _left(storage) == 0


@case
def the_same_payment_sent_by_many_threads_gets_one_discount(storage: Storage) -> None:
    funding_of(storage, 1_000_000)
    MerchantStore(storage, patience_of()).add(approved())
    wallet = stored_wallet(storage, charged=500_000, cards=CARDS)
    payments = at_once([partial(_pay, storage, wallet, CARDS[0], 9_000, "one-and-the-same-key")] * 6)
    assert payments == payments[:1] * 6
    assert (_wallet(storage, wallet.id).balance("charged"), _left(storage)) == (491_900, 999_100)


@case
def concurrent_partial_cancellations_equal_one_whole_cancellation(storage: Storage) -> None:
    funding_of(storage, 1_000_000)
    MerchantStore(storage, patience_of()).add(approved())
    wallet = stored_wallet(storage, charged=500_000, cards=CARDS)
    paid = _pay(storage, wallet, CARDS[0], 30_001, "the-payment-of-the-case")

    def give_back(number: int) -> int:
        amount = 5_001 if number == 0 else 5_000
        request = Request.of("acquirer/kim", wallet.id, f"a-cancellation-{number}", {"amount": amount})
        command = CancelPayment(request, paid.acceptance.id, amount, None, lambda _: True)
        return cancel_payment(command, _paying(storage)).entry.refund

    refunds = at_once([partial(give_back, number) for number in range(6)])
    assert sum(refunds) == 30_001 - 3_000
    after = _wallet(storage, wallet.id)
    assert (after.balance("refund_pending"), after.limit_usage.used, _left(storage)) == (27_001, {}, 1_000_000)


@case
def concurrent_top_ups_are_credited_up_to_their_limit_with_their_bonus(storage: Storage) -> None:
    funding_of(storage, 2_500)
    wallet = stored_wallet(storage)

    def credit(number: int) -> str | None:
        patience = patience_of(600)
        request = Request.of("bank/lee", wallet.id, f"a-top-up-at-once-{number}", {"amount": 10_000})
        store = WalletStore(storage, patience)
        using = WalletDependencies(store, lambda: DISCOUNTED, patience, lambda: NOON, lambda: _budgets(storage))
        entry = top_up(TopUpWallet(request, 10_000, f"KB-{number}"), using).entry
        return entry.decline and entry.decline.value

    declines = at_once([partial(credit, number) for number in range(7)])
    assert sorted(declines, key=str) == [None] * 5 + ["top_up_limit_exceeded"] * 2
    assert _wallet(storage, wallet.id).balance("charged") == 52_500
    assert _left(storage) == 0
