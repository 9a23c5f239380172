"""Several payments of a wallet, and their participants, in one transaction: writes to one item are merged before they are sent."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from eeum.budget.funding import Budgets
from eeum.budget.rules import Lines
from eeum.budget.store import BudgetStore
from eeum.merchants.store import MerchantStore
from eeum.payments.baskets import Basket
from eeum.payments.progress_store import ProgressStore
from eeum.payments.rules import Debit, Decline, Order
from eeum.payments.store import PaymentStore
from eeum.payments.use_cases import AuthoriseBasket, PaymentDependencies, authorise_basket
from eeum.policy.reading import policy_of
from eeum.policy.use_cases import PolicyBook
from eeum.request import Request
from eeum.storage import Add, AtMost, ConditionsFailed, SetTo, Storage, Update
from eeum.unit_of_work import commit
from eeum.wallet.participants import Participant
from eeum.wallet.rules import Draw, LimitUsage, TopUp, Wallet
from eeum.wallet.store import WalletStore
from eeum.wallet.use_cases import TopUpWallet, WalletDependencies, top_up
from tests.contract.cases import case
from tests.contract.cases.commands import funding_of
from tests.contract.examples import NOON, approved, item_at, order, payment, stored_wallet
from tests.participants import CODE_USED, FIELDS, OneTimeCode, StampCounter, card_key
from tests.patience import patience_of
from tests.use_cases.command_policies import january_2021, layer, limit

ROOM = (AtMost(("stamps",), FIELDS - 1),)
NUMBERS = ("1248100998", "2208162517", "1208800767", "1058764746")
PLAIN = PolicyBook([policy_of(january_2021())])
DISCOUNTED = PolicyBook(
    [
        policy_of(
            january_2021(
                limits=[limit("most", "reward", 2_500)], layers=[layer("coupon", "discount", 1_000, limits=["most"])]
            )
        )
    ]
)


def _shops(storage: Storage) -> list[str]:
    merchants = [approved(number) for number in NUMBERS]
    for each in merchants:
        MerchantStore(storage, patience_of()).add(each)
    return [each.id for each in merchants]


def _buy(
    storage: Storage,
    wallet: Wallet,
    orders: Sequence[Order],
    participants: Sequence[Participant] = (),
    policies: PolicyBook = PLAIN,
    key: str = "a-key-of-the-basket",
) -> Basket:
    patience = patience_of(600)
    stores = PaymentStore(storage, patience), ProgressStore(storage, patience)
    own = BudgetStore(storage, patience, "incheon")
    budgets: Callable[[], Budgets] = lambda: Budgets(own, Lines(own.lines()))  # noqa: E731 - as functions ask for them
    using = PaymentDependencies(*stores, lambda: policies, patience, lambda: NOON, budgets, lambda: participants)
    request = Request.of(
        "acquirer/kim", wallet.id, key, {"orders": [[each.merchant_id, each.amount] for each in orders]}
    )
    return authorise_basket(AuthoriseBasket(request, tuple(orders)), using).entry


def _wallet(storage: Storage, wallet: Wallet) -> Wallet:
    found = WalletStore(storage, patience_of()).wallet(wallet.id)
    assert found is not None
    return found


@case
def a_basket_takes_the_money_of_all_its_payments_at_once(storage: Storage) -> None:
    shops = _shops(storage)
    opened = stored_wallet(storage, charged=20_000, cashback=3_000)
    orders = [order(9_000, shops[0]), order(9_000, shops[1]), order(3_500, shops[2])]
    basket = _buy(storage, opened, orders)
    assert [each.decline for each in basket.payments] == [None] * 3
    assert [each.paid_from for each in basket.payments] == [
        (("charged", 9_000),),
        (("charged", 9_000),),
        (("charged", 2_000), ("cashback", 1_500)),
    ]
    after = _wallet(storage, opened)
    assert (after.balance("charged"), after.balance("cashback"), after.due) == (0, 1_500, 3)
    payments = PaymentStore(storage, patience_of())
    keys = [each.acceptance.digest for each in basket.payments]
    assert payments.read_for_authorisation(opened.id, keys, shops[:1]).payments == basket.payments
    assert _buy(storage, opened, orders) == basket


@case
def a_basket_with_a_declined_payment_takes_nothing(storage: Storage) -> None:
    shops = _shops(storage)
    opened = stored_wallet(storage, charged=10_000)
    basket = _buy(storage, opened, [order(9_000, shops[0]), order(9_000, shops[1])])
    assert [each.decline for each in basket.payments] == [Decline.BASKET_DECLINED, Decline.INSUFFICIENT_FUNDS]
    assert _wallet(storage, opened) == opened
    stored = PaymentStore(storage, patience_of())
    assert [stored.payment(opened.id, each.acceptance.id) for each in basket.payments] == list(basket.payments)


@case
def a_basket_holds_some_and_captures_some(storage: Storage) -> None:
    shops = _shops(storage)
    opened = stored_wallet(storage, charged=20_000)
    orders = [order(9_000, shops[0], hold=True), order(9_000, shops[1]), order(1_000, shops[2], hold=True)]
    basket = _buy(storage, opened, orders)
    after = _wallet(storage, opened)
    assert (after.balance("charged"), after.balance("held"), after.due) == (1_000, 10_000, 1)
    held = ProgressStore(storage, patience_of()).of_payment(opened.id, basket.payments[2].acceptance.digest)
    assert held is not None
    assert held.progress.held == 1_000


@case
def the_discounts_of_a_basket_share_one_limit_and_one_shard(storage: Storage) -> None:
    funding_of(storage, 1_000_000)
    shops = _shops(storage)
    opened = stored_wallet(storage, charged=100_000)
    basket = _buy(storage, opened, [order(9_000, shop) for shop in shops], policies=DISCOUNTED)
    assert [each.discount for each in basket.payments] == [900, 900, 700, 0]
    assert [each.limit_usage.version for each in basket.payments] == [1, 2, 3, 0]
    assert _wallet(storage, opened).limit_usage == LimitUsage(3, {"most@2021-01": 2_500})
    assert BudgetStore(storage, patience_of(), "incheon").money(NOON.year).left("city") == 997_500


@case
def a_basket_decided_on_an_old_wallet_changes_nothing(storage: Storage) -> None:
    opened = stored_wallet(storage, charged=10_000)
    first = payment(opened.id, paid={"charged": 6_000}, amount=6_000)
    second = payment(opened.id, "another-request-of-it", paid={"charged": 5_000}, amount=5_000)
    debits = [Debit(first, [Draw("charged", 6_000, 10_000)]), Debit(second, [Draw("charged", 5_000, 5_000)])]
    payments = PaymentStore(storage, patience_of())
    with pytest.raises(ConditionsFailed) as failed:
        payments.debit_and_record(debits)
    assert failed.value.positions == (0,)
    assert _wallet(storage, opened) == opened
    smaller = replace(second, order=replace(second.order, amount=4_000), paid_from=(("charged", 4_000),))
    payments.debit_and_record([debits[0], Debit(smaller, [Draw("charged", 4_000, 4_000)])])
    assert _wallet(storage, opened).balance("charged") == 0


@case
def two_participants_write_to_one_item_whether_or_not_it_is_there(storage: Storage) -> None:
    shops = _shops(storage)
    for number, (first, second) in enumerate(
        [("stamps", "code"), ("stamps", "both"), ("code", "stamps"), ("code", "both"), ("both", "both")]
    ):
        opened = stored_wallet(storage, f"member {number}", charged=20_000)
        for turn, kinds in enumerate((first, second)):
            joining: list[Participant] = []
            joining += [StampCounter()] if kinds in ("stamps", "both") else []
            joining += [OneTimeCode(f"CODE{turn}", 500)] if kinds in ("code", "both") else []
            basket = _buy(storage, opened, [order(5_000, shops[0])], joining, key=f"a-basket-of-turn-{turn}")
            assert set(basket.payments[0].parts) == {each.name for each in joining}
        card = item_at(storage, card_key(opened.id))
        assert card is not None
        assert card["stamps"] == sum(kinds in ("stamps", "both") for kinds in (first, second))
        assert len(card["codes"]) == sum(kinds in ("code", "both") for kinds in (first, second))
        payments = PaymentStore(storage, patience_of())
        assert payments.payment(opened.id, basket.payments[0].acceptance.id) == basket.payments[0]


@case
def a_participant_declines_for_a_reason_of_its_own_which_is_stored(storage: Storage) -> None:
    shops = _shops(storage)
    opened = stored_wallet(storage, charged=20_000)
    for key in ("the-first-basket-1", "the-second-basket"):
        basket = _buy(storage, opened, [order(5_000, shops[0])], [OneTimeCode("WELCOME")], key=key)
    assert basket.payments[0].decline == CODE_USED
    again = _buy(storage, opened, [order(5_000, shops[0])], [OneTimeCode("WELCOME")], key="the-second-basket")
    assert again == basket
    assert _wallet(storage, opened).balance("charged") == 15_000


@case
def stamps_of_a_basket_are_counted_together_and_only_as_far_as_there_is_room(storage: Storage) -> None:
    shops = _shops(storage)
    opened = stored_wallet(storage, charged=90_000)
    orders = [order(1_000, shop) for shop in shops]
    for number, stamps in enumerate((4, 8)):
        basket = _buy(storage, opened, orders, [StampCounter()], key=f"a-basket-number-{number}")
        assert [each.parts for each in basket.payments] == [{"stamps": 1}] * 4
        assert (item_at(storage, card_key(opened.id)) or {})["stamps"] == stamps
    with pytest.raises(ConditionsFailed):
        commit(
            storage,
            patience_of(),
            Update(card_key(opened.id), (Add(("stamps",), 1),), ROOM),
            Update(card_key(opened.id), (Add(("stamps",), 1),), ROOM),
            Update(card_key(opened.id), (Add(("stamps",), 1), SetTo(("kind",), "sample")), ROOM),
        )
    assert (item_at(storage, card_key(opened.id)) or {})["stamps"] == 8


@case
def participants_join_a_top_up_as_they_join_a_payment(storage: Storage) -> None:
    opened = stored_wallet(storage)

    def credit(number: int, *participants: Participant) -> TopUp:
        patience = patience_of(600)
        store = WalletStore(storage, patience)
        using = WalletDependencies(store, lambda: PLAIN, patience, lambda: NOON, participants=lambda: participants)
        request = Request.of("bank/lee", opened.id, f"a-top-up-with-number-{number}", {"amount": 30_000})
        return top_up(TopUpWallet(request, 30_000, f"KB-{number}"), using).entry

    for number, participants in enumerate(
        ((StampCounter(),), (StampCounter(),), (StampCounter(), OneTimeCode("A")), (StampCounter(), OneTimeCode("B")))
    ):
        entry = credit(number, *participants)
        assert set(entry.parts) == {each.name for each in participants}
        assert credit(number) == entry
    declined = credit(9, StampCounter(), OneTimeCode("A"))
    assert (declined.decline, credit(9)) == (CODE_USED, declined)
    opened = stored_wallet(storage, "other")
    assert set(credit(10, StampCounter(), OneTimeCode("A")).parts) == {"stamps", "code"}
