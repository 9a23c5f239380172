"""The number of files that a payment passes from the stream to its accrual, as a reader has to follow them."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import tests.simulation  # noqa: F401 - the environment that functions are imported with
from cashback_calculation import app as function
from eeum.aws.attribute_values import attribute_value
from eeum.cashback import rules, sources
from eeum.composition import City
from eeum.payments.items import payment_key
from eeum.storage import Item, Table
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
    key = payment_key(paid.acceptance.wallet_id, paid.acceptance.digest)
    item = next(each for each in world.memory.items(Table.LEDGER) if each["sk"] == key.sk)
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
    city = City(function.city.settings, world.memory, world.clock)
    monkeypatch.setattr(city, "_policies", SimpleNamespace(book=lambda: world.policies))
    monkeypatch.setattr(function, "city", city)
    monkeypatch.setattr(function, "city_bus", lambda: SimpleNamespace(publish=_taken))
    function.logger.setLevel("CRITICAL")
    assert function.handler({"Records": [_record(item)]}, CONTEXT)["posted"] == 1
    assert set(passed) == {"decoded", "read", "evaluated", "stored"}
    files = sorted(set().union(*passed.values()))
    assert len(files) <= MOST_FILES, files


def _taken(events: Sequence[Any], _patience: Any) -> int:
    return len(events)


def _record(item: Item) -> dict[str, Any]:
    return {"dynamodb": {"NewImage": {name: attribute_value(value) for name, value in item.items()}}}
