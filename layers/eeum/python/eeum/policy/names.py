"""Names that people read in place of a document's ids: titles, names of places and categories, and descriptions.

A Korean sentence never shows `monthly-spend` or `large_mart`. It takes the document's own title or `names`, else a name that is usual
in Korea, else a description, with a number where several would read alike. English keeps the id where there is no English title.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from eeum.policy.wording import FLAGS, Plain

CATEGORIES: Mapping[str, str] = {
    "academy": "학원",
    "bakery": "제과점",
    "beauty": "미용업",
    "bookshop": "서점",
    "butcher": "정육점",
    "cafe": "카페",
    "car_dealer": "자동차 판매점",
    "clothing": "의류점",
    "company_run_franchise": "프랜차이즈 직영점",
    "convenience_store": "편의점",
    "department_store": "백화점",
    "electronics": "가전제품점",
    "gambling": "사행업종",
    "gas_station": "주유소",
    "grocery": "식료품점",
    "hospital": "병의원",
    "household_goods": "생활용품점",
    "large_electronics": "대형 가전매장",
    "large_mart": "대형마트",
    "leisure": "여가시설",
    "nightlife": "유흥업소",
    "other": "기타",
    "pharmacy": "약국",
    "repair": "수리점",
    "restaurant": "음식점",
    "supermarket": "슈퍼마켓",
    "taxi": "택시",
    "used_car_dealer": "중고차 판매점",
}
DISTRICTS: Mapping[str, str] = {
    "buk": "북구",
    "bupyeong": "부평구",
    "daedeok": "대덕구",
    "dong": "동구",
    "ganghwa": "강화군",
    "gwonseon": "권선구",
    "gyeyang": "계양구",
    "harbour": "항구 지구",
    "icheon": "이천시",
    "jangan": "장안구",
    "jung": "중구",
    "michuhol": "미추홀구",
    "nam": "남구",
    "namdong": "남동구",
    "old_town": "구시가지",
    "ongjin": "옹진군",
    "paldal": "팔달구",
    "seo": "서구",
    "ulju": "울주군",
    "yeongtong": "영통구",
    "yeonsu": "연수구",
    "yuseong": "유성구",
}
MARKS: Mapping[str, str] = {
    **{name: words.ko for name, words in FLAGS.items()},
    "campus_area": "캠퍼스",
    "incheon_goods": "인천굿즈",
}
CARDS: Mapping[str, str] = {
    "artist": "예술인 카드",
    "city": "시 카드",
    "harbour": "항구 지구 카드",
    "namdong": "남동구 카드",
    "seoro": "서구 카드",
    "university": "대학 카드",
    "yeonsu": "연수구 카드",
}
CLASSES: Mapping[str, str] = {"regular": "일반", "senior": "어르신", "student": "학생", "youth": "청년"}
USUAL: Mapping[str, Mapping[str, str]] = {
    "districts": DISTRICTS,
    "categories": CATEGORIES,
    "flags": MARKS,
    "card_products": CARDS,
    "card_issuers": {},
    "member_classes": CLASSES,
}
"""Usual names, by the word of a document's `names`; the document's own names win."""
UNNAMED: Mapping[str, str] = {
    "districts": "지역",
    "categories": "업종",
    "flags": "가맹점 표시",
    "card_products": "카드",
    "card_issuers": "발급사",
    "member_classes": "구분",
    "limits": "한도",
    "pools": "공동 한도",
    "groups": "택일 혜택",
    "purses": "적립금",
    "layers": "캐시백 항목",
    "others": "그 밖",
}
"""Descriptions of things without a name; each is shown with a number."""
KIND_OF_FACT: Mapping[str, str] = {
    "merchant_district": "districts",
    "member_district": "districts",
    "merchant_category": "categories",
    "merchant_flags": "flags",
    "card_product": "card_products",
    "card_issuer": "card_issuers",
    "member_class": "member_classes",
}
_SPANS: Mapping[str, str] = {"month": "월", "half_month": "보름", "year": "연간", "event": "행사"}
_MEASURES: Mapping[str, str] = {"spend": "이용", "reward": "혜택", "top_up": "충전"}
_TITLED = ("limits", "pools", "groups", "purses", "layers")
_MONEY_OF_ALL = ("한도", "재원", "예산")


def title_of(part: Mapping[str, Any]) -> Plain:
    """The title in both languages; without an English one, both are the Korean."""
    title = part["title"]
    return Plain(title["ko"], title.get("en") or title["ko"])


class Names:
    """The names of the parts and values of some documents, each used once; the first document's names win.

    Two documents that are compared share one `Names`. So a new title of a part is one change, and not one in each sentence that
    mentions the part.
    """

    def __init__(self, *documents: Mapping[str, Any]) -> None:
        self._names: dict[tuple[str, str], Plain] = {}
        self._assigned: dict[str, set[str]] = {}
        self._numbers: dict[tuple[str, str], int] = {}
        for document in documents:
            self._add_parts(document)
        for document in documents:
            given = document.get("names") or {}
            found = sorted(set(_values_of(document)))
            for named in (True, False):  # first what has a name, so that no description takes it
                for kind, value in found:
                    if named is _has_name(kind, value, given):
                        self._add_value(kind, value, given)

    def part(self, kind: str, name: str) -> Plain:
        """The name of a limit, pool, group, purse or layer; one that no document defines gets a number."""
        return self._names.get((kind, name)) or self._add(kind, name, None, name)

    def parts(self, kind: str, of: Iterable[str]) -> Plain:
        each = [self.part(kind, name) for name in of]
        return Plain(", ".join(part.ko for part in each), ", ".join(part.en for part in each))

    def value(self, kind: str, name: str) -> Plain:
        """The name of a district, category, flag, card product, card issuer or member class."""
        return self._names.get((kind, name)) or self._add_value(kind, name, {})

    def value_of_fact(self, fact: str, name: str) -> Plain:
        return self.value(KIND_OF_FACT.get(fact, "others"), name)

    def _add_parts(self, document: Mapping[str, Any]) -> None:
        for kind in _TITLED:
            for part in sorted(document.get(kind) or (), key=lambda each: str(each["id"])):
                if (kind, part["id"]) not in self._names:
                    english = title_of(part).en if part.get("title") else part["id"]
                    self._add(kind, part["id"], _PHRASES[kind](part), english)

    def _add_value(self, kind: str, name: str, given: Mapping[str, Any]) -> Plain:
        if (kind, name) in self._names:
            return self._names[kind, name]
        own = (given.get(kind) or {}).get(name) or {}
        return self._add(
            kind,
            name,
            own.get("ko") or USUAL.get(kind, {}).get(name),
            own.get("en") or (FLAGS[name].en if kind == "flags" and name in FLAGS else name),
        )

    def _add(self, kind: str, name: str, korean: str | None, english: str) -> Plain:
        """Add a name, with the lowest number that makes it unique in its kind; a thing without a name always gets a number."""
        assigned = self._assigned.setdefault(kind, set())
        base = korean if korean is not None else UNNAMED[kind]
        unique = base
        while unique in assigned or (korean is None and unique == base):
            self._numbers[kind, base] = self._numbers.get((kind, base), 0 if korean is None else 1) + 1
            unique = f"{base} {self._numbers[kind, base]}"
        assigned.add(unique)
        self._names[kind, name] = Plain(unique, english)
        return self._names[kind, name]


def _has_name(kind: str, name: str, given: Mapping[str, Any]) -> bool:
    return name in (given.get(kind) or {}) or name in USUAL.get(kind, {})


def _limit_phrase(limit: Mapping[str, Any]) -> str:
    if limit.get("title"):
        return _ending(limit["title"]["ko"], ("한도",), "한도")
    return f"{_SPANS.get(limit['window'], '기간')} {_MEASURES.get(limit['measure'], '사용')} 한도"


def _pool_phrase(pool: Mapping[str, Any]) -> str:
    if pool.get("title"):
        return _ending(pool["title"]["ko"], _MONEY_OF_ALL, "공동 한도")
    return f"{_SPANS.get(pool['window'], '기간')} 공동 한도"


def _group_phrase(group: Mapping[str, Any]) -> str:
    return group["title"]["ko"] if group.get("title") else UNNAMED["groups"]


def _title_phrase(part: Mapping[str, Any]) -> str:
    korean: str = part["title"]["ko"]
    return korean


def _ending(title: str, endings: tuple[str, ...], usual: str) -> str:
    """The title, with a word for its kind added where it has none: "within the May festival" would not say that it is a limit."""
    return title if title.endswith(endings) else f"{title} {usual}"


_PHRASES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "limits": _limit_phrase,
    "pools": _pool_phrase,
    "groups": _group_phrase,
    "purses": _title_phrase,
    "layers": _title_phrase,
}


def _values_of(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every district, category, flag, card and class that the document uses, with its kind."""
    merchants = document.get("merchants") or {}
    for part, kind in (
        ("districts", "districts"),
        ("categories", "categories"),
        ("excluded_categories", "categories"),
        ("flags", "flags"),
    ):
        yield from ((kind, value) for value in merchants.get(part) or ())
    for layer in document.get("layers") or ():
        yield from _values_of_condition(layer.get("when"))
    for purse in document.get("purses") or ():
        yield from _values_of_condition(purse.get("spendable_at"))


def _values_of_condition(condition: Mapping[str, Any] | None) -> Iterator[tuple[str, str]]:
    if condition is None:
        return
    inner: Sequence[Mapping[str, Any]] = [*(condition.get("all") or ()), *(condition.get("any") or ())]
    for part in [*inner, *([condition["not"]] if "not" in condition else [])]:
        yield from _values_of_condition(part)
    kind = KIND_OF_FACT.get(condition.get("fact", ""))
    if kind is not None:
        values = condition.get("in") or ([condition["has"]] if condition.get("has") else [])
        yield from ((kind, value) for value in values)
