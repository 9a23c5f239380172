"""The largest realistic items, made by the product's own item functions, and how they fit one write unit."""

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from bench import ROOT
from bench.city import ACQUIRER
from bench.figures import Figure, Section
from bench.sizes import UNIT, item_bytes
from eeum.calendar import SEOUL
from eeum.cashback.items import correction_item, correction_key, earning_item, earning_key
from eeum.cashback.rules import CancelledCapture, Correction, RewardChange, captured_of, earn
from eeum.ids import natural_id
from eeum.journal.accounts import HELD, REFUND_PENDING
from eeum.journal.chain import CHAIN, Head, linked
from eeum.merchants.rules import Decision, Merchant, MerchantStatus, Shop, apply, decide
from eeum.payments.items import payment_item, payment_key
from eeum.payments.rules import Order, Payment, Till, authorise, judge
from eeum.policy.reading import policy_of
from eeum.policy.rules import BandPortion, LayerReward, PolicyVersion
from eeum.policy.stored_facts import STORED_FACTS
from eeum.request import Request
from eeum.storage import Item, Key
from eeum.wallet.purses import purse_named
from eeum.wallet.rules import Card, DebitOrder, LimitUsage, Negative, Purse, Wallet, WalletStatus, wallet_id_of
from eeum.wallet.store import keyed, wallet_key
from eeum.wallet.wallet_items import wallet_item

NOON = datetime(2026, 11, 23, 12, 34, 56, 789_000, tzinfo=SEOUL)
MEMBER = "0c59f1d6-7f5b-4c8e-9f3a-2b6f3f1b2c3d"
GRANTS = ("consumption-coupon-2026", "farmers-allowance-2026", "youth-settlement-2026")
CARD_PRODUCTS = ("child_meal_support", "farmers_allowance", "student_id", "transit_pass")
ISSUER = "nonghyup"
LIMITS = ("monthly-spend", "monthly-reward", "merchant-rewards")
FLAGS = frozenset({"benefit_plus", "good_price", "traditional_market", "partner"})

TILL, STAFF = {"till": "t" * 10}, {"staff": "s" * 12}
COUPON_ID, GROUP = "c" * 12, "multi_child_home"

ASSUMPTIONS = (
    "The largest realistic items are:",
    """\
- every fact of the policy language is known: class, district, age, issuer, product, and all of the shop
- a wallet of a verified member with a class, a district, a day of birth and an issuer: seven purses (charged, cashback, held, refunds
  that wait and three allowances, each with up to millions of won), four cards, six usage windows (three limits in two months), after
  9,999 payments, with its chain
- a payment by card that empties four purses and draws on the fifth, at a merchant with four flags, a rate of its own and the longest
  district and category of the published policies, with a requested time
- a discounted payment: as the one above, but out of two purses, with one discount that two funders pay and that uses one limit
- a wallet with rewards: as the one above, but with one allowance and two purses of rewards, two cards, two limits of cashback and two of
  commands, each in two months
- the earning of a payment that falls into all three bands of all three layers, two of them paid by nation and city, one by the merchant""",
    "Planned attributes are counted already, in a likely form: a payment and its earning have a till (10 characters), a member of "
    "staff (12), a group (16) and a coupon (12, its amount and the posting of its funder). A wallet has a group and a coupon with how "
    "often it was used; tills and staff are the merchant's.",
    "Ids, callers and keys have their full length. No item contains words of members or merchants, so none has Korean: names are only "
    "in the merchant's item.",
)


def measure() -> Section:
    wallet = largest_wallet()
    payment = largest_payment(wallet)
    today, to_come = sizes(), sizes(to_come=True)
    now = ", ".join(f"{name} {size} B" for name, size in today.items())
    how = f"By DynamoDB's size rule over the item that the store writes, with keys and planned attributes. Without these: {now}."
    figures = [Figure(f"Largest realistic {name} item", UNIT, size, "B", how) for name, size in to_come.items()]
    return Section("Item sizes", figures, (*ASSUMPTIONS, _of_others(wallet, payment)))


def sizes(*, to_come: bool = False) -> dict[str, int]:
    """Bytes of the largest items, as they are today or with planned attributes (`to_come`)."""
    wallet = largest_wallet()
    payment = largest_payment(wallet)
    key, of_wallet = payment_key(wallet.id, payment.acceptance.digest), wallet_key(wallet.id)
    items: dict[str, tuple[Key, Item]] = {
        "payment": (key, payment_item(payment)),
        "wallet": (of_wallet, wallet_item(wallet)),
        "earning": largest_earning(payment),
        "discounted payment": (key, payment_item(discounted_payment(payment))),
        "wallet with rewards": (of_wallet, wallet_item(rewarded_wallet(wallet))),
    }
    grown = _grown_wallet if to_come else _as_it_is, _grown_entry if to_come else _as_it_is
    return {name: _bytes(key, grown["wallet" not in name](item)) for name, (key, item) in items.items()}


def _as_it_is(item: Item) -> Item:
    return item


