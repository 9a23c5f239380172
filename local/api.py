"""Calls to the city's HTTP API, as any client makes them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import httpx

from local.failure import CityFailure


def connections() -> httpx.Client:
    """Connections to loopback, for many callers at once; they ignore a proxy of the environment."""
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
    return httpx.Client(timeout=60, trust_env=False, limits=limits)


class Api:
    """The HTTP API with one caller's token; without a token, an anonymous caller."""

    def __init__(self, base: str, connections: httpx.Client, token: str | None = None) -> None:
        self.base = base
        self._connections = connections
        self._token = token

    def as_caller(self, token: str) -> Api:
        """The same connections with another token."""
        return Api(self.base, self._connections, token)

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        query: dict[str, str] | None = None,
    ) -> httpx.Response:
        """Send one request, once; `key` is sent as the Idempotency-Key."""
        headers = {}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        if key:
            headers["Idempotency-Key"] = key
        return self._connections.request(method, self.base + path, json=body, headers=headers, params=query)

    def get(self, path: str, **query: str) -> Any:
        return _expected(self.request("GET", path, query=query or None), {200})

    def post(self, path: str, body: Any = None, *, key: str | None = None) -> Any:
        return _expected(self.request("POST", path, body, key=key), {200, 201, 202})

    def patch(self, path: str, body: Any) -> Any:
        return _expected(self.request("PATCH", path, body), {200})


def _expected(response: httpx.Response, statuses: Iterable[int]) -> Any:
    if response.status_code not in statuses:
        called = f"{response.request.method} {response.request.url.path}"
        raise CityFailure(f"{called} answered {response.status_code}: {response.text[:500]}")
    return response.json() if response.content else None
