"""A month of cashback over HTTP: earnings and corrections."""

from collections.abc import Mapping, Sequence

from eeum.bodies import AnswerBody
from eeum.calendar import text_of
from eeum.cashback.bodies import EarnedBody, earned_body
from eeum.cashback.rules import Correction, Earning
from eeum.cashback.showing import MonthOfCashback
from eeum.journal.accounts import by_purse
from eeum.payments.bodies import CutBody, cut_bodies
from eeum.wallet.bodies import RepaidBody, repaid_bodies, repaid_message, repaid_message_in_english


class EarningBody(AnswerBody):
    """What one payment earned and why: its base, and each layer's bands, rates, funders and purse.

    `cashback` is the sum, whichever purse it went to. `cut` names the layers that budgets did not pay whole.
    """

    payment_id: str
    merchant_id: str
    merchant_name: str | None
    cashback: int
    base: int
    policy: str
    rewards: list[EarnedBody]
    cut: list[CutBody]
    accepted_at: str
    posted_at: str


class ChangeBody(AnswerBody):
    """The change of a layer's reward for a payment, in won."""

    payment_id: str
    layer: str
    won: int


class CorrectionBody(AnswerBody):
    """How a cancellation changed the cashback of this month, and where its refund went. `message` explains it in Korean, `message_en` in
    English.

    The whole month is recomputed, so cashback of other payments may change, too: they may move to a better band.

    `recovered` filled cashback that was below zero, so it is not in `refunded_to`. `recovered_from` is the part of it by purse that would
    have gone there; it is empty in corrections of earlier versions. `purses` is the change of each purse. What was `spent` of a purse of
    rewards is taken from cashback instead; what `expired` in it, by purse, costs the member nothing. `repaid` went to a purse that had paid
    for spent rewards, instead of the purse of the rewards.

    A correction that changes very many payments has several `parts`; this is number `part`, from 1. The first part has the refund.
    """

    payment_id: str
    cancellation_id: str
    cancelled: int
    cashback: int
    changes: list[ChangeBody]
    purses: dict[str, int]
    expired: dict[str, int]
    refunded_to: dict[str, int]
    recovered: int
    recovered_from: dict[str, int]
    spent: dict[str, int]
    repaid: list[RepaidBody]
    message: str
    message_en: str
    part: int
    parts: int
    accepted_at: str
    posted_at: str


class CashbackBody(AnswerBody):
    """A member's cashback of a month: its sum, a page of earnings and corrections, and the cursor of the next page.

    Earnings and corrections are each in the order of their accruals, over all pages. `cashback` is the sum of the whole month on each page.
    """

    month: str
    cashback: int
    earnings: list[EarningBody]
    corrections: list[CorrectionBody]
    cursor: str | None


def cashback_body(month: MonthOfCashback, names: Sequence[str | None]) -> CashbackBody:
    """The body of a page. `names` are the merchants' names for its earnings, in the same order."""
    earnings = [entry for entry in month.entries if isinstance(entry, Earning)]
    return CashbackBody(
        month=month.month,
        cashback=month.won,
        earnings=[_earning_body(entry, name) for entry, name in zip(earnings, names, strict=True)],
        corrections=[
            _correction_body(entry, month.payments) for entry in month.entries if isinstance(entry, Correction)
        ],
        cursor=month.cursor,
    )


def _correction_body(correction: Correction, payments: Mapping[int, str]) -> CorrectionBody:
    return CorrectionBody(
        payment_id=correction.payment_id,
        cancellation_id=correction.cancellation_id,
        cancelled=correction.amount,
        cashback=correction.won,
        changes=[
            ChangeBody(payment_id=payments[change.number], layer=change.layer, won=change.won)
            for change in correction.changes
        ],
        purses=by_purse(correction.cashback),
        expired=dict(correction.expired),
        refunded_to=dict(correction.released),
        recovered=correction.recovered,
        recovered_from=dict(correction.recovered_from),
        spent=dict(correction.spent),
        repaid=repaid_bodies(correction.repaid),
        message=_correction_message(correction),
        message_en=_correction_message_in_english(correction),
        part=correction.part[0] + 1,
        parts=correction.part[1],
        accepted_at=text_of(correction.accepted_at),
        posted_at=text_of(correction.posted_at),
    )


def _correction_message(correction: Correction) -> str:
    sentences = [f"결제 {correction.amount:,}원이 취소되었습니다."] if correction.amount else []
    if correction.won < 0:
        sentences.append(f"해당 월의 캐시백을 다시 계산하여 {-correction.won:,}원을 회수했습니다.")
    elif correction.won > 0:
        sentences.append(f"해당 월의 캐시백을 다시 계산하여 {correction.won:,}원을 더 드렸습니다.")
    if gone := sum(correction.expired.values()):
        sentences.append(f"그중 {gone:,}원은 이미 소멸한 적립금입니다.")
    if spent := sum(correction.spent.values()):
        sentences.append(f"그중 {spent:,}원은 이미 사용한 적립금이어서 캐시에서 회수했습니다.")
    if correction.recovered:
        sentences.append(f"환불액 중 {correction.recovered:,}원으로 부족한 캐시를 채웠습니다.")
    sentences += repaid_message(correction.repaid)
    return " ".join(sentences)


def _correction_message_in_english(correction: Correction) -> str:
    sentences = [f"{correction.amount:,} won of the payment were cancelled."] if correction.amount else []
    if correction.won < 0:
        sentences.append(f"The month's cashback was recomputed, and {-correction.won:,} won were taken back.")
    elif correction.won > 0:
        sentences.append(f"The month's cashback was recomputed, and {correction.won:,} won were added.")
    if gone := sum(correction.expired.values()):
        sentences.append(f"{gone:,} won of it had expired already.")
    if spent := sum(correction.spent.values()):
        sentences.append(f"{spent:,} won of it were spent already, and were taken from your cashback.")
    if correction.recovered:
        sentences.append(f"{correction.recovered:,} won of the refund filled up your cashback.")
    sentences += repaid_message_in_english(correction.repaid)
    return " ".join(sentences)


def _earning_body(earning: Earning, merchant_name: str | None) -> EarningBody:
    return EarningBody(
        payment_id=earning.payment_id,
        merchant_id=earning.merchant_id,
        merchant_name=merchant_name,
        cashback=earning.won,
        base=earning.base,
        policy=earning.policy,
        rewards=[earned_body(reward, earning.into) for reward in earning.rewards],
        cut=cut_bodies(earning.funded_amounts),
        accepted_at=text_of(earning.accepted_at),
        posted_at=text_of(earning.posted_at),
    )
