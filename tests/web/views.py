"""Every view of the resident's app: its name, and its path below `/resident/`."""

from __future__ import annotations

from tests.web.place import Member, Place


def views(place: Place, member: Member) -> dict[str, str]:
    """The views for `member`, who has at least two payments this month, the second partly cancelled."""
    payments = member.api.get(f"/wallets/{member.wallet}/payments", month="2021-01")["payments"]
    by_status = {payment["status"]: payment["id"] for payment in payments}
    shop = place.shops["화수 약국"]
    return {
        "home": "",
        "choose-shop": "pay",
        "pay": f"pay/{shop}",
        "shops": "shops?district=yeonsu",
        "shop": f"shops/{shop}",
        "history": "history",
        "history-empty": "history?month=2020-12",
        "payment": f"payments/{by_status['approved']}",
        "receipt": f"payments/{by_status['approved']}?receipt",
        "refund": f"payments/{by_status['partly_cancelled']}",
        "statement": "statements/2020-12",
        "limits": "limits",
        "planner": f"planner?shop={shop}",
        "policy": "policy",
        "top-up": "top-up",
        "me": "me",
        "not-found": "nothing/here",
    }
