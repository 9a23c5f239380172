"""Fill an empty city through its own API, over two days, as people would: nothing is written directly into a table.

A merchant can be paid from the day after its approval. So the city is opened the day before it is wanted: then the
programme's policies are loaded and shops are approved. On the day itself members open wallets and top them up.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from local import inhabitants, places, sign_in
from local.api import Api
from local.failure import CityFailure
from local.inhabitants import Shop
from local.roles import Tokens
from local.sign_in import SignIn

WORKERS = 4
TOP_UP = 300_000


@dataclass(frozen=True)
class Opened:
    """Ids for the `curl` lines: the first resident's wallet and card, a shop that accepts payments, and one that applied."""

    wallet: str
    card: str
    shop: str
    new_shop: str


def eve(api: Api, tokens: Tokens, now: datetime) -> list[str]:
    """Prepare the day before, `now`: the year's budgets, the programme's policies, and the shops. Return the shops' ids."""
    operator, shopkeeper = api.as_caller(tokens.operator), api.as_caller(tokens.merchant)
    # A line may apply from a past instant only while there is no policy.
    for year in sorted({now.year, (now + timedelta(days=1)).year}):
        for line in budget_lines(year):
            operator.post(f"/budgets/{year}/lines", line, key=f"opening-budget-{year}-{line['id']}")
    operator.post("/policies/history", {"policies": policies()})

    def open_shop(shop: Shop) -> str:
        merchant = shopkeeper.post("/merchants", shop.application())
        approval = {"reason": "Papers in order.", "applied_at": merchant["applied_at"]}
        operator.post(f"/merchant_applications/{merchant['id']}/approval", approval)
        return str(merchant["id"])

    # The first call is made alone: parallel ones would each start a copy of the function.
    first, *others = inhabitants.shops()
    opened = [open_shop(first)]
    with ThreadPoolExecutor(WORKERS) as pool:
        opened.extend(pool.map(open_shop, others))
    return opened


def day(api: Api, tokens: Tokens, signing: SignIn, shops: list[str]) -> Opened:
    """Prepare the day itself: two shops that apply, and wallets with money in them."""
    shopkeeper = api.as_caller(tokens.merchant)
    new_shop = shopkeeper.post("/merchants", inhabitants.new_shop().application())
    shopkeeper.post("/merchants", inhabitants.waiting_shop().application())
    wallets = [open_wallet(api, tokens, signing, resident) for resident in inhabitants.RESIDENTS]
    first = wallets[0]
    return Opened(first["id"], first["cards"][0]["token"], shops[0], str(new_shop["id"]))


def open_wallet(api: Api, tokens: Tokens, signing: SignIn, resident: str) -> dict[str, Any]:
    """A resident's wallet, topped up by the bank."""
    token = signing.token(resident, sign_in.RESIDENT_APP)
    wallet: dict[str, Any] = api.as_caller(token).post("/wallets", {})
    answer = api.as_caller(tokens.bank).post(
        f"/wallets/{wallet['id']}/top_ups",
        {"amount": TOP_UP, "bank_reference": f"opening-{resident}"},
        key=f"opening-top-up-{resident}",
    )
    if answer["status"] == "declined":
        raise CityFailure(f"The opening top-up of {resident} was declined: {answer}")
    return wallet


def budget_lines(year: int) -> list[dict[str, Any]]:
    """Incheon's budget of 2021 as newspapers reported it (docs/case-2021.md), for the year in which the city is opened."""
    return [
        {
            "id": funder,
            "title": {"ko": korean, "en": english},
            "funder": funder,
            "applies_from": f"{year}-01-01T00:00:00+09:00",
            "amount": won,
            "reason": "본예산",
            "document": "what newspapers gave for 2021",
        }
        for funder, korean, english, won in (
            ("national", "국비", "National", 143_600_000_000),
            ("city", "시비", "City", 199_800_000_000),
        )
    ]


def earliest() -> datetime:
    """When the city can be opened: a day after its first policy starts, so that shops are approved under it."""
    first = datetime.fromisoformat(policies()[0]["starts_at"])
    return first + timedelta(days=1)


def policies() -> list[dict[str, Any]]:
    """The programme's published versions, in the order of their starts."""
    files = sorted((places.POLICIES / places.PROGRAMME).glob("*.json"))
    if not files:
        raise CityFailure(f"There are no policies in {places.POLICIES / places.PROGRAMME}.")
    documents = [json.loads(file.read_text()) for file in files]
    return sorted(documents, key=lambda document: str(document["starts_at"]))
