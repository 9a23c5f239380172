"""Merchants in their own table, with the order of each index: one function per access pattern, with its cost."""

from collections.abc import Sequence
from typing import NamedTuple

from eeum.calendar import parse_instant, text_of
from eeum.ids import is_id
from eeum.merchants.rules import Decision, Merchant, MerchantStatus, Shop
from eeum.storage import (
    BY_LISTING,
    BY_OWNER,
    BY_REVIEW,
    NOT_YET_STORED,
    Equals,
    Index,
    Item,
    Key,
    Put,
    Query,
    Storage,
    Table,
)
from eeum.unit_of_work import Patience, commit

WAITING = "applied"
MOST_READ = 100
"""Items of one round trip."""


class Merchants(NamedTuple):
    """A page of merchants, and the cursor of the next."""

    merchants: list[Merchant]
    cursor: str | None


def merchant_key(merchant_id: str) -> Key:
    return Key(Table.MERCHANTS, f"MERCHANT#{merchant_id}", "MERCHANT")


class MerchantStore:
    def __init__(self, storage: Storage, patience: Patience) -> None:
        self._storage = storage
        self._patience = patience

    def merchant(self, merchant_id: str) -> Merchant | None:
        """One merchant, consistently; None for text that is not an id. 1 read unit."""
        if not is_id(merchant_id):
            return None
        (item,) = self._storage.read([merchant_key(merchant_id)])
        return merchant_of(item) if item else None

    def merchants(self, merchant_ids: Sequence[str]) -> list[Merchant]:
        """Those of the merchants that there are, consistently: a round trip for each hundred, 1 read unit each."""
        keys = [merchant_key(each) for each in merchant_ids if is_id(each)]
        found = [
            item
            for start in range(0, len(keys), MOST_READ)
            for item in self._storage.read(keys[start : start + MOST_READ])
        ]
        return [merchant_of(item) for item in found if item]

    def add(self, merchant: Merchant) -> None:
        """Store a first application; `ConditionsFailed` if one exists. 2 write units, and 2 for the indexes."""
        commit(self._storage, self._patience, Put(merchant_key(merchant.id), merchant_item(merchant), NOT_YET_STORED))

    def replace(self, merchant: Merchant, before: Merchant) -> None:
        """Store the merchant that follows `before`; `ConditionsFailed` if it changed since. 2 write units, and up to 4 for the indexes."""
        unchanged = (Equals(("status",), before.status.value), Equals(("applied_at",), text_of(before.applied_at)))
        commit(self._storage, self._patience, Put(merchant_key(merchant.id), merchant_item(merchant), unchanged))

    def listed(self, district: str, category: str | None, limit: int, after: str | None) -> Merchants:
        """Approved merchants of a district, by category and name. Half a read unit per 4 KB."""
        prefix = f"{category}#" if category else ""
        return self._page(BY_LISTING, district, prefix, limit, after)

    def waiting(self, limit: int, after: str | None) -> Merchants:
        """Applications that await a decision, the oldest first. Half a read unit per 4 KB."""
        return self._page(BY_REVIEW, WAITING, "", limit, after)

    def owned_by(self, owner: str, limit: int, after: str | None) -> Merchants:
        """An owner's merchants of any status. Half a read unit per 4 KB."""
        return self._page(BY_OWNER, owner, "", limit, after)

    def _page(self, index: Index, partition: str, prefix: str, limit: int, after: str | None) -> Merchants:
        page = self._storage.query(Query(Table.MERCHANTS, partition, prefix, index=index, limit=limit, after=after))
        return Merchants([merchant_of(item) for item in page.items], page.cursor)


def merchant_item(merchant: Merchant) -> Item:
    shop = merchant.shop
    item: Item = {
        "kind": "merchant",
        "id": merchant.id,
        "owner": merchant.owner,
        "business_registration_number": shop.business_registration_number,
        "name": shop.name,
        "district": shop.district,
        "category": shop.category,
        "annual_revenue": shop.annual_revenue,
        "flags": sorted(shop.flags),
        "own_rate": shop.own_rate,
        "status": merchant.status.value,
        "applied_at": text_of(merchant.applied_at),
        "payable_from": text_of(merchant.payable_from) if merchant.payable_from else None,
        "decisions": [
            {
                "status": decision.status.value,
                "operator": decision.operator,
                "decided_at": text_of(decision.decided_at),
                "reason": decision.reason,
            }
            for decision in merchant.decisions
        ],
    }
    # Sparse indexes: the review lists only applications that wait, the public listing only approved merchants.
    if merchant.status is MerchantStatus.APPLIED:
        item["review"] = WAITING
    if merchant.status is MerchantStatus.APPROVED:
        item["listed_in"] = shop.district
        item["listing"] = f"{shop.category}#{shop.name}#{merchant.id}"
    return item


def merchant_of(item: Item) -> Merchant:
    return Merchant(
        id=item["id"],
        owner=item["owner"],
        shop=Shop(
            business_registration_number=item["business_registration_number"],
            name=item["name"],
            district=item["district"],
            category=item["category"],
            annual_revenue=item["annual_revenue"],
            flags=frozenset(item["flags"]),
            own_rate=item["own_rate"],
        ),
        status=MerchantStatus(item["status"]),
        applied_at=parse_instant(item["applied_at"], "applied_at"),
        payable_from=parse_instant(item["payable_from"], "payable_from") if item["payable_from"] else None,
        decisions=tuple(
            Decision(
                MerchantStatus(decision["status"]),
                decision["operator"],
                parse_instant(decision["decided_at"], "decided_at"),
                decision["reason"],
            )
            for decision in item["decisions"]
        ),
    )
