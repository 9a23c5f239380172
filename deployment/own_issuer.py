"""A city's own identity provider, by its discovery document: checked before a deployment, and described to the pages.

What API Gateway and the pages take from it is checked here, where a sentence can say what is wrong. API Gateway itself only answers 401.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from deployment.template_routes import PARAMETERS

SECONDS = 10


class BadProvider(Exception):
    """The provider cannot work with the API, or its parameters do not fit it."""


@dataclass(frozen=True)
class Endpoints:
    """Where the provider signs people in and out, and gives tokens. `logout` is None where it has no such page."""

    authorize: str
    token: str
    logout: str | None


def check(parameters: Mapping[str, str]) -> None:
    """Raise `BadProvider` if the parameters of a stage, with those missing at their defaults, name a provider that cannot work."""
    issuer = parameters.get("ResidentIssuer")
    if not issuer:
        return
    # Imported here: a deployment without a provider needs nothing of the layer.
    from eeum.aws.own_issuer import BadIssuer, OwnIssuer

    scopes = {ours: parameters.get(name, ours) for ours, name in PARAMETERS.items()}
    try:
        OwnIssuer(issuer, parameters.get("ResidentClientClaim", "client_id"), scopes).check()
    except BadIssuer as problem:
        raise BadProvider(str(problem)) from problem
    for name in ("ResidentAudience", "OwnResidentClient", "OwnMerchantClient"):
        if not parameters.get(name):
            raise BadProvider(f"{name} is empty, which a ResidentIssuer needs.")
    wanted, origin = _origin(endpoints_of(issuer).token), parameters.get("ResidentTokenOrigin", "")
    if origin != wanted:
        raise BadProvider(f"ResidentTokenOrigin is {origin or 'empty'}; the token endpoint of {issuer} is at {wanted}.")


def endpoints_of(issuer: str) -> Endpoints:
    """The endpoints in the discovery document. Raises `BadProvider` if there is none, or if it or its keys would be refused."""
    described = _read(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    if described.get("issuer") != issuer:
        raise BadProvider(
            f"The provider calls itself {described.get('issuer')} and not {issuer}; every token would be refused."
        )
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        if not isinstance(described.get(name), str):
            raise BadProvider(f"The discovery document of {issuer} has no {name}.")
    keys = _read(described["jwks_uri"]).get("keys")
    if not any(isinstance(key, dict) and key.get("kty") == "RSA" and key.get("kid") for key in keys or ()):
        raise BadProvider(f"{issuer} has no RSA key with a `kid`; API Gateway verifies no other signature.")
    return Endpoints(
        described["authorization_endpoint"], described["token_endpoint"], described.get("end_session_endpoint")
    )


def _read(address: str) -> dict[str, Any]:
    try:
        answer = httpx.get(address, timeout=SECONDS)
        answer.raise_for_status()
        document = answer.json()
    except (httpx.HTTPError, ValueError) as problem:
        raise BadProvider(f"{address} cannot be read: {problem}") from problem
    if not isinstance(document, dict):
        raise BadProvider(f"{address} is no JSON object.")
    return document


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
