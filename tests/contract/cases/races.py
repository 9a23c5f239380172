"""Transactions from several threads: each sees all of another's writes or none."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

from eeum.storage import (
    NOT_YET_STORED,
    Add,
    AtLeast,
    ConditionsFailed,
    Contended,
    Key,
    Put,
    Storage,
    Table,
    Update,
)
from tests.contract.cases import case
from tests.contract.examples import item_at, send

WALLET = Key(Table.LEDGER, "WALLET#one", "WALLET")
THREADS, TRIES, HELD = 8, 12, 50


@case
def one_balance_is_spent_once_by_many_threads(storage: Storage) -> None:
    send(storage, Put(WALLET, {"amount": HELD}))
    entries = [Key(Table.LEDGER, "WALLET#one", f"PAYMENT#{number}") for number in range(THREADS * TRIES)]
    ready = threading.Barrier(THREADS)

    def spend(thread: int) -> list[Key]:
        ready.wait()
        return [key for key in entries[thread::THREADS] if _spent(storage, key)]

    with ThreadPoolExecutor(THREADS) as threads:
        done = [key for spent in threads.map(spend, range(THREADS)) for key in spent]
    wallet = item_at(storage, WALLET)
    assert wallet is not None
    assert (len(done), wallet["amount"]) == (HELD, 0)
    assert {key for key, item in zip(entries, storage.read(entries), strict=True) if item} == set(done)


def _spent(storage: Storage, entry: Key) -> bool:
    debit = Update(WALLET, (Add(("amount",), -1),), (AtLeast(("amount",), 1),))
    token = str(uuid.uuid4())
    while True:
        try:
            storage.transact([debit, Put(entry, {"kind": "payment"}, NOT_YET_STORED)], token)
        except ConditionsFailed:
            return False
        except Contended:
            continue
        return True


@case
def one_claim_is_won_by_one_of_many_threads(storage: Storage) -> None:
    ready = threading.Barrier(THREADS)

    def claim(thread: int) -> list[int]:
        ready.wait()
        return [round_number for round_number in range(TRIES) if _claimed(storage, round_number, thread)]

    with ThreadPoolExecutor(THREADS) as threads:
        won = [round_number for rounds in threads.map(claim, range(THREADS)) for round_number in rounds]
    assert sorted(won) == list(range(TRIES))


def _claimed(storage: Storage, round_number: int, thread: int) -> bool:
    key = Key(Table.LEDGER, "WALLET#one", f"EARNING#{round_number}")
    while True:
        try:
            send(storage, Put(key, {"by": thread}, NOT_YET_STORED))
        except ConditionsFailed:
            return False
        except Contended:
            continue
        return True
