"""Waiting until cashback is posted and balances are counted: the emulator forgets stream records when it stops."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

from local.emulator import Emulator

DRAIN_SECONDS = 15
BALANCES_SECONDS = 10
#: The attribute of a page or batch that has the amounts of each kind of account.
COUNTS = {"merchant_payable": "payable", "merchant_reward": "reward", "funder": "funders", "bank": "banks"}


class Drain:
    """Reads wallets directly, which no function may do. It does not wait for entries that had no cashback when it was created: they get
    none."""

    def __init__(self, emulator: Emulator, ledger: str) -> None:
        self._tables = emulator.client("dynamodb")
        self._ledger = ledger
        self._lost = self._gaps()

    def waiting(self) -> int:
        """How many payments that were captured since have no cashback yet."""
        return sum(max(gap - self._lost.get(wallet, 0), 0) for wallet, gap in self._gaps().items())

    def _gaps(self) -> dict[str, int]:
        """By wallet, where there is a gap: the accruals that are due, less those that were posted."""
        pages = self._tables.get_paginator("scan").paginate(
            TableName=self._ledger,
            FilterExpression="#kind = :wallet AND due <> posted",
            ProjectionExpression="pk, due, posted",
            ExpressionAttributeNames={"#kind": "kind"},
            ExpressionAttributeValues={":wallet": {"S": "wallet"}},
        )
        return {item["pk"]["S"]: _gap(item) for page in pages for item in page["Items"]}

    def wait(self, seconds: float = DRAIN_SECONDS) -> int:
        """Wait, for a bounded time, until nothing is waiting; return how many still are."""
        deadline = time.monotonic() + seconds
        while (waiting := self.waiting()) and time.monotonic() < deadline:
            time.sleep(0.2)
        return waiting


class BalancesDrain:
    """Whether the balances equal the journal, by the sum of each kind of account, not one by one.

    Batches that no fold has added yet count, too, but no fold may have been interrupted. It does not wait for a difference that
    existed when it was created: only `make rebuild` mends that.
    """

    def __init__(self, emulator: Emulator, ledger: str, balances: str) -> None:
        self._tables = emulator.client("dynamodb")
        self._ledger = ledger
        self._balances = balances
        self._lost = self._difference()

    def wait(self, seconds: float) -> bool:
        """Wait, for a bounded time, until everything that moved since is counted; return whether it is."""
        deadline = time.monotonic() + seconds
        while self._difference() != self._lost:
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.2)
        return True

    def _difference(self) -> Counter[str]:
        # The balances are read first: what is counted between the two reads then looks uncounted, and is checked again.
        balances = Counter[str]()
        items = list(self._scan(self._balances, "attribute_exists(generation)"))
        states = [item for item in items if item["kind"]["S"] == "projection"]
        for item in items:
            if states and _is_counted(item, states[0]):
                for account, name in COUNTS.items():
                    balances[account] += sum(int(won["N"]) for won in item.get(name, {"M": {}})["M"].values())
        journal = Counter[str]()
        for item in self._scan(self._ledger, "attribute_exists(postings)"):
            for account, won in item["postings"]["M"].items():
                journal[account.partition("/")[0]] += int(won["N"])
        return Counter({account: journal[account] - balances[account] for account in COUNTS})

    def _scan(self, table: str, only: str) -> Iterator[dict[str, Any]]:
        pages = self._tables.get_paginator("scan").paginate(TableName=table, FilterExpression=only)
        return (item for page in pages for item in page["Items"])


def _is_counted(item: dict[str, Any], state: dict[str, Any]) -> bool:
    """Pages count, and batches that are in no page yet, but neither from before a rebuild."""
    kind = item["kind"]["S"]
    is_open = kind == "batch" and item["round"] == state["round"]
    return bool(item["generation"] == state["generation"]) and (kind == "page" or is_open)


def counted(number: int, thing: str) -> str:
    """`1 payment`, `2 payments`."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def _gap(wallet: dict[str, Any]) -> int:
    return int(wallet["due"]["N"]) - int(wallet["posted"]["N"])
