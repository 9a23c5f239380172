"""What a merchant is, who may become one, and from when it accepts payments: pure functions over plain values."""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from eeum.calendar import start_of_next_day
from eeum.errors import AlreadyDecided, ApplicationChanged, Invalid, MerchantExcluded
from eeum.ids import natural_id
from eeum.policy.rules import MerchantTerms

_WEIGHTS = (1, 3, 7, 1, 3, 7, 1, 3, 5)
LOWEST_ASSIGNED = "101"
NO_KIND_OF_BUSINESS = "00"
_WRITTEN = re.compile(r"[0-9]{3}-?[0-9]{2}-?[0-9]{5}")


class MerchantStatus(StrEnum):
    APPLIED = "applied"
    APPROVED = "approved"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Shop:
    """The owner's description of the shop. `annual_revenue` in won; `own_rate` in basis points, funded by the merchant."""

    business_registration_number: str
    name: str
    district: str
    category: str
    annual_revenue: int
    flags: frozenset[str] = frozenset()
    own_rate: int = 0


class Decision(NamedTuple):
    """An operator's decision, with its time and reason."""

    status: MerchantStatus
    operator: str
    decided_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Merchant:
    """A shop with its application; it accepts payments from `payable_from` on, the day after its approval."""

    id: str
    owner: str
    shop: Shop
    status: MerchantStatus
    applied_at: datetime
    payable_from: datetime | None = None
    decisions: tuple[Decision, ...] = ()


def merchant_id_of(business_registration_number: str) -> str:
    """The merchant's id: a place of business has one registration number (사업자등록번호), so it is one merchant."""
    return natural_id("merchant", business_registration_number)


def parse_business_registration_number(text: str) -> str:
    """The ten digits of a registration number, written with or without hyphens. Raises `Invalid`.

    The last digit checks the others. Their sum weighted by 1 3 7 1 3 7 1 3 5, plus the tens of the ninth digit times 5, plus the check
    digit is a multiple of ten. The National Tax Service assigns 101 to 999 as the first three digits (once the code of a tax office) and 01
    to 99 as the next two (the kind of business). The next four are a serial number from 0001; 0000 is accepted, as in earlier versions.
    """
    if not _WRITTEN.fullmatch(text):
        raise Invalid("business_registration_number", "must be ten digits such as 124-81-00998", "malformed")
    number = text.replace("-", "")
    digits = [int(digit) for digit in number]
    weighted = sum(digit * weight for digit, weight in zip(digits[:9], _WEIGHTS, strict=True))
    if (weighted + digits[8] * 5 // 10 + digits[9]) % 10:
        raise Invalid("business_registration_number", "has a check digit that does not match", "check_digit")
    if number[:3] < LOWEST_ASSIGNED or number[3:5] == NO_KIND_OF_BUSINESS:
        raise Invalid(
            "business_registration_number",
            f"is never assigned: its first three digits must be {LOWEST_ASSIGNED} or above, and the next two, the kind of business, not 00",
            "never_assigned",
        )
    return number


def check_shop(shop: Shop, terms: MerchantTerms) -> None:
    """Raises `Invalid` for a district, category or flag unknown to the programme, `MerchantExcluded` for one that it excludes."""
    if shop.district not in terms.districts:
        raise Invalid("district", f"is not one of {', '.join(sorted(terms.districts))}", "unknown_district")
    if shop.category not in terms.categories:
        raise Invalid("category", f"is not one of {', '.join(sorted(terms.categories))}", "unknown_category")
    if unknown := sorted(shop.flags - terms.flags):
        raise Invalid(
            "flags", f"has {', '.join(unknown)}, but may have only {', '.join(sorted(terms.flags))}", "unknown_flag"
        )
    if terms.exclude(shop.category, shop.annual_revenue):
        raise MerchantExcluded("The programme excludes merchants of this category or annual revenue.")


def apply(shop: Shop, owner: str, applied_at: datetime, before: Merchant | None) -> Merchant:
    """The application to store, with the decisions on an earlier, rejected one."""
    return Merchant(
        id=merchant_id_of(shop.business_registration_number),
        owner=owner,
        shop=shop,
        status=MerchantStatus.APPLIED,
        applied_at=applied_at,
        decisions=before.decisions if before else (),
    )


def decide(merchant: Merchant, decision: Decision, reviewed: datetime | None) -> Merchant:
    """The merchant after an operator's decision; an approved one accepts payments from the next day.

    `reviewed` is when the application that the operator read was made. It may be left out for a first application. After a rejection it is
    required, since another owner may have applied under the same id.

    Raises `AlreadyDecided` and `ApplicationChanged`.
    """
    if merchant.status is not MerchantStatus.APPLIED:
        raise AlreadyDecided(f"The application is {merchant.status} already.")
    if reviewed is None and merchant.decisions:
        raise ApplicationChanged(
            "An earlier application was rejected; name the applied_at of the one that was reviewed."
        )
    if reviewed is not None and reviewed != merchant.applied_at:
        raise ApplicationChanged("Another application replaced the one that was reviewed; read it first.")
    approved = decision.status is MerchantStatus.APPROVED
    return replace(
        merchant,
        status=decision.status,
        payable_from=start_of_next_day(decision.decided_at) if approved else None,
        decisions=(*merchant.decisions, decision),
    )


def accepts_payments(merchant: Merchant, instant: datetime) -> bool:
    """Whether the merchant is approved and the first day on which it accepts payments has come."""
    return (
        merchant.status is MerchantStatus.APPROVED
        and merchant.payable_from is not None
        and merchant.payable_from <= instant
    )
