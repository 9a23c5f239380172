"""A policy's conditions as SQL. A fact that is not known (null) satisfies no condition, and the negation of each."""

from eeum.policy.conditions import AllOf, Always, AnyOf, Between, Condition, HasFlag, Not, OneOf

TRUE, FALSE = "TRUE", "FALSE"


def text(value: str) -> str:
    """A text literal."""
    escaped = value.replace("'", "''")
    return f"'{escaped}'"


def condition(of: Condition) -> str:
    """The truth of a condition for the row, never null."""
    match of:
        case Always():
            return TRUE
        case AllOf(conditions):
            return _joined(" AND ", conditions, TRUE)
        case AnyOf(conditions):
            return _joined(" OR ", conditions, FALSE)
        case Not(denied):
            return f"(NOT {condition(denied)})"
        case HasFlag(_, flag):
            return f"merchant_{flag}"
    return f"COALESCE({_comparison(of)}, FALSE)"


def _comparison(of: Condition) -> str:
    """A comparison with a fact that may be null."""
    match of:
        case OneOf(fact, values):
            return f"{fact} IN ({', '.join(text(value) for value in sorted(values))})"
        case Between(fact, above, at_most):
            ends = [f"{fact} > {above}"] if above is not None else []
            ends += [f"{fact} <= {at_most}"] if at_most is not None else []
            return " AND ".join(ends)
    raise TypeError(f"no SQL is known for {of!r}")


def _joined(word: str, conditions: tuple[Condition, ...], of_none: str) -> str:
    return f"({word.join(condition(part) for part in conditions)})" if conditions else of_none
