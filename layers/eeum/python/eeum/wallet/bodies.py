"""Debts between the purses of a wallet over HTTP. They explain to a member why a refund went to another purse."""

from collections.abc import Iterable

from pydantic import Field

from eeum.bodies import AnswerBody
from eeum.journal.accounts import CASHBACK, CHARGED, is_of_rewards
from eeum.wallet.debts import Debts, Repaid


class RepaidBody(AnswerBody):
    """Rewards or cashback whose spending was undone: the refund went to the purse `to`, which had paid for them, instead of `from`."""

    purse: str = Field(serialization_alias="from")
    to: str
    won: int


class OwedBody(AnswerBody):
    """A debt: the payment that earned rewards in the purse `from` was cancelled after they were spent, so the purse `to` paid.

    When that spending is cancelled, or the hold on it is released, the amount goes back to the purse `to`.
    """

    purse: str = Field(serialization_alias="from")
    to: str
    won: int
    message: str
    message_en: str


def repaid_bodies(repaid: Iterable[Repaid]) -> list[RepaidBody]:
    return [RepaidBody(purse=each.debtor, to=each.creditor, won=each.won) for each in repaid]


def owed_bodies(debts: Debts) -> list[OwedBody]:
    return [
        OwedBody(
            purse=debtor,
            to=creditor,
            won=won,
            message=_owed_message(debtor, creditor, won),
            message_en=_owed_message_in_english(debtor, creditor, won),
        )
        for debtor, owed in sorted(debts.items())
        for creditor, won in sorted(owed.items())
    ]


def repaid_message(repaid: Iterable[Repaid]) -> list[str]:
    """One sentence for each purse that was repaid."""
    return [
        f"환불액 중 {won:,}원은 앞서 대신 회수했던 {korean_name(creditor)} 잔액으로 돌려드렸습니다."
        for creditor, won in _won_by_creditor(repaid).items()
    ]


def repaid_message_in_english(repaid: Iterable[Repaid]) -> list[str]:
    return [
        f"{won:,} won of the refund went back to your {english_name(creditor)}, which had paid before."
        for creditor, won in _won_by_creditor(repaid).items()
    ]


def _won_by_creditor(repaid: Iterable[Repaid]) -> dict[str, int]:
    won_by_purse: dict[str, int] = {}
    for each in repaid:
        won_by_purse[each.creditor] = won_by_purse.get(each.creditor, 0) + each.won
    return won_by_purse


def _owed_message(debtor: str, creditor: str, won: int) -> str:
    return (
        f"취소된 결제로 받은 {korean_name(debtor)} 잔액을 이미 사용하여 {korean_name(creditor)} 잔액에서 {won:,}원을 대신 회수했습니다. "
        f"그 금액을 사용한 결제가 취소되면 {korean_name(creditor)} 잔액으로 돌려드립니다."
    )


def _owed_message_in_english(debtor: str, creditor: str, won: int) -> str:
    return (
        f"A payment was cancelled whose {english_name(debtor)} was already spent, so that {won:,} won were taken from your "
        f"{english_name(creditor)} instead. They come back to your {english_name(creditor)} if that spending is cancelled."
    )


def english_name(purse_id: str) -> str:
    if is_of_rewards(purse_id):
        return "rewards balance"
    return {CHARGED: "loaded balance", CASHBACK: "cashback"}.get(purse_id, "allowance")


def korean_name(purse_id: str) -> str:
    if is_of_rewards(purse_id):
        return "적립금"
    return {CHARGED: "충전금", CASHBACK: "캐시"}.get(purse_id, "정책수당")
