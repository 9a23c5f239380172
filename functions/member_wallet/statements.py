"""What statements look like over HTTP."""

from pydantic import BaseModel

from eeum.calendar import text_of
from eeum.months.statements import CashbackSum, Statement


class CashbackSumBody(BaseModel):
    """Won of cashback in all, by layer of the policy, and by who funds it."""

    won: int
    by_layer: dict[str, int]
    by_funder: dict[str, int]


class EarlierMonthBody(BaseModel):
    """What cancellations of this month changed in an earlier one: won cancelled, and by how much its cashback changed."""

    month: str
    cancelled: int
    cashback: CashbackSumBody


class StatementBody(BaseModel):
    """A month: balances by purse at its start and end, and what happened between, in won.

    An entry counts in the month in which it was accepted; the cashback of a payment in that of the payment, whenever it was posted.
    """

    month: str
    written_at: str
    start: dict[str, int]
    end: dict[str, int]
    topped_up: int
    paid: int
    held: int
    captured: int
    released: int
    cancelled: int
    cashback: CashbackSumBody
    earlier_months: list[EarlierMonthBody]


def statement_body(statement: Statement) -> StatementBody:
    return StatementBody(
        month=statement.month,
        written_at=text_of(statement.written_at),
        start=dict(statement.start),
        end=dict(statement.end),
        topped_up=statement.topped_up,
        paid=statement.paid,
        held=statement.held,
        captured=statement.captured,
        released=statement.released,
        cancelled=statement.cancelled,
        cashback=_cashback_body(statement.cashback),
        earlier_months=[
            EarlierMonthBody(month=each.month, cancelled=each.cancelled, cashback=_cashback_body(each.cashback))
            for each in statement.earlier_months
        ],
    )


def _cashback_body(cashback: CashbackSum) -> CashbackSumBody:
    return CashbackSumBody(won=cashback.won, by_layer=dict(cashback.by_layer), by_funder=dict(cashback.by_funder))
