"""The page's own words, with the same keys in both languages. What the release says of its figures comes from the release."""

from __future__ import annotations

from collections.abc import Mapping

from eeum.policy.wording import MONTHS

LANGUAGES = ("ko", "en")

GROUPS: Mapping[str, tuple[str, str]] = {
    "members": ("가입자", "Members"),
    "payments": ("결제", "Payments"),
    "per_head": ("1인당 결제액", "Payments per head"),
    "categories": ("업종", "Categories of shops"),
    "budget": ("캐시백 예산", "Cashback budget"),
    "issuance": ("발행", "Issuance"),
    "benefit_plus": ("혜택+가맹점", "Benefit+ shops"),
    "districts": ("군·구", "Districts"),
    "cities": ("다른 지역과 비교", "Other regions"),
}
"""The sections of figures in the page's order, as the release names its groups."""

TEXTS: Mapping[str, Mapping[str, str]] = {
    "ko": {
        "language": "English",
        "skip": "본문으로 건너뛰기",
        "sections": "이 페이지의 내용",
        "title": "숫자로 보는 인천e음",
        "title_of": "숫자로 보는 {city} 지역화폐",
        "lead": (
            "{city} 지역화폐가 얼마나, 어디에 쓰였는지 원장의 결제 기록으로 계산해 공개합니다. "
            "모든 수치에는 산식과 내려받을 수 있는 자료가 있습니다."
        ),
        "synthetic": "가상 도시",
        "synthetic_says": "이 페이지의 모든 수치는 가상으로 만든 도시의 자료이며, 실제 통계가 아닙니다.",
        "synthetic_scale": "가입자는 실제의 1,000분의 {scale}입니다.",
        "as_of": "기준일",
        "computed_at": "계산 시각",
        "revision": "수정판",
        "revision_of": "제{number}판",
        "more_figures": "수치 더 보기",
        "table_of": "표로 보기",
        "csv": "CSV 내려받기",
        "definition": "산식",
        "not_published": "비공개(소수)",
        "unknown": "자료 없음",
        "not_published_says": (
            "가입자가 10명 미만이거나 가맹점이 5곳 미만인 칸은 공개하지 않습니다. "
            "그런 칸의 값을 알아낼 수 있게 하는 칸도 공개하지 않습니다."
        ),
        "denominator": "분모 {value}, {date}: ",
        "value": "값",
        "share": "비중",
        "rank": "순위",
        "rank_of": "{rank}위",
        "total": "합계",
        "of": "{title}, {period}",
        "finds_largest": "{largest} {name} {value}입니다.",
        "finds_largest_share": "{largest} {name} {value}, 전체의 {share}입니다.",
        "largest_of": "결제가 가장 많은 {dimension}",
        "finds_over_time": "{first}에 {first_value}, {last}에는 {last_value}입니다.",
        "finds_once": "{period}에 {value}입니다.",
        "finds_peak": "가장 많았던 때는 {peak} {value}이고, 가장 최근인 {last}에는 {last_value}입니다.",
        "finds_peak_now": "가장 최근인 {last}에 가장 많으며, 그 값은 {value}입니다.",
        "finds_nothing": "공개할 수 있는 값이 없습니다.",
        "rest": "그림에는 값이 큰 {shown}개만 표시했습니다. 전체는 표에 있습니다.",
        "by_district": "군·구별 결제액",
        "map_note": "군·구의 실제 넓이나 경계가 아니라 대략적인 위치를 나타냅니다. 단위는 {unit}입니다.",
        "policy": "캐시백 정책",
        "in_force": "지금 시행 중",
        "no_policy": "시행 중인 정책이 없습니다.",
        "since": "{start}부터",
        "until": "{end}까지",
        "no_end": "다음 변경 때까지",
        "reason": "사유",
        "sources": "근거 자료",
        "whole_policy": "정책의 나머지 내용",
        "coming": "예정된 변경",
        "nothing_coming": "예정된 변경이 없습니다.",
        "spending": "예산 집행과 예측",
        "fiscal_year": "{year}회계연도",
        "no_budget": "올해 예산이 아직 등록되지 않았습니다.",
        "line": "예산",
        "amount": "예산액",
        "spent": "쓴 금액",
        "left": "남은 금액",
        "forecast": "예측",
        "spent_share": "{share} 사용",
        "supplements": "추경 {count}회 포함",
        "runs_out": "{day}에 소진될 전망 ({earliest}에서 {latest} 사이)",
        "end_of_money": "{until} 이후",
        "lasts": "{until}까지 남을 전망",
        "used_up": "모두 사용됨",
        "nothing_spent": "아직 사용되지 않음",
        "no_data": "예측하기에 자료가 부족함",
        "forecast_says": "지난 28일 동안 하루에 쓴 금액의 평균으로 계산합니다.",
        "roots": "기록의 검증",
        "roots_says": (
            "매일 감사할 때 모든 지갑의 기록을 하나의 값(해시)으로 줄여, 아무도 고칠 수 없는 곳에 보관합니다. "
            "나중에 기록이 바뀌면 이 값과 맞지 않으므로 바뀐 것을 알 수 있습니다."
        ),
        "root": "그날의 해시",
        "day": "날짜",
        "wallets": "지갑 수",
        "no_roots": "아직 보관된 해시가 없습니다.",
        "data": "공공데이터",
        "data_says": "페이지의 모든 수치와 그 바탕이 되는 표입니다. 출처를 밝히면 누구나 자유롭게 쓸 수 있습니다.",
        "data_table": "표",
        "data_files": "파일",
        "rows": "행 수",
        "all_figures": "모든 수치",
        "whole_release": "통계 전체",
        "whole_programme": "정책·예산·해시",
        "package": "데이터 패키지 설명",
        "catalogue": "데이터 목록",
        "excel": "엑셀용 CSV",
        "definitions": "용어와 산식",
        "unit": "단위",
        "formula": "산식",
        "filters": "집계 범위",
        "denominator_is": "분모",
        "revision_rule": "수정 기준",
        "inputs": "외부 자료",
        "changes": "바뀐 점",
        "first_release": "이 기준일의 첫 공개이며, 이전 판이 없습니다.",
        "changed_cells": "값 {count}개가 바뀌었습니다.",
        "earlier": "이전 판 보기",
        "before": "전",
        "after": "후",
        "input_hash": "입력 자료의 해시",
        "page_of": "이 판의 고정 주소",
        "operator": "{city} 지역화폐 운영팀",
    },
    "en": {
        "language": "한국어",
        "skip": "Skip to the content",
        "sections": "On this page",
        "title": "Incheon e‑eum in figures",
        "title_of": "{city}’s local currency in figures",
        "lead": (
            "How much of {city}’s local currency is spent, and where: computed from the payments in its ledger. "
            "Every figure has its formula and its data to download."
        ),
        "synthetic": "Synthetic city",
        "synthetic_says": "All figures on this page describe an invented city. They are not real statistics.",
        "synthetic_scale": "It has {scale} members for every 1,000 of the real city.",
        "as_of": "As of",
        "computed_at": "Computed",
        "revision": "Revision",
        "revision_of": "{number}",
        "more_figures": "More figures",
        "table_of": "Show as a table",
        "csv": "Download CSV",
        "definition": "Formula",
        "not_published": "not published (too few)",
        "unknown": "no data",
        "not_published_says": (
            "Cells of fewer than 10 members or 5 shops are not published, nor are cells that would reveal one of these."
        ),
        "denominator": "Divided by {value} of {date}: ",
        "value": "Value",
        "share": "Share",
        "rank": "Rank",
        "rank_of": "No. {rank}",
        "total": "Total",
        "of": "{title}, {period}",
        "finds_largest": "{largest} is {name} with {value}.",
        "finds_largest_share": "{largest} is {name} with {value}, {share} of all.",
        "largest_of": "The largest {dimension}",
        "finds_over_time": "It was {first_value} in {first} and is {last_value} in {last}.",
        "finds_once": "It is {value} in {period}.",
        "finds_peak": "The highest was {peak} with {value}; the latest, {last}, has {last_value}.",
        "finds_peak_now": "The latest, {last}, has the most: {value}.",
        "finds_nothing": "None of these values can be published.",
        "rest": "The chart shows the {shown} largest values. The table has all of them.",
        "by_district": "Payments by district",
        "map_note": "Tiles show roughly where districts are, not their area or borders. Values are in {unit}.",
        "policy": "Cashback policy",
        "in_force": "In force now",
        "no_policy": "No policy is in force.",
        "since": "From {start}",
        "until": "until {end}",
        "no_end": "until the next change",
        "reason": "Reason",
        "sources": "Sources",
        "whole_policy": "More of this policy",
        "coming": "Announced changes",
        "nothing_coming": "No change is announced.",
        "spending": "Budget spent, and forecast",
        "fiscal_year": "Fiscal year {year}",
        "no_budget": "This year’s budget has not been entered yet.",
        "line": "Budget line",
        "amount": "Budget",
        "spent": "Spent",
        "left": "Left",
        "forecast": "Forecast",
        "spent_share": "{share} spent",
        "supplements": "with {count} supplements",
        "runs_out": "Expected to run out on {day} (between {earliest} and {latest})",
        "end_of_money": "after {until}",
        "lasts": "Expected to last until {until}",
        "used_up": "Used up",
        "nothing_spent": "Nothing spent yet",
        "no_data": "Too little data for a forecast",
        "forecast_says": "Computed from the average spent per day over the last 28 days.",
        "roots": "Verification",
        "roots_says": (
            "Each day the audit reduces the records of all wallets to one hash, and stores it where no one can change it. "
            "If a record is changed later, it no longer matches this hash."
        ),
        "root": "Hash of the day",
        "day": "Day",
        "wallets": "Wallets",
        "no_roots": "No hash is stored yet.",
        "data": "Open data",
        "data_says": "Every figure of this page and the tables behind it. Free for any use that names the source.",
        "data_table": "Table",
        "data_files": "Files",
        "rows": "Rows",
        "all_figures": "All figures",
        "whole_release": "The whole release",
        "whole_programme": "Policies, budget, hashes",
        "package": "Description of the package",
        "catalogue": "Catalogue entry",
        "excel": "CSV for Excel",
        "definitions": "Definitions",
        "unit": "Unit",
        "formula": "Formula",
        "filters": "What counts",
        "denominator_is": "Denominator",
        "revision_rule": "Revised",
        "inputs": "Data from elsewhere",
        "changes": "What changed",
        "first_release": "This is the first release of this day. There is no earlier one.",
        "changed_cells": "Values that changed: {count}.",
        "earlier": "See the earlier release",
        "before": "Before",
        "after": "After",
        "input_hash": "Hash of the inputs",
        "page_of": "Permanent address of this release",
        "operator": "{city} local currency team",
    },
}