def _grown_entry(item: Item) -> Item:
    """A payment or an earning with planned attributes: till, staff, one coupon, and one group as one more fact of a payment."""
    coupon = {"coupon": [COUPON_ID, 12_345]}
    postings = {**item["postings"], "funder/coupons": -12_345}
    group = {"facts": [*item["facts"], [GROUP]]} if "facts" in item else {"group": GROUP}
    return {**item, **TILL, **STAFF, **coupon, **group, "postings": postings}


def _grown_wallet(item: Item) -> Item:
    """A wallet with planned attributes: one group and one coupon."""
    return {**item, "about": [*item["about"], [GROUP]], "coupons": {COUPON_ID: 99}}


def _of_others(wallet: Wallet, payment: Payment) -> str:
    """Sizes of rare items, which have no bound."""
    owing = replace(wallet, negative=Negative(payment.acceptance.id, NOON))
    size = _bytes(wallet_key(wallet.id), wallet_item(owing))
    whole = _bytes(
        payment_key(wallet.id, payment.acceptance.digest),
        payment_item(discounted_payment(payment, len(payment.paid_from))),
    )
    with_all = _bytes(
        wallet_key(wallet.id), wallet_item(replace(wallet, limit_usage=rewarded_wallet(wallet).limit_usage))
    )
    debts = {f"market-points@{month}": {"charged": 123_456} for month in ("2026-12", "2027-01")}
    indebted = _bytes(wallet_key(wallet.id), wallet_item(replace(rewarded_wallet(wallet), debts=debts)))
    few, many = (_bytes(*a_correction(payment, changes)) for changes in (3, 1_000))
    return (
        f"A wallet with negative cashback stores the reason, and then has {size} B. The wallet with rewards has {indebted} B while both "
        f"its purses of rewards owe the loaded balance. Two items take two units more: the largest payment if it has a discount "
        f"({whole} B), and the largest wallet with two limits of commands ({with_all} B). The correction of a "
        f"cancellation that changes three rewards has {few} B, one that changes a thousand {many:,} B."
    )


def _bytes(key: Key, item: dict[str, Any]) -> int:
    return item_bytes({"pk": key.pk, "sk": key.sk, **item})


def largest_wallet() -> Wallet:
    return Wallet(
        id=wallet_id_of(MEMBER),
        member=MEMBER,
        status=WalletStatus.ACTIVE,
        verified=True,
        member_class="basic_livelihood",
        debit_order=DebitOrder.CASHBACK_FIRST,
        purses=(
            Purse("charged", 1_999_999),
            Purse("cashback", 199_999),
            Purse(HELD, 300_000),
            Purse(REFUND_PENDING, 300_000),
            *(Purse(grant, 1_234_567) for grant in GRANTS),
        ),
        cards=tuple(Card(f"{number:016x}", product, "active", ISSUER) for number, product in enumerate(CARD_PRODUCTS)),
        usage={f"{limit}@{month}": 1_234_567 for limit in LIMITS for month in ("2026-10", "2026-11")},
        due=9_999,
        accrued=9_998,
        chain=Head(10_999, "h" * 43),
        negative=None,
        opened_at=NOON,
        district=_longest_names()[0],
        birth_date=date(1950, 3, 1),
        decisions_made=99,
    )


def rewarded_wallet(wallet: Wallet) -> Wallet:
    """A wallet with limits of commands and rewards that expire, each in two months."""
    rewards = [purse_named(f"market-points@{month}")._replace(amount=123_456) for month in ("2026-12", "2027-01")]
    limits = ("coupon-reward", "top-up-bonus")
    return replace(
        wallet,
        purses=(*(each for each in wallet.purses if each.id not in GRANTS[1:]), *rewards),
        cards=wallet.cards[:2],
        usage={key: won for key, won in wallet.usage.items() if not key.startswith(LIMITS[-1])},
        limit_usage=LimitUsage(
            9_999, {f"{name}@{month}": 1_234_567 for name in limits for month in ("2026-10", "2026-11")}
        ),
    )


def discounted_payment(payment: Payment, purses: int = 2) -> Payment:
    """The payment with a discount of one band, paid from its last `purses` alone."""
    funders = (("national", 60_000), ("city", 63_450))
    discount = LayerReward("small-merchants", 123_450, (BandPortion(0, None, 1_000, 1_234_500),), funders)
    *others, (last, won) = payment.paid_from[-purses:]
    return replace(
        payment,
        paid_from=(*others, (last, won - discount.won)),
        discounts=(discount,),
        limit_usage=LimitUsage(9_999, {"coupon-reward@2026-11": discount.won}),
    )


