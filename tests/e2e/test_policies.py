"""Operators load versions into the running programme: each is judged beside all others, also those that are loaded at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from local.api import Api
from local.roles import Tokens
from local.seed import policies

LOADERS = 6


def _version(name: str, starts_at: str, measure: str | None = None) -> dict[str, Any]:
    """The programme's last version under another name, with a limit of its own that measures this."""
    last = policies()[-1]
    own = [{"id": f"{name[:-2]}-limit", "measure": measure, "window": "month", "amount": None}] if measure else []
    return last | {"version": name, "starts_at": starts_at, "limits": [*last["limits"], *own]}


def test_versions_are_loaded_one_after_the_other_and_found(api: Api, tokens: Tokens) -> None:
    operator = api.as_caller(tokens.operator)
    for month in (1, 2):
        loaded = operator.post("/policies", _version(f"later-{month}", f"2040-0{month}-01T00:00:00+09:00"))
        assert api.get(f"/policies/{loaded['version']}") == loaded
        assert api.get("/policies/in_force", at=f"2040-0{month}-15T00:00:00+09:00") == loaded


def test_versions_that_are_loaded_at_once_agree_and_harm_none_that_comes_later(api: Api, tokens: Tokens) -> None:
    operator = api.as_caller(tokens.operator)

    def load(number: int) -> httpx.Response:
        measure = ("spend", "reward")[number % 2]
        return operator.request(
            "POST", "/policies", _version(f"raced-{number}", f"2041-0{number + 1}-01T00:00:00+09:00", measure)
        )

    with ThreadPoolExecutor(LOADERS) as pool:
        answers = list(pool.map(load, range(LOADERS)))
    statuses = [answer.status_code for answer in answers]
    assert sorted(statuses) == [201] * 3 + [422] * 3, [answer.text for answer in answers]
    assert len({status for number, status in enumerate(statuses) if number % 2}) == 1
    operator.post("/policies", _version("after-the-race", "2042-01-01T00:00:00+09:00"))
