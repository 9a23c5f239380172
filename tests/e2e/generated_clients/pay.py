"""A till that uses the client of openapi-python-client: `pay.py API TOKEN CARD MERCHANT AMOUNT KEY`.

It pays, pays again under the same key, sends one bad request, and prints what it was answered, as JSON.
"""

from __future__ import annotations

import json
import sys

# The test generates it beside a copy of this file.
from eeum_client import AuthenticatedClient
from eeum_client.api.payments import authorise_by_acquirer
from eeum_client.models import AcquirerPaymentRequest, PaymentBody, Problem


def main(api: str, token: str, card: str, merchant: str, amount: str, key: str) -> None:
    with AuthenticatedClient(base_url=api, token=token) as client:
        order = AcquirerPaymentRequest(card_token=card, merchant_id=merchant, amount=int(amount))
        paid = authorise_by_acquirer.sync_detailed(client=client, body=order, idempotency_key=key)
        again = authorise_by_acquirer.sync_detailed(client=client, body=order, idempotency_key=key)
        nothing = AcquirerPaymentRequest(card_token=card, merchant_id=merchant, amount=0)
        refused = authorise_by_acquirer.sync(client=client, body=nothing, idempotency_key=f"{key}-nothing")
    assert isinstance(paid.parsed, PaymentBody)
    assert isinstance(again.parsed, PaymentBody)
    assert isinstance(refused, Problem)
    answer = {
        "id": paid.parsed.id,
        "status": paid.parsed.status.value,
        "merchant_name": paid.parsed.merchant_name,
        "paid": paid.parsed.paid,
        "time": paid.headers["eeum-time"],
        "again": again.parsed.id,
        "replayed": again.headers["idempotency-replayed"],
        "refused": refused.code,
        "fault": refused.errors[0].code if refused.errors else None,
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main(*sys.argv[1:])
