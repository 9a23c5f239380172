"""The load keeps its rate whatever the city does, sends again as clients must, and reports what was answered."""

from __future__ import annotations

import itertools
import json
import random
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.load import callers as callers_module
from bench.load.arrivals import MIX, Arrival, Kind, arrivals
from bench.load.callers import TRIES, Answered, Callers, Card, Place
from bench.load.places import deployed_place
from bench.load.report import failed, percentile, printed, table
from bench.load.running import Loaded, run
from local.api import Api, connections
from operations.failure import OperationFailed
from operations.stack import Stack

Answer = tuple[int, dict[str, Any]]


def paid(number: int, amount: int, status: str = "approved") -> dict[str, Any]:
    return {"id": f"p{number}", "wallet_id": "w1", "status": status, "amount": amount}


class Till(ThreadingHTTPServer):
    """A city of one address: `answer` says what the nth request gets. Requests are kept in order."""

    daemon_threads = True

    def __init__(self, answer: Callable[[int, dict[str, Any]], Answer]) -> None:
        self.asked: list[dict[str, Any]] = []
        lock = threading.Lock()
        till = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(length)) if length else None
                asked = {"path": self.path, "body": body, "key": self.headers.get("Idempotency-Key")}
                with lock:
                    till.asked.append(asked)
                    number = len(till.asked)
                status, document = answer(number, asked)
                contents = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(contents)))
                self.end_headers()
                self.wfile.write(contents)

            do_GET = do_POST  # noqa: N815 — as the server names it

            def log_message(self, *_: object) -> None: ...

        super().__init__(("127.0.0.1", 0), Handler)


@contextmanager
def serving(answer: Callable[[int, dict[str, Any]], Answer]) -> Iterator[tuple[Till, Callers]]:
    with Till(answer) as till:
        threading.Thread(target=till.serve_forever, daemon=True).start()
        with connections() as http:
            api = Api(f"http://127.0.0.1:{till.server_address[1]}", http, "token")
            place = Place(lambda: api, lambda: api, [Card("w1", "c1"), Card("w2", "c2")], ["m1", "m2"])
            yield till, Callers(place, seed=7)
        till.shutdown()


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callers_module, "RETRY_SECONDS", 0.0)


@given(st.integers(0, 10**6), st.floats(1, 200))
def test_requests_arrive_at_the_rate_and_in_order(seed: int, rate: float) -> None:
    seconds = 2_000 / rate
    found = list(arrivals(rate, seconds, random.Random(seed)))
    assert [each.number for each in found] == list(range(len(found)))
    assert all(one.at <= other.at for one, other in itertools.pairwise(found))
    assert not found or found[-1].at < seconds
    # Six standard deviations of a Poisson count.
    assert abs(len(found) - 2_000) < 6 * 2_000**0.5


def test_each_kind_has_its_share() -> None:
    found = Counter(each.kind for each in arrivals(100, 200, random.Random(1)))
    total = sum(found.values())
    assert {kind: pytest.approx(share, abs=0.01) for kind, share in MIX.items()} == {
        kind: found[kind] / total for kind in MIX
    }


def test_a_slow_city_does_not_slow_the_load_and_waiting_counts() -> None:
    """One request that blocks for long must not delay those after it, and each time begins when the request was due."""

    def answer(number: int, _: Any) -> Answer:
        time.sleep(0.5 if number == 1 else 0)
        return 200, paid(number, 1_000)

    with serving(answer) as (_, callers):
        due = [Arrival(number, number * 0.01, Kind.PAYMENT) for number in range(20)]
        found = run(callers, due, lambda _: None)
    times = sorted(each.seconds for each in found.answers)
    assert len(times) == 20
    assert times[-1] >= 0.5
    assert statistics.median(times) < 0.4, "the others did not wait for it"


def test_a_request_is_sent_again_under_its_key_after_a_503_and_a_lost_connection() -> None:
    def answer(number: int, _: Any) -> Answer:
        return (503, {}) if number < 3 else (200, paid(number, 1_000))

    with serving(answer) as (till, callers):
        answered = callers.send(Kind.PAYMENT, time.monotonic())
    assert (answered.status, answered.sent_again, answered.route) == (200, 2, "POST /payments")
    assert len(till.asked) == 3
    assert len({each["key"] for each in till.asked}) == 1
    assert len({json.dumps(each["body"]) for each in till.asked}) == 1


