"""Payments in the ledger table: one function per access pattern, with its cost.

Units are for items up to 1 KB written and 4 KB read; a transactional write costs two.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from eeum.calendar import Month
from eeum.cursors import page_of
from eeum.ids import Digest, digest_of, is_id
from eeum.journal.accounts import HELD
from eeum.journal.partitions import partition_of
from eeum.merchants.rules import Merchant
from eeum.merchants.store import merchant_key, merchant_of
from eeum.payments.items import PAYMENT, payment_item, payment_key, payment_of
from eeum.payments.progress import progress_of
from eeum.payments.progress_store import progress_put
from eeum.payments.rules import ACTIVE_CARD, Payment, PaymentStatus
from eeum.storage import (
    BY_MERCHANT,
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
from eeum.wallet.rules import Draw, Taken, Wallet, WalletStatus
from eeum.wallet.store import taken_follows, taken_set, wallet_key
from eeum.wallet.wallet_items import wallet_of


class Read(NamedTuple):
    """What an authorisation is decided on."""

    payment: Payment | None
    wallet: Wallet | None
    merchant: Merchant | None
    others: Mapping[Key, Item | None] = {}


class Payments(NamedTuple):
    """A page of payments, and the cursor of the next."""

    payments: list[Payment]
    cursor: str | None


class PaymentStore:
    def __init__(
        self, storage: Storage, patience: Patience, merchant_read: Callable[[Merchant], None] | None = None
    ) -> None:
        """`merchant_read` is called with each merchant that a decision is read with."""
        self._storage = storage
        self._patience = patience
        self._merchant_read = merchant_read

    def read_for_authorisation(
        self, wallet_id: str, digest: Digest, merchant_id: str, others: Sequence[Key] = ()
    ) -> Read:
        """Wallet, the entry of this request and the merchant, consistently, in one round trip. 3 read units, and 1 for each of `others`."""
        wallet, entry, merchant, *also = self._storage.read(
            [wallet_key(wallet_id), payment_key(wallet_id, digest), merchant_key(merchant_id), *others]
        )
        return Read(
            payment_of(wallet_id, entry) if entry else None,
            wallet_of(wallet_id, wallet) if wallet else None,
            self._merchant(merchant),
            dict(zip(others, also, strict=True)),
        )

    def read_for_quote(self, wallet_id: str, merchant_id: str, others: Sequence[Key] = ()) -> Read:
        """What an authorisation would be decided on, in one round trip. 2 read units, and 1 for each of `others`."""
        wallet, merchant, *also = self._storage.read([wallet_key(wallet_id), merchant_key(merchant_id), *others])
        return Read(
            None,
            wallet_of(wallet_id, wallet) if wallet else None,
            self._merchant(merchant),
            dict(zip(others, also, strict=True)),
        )

    def _merchant(self, item: Item | None) -> Merchant | None:
        if item is None:
            return None
        merchant = merchant_of(item)
        if self._merchant_read is not None:
            self._merchant_read(merchant)
        return merchant

    def debit_and_record(
        self,
        payment: Payment,
        draws: Sequence[Draw],
        taken: Taken | None = None,
        grants: Sequence[Write] = (),
        patience: Patience | None = None,
    ) -> None:
        """Takes the money and stores the entry, together; `ConditionsFailed` when the decision no longer stands.

        4 write units, and 1 for the merchant's index; a hold also stores its progress, 2 units and 1 for the index by expiry. `taken` is
        what commands have used afterwards, where the payment used any of it; `grants` are what funds its discounts, 2 units each.
        `patience` is for this transaction, instead of the store's.
        """
        wallet_id = payment.acceptance.wallet_id
        conditions = [
            Equals(("status",), WalletStatus.ACTIVE.value),
            Equals(("cards", payment.card or "", "status"), ACTIVE_CARD),
            *_purses_as_decided(draws),
            *([taken_follows(taken)] if taken else []),
        ]
        changes = [Add(("purses", draw.purse_id, "amount"), -draw.amount) for draw in draws if draw.amount]
        held = payment.status is PaymentStatus.HELD
        effect = Add(("purses", HELD, "amount"), payment.order.amount) if held else Add(("due",), 1)
        used = [taken_set(taken)] if taken else []
        debit = Update(wallet_key(wallet_id), (*changes, effect, *used), tuple(conditions))
        progress = [progress_put(wallet_id, payment.acceptance.digest, progress_of(payment))] if held else []
        commit(self._storage, patience or self._patience, debit, _record(payment), *progress, *grants)

    def record_decline(self, payment: Payment) -> None:
        """Stores a decline under its request. 2 write units, and 1 for the merchant's index."""
        commit(self._storage, self._patience, _record(payment))

    def payment(self, wallet_id: str, payment_id: str) -> Payment | None:
        """One payment of a wallet, consistently. 1 read unit."""
        digest = digest_of(payment_id)
        if digest is None or not is_id(wallet_id):
            return None
        (item,) = self._storage.read([payment_key(wallet_id, digest)])
        # The key has no time in it, the id has: an id with another time names no payment.
        return payment_of(wallet_id, item) if item and item["id"] == payment_id else None

    def of_month(self, wallet_id: str, month: Month, after: str | None, limit: int | None = None) -> Payments:
        """A page of a wallet's payments that were accepted in `month`, the newest first; all of them without a `limit`.

        Keys have no time in them (a retry after midnight must find its entry), so each page reads through the wallet's payments: half a
        read unit per 4 KB, some 25 for the 201 payments that a member makes in a year, and a round trip for each MB. Raises `Invalid` for
        a cursor that this list did not give out.
        """
        query = Query(Table.LEDGER, partition_of(wallet_id), PAYMENT, where=(Equals(("month",), month),))
        payments = [payment_of(wallet_id, item) for item in every_item(self._storage, query)]
        payments.sort(key=_id_of, reverse=True)
        return Payments(*page_of(payments, _id_of, limit, after, f"payments of {wallet_id} in {month}"))

    def of_merchant(self, merchant_id: str, limit: int, before: str | None) -> Payments:
        """A page of the payments at a merchant, the newest first, a moment after they were made. Half a read unit per 4 KB.

        The cursor is the id of the last payment, and `before` one given out before: it tells a merchant nothing of whose it was.
        """
        page = self._storage.query(
            Query(Table.LEDGER, merchant_id, index=BY_MERCHANT, newest_first=True, limit=limit, before=before)
        )
        payments = [payment_of(item["pk"].partition("#")[2], item) for item in page.items]
        return Payments(payments, payments[-1].acceptance.id if page.cursor is not None else None)


def _id_of(payment: Payment) -> str:
    return payment.acceptance.id


def _purses_as_decided(draws: Sequence[Draw]) -> list[Condition]:
    """What must still be true of the purses: all that were emptied or skipped as read, the last drawn still holding enough.

    A purse that came after the wallet was read is not looked for: the payment stands, and that purse is spent from the next time.
    """
    *emptied, last = draws
    return [
        *(Equals(("purses", draw.purse_id, "amount"), draw.held) for draw in emptied),
        AtLeast(("purses", last.purse_id, "amount"), last.amount),
    ]


def _record(payment: Payment) -> Put:
    acceptance = payment.acceptance
    return Put(payment_key(acceptance.wallet_id, acceptance.digest), payment_item(payment), NOT_YET_STORED)
