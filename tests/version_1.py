"""Version 1 of the codec: items as releases before version 2 stored them, without the product's code."""

import base64
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from typing import Any
from unittest.mock import patch

from eeum.cashback import store as cashback_store
from eeum.payments import progress_store
from eeum.payments import store as payment_store
from eeum.storage import Change, SetTo
from eeum.wallet import store as wallet_store
from eeum.wallet.rules import Negative, Purse, Wallet
from tests.stored_forms import PLACES, named_facts, named_rewards

Item = dict[str, Any]
ALWAYS = PLACES[:9]
"""Facts that version 1 stored as null when unknown; it stored later facts only when known."""


def as_version_1(item: Mapping[str, Any]) -> Item:
    """An item in the form of version 1; one of version 1 is unchanged."""
    ways = {"payment": _payment, "capture": _capture, "earning": _earning, "wallet": _wallet}
    return ways[item["kind"]](dict(item)) if item["kind"] in ways else dict(item)


def _payment(item: Item) -> Item:
    item = {"decline": None, "requested_at": None, "card": None, **_capture(item)}
    if "hash" in item:
        item["body_hash"] = base64.urlsafe_b64decode(item.pop("hash") + "==").hex()
    return item


def _capture(item: Item) -> Item:
    facts = named_facts(item["facts"])
    return item | {"facts": {name: facts[name] for name in PLACES if name in ALWAYS or facts.get(name) is not None}}


def _earning(item: Item) -> Item:
    return item | {"rewards": named_rewards(item)}


def _wallet(item: Item) -> Item:
    if "member_class" in item:
        return {"negative": None, **item}
    member_class, district, born, issuer, *_ = [*item.pop("about", []), *[None] * 4]
    resident = {"resident": {"district": district, "birth_date": born}} if district or born else {}
    cards = {
        reference: {"product": card["product"], "status": card["status"]} | ({"issuer": own} if own else {})
        for reference, card in item["cards"].items()
        for own in [card.get("issuer", issuer)]
    }
    purses = {name: _purse(name, purse) for name, purse in item["purses"].items()}
    return {"negative": None, **item, "member_class": member_class, "cards": cards, "purses": purses, **resident}


def _purse(purse_id: str, stored: Item) -> Item:
    """A purse with the terms of its name: it expires with its month or year, or becomes spendable with its month."""
    if stored.get("until") != "@":
        return stored
    name, _, date = purse_id.partition("@")
    amount = {"amount": stored["amount"]}
    if name == "payback":
        return amount | {"from": _start_of(date)}
    if date == "always":
        return amount | {"where": name}
    year, month = (int(part) for part in (date if "-" in date else f"{date}-12").split("-"))
    after = f"{year + 1:04d}-01" if month == 12 else f"{year:04d}-{month + 1:02d}"
    return amount | {"until": _start_of(after), "where": name}


def _start_of(month: str) -> str:
    return f"{month}-01T00:00:00.000+09:00"


_in_version_1: ContextVar[bool] = ContextVar("in version 1", default=False)


@contextmanager
def written_in_version_1() -> Iterator[None]:
    """Make the product write what releases before version 2 wrote, in this thread; it reads as it does."""
    token = _in_version_1.set(True)
    _replaced.enter()
    try:
        yield
    finally:
        _replaced.leave()
        _in_version_1.reset(token)


class _Replaced:
    """The product's writers, replaced while any thread writes version 1.

    If each thread replaced them for itself, the first to leave could put back what another had put there.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._patches = ExitStack()
        self._inside = 0

    def enter(self) -> None:
        with self._lock:
            if not self._inside:
                for (module, name), instead in _instead().items():
                    self._patches.enter_context(patch.object(module, name, _chosen(getattr(module, name), instead)))
            self._inside += 1

    def leave(self) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._patches.close()


_replaced = _Replaced()


def _instead() -> dict[tuple[Any, str], Callable[..., Any]]:
    """What writes instead, by module and name."""
    payment_item, capture_item = payment_store.payment_item, progress_store.capture_item
    item_of, wallet_item, purse_item = cashback_store.item_of, wallet_store.wallet_item, wallet_store.purse_item
    return {
        (payment_store, "payment_item"): lambda payment: as_version_1(payment_item(payment)),
        (progress_store, "capture_item"): lambda capture: as_version_1(capture_item(capture)),
        (cashback_store, "item_of"): lambda entry: as_version_1(item_of(entry)),
        (wallet_store, "wallet_item"): lambda wallet: as_version_1(wallet_item(wallet)),
        (wallet_store, "purse_item"): lambda purse: _purse_written(purse, purse_item(purse)),
        (wallet_store, "_about_set"): _about_set,
        **{(store, "negative_set"): _negative_set for store in (wallet_store, progress_store, cashback_store)},
    }


def _chosen(usual: Callable[..., Any], instead: Callable[..., Any]) -> Callable[..., Any]:
    def write(*given: Any) -> Any:
        return instead(*given) if _in_version_1.get() else usual(*given)

    return write


def _purse_written(purse: Purse, stored: Mapping[str, Any]) -> Item:
    return _purse(purse.id, dict(stored))


def _negative_set(negative: Negative | None) -> Change:
    return SetTo(("negative",), {"payment_id": negative.payment_id, "at": _text(negative.at)} if negative else None)


def _about_set(wallet: Wallet, before: Wallet) -> list[Change]:
    changes: list[Change] = []
    if wallet.member_class != before.member_class:
        changes.append(SetTo(("member_class",), wallet.member_class))
    if (wallet.district, wallet.birth_date) != (before.district, before.birth_date):
        born = wallet.birth_date.isoformat() if wallet.birth_date else None
        changes.append(SetTo(("resident",), {"district": wallet.district, "birth_date": born}))
    if wallet.cards != before.cards:
        changes += [SetTo(("cards", card.reference, "issuer"), card.issuer) for card in wallet.cards]
    return changes


def _text(at: Any) -> str:
    return str(at.isoformat(timespec="milliseconds"))
