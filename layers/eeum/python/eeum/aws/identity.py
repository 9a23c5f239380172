"""The caller, by the claims that the API's JWT authorizer has checked.

A scope belongs to the app client and not to the person who signed in through it. So a scope alone never gives access to a person's data:
each route also requires ownership (the subject) or a group.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from eeum.errors import Forbidden

MEMBER = "eeum/wallet"
MERCHANT = "eeum/merchant"
ACQUIRER = "eeum/payments"
BANK = "eeum/top_ups"
OPERATOR = "eeum-staff/operate"
OPERATORS = "operators"


class AnotherIssuer(Protocol):
    """An identity provider beside Cognito: `eeum.aws.own_issuer.OwnIssuer` documents the functions."""

    def issued(self, claims: Mapping[str, Any]) -> bool: ...

    def subject(self, claims: Mapping[str, Any]) -> str: ...

    def client(self, claims: Mapping[str, Any]) -> str: ...

    def rights(self, claims: Mapping[str, Any]) -> frozenset[str]: ...


class Caller(NamedTuple):
    """`subject` is the person (for partner systems: the client), `client` the app client that the token was issued to."""

    subject: str
    client: str
    scopes: frozenset[str]
    groups: frozenset[str]

    def person(self, scope: str) -> str:
        """The subject of a person whose client has `scope`. Raises `Forbidden`."""
        self._need(scope)
        return self.subject

    def partner(self, kind: str, scope: str) -> str:
        """The name of a partner system, as entries store it: `acquirer/…`, `bank/…`. Raises `Forbidden`."""
        self._need(scope)
        if not self.client:
            raise Forbidden("The token names no client.")
        return f"{kind}/{self.client}"

    def operator(self) -> str:
        """The subject of a member of staff in the operators' group. Raises `Forbidden`."""
        self._need(OPERATOR)
        if OPERATORS not in self.groups:
            raise Forbidden("This is for operators of the programme.")
        return self.subject

    def has(self, scope: str) -> bool:
        return scope in self.scopes

    def _need(self, scope: str) -> None:
        if scope not in self.scopes:
            raise Forbidden(f"The token lacks the scope {scope}.")


def caller_of(event: Mapping[str, Any], own_issuer: AnotherIssuer | None = None) -> Caller:
    """The caller of an HTTP API event (payload 2.0). Raises `Forbidden` if no authorizer has checked it.

    With an issuer of the city's own, residents and partners have its tokens, and the pools' tokens are for operators only.
    """
    claims = _claims_of(event)
    if own_issuer is None:
        return _of_a_pool(claims)
    if own_issuer.issued(claims):
        subject = own_issuer.subject(claims)
        return Caller(subject, own_issuer.client(claims), own_issuer.rights(claims), frozenset())
    caller = _of_a_pool(claims)
    return caller._replace(scopes=caller.scopes & {OPERATOR})


def _claims_of(event: Mapping[str, Any]) -> Mapping[str, Any]:
    authorizer = event.get("requestContext", {}).get("authorizer") or {}
    claims: Mapping[str, Any] = (authorizer.get("jwt") or {}).get("claims") or {}
    return claims


def _of_a_pool(claims: Mapping[str, Any]) -> Caller:
    if claims.get("token_use") != "access" or not claims.get("sub"):
        raise Forbidden("An access token is needed.")
    return Caller(
        subject=claims["sub"],
        client=claims.get("client_id", ""),
        scopes=_scopes_of(claims),
        groups=_groups_in(claims.get("cognito:groups", "")),
    )


def check_staff(event: Mapping[str, Any], own_issuer: AnotherIssuer | None = None) -> None:
    """Raises `Forbidden` for a token of the staff console whose holder is not an operator, whatever the request."""
    claims = _claims_of(event)
    if OPERATOR in _scopes_of(claims) and not (own_issuer and own_issuer.issued(claims)):
        caller_of(event, own_issuer).operator()


def _scopes_of(claims: Mapping[str, Any]) -> frozenset[str]:
    """Scopes are separated by one space and contain none (RFC 6749, 3.3)."""
    scope = claims.get("scope", "")
    return frozenset(scope.split(" ")) - {""} if isinstance(scope, str) else frozenset()


def _groups_in(claim: object) -> frozenset[str]:
    """The groups of a claim: HTTP APIs write a list as `[one two]`, separated by one space.

    Cognito's group names have no spaces, but may have commas and brackets. So only spaces separate names, and only the outer brackets are
    removed. In any other form the end of a name is unknown, so such a claim gives no group.
    """
    if isinstance(claim, list):
        return frozenset(name for name in claim if isinstance(name, str))
    if not (isinstance(claim, str) and claim.startswith("[") and claim.endswith("]")):
        return frozenset()
    return frozenset(claim[1:-1].split(" ")) - {""}
