"""Wallets as items of the ledger table.

New wallets are written in version 2 of the codec. Wallets are updated by paths, so one in version 1 changes attribute by attribute:
`wallet_of` reads each attribute in either version (docs/decisions/0034).
"""

from datetime import date

from eeum.calendar import parse_instant, text_of
from eeum.journal.accounts import CASHBACK, CHARGED, HELD, REFUND_PENDING
from eeum.journal.chain import CHAIN, Head
from eeum.storage import Item
from eeum.wallet.debts import Debts
from eeum.wallet.items import limit_usage_item, limit_usage_of
from eeum.wallet.purses import purse_named
from eeum.wallet.rules import Card, DebitOrder, Negative, Purse, Wallet, WalletStatus

ABOUT = "about"
DEBTS = "debts"
NEGATIVE = "negative"
AS_NAMED = "@"
"""A purse's `until` in version 2: its terms follow from its name, `points@2026-12`. Version 1 wrote them out."""


def wallet_item(wallet: Wallet) -> Item:
    """A new wallet in version 2. A wallet in version 1 keeps its form until a write sets an attribute that version 2 has otherwise."""
    return {
        "kind": "wallet",
        "member": wallet.member,
        "status": wallet.status.value,
        "verified": wallet.verified,
        "debit_order": wallet.debit_order.value,
        "purses": {each.id: purse_item(each) for each in wallet.purses},
        "cards": {card.reference: _card_item(card, issuer_of_all(wallet)) for card in wallet.cards},
        "usage": dict(wallet.usage),
        "due": wallet.due,
        "posted": wallet.accrued,
        CHAIN: {"length": wallet.chain.length, "head": wallet.chain.hash},
        "opened_at": text_of(wallet.opened_at),
        # Attributes that most wallets do not have are left out.
        **({NEGATIVE: negative_item(wallet.negative)} if wallet.negative else {}),
        **({ABOUT: about} if (about := about_item(wallet)) else {}),
        **({"standings": wallet.decisions_made} if wallet.decisions_made else {}),
        **limit_usage_item(wallet.limit_usage),
        **({DEBTS: debts_item(wallet.debts)} if wallet.debts else {}),
    }


def about_item(wallet: Wallet) -> list[str | None]:
    """An operator's records as a list: class, district, date of birth, and issuer of the cards, without nulls at the end."""
    born = wallet.birth_date.isoformat() if wallet.birth_date else None
    places = [wallet.member_class, wallet.district, born, issuer_of_all(wallet)]
    while places and places[-1] is None:
        places.pop()
    return places


def issuer_of_all(wallet: Wallet) -> str | None:
    """The issuer in `about`; a card with another issuer names its own."""
    return wallet.cards[0].issuer if wallet.cards else None


def purse_item(purse: Purse) -> Item:
    """A purse as an item. Its terms are written out only if they do not follow from its name."""
    item: Item = {"amount": purse.amount}
    if purse.has_terms and purse_named(purse.id)._replace(amount=purse.amount) == purse:
        return item | {"until": AS_NAMED}
    if purse.spendable_from:
        item["from"] = text_of(purse.spendable_from)
    if purse.expires_at:
        item["until"] = text_of(purse.expires_at)
    if purse.where:
        item["where"] = purse.where
    return item


def _purse_of(name: str, state: Item) -> Purse:
    if len(state) == 1:
        return Purse(name, state["amount"])
    start, until = state.get("from"), state.get("until")
    if until == AS_NAMED:
        return purse_named(name)._replace(amount=state["amount"])
    return Purse(
        name,
        state["amount"],
        parse_instant(start, "from") if start else None,
        parse_instant(until, "until") if until else None,
        state.get("where"),
    )


def _card_item(card: Card, issuer_of_all: str | None) -> Item:
    own = {"issuer": card.issuer} if card.issuer != issuer_of_all else {}
    return {"product": card.product, "status": card.status, **own}


def wallet_of(wallet_id: str, item: Item) -> Wallet:
    member_class, district, born, issuer = _about_of(item)
    return Wallet(
        id=wallet_id,
        member=item["member"],
        status=WalletStatus(item["status"]),
        verified=item["verified"],
        member_class=member_class,
        debit_order=DebitOrder(item["debit_order"]),
        # DynamoDB keeps no order within a map, and the first active card must always be the same one.
        purses=tuple(sorted((_purse_of(name, state) for name, state in item["purses"].items()), key=_place)),
        cards=tuple(
            Card(reference, card["product"], card["status"], card.get("issuer", issuer))
            for reference, card in sorted(item["cards"].items())
        ),
        usage=item["usage"],
        due=item["due"],
        accrued=item["posted"],
        chain=Head(item[CHAIN]["length"], item[CHAIN]["head"]),
        negative=_negative_of(item.get(NEGATIVE)),
        opened_at=parse_instant(item["opened_at"], "opened_at"),
        district=district,
        birth_date=date.fromisoformat(born) if born else None,
        decisions_made=item.get("standings", 0),
        limit_usage=limit_usage_of(item),
        debts=item.get(DEBTS, {}),
    )


def _about_of(item: Item) -> tuple[str | None, str | None, str | None, str | None]:
    """Class, district, date of birth and issuer. Version 1 has separate attributes, and an issuer with each card."""
    if ABOUT in item:
        member_class, district, born, issuer = (*item[ABOUT], None, None, None, None)[:4]
        return member_class, district, born, issuer
    resident = item.get("resident", {})
    return item.get("member_class"), resident.get("district"), resident.get("birth_date"), None


def debts_item(debts: Debts) -> Item:
    return {debtor: dict(owed) for debtor, owed in debts.items()}


def negative_item(negative: Negative | None) -> Item | None:
    return {"payment_id": negative.payment_id, "at": text_of(negative.at)} if negative else None


def _negative_of(item: Item | None) -> Negative | None:
    return Negative(item["payment_id"], parse_instant(item["at"], "negative.at")) if item else None


def _place(one: Purse) -> tuple[int, str]:
    """The order of purses: loaded balance, cashback, held, refund pending, then allowances by id."""
    own = (CHARGED, CASHBACK, HELD, REFUND_PENDING)
    return own.index(one.id) if one.id in own else len(own), one.id
