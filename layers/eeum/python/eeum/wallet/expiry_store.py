"""Expiries in the ledger table: one function per access pattern, with its cost."""

from eeum.calendar import parse_instant, text_of
from eeum.journal.chain import linked
from eeum.journal.kinds import KINDS
from eeum.journal.partitions import partition_of
from eeum.storage import NOT_YET_STORED, Add, Change, Condition, Equals, Item, Key, Put, Remove, Storage, Table, Update
from eeum.unit_of_work import Patience, commit
from eeum.wallet.expiry import Expiry
from eeum.wallet.rules import Purse, Wallet
from eeum.wallet.store import head_set, head_unchanged, keyed, wallet_key

EXPIRY = KINDS["expiry"].prefix


def expiry_key(wallet: Wallet) -> Key:
    """The key of an expiry: the number of its link in the wallet's chain, which is unique."""
    return Key(Table.LEDGER, partition_of(wallet.id), f"{EXPIRY}{wallet.chain.length + 1:08}")


def expiry_item(expiry: Expiry) -> Item:
    return {
        "kind": "expiry",
        "purses": dict(expiry.purses),
        "amount": expiry.amount,
        "accepted_at": text_of(expiry.accepted_at),
        "postings": expiry.postings,
    }


def expiry_of_item(wallet_id: str, item: Item) -> Expiry:
    return Expiry(wallet_id, parse_instant(item["accepted_at"], "accepted_at"), item["purses"])


class ExpiryStore:
    def __init__(self, storage: Storage, patience: Patience) -> None:
        self._storage = storage
        self._patience = patience

    def sweep(self, wallet: Wallet, expiry: Expiry | None, past: list[Purse]) -> None:
        """Move expired rewards out of their purses with a linked entry, and drop the `past` purses. 4 write units, 2 where nothing expired.

        Raises `ConditionsFailed` when one of the purses changed since the wallet was read, or its chain grew.
        """
        gone = {each.id for each in past}
        changes: list[Change] = [Remove(("purses", each.id)) for each in past]
        conditions: list[Condition] = [head_unchanged(wallet.chain)]
        conditions += [Equals(("purses", each.id, "amount"), each.amount) for each in past]
        puts: list[Put] = []
        if expiry is not None:
            for purse_id, won in expiry.purses.items():
                if purse_id not in gone:
                    amount = ("purses", purse_id, "amount")
                    changes.append(Add(amount, -won))
                    conditions.append(Equals(amount, won))
            key = expiry_key(wallet)
            head, item = linked(wallet.chain, keyed(key, expiry_item(expiry)))
            changes.append(head_set(head))
            puts.append(Put(key, item, NOT_YET_STORED))
        update = Update(wallet_key(wallet.id), tuple(changes), tuple(conditions))
        commit(self._storage, self._patience, update, *puts)
