"""Policies with discounts and top-up bonuses, as changes of Incheon's of January 2021, with worlds and budgets for them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from eeum.budget.appropriation_store import AppropriationStore
from eeum.budget.appropriations import BudgetChange, ChangeKind, Grounds
from eeum.budget.rules import RETURNED, Line
from eeum.budget.store import BudgetStore
from eeum.budget.use_cases import AddLine, BudgetDependencies, add_line, scope_of
from eeum.calendar import SEOUL
from eeum.once import Answer
from eeum.policy.documents import canonical_document
from eeum.request import Request
from eeum.wallet.rules import TopUp
from tests.use_cases.world import World, incheon

GROUNDS = Grounds("본예산", "제267회 시의회 의결")
POINTS = {"id": "points", "title": {"ko": "포인트", "en": "points"}, "expires_after": {"months": 1}}
Document = dict[str, Any]


def january_2021(**changes: Any) -> Document:
    """The version in force then, with `changes`; limits and layers among them are added to the version's own."""
    version = next(each for each in incheon() if each["version"] == "incheon-2021-01-01")
    document = {**version, **{name: value for name, value in changes.items() if name not in ("limits", "layers")}}
    for name in ("limits", "layers"):
        document[name] = [*version[name], *changes.get(name, ())]
    return canonical_document(document)


def only_layers(*layers: Document, **words: Any) -> Document:
    """January 2021's version with these layers alone, and without limits."""
    return january_2021(**words) | {"layers": list(layers), "limits": []}


def layer(name: str, gives: str, rate: int, *, funders: Mapping[str, int] | None = None, **words: Any) -> Document:
    """A layer with one rate in basis points, funded by the city alone unless `funders` says otherwise."""
    return {
        "id": name,
        "title": {"ko": name, "en": name},
        "gives": gives,
        "bands": [{"from": 0, "up_to": None, "rate_basis_points": rate}],
        "funders": [{"funder": each, "share": share} for each, share in (funders or {"city": 1}).items()],
        **words,
    }


def bonus(rate: int = 1_000, into: str = "charged", **words: Any) -> Document:
    return layer("bonus", "top_up_bonus", rate, into=into, **words)


def discount(rate: int = 500, **words: Any) -> Document:
    return layer("off", "top_up_discount", rate, **words)


def limit(name: str, measure: str, amount: int | None, window: str = "month", **words: Any) -> Document:
    return {"id": name, "measure": measure, "window": window, "amount": amount, **words}


TEN_PERCENT = layer("coupon", "discount", 1_000, limits=["coupon-reward"])


def purse(name: str, **words: Any) -> Document:
    """A purse of rewards: `expires_after={"months": 1}`, `spendable_at={"fact": …}`."""
    return {"id": name, "title": {"ko": name, "en": name}, **words}


def coupons() -> Document:
    """A 10 % discount of up to 10,000 won a month; besides, January 2021's cashback on the amount paid."""
    return january_2021(limits=[limit("coupon-reward", "reward", 10_000)], layers=[TEN_PERCENT])


def wallet_terms(**changes: Any) -> Document:
    """Incheon's terms of January 2021, except for the minimum top-up, which is 1,000 won here."""
    return {"minimum_top_up": 1_000, "holding_limit": 500_000, "holding_limit_verified": 2_000_000, **changes}


def world_under(*documents: Document) -> World:
    """A world under these versions; before the first of them, Incheon's own are in force."""
    first = min(document["starts_at"] for document in documents)
    before = [document for document in incheon() if document["starts_at"] < first]
    return World(documents=(*before, *documents))


def sums(top_up: Answer[TopUp]) -> tuple[int, int]:
    """The won that the bank takes, and the won that are credited to the wallet."""
    return top_up.entry.debited, sum(top_up.entry.credited.values())


def appropriate(world: World, won: int, funder: str = "city", year: int = 2021, layers: Sequence[str] = ()) -> None:
    """Add a budget line of a funder, for `layers` or for all its layers, from the year's first instant on."""
    name = f"{funder}-{'-'.join(layers) or 'all'}-{year}"
    line = Line(
        year, name, funder, frozenset(layers) or None, datetime(year, 1, 1, tzinfo=SEOUL), {"ko": name, "en": name}
    )
    budgets = BudgetStore(world.storage, world.patience, "incheon")
    changes = AppropriationStore(world.storage, world.patience, "incheon")
    request = Request.of("operator", scope_of(year), world.new_key(), {"line": name})
    using = BudgetDependencies(budgets, changes, world.months, world.clock, is_running=lambda: False)
    add_line(AddLine(request, line, won, GROUNDS), using)


def close_year(world: World, year: int = 2021) -> None:
    """Close the fiscal year: money returned from now on is kept apart."""
    request = Request.of("operator", scope_of(year), world.new_key(), {"closed": year})
    change = BudgetChange(request.accept(world.now), ChangeKind.CLOSE, year, None, 0, GROUNDS)
    AppropriationStore(world.storage, world.patience, "incheon").close(change)


def returned(world: World, funder: str = "city", year: int = 2021) -> int:
    """The money returned to a funder's one line after the close of the year."""
    money = BudgetStore(world.memory, world.patience, "incheon").money(year)
    return money.left(f"{RETURNED}{funder}-all-{year}")


def left(world: World, funder: str = "city", year: int = 2021, layers: Sequence[str] = ()) -> int:
    """The money left on a funder's line for `layers`, or for all its layers."""
    money = BudgetStore(world.memory, world.patience, "incheon").money(year)
    return money.left(f"{funder}-{'-'.join(layers) or 'all'}-{year}")
