"""The number of files that a payment passes from its request to the ledger, as a reader has to follow them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import eeum.payments.rules
import eeum.payments.store
import payment_authorisation.app
from eeum.ids import request_digest
from eeum.wallet.rules import parse_card_token
from tests.http.callers import ACQUIRER
from tests.http.city import InMemoryCity
from tests.http.requests import KEY, payment
from tests.names_on_the_way import names_given, too_many

ROOT = Path(__file__).parents[2]
PRODUCT = (str(ROOT / "layers"), str(ROOT / "functions"))
IN_MEMORY = "memory_store.py"
MOST_FILES = 14


def _callers() -> Iterator[str]:
    """The product's files on the call stack."""
    frame = sys._getframe(1)
    while frame:
        path = frame.f_code.co_filename
        if path.startswith(PRODUCT) and not path.endswith(IN_MEMORY):
            yield str(Path(path).relative_to(ROOT))
        frame = frame.f_back  # type: ignore[assignment]


def test_a_payment_passes_few_files_from_its_request_to_the_ledger(
    city: InMemoryCity, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files count that are on the stack when the body is parsed, wallet and merchant are read, purses are chosen, the item is built and
    stored, and the answer is built. What these call in turn, such as calendars and accounts, does not count."""
    passed: dict[str, set[str]] = {}

    def note(what: str, owner: Any, name: str) -> None:
        function = getattr(owner, name)

        def noted(*arguments: Any, **more: Any) -> Any:
            passed.setdefault(what, set()).update({*_callers(), _file_of(function)})
            return function(*arguments, **more)

        monkeypatch.setattr(owner, name, noted)

    note("request", payment_authorisation.app, "request_to_pay")
    note("read", city.storage, "read")
    note("decided", eeum.payments.rules, "plan_debit")
    note("item", eeum.payments.store, "payment_item")
    note("stored", city.storage, "transact")
    note("answer", payment_authorisation.app, "payment_body")
    sent = payment(city, card_token=city.who.card)
    assert city.call(ACQUIRER, "POST", "/payments", sent, key=KEY).json["status"] == "approved"
    assert set(passed) == {"request", "read", "decided", "item", "stored", "answer"}
    files = sorted(set().union(*passed.values()))
    assert len(files) <= MOST_FILES, files


def test_a_payment_has_few_names_for_one_value(city: InMemoryCity) -> None:
    """Wallet, merchant, card, price, payment key and instant, from the request to the ledger."""
    sent = payment(city, card_token=city.who.card, amount=12_347)
    wallet_id, card = parse_card_token(city.who.card)
    values = {
        "wallet": wallet_id,
        "card": card,
        "merchant": city.who.merchant,
        "price": 12_347,
        "payment key": request_digest(f"acquirer/{ACQUIRER.client}", wallet_id, KEY),
        "instant": city.now,
    }
    with names_given(values) as names:
        assert city.call(ACQUIRER, "POST", "/payments", sent, key=KEY).json["status"] == "approved"
    assert set(names.found) == set(values)
    assert not too_many(names)


def _file_of(function: Any) -> str:
    """The file of a product function; the tests' storage has none."""
    path = function.__code__.co_filename
    return str(Path(path).relative_to(ROOT)) if not path.endswith(IN_MEMORY) else "the storage"
