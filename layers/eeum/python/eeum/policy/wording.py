"""Write amounts, rates, instants and the language's own words for people, in Korean and in English.

Two different values never read alike, so that a difference between two policies is always visible.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from eeum.calendar import SEOUL
from eeum.money import BASIS_POINTS_OF_THE_WHOLE


class Plain(NamedTuple):
    """One text in both languages."""

    ko: str
    en: str


Words = Mapping[str, Plain]

FUNDERS: Words = {
    "national": Plain("국비", "the nation"),
    "city": Plain("시비", "the city"),
    "district": Plain("구비", "the district"),
    "merchant": Plain("가맹점", "the shop"),
}
PURSES: Words = {
    "charged": Plain("충전금", "the loaded balance"),
    "cashback": Plain("캐시", "cashback"),
    "grants": Plain("정책수당", "allowances"),
    "rewards": Plain("기한부 적립금", "rewards in the policy's own purses"),
}
CHANNELS_AND_METHODS: Words = {
    "shop": Plain("매장", "shop"),
    "qr": Plain("QR", "QR"),
    "e_mall": Plain("e몰", "e-mall"),
    "delivery": Plain("배달", "delivery"),
    "taxi": Plain("택시", "taxi"),
    "card": Plain("카드", "card"),
    "app": Plain("앱", "app"),
}
FLAGS: Words = {
    "benefit_plus": Plain("혜택플러스", "Benefit+"),
    "good_price": Plain("착한가격업소", "good-price"),
    "traditional_market": Plain("전통시장", "traditional market"),
    "partner": Plain("상생", "partner"),
}
WEEKDAYS: Words = {
    "monday": Plain("월요일", "Monday"),
    "tuesday": Plain("화요일", "Tuesday"),
    "wednesday": Plain("수요일", "Wednesday"),
    "thursday": Plain("목요일", "Thursday"),
    "friday": Plain("금요일", "Friday"),
    "saturday": Plain("토요일", "Saturday"),
    "sunday": Plain("일요일", "Sunday"),
}
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
MISSING = Plain("?", "?")
"""In place of a value that a draft lacks; its check reports the fault."""
OR, AND = Plain("또는", "or"), Plain("및", "and")
_MYRIADS = ((10**12, "조"), (10**8, "억"), (10**4, "만"))


_FINAL_OF_DIGIT = {"0": "ㅇ", "1": "ㄹ", "3": "ㅁ", "6": "ㄱ", "7": "ㄹ", "8": "ㄹ"}
_FINAL_OF_LETTER = {"L": "ㄹ", "M": "ㅁ", "N": "ㄴ", "R": "ㄹ"}
_FIRST_SYLLABLE, _LAST_SYLLABLE, _FINALS = ord("가"), ord("힣"), 28
_FINAL_RIEUL = 8
_REPEATED = re.compile(r"\s*\([^()]*\)\Z")
_UNSAID = "”’\"'.,)]}» "


def word(words: Words, name: str) -> Plain:
    """The word for a name of the language. Only drafts have unknown names, which their check reports."""
    return words.get(name, Plain("알 수 없음", name))


def with_particle(text: str, particle: str) -> str:
    """Append the form of a particle that fits the last sound of `text`; `particle` has the form after a consonant first: `을/를`.

    Digits are read as Sino-Korean numbers, Latin letters by their names, % as 퍼센트. Parentheses at the end are not read.
    """
    after_consonant, after_vowel = particle.split("/")
    final = _final_consonant(text)
    takes_first = bool(final) and not (after_consonant == "으로" and final == "ㄹ")
    return f"{text}{after_consonant if takes_first else after_vowel}"


def _final_consonant(text: str) -> str:
    """The final consonant of the last syllable as it is read; empty after a vowel. Only ㄹ is distinguished from the others."""
    read = _REPEATED.sub("", text).rstrip(_UNSAID)
    last = read[-1:].upper()
    if not last:
        return ""
    if _FIRST_SYLLABLE <= ord(last) <= _LAST_SYLLABLE:
        place = (ord(last) - _FIRST_SYLLABLE) % _FINALS
        return "ㄹ" if place == _FINAL_RIEUL else "ㅇ" if place else ""
    return _FINAL_OF_DIGIT.get(last, "") or _FINAL_OF_LETTER.get(last, "")


def won(amount: int) -> Plain:
    """An amount in won: 500,000 is 50만원, and 12,345 is 1만 2,345원."""
    parts = []
    left = amount
    for size, unit in _MYRIADS:
        if left >= size:
            parts.append(f"{left // size:,}{unit}")
            left %= size
    if left or not parts:
        parts.append(f"{left:,}")
    return Plain(f"{' '.join(parts)}원", f"{amount:,} won")


def rate(basis_points: int) -> Plain:
    """A rate in percent: 750 basis points are 7.5 %."""
    whole, part = divmod(basis_points * 100, BASIS_POINTS_OF_THE_WHOLE)
    text = f"{whole}.{part:04d}".rstrip("0").rstrip(".")
    return Plain(f"{text}%", f"{text} %")


def instant(text: str | datetime) -> Plain:
    """An instant in Seoul time, to the minute, or finer if it has seconds."""
    at = (datetime.fromisoformat(text) if isinstance(text, str) else text).astimezone(SEOUL)
    finer = at.second or at.microsecond
    seconds = f":{at.second:02d}" if finer else ""
    if at.microsecond:
        seconds += f".{at.microsecond:06d}".rstrip("0")
    clock = f"{at.hour:02d}:{at.minute:02d}{seconds}"
    day = f"{at.year}년 {at.month}월 {at.day}일"
    korean = f"{day} {at.hour}시" if not (at.minute or finer) else f"{day} {clock}"
    return Plain(korean, f"{at.day} {MONTHS[at.month - 1]} {at.year}, {clock}")


def listed(parts: Iterable[Plain], last: Plain = OR) -> Plain:
    """The parts as a list: a, b or c."""
    each = list(parts)
    if len(each) < 2:
        return each[0] if each else Plain("없음", "none")
    return Plain(
        f"{', '.join(part.ko for part in each[:-1])} {last.ko} {each[-1].ko}",
        f"{', '.join(part.en for part in each[:-1])} {last.en} {each[-1].en}",
    )


def joined(parts: Iterable[Plain], between: str = "; ") -> Plain:
    each = list(parts)
    return Plain(between.join(part.ko for part in each), between.join(part.en for part in each))


def as_written(of: Sequence[str]) -> Plain:
    """Identifiers and sources as the document writes them, in their order and the same in both languages."""
    return Plain(", ".join(of), ", ".join(of))


def window(of: Mapping[str, Any]) -> Plain:
    """The window of a limit or a pool, in words."""
    match of["window"]:
        case "month":
            return Plain("매달", "a month")
        case "half_month":
            return Plain("보름마다(1~15일, 16일~말일)", "each half of a month (1st to 15th, 16th to its end)")
        case "year":
            return Plain("매년", "a calendar year")
        case other:
            start, until = (instant(of[end]) if of.get(end) is not None else MISSING for end in ("from", "until"))
            named = "" if other == "event" else f"{other} "
            return Plain(f"{start.ko}부터 {until.ko} 전까지", f"{named}from {start.en} until before {until.en}")
