"""What a member sees in wallet and cashback after cancellations, with the reasons."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from eeum.calendar import SEOUL
from tests.http.callers import ACQUIRER, BANK, CUSTOMER, STRANGER
from tests.http.city import Answer, InMemoryCity
from tests.http.requests import future_policy, schedule
from tests.http.test_cancellations import cancelled
from tests.http.test_holds import wallet

TEN_PERCENT = [{"from": 0, "up_to": None, "rate_basis_points": 1_000}]


def test_a_refund_is_pending_until_the_month_is_recomputed(city: InMemoryCity) -> None:
    city.post_cashback()
    assert wallet(city)["purses"] == {"charged": 230_000, "cashback": 4_000}
    taken = cancelled(city, 15_000).json
    waiting = wallet(city)
    city.post_cashback()
    settled = wallet(city)
    told = city.call(CUSTOMER, "GET", f"/wallets/{city.who.customer_wallet}/cashback").json

    assert (waiting["refund_pending"], waiting["cashback_pending"]) == (15_000, 1)
    assert (settled["refund_pending"], settled["cashback_pending"]) == (0, 0)
    assert settled["purses"] == {"charged": 245_000, "cashback": 2_500}
    assert (told["cashback"], [each["cashback"] for each in told["earnings"]]) == (2_500, [4_000])
    (correction,) = told["corrections"]
    changed = {"payment_id": city.who.payment, "layer": "base", "won": -1_500}
    assert (correction["cancellation_id"], correction["changes"]) == (taken["id"], [changed])
    assert (correction["refunded_to"], correction["recovered"]) == ({"charged": 15_000}, 0)
    assert (
        correction["message"]
        == "결제 15,000원이 취소되었습니다. 해당 월의 캐시백을 다시 계산하여 1,500원을 회수했습니다."
    )


def test_a_recovered_amount_is_shown_and_repaid_when_the_spending_is_cancelled(
    city: InMemoryCity,
) -> None:
    schedule(city, future_policy(layers=[future_policy()["layers"][0] | {"bands": TEN_PERCENT}]))
    city.now = datetime(2031, 1, 7, 12, 0, tzinfo=SEOUL)
    opened = city.call(STRANGER, "POST", "/wallets", {"debit_order": "cashback_first"}).json
    path = f"/wallets/{opened['id']}"
    credit = {"amount": 200_000, "bank_reference": "KB-1"}
    assert city.call(BANK, "POST", f"{path}/top_ups", credit, key="a-top-up-of-a-bank").status == 200

    def seen() -> dict[str, Any]:
        city.post_cashback()
        found: dict[str, Any] = city.call(STRANGER, "GET", path).json
        return found

    payments = []
    for number, amount in enumerate((100_000, 10_000)):
        body = {"card_token": opened["cards"][0]["token"], "merchant_id": city.who.merchant, "amount": amount}
        answer: Answer = city.call(ACQUIRER, "POST", "/payments", body, key=f"a-payment-of-a-till-{number}")
        payments.append(answer.json)
        city.post_cashback()
    assert payments[1]["paid_from"] == {"cashback": 10_000}

    def cancel(payment: dict[str, Any]) -> dict[str, Any]:
        url = f"{path}/payments/{payment['id']}/cancellations"
        assert city.call(ACQUIRER, "POST", url, {}, key=f"cancelled-{payment['id'][-8:]}-by-a-till").status == 200
        shown = seen()
        corrections = city.call(STRANGER, "GET", f"{path}/cashback").json["corrections"]
        return {**shown, "correction": corrections[-1]}

    first = cancel(payments[0])
    assert first["purses"] == {"charged": 190_000, "cashback": 0}
    assert first["owed"] == [
        {
            "from": "cashback",
            "to": "charged",
            "won": 10_000,
            "message": "취소된 결제로 받은 캐시 잔액을 이미 사용하여 충전금 잔액에서 10,000원을 대신 회수했습니다. "
            "그 금액을 사용한 결제가 취소되면 충전금 잔액으로 돌려드립니다.",
            "message_en": "A payment was cancelled whose cashback was already spent, so that 10,000 won were taken from your loaded "
            "balance instead. They come back to your loaded balance if that spending is cancelled.",
        }
    ]
    assert first["correction"]["recovered_from"] == {"charged": 10_000}
    assert (first["correction"]["spent"], first["correction"]["repaid"]) == ({}, [])
    second = cancel(payments[1])
    assert (second["purses"], second["owed"]) == ({"charged": 200_000, "cashback": 0}, [])
    assert second["correction"]["repaid"] == [{"from": "cashback", "to": "charged", "won": 10_000}]
    assert second["correction"]["refunded_to"] == {"charged": 10_000}
    told = "결제 10,000원이 취소되었습니다. 환불액 중 10,000원은 앞서 대신 회수했던 충전금 잔액으로 돌려드렸습니다."
    assert second["correction"]["message"] == told
    assert second["correction"]["message_en"] == (
        "10,000 won of the payment were cancelled. "
        "10,000 won of the refund went back to your loaded balance, which had paid before."
    )


def test_cashback_below_zero_is_shown_with_its_reason_and_the_next_cashback_fills_it(city: InMemoryCity) -> None:
    """Each of three layers loses a whole won for one won that is cancelled, after the cashback was spent."""
    base = future_policy()["layers"][0]
    layers = [base | {"id": f"layer-{number}", "bands": TEN_PERCENT} for number in (1, 2, 3)]
    schedule(city, future_policy(layers=layers))
    city.now = datetime(2031, 1, 7, 12, 0, tzinfo=SEOUL)
    opened = city.call(STRANGER, "POST", "/wallets", {"debit_order": "cashback_first"}).json
    path = f"/wallets/{opened['id']}"
    credit = {"amount": 30_000, "bank_reference": "KB-1"}
    assert city.call(BANK, "POST", f"{path}/top_ups", credit, key="a-top-up-of-a-bank").status == 200

    def paid(amount: int, number: int) -> dict[str, Any]:
        body = {"card_token": opened["cards"][0]["token"], "merchant_id": city.who.merchant, "amount": amount}
        answer: Answer = city.call(ACQUIRER, "POST", "/payments", body, key=f"a-payment-of-a-till-{number}")
        assert answer.json["status"] == "approved", answer
        city.post_cashback()
        payment: dict[str, Any] = answer.json
        return payment

    def seen() -> dict[str, Any]:
        found: dict[str, Any] = city.call(STRANGER, "GET", path).json
        return found

    first = paid(10, 1)
    assert paid(3, 2)["paid_from"] == {"cashback": 3}
    cancellation = city.call(
        ACQUIRER, "POST", f"{path}/payments/{first['id']}/cancellations", {"amount": 1}, key="cancelled-by-a-till"
    )
    city.post_cashback()

    owing = seen()
    assert cancellation.status == 200
    assert owing["purses"]["cashback"] == -2
    reason = owing["negative_cashback"]
    assert (reason["won"], reason["payment_id"]) == (-2, first["id"])
    assert reason["message"].startswith("캐시백을 이미 사용한 결제가 취소되어")
    (correction,) = city.call(STRANGER, "GET", f"{path}/cashback").json["corrections"]
    assert (correction["cashback"], correction["recovered"], correction["refunded_to"]) == (-3, 1, {})
    assert correction["message"].endswith("환불액 중 1원으로 부족한 캐시를 채웠습니다.")
    assert correction["message_en"] == (
        "1 won of the payment were cancelled. The month's cashback was recomputed, and 3 won were taken back. "
        "1 won of the refund filled up your cashback."
    )

    assert paid(10, 3)["paid_from"] == {"charged": 10}, "a balance below zero pays nothing"
    filled = seen()
    assert (filled["purses"]["cashback"], filled["negative_cashback"]) == (1, None)


def test_a_month_is_shown_in_pages_each_with_the_total(city: InMemoryCity) -> None:
    city.post_cashback()
    cancelled(city, 15_000)
    cancelled(city, 5_000, number=2)
    city.post_cashback()
    path = f"/wallets/{city.who.customer_wallet}/cashback"
    whole = city.call(CUSTOMER, "GET", path).json
    assert (whole["cashback"], whole["cursor"]) == (2_000, None)
    assert [(each["part"], each["parts"]) for each in whole["corrections"]] == [(1, 1)] * 2

    pages = []
    query = {"limit": "2"}
    while not pages or pages[-1]["cursor"] is not None:
        pages.append(city.call(CUSTOMER, "GET", path, query=query).json)
        query = {"limit": "2", "cursor": pages[-1]["cursor"]}
    assert [page["cashback"] for page in pages] == [2_000] * 2
    for name in ("earnings", "corrections"):
        assert [each for page in pages for each in page[name]] == whole[name]
    wrong = [{"limit": each} for each in ("0", "201", "many")]
    wrong += [{"cursor": each} for each in ("none", "+1", "", "99999999999", "١")]
    for each in wrong:
        assert city.call(CUSTOMER, "GET", path, query=each).status == 400, each
