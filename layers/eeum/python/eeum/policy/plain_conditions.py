"""Write a condition of a policy document as a clause, in Korean and in English."""

from collections.abc import Mapping
from typing import Any

from eeum.policy.names import KIND_OF_FACT, Names
from eeum.policy.wording import CHANNELS_AND_METHODS, WEEKDAYS, Plain, Words, instant, joined, listed, won, word

_SUBJECTS: Words = {
    "merchant_district": Plain("가맹점 지역", "the shop's district"),
    "merchant_category": Plain("가맹점 업종", "the shop's category"),
    "merchant_annual_revenue": Plain("가맹점 연매출", "the shop's sales a year"),
    "merchant_flags": Plain("가맹점 표시", "the shop's flags"),
    "card_product": Plain("카드 종류", "the card"),
    "card_issuer": Plain("카드 발급사", "the card's issuer"),
    "member_class": Plain("가입자 구분", "the member's class"),
    "member_district": Plain("가입자 거주 지역", "the member's district"),
    "member_age": Plain("가입자 나이", "the member's age"),
    "channel": Plain("결제 장소", "the place of payment"),
    "method": Plain("결제 방법", "the means of payment"),
    "amount": Plain("금액", "the amount"),
    "weekday": Plain("요일", "the day of the week"),
    "day_of_month": Plain("날짜", "the day of the month"),
    "time_of_day": Plain("시각", "the time of day"),
    "instant": Plain("일시", "the time"),
}
_VALUES: Mapping[str, Words] = {
    "channel": CHANNELS_AND_METHODS,
    "method": CHANNELS_AND_METHODS,
    "weekday": WEEKDAYS,
}
_IN_WON = frozenset({"merchant_annual_revenue", "amount"})
_KOREAN_UNITS: Mapping[str, str] = {"member_age": "세", "day_of_month": "일"}
_BOUNDS: tuple[tuple[str, Plain], ...] = (
    ("above", Plain("초과", "more than")),
    ("at_least", Plain("이상", "at least")),
    ("at_most", Plain("이하", "at most")),
    ("below", Plain("미만", "less than")),
)
_JOINTS: Mapping[str, Plain] = {"all": Plain(" 그리고 ", ", and "), "any": Plain(" 또는 ", ", or ")}


def clause(condition: Mapping[str, Any], names: Names | None = None) -> Plain:
    """The condition as a clause: "the shop's district is seo, and the place of payment is QR". `names` are its document's."""
    names = names or Names({"layers": [{"id": "", "title": {"ko": ""}, "when": condition}]})
    for joint, between in _JOINTS.items():
        if joint in condition:
            parts = [_within(part, names) for part in condition[joint]]
            if len(parts) == 1:  # needs no joint
                return parts[0]
            return Plain(between.ko.join(part.ko for part in parts), between.en.join(part.en for part in parts))
    if "not" in condition:
        denied = clause(condition["not"], names)
        return Plain(f"다음이 아닌 경우({denied.ko})", f"not ({denied.en})")
    return _of_fact(condition, names)


def _within(condition: Mapping[str, Any], names: Names) -> Plain:
    """A part of a longer condition, in parentheses when it has several parts of its own."""
    inner = clause(condition, names)
    if any(len(condition.get(joint, ())) > 1 for joint in _JOINTS):
        return Plain(f"({inner.ko})", f"({inner.en})")
    return inner


def _of_fact(condition: Mapping[str, Any], names: Names) -> Plain:
    fact = condition["fact"]
    subject = word(_SUBJECTS, fact)
    if "in" in condition:
        values = listed(_value(fact, value, names) for value in sorted(set(condition["in"])))
        return Plain(f"{subject.ko}: {values.ko}", f"{subject.en} is {values.en}")
    if "has" in condition:
        flag = names.value_of_fact(fact, condition["has"])
        if fact == "merchant_flags":
            return Plain(f"{flag.ko} 가맹점", f"the shop is marked “{flag.en}”")
        return Plain(f"{subject.ko}: {flag.ko}", f"{subject.en} has {flag.en}")
    if "from" in condition or "until" in condition:
        return _between_times(subject, condition)
    return _between_numbers(subject, condition)


def _value(fact: str, value: str, names: Names) -> Plain:
    """The language's own word for a value, else the city's name."""
    if fact in KIND_OF_FACT:
        return names.value_of_fact(fact, value)
    return _VALUES.get(fact, {}).get(value) or names.value_of_fact(fact, value)


def _between_times(subject: Plain, condition: Mapping[str, Any]) -> Plain:
    """`from` inclusive, `until` exclusive."""
    ends = [condition.get("from"), condition.get("until")]
    if condition["fact"] == "instant":
        start, until = (instant(end) if end is not None else None for end in ends)
    else:
        start, until = (Plain(end, end) if end is not None else None for end in ends)
    korean = " ".join([*([f"{start.ko}부터"] if start else []), *([f"{until.ko} 전까지"] if until else [])])
    english = " ".join([*([f"from {start.en}"] if start else []), *([f"until before {until.en}"] if until else [])])
    return Plain(f"{subject.ko}: {korean}", f"{subject.en} is {english}")


def _between_numbers(subject: Plain, condition: Mapping[str, Any]) -> Plain:
    ends, fact = [], condition["fact"]
    unit = _KOREAN_UNITS.get(fact, "")
    for bound, words in _BOUNDS:
        value = condition.get(bound)
        if value is not None:
            number = won(value) if fact in _IN_WON else Plain(f"{value:,}{unit}", f"{value:,}")
            ends.append(Plain(f"{number.ko} {words.ko}", f"{words.en} {number.en}"))
    limits = joined(ends, " ") if len(ends) < 2 else Plain(joined(ends, " ").ko, joined(ends, " and ").en)
    return Plain(f"{subject.ko}: {limits.ko}", f"{subject.en} is {limits.en}")
