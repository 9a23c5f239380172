"""Waiting until the cashback of every payment has been posted: the emulator forgets stream records when it stops."""

from __future__ import annotations

import time
from typing import Any

from local.emulator import Emulator

DRAIN_SECONDS = 15


class Drain:
    """Looks at wallets from outside, as nothing in the product may: only here is a table scanned."""

    def __init__(self, emulator: Emulator, ledger: str) -> None:
        self._tables = emulator.client("dynamodb")
        self._ledger = ledger

    def waiting(self) -> int:
        """How many captured payments have no cashback posted yet."""
        pages = self._tables.get_paginator("scan").paginate(
            TableName=self._ledger,
            FilterExpression="#kind = :wallet AND due <> posted",
            ProjectionExpression="due, posted",
            ExpressionAttributeNames={"#kind": "kind"},
            ExpressionAttributeValues={":wallet": {"S": "wallet"}},
        )
        return sum(_gap(item) for page in pages for item in page["Items"])

    def wait(self, seconds: float = DRAIN_SECONDS) -> int:
        """Wait until nothing is waiting, but not for ever; how many still are."""
        deadline = time.monotonic() + seconds
        while (waiting := self.waiting()) and time.monotonic() < deadline:
            time.sleep(0.2)
        return waiting


def _gap(wallet: dict[str, Any]) -> int:
    return int(wallet["due"]["N"]) - int(wallet["posted"]["N"])
