"""Every function of the audit's store."""

from eeum.audit.store import AuditStore
from eeum.balances.items import balance_item, balance_key
from eeum.balances.rules import Holder, HolderKind
from eeum.balances.store import PROJECTION
from eeum.storage import Put, Storage
from eeum.wallet.store import partition_of
from tests.contract.cases import case
from tests.contract.examples import pages_of, send, stored_wallet

SHOP = Holder(HolderKind.MERCHANT, "shop")
CITY = Holder(HolderKind.FUNDER, "city", "2021")
BANK = Holder(HolderKind.BANK, "국민")


@case
def the_ledger_is_read_in_segments_and_each_wallet_whole(storage: Storage) -> None:
    store = AuditStore(storage)
    wallets = [stored_wallet(storage, f"member-{number}", charged=number) for number in range(5)]
    found = []
    for segment in range(2):

        def page(cursor: str | None, segment: int = segment) -> tuple[list[str], str | None]:
            read = store.page(segment, 2, cursor)
            return [item["pk"] for item in read.items], read.cursor

        found += pages_of(page)
    assert sorted(found) == sorted(partition_of(wallet.id) for wallet in wallets)
    assert [item["purses"]["charged"]["amount"] for item in store.partition(partition_of(wallets[3].id))] == [3]
    assert store.partition("WALLET#nobody") == []


@case
def all_projected_balances_are_read_by_account_unless_they_are_being_rebuilt(storage: Storage) -> None:
    store = AuditStore(storage)
    assert store.balances() == {}
    counts = {SHOP: {"payable": 1_000}, CITY: {"balance": -70}, BANK: {"balance": -5_000, "issued": 5_000}}
    send(storage, *(Put(balance_key(holder), balance_item(holder, each, 1)) for holder, each in counts.items()))
    rebuilt = {"kind": "projection", "generation": 1, "cut": None}
    send(storage, Put(PROJECTION, {**rebuilt, "rebuilding": False}))
    assert store.balances() == {
        "merchant_payable/shop": 1_000,
        "merchant_reward/shop": 0,
        "funder/city@2021": -70,
        "bank/국민": -5_000,
    }
    send(storage, Put(PROJECTION, {**rebuilt, "rebuilding": True}))
    assert store.balances() is None
