"""Every view of the apps: its name, and its path."""

from __future__ import annotations

from typing import Any

from tests.web.past import BASKET
from tests.web.place import Member, Place

#: Views of the page of the local city, by their whole paths.
LOCAL_VIEWS = {
    "local-home": "/",
    "local-reference": "/local/reference",
    "local-clock": "/local/clock",
    "local-journal": "/local/journal",
    "local-messages": "/local/messages",
    "local-day": "/local/day",
}


def views(place: Place, member: Member) -> dict[str, str]:
    """The views for `member`, who has at least two payments this month, the second partly cancelled; below `/resident/`."""
    by_status = {payment["status"]: payment["id"] for payment in payments_of(member, "2021-01")}
    shop = place.shops["화수 약국"]
    return {
        "home": "",
        "choose-shop": "pay",
        "pay": f"pay/{shop}",
        "shops": "shops?district=yeonsu",
        "shops-empty": "shops?district=ongjin&category=academy",
        "shop": f"shops/{shop}",
        "history": "history",
        "history-empty": "history?month=2020-12",
        "payment": f"payments/{by_status['approved']}",
        "receipt": f"payments/{by_status['approved']}?receipt",
        "refund": f"payments/{by_status['partly_cancelled']}",
        "statement-missing": "statements/2021-01",
        "limits": "limits",
        "planner": f"planner?shop={shop}",
        "policy": "policy",
        "top-up": "top-up",
        "me": "me",
        "not-found": "nothing/here",
    }


def views_of_regular(place: Place) -> dict[str, str]:
    """Further views for `place.regular`, by what they show."""
    return {
        "regular-home": "",
        "regular-history": "history",
        "regular-history-frozen": "history?month=2020-12",
        "statement": "statements/2020-12",
        **{f"payment-{name}": f"payments/{each['id']}" for name, each in regular_payments(place).items()},
    }


def regular_payments(place: Place) -> dict[str, Any]:
    """The payments of `place.regular` that are not simply paid, as the API lists them."""
    january, december = (payments_of(place.regular, month) for month in ("2021-01", "2020-12"))
    released = next(each for each in january if each["captured"] and each["released"])
    return {
        "held": _with(january, "held"),
        "partly-captured": _with(january, "partly_captured"),
        "captured": next(each for each in january if each["status"] == "captured" and each["id"] != released["id"]),
        "released": released,
        "voided": _with(january, "voided"),
        "expired": _with(december, "expired"),
        "basket": next(each for each in january if each["status"] == "approved" and each["amount"] == BASKET[1][1]),
        "basket-declined": next(each for each in january if (each["decline"] or {}).get("reason") == "basket_declined"),
        "declined": next(each for each in january if (each["decline"] or {}).get("reason") == "insufficient_funds"),
        "cancelled": _with(december, "cancelled"),
    }


def payments_of(member: Member, month: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = member.api.get(f"/wallets/{member.wallet}/payments", month=month)["payments"]
    return found


def _with(payments: list[dict[str, Any]], status: str) -> dict[str, Any]:
    return next(each for each in payments if each["status"] == status)
