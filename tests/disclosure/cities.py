"""Random cities' payments, and the computed release that follows from them; the release's shape is in docs/statistics-release.md."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from random import Random
from typing import Any, NamedTuple

Document = dict[str, Any]
EXCLUDED = "excluded"
"""A category in which the programme allows no payment: a structural zero."""


class Payment(NamedTuple):
    month: str
    district: str
    category: str
    shop: str
    member: str
    age: str
    amount: int


@dataclass(frozen=True)
class City:
    payments: tuple[Payment, ...]
    months: tuple[str, ...]
    districts: tuple[str, ...]
    categories: tuple[str, ...]
    areas: tuple[tuple[str, ...], ...]
    as_of: str

    def cancelled(self, number: int, amount: int | None = None) -> City:
        """The city after a correction of one payment: all of it, or its new amount."""
        payment = self.payments[number]
        kept = () if amount is None else (payment._replace(amount=amount),)
        return replace(self, payments=(*self.payments[:number], *kept, *self.payments[number + 1 :]))


AGES = ("20s", "30s", "40s", "unknown")


def city(seed: int, months: Sequence[str] = ("2020-10", "2020-11"), districts: int = 4, categories: int = 5) -> City:
    """A city with districts from busy to nearly empty, and shops from kiosks to supermarkets."""
    random = Random(seed)
    names = tuple(f"district{number}" for number in range(districts))
    kinds = (*(f"category{number}" for number in range(categories)), EXCLUDED)
    payments = []
    for place, district in enumerate(names):
        density = random.choice([0.0, 0.3, 1.0, 3.0]) if place else 3.0
        residents = [f"m{place}-{number}" for number in range(random.choice([1, 8, 60]) if place else 60)]
        for kind in kinds[:-1]:
            shops = [f"{district}-{kind}-{number}" for number in range(random.choice([0, 1, 2, 4, 7, 12]))]
            sizes = {shop: random.choice([1, 1, 2, 5, 80]) for shop in shops}
            for month in months:
                for _ in range(int(density * len(shops) * random.randint(0, 6))):
                    shop, member = random.choice(shops), random.choice(residents)
                    amount = random.randint(1, 400) * 100 * sizes[shop]
                    payments.append(Payment(month, district, kind, shop, member, AGES[hash_of(member) % 4], amount))
    half = max(1, districts // 2)
    return City(tuple(payments), tuple(months), names, kinds, (names[:half], names[half:]), f"{months[-1]}-30")


def hash_of(text: str) -> int:
    return sum(text.encode())


def computed(town: City, revision: int = 1, revisions: Iterable[Document] = ()) -> Document:
    """The computed release of a city: linked tables of amounts and counts, and a category's share of all."""
    year = [{"id": "2020", "parts": list(town.months)}]
    dimensions = {
        "month": _dimension("month", town.months, None),
        "district": _dimension("district", town.districts, "total"),
        "category": _dimension("category", town.categories, "total"),
        "age": _dimension("age", AGES, "total"),
        "year": {"id": "year", "of": "month", "total": None, "codes": year},
        "area": {
            "id": "area",
            "of": "district",
            "total": "total",
            "codes": [
                {"id": "total"},
                *({"id": f"area{number}", "parts": list(parts)} for number, parts in enumerate(town.areas)),
            ],
        },
    }
    plans = [
        ("by_month", ("month",)),
        ("by_month_district_category", ("month", "district", "category")),
        ("by_month_age", ("month", "age")),
        ("by_year_category", ("year", "category")),
        ("by_year_area", ("year", "area")),
    ]
    tables = [
        _table(town, f"{measure}_{name}", measure, unit, [dimensions[each] for each in chosen], amount)
        for measure, unit, amount in (
            ("payments", "won", lambda payment: payment.amount),
            ("payment_counts", "payments", lambda _: 1),
        )
        for name, chosen in plans
    ]
    issued = {"keys": {"month": town.months[-1]}, "value": 7, "status": "computed", "revision": 1}
    tables.append(
        {
            "id": "issuance",
            "definition": "issuance",
            "unit": "won",
            "sensitive": False,
            "dimensions": [dimensions["month"]],
            "rows": [issued],
        }
    )
    return {
        "stage": "computed",
        "release_id": f"{town.as_of}.{revision}",
        "as_of": town.as_of,
        "revision": revision,
        "tables": tables,
        "figures": [_share(town, tables[3], category) for category in town.categories],
        "revisions": list(revisions),
    }


def _dimension(name: str, codes: Iterable[str], total: str | None) -> Document:
    return {
        "id": name,
        "of": None,
        "total": total,
        "codes": [{"id": code} for code in (*([total] if total else []), *codes)],
    }


def _table(
    town: City, name: str, measure: str, unit: str, dimensions: list[Document], amount: Callable[[Payment], int]
) -> Document:
    found: dict[tuple[str, ...], list[Payment]] = defaultdict(list)
    keys: list[tuple[str, ...]] = [()]
    for dimension in dimensions:
        keys = [(*key, code["id"]) for key in keys for code in dimension["codes"]]
    for payment in town.payments:
        for key in product(*(codes_of(payment, dimension) for dimension in dimensions)):
            found[key].append(payment)
    rows = [_row(dimensions, key, found[key], amount) for key in keys]
    return {"id": name, "definition": measure, "unit": unit, "sensitive": True, "dimensions": dimensions, "rows": rows}


def codes_of(payment: Payment, dimension: Document) -> list[str]:
    """The codes of a dimension that a payment counts for."""
    own = getattr(payment, dimension["of"] or dimension["id"])
    return [
        code["id"]
        for code in dimension["codes"]
        if code["id"] == dimension["total"] or own in code.get("parts", [code["id"]])
    ]


def _row(
    dimensions: list[Document], key: tuple[str, ...], payments: list[Payment], amount: Callable[[Payment], int]
) -> Document:
    shops: Counter[str] = Counter()
    for payment in payments:
        shops[payment.shop] += amount(payment)
    largest, second = ([value for _, value in shops.most_common(2)] + [0, 0])[:2]
    evidence = {
        "members": len({each.member for each in payments}),
        "shops": len(shops),
        "largest": largest,
        "second": second,
    }
    if EXCLUDED in key:
        evidence["structural"] = True
    keys = {dimension["id"]: code for dimension, code in zip(dimensions, key, strict=True)}
    return {"keys": keys, "value": shops.total(), "status": "computed", "revision": 1, "evidence": evidence}


def _share(town: City, table: Document, category: str) -> Document:
    values = {row["keys"]["category"]: row["value"] for row in table["rows"]}
    part, whole = values[category], values["total"]
    cells = [{"table": table["id"], "keys": {"year": "2020", "category": each}} for each in (category, "total")]
    share = f"{part / whole:.12f}" if whole else "0.000000000000"
    return {
        "id": f"category_share:{category}", "value": share, "ratio": [part, whole], "unit": "share", "from_cells": cells,
        "printed_ko": share, "printed_en": share, "sentence_ko": share, "sentence_en": share, "status": "computed",
    }  # fmt: skip
