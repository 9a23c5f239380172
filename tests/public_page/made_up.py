"""Made-up releases: test data of the page alone. Their values belong to no city and to no computation."""

# A row of the data is a line.
# ruff: noqa: E501

from __future__ import annotations

import copy
import random
from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Any

Row = dict[str, Any]
DISTRICTS = {
    "seo": ("서구", "Seo-gu"), "yeonsu": ("연수구", "Yeonsu-gu"), "namdong": ("남동구", "Namdong-gu"),
    "bupyeong": ("부평구", "Bupyeong-gu"), "michuhol": ("미추홀구", "Michuhol-gu"), "gyeyang": ("계양구", "Gyeyang-gu"),
    "jung": ("중구", "Jung-gu"), "dong": ("동구", "Dong-gu"), "ganghwa": ("강화군", "Ganghwa-gun"),
    "ongjin": ("옹진군", "Ongjin-gun"),
}  # fmt: skip
CATEGORIES = {
    "restaurant": ("음식점", "Restaurants"), "retail": ("유통", "Retail"), "food": ("식품", "Food and drink"),
    "hospital": ("병의원", "Hospitals"), "academy": ("학원", "Academies"), "pharmacy": ("약국", "Pharmacies"),
    "beauty": ("미용업", "Beauty"), "gas_station": ("주유소", "Gas stations"), "clothing": ("의류점", "Clothing"),
    "leisure": ("여가시설", "Leisure"), "bookshop": ("서점", "Bookshops"), "electronics": ("가전제품점", "Electronics"),
    "repair": ("수리점", "Repairs"), "taxi": ("택시", "Taxis"), "gambling": ("사행업종", "Gambling"),
}  # fmt: skip
FUNDERS = {"national": ("국비", "Nation"), "city": ("시비", "City"), "merchant": ("가맹점", "Shops")}
AGES = {
    "20s": ("20대", "20 to 29"),
    "30s": ("30대", "30 to 39"),
    "40s": ("40대", "40 to 49"),
    "50s": ("50대", "50 to 59"),
    "60s": ("60대 이상", "60 and older"),
}
CITIES = {"incheon": ("인천", "Incheon"), "gyeonggi": ("경기", "Gyeonggi"), "seoul": ("서울", "Seoul")}
Names = Mapping[str, tuple[str, str]]


def months(count: int = 20, first: int = 2019 * 12 + 4) -> list[str]:
    return [f"{number // 12}-{number % 12 + 1:02}" for number in range(first, first + count)]


def month_names(ids: Iterable[str]) -> dict[str, tuple[str, str]]:
    return {each: (f"{each[:4]}년 {int(each[5:])}월", each) for each in ids}


def dimension(name: str, titles: tuple[str, str], codes: Names, *, total: bool = False) -> dict[str, Any]:
    listed = [{"id": each, "name_ko": ko, "name_en": en} for each, (ko, en) in codes.items()]
    whole = [{"id": "total", "name_ko": "전체", "name_en": "All"}] if total else []
    return {
        "id": name,
        "title_ko": titles[0],
        "title_en": titles[1],
        "total": "total" if total else None,
        "codes": [*whole, *listed],
    }


def cell(keys: Mapping[str, str], value: Any, status: str = "published", **more: Any) -> Row:
    return {"keys": dict(keys), "value": value, "status": status, "revision": 1, **more}


def table(
    name: str,
    titles: tuple[str, str],
    unit: str,
    dimensions: Sequence[dict[str, Any]],
    rows: Sequence[Row],
    definition: str = "payments",
) -> dict[str, Any]:
    return {
        "id": name, "title_ko": titles[0], "title_en": titles[1], "definition": definition, "unit": unit, "sensitive": True,
        "query_hash": "sha256:0", "dimensions": list(dimensions), "rows": list(rows),
    }  # fmt: skip


def definition(name: str, names: tuple[str, str], unit: str) -> dict[str, Any]:
    return {
        "id": name, "name_ko": names[0], "name_en": names[1], "unit": unit,
        "formula_ko": f"{names[0]}의 합. 취소한 금액은 뺍니다.", "formula_en": f"The sum of {names[1].lower()}, less what was cancelled.",
        "filters_ko": ["승인되어 매입된 결제"], "filters_en": ["captured payments"],
        "denominator": {"input": "population", "rule_ko": "그 달의 주민등록인구", "rule_en": "The resident population of the month"} if unit == "won_per_head" else None,
        "revision_rule_ko": "취소는 결제한 달에 반영하고 다음 판에 고칩니다.", "revision_rule_en": "A cancellation changes the month of its payment, in the next revision.",
        "sql": f"{name}.sql", "meaning_hash": "sha256:0",
    }  # fmt: skip