FUNDERS: Mapping[str, tuple[str, str]] = {
    "national": ("국비", "Nation"),
    "city": ("시비", "City"),
    "district": ("구비", "Districts"),
    "merchant": ("가맹점", "Shops"),
}
UNITS: Mapping[str, tuple[str, str]] = {
    "won": ("원", "won"),
    "members": ("명", "members"),
    "shops": ("곳", "shops"),
    "payments": ("건", "payments"),
    "share": ("비율 (1 = 전체)", "share (1 = all)"),
    "times": ("배", "times"),
    "rank": ("위", "rank"),
    "won_per_head": ("1인당 원", "won per head"),
}


def group_name(group: str, language: str) -> str:
    return _of(GROUPS, group, language)


def funder_name(funder: str, language: str) -> str:
    return _of(FUNDERS, funder, language)


def unit_name(unit: str, language: str) -> str:
    return _of(UNITS, unit, language)


def day_name(day: str, language: str) -> str:
    """A day (YYYY-MM-DD) in words."""
    year, month, number = (int(part) for part in day[:10].split("-"))
    if language == "ko":
        return f"{year}년 {month}월 {number}일"
    return f"{number} {MONTHS[month - 1]} {year}"


def instant_name(instant: str, language: str) -> str:
    """An instant of Seoul (RFC 3339) in words, to the minute."""
    return f"{day_name(instant, language)} {instant[11:16]}"


def period_name(code: str, language: str) -> str:
    """A month (YYYY-MM) or year (YYYY) in words; other codes as they are."""
    parts = code.split("-")
    if not all(part.isdigit() for part in parts) or len(parts) > 2:
        return code
    if len(parts) == 1:
        return f"{code}년" if language == "ko" else code
    if language == "ko":
        return f"{int(parts[0])}년 {int(parts[1])}월"
    return f"{MONTHS[int(parts[1]) - 1]} {parts[0]}"


def short_period(code: str, language: str) -> str:
    """A month or year for the axis of a chart."""
    year, _, month = code.partition("-")
    if not month:
        return code
    return f"{year[2:]}.{int(month)}" if language == "ko" else f"{MONTHS[int(month) - 1][:3]} {year[2:]}"


def _of(names: Mapping[str, tuple[str, str]], name: str, language: str) -> str:
    ko, en = names.get(name, (name, name))
    return ko if language == "ko" else en
