"""How long the demonstration waits for cashback."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest

from local import demo
from local.failure import CityFailure


class _SlowCity:
    """A city in which each check takes `seconds`; `left` has the payments without cashback at each check, the last value from then on."""

    emulator = SimpleNamespace(log=Path("emulator.log"))

    def __init__(self, seconds: float, left: list[int]) -> None:
        self.now = 0.0
        self._seconds, self._left = seconds, left

    def drain(self, seconds: float) -> int:
        self.now += self._seconds
        return self._left.pop(0) if len(self._left) > 1 else self._left[0]


def _awaited(city: _SlowCity) -> list[int]:
    told: list[int] = []
    clock: Any = SimpleNamespace(monotonic=lambda: city.now, sleep=lambda _seconds: None)
    with patch.object(demo, "time", clock):
        demo._await_cashback(city, told.append)  # type: ignore[arg-type]
    return told


def test_it_waits_while_cashback_arrives_however_long_that_takes() -> None:
    assert _awaited(_SlowCity(59, [4, 3, 2, 1, 0])) == [4, 3, 2, 1, 0]


def test_it_ends_when_none_arrives() -> None:
    with pytest.raises(CityFailure, match="2 payments still without cashback, and no more was posted for 60 s"):
        _awaited(_SlowCity(10, [4, 2]))
