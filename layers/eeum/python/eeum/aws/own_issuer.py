"""The identity provider of a city's own: how the claims of its tokens are read.

The API's authorizer has checked signature, issuer, audience and time. Scopes have the provider's own names and are mapped to those of
the routes. A scope without a mapping opens nothing, and no group of the provider is read: only the staff's pool makes operators.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eeum.aws.identity import ACQUIRER, BANK, MEMBER, MERCHANT
from eeum.errors import Forbidden

MAPPED = (MEMBER, MERCHANT, ACQUIRER, BANK)
PARTNERS = (ACQUIRER, BANK)
GIVEN_TO_ANYONE = frozenset({"openid", "profile", "email", "address", "phone", "offline_access"})
"""The scopes that OpenID Connect defines; any app may ask for them, so they give no right."""

_SUBJECT = re.compile(r"[!-~]{1,255}")
"""Printable ASCII without spaces, at most as long as OpenID Connect allows."""
_CLIENT = re.compile(r"[A-Za-z0-9._:/@-]{1,128}")
"""A client's name is stored in entries and keys, where `#` separates parts."""


class BadIssuer(Exception):
    """The description of the issuer is not one that the template may give."""


@dataclass(frozen=True, slots=True)
class OwnIssuer:
    """`issuer` as in `iss`; `client_claim` names the claim with the client's id; `scopes` has the provider's name of each of ours."""

    issuer: str
    client_claim: str
    scopes: Mapping[str, str]

    @classmethod
    def of(cls, text: str) -> "OwnIssuer":
        """The issuer that the template describes in JSON. Raises `BadIssuer`."""
        try:
            given = json.loads(text)
            own = cls(given["issuer"], given["client_claim"], {ours: given[ours] for ours in MAPPED})
        except (ValueError, KeyError, TypeError) as problem:
            raise BadIssuer(f"The description of the issuer lacks something: {problem!r}.") from problem
        own.check()
        return own

    def check(self) -> None:
        """Raise `BadIssuer` if a scope would give a right that no one gave."""
        if not (self.issuer and self.client_claim):
            raise BadIssuer("The issuer and the claim that names a client must not be empty.")
        for ours, theirs in self.scopes.items():
            if not theirs or theirs in GIVEN_TO_ANYONE:
                raise BadIssuer(f"{ours} is mapped to {theirs or 'nothing'}, which gives no right.")
        for partner in PARTNERS:
            if list(self.scopes.values()).count(self.scopes[partner]) > 1:
                raise BadIssuer(f"{partner} is for partner systems, and must have a scope of its own.")

    def issued(self, claims: Mapping[str, Any]) -> bool:
        return claims.get("iss") == self.issuer

    def subject(self, claims: Mapping[str, Any]) -> str:
        """The subject of an access token. Raises `Forbidden` for a token of another kind, or one that names no one or never ends."""
        if claims.get("token_use", "access") != "access" or str(claims.get("typ", "Bearer")).lower() != "bearer":
            raise Forbidden("An access token is needed.")
        if not claims.get("exp"):
            raise Forbidden("The token has no end.")
        subject = claims.get("sub")
        if not (isinstance(subject, str) and _SUBJECT.fullmatch(subject)):
            raise Forbidden("The token names no subject.")
        return subject

    def client(self, claims: Mapping[str, Any]) -> str:
        """The client's id; empty where the token names none, or one that cannot be stored."""
        client = claims.get(self.client_claim)
        return client if isinstance(client, str) and _CLIENT.fullmatch(client) else ""

    def rights(self, claims: Mapping[str, Any]) -> frozenset[str]:
        """Our scopes for those of the token: words of `scope`, or of `scp`, which API Gateway writes as `[one two]` where it is a list."""
        scope, scp = claims.get("scope"), claims.get("scp")
        theirs = set(scope.split(" ")) if isinstance(scope, str) else set()
        if isinstance(scp, str):
            listed = scp.startswith("[") and scp.endswith("]")
            theirs |= set((scp[1:-1] if listed else scp).split(" "))
        return frozenset(ours for ours, name in self.scopes.items() if name in theirs)
