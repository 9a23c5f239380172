"""Attributes of members and shops in a simulated city: every fact that policies use, known of some and not of others, and changing."""

import random
from datetime import date

from eeum.journal.partitions import partition_of
from eeum.merchants.rules import Shop
from eeum.policy.rules import MerchantTerms
from eeum.storage import Key, SetTo, Storage, Table, Update
from eeum.unit_of_work import commit
from eeum.wallet.rules import AboutMember, Wallet
from local.inhabitants import business_registration_number
from tests.patience import patience_of

CLASSES = (None, "welfare", "student")
DISTRICTS = (None, "seo", "yeonsu", "namdong")
BIRTH_DATES = (None, date(1948, 2, 29), date(1990, 12, 31), date(2010, 10, 15))
ISSUERS = (None, "nonghyup", "shinhan")
PRODUCTS = ("standard", "student", "transit")
CATEGORIES = ("restaurant", "supermarket", "academy", "gas_station", "bookshop", "pharmacy")
SECOND_CARD = "second-card"
"""Reference of a second card. It sorts after the first one, whose reference is hexadecimal."""


def papers_of(chance: random.Random) -> AboutMember:
    """Everything that an operator can record about a member."""
    return {
        "member_class": chance.choice(CLASSES),
        "district": chance.choice(DISTRICTS),
        "birth_date": chance.choice(BIRTH_DATES),
        "card_issuer": chance.choice(ISSUERS),
    }


def give_cards(storage: Storage, wallet: Wallet, chance: random.Random) -> None:
    """Set another product of the first card, and sometimes add a second card: no use case does either yet."""
    key = Key(Table.LEDGER, partition_of(wallet.id), "WALLET")
    changes = [SetTo(("cards", wallet.cards[0].reference, "product"), chance.choice(PRODUCTS))]
    if chance.random() < 0.3:
        second = {"product": chance.choice(PRODUCTS), "status": "active", "issuer": "kookmin"}
        changes.append(SetTo(("cards", SECOND_CARD), second))
    commit(storage, patience_of(), Update(key, tuple(changes)))


def shop_of(number: int, terms: MerchantTerms) -> Shop:
    """A shop with some of the policy's flags; every third one funds rewards of its own."""
    chance = random.Random(number)
    own = number % 3 == 0
    flags = {flag for flag in sorted(terms.flags) if chance.random() < 0.3} | ({"benefit_plus"} if own else set())
    return Shop(
        business_registration_number(number + 1),
        f"가게 {number}",
        chance.choice(("yeonsu", "seo", "namdong")),
        chance.choice(CATEGORIES),
        chance.choice((0, 200_000_000, 900_000_000, 4_000_000_000)),
        frozenset(flags),
        chance.choice((1, 300, 700)) if own else 0,
    )
