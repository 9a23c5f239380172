"""Every function of the audit's store."""

from eeum.audit.store import AuditStore
from eeum.balances.rebuild_store import RebuildStore
from eeum.balances.rules import BalancePage, Holder, Projection, page_of
from eeum.balances.store import BalanceStore
from eeum.journal.accounts import HolderKind
from eeum.journal.partitions import partition_of
from eeum.storage import ProjectionStorage, Storage
from tests.contract.cases import case
from tests.contract.examples import NOON, pages_of, stored_wallet
from tests.patience import patience_of

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
    assert store.partition("WALLET#unknown") == []


@case
def all_projected_balances_are_read_by_account_unless_they_are_being_rebuilt(storage: ProjectionStorage) -> None:
    store, rebuilding, appending = (
        AuditStore(storage),
        RebuildStore(storage, patience_of()),
        BalanceStore(storage, patience_of()),
    )
    assert store.balances() == {}
    projection = Projection(1, as_of=NOON)
    rebuilding.change_projection(projection, None)
    rebuilding.replace(page_of(SHOP), BalancePage(1, 0, NOON, {SHOP: {"payable": 900}}), is_new=True)
    rebuilding.replace("PROGRAMME", BalancePage(1, 0, NOON, {BANK: {"balance": -5_000, "issued": 5_000}}), is_new=True)
    # Including batches that no fold has added yet.
    waiting = {SHOP: {"payable": 100}, CITY: {"balance": -70}}
    appending.append("shard", appending.fold_state("shard"), 1, waiting, NOON)
    assert store.balances() == {
        "merchant_payable/shop": 1_000,
        "merchant_reward/shop": 0,
        "funder/city@2021": -70,
        "bank/국민": -5_000,
    }
    rebuilding.change_projection(Projection(2, rebuilding=True), projection)
    assert store.balances() is None
