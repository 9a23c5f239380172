"""Earnings and corrections in the ledger table: one function per access pattern, with its cost.

Units are for items up to 1 KB written and 4 KB read; a transactional write costs two.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from eeum.calendar import Month
from eeum.cashback.items import (
    CORRECTION,
    EARNING,
    correction_of,
    earning_of,
    item_of,
    key_of,
)
from eeum.cashback.plan import WalletPlan
from eeum.cashback.rules import MonthBook
from eeum.cashback.sources import Source, claims_of, source_of
from eeum.ids import Digest
from eeum.item_size import bytes_of
from eeum.journal.accounts import CASHBACK
from eeum.journal.chain import linked
from eeum.journal.partitions import partition_of
from eeum.payments.items import CAPTURE, payment_key, payment_of
from eeum.payments.rules import Payment
from eeum.storage import (
    MOST_ITEM_BYTES,
    MOST_TRANSACTION_BYTES,
    MOST_WRITES,
    NOT_YET_STORED,
    Add,
    Condition,
    Equals,
    Item,
    Key,
    Put,
    Query,
    SetTo,
    Storage,
    Table,
    Unstorable,
    Update,
    Write,
    every_item,
)
from eeum.unit_of_work import Patience, commit
from eeum.wallet.expiry_store import EXPIRY
from eeum.wallet.rules import Wallet
from eeum.wallet.store import debts_set, head_set, head_unchanged, keyed, moved, negative_set, wallet_key
from eeum.wallet.wallet_items import wallet_of

MOST_READ = 100
"""The most items of one batch read."""

UPDATED_BYTES = 20_000
"""The size that is assumed for the item of a wallet or a budget shard, which is updated: more than any has."""


class ReadForPosting(NamedTuple):
    """The input of accruals: wallets by id, the keys of sources that have theirs already, and other items that were read with them."""

    wallets: Mapping[str, Wallet]
    done: set[str]
    others: Mapping[Key, Item | None]


class CashbackStore:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def read_for_posting(self, sources: Sequence[Source], others: Sequence[Key] = ()) -> ReadForPosting:
        """Read the wallets of `sources`, which of these have their accrual already, and the `others`.

        Consistently, in one round trip: 1 read unit for each wallet, each source, and each other.
        """
        wallet_ids = list(dict.fromkeys(source.wallet_id for source in sources))
        claims = [claims_of(source)[0] for source in sources]
        items = iter(self._storage.read([*map(wallet_key, wallet_ids), *claims, *others]))
        wallets = {wallet_id: wallet_of(wallet_id, item) for wallet_id in wallet_ids if (item := next(items))}
        done = {source.key for source in sources if next(items)}
        return ReadForPosting(wallets, done, dict(zip(others, items, strict=True)))

    def accrue(self, plans: Sequence[WalletPlan], patience: Patience, draws: Sequence[Write] = ()) -> None:
        """Store the entries of several wallets in one transaction. Each entry claims its source, each wallet its next numbers and links.

        `draws` fund the rewards. 2 write units for each entry (of up to 1 KB), each wallet and each updated budget item.

        Raises `ConditionsFailed` when a source has its accrual already, a wallet's number, chain or a needed balance changed, or a budget
        has less money than is drawn. Raises `TooLarge` when one transaction cannot hold all.
        """
        writes = [*(write for plan in plans for write in _writes_of(plan)), *draws]
        _refuse_too_large(writes)
        commit(self._storage, patience, *writes)

    def month_book(self, wallet_id: str, month: Month) -> MonthBook:
        """Every earning and correction of a wallet in `month`, by number, consistently. 1 read unit per 4 KB, in pages of 1 MB."""
        return self.book(wallet_id, month, month)

    def book(self, wallet_id: str, first: Month, last: Month) -> MonthBook:
        """As `month_book`, for the months from `first` to `last`. It reads all of their year, or all years."""
        same_year = first[:4] if first[:4] == last[:4] else ""
        together = f"{first}#" if first == last else same_year
        earnings = [
            earning_of(wallet_id, item)
            for item in self._all(wallet_id, f"{EARNING}{together}")
            if first <= item["sk"].split("#")[1] <= last
        ]
        corrections = [
            correction_of(wallet_id, item)
            for item in self._all(wallet_id, f"{CORRECTION}{together}")
            if first <= item["month"] <= last
        ]
        return MonthBook(
            tuple(sorted(earnings, key=lambda earning: earning.number)),
            tuple(sorted(corrections, key=lambda correction: correction.number)),
        )

    def payments(self, wallet_id: str, digests: Sequence[Digest]) -> dict[Digest, Payment]:
        """Payments of a wallet by digest, consistently, a hundred in a round trip. 1 read unit each."""
        found: dict[Digest, Payment] = {}
        for start in range(0, len(digests), MOST_READ):
            together = digests[start : start + MOST_READ]
            items = self._storage.read([payment_key(wallet_id, digest) for digest in together])
            found |= {digest: payment_of(wallet_id, item) for digest, item in zip(together, items, strict=True) if item}
        return found

    def expired(self, wallet_id: str, purses: Sequence[str]) -> dict[str, int]:
        """The rewards that expired, by purse, less what of them was taken back, consistently.

        1 read unit per 4 KB of all expiries and corrections of the wallet, in pages of 1 MB.
        """
        left = dict.fromkeys(purses, 0)
        for prefix, attribute, sign in ((EXPIRY, "purses", 1), (CORRECTION, "expired", -1)):
            for item in self._all(wallet_id, prefix):
                for purse_id in purses:
                    left[purse_id] += sign * item.get(attribute, {}).get(purse_id, 0)
        return left

    def captured_source(self, wallet_id: str, payment: Digest, capture: int) -> Source | None:
        """The entry of a capture, consistently: a payment captured whole by its key, 1 read unit; a hold's among the wallet's captures."""
        if capture == 0:
            (item,) = self._storage.read([payment_key(wallet_id, payment)])
            return source_of(item) if item else None
        wanted = (Equals(("payment",), payment), Equals(("capture",), capture))
        return next((source_of(item) for item in self._all(wallet_id, CAPTURE, wanted)), None)

    def _all(self, wallet_id: str, prefix: str, where: tuple[Condition, ...] = ()) -> Iterator[Item]:
        query = Query(Table.LEDGER, partition_of(wallet_id), prefix, where=where, consistent=True)
        return every_item(self._storage, query)


class TooLarge(Unstorable):
    """More than one transaction, or one item, can hold."""


def _refuse_too_large(writes: Sequence[Write]) -> None:
    """Refuse before sending, since the engines differ in the limits that they enforce."""
    sizes = [bytes_of(write.item) for write in writes if isinstance(write, Put)]
    sizes += [UPDATED_BYTES for write in writes if isinstance(write, Update)]
    if len(writes) > MOST_WRITES or max(sizes) > MOST_ITEM_BYTES or sum(sizes) > MOST_TRANSACTION_BYTES:
        raise TooLarge(f"{len(writes)} items of {sum(sizes)} bytes, the largest of {max(sizes)}")


def _writes_of(plan: WalletPlan) -> list[Write]:
    wallet = plan.wallet
    puts: list[Write] = []
    head = wallet.chain
    for entry, source_hash in plan.entries:
        key = key_of(entry)
        head, item = linked(head, keyed(key, item_of(entry)), source_hash)
        puts.append(Put(key, item, NOT_YET_STORED))
    conditions: list[Condition] = [Equals(("posted",), wallet.accrued), head_unchanged(wallet.chain)]
    if plan.needs_same_cashback:
        conditions.append(Equals(("purses", CASHBACK, "amount"), wallet.balance(CASHBACK)))
    changes, still = moved(wallet, plan.moved, plan.needs_in_purses)
    credit = Update(
        wallet_key(wallet.id),
        (
            *changes,
            SetTo(("posted",), wallet.accrued + len(plan.entries)),
            *([Add(("due",), plan.further_parts)] if plan.further_parts else []),
            SetTo(("usage",), plan.usage),
            negative_set(plan.negative),
            *debts_set(wallet.debts, plan.debts),
            head_set(head),
        ),
        (*conditions, *still),
    )
    return [credit, *puts]
