"""Who lives and trades in the local city. All of it is invented, and the same on every machine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

RESIDENTS = ("resident-1", "resident-2", "resident-3", "resident-4")
SHOPKEEPER = "shopkeeper"
OPERATOR = "operator"
#: The second operator, who approves what the first wrote.
COLLEAGUE = "colleague"

NEIGHBOURHOODS = {
    "jung": ("신포", "송월", "운서", "율목"),
    "dong": ("송림", "화수", "만석", "창영"),
    "michuhol": ("주안", "용현", "학익", "도화"),
    "yeonsu": ("송도", "연수", "옥련", "동춘"),
    "namdong": ("구월", "간석", "만수", "논현"),
    "bupyeong": ("부평", "십정", "산곡", "삼산"),
    "gyeyang": ("계산", "작전", "효성", "병방"),
    "seo": ("가좌", "석남", "검암", "청라"),
    "ganghwa": ("강화", "온수", "길상", "교동"),
    "ongjin": ("백령", "덕적", "영흥", "연평"),
}
#: Category, name on the sign, and yearly revenue in million won.
TRADES = (
    ("restaurant", "국수", 180),
    ("cafe", "다방", 90),
    ("bakery", "빵집", 240),
    ("butcher", "정육점", 420),
    ("grocery", "청과", 310),
    ("pharmacy", "약국", 780),
    ("bookshop", "책방", 70),
    ("beauty", "미용실", 110),
    ("household_goods", "철물", 150),
    ("clothing", "양장점", 130),
    ("academy", "학원", 520),
)
_CHECK_WEIGHTS = (1, 3, 7, 1, 3, 7, 1, 3, 5)


@dataclass(frozen=True)
class Shop:
    """A shopkeeper's description of the shop in the application."""

    business_registration_number: str
    name: str
    district: str
    category: str
    annual_revenue: int
    flags: tuple[str, ...] = field(default=())
    own_rate_basis_points: int = 0

    def application(self) -> dict[str, Any]:
        return {
            "business_registration_number": self.business_registration_number,
            "name": self.name,
            "district": self.district,
            "category": self.category,
            "annual_revenue": self.annual_revenue,
            "flags": list(self.flags),
            "own_rate_basis_points": self.own_rate_basis_points,
        }


def business_registration_number(serial: int) -> str:
    """A number whose last digit checks the nine before it, by the National Tax Service's rule."""
    first_nine = f"{121_81_0000 + serial:09d}"
    total = sum(int(digit) * weight for digit, weight in zip(first_nine, _CHECK_WEIGHTS, strict=True))
    total += int(first_nine[8]) * 5 // 10
    return f"{first_nine}{-total % 10}"


def shops() -> list[Shop]:
    """Four in each of Incheon's ten districts; every fifth funds cashback of its own (Benefit+)."""
    found: list[Shop] = []
    for district, neighbourhoods in NEIGHBOURHOODS.items():
        for neighbourhood in neighbourhoods:
            serial = len(found)
            category, sign, revenue = TRADES[serial % len(TRADES)]
            benefit_plus = serial % 5 == 0
            found.append(
                Shop(
                    business_registration_number=business_registration_number(serial),
                    name=f"{neighbourhood} {sign}",
                    district=district,
                    category=category,
                    annual_revenue=revenue * 1_000_000,
                    flags=("benefit_plus",) if benefit_plus else (),
                    own_rate_basis_points=300 if benefit_plus else 0,
                )
            )
    return found


def new_shop() -> Shop:
    """A shop that has applied on the day the city starts, for developers to approve over the API."""
    return Shop(business_registration_number(900), "송도 새집", "yeonsu", "restaurant", 60_000_000)


def waiting_shop() -> Shop:
    """A shop that has applied and is never approved: payments there are declined."""
    return Shop(business_registration_number(901), "구월 새책", "namdong", "bookshop", 40_000_000)
