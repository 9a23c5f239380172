"""Write the member and the shop of an event into the storage of a dry run."""

import itertools

from eeum.dry_run.memory_store import InMemoryStorage
from eeum.merchants.rules import Merchant
from eeum.merchants.store import merchant_item, merchant_key
from eeum.storage import Item, Key, Put
from eeum.wallet.rules import Wallet
from eeum.wallet.store import wallet_key
from eeum.wallet.wallet_items import wallet_item


class StagingStore:
    """Write items without use cases, since an event may need a state that takes years to reach. In memory: no units."""

    def __init__(self, storage: InMemoryStorage) -> None:
        self._storage = storage
        self._numbers = itertools.count(1)

    def put_wallet(self, wallet: Wallet) -> None:
        self._put(wallet_key(wallet.id), wallet_item(wallet))

    def put_merchant(self, merchant: Merchant) -> None:
        self._put(merchant_key(merchant.id), merchant_item(merchant))

    def entry(self, key: Key) -> Item:
        """Return an entry that a use case has just stored. In memory: no read unit. Raises `LookupError` when it is missing."""
        (item,) = self._storage.read([key])
        if item is None:
            raise LookupError(f"nothing was stored under {key}")
        return item

    def _put(self, key: Key, item: Item) -> None:
        self._storage.transact([Put(key, item)], f"staged-{next(self._numbers)}")
