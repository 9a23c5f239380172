"""What a dry run puts into its storage before an event: the member as the event describes it, and the shop."""

import itertools

from eeum.dry_run.memory_store import InMemoryStorage
from eeum.merchants.rules import Merchant
from eeum.merchants.store import merchant_item, merchant_key
from eeum.storage import Item, Key, Put
from eeum.wallet.rules import Wallet
from eeum.wallet.store import wallet_key
from eeum.wallet.wallet_items import wallet_item


class StagingStore:
    """Writes past the use cases: what would take a member years happens before the next event. In memory, and no units."""

    def __init__(self, storage: InMemoryStorage) -> None:
        self._storage = storage
        self._numbers = itertools.count(1)

    def put_wallet(self, wallet: Wallet) -> None:
        self._put(wallet_key(wallet.id), wallet_item(wallet))

    def put_merchant(self, merchant: Merchant) -> None:
        self._put(merchant_key(merchant.id), merchant_item(merchant))

    def entry(self, key: Key) -> Item:
        """An entry that a use case has stored just now. In memory: no read unit."""
        (item,) = self._storage.read([key])
        if item is None:
            raise LookupError(f"nothing was stored under {key}")
        return item

    def _put(self, key: Key, item: Item) -> None:
        self._storage.transact([Put(key, item)], f"staged-{next(self._numbers)}")
