"""From a stored policy document to the rules it states, without pydantic: what is stored was validated when it was loaded."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from eeum.calendar import SEOUL
from eeum.policy.conditions import AllOf, Always, AnyOf, Between, Condition, HasFlag, Not, OneOf
from eeum.policy.rules import (
    Band,
    Layer,
    Limit,
    MerchantTerms,
    PolicyVersion,
    WalletTerms,
)

OWN_RATE = "merchant"
"""What stands for the merchant's own rate in a band of a document."""


def policy_of(document: Mapping[str, Any]) -> PolicyVersion:
    """The rules that a validated document states."""
    limits = {
        limit["id"]: Limit(limit["id"], limit["measure"], limit["amount"]) for limit in document.get("limits", ())
    }
    starts_at, ends_at = period_of(document)
    merchants = document["merchants"]
    return PolicyVersion(
        programme=document["programme"],
        version=document["version"],
        starts_at=starts_at,
        ends_at=ends_at,
        earns_from=frozenset(document["earns_from"]),
        wallet=WalletTerms(**document["wallet"]),
        merchants=MerchantTerms(
            districts=frozenset(merchants["districts"]),
            categories=frozenset(merchants["categories"]),
            excluded_categories=frozenset(merchants.get("excluded_categories", ())),
            excluded_above_revenue=merchants.get("excluded_above_revenue"),
        ),
        layers=tuple(_layer(layer, limits) for layer in document["layers"]),
    )


def period_of(document: Mapping[str, Any]) -> tuple[datetime, datetime | None]:
    """When the version starts, and when it ends for good, if it says so."""
    ends_at = document.get("ends_at")
    return _instant(document["starts_at"]), _instant(ends_at) if ends_at is not None else None


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(SEOUL)


def _layer(document: Mapping[str, Any], limits: Mapping[str, Limit]) -> Layer:
    own = [limits[limit] for limit in document.get("limits", ())]
    condition = document.get("when")
    return Layer(
        id=document["id"],
        title=document["title"],
        condition=condition_of(condition) if condition is not None else Always(),
        bands=tuple(
            Band(
                band["from"],
                band["up_to"],
                None if band["rate_basis_points"] == OWN_RATE else band["rate_basis_points"],
            )
            for band in document["bands"]
        ),
        spend_limits=tuple(limit for limit in own if limit.measure == "spend"),
        reward_limits=tuple(limit for limit in own if limit.measure == "reward"),
        counts_all=document.get("counts", "accepted") == "all",
        funders=tuple(funder["funder"] for funder in document["funders"]),
        shares=tuple(funder["share"] for funder in document["funders"]),
    )


def condition_of(document: Mapping[str, Any]) -> Condition:
    """The condition that a validated `when` states; its forms are listed in docs/policy-language.md."""
    if "all" in document:
        return AllOf(tuple(condition_of(part) for part in document["all"]))
    if "any" in document:
        return AnyOf(tuple(condition_of(part) for part in document["any"]))
    if "not" in document:
        return Not(condition_of(document["not"]))
    if "in" in document:
        return OneOf(document["fact"], frozenset(document["in"]))
    if "has" in document:
        return HasFlag(document["fact"], document["has"])
    return Between(document["fact"], document.get("above"), document.get("at_most"))
