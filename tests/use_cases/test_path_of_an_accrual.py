"""The number of files that a payment passes from the stream to its accrual, as a reader has to follow them."""

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import tests.simulation  # noqa: F401 - the environment that functions are imported with
from cashback_calculation import app as function
from eeum.aws.attribute_values import attribute_value
from eeum.calendar import month_of
from eeum.cashback import rules, sources
from eeum.composition import City
from eeum.payments.items import payment_key
from eeum.payments.rules import Payment
from eeum.storage import Item, Table
from tests.names_on_the_way import names_given, too_many
from tests.use_cases.world import World

ROOT = Path(__file__).parents[2]
PRODUCT = (str(ROOT / "layers"), str(ROOT / "functions"))
MOST_FILES = 12

CONTEXT: Any = SimpleNamespace(
    function_name="cashback",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:ap-northeast-2:000000000000:function:cashback",
    aws_request_id="cashback",
    get_remaining_time_in_millis=lambda: 60_000,
)


def _callers() -> Iterator[str]:
    """The product's files on the call stack."""
    frame = sys._getframe(1)
    while frame:
        if frame.f_code.co_filename.startswith(PRODUCT):
            yield str(Path(frame.f_code.co_filename).relative_to(ROOT))
        frame = frame.f_back  # type: ignore[assignment]


def test_a_payment_passes_few_files_from_the_stream_to_its_posting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted are the files on the stack when a record is decoded, when wallets are read, when rewards are evaluated, and when they are
    stored. What these call on the way, as calendars and accounts, is not counted."""
    world = World()
    paid = world.pay(world.member(charged=100_000), world.shop(), 30_000).entry
    passed: dict[str, set[str]] = {}

    def noting(what: str, function: Any) -> Any:
        def noted(*arguments: Any, **more: Any) -> Any:
            passed.setdefault(what, set()).update(_callers())
            return function(*arguments, **more)

        return noted

    monkeypatch.setitem(sources.READERS, "payment", noting("decoded", sources.READERS["payment"]))  # type: ignore[arg-type]
    monkeypatch.setattr(rules, "evaluate", noting("evaluated", rules.evaluate))
    monkeypatch.setattr(world.memory, "read", noting("read", world.memory.read))
    monkeypatch.setattr(world.memory, "transact", noting("stored", world.memory.transact))
    assert _delivery(world, monkeypatch)(_item_of(world, paid))["posted"] == 1
    assert set(passed) == {"decoded", "read", "evaluated", "stored"}
    files = sorted(set().union(*passed.values()))
    assert len(files) <= MOST_FILES, files


def test_a_payment_has_few_names_for_one_value_until_it_is_posted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wallet, merchant, price, payment key, instant and month, from the stream to the posting."""
    world = World()
    shop = world.shop()
    member = world.member(charged=100_000)
    deliver = _delivery(world, monkeypatch)
    # After an earlier payment, what the month adds up to is another value than the price.
    deliver(_item_of(world, world.pay(member, shop, 1_003).entry))
    paid = world.pay(member, shop, 30_011).entry
    values = {
        "wallet": paid.acceptance.wallet_id,
        "merchant": shop.id,
        "price": 30_011,
        "payment key": paid.acceptance.digest,
        "instant": paid.acceptance.accepted_at,
        "month": month_of(paid.acceptance.accepted_at),
    }
    with names_given(values) as names:
        assert deliver(_item_of(world, paid))["posted"] == 1
    assert set(names.found) == set(values)
    assert not too_many(names)


def _delivery(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[[Item], dict[str, Any]]:
    """Deliver an entry to the function that posts, in `world`."""
    city = City(function.city.settings, world.memory, world.clock)
    monkeypatch.setattr(city, "_policies", SimpleNamespace(book=lambda: world.policies))
    monkeypatch.setattr(function, "city", city)
    monkeypatch.setattr(function, "city_bus", lambda: SimpleNamespace(publish=_taken))
    function.logger.setLevel("CRITICAL")
    return lambda item: function.handler({"Records": [_record(item)]}, CONTEXT)


def _item_of(world: World, paid: Payment) -> Item:
    key = payment_key(paid.acceptance.wallet_id, paid.acceptance.digest)
    return next(each for each in world.memory.items(Table.LEDGER) if each["sk"] == key.sk)


def _taken(events: Sequence[Any], _patience: Any) -> int:
    return len(events)


def _record(item: Item) -> dict[str, Any]:
    return {"dynamodb": {"NewImage": {name: attribute_value(value) for name, value in item.items()}}}
