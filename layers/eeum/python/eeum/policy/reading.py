"""Build the rules of a stored policy document. No pydantic: the document was validated before it was stored."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from eeum.calendar import SEOUL
from eeum.policy.conditions import (
    FLAGS,
    AllOf,
    Always,
    AnyOf,
    Between,
    Condition,
    HasFlag,
    Not,
    OneOf,
    TimeOfDay,
    Within,
)
from eeum.policy.rules import (
    CASHBACK_PURSE,
    Band,
    Layer,
    Limit,
    MerchantTerms,
    PolicyVersion,
    Pool,
    RewardKind,
    RewardPurse,
    Steps,
    WalletTerms,
)
from eeum.policy.windows import Window

OWN_RATE = "merchant"
"""The rate in a document's band that means the merchant's own rate."""


def policy_of(document: Mapping[str, Any]) -> PolicyVersion:
    """Return the rules that a validated document states."""
    limits = {limit["id"]: _limit(limit) for limit in document.get("limits", ())}
    starts_at, ends_at = period_of(document)
    merchants = document["merchants"]
    pools = [Pool(pool["id"], window_of(pool), pool["amount"]) for pool in document.get("pools", ())]
    purses = [_purse(purse) for purse in document.get("purses", ())]
    return PolicyVersion(
        programme=document["programme"],
        version=document["version"],
        starts_at=starts_at,
        ends_at=ends_at,
        earns_from=frozenset(document["earns_from"]),
        wallet=_wallet(document["wallet"], limits),
        merchants=MerchantTerms(
            districts=frozenset(merchants["districts"]),
            categories=frozenset(merchants["categories"]),
            excluded_categories=frozenset(merchants.get("excluded_categories", ())),
            excluded_above_revenue=merchants.get("excluded_above_revenue"),
            flags=FLAGS | frozenset(merchants.get("flags", ())),
        ),
        layers=tuple(_layer(layer, limits) for layer in document["layers"]),
        pools={pool.id: pool for pool in pools},
        groups={group["id"]: group["counts"] for group in document.get("groups", ())},
        purses={purse.id: purse for purse in purses},
        names=document.get("names") or {},
    )


def period_of(document: Mapping[str, Any]) -> tuple[datetime, datetime | None]:
    """The version's start, and its end if the document sets one."""
    ends_at = document.get("ends_at")
    return _instant(document["starts_at"]), _instant(ends_at) if ends_at is not None else None


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(SEOUL)


def _limit(document: Mapping[str, Any]) -> Limit:
    carries_over_from = document.get("carries_over_from")
    return Limit(
        id=document["id"],
        measure=document["measure"],
        amount=document["amount"],
        window=window_of(document),
        carries_over_from=_instant(carries_over_from) if carries_over_from is not None else None,
    )


def window_of(document: Mapping[str, Any]) -> Window:
    """The window of a limit or a pool; only an event has `from` and `until`."""
    start, until = document.get("from"), document.get("until")
    return Window(
        document["window"],
        _instant(start) if start is not None else None,
        _instant(until) if until is not None else None,
    )


def _purse(document: Mapping[str, Any]) -> RewardPurse:
    expires_after = document.get("expires_after") or {}
    spendable_at = document.get("spendable_at")
    return RewardPurse(
        id=document["id"],
        title=document["title"],
        months=expires_after.get("months"),
        years=expires_after.get("years"),
        spendable_at=condition_of(spendable_at) if spendable_at is not None else None,
        spendable_at_document=spendable_at,
    )


def _wallet(document: Mapping[str, Any], limits: Mapping[str, Limit]) -> WalletTerms:
    return WalletTerms(
        minimum_top_up=document["minimum_top_up"],
        holding_limit=document["holding_limit"],
        holding_limit_verified=document["holding_limit_verified"],
        spends_first=document.get("spends_first", "member_chooses"),
        top_up_limits=tuple(limits[limit] for limit in document.get("top_up_limits", ())),
    )


def _steps(document: Mapping[str, Any]) -> Steps:
    reached = tuple((step["from"], step["gives"]) for step in document.get("reached") or ())
    return Steps(document["per"], reached, document.get("every") or 0, document.get("gives") or 0)


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
            for band in document.get("bands") or ()
        ),
        spend_limits=tuple(limit for limit in own if limit.measure != "reward"),
        reward_limits=tuple(limit for limit in own if limit.measure == "reward"),
        counts_all=document.get("counts", "accepted") == "all",
        funders=tuple(funder["funder"] for funder in document["funders"]),
        shares=tuple(funder["share"] for funder in document["funders"]),
        reward_kind=RewardKind(document.get("gives", RewardKind.CASHBACK)),
        into=document.get("into", CASHBACK_PURSE),
        steps=_steps(document["steps"]) if document.get("steps") is not None else None,
        exclusive=document.get("exclusive"),
        pools=tuple(document.get("pools", ())),
        most_at_once=document.get("most_at_once"),
    )


def condition_of(document: Mapping[str, Any]) -> Condition:
    """Return the condition of a validated `when`; docs/policy-language.md lists its forms."""
    if "all" in document:
        return AllOf(tuple(condition_of(part) for part in document["all"]))
    if "any" in document:
        return AnyOf(tuple(condition_of(part) for part in document["any"]))
    if "not" in document:
        return Not(condition_of(document["not"]))
    return _about_a_fact(document["fact"], document)


def _about_a_fact(fact: str, document: Mapping[str, Any]) -> Condition:
    if "in" in document:
        return OneOf(fact, frozenset(document["in"]))
    if "has" in document:
        return HasFlag(fact, document["has"])
    if fact == "time_of_day":
        return TimeOfDay(document["from"], document["until"])
    if fact == "instant":
        start, until = document.get("from"), document.get("until")
        return Within(_instant(start) if start else None, _instant(until) if until else None)
    return _between(fact, document)


def _between(fact: str, document: Mapping[str, Any]) -> Between:
    """A range of whole numbers: at least 10,000 becomes above 9,999, and below 10,000 becomes at most 9,999."""
    above, at_most = document.get("above"), document.get("at_most")
    if document.get("at_least") is not None:
        above = document["at_least"] - 1
    if document.get("below") is not None:
        at_most = document["below"] - 1
    return Between(fact, above, at_most)
