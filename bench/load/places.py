"""Whom a load uses: invented members of the local city, or cards of a deployed one from a file."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx

from bench.load.callers import Card, Place
from local import inhabitants, sign_in
from local.api import Api, connections
from local.city import City
from local.failure import CityFailure
from local.roles import Tokens
from operations.failure import OperationFailed
from operations.stack import Stack

OPENING = 400_000
"""Loaded balance that a member begins with, in won: an unverified wallet may hold 500,000."""
VALID_SECONDS = 45 * 60
"""A token is used for so long; pools issue them for an hour."""


class Renewed:
    """An API whose token is renewed before it expires."""

    def __init__(self, api: Api, token: Callable[[], str]) -> None:
        self._api, self._token = api, token
        self._lock = threading.Lock()
        self._until = 0.0
        self._current = api

    def __call__(self) -> Api:
        with self._lock:
            if time.monotonic() > self._until:
                self._current = self._api.as_caller(self._token())
                self._until = time.monotonic() + VALID_SECONDS
            return self._current


def local_place(city: City, members: int) -> Place:
    """The local city's shops, and so many members of the load, who are made where they are missing. Raises `CityFailure`."""
    tokens = city.sign_everyone_in()
    merchant = city.api.as_caller(tokens.merchant)
    shops = [shop for shop in inhabitants.shops() if not shop.own_rate_basis_points]
    # The same application again returns the shop that there is.
    merchants = [merchant.post("/merchants", shop.application())["id"] for shop in shops]
    with ThreadPoolExecutor(2) as pool:
        cards = list(pool.map(lambda number: _member(city, tokens, f"load-{number}"), range(members)))
    signing = city.signing
    return Place(
        Renewed(city.api, lambda: signing.partner_token(sign_in.ACQUIRER)),
        Renewed(city.api, lambda: signing.partner_token(sign_in.BANK)),
        cards,
        merchants,
    )


def _member(city: City, tokens: Tokens, name: str) -> Card:
    city.signing.enrol(name, sign_in.RESIDENT_APP)
    wallet = city.api.as_caller(city.signing.token(name, sign_in.RESIDENT_APP)).post("/wallets", {})
    body = {"amount": OPENING, "bank_reference": f"opening-{name}"}
    city.api.as_caller(tokens.bank).post(f"/wallets/{wallet['id']}/top_ups", body, key=f"opening-top-up-{name}")
    return Card(wallet["id"], wallet["cards"][0]["token"])


def deployed_place(stack: Stack, file: Path) -> Place:
    """The cards and merchants of a file, `{"cards": [{"wallet_id", "token"}], "merchants": [id]}`. Raises `OperationFailed`."""
    try:
        named = json.loads(file.read_text())
        cards = [Card(each["wallet_id"], each["token"]) for each in named["cards"]]
        merchants = [str(each) for each in named["merchants"]]
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise OperationFailed(f"{file} must name cards and merchants of the city: {problem!r}") from problem
    if not (cards and merchants):
        raise OperationFailed(f"{file} names no card or no merchant.")
    outputs = _outputs(stack)
    http = connections()
    api = Api(outputs["ApiUrl"], http)
    return Place(
        Renewed(api, lambda: _partner_token(stack, outputs, http, sign_in.ACQUIRER)),
        Renewed(api, lambda: _partner_token(stack, outputs, http, sign_in.BANK)),
        cards,
        merchants,
    )


def _outputs(stack: Stack) -> dict[str, str]:
    (described,) = stack.client("cloudformation").describe_stacks(StackName=stack.name)["Stacks"]
    return {each["OutputKey"]: each["OutputValue"] for each in described["Outputs"]}


def _partner_token(stack: Stack, outputs: dict[str, str], http: httpx.Client, partner: sign_in.Application) -> str:
    described = stack.client("cognito-idp").describe_user_pool_client(
        UserPoolId=outputs[partner.pool], ClientId=outputs[partner.client]
    )["UserPoolClient"]
    form = {"grant_type": "client_credentials", "scope": " ".join(partner.scopes)}
    identity = (described["ClientId"], described["ClientSecret"])
    answer = http.post(f"{outputs['ResidentSignInUrl']}/oauth2/token", data=form, auth=identity)
    if answer.status_code != httpx.codes.OK:
        raise CityFailure(f"No token for {partner.client}: {answer.text[:200]}")
    document: dict[str, Any] = answer.json()
    return str(document["access_token"])
