"""What policies and months look like over HTTP."""

from pydantic import BaseModel, Field

from eeum.aws.http import Body
from eeum.calendar import text_of
from eeum.months.rules import MonthRecord
from eeum.policy.documents import PolicyDocument
from eeum.policy.store import LARGEST_HISTORY

LARGEST_HISTORY_BYTES = 524_288
"""Several times what the programme with the longest known history needs, and little enough to be read at once."""


class HistoryRequest(Body):
    """A programme's versions from the past on, each a policy document."""

    policies: list[PolicyDocument] = Field(min_length=1, max_length=LARGEST_HISTORY)


class PoliciesBody(BaseModel):
    """Versions in the order of their starts, and the cursor of those that follow."""

    policies: list[PolicyDocument]
    cursor: str | None


class LoadedBody(BaseModel):
    """The names of the versions that were stored."""

    loaded: list[str]


class MonthBody(BaseModel):
    """A month of the programme: when the reset opened and closed it, and when all its statements were written.

    It may be frozen without some wallets, `excepted`, which had an entry that could not be posted: their statements come later.
    """

    month: str
    status: str
    opened_at: str
    closed_at: str | None
    frozen_at: str | None
    excepted: int


class MonthsBody(BaseModel):
    """The newest months, the newest first, and the cursor of those before."""

    months: list[MonthBody]
    cursor: str | None


def month_body(record: MonthRecord) -> MonthBody:
    return MonthBody(
        month=record.month,
        status=record.status.value,
        opened_at=text_of(record.opened_at),
        closed_at=text_of(record.closed_at) if record.closed_at else None,
        frozen_at=text_of(record.frozen_at) if record.frozen_at else None,
        excepted=len(record.excepted),
    )
