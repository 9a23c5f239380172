"""The lifecycle of policies in a running city: two operators, an announced version, and a suspension that members notice."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import httpx

from local.api import Api
from local.city import City
from local.roles import Tokens
from local.seed import policies
from tests.e2e.members import Member
from tests.e2e.scheduling import WHY, approve, begin, schedule, version
from tests.e2e.waiting import wait_for

LOADERS = 6
#: The longest time for which a function may use cached policies.
CACHED = timedelta(seconds=60)


def _measuring(name: str, starts_at: str, measure: str) -> dict[str, Any]:
    """A version with its own limit, which has this measure."""
    own = {"id": f"{name[:-2]}-limit", "measure": measure, "window": "month", "amount": None}
    return version(name, starts_at, limits=[*policies()[-1]["limits"], own])


def test_versions_are_scheduled_one_after_the_other_and_found(api: Api, tokens: Tokens) -> None:
    for month in (1, 2):
        name = f"later-{month}"
        schedule(api, tokens, version(name, f"2040-0{month}-01T00:00:00+09:00"))
        found = api.get(f"/policies/{name}")
        assert found["version"] == name
        assert api.get("/policies/in_force", at=f"2040-0{month}-15T00:00:00+09:00") == found
        assert name in [each["version"] for each in api.get("/policies/coming")["coming"]]
        steps = api.as_caller(tokens.operator).get(f"/policy_drafts/{name}/history")["steps"]
        assert [step["did"] for step in steps] == ["created", "checked", "approved"]
        assert steps[0]["by"] == steps[1]["by"] != steps[2]["by"]


def test_its_author_does_not_approve_a_draft(api: Api, tokens: Tokens) -> None:
    begin(api, tokens.operator, version("own-work", "2043-01-01T00:00:00+09:00"))
    refused = approve(api, tokens.operator, "own-work")
    assert (refused.status_code, refused.json()["code"]) == (409, "approval_by_author")
    assert approve(api, tokens.colleague, "own-work").json()["status"] == "scheduled"


def test_versions_approved_at_once_agree_and_do_not_block_later_ones(api: Api, tokens: Tokens) -> None:
    names = [f"raced-{number}" for number in range(LOADERS)]
    starts_at = "2041-0{}-01T00:00:00+09:00"
    for number, name in enumerate(names):
        begin(api, tokens.operator, _measuring(name, starts_at.format(number + 1), ("spend", "reward")[number % 2]))

    def load(name: str) -> httpx.Response:
        """Approve a checked draft; check it again when another version was scheduled in between."""
        while True:
            answer = approve(api, tokens.colleague, name)
            if answer.status_code != 409 or answer.json()["code"] != "draft_not_checked":
                return answer
            checked = api.as_caller(tokens.operator).post(f"/policy_drafts/{name}/check", {"revision": 1})
            if checked["check"]["faults"]:
                return answer

    with ThreadPoolExecutor(LOADERS) as pool:
        answers = list(pool.map(load, names))
    scheduled = [answer.status_code == 200 for answer in answers]
    assert sum(scheduled) == LOADERS // 2, [answer.text for answer in answers]
    assert len({number % 2 for number, done in enumerate(scheduled) if done}) == 1
    schedule(api, tokens, version("after-the-race", "2042-01-01T00:00:00+09:00"))


def test_a_scheduled_version_is_withdrawn_and_its_instant_is_free(api: Api, tokens: Tokens) -> None:
    starts_at = "2044-01-01T00:00:00+09:00"
    schedule(api, tokens, version("put-off", starts_at))
    api.as_caller(tokens.operator).post("/policies/put-off/withdrawal", {"reason": "the budget was cut"})
    assert api.request("GET", "/policies/put-off").status_code == 404
    schedule(api, tokens, version("in-its-place", starts_at))
    assert api.get("/policies/in_force", at=starts_at)["version"] == "in-its-place"


def test_a_suspension_is_announced_applied_and_lifted(
    city: City,
    api: Api,
    tokens: Tokens,
    shops: dict[str, str],
    new_member: Callable[..., Member],
    move_clock: Callable[[str], datetime],
) -> None:
    member = new_member(charged=30_000)
    operator, colleague = api.as_caller(tokens.operator), api.as_caller(tokens.colleague)

    def quote() -> int:
        body = {"merchant_id": next(iter(shops.values())), "amount": 10_000}
        answer: dict[str, int] = member.api.post(f"/wallets/{member.wallet}/cashback_quotes", body)
        return answer["cashback"]

    assert quote() > 0
    now = city.clock.now().replace(microsecond=0)
    start = now + timedelta(minutes=3)
    until = start + timedelta(minutes=5)
    change = {"suspension": {"from": start.isoformat(), "until": until.isoformat()}} | WHY
    proposed = operator.post("/policy_amendments", change)
    too_near = {"suspension": {"from": (now + timedelta(seconds=100)).isoformat()}} | WHY
    assert operator.request("POST", "/policy_amendments", too_near).json()["code"] == "amendment_too_late"
    refused = operator.request("POST", f"/policy_amendments/{proposed['id']}/approval", {})
    assert refused.json()["code"] == "approval_by_author"
    colleague.post(f"/policy_amendments/{proposed['id']}/approval", {})

    def announced() -> list[str]:
        return [each["start"] for each in api.get("/policies/coming")["coming"] if each["what"] == "suspension"]

    (of_this,) = [at for at in announced() if datetime.fromisoformat(at) == start]
    assert quote() > 0
    move_clock((start + CACHED).isoformat())
    wait_for(quote, lambda won: won == 0, "the suspension")
    move_clock((until + CACHED).isoformat())
    wait_for(quote, lambda won: won > 0, "its end")
    assert of_this not in announced()