def figure(
    name: str, group: str, value: Any, unit: str, printed: tuple[str, str], sentence: tuple[str, str], **more: Any
) -> dict[str, Any]:
    return {
        "id": name, "group": group, "value": value, "ratio": None, "unit": unit, "period": {"from": "2020-01-01", "to": "2020-12-20"},
        "printed_ko": printed[0], "printed_en": printed[1], "sentence_ko": sentence[0], "sentence_en": sentence[1],
        "definition": name.partition(":")[0], "denominator": None, "from_cells": [], "status": "published", "query_hash": "sha256:0", **more,
    }  # fmt: skip


DEFINITIONS = [
    definition("payments", ("결제액", "Payments"), "won"),
    definition("members", ("가입자", "Members"), "members"),
    definition("members_at", ("가입자 수", "Members"), "members"),
    definition("payments_of_year", ("연간 결제액", "Payments of a year"), "won"),
    definition("payments_in_all", ("누적 결제액", "Payments in all"), "won"),
    definition("per_head", ("1인당 결제액", "Payments per head"), "won_per_head"),
    definition("category_share", ("업종별 비중", "Share of a category"), "share"),
    definition("budget_of_year", ("캐시백 예산", "Cashback budget"), "won"),
    definition("issuance_target", ("발행 목표", "Issuance target"), "won"),
    definition("benefit_plus", ("혜택+가맹점", "Benefit+ shops"), "shops"),
    definition("district_rank", ("군·구 순위", "Rank of a district"), "rank"),
    definition("times_of", ("다른 지역과의 비", "Ratio to another region"), "times"),
]


