"""Payments in the ledger table: one function per access pattern, with its cost.

Units are for items up to 1 KB written and 4 KB read; a transactional write costs two.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from eeum.calendar import Month
from eeum.cursors import page_of
from eeum.errors import TooManyItems
from eeum.ids import Digest, digest_of, is_id
from eeum.journal.accounts import HELD
from eeum.journal.partitions import partition_of
from eeum.merchants.rules import Merchant
from eeum.merchants.store import merchant_key, merchant_of
from eeum.payments.items import PAYMENT, payment_item, payment_key, payment_of
from eeum.payments.progress import progress_of
from eeum.payments.progress_store import progress_put
from eeum.payments.rules import ACTIVE_CARD, Debit, Payment, PaymentStatus
from eeum.storage import (
    BY_MERCHANT,
    MOST_READ,
    NOT_YET_STORED,
    Add,
    AtLeast,
    Condition,
    Equals,
    Item,
    Key,
    Put,
    Query,
    Storage,
    Table,
    Update,
    Write,
    every_item,
)
from eeum.unit_of_work import Patience, commit
from eeum.wallet.rules import Draw, Wallet, WalletStatus
from eeum.wallet.store import usage_follows, usage_set, wallet_key
from eeum.wallet.wallet_items import wallet_of


class Read(NamedTuple):
    """What an authorisation is decided on. `payments` are the entries of an earlier request with the same key, or none."""

    payments: tuple[Payment, ...]
    wallet: Wallet | None
    merchants: Mapping[str, Merchant | None]
    others: Mapping[Key, Item | None] = {}


class Payments(NamedTuple):
    """A page of payments, and the cursor of the next page."""

    payments: list[Payment]
    cursor: str | None


class PaymentStore:
    def __init__(
        self, storage: Storage, patience: Patience, merchant_read: Callable[[Merchant], None] | None = None
    ) -> None:
        """`merchant_read` is called with each merchant that is read for a decision."""
        self._storage = storage
        self._patience = patience
        self._merchant_read = merchant_read

    def read_for_authorisation(
        self, wallet_id: str, payment_keys: Sequence[Digest], merchant_ids: Sequence[str], others: Sequence[Key] = ()
    ) -> Read:
        """Read the wallet, the entries of this request and the merchants, consistently, in one round trip.

        3 read units for one payment, 2 for each further one at another merchant, and 1 for each of `others`. Raises `TooManyItems`.
        """
        wanted = [wallet_key(wallet_id)]
        wanted += [payment_key(wallet_id, each) for each in payment_keys]
        wanted += [merchant_key(each) for each in merchant_ids]
        wallet, *items = self._read([*wanted, *others])
        entries, found, also = _split(items, len(payment_keys), len(merchant_ids))
        return Read(
            # Entries of one request are stored together: if the first is missing, all are.
            tuple(payment_of(wallet_id, item) for item in entries if item) if entries[0] else (),
            wallet_of(wallet_id, wallet) if wallet else None,
            self._merchants_of(merchant_ids, found),
            dict(zip(others, also, strict=True)),
        )

    def read_for_quote(self, wallet_id: str, merchant_id: str, others: Sequence[Key] = ()) -> Read:
        """Read what an authorisation would be decided on, in one round trip. 2 read units, and 1 for each of `others`."""
        wallet, merchant, *also = self._storage.read([wallet_key(wallet_id), merchant_key(merchant_id), *others])
        return Read(
            (),
            wallet_of(wallet_id, wallet) if wallet else None,
            self._merchants_of([merchant_id], [merchant]),
            dict(zip(others, also, strict=True)),
        )

    def _merchants_of(self, merchant_ids: Sequence[str], items: Sequence[Item | None]) -> dict[str, Merchant | None]:
        return {each: self._merchant(item) for each, item in zip(merchant_ids, items, strict=True)}

    def _merchant(self, item: Item | None) -> Merchant | None:
        if item is None:
            return None
        merchant = merchant_of(item)
        if self._merchant_read is not None:
            self._merchant_read(merchant)
        return merchant

    def debit_and_record(
        self, debits: Sequence[Debit], joined: Sequence[Write] = (), patience: Patience | None = None
    ) -> None:
        """Debit the wallet and store the entries in one transaction.

        4 write units, and 1 for the merchant's index; each further payment of a basket costs 3, since the wallet is written once. A hold
        also stores its progress: 2 units and 1 for the index by expiry. `joined` are the participants' writes, among them the budgets that
        fund discounts: 2 units an item. `patience` replaces the store's for this transaction.

        Raises `ConditionsFailed` when the decision no longer holds, and `TooManyItems`.
        """
        writes = [write for each in debits for write in _debit(each)]
        commit(self._storage, patience or self._patience, *writes, *joined)

    def record_declines(self, payments: Sequence[Payment]) -> None:
        """Store declines under their request in one transaction. 2 write units each, and 1 for the merchant's index."""
        commit(self._storage, self._patience, *map(_record, payments))

    def payment(self, wallet_id: str, payment_id: str) -> Payment | None:
        """One payment of a wallet, consistently. 1 read unit."""
        digest = digest_of(payment_id)
        if digest is None or not is_id(wallet_id):
            return None
        (item,) = self._storage.read([payment_key(wallet_id, digest)])
        # The key does not contain the time, but the id does: an id with another time names no payment.
        return payment_of(wallet_id, item) if item and item["id"] == payment_id else None

    def of_month(self, wallet_id: str, month: Month, after: str | None, limit: int | None = None) -> Payments:
        """A page of a wallet's payments that were accepted in `month`, newest first; without a `limit` all of them.

        Keys do not contain the time, so that a retry after midnight finds its entry. Each page therefore reads through the wallet's
        payments: half a read unit per 4 KB, some 25 for the 201 payments that a member makes in a year, and a round trip for each MB.
        Raises `Invalid` for a cursor of another list.
        """
        query = Query(Table.LEDGER, partition_of(wallet_id), PAYMENT, where=(Equals(("month",), month),))
        payments = [payment_of(wallet_id, item) for item in every_item(self._storage, query)]
        payments.sort(key=_id_of, reverse=True)
        return Payments(*page_of(payments, _id_of, limit, after, f"payments of {wallet_id} in {month}"))

    def of_merchant(self, merchant_id: str, limit: int, before: str | None) -> Payments:
        """A page of the payments at a merchant, newest first, a moment behind. Half a read unit per 4 KB.

        The cursor is the id of the last payment, so it does not reveal the payer to the merchant. `before` is a cursor of this list.
        """
        page = self._storage.query(
            Query(Table.LEDGER, merchant_id, index=BY_MERCHANT, newest_first=True, limit=limit, before=before)
        )
        payments = [payment_of(item["pk"].partition("#")[2], item) for item in page.items]
        return Payments(payments, payments[-1].acceptance.id if page.cursor is not None else None)

    def _read(self, keys: Sequence[Key]) -> list[Item | None]:
        if len(keys) > MOST_READ:
            raise TooManyItems(f"The request needs {len(keys)} items in one read; at most {MOST_READ} are allowed.")
        return self._storage.read(keys)


