"""People and partner systems of the city, and the real tokens that signing in gives them.

People sign in as an application would: an authorisation code with PKCE over the pool's sign-in page, exchanged for
tokens. Partner systems use their client credentials. Nothing here makes a token; the emulator's Cognito signs each.

One gap remains: unlike AWS, the emulator's sign-in page asks staff for a password only. The template still demands a second
factor for the staff pool, and a test checks that.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from local.emulator import Emulator
from local.failure import CityFailure

#: One password for every invented person on loopback; it only has to satisfy the pools' rules.
PASSWORD = "Ieum-2021-songdo!"
OPERATORS_GROUP = "operators"


@dataclass(frozen=True)
class Application:
    """An app client of a pool, by the logical ids of both in the template."""

    client: str
    pool: str
    scopes: tuple[str, ...]


RESIDENT_APP = Application("ResidentAppClient", "ResidentPool", ("openid", "eeum/wallet"))
MERCHANT_APP = Application("MerchantAppClient", "ResidentPool", ("openid", "eeum/merchant"))
STAFF_CONSOLE = Application("StaffConsoleClient", "StaffPool", ("openid", "eeum-staff/operate"))
ACQUIRER = Application("AcquirerClient", "ResidentPool", ("eeum/payments",))
BANK = Application("BankClient", "ResidentPool", ("eeum/top_ups",))


class SignIn:
    """Creates people in the pools, and signs them and partner systems in."""

    def __init__(self, emulator: Emulator, resources: dict[str, str], connections: httpx.Client) -> None:
        self._endpoint = emulator.endpoint
        self._resources = resources
        self._pools = emulator.client("cognito-idp")
        self._clients: dict[str, dict[str, Any]] = {}
        self._http = connections

    def enrol(self, person: str, application: Application, groups: tuple[str, ...] = ()) -> None:
        """Create a person in the application's pool, with the city's password, unless the pool already has that person."""
        pool = self._resources[application.pool]
        try:
            self._pools.admin_create_user(
                UserPoolId=pool,
                Username=address(person),
                MessageAction="SUPPRESS",
                UserAttributes=[
                    {"Name": "email", "Value": address(person)},
                    {"Name": "email_verified", "Value": "true"},
                ],
            )
        except self._pools.exceptions.UsernameExistsException:
            return
        self._pools.admin_set_user_password(
            UserPoolId=pool, Username=address(person), Password=PASSWORD, Permanent=True
        )
        for group in groups:
            self._pools.admin_add_user_to_group(UserPoolId=pool, Username=address(person), GroupName=group)

    def token(self, person: str, application: Application) -> str:
        """An access token of a person, through the authorisation-code flow with PKCE."""
        return self.tokens(person, application)["access_token"]

    def tokens(self, person: str, application: Application) -> dict[str, str]:
        """All tokens that a person's application gets for the code: `access_token`, `id_token`, `refresh_token`."""
        client = self._client(application)
        verifier = secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        request = {
            "response_type": "code",
            "client_id": client["ClientId"],
            "redirect_uri": client["CallbackURLs"][0],
            "scope": " ".join(application.scopes),
            "state": secrets.token_urlsafe(16),
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        page = self._http.get(f"{self._endpoint}/oauth2/authorize", params=request)
        if page.status_code != httpx.codes.OK:
            raise CityFailure(f"{application.client} has no sign-in page: {page.text or page.headers.get('location')}")
        form = form_fields(page.text) | {"username": address(person), "password": PASSWORD}
        answer = self._http.post(f"{self._endpoint}/login", data=form)
        returned = parse_qs(urlsplit(answer.headers.get("location", "")).query)
        if returned.get("state") != [request["state"]] or "code" not in returned:
            raise CityFailure(f"{person} could not sign in with {application.client} ({answer.status_code}).")
        return self._exchange(
            grant_type="authorization_code",
            client_id=client["ClientId"],
            redirect_uri=request["redirect_uri"],
            code=returned["code"][0],
            code_verifier=verifier,
        )

    def partner_token(self, application: Application) -> str:
        """An access token of a partner system, for its client credentials."""
        client = self._client(application)
        return self._exchange(
            grant_type="client_credentials",
            client_id=client["ClientId"],
            client_secret=client["ClientSecret"],
            scope=" ".join(application.scopes),
        )["access_token"]

    def _exchange(self, **form: str) -> dict[str, str]:
        answer = self._http.post(f"{self._endpoint}/oauth2/token", data=form)
        if answer.status_code != httpx.codes.OK:
            raise CityFailure(f"No token for client {form['client_id']}: {answer.text}")
        tokens: dict[str, str] = answer.json()
        return tokens

    def _client(self, application: Application) -> dict[str, Any]:
        if application.client not in self._clients:
            described = self._pools.describe_user_pool_client(
                UserPoolId=self._resources[application.pool], ClientId=self._resources[application.client]
            )
            self._clients[application.client] = described["UserPoolClient"]
        return self._clients[application.client]


def address(person: str) -> str:
    return f"{person}@eeum.example"


def form_fields(page: str) -> dict[str, str]:
    """The hidden fields of the sign-in page, as a browser would send them back."""
    fields: dict[str, str] = {}
    for tag in re.findall(r"<input\b[^>]*>", page):
        attributes = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if attributes.get("type") == "hidden" and "name" in attributes:
            fields[attributes["name"]] = unescape(attributes.get("value", ""))
    return fields