def release() -> dict[str, Any]:
    """A release of the shape that disclosure control writes, with the numbers of no one."""
    source = random.Random(13)
    every = months()
    month = dimension("month", ("월", "Month"), month_names(every))
    year = dimension(
        "year", ("연도", "Year"), {"2019": ("2019년", "2019"), "2020": ("2020년(11월까지)", "2020 (to November 2020)")}
    )
    paid = {
        each: 40_000_000_000
        + 11_000_000_000 * place
        - (30_000_000_000 if place == 19 else 0)
        + source.randrange(9_000_000_000)
        for place, each in enumerate(every)
    }
    joined = {each: 500_000 + 44_000 * place for place, each in enumerate(every)}
    return {
        "format": 1, "stage": "published", "release_id": "2020-12-20.2", "as_of": "2020-12-20",
        "computed_at": "2020-12-21T03:00:00.000+09:00", "revision": 2, "synthetic": True, "scale": 1,
        "city": {"id": "incheon", "name_ko": "인천광역시", "name_en": "Incheon"}, "input_hash": "sha256:" + "5e" * 32,
        "inputs": [{"id": "population", "source": "행정안전부 주민등록 인구통계", "date": "2020-10-31", "hash": "sha256:0"}],
        "figures": _figures(), "definitions": copy.deepcopy(DEFINITIONS),
        "districts": {"vintage": "2020-01-01", "codes": []},
        "tables": [
            table("members_by_month", ("월별 가입자 수", "Members by month"), "members", [month], [cell({"month": each}, joined[each]) for each in every], "members"),
            table("payments_by_month", ("월별 결제액", "Payments by month"), "won", [month], [cell({"month": each}, paid[each]) for each in every]),
            _of_latest("payments_by_month_age", ("연령대별 결제액", "Payments by age"), "age", ("연령대", "Age"), AGES, every, source),
            _years("payments_by_year_category", ("업종별 결제액", "Payments by category"), dimension("category", ("업종", "Category"), CATEGORIES, total=True), year, source),
            _districts(source),
            table("issuance_by_month", ("월별 발행액", "Issuance by month"), "won", [month], [cell({"month": each}, paid[each] * 21 // 20) for each in every]),
            table("cashback_by_month_funder", ("월별·재원별 캐시백", "Cashback by month and funder"), "won", [month, dimension("funder", ("재원", "Funder"), FUNDERS)],
                  [cell({"month": each, "funder": funder}, paid[each] * part // 1000) for each in every for funder, part in (("national", 31), ("city", 36), ("merchant", 4))]),
            _appropriations(),
            table("cities", ("다른 지역의 1인당 결제액", "Payments per head elsewhere"), "won_per_head", [dimension("city", ("지역", "Region"), CITIES)],
                  [cell({"city": each}, value, note_ko="보도자료, 2020-12-28", note_en="press release of 2020-12-28") for each, value in (("incheon", 679_000), ("gyeonggi", 126_000), ("seoul", None))]),
        ],
        "revisions": [{
            "release_id": "2020-12-20.2", "replaces": "2020-12-20.1", "published_at": "2020-12-21T03:00:00.000+09:00",
            "changes": [{"table": "payments_by_month", "keys": {"month": "2020-11"}, "before": 250_000_000_000, "after": paid["2020-11"]},
                        {"table": "payments_by_month_district_category", "keys": {"month": "2020-11", "district": "ongjin", "category": "total"}, "before": None, "after": None}],
            "reason_ko": "11월 결제 1건이 취소되었습니다.", "reason_en": "A payment of November was cancelled.",
        }],
    }  # fmt: skip


def _figures() -> list[dict[str, Any]]:
    per_head = {"value": 2_945_454, "source": "행정안전부 주민등록 인구통계", "date": "2020-10-31"}
    shares = (
        ("restaurant", "0.258000000000", "25.8%"),
        ("retail", "0.190200000000", "19.02%"),
        ("food", "0.088500000000", "8.85%"),
    )
    return [
        figure("members_at:2020-12-20", "members", 1_380_000, "members", ("138만 명", "1.38 million"),
               ("2020년 12월 20일 가입자는 138만 명으로, 올해 45만 명 늘었습니다.", "On 20 December 2020 there are 1.38 million members, 450,000 more than at the start of the year.")),
        figure("members_at:2019-12-31", "members", 930_000, "members", ("93만 명", "930,000"), ("2019년 말 가입자는 93만 명입니다.", "At the end of 2019 there were 930,000 members.")),
        figure("payments_of_year:2020", "payments", 2_862_000_000_000, "won", ("2조 8,620억 원", "KRW 2.862 trillion"),
               ("2020년 1월 1일부터 12월 20일까지 결제액은 2조 8,620억 원입니다.", "Payments from 1 January to 20 December 2020 total KRW 2.862 trillion.")),
        figure("payments_in_all", "payments", 4_408_500_000_000, "won", ("4조 4,085억 원", "KRW 4.4085 trillion"), ("2019년부터 누적 결제액은 4조 4,085억 원입니다.", "Since 2019 payments total KRW 4.4085 trillion.")),
        figure("per_head:2020-10", "per_head", "679000.400000000000", "won_per_head", ("679,000원", "KRW 679,000"),
               ("2020년 1월부터 10월까지 주민 1인당 679,000원을 결제했습니다.", "From January to October 2020, payments are KRW 679,000 per resident."), denominator=per_head),
        *(figure(f"category_share:{each}", "categories", value, "share", (printed, printed),
                 (f"{CATEGORIES[each][0]} 비중은 {printed}입니다.", f"{CATEGORIES[each][1]} have {printed} of payments.")) for each, value, printed in shares),
        figure("category_share:gambling", "categories", None, "share", ("비공개(소수)", "not published (too few)"), ("공개하지 않는 값입니다.", "This value is not published."), status="suppressed"),
        figure("budget_of_year:2020", "budget", 213_600_000_000, "won", ("2,136억 원", "KRW 213.6 billion"), ("2020년 캐시백 예산은 추경 3회를 더해 2,136억 원입니다.", "The cashback budget of 2020 is KRW 213.6 billion, with three supplements.")),
        figure("budget_of_year:2021", "budget", 195_000_000_000, "won", ("1,950억 원", "KRW 195.0 billion"), ("2021년 캐시백 예산은 1,950억 원이고, 이 가운데 국비는 940억 원입니다.", "The cashback budget of 2021 is KRW 195.0 billion, 94.0 billion of it national.")),
        figure("issuance_target:2021", "issuance", 4_000_000_000_000, "won", ("4조 원", "KRW 4 trillion"), ("2021년 발행 목표는 4조 원입니다.", "The issuance target of 2021 is KRW 4 trillion.")),
        figure("benefit_plus", "benefit_plus", 6_000, "shops", ("6,000곳", "6,000"), ("혜택+가맹점은 6,000곳이고, 목표는 20,000곳입니다.", "There are 6,000 Benefit+ shops; the target is 20,000.")),
        figure("district_rank:seo", "districts", 1, "rank", ("1위", "No. 1"), ("서구가 1위입니다.", "Seo-gu is first.")),
        figure("times_of:gyeonggi", "cities", "5.388900000000", "times", ("5.4배", "5.4 times"), ("경기의 5.4배입니다.", "5.4 times that of Gyeonggi.")),
    ]  # fmt: skip


def _of_latest(
    name: str,
    titles: tuple[str, str],
    code: str,
    heading: tuple[str, str],
    codes: Names,
    every: Sequence[str],
    source: random.Random,
) -> dict[str, Any]:
    rows = []
    for each in every:
        parts = {key: source.randrange(2_000_000_000, 60_000_000_000) for key in codes}
        rows += [cell({"month": each, code: "total"}, sum(parts.values()))]
        rows += [cell({"month": each, code: key}, part) for key, part in parts.items()]
    month = dimension("month", ("월", "Month"), month_names(every))
    return table(name, titles, "won", [month, dimension(code, heading, codes, total=True)], rows)


def _years(
    name: str, titles: tuple[str, str], by: dict[str, Any], period: dict[str, Any], source: random.Random
) -> dict[str, Any]:
    """Periods with two suppressed cells and a structural zero, whose sum is published."""
    codes = [each["id"] for each in by["codes"] if each["id"] != "total"]
    hidden, zero = set(codes[-3:-1]), codes[-1] if codes[-1] == "gambling" else None
    hidden = hidden if zero else {"dong", "ongjin"}
    rows = []
    for each in (code["id"] for code in period["codes"]):
        parts = {
            key: 0 if key == zero else int(900_000_000_000 * 0.8**place) + source.randrange(9_000_000)
            for place, key in enumerate(codes)
        }
        rows.append(cell({period["id"]: each, by["id"]: "total"}, sum(parts.values())))
        for key, part in parts.items():
            status = "structural_zero" if key == zero else "suppressed" if key in hidden else "published"
            rows.append(cell({period["id"]: each, by["id"]: key}, None if status == "suppressed" else part, status))
    return table(name, titles, "won", [period, by], rows)


def _districts(source: random.Random) -> dict[str, Any]:
    """Two months by district and category, with the categories' total."""
    month = dimension("month", ("월", "Month"), month_names(["2020-10", "2020-11"]))
    district = dimension("district", ("군·구", "District"), DISTRICTS, total=True)
    category = dimension("category", ("업종", "Category"), {"restaurant": CATEGORIES["restaurant"]}, total=True)
    titles = ("월별·군구별·업종별 결제액", "Payments by month, district and category")
    found = _years("payments_by_month_district_category", titles, district, month, source)
    rows = [
        {**row, "keys": {**row["keys"], "category": code}} for row in found["rows"] for code in ("total", "restaurant")
    ]
    return found | {"dimensions": [month, district, category], "rows": rows}


def _appropriations() -> dict[str, Any]:
    years = {each: (f"{each}년", each) for each in ("2019", "2020", "2021")}
    funders = {each: FUNDERS[each] for each in ("national", "city")}
    supplements = {"0": ("본예산", "Original"), "1": ("1차 추경", "Supplement 1"), "2": ("2차 추경", "Supplement 2")}
    sizes = {"national": (26, 66, 94), "city": (46, 147, 101)}
    rows = []
    for (place, year), funder, supplement in product(enumerate(years), funders, supplements):
        part = {"0": 6, "1": 3, "2": 1}[supplement]
        rows.append(
            cell({"year": year, "funder": funder, "supplement": supplement}, sizes[funder][place] * 100_000_000 * part)
        )
    dimensions = [
        dimension("year", ("연도", "Year"), years),
        dimension("funder", ("재원", "Funder"), funders),
        dimension("supplement", ("추경", "Supplement"), supplements),
    ]
    return table(
        "appropriations",
        ("연도별·재원별 캐시백 예산", "Cashback budget by year and funder"),
        "won",
        dimensions,
        rows,
        "budget_of_year",
    )
