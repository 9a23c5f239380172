"""Callers as the API's JWT authorizer describes them: claims of access tokens, every value a string."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

MEMBER_SCOPE = "eeum/wallet"
MERCHANT_SCOPE = "eeum/merchant"
ACQUIRER_SCOPE = "eeum/payments"
BANK_SCOPE = "eeum/top_ups"
OPERATOR_SCOPE = "eeum-staff/operate"


@dataclass(frozen=True)
class Caller:
    """A caller: `scopes` belong to the app client, `groups` to the person."""

    subject: str
    client: str
    scopes: tuple[str, ...]
    groups: tuple[str, ...] = ()

    def claims(self) -> dict[str, str]:
        claims = {
            "auth_time": "1609804800",
            "client_id": self.client,
            "exp": "1609808400",
            "iat": "1609804800",
            "iss": "https://cognito-idp.ap-northeast-2.amazonaws.com/ap-northeast-2_residents",
            "jti": "7c1d2a50-7f0b-4d58-9f59-0d1f0c2b9a11",
            "scope": " ".join(("openid", *self.scopes)),
            "sub": self.subject,
            "token_use": "access",
            "username": self.subject,
            "version": "2",
        }
        if self.groups:
            claims["cognito:groups"] = f"[{' '.join(self.groups)}]"
        return claims

    def with_scopes(self, *scopes: str) -> Caller:
        return replace(self, scopes=scopes)

    def authorizer(self) -> dict[str, Any]:
        return {"jwt": {"claims": self.claims(), "scopes": list(self.scopes)}}


PAYER = Caller("5b1c0f3a-member", "resident-app", (MEMBER_SCOPE,))
OTHER_MEMBER = Caller("0a9d6e21-other-member", "resident-app", (MEMBER_SCOPE,))
CUSTOMER = Caller("2e7d1f94-customer", "resident-app", (MEMBER_SCOPE,))
STRANGER = Caller("ffb80c47-stranger", "resident-app", (MEMBER_SCOPE,))
OWNER = Caller("c3e7a9d0-owner", "merchant-app", (MERCHANT_SCOPE,))
OTHER_OWNER = Caller("d41c55aa-other-owner", "merchant-app", (MERCHANT_SCOPE,))
ACQUIRER = Caller("acquirer-one", "acquirer-one", (ACQUIRER_SCOPE,))
OTHER_ACQUIRER = Caller("acquirer-two", "acquirer-two", (ACQUIRER_SCOPE,))
BANK = Caller("bank-one", "bank-one", (BANK_SCOPE,))
OPERATOR = Caller("9f0b7e63-operator", "staff-console", (OPERATOR_SCOPE,), ("operators",))
COLLEAGUE = Caller("1c44e0aa-colleague", "staff-console", (OPERATOR_SCOPE,), ("operators",))
"""A second operator, who approves the first one's drafts."""

ALL = (PAYER, OWNER, ACQUIRER, BANK, OPERATOR)