def test_a_city_that_never_answers_is_counted_and_not_waited_for() -> None:
    with connections() as http:
        api = Api("http://127.0.0.1:9", http)
        callers = Callers(Place(lambda: api, lambda: api, [Card("w", "c")], ["m"]), seed=1)
        answered = callers.send(Kind.PAYMENT, time.monotonic())
    assert (answered.status, answered.sent_again) == (0, TRIES - 1)
    assert failed(Loaded([answered], 1.0, 0.0)) == 1


def test_captures_and_cancellations_refer_to_what_was_held_and_paid() -> None:
    def answer(number: int, asked: dict[str, Any]) -> Answer:
        if asked["path"] == "/payments":
            return 200, paid(number, 5_000, "approved" if asked["body"]["capture"] else "held")
        return 200, {}

    with serving(answer) as (till, callers):
        for kind in (Kind.CANCELLATION, Kind.HOLD, Kind.CAPTURE, Kind.CAPTURE, Kind.READ, Kind.TOP_UP):
            callers.send(kind, time.monotonic())
    paths = [each["path"] for each in till.asked]
    assert paths == [
        "/payments",  # nothing to cancel yet
        "/payments",
        "/wallets/w1/payments/p2/captures",
        "/payments",  # nothing is held any more
        paths[4],
        paths[5],
    ]
    assert paths[4] in ("/wallets/w1/payments/p1", "/wallets/w1/payments/p4")
    assert paths[5].endswith("/top_ups")
    assert till.asked[2]["body"] == {"amount": 5_000}


@given(st.lists(st.floats(0, 1_000), min_size=1), st.sampled_from([0.5, 0.95, 0.99, 1.0]))
def test_a_percentile_is_the_least_value_that_so_many_do_not_exceed(values: list[float], share: float) -> None:
    found = percentile(sorted(values), share)
    assert found in values
    assert sum(each <= found for each in values) >= share * len(values) - 1e-9
    below = [each for each in values if each < found]
    assert len(below) < share * len(values)


def test_the_report_counts_by_route_and_code() -> None:
    answers = [
        *(Answered("POST /payments", 0.010 * (number + 1), 200, None, 0) for number in range(98)),
        Answered("POST /payments", 2.0, 200, "insufficient_balance", 1),
        Answered("POST /payments", 3.0, 503, None, 4),
        Answered("GET /wallets/{wallet_id}", 0.5, 404, None, 0),
        Answered("GET /wallets/{wallet_id}", 0.5, 0, None, 4),
        Answered("GET /wallets/{wallet_id}", 0.5, 500, None, 4),
    ]
    lines = table(answers)
    assert lines[2].split() == ["POST", "/payments", "100", "500", "950", "2,000", "3,000", "1", "0", "0"]
    assert lines[1].split() == ["GET", "/wallets/{wallet_id}", "3", "500", "500", "500", "500", "0", "1", "1"]
    text = printed(Loaded(answers, 10.0, 0.25), 11)
    assert "103 requests in 10 s: 10.3 a second, 11 wanted." in text
    assert "The latest was sent 250 ms after it was due." in text
    assert "13 times a request was sent again" in text
    assert "Declined: 1 insufficient_balance." in text
    assert "Refused: 1 404." in text
    assert failed(Loaded(answers, 10.0, 0.0)) == 3


@pytest.mark.parametrize(
    ("contents", "said"),
    [
        (None, "must name cards and merchants"),
        ("[]", "must name cards and merchants"),
        ('{"cards": [{"wallet_id": "w"}], "merchants": []}', "must name cards and merchants"),
        ('{"cards": [], "merchants": ["m"]}', "names no card or no merchant"),
    ],
)
def test_a_file_without_cards_is_refused_before_anything_is_sent(
    tmp_path: Path, contents: str | None, said: str
) -> None:
    file = tmp_path / "cards.json"
    if contents is not None:
        file.write_text(contents)
    with pytest.raises(OperationFailed, match=said):
        deployed_place(Stack.local(1), file)
