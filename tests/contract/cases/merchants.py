"""Every function of the merchant store."""

from dataclasses import replace
from datetime import timedelta

import pytest

from eeum.merchants.rules import Decision, Merchant, MerchantStatus
from eeum.merchants.store import MerchantStore
from eeum.storage import ConditionsFailed, Storage
from tests.contract.cases import case
from tests.contract.examples import NOON, approved, merchant, pages_of
from tests.patience import patience_of

NUMBERS = [f"{number:010}" for number in range(8)]
LATER = NOON + timedelta(milliseconds=1)


def _store(storage: Storage) -> MerchantStore:
    return MerchantStore(storage, patience_of())


@case
def an_application_is_stored_once(storage: Storage) -> None:
    store = _store(storage)
    applied = merchant(flags=frozenset({"benefit_plus", "partner"}))
    store.add(applied)
    with pytest.raises(ConditionsFailed):
        store.add(merchant(name="다른 가게"))
    assert store.merchant(applied.id) == applied
    assert store.merchant(merchant(NUMBERS[0]).id) is None


@case
def more_than_a_hundred_merchants_are_read_by_id_without_unknown_ones(
    storage: Storage,
) -> None:
    store = _store(storage)
    stored = [merchant(number) for number in NUMBERS[:3]]
    for each in stored:
        store.add(each)
    unknown = [merchant(f"{number:010}").id for number in range(100, 200)]
    assert store.merchants([stored[0].id, *unknown, stored[1].id, "no id", stored[2].id]) == stored
    assert store.merchants([]) == []


@case
def a_decision_replaces_the_application(storage: Storage) -> None:
    store = _store(storage)
    applied = merchant()
    store.add(applied)
    rejected = replace(
        applied,
        status=MerchantStatus.REJECTED,
        decisions=(Decision(MerchantStatus.REJECTED, "operator", NOON, "사업장이 인천 밖입니다."),),
    )
    store.replace(rejected, applied)
    assert store.merchant(applied.id) == rejected
    again = replace(rejected, status=MerchantStatus.APPLIED, applied_at=LATER, owner="다른 주인")
    store.replace(again, rejected)
    accepted = replace(again, status=MerchantStatus.APPROVED, payable_from=LATER)
    store.replace(accepted, again)
    assert store.merchant(applied.id) == accepted


@case
def a_merchant_that_changed_since_the_read_is_not_replaced(storage: Storage) -> None:
    store = _store(storage)
    applied = merchant()
    store.add(applied)
    accepted = replace(applied, status=MerchantStatus.APPROVED, payable_from=NOON)
    for before in (
        replace(applied, status=MerchantStatus.REJECTED),
        replace(applied, applied_at=LATER),
    ):
        with pytest.raises(ConditionsFailed):
            store.replace(accepted, before)
    with pytest.raises(ConditionsFailed):
        store.replace(approved(NUMBERS[0]), merchant(NUMBERS[0]))
    assert store.merchant(applied.id) == applied


def _listed(store: MerchantStore, district: str, category: str | None, limit: int) -> list[Merchant]:
    return pages_of(lambda cursor: store.listed(district, category, limit, cursor))


@case
def approved_merchants_are_listed_by_district_category_and_name(storage: Storage) -> None:
    store = _store(storage)
    cafes = [approved(NUMBERS[n], name, category="cafe") for n, name in enumerate(("Zoo", "가나", "나무", "나무"))]
    shop = approved(NUMBERS[4], "가", category="restaurant")
    others = [approved(NUMBERS[5], "가", category="cafe", district="seo"), merchant(NUMBERS[6], category="cafe")]
    for each in (shop, *cafes, *others):
        store.add(each)
    cafes.sort(key=lambda each: (each.shop.name, each.id))
    for limit in (1, 2, 5, 50):
        assert _listed(store, "yeonsu", None, limit) == [*cafes, shop]
        assert _listed(store, "yeonsu", "cafe", limit) == cafes
        assert _listed(store, "yeonsu", "caf", limit) == []
        assert _listed(store, "seo", None, limit) == others[:1]
        assert _listed(store, "dong", None, limit) == []


@case
def undecided_applications_are_listed_oldest_first(storage: Storage) -> None:
    store = _store(storage)
    waiting = [merchant(NUMBERS[n], applied_at=NOON + timedelta(seconds=n)) for n in (2, 0, 1, 3)]
    for each in waiting:
        store.add(each)
    waiting.sort(key=lambda each: each.applied_at)
    for limit in (1, 3, 4, 50):
        assert pages_of(lambda cursor, limit=limit: store.waiting(limit, cursor)) == waiting  # type: ignore[misc]
    store.replace(replace(waiting[1], status=MerchantStatus.APPROVED, payable_from=NOON), waiting[1])
    store.replace(replace(waiting[2], status=MerchantStatus.REJECTED), waiting[2])
    assert store.waiting(50, None).merchants == [waiting[0], waiting[3]]
    assert len(_listed(store, "yeonsu", None, 50)) == 1


@case
def an_owner_finds_merchants_of_every_status(storage: Storage) -> None:
    store = _store(storage)
    own = [merchant(NUMBERS[0]), approved(NUMBERS[1]), merchant(NUMBERS[2], status=MerchantStatus.REJECTED)]
    for each in (*own, merchant(NUMBERS[3], owner="another")):
        store.add(each)
    own.sort(key=lambda each: each.id)
    for limit in (1, 2, 50):
        assert pages_of(lambda cursor, limit=limit: store.owned_by("owner", limit, cursor)) == own  # type: ignore[misc]
    assert store.owned_by("unknown", 50, None) == ([], None)
