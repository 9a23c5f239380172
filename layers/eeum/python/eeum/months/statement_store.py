"""Statements in the ledger table, and the entries that they summarise: one function per access pattern, with its cost."""

from collections.abc import Sequence

from eeum.calendar import Month, month_of, parse_instant, text_of
from eeum.journal.kinds import kind_of
from eeum.journal.partitions import partition_of
from eeum.months.statements import Booking, EarlierMonth, RewardSum, Statement
from eeum.storage import NOT_YET_STORED, Item, Key, Put, Query, Storage, Table, every_item
from eeum.unit_of_work import Patience, commit

STATEMENT = "STATEMENT#"

MOST_TOGETHER = 100
"""The most items of one batch read, and of one transaction."""


class StatementStore:
    def __init__(self, storage: Storage, patience: Patience) -> None:
        self._storage = storage
        self._patience = patience

    def statement(self, wallet_id: str, month: Month) -> Statement | None:
        """One statement, consistently. 1 read unit."""
        (item,) = self._storage.read([_key(wallet_id, month)])
        return statement_of_item(wallet_id, item) if item else None

    def written(self, wallet_ids: Sequence[str], month: Month) -> set[str]:
        """Which of these wallets have a statement of `month`, consistently, a hundred in a round trip. 1 read unit each."""
        found: set[str] = set()
        for start in range(0, len(wallet_ids), MOST_TOGETHER):
            together = wallet_ids[start : start + MOST_TOGETHER]
            items = self._storage.read([_key(wallet_id, month) for wallet_id in together])
            found |= {wallet_id for wallet_id, item in zip(together, items, strict=True) if item}
        return found

    def bookings(self, wallet_id: str) -> list[Booking]:
        """Every entry of a wallet that moved money, consistently. 1 read unit per 4 KB of all items of the wallet, in pages of 1 MB."""
        entries = every_item(self._storage, Query(Table.LEDGER, partition_of(wallet_id), consistent=True))
        return [booking_of(entry) for entry in entries if entry.get("postings")]

    def add(self, statement: Statement) -> None:
        """Store a statement, once; `ConditionsFailed` if it exists. 2 write units a KB: up to 8."""
        key = _key(statement.wallet_id, statement.month)
        commit(self._storage, self._patience, Put(key, statement_item(statement), NOT_YET_STORED))


def _key(wallet_id: str, month: Month) -> Key:
    return Key(Table.LEDGER, partition_of(wallet_id), f"{STATEMENT}{month}")


def booking_of(item: Item) -> Booking:
    """What a statement takes from an entry."""
    kind = kind_of(item)
    booked_in = month_of(parse_instant(item["accepted_at"], "accepted_at"))
    return Booking(
        line=kind.line(item),
        rewards_line=kind.rewards_line,
        booked_in=booked_in,
        month=kind.month(item) or booked_in,
        amount=kind.amount(item),
        postings=item["postings"],
        layers=kind.rewards(item),
    )


def statement_item(statement: Statement) -> Item:
    """The item of a statement. It has no postings: it moves nothing, and is not an entry of the journal."""
    return {
        "kind": "statement",
        "month": statement.month,
        "written_at": text_of(statement.written_at),
        "start": dict(statement.start),
        "end": dict(statement.end),
        "topped_up": statement.topped_up,
        "paid": statement.paid,
        "held": statement.held,
        "captured": statement.captured,
        "released": statement.released,
        "cancelled": statement.cancelled,
        "cashback": _rewards_item(statement.cashback),
        "earlier_months": [
            {"month": each.month, "cancelled": each.cancelled, "cashback": _rewards_item(each.cashback)}
            for each in statement.earlier_months
        ],
        **({"discounts": _rewards_item(statement.discounts)} if statement.discounts != RewardSum() else {}),
        **(
            {"top_up_rewards": _rewards_item(statement.top_up_rewards)}
            if statement.top_up_rewards != RewardSum()
            else {}
        ),
        **({"expired": statement.expired} if statement.expired else {}),
    }


def statement_of_item(wallet_id: str, item: Item) -> Statement:
    return Statement(
        wallet_id=wallet_id,
        month=item["month"],
        written_at=parse_instant(item["written_at"], "written_at"),
        start=item["start"],
        end=item["end"],
        topped_up=item["topped_up"],
        paid=item["paid"],
        held=item["held"],
        captured=item["captured"],
        released=item["released"],
        cancelled=item["cancelled"],
        cashback=_rewards_of(item["cashback"]),
        earlier_months=tuple(
            EarlierMonth(each["month"], each["cancelled"], _rewards_of(each["cashback"]))
            for each in item["earlier_months"]
        ),
        discounts=_rewards_of(item["discounts"]) if "discounts" in item else RewardSum(),
        top_up_rewards=_rewards_of(item["top_up_rewards"]) if "top_up_rewards" in item else RewardSum(),
        expired=item.get("expired", 0),
    )


def _rewards_item(rewards: RewardSum) -> Item:
    return {"won": rewards.won, "by_layer": dict(rewards.by_layer), "by_funder": dict(rewards.by_funder)}


def _rewards_of(item: Item) -> RewardSum:
    return RewardSum(item["won"], item["by_layer"], item["by_funder"])
