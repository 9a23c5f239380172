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
        case OneOf(fact, values):
            return f"COALESCE({fact} IN ({', '.join(text(value) for value in sorted(values))}), FALSE)"
        case HasFlag(_, flag):
            return f"merchant_{flag}"
        case Between(fact, above, at_most):
            ends = [f"{fact} > {above}"] if above is not None else []
            ends += [f"{fact} <= {at_most}"] if at_most is not None else []
            return f"COALESCE({' AND '.join(ends)}, FALSE)"
        case AllOf(conditions):
            return _joined(" AND ", conditions, TRUE)
        case AnyOf(conditions):
            return _joined(" OR ", conditions, FALSE)
        case Not(denied):
            return f"(NOT {condition(denied)})"
    raise TypeError(f"no SQL is known for {of!r}")


def _joined(word: str, conditions: tuple[Condition, ...], of_none: str) -> str:
    return f"({word.join(condition(part) for part in conditions)})" if conditions else of_none
