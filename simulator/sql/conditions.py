"""Write a policy's conditions as SQL. An unknown fact (null) satisfies no condition, and the negation of every condition."""

from collections.abc import Iterable

from eeum.calendar import milliseconds_of
from eeum.policy.conditions import (
    WEEKDAYS,
    AllOf,
    Always,
    AnyOf,
    Between,
    Condition,
    HasFlag,
    Not,
    OneOf,
    TimeOfDay,
    Within,
)
from simulator.payments import flag_column

TRUE, FALSE = "TRUE", "FALSE"

SEOUL_OFFSET, DAY, MINUTE = 9 * 3_600_000, 86_400_000, 60_000
"""Milliseconds."""
DAYS_FROM_MONDAY = 3
"""1970-01-01 was a Thursday."""

AMOUNT = "(won_charged + won_cashback + won_grants + won_rewards + won_discount)"
"""The price: the won paid from all purses, plus the discount."""


def text(value: str) -> str:
    """A text literal."""
    escaped = value.replace("'", "''")
    return f"'{escaped}'"


def condition(of: Condition, month_start: int) -> str:
    """Return an expression that is true or false for a row, never null.

    All rows are of the month that starts at `month_start`, in milliseconds since 1970.
    """
    match of:
        case AllOf(conditions):
            return _joined(" AND ", conditions, TRUE, month_start)
        case AnyOf(conditions):
            return _joined(" OR ", conditions, FALSE, month_start)
        case Not(denied):
            return f"(NOT {condition(denied, month_start)})"
    return _about_what_is_known(of) or f"COALESCE({_comparison(of, month_start)}, FALSE)"


def _about_what_is_known(of: Condition) -> str | None:
    """The expression for a condition on a fact that every payment has; None for other conditions."""
    match of:
        case Always():
            return TRUE
        case HasFlag(_, flag):
            return flag_column(flag)
        case TimeOfDay(start, until):
            return _time_of_day(start, until)
        case Within(start, until):
            ends = [f"accepted_at >= {milliseconds_of(start)}"] if start is not None else []
            ends += [f"accepted_at < {milliseconds_of(until)}"] if until is not None else []
            return f"({' AND '.join(ends) or TRUE})"
    return None


def _comparison(of: Condition, month_start: int) -> str:
    """The expression for a condition on a fact that may be null."""
    match of:
        case OneOf("weekday", values):
            # Arithmetic, since the dialects have different functions for the day of the week.
            days = sorted(WEEKDAYS.index(value) for value in values)
            return f"(((accepted_at + {SEOUL_OFFSET}) / {DAY} + {DAYS_FROM_MONDAY}) % 7) IN ({_listed(map(str, days))})"
        case OneOf(fact, values):
            return f"{fact} IN ({_listed(text(value) for value in sorted(values))})"
        case Between(fact, above, at_most):
            number = _number(fact, month_start)
            ends = [f"{number} > {above}"] if above is not None else []
            ends += [f"{number} <= {at_most}"] if at_most is not None else []
            # A range without ends holds for every known value.
            return " AND ".join(ends) or f"{number} IS NOT NULL"
    raise TypeError(f"no SQL is known for {of!r}")


def _number(fact: str, month_start: int) -> str:
    if fact == "amount":
        return AMOUNT
    return f"((accepted_at - {month_start}) / {DAY} + 1)" if fact == "day_of_month" else fact


def _time_of_day(start: str, until: str) -> str:
    minute = f"((accepted_at + {SEOUL_OFFSET}) % {DAY} / {MINUTE})"
    word = "AND" if start <= until else "OR"
    return f"({minute} >= {_minutes(start)} {word} {minute} < {_minutes(until)})"


def _minutes(time: str) -> int:
    return int(time[:2]) * 60 + int(time[3:])


def _listed(values: Iterable[str]) -> str:
    return ", ".join(values)


def _joined(word: str, conditions: tuple[Condition, ...], of_none: str, month_start: int) -> str:
    return f"({word.join(condition(part, month_start) for part in conditions)})" if conditions else of_none
