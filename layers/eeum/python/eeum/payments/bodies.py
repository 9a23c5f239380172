"""Types and texts of payments over HTTP that several routes share."""

from collections.abc import Mapping
from typing import Annotated, Literal, get_args

from pydantic import Field

from eeum.bodies import AnswerBody
from eeum.payments.rules import CODES, Decline
from eeum.wallet.rules import OwnDecline

Channel = Literal["shop", "qr", "e_mall", "delivery", "taxi"]
MemberChannel = Literal["shop", "qr"]
"""The channels that members may name for their own payments. Policies pay more in some channels, so the others are for acquirers."""

MEMBER_CHANNELS: frozenset[str] = frozenset(get_args(MemberChannel))

MerchantId = Annotated[str, Field(pattern=r"^[0-9a-f-]{36}$", description="The merchant's id.")]
CardToken = Annotated[str, Field(min_length=1, max_length=120, description="The token of a member's card.")]

KOREAN: dict[Decline, str] = {
    Decline.UNKNOWN_MERCHANT: "등록되지 않은 가맹점입니다.",
    Decline.UNKNOWN_CARD: "등록되지 않은 카드입니다.",
    Decline.INSUFFICIENT_FUNDS: "잔액이 부족합니다.",
    Decline.MERCHANT_NOT_PAYABLE_YET: "아직 결제할 수 없는 가맹점입니다.",
    Decline.MERCHANT_EXCLUDED: "지역화폐를 쓸 수 없는 업종입니다.",
    Decline.WALLET_SUSPENDED: "사용이 정지된 지갑입니다.",
    Decline.CARD_BLOCKED: "사용할 수 없는 카드입니다.",
    Decline.REVERSED: "취소된 거래입니다.",
    Decline.BASKET_DECLINED: "함께 결제하려던 다른 거래가 거절되었습니다.",
}
ENGLISH: dict[Decline, str] = {
    Decline.UNKNOWN_MERCHANT: "This merchant is not registered.",
    Decline.UNKNOWN_CARD: "This card is not registered.",
    Decline.INSUFFICIENT_FUNDS: "The balance is not enough.",
    Decline.MERCHANT_NOT_PAYABLE_YET: "This merchant does not accept payments yet.",
    Decline.MERCHANT_EXCLUDED: "The local currency cannot be used at this kind of merchant.",
    Decline.WALLET_SUSPENDED: "This wallet is suspended.",
    Decline.CARD_BLOCKED: "This card cannot be used.",
    Decline.REVERSED: "This payment was reversed.",
    Decline.BASKET_DECLINED: "Another payment that was to be paid together with this one was declined.",
    Decline.BASKET_DECLINED: "Another payment that was to be paid together with this one was declined.",
}


class DeclineBody(AnswerBody):
    """Why a payment was declined: an ISO 8583 code, a stable reason, and a sentence for the member in Korean and English."""

    code: str
    reason: str
    message: str
    message_en: str


class CutBody(AnswerBody):
    """A layer whose reward the budget cut: it gave `given` won, less than the policy says. The payment or top-up itself stands."""

    layer: str
    given: int
    reason: Literal["budget_used_up"]
    message: str
    message_en: str


def cut_bodies(funded_amounts: Mapping[str, int]) -> list[CutBody]:
    """The cut layers, from the funded amount of each."""
    return [
        CutBody(
            layer=layer,
            given=given,
            reason="budget_used_up",
            message=_cut_message(given),
            message_en=_cut_message_in_english(given),
        )
        for layer, given in sorted(funded_amounts.items())
    ]


def _cut_message(given: int) -> str:
    if given:
        return f"예산이 모두 사용되어 이 혜택은 {given:,}원까지만 적용되었습니다."
    return "예산이 모두 사용되어 이 혜택은 적용되지 않았습니다."


def _cut_message_in_english(given: int) -> str:
    if given:
        return f"The budget is used up, so this benefit was limited to {given:,} won."
    return "The budget is used up, so this benefit was not given."


def decline_body(decline: Decline | OwnDecline) -> DeclineBody:
    if isinstance(decline, OwnDecline):
        return DeclineBody(
            code=decline.code, reason=decline.value, message=decline.message, message_en=decline.message_en
        )
    return DeclineBody(code=CODES[decline], reason=decline.value, message=KOREAN[decline], message_en=ENGLISH[decline])
