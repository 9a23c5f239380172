"""Statements over HTTP."""

from eeum.bodies import AnswerBody
from eeum.calendar import text_of
from eeum.months.statements import RewardSum, Statement


class RewardSumBody(AnswerBody):
    """The sum of rewards in won, by layer of the policy, and by funder."""

    won: int
    by_layer: dict[str, int]
    by_funder: dict[str, int]


class EarlierMonthBody(AnswerBody):
    """How cancellations of this month changed an earlier one: the cancelled amount and the change of its cashback, in won."""

    month: str
    cancelled: int
    cashback: RewardSumBody


class StatementBody(AnswerBody):
    """A month: balances by purse at its start and end, and what happened between, in won.

    An entry counts in the month in which it was accepted. Cashback counts in the month of its payment, whenever it was credited and to
    whichever purse. `paid` are prices; the member did not pay `discounts` of them. `topped_up` is the face value; `top_up_rewards` were
    added to it or taken off the bank's debit. `expired` left the wallet unspent.
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
    discounts: RewardSumBody
    top_up_rewards: RewardSumBody
    cashback: RewardSumBody
    expired: int
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
        discounts=_rewards_body(statement.discounts),
        top_up_rewards=_rewards_body(statement.top_up_rewards),
        cashback=_rewards_body(statement.cashback),
        expired=statement.expired,
        earlier_months=[
            EarlierMonthBody(month=each.month, cancelled=each.cancelled, cashback=_rewards_body(each.cashback))
            for each in statement.earlier_months
        ],
    )


def _rewards_body(rewards: RewardSum) -> RewardSumBody:
    return RewardSumBody(won=rewards.won, by_layer=dict(rewards.by_layer), by_funder=dict(rewards.by_funder))
