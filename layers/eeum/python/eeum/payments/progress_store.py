"""Progress, captures, releases and cancellations in the ledger table: one function per access pattern, with its cost.

Units are for items up to 1 KB written and 4 KB read; a transactional write costs two.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from eeum.calendar import text_of
from eeum.ids import Digest, digest_of, is_id
from eeum.journal.accounts import CASHBACK, HELD, REFUND_PENDING
from eeum.journal.chain import entry_hash, linked
from eeum.journal.partitions import PARTITION, partition_of
from eeum.payments.items import (
    CANCELLATION,
    EXPIRING,
    PROGRESS,
    cancellation_item,
    cancellation_key,
    cancellation_of,
    capture_item,
    capture_key,
    capture_of,
    payment_key,
    payment_of,
    progress_item,
    progress_key,
    progress_of_item,
    release_item,
    release_key,
    release_of,
)
from eeum.payments.progress import (
    CANCELLED,
    REVERSED,
    Cancellation,
    Capture,
    Progress,
    Release,
    progress_of,
    reversal_digest,
)
from eeum.payments.rules import Payment
from eeum.storage import (
    BY_EXPIRY,
    BY_MERCHANT,
    NOT_YET_STORED,
    Add,
    AtLeast,
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
from eeum.wallet.debts import debts_after
from eeum.wallet.rules import Wallet
from eeum.wallet.store import (
    debts_set,
    head_set,
    head_unchanged,
    keyed,
    moved,
    negative_set,
    usage_follows,
    usage_set,
    wallet_key,
)
from eeum.wallet.wallet_items import wallet_of

MOST_AT_ONCE = 100
"""The most items of one batch read."""


class State(NamedTuple):
    """A payment and its progress. Its captures and its release are linked to it by `payment_hash`."""

    wallet: Wallet
    payment: Payment
    payment_hash: str
    progress: Progress


class ProgressStore:
    def __init__(self, storage: Storage, patience: Patience) -> None:
        self._storage = storage
        self._patience = patience

    def wallet_of_payment(self, merchant_id: str, payment_id: str) -> str | None:
        """The wallet that paid, from the merchant's index, which is a moment behind. Half a read unit."""
        if digest_of(payment_id) is None:
            return None
        page = self._storage.query(Query(Table.LEDGER, merchant_id, payment_id, index=BY_MERCHANT))
        return next((item["pk"].removeprefix(PARTITION) for item in page.items), None)

    def for_capture(self, wallet_id: str, payment_id: str, request: Digest) -> tuple[Capture | None, State | None]:
        """The capture of this request and the state of the payment, consistently, in one round trip. 4 read units."""
        entry, state = self._read(wallet_id, payment_id, capture_key(wallet_id, request))
        return capture_of(wallet_id, entry) if entry else None, state

    def for_release(self, wallet_id: str, payment_id: str) -> tuple[Release | None, State | None]:
        """The release of the payment, if any, and the payment's state, consistently, in one round trip. 4 read units."""
        digest = digest_of(payment_id)
        entry, state = self._read(wallet_id, payment_id, release_key(wallet_id, digest or ""))
        return release_of(wallet_id, entry) if entry else None, state

    def of_payment(self, wallet_id: str, payment: Digest) -> State | None:
        """The state of the payment with this digest, consistently. 3 read units."""
        wallet, stored, progress = self._storage.read(
            [wallet_key(wallet_id), payment_key(wallet_id, payment), progress_key(wallet_id, payment)]
        )
        return _state(wallet_id, wallet, stored, progress) if wallet and stored else None

    def for_cancellation(
        self, wallet_id: str, payment_id: str, request: Digest
    ) -> tuple[Cancellation | None, State | None]:
        """The cancellation of this request and the state of the payment, consistently, in one round trip. 4 read units."""
        entry, state = self._read(wallet_id, payment_id, cancellation_key(wallet_id, request))
        return cancellation_of(wallet_id, entry) if entry else None, state

    def others(self, keys: Sequence[Key]) -> dict[Key, Item | None]:
        """The budget items that a discount goes back to, consistently. 1 read unit each."""
        return dict(zip(keys, self._storage.read(keys), strict=True))

    def progress(self, payments: Sequence[Payment]) -> list[Progress]:
        """The progress of each payment, consistently, up to a hundred in a round trip. 1 read unit each; declined payments have none.

        Earlier versions did not store how a payment ended. For those, a second round trip reads the entry that ended it: 1 read unit each.
        """
        found = {
            payment.acceptance: progress_of_item(item) if item else progress_of(payment)
            for payment, item in self._with_items([each for each in payments if not each.decline], _progress_key)
        }
        without_ending = [payment for payment in payments if _lacks_its_ending(found.get(payment.acceptance))]
        for payment, entry in self._with_items(without_ending, lambda each: _ending_key(each, found[each.acceptance])):
            found[payment.acceptance] = replace(found[payment.acceptance], ended_by=_ended_by(entry))
        return [found.get(payment.acceptance) or progress_of(payment) for payment in payments]

    def _with_items(
        self, payments: Sequence[Payment], key_of: Callable[[Payment], Key]
    ) -> list[tuple[Payment, Item | None]]:
        keys = [key_of(each) for each in payments]
        items: list[Item | None] = []
        for start in range(0, len(keys), MOST_AT_ONCE):
            items += self._storage.read(keys[start : start + MOST_AT_ONCE])
        return list(zip(payments, items, strict=True))

    def cancellations(self, wallet_id: str, payment: Digest) -> list[Cancellation]:
        """The cancellations of a payment, oldest first, consistently. 1 read unit per 4 KB of all cancellations of the wallet."""
        query = Query(
            Table.LEDGER,
            partition_of(wallet_id),
            CANCELLATION,
            where=(Equals(("payment",), payment),),
            consistent=True,
        )
        found = [cancellation_of(wallet_id, item) for item in every_item(self._storage, query)]
        return sorted(found, key=lambda each: each.acceptance.id)

    def due_to_expire(self, at: datetime, limit: int) -> list[tuple[str, Digest]]:
        """The wallet and payment of each hold that expires at `at` or before, the longest expired first. Half a read unit per 4 KB."""
        later = text_of(at + timedelta(milliseconds=1))
        page = self._storage.query(Query(Table.LEDGER, EXPIRING, index=BY_EXPIRY, before=later, limit=limit))
        return [(item["pk"].removeprefix(PARTITION), item["sk"].removeprefix(PROGRESS)) for item in page.items]

    def capture(self, entry: Capture, progress: Progress, before: Progress) -> None:
        """Move the money from the hold to the merchant's payable account. 6 write units, and 1 for the index by expiry.

        Raises `ConditionsFailed` when the payment changed since it was read.
        """
        wallet_id = entry.acceptance.wallet_id
        held = ("purses", HELD, "amount")
        pay = Update(
            wallet_key(wallet_id), (Add(held, -entry.amount), Add(("due",), 1)), (AtLeast(held, entry.amount),)
        )
        record = Put(capture_key(wallet_id, entry.acceptance.digest), capture_item(entry), NOT_YET_STORED)
        self._commit(pay, record, progress_put(wallet_id, entry.payment, progress, before.version))

    def release(self, entry: Release, progress: Progress, state: State) -> None:
        """Move the money from the hold back to its purses, with a linked entry. 6 write units, and 1 for the index by expiry.

        Raises `ConditionsFailed` when the payment changed since it was read, the wallet's chain grew, or one of the purses was removed.
        """
        wallet = state.wallet
        key = release_key(wallet.id, entry.payment)
        head, item = linked(wallet.chain, keyed(key, release_item(entry)))
        held = ("purses", HELD, "amount")
        returned, still = moved(wallet, dict(entry.returned))
        debts = debts_after(wallet.debts, repaid=entry.repaid)
        # Cashback below zero and debts change only together with the chain, whose length is a condition already.
        recovered = wallet.negative and wallet.balance(CASHBACK) + dict(entry.returned).get(CASHBACK, 0) >= 0
        cleared = [negative_set(None)] if recovered else []
        give_back = Update(
            wallet_key(wallet.id),
            (Add(held, -entry.amount), *returned, head_set(head), *cleared, *debts_set(wallet.debts, debts)),
            (AtLeast(held, entry.amount), head_unchanged(wallet.chain), *still),
        )
        self._commit(
            give_back,
            Put(key, item, NOT_YET_STORED),
            progress_put(wallet.id, entry.payment, progress, state.progress.version),
        )

    def cancel(self, entry: Cancellation, progress: Progress, state: State, *returns: Write) -> None:
        """Move the money from the merchant's payable account to `refund_pending`. 6 write units.

        `returns` go back to the budgets that funded a discount: 2 more units each. Raises `ConditionsFailed` when the payment changed since
        it was read, or when limit usage is given back and the wallet's limit usage changed.
        """
        wallet_id, limit_usage = entry.acceptance.wallet_id, state.wallet.limit_usage
        freed = [limit_usage.given_back(entry.limit_usage.used)] if entry.limit_usage.version else []
        refund = Update(
            wallet_key(wallet_id),
            (
                Add(("purses", REFUND_PENDING, "amount"), entry.refund),
                Add(("due",), len(entry.months)),
                *map(usage_set, freed),
            ),
            (Equals(("kind",), "wallet"), *map(usage_follows, freed)),
        )
        record = Put(cancellation_key(wallet_id, entry.acceptance.digest), cancellation_item(entry), NOT_YET_STORED)
        self._commit(refund, record, progress_put(wallet_id, entry.payment, progress, state.progress.version), *returns)

    def _read(self, wallet_id: str, payment_id: str, entry: Key) -> tuple[Item | None, State | None]:
        digest = digest_of(payment_id)
        if digest is None or not is_id(wallet_id):
            return None, None
        wallet, stored, payment, progress = self._storage.read(
            [wallet_key(wallet_id), entry, payment_key(wallet_id, digest), progress_key(wallet_id, digest)]
        )
        # The key does not contain the time, but the id does: an id with another time names no payment.
        if wallet is None or payment is None or payment["id"] != payment_id:
            return None, None
        return stored, _state(wallet_id, wallet, payment, progress)

    def _commit(self, *writes: Write) -> None:
        commit(self._storage, self._patience, *writes)