def largest_payment(wallet: Wallet) -> Payment:
    merchant = _merchant()
    body = {"merchant_id": merchant.id}
    request = Request.of(f"acquirer/{ACQUIRER}", wallet.id, "k" * 36, body)
    held = sum(purse.amount for purse in wallet.purses if purse.id not in (HELD, REFUND_PENDING))
    order = Order(merchant.id, held - 1, "delivery", "card", wallet.cards[0].reference, NOON.isoformat())
    judgement = judge(wallet, Till(merchant, three_layers(), NOON), order)
    if judgement.decline:
        raise RuntimeError(f"the largest payment is declined: {judgement.decline}")
    if unknown := [fact.name for fact in STORED_FACTS if not getattr(judgement.facts, fact.name)]:
        raise RuntimeError(f"the largest payment has every fact, but not {', '.join(unknown)}")
    return authorise(judgement, request.accept(NOON), order)


def largest_earning(payment: Payment) -> tuple[Key, Item]:
    """The largest earning's key and item, with the link."""
    earning = earn(captured_of(payment), three_layers(), 9_999, {}, NOON + timedelta(seconds=2))
    if [len(reward.portions) for reward in earning.rewards] != [3, 3, 3]:
        raise RuntimeError("the largest earning must have all three bands of all three layers")
    key = earning_key(earning.wallet_id, earning.month, earning.digest, earning.capture)
    _, item = linked(Head(10_998, "h" * 43), keyed(key, earning_item(earning)), "s" * 43)
    if len(item[CHAIN]["head"]) != len("h" * 43):
        raise RuntimeError("the link has not the expected length")
    return key, item


def a_correction(payment: Payment, changes: int) -> tuple[Key, Item]:
    """The correction of a whole payment's cancellation that changes this many rewards."""
    acceptance = payment.acceptance
    correction = Correction(
        wallet_id=acceptance.wallet_id,
        month="2026-11",
        digest=acceptance.digest,
        number=9_999,
        payment_id=acceptance.id,
        cancellation_id=acceptance.id,
        accepted_at=NOON,
        posted_at=NOON,
        cancelled=(CancelledCapture(acceptance.digest, 0, payment.order.amount),),
        changes=tuple(RewardChange(9_000 - number, "traditional-markets", -12_345) for number in range(changes)),
        used=dict.fromkeys(LIMITS, -1234567),
        cashback={"funder/national": 600_000, "funder/city": 634_567, "purse/cashback": -1_234_567},
        recovered=12_345,
        released=payment.paid_from,
    )
    key = correction_key(acceptance.wallet_id, correction.month, correction.digest)
    _, item = linked(Head(10_998, "h" * 43), keyed(key, correction_item(correction)), "s" * 43)
    return key, item


def three_layers() -> PolicyVersion:
    """A realistic policy: two layers of the city and one of the merchants, with three bands each and three limits."""
    own = [
        {"id": "small-merchants", "limits": ["monthly-spend", "monthly-reward"]},
        {"id": "traditional-markets", "limits": ["monthly-spend"]},
    ]
    bands = [
        {"from": 0, "up_to": 300_000, "rate_basis_points": 1_000},
        {"from": 300_000, "up_to": 500_000, "rate_basis_points": 700},
        {"from": 500_000, "up_to": 2_000_000, "rate_basis_points": 125},
    ]
    funders = [{"funder": "national", "share": 940}, {"funder": "city", "share": 1_010}]
    layers = [
        *({**layer, "title": {}, "bands": bands, "funders": funders} for layer in own),
        {
            "id": "merchants-own",
            "title": {},
            "bands": [*bands[:2], {**bands[2], "rate_basis_points": "merchant"}],
            "limits": ["merchant-rewards"],
            "funders": [{"funder": "merchant", "share": 1}],
        },
    ]
    return policy_of(
        {
            "programme": "incheon",
            "version": "incheon-2026-01-01",
            "starts_at": "2026-01-01T00:00:00+09:00",
            "ends_at": None,
            "earns_from": ["charged", "cashback", "grants"],
            "wallet": {"minimum_top_up": 1_000, "holding_limit": 500_000, "holding_limit_verified": 2_000_000},
            "merchants": {"districts": [], "categories": []},
            "limits": [
                {"id": "monthly-spend", "measure": "spend", "window": "month", "amount": 2_000_000},
                {"id": "monthly-reward", "measure": "reward", "window": "month", "amount": 1_234_567},
                {"id": "merchant-rewards", "measure": "spend", "window": "month", "amount": 2_000_000},
            ],
            "layers": layers,
        }
    )


def _merchant() -> Merchant:
    district, category = _longest_names()
    shop = Shop("1248100998", "미추홀 생활용품", district, category, 2_999_999_999, FLAGS, 1_250)
    applied = apply(shop, natural_id("owner", "1"), NOON - timedelta(days=9), None)
    return decide(
        applied, Decision(MerchantStatus.APPROVED, "operator", NOON - timedelta(days=8), ""), applied.applied_at
    )


def _longest_names() -> tuple[str, str]:
    """The longest district and category of the published policies."""
    districts: set[str] = set()
    categories: set[str] = set()
    for path in (ROOT / "policies").glob("*/*-20*.json"):
        merchants = json.loads(path.read_text(encoding="utf-8"))["merchants"]
        districts.update(merchants["districts"])
        categories.update(merchants["categories"])
    return max(districts, key=len), max(categories, key=len)
