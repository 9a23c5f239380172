"""Every view of the resident's app, by a name and the path below `/resident/`."""

from __future__ import annotations

from tests.web.place import Member, Place


def views(place: Place, member: Member) -> dict[str, str]:
    """Views for `member`, who has paid at least twice this month and had the second payment cancelled in part."""
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