def _progress_key(payment: Payment) -> Key:
    return progress_key(payment.acceptance.wallet_id, payment.acceptance.digest)


def _lacks_its_ending(progress: Progress | None) -> bool:
    """Whether the payment ended under a version that did not store how."""
    return progress is not None and progress.has_ended and progress.ended_by is None


def _ending_key(payment: Payment, progress: Progress) -> Key:
    """The key of the entry that ended the payment: its release, or, if it was captured, the cancellation of a reversal."""
    wallet_id, digest = payment.acceptance.wallet_id, payment.acceptance.digest
    if progress.captures:
        return cancellation_key(wallet_id, reversal_digest(wallet_id, digest))
    return release_key(wallet_id, digest)


def _ended_by(entry: Item | None) -> str:
    if entry is None:
        return CANCELLED
    return REVERSED if entry["kind"] == "cancellation" else str(entry["reason"])


def progress_put(wallet_id: str, payment: Digest, progress: Progress, before: int = 0) -> Put:
    """Store the progress if the stored version is still `before`; 0 means not stored yet."""
    unchanged = (Equals(("version",), before),) if before else NOT_YET_STORED
    return Put(progress_key(wallet_id, payment), progress_item(progress), unchanged)


def _state(wallet_id: str, wallet: Item, payment: Item, progress: Item | None) -> State:
    known = payment_of(wallet_id, payment)
    return State(
        wallet_of(wallet_id, wallet),
        known,
        entry_hash(payment),
        progress_of_item(progress) if progress else progress_of(known),
    )
