"""Policy versions in a running city: one operator begins and checks a draft, another approves it."""

from __future__ import annotations

from typing import Any

import httpx

from local.api import Api
from local.roles import Tokens
from local.seed import policies

WHY = {"reason": "new rules", "emergency_reason": "no time for a simulation"}
SUSPENSION = {"suspension": {"from": "2060-06-01T00:00:00+09:00", "until": "2060-07-01T00:00:00+09:00"}} | WHY


def version(name: str, starts_at: str, **changes: Any) -> dict[str, Any]:
    """The programme's last version under another name."""
    return policies()[-1] | {"version": name, "starts_at": starts_at} | changes


def begin(api: Api, token: str, document: dict[str, Any]) -> dict[str, Any]:
    """Begin and check a draft, so that a second operator can approve it."""
    author = api.as_caller(token)
    author.post("/policy_drafts", WHY | {"document": document})
    checked: dict[str, Any] = author.post(f"/policy_drafts/{document['version']}/check", {"revision": 1})
    return checked


def approve(api: Api, token: str, name: str) -> httpx.Response:
    return api.as_caller(token).request("POST", f"/policy_drafts/{name}/approval", {"revision": 1})


def schedule(api: Api, tokens: Tokens, document: dict[str, Any]) -> None:
    begin(api, tokens.operator, document)
    answer = approve(api, tokens.colleague, document["version"])
    assert answer.status_code == 200, answer.text
