"""How figures are printed, in Korean and English. Values are exact fractions; rounding is half up, for print alone."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

PLACES = 12
"""The places of an unrounded value in a document."""
_KOREAN = ((10**12, "조"), (10**8, "억"), (10**4, "만"), (1, ""))
_ENGLISH = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"))
_DIGITS = 5
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


class Printed(NamedTuple):
    ko: str
    en: str


SUPPRESSED = Printed("비공개(소수)", "not published (too few)")


def rounded(value: Fraction, places: int = 0) -> Decimal:
    """`value` rounded half up, computed exactly."""
    scaled = abs(value) * 10**places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(whole if value >= 0 else -whole).scaleb(-places)


def unrounded(value: Fraction) -> str:
    """`value` with `PLACES` places."""
    return f"{rounded(value, PLACES):.{PLACES}f}"


def won(value: Fraction) -> Printed:
    """Korean: the two largest of 조, 억, 만 and 원. English: five digits of a trillion, billion or million; smaller amounts in full."""
    return Printed(_with_unit(_in_korean(value), "원"), f"KRW {_in_english(value)}")


def won_per_head(value: Fraction) -> Printed:
    """To a thousand won, as cities publish it; smaller amounts in full."""
    coarse = rounded(value / 1000) * 1000 if abs(value) >= 10_000 else rounded(value)
    return Printed(_with_unit(_in_korean(Fraction(coarse)), "원"), f"KRW {int(coarse):,}")


def members(value: Fraction) -> Printed:
    """To ten thousand from a hundred thousand on; smaller numbers in full."""
    coarse = int(rounded(value / 10_000)) * 10_000 if abs(value) >= 100_000 else int(rounded(value))
    english = _in_english(Fraction(coarse)) if abs(coarse) >= 10**6 else f"{coarse:,}"
    return Printed(_with_unit(_in_korean(Fraction(coarse)), "명"), english)


def shops(value: Fraction) -> Printed:
    return Printed(f"{int(value):,}곳", f"{int(value):,} Benefit+ shops")


def payments(value: Fraction) -> Printed:
    return Printed(f"{int(value):,}건", f"{int(value):,} payments")


def supplements(value: Fraction) -> Printed:
    return Printed(f"{int(value)}회", f"{int(value)} supplementary budget{'' if value == 1 else 's'}")


def share(value: Fraction, places: int = 1) -> Printed:
    """A percentage with `places` decimals."""
    text = f"{rounded(value * 100, places):.{places}f}"
    return Printed(f"{text}%", f"{text} %")


def times(value: Fraction) -> Printed:
    text = f"{rounded(value, 1):.1f}"
    return Printed(f"{text}배", f"{text} times")


def rank(value: Fraction) -> Printed:
    number = int(value)
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return Printed(f"{number}위", f"{number}{ending}")


BY_UNIT: Mapping[str, Callable[[Fraction], Printed]] = {
    "won": won, "won_per_head": won_per_head, "members": members, "shops": shops, "payments": payments,
    "supplements": supplements, "share": share, "times": times, "rank": rank,
}  # fmt: skip


def day(text: str) -> Printed:
    each = date.fromisoformat(text)
    return Printed(f"{each.year}년 {each.month}월 {each.day}일", f"{each.day} {_MONTHS[each.month - 1]} {each.year}")


def month(text: str, last_day: str | None = None) -> Printed:
    """A month; `last_day` is given for one that has not ended."""
    year, number = int(text[:4]), int(text[5:7])
    if last_day is None:
        return Printed(f"{year}년 {number}월", f"{_MONTHS[number - 1]} {year}")
    until = int(last_day[8:])
    return Printed(
        f"{year}년 {number}월({until}일까지)", f"{_MONTHS[number - 1]} {year} (to the {until}{_ending(until)})"
    )


def _with_unit(number: str, unit: str) -> str:
    """`138만 명`, but `1,380명`."""
    return f"{number}{unit}" if number[-1].isdigit() else f"{number} {unit}"


def _ending(number: int) -> str:
    return rank(Fraction(number)).en.lstrip("0123456789")


def _in_korean(value: Fraction) -> str:
    """The two largest of 조, 억 and 만 in five digits, as `2조 8,620억`; amounts below 100 million to the won."""
    whole = int(rounded(value))
    if abs(whole) >= _KOREAN[1][0]:
        finest_digit = 10 ** (len(str(abs(whole))) - _DIGITS)
        whole = int(rounded(Fraction(whole, finest_digit))) * finest_digit
    sign, whole = ("-" if whole < 0 else ""), abs(whole)
    unit = next((place for place, (size, _) in enumerate(_KOREAN) if whole >= size), len(_KOREAN) - 1)
    finest = _KOREAN[min(unit + 1, len(_KOREAN) - 1)][0]
    whole = int(rounded(Fraction(whole, finest))) * finest
    parts = []
    for size, name in _KOREAN:
        part, whole = divmod(whole, size)
        if part:
            parts.append(f"{part:,}{name}")
    return sign + (" ".join(parts) or "0")


def _in_english(value: Fraction) -> str:
    for size, name in _ENGLISH:
        # What rounds up to a unit is printed in it.
        if rounded(abs(value) / size, _DIGITS) >= 1:
            places = _DIGITS - len(str(int(abs(value) / size)))
            return f"{rounded(value / size, places).normalize():f} {name}"
    return f"{int(rounded(value)):,}"