def _split(items: Sequence[Item | None], *lengths: int) -> Iterator[Sequence[Item | None]]:
    """Split the items into parts of these lengths and the rest."""
    start = 0
    for length in lengths:
        yield items[start : start + length]
        start += length
    yield items[start:]


def _debit(debit: Debit) -> list[Write]:
    """The writes of one payment: the wallet, the entry, and the progress of a hold."""
    payment, draws, limit_usage = debit
    acceptance = payment.acceptance
    conditions = [
        Equals(("status",), WalletStatus.ACTIVE.value),
        Equals(("cards", payment.card or "", "status"), ACTIVE_CARD),
        *_purses_as_decided(draws),
        *([usage_follows(limit_usage)] if limit_usage else []),
    ]
    changes = [Add(("purses", draw.purse_id, "amount"), -draw.amount) for draw in draws if draw.amount]
    held = payment.status is PaymentStatus.HELD
    effect = Add(("purses", HELD, "amount"), payment.order.amount) if held else Add(("due",), 1)
    used = [usage_set(limit_usage)] if limit_usage else []
    update = Update(wallet_key(acceptance.wallet_id), (*changes, effect, *used), tuple(conditions))
    progress = [progress_put(acceptance.wallet_id, acceptance.digest, progress_of(payment))] if held else []
    return [update, _record(payment), *progress]


def _id_of(payment: Payment) -> str:
    return payment.acceptance.id


def _purses_as_decided(draws: Sequence[Draw]) -> list[Condition]:
    """The conditions on the purses: emptied or skipped ones are as read, and the last one debited still holds enough.

    There is no condition on a purse that was added after the wallet was read: the payment stands, and the purse is used from the next one
    on.
    """
    *emptied, last = draws
    return [
        *(Equals(("purses", draw.purse_id, "amount"), draw.held) for draw in emptied),
        AtLeast(("purses", last.purse_id, "amount"), last.amount),
    ]


def _record(payment: Payment) -> Put:
    acceptance = payment.acceptance
    return Put(payment_key(acceptance.wallet_id, acceptance.digest), payment_item(payment), NOT_YET_STORED)
