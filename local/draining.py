"""Waiting until the cashback of every payment has been posted: the emulator forgets stream records when it stops."""

from __future__ import annotations

import time
from typing import Any

from local.emulator import Emulator

DRAIN_SECONDS = 15


class Drain:
    """Looks at wallets from outside, as no function may. What had no cashback when it was made is not waited for: nothing is on its way."""

    def __init__(self, emulator: Emulator, ledger: str) -> None:
        self._tables = emulator.client("dynamodb")
        self._ledger = ledger
        self._lost = self._gaps()

    def waiting(self) -> int:
        """How many payments have no cashback posted yet, of those that were captured since."""
        return sum(max(gap - self._lost.get(wallet, 0), 0) for wallet, gap in self._gaps().items())

    def _gaps(self) -> dict[str, int]:
        """By wallet, for those that have one: what its captures call for, less what was posted."""
        pages = self._tables.get_paginator("scan").paginate(
            TableName=self._ledger,
            FilterExpression="#kind = :wallet AND due <> posted",
            ProjectionExpression="pk, due, posted",
            ExpressionAttributeNames={"#kind": "kind"},
            ExpressionAttributeValues={":wallet": {"S": "wallet"}},
        )
        return {item["pk"]["S"]: _gap(item) for page in pages for item in page["Items"]}

    def wait(self, seconds: float = DRAIN_SECONDS) -> int:
        """Wait until nothing is waiting, but not for ever; how many still are."""
        deadline = time.monotonic() + seconds
        while (waiting := self.waiting()) and time.monotonic() < deadline:
            time.sleep(0.2)
        return waiting


def counted(number: int, thing: str) -> str:
    """`1 payment`, `2 payments`."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def _gap(wallet: dict[str, Any]) -> int:
    return int(wallet["due"]["N"]) - int(wallet["posted"]["N"])
