"""Rules for conditions beyond their shape: names that the document lists, and ranges that are not empty."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from eeum.policy.conditions import CHANNELS, FACTS_OF_A_PURCHASE, FACTS_OF_A_TOP_UP, FLAGS, METHODS, WEEKDAYS

Problem = tuple[str, str, str]
"""Path in the document, stable code, and what is wrong in a sentence."""

DEEPEST_CONDITION = 10
TOO_DEEP = "conditions_too_deep"
NESTED_TOO_DEEP = f"Conditions are nested more than {DEEPEST_CONDITION} deep."


@dataclass(frozen=True, slots=True)
class Known:
    """The names that conditions may compare a fact with, by the fact: those of the document, and the language's own."""

    names: Mapping[str, tuple[frozenset[str], str, str]]
    """By fact: the names, what kind of thing they name, and where they are listed."""

    @classmethod
    def of(cls, merchants: Mapping[str, Any]) -> "Known":
        districts = (frozenset(merchants["districts"]), "district", "merchants.districts")
        flags = FLAGS | frozenset(merchants.get("flags", ()))
        return cls(
            {
                "merchant_district": districts,
                "member_district": districts,
                "merchant_category": (frozenset(merchants["categories"]), "category", "merchants.categories"),
                "merchant_flags": (flags, "flag", f"{', '.join(sorted(FLAGS))} and merchants.flags"),
                "channel": (CHANNELS, "channel", ", ".join(sorted(CHANNELS))),
                "method": (METHODS, "method", ", ".join(sorted(METHODS))),
                "weekday": (frozenset(WEEKDAYS), "weekday", ", ".join(WEEKDAYS)),
            }
        )


AT_TOP_UP = (
    FACTS_OF_A_TOP_UP,
    "fact_not_known_at_top_up",
    "is not known when money is topped up; a layer that acts then may ask for",
)
IN_A_SHOP = (
    FACTS_OF_A_PURCHASE,
    "fact_not_of_a_shop",
    "does not say where money is spent; a purse may be spendable by",
)
Allowed = tuple[frozenset[str], str, str]
"""The facts that a condition may compare, the fault's code for any other, and the sentence that ends in the allowed facts."""


def faults_of_condition(
    path: str, condition: Mapping[str, Any], known: Known, allowed: Allowed | None = None, depth: int = 1
) -> Iterator[Problem]:
    """The faults of the condition at `path`, which has the right shape. `allowed`, if given, restricts the facts that it may compare."""
    if depth > DEEPEST_CONDITION:
        yield path, TOO_DEEP, NESTED_TOO_DEEP
        return
    for joint in ("all", "any"):
        for index, part in enumerate(condition.get(joint, ())):
            yield from faults_of_condition(f"{path}.{joint}.{index}", part, known, allowed, depth + 1)
    if "not" in condition:
        yield from faults_of_condition(f"{path}.not", condition["not"], known, allowed, depth + 1)
    fact = condition.get("fact")
    if fact is None:
        return
    if allowed and fact not in allowed[0]:
        facts, code, why = allowed
        yield f"{path}.fact", code, f"{fact} {why} {', '.join(sorted(facts))}."
    yield from _names(path, fact, condition, known)
    yield from _range(path, fact, condition)
    yield from _period(path, fact, condition)


def _names(path: str, fact: str, condition: Mapping[str, Any], known: Known) -> Iterator[Problem]:
    if fact not in known.names:
        return
    names, kind, listed = known.names[fact]
    for index, value in enumerate(condition.get("in", ())):
        if value not in names:
            yield f"{path}.in.{index}", f"unknown_{kind}", f"{value} is not one of {listed}."
    if "has" in condition and condition["has"] not in names:
        yield f"{path}.has", f"unknown_{kind}", f"{condition['has']} is not one of {listed}."


def _range(path: str, fact: str, condition: Mapping[str, Any]) -> Iterator[Problem]:
    words = [word for word in ("above", "at_least", "at_most", "below") if condition.get(word) is not None]
    if fact in ("time_of_day", "instant") or "in" in condition or "has" in condition:
        return
    if not words:
        why = "None of above, at_least, at_most and below is given, so it would hold for everyone."
        yield path, "range_missing", why
        return
    for one, other in (("above", "at_least"), ("at_most", "below")):
        if one in words and other in words:
            yield path, "range_said_twice", f"{one} and {other} are both given; one end of the range is said once."
            return
    low = condition["above"] + 1 if "above" in words else condition.get("at_least") or 0
    high = condition["below"] - 1 if "below" in words else condition.get("at_most")
    if high is not None and low > high:
        yield path, "range_empty", f"No whole number is from {low:,} to {high:,}."


def _period(path: str, fact: str, condition: Mapping[str, Any]) -> Iterator[Problem]:
    start, until = condition.get("from"), condition.get("until")
    if fact == "instant":
        if start is None and until is None:
            yield path, "range_missing", "Neither from nor until is given, so it would always hold."
        elif start is not None and until is not None and start >= until:
            yield path, "range_empty", f"Nothing is from {start} until {until}."
    elif fact == "time_of_day" and start == until:
        yield path, "range_empty", f"From {start} until {until} is no time; the whole day is from 00:00 until 24:00."
