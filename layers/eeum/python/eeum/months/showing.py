"""Show the statement of a month. Separate from `closing`, since it closes nothing."""

from eeum.calendar import Month
from eeum.errors import NotFound
from eeum.months.statement_store import StatementStore
from eeum.months.statements import Statement


def statement_of_month(store: StatementStore, wallet_id: str, month: Month) -> Statement:
    """The statement of a month. Raises `NotFound` before it is written, and if nothing happened in an empty wallet."""
    statement = store.statement(wallet_id, month)
    if statement is None:
        raise NotFound(f"There is no statement of {month}: it is written when the month is frozen.")
    return statement
