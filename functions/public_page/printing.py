"""Numbers for people: exact with separators, or short for a chart, in both languages. The exact value is always in the data beside it."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from public_page.release import Value

MAN, EOK, JO = 10**4, 10**8, 10**12
"""The units of large Korean numbers: 만, 억, 조."""
THOUSAND, MILLION, BILLION, TRILLION = 10**3, 10**6, 10**9, 10**12
_COUNTED = {
    "members": ("명", ""),
    "shops": ("곳", ""),
    "payments": ("건", ""),
    "rank": ("위", ""),
    "times": ("배", " times"),
}
_MONEY = frozenset({"won", "won_per_head"})
_SMALL = 10


def digits(value: int | Decimal, unit: str) -> str:
    """Every digit of a whole number, without its unit; a share as a percentage with one place."""
    if unit == "share":
        return f"{rounded(Decimal(value) * 100, 1):,}%"
    return f"{value:,}" if isinstance(value, int) else f"{rounded(value, 1):,}"


def exact(value: int | Decimal, unit: str, language: str) -> str:
    """As `digits`, with the unit."""
    return _with_unit(digits(value, unit), unit, language)


def short(value: int | Decimal, unit: str, language: str) -> str:
    """About four digits with the language's own units: 2조 8,620억 원, KRW 2.862 trillion."""
    if unit in {"share", "rank", "times", "won_per_head"}:
        return exact(value, unit, language)
    number = _short_ko(Decimal(value)) if language == "ko" else _short_en(Decimal(value))
    return _with_unit(number, unit, language)


def terse(value: int | Decimal, language: str) -> str:
    """As `short`, without won; English abbreviates trillion, billion and million: 4,928억, 492.8 bn."""
    if language == "ko":
        return _short_ko(Decimal(value))
    text = _short_en(Decimal(value))
    for name, letters in ((" trillion", " tn"), (" billion", " bn"), (" million", " m")):
        text = text.replace(name, letters)
    return text


def percent(part: int | Decimal, whole: int | Decimal) -> str:
    """A part of a whole as a percentage with one place; empty for a whole of 0."""
    if not whole:
        return ""
    share = Fraction(part) / Fraction(whole) * 100
    return f"{rounded(Decimal(share.numerator) / Decimal(share.denominator), 1):,}%"


def plain(value: Value) -> str:
    """The value as data: all of its digits, without separators or exponent; empty for None."""
    return "" if value is None else format(value, "f") if isinstance(value, Decimal) else str(value)


def rounded(value: Decimal, places: int) -> Decimal:
    """Round half away from zero, as printed figures are rounded."""
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def _with_unit(number: str, unit: str, language: str) -> str:
    if unit in _MONEY:
        return f"{number}{' ' if number[-1:].isalpha() else ''}원" if language == "ko" else f"KRW {number}"
    if unit in _COUNTED:
        ko, en = _COUNTED[unit]
        gap = " " if language == "ko" and number[-1:].isalpha() else ""
        return number + (gap + ko if language == "ko" else en)
    return number


def _short_ko(value: Decimal) -> str:
    size = abs(value)
    if size < 10 * MAN:
        return f"{rounded(value, 0):,}"
    if size < 10 * EOK:
        places = 1 if size < MAN * 100 or size >= EOK else 0
        step, name = (EOK, "억") if size >= EOK else (MAN, "만")
        return f"{_trimmed(rounded(value / step, places))}{name}"
    hundreds_of_millions = int(rounded(value / EOK, 0))
    whole, rest = divmod(abs(hundreds_of_millions), MAN)
    sign = "-" if value < 0 else ""
    if not whole:
        return f"{sign}{rest:,}억"
    return f"{sign}{whole:,}조 {rest:,}억" if rest else f"{sign}{whole:,}조"


def _short_en(value: Decimal) -> str:
    size = abs(value)
    for step, name, places in ((TRILLION, " trillion", 3), (BILLION, " billion", 1), (MILLION, " million", 2)):
        if size >= step:
            return f"{_trimmed(rounded(value / step, places))}{name}"
    return f"{rounded(value, 0):,}"


def _trimmed(value: Decimal) -> str:
    text = f"{value:,}"
    return text.rstrip("0").rstrip(".") if "." in text else text
