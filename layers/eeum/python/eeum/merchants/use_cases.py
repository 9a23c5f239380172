"""Applications of owners, decisions of operators, and finding merchants."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from eeum.errors import AlreadyApplied, AlreadyDecided, NotFound
from eeum.merchants.rules import (
    Decision,
    Merchant,
    MerchantStatus,
    Shop,
    apply,
    check_shop,
    decide,
    merchant_id_of,
)
from eeum.merchants.store import MerchantStore
from eeum.policy.use_cases import PolicyBook
from eeum.storage import ConditionsFailed

NO_SUCH_MERCHANT = "There is no such merchant."
NUMBER_TAKEN = "This business registration number has an application already."


class MerchantDependencies(NamedTuple):
    """What the use cases of merchants work with; `composition` makes it."""

    merchants: MerchantStore
    policies: PolicyBook
    clock: Callable[[], datetime]


class ApplyForMerchant(NamedTuple):
    """Apply with a shop, as its owner."""

    shop: Shop
    owner: str


class DecideApplication(NamedTuple):
    """Approve or reject an application; the one made at `reviewed`, if that is given."""

    merchant_id: str
    decision: Decision
    reviewed: datetime | None = None


def apply_for_merchant(command: ApplyForMerchant, using: MerchantDependencies) -> Merchant:
    """Stores an application; the same application again, by the same owner, gives the one that is there.

    Raises:
        Invalid: a district or category that the programme does not know.
        MerchantExcluded: the programme excludes such shops.
        AlreadyApplied: the number has an application that is waiting or approved.
    """
    (shop, owner), store, now = command, using.merchants, using.clock()
    check_shop(shop, using.policies.running_at(now).merchants)
    before = store.merchant(merchant_id_of(shop.business_registration_number))
    if before and before.status is not MerchantStatus.REJECTED:
        return _the_same(before, shop, owner)
    application = apply(shop, owner, now, before)
    try:
        if before:
            store.replace(application, before)
        else:
            store.add(application)
    except ConditionsFailed as failed:
        # Another application was faster; it may be the same one, sent twice.
        faster = store.merchant(application.id)
        if faster is None:
            raise AlreadyApplied(NUMBER_TAKEN) from failed
        return _the_same(faster, shop, owner)
    return application


def _the_same(merchant: Merchant, shop: Shop, owner: str) -> Merchant:
    """`merchant`, if `owner` applies with the same shop; raises `AlreadyApplied` otherwise."""
    if merchant.owner != owner or merchant.shop != shop:
        raise AlreadyApplied(NUMBER_TAKEN)
    return merchant


def decide_application(command: DecideApplication, using: MerchantDependencies) -> Merchant:
    """Approves or rejects an application; a decided one stays as it is.

    Raises:
        NotFound: no such application.
        MerchantExcluded: the policy in force excludes a shop to be approved.
        AlreadyDecided: it was decided before.
        ApplicationChanged: it is not the one that was reviewed, or may not be.
    """
    merchant_id, decision, reviewed = command
    merchant = application(using.merchants, merchant_id)
    decided = decide(merchant, decision, reviewed)
    if decision.status is MerchantStatus.APPROVED:
        check_shop(merchant.shop, using.policies.running_at(decision.decided_at).merchants)
    try:
        using.merchants.replace(decided, merchant)
    except ConditionsFailed as failed:
        raise AlreadyDecided("Another operator has just decided the application.") from failed
    return decided


def application(store: MerchantStore, merchant_id: str) -> Merchant:
    """An application as operators see it; raises `NotFound`."""
    merchant = store.merchant(merchant_id)
    if merchant is None:
        raise NotFound(NO_SUCH_MERCHANT)
    return merchant


def visible_merchant(store: MerchantStore, merchant_id: str, caller: str) -> Merchant:
    """A merchant, if it is approved or the caller owns it; raises `NotFound` otherwise."""
    merchant = application(store, merchant_id)
    if merchant.status is not MerchantStatus.APPROVED and merchant.owner != caller:
        raise NotFound(NO_SUCH_MERCHANT)
    return merchant


def owned_merchant(store: MerchantStore, merchant_id: str, owner: str) -> Merchant:
    """The merchant, if `owner` owns it; raises `NotFound` for any other."""
    merchant = store.merchant(merchant_id)
    if merchant is None or merchant.owner != owner:
        raise NotFound(NO_SUCH_MERCHANT)
    return merchant
