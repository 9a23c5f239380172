"""The API of the page at `/`, below `/local/api/`. Only the local city has it; no stage deploys it.

It shows what an administrator sees and hands out tokens, so the front lets only that page call it (`is_same_origin`).
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local import demo, environment, places
from local.city import City
from local.clock import LATEST, SEOUL
from local.failure import CityFailure
from local.front import views
from local.front.routing import CONSOLE_API
from local.front.work import Busy, Step, Work, Works
from local.roles import Tokens

#: Tokens live an hour.
TOKEN_SECONDS = 40 * 60
LOOK_SECONDS = 0.2
Answer = tuple[int, Any]


class Refused(Exception):
    """A refused request, with its status and a sentence."""


class CityConsole:
    """Answers for a city that this process runs."""

    def __init__(self, city: City) -> None:
        self._city = city
        self._works = Works()
        self._tokens: Tokens | None = None
        self._signed_in_at = float("-inf")
        self._signing_in = threading.Lock()
        self._routes: list[tuple[str, str, Callable[..., Any]]] = [
            ("GET", "city", lambda _: views.overview(city)),
            ("GET", "openapi", lambda _: json.loads((places.ROOT / "docs" / "openapi.json").read_text())),
            ("GET", "wallets", lambda _: views.wallets(city)),
            ("GET", "wallets/([^/]+)/journal", lambda _, wallet: views.journal(city, wallet)),
            ("GET", "dead_letters", lambda _: views.dead_letters(city)),
            ("GET", "logs/([^/]+)", lambda _, function: self._logs(function)),
            ("GET", "work", lambda _: self._works.latest and self._works.latest.shown()),
            ("POST", "tokens", self._token),
            ("POST", "clock", self._move_clock),
            ("POST", "days", lambda _: self._begin("day", self._live_a_day)),
        ]

    def answer(self, method: str, path: str, body: Any) -> Answer:
        """The status and JSON of the answer; a failure has a `message`."""
        wanted = path.partition("?")[0].removeprefix(CONSOLE_API)
        found = [(verb, match, do) for verb, pattern, do in self._routes if (match := re.fullmatch(pattern, wanted))]
        for verb, match, do in found:
            if verb == method:
                return self._done(lambda do=do, match=match: do(body, *match.groups()))  # type: ignore[misc]
        return (
            (405, {"message": f"{wanted} is not for {method}."})
            if found
            else (404, {"message": f"There is no {wanted}."})
        )

    def _done(self, do: Callable[[], Any]) -> Answer:
        try:
            return 200, do()
        except Refused as refused:
            status, sentence = refused.args
            return status, {"message": sentence}
        except Busy as busy:
            return 409, {"message": "The city is busy with other work.", "work": busy.args[0].shown()}
        except (CityFailure, ClientError, BotoCoreError) as failure:
            return 503, {"message": str(failure)}

    def _logs(self, function: str) -> dict[str, Any]:
        if function not in self._city.stack.functions:
            raise Refused(404, f"There is no function {function}.")
        return views.logs(self._city, function)

    def _token(self, body: Any) -> dict[str, str]:
        role = _text(body, "role")
        with self._signing_in:
            if self._tokens is None or time.monotonic() - self._signed_in_at > TOKEN_SECONDS:
                self._tokens = self._city.sign_everyone_in()
                self._signed_in_at = time.monotonic()
        known = vars(self._tokens)
        if role not in known:
            raise Refused(422, f"There is no role {role}; there are {', '.join(known)}.")
        return {"role": role, "token": known[role]}

    def _begin(self, kind: str, doing: Callable[[Work], Any]) -> dict[str, Any]:
        return self._works.start(kind, doing).shown()

    def _move_clock(self, body: Any) -> dict[str, Any]:
        at = _instant(_text(body, "at"))
        now = self._city.clock.now()
        if at < now:
            raise Refused(422, f"The city's time never runs backwards, and it is {now:%Y-%m-%d %H:%M} already.")
        if at >= LATEST:
            raise Refused(422, f"The city's time must be before {LATEST:%Y}.")
        return self._begin("clock", lambda work: self._deploy_at(at, work))

    def _deploy_at(self, at: datetime, work: Work) -> dict[str, Any]:
        city = self._city
        due = views.due(city, at)
        before = views.stack_events(city)
        functions = len(city.stack.functions)
        prepared = work.begin("prepare", 1)
        # The function itself, a version of it, and its alias.
        deployed = work.begin("deploy", functions * 3)

        def look() -> None:
            changed = {name for event, name in views.stack_events(city).items() if event not in before}
            prepared.done = int(bool(changed))
            deployed.done = min(len(changed), functions * 3)

        with _watching(look):
            city.move_clock(at)
        prepared.done, deployed.done = 1, functions * 3
        environment.write_for_containers(city)
        return {"time": city.clock.now().isoformat(timespec="seconds"), "due": due}

    def _live_a_day(self, work: Work) -> dict[str, Any]:
        visitor = City(self._city.data, self._city.port)
        visitor.visit()
        try:
            outcomes, earnings, corrections, seconds = demo.live_through(visitor, _Steps(work))
        finally:
            visitor.close()
        approved = [outcome for outcome in outcomes if not outcome.declined]
        return {
            "payments": len(outcomes),
            "declined": len(outcomes) - len(approved),
            "paid": sum(outcome.amount for outcome in approved),
            "given_back": sum(outcome.given_back for outcome in approved),
            "cashback": sum(earning["cashback"] for earning in earnings),
            "corrections": len(corrections),
            "seconds": round(seconds, 1),
        }


class _Steps:
    """The steps of a demonstration as those of a piece of work."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._steps: dict[str, Step] = {}

    def begin(self, step: str, total: int) -> None:
        self._steps[step] = self._work.begin(step, total)

    def done(self, step: str, done: int) -> None:
        self._steps[step].done = done


class _watching:  # noqa: N801  # a context manager, read as a verb
    """Within its `with` block, `look` is called repeatedly; a failing call is skipped."""

    def __init__(self, look: Callable[[], None]) -> None:
        self._look = look
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(LOOK_SECONDS):
            try:
                self._look()
            except (ClientError, BotoCoreError):
                continue


def _text(body: Any, name: str) -> str:
    value = body.get(name) if isinstance(body, dict) else None
    if not isinstance(value, str) or not value:
        raise Refused(422, f"{name} is missing.")
    return value


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
        return at.replace(tzinfo=SEOUL) if at.tzinfo is None else at.astimezone(SEOUL)
    except (ValueError, OverflowError):
        raise Refused(422, f"{text} is no instant, such as 2021-01-31T23:58.") from None
