"""Faults that no emulator makes by itself: transaction conflicts and lost answers, between the functions and DynamoDB.

A forwarding server in front of the emulator's DynamoDB, whose address the functions get. Each fault applies to a
number of matching requests: before the effect (the request never reaches the engine) or after it (the engine has
answered, and the answer is replaced). All other requests pass unchanged, with their signatures.
"""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

Request = dict[str, Any]
Answer = tuple[int, Request]
#: In place of an answer: the connection is closed without one.
NO_ANSWER: Answer = (0, {})
#: The `times` of a fault that lasts as long as its `with` block.
WITHOUT_END = 1_000_000_000
_PREFIX = "com.amazonaws.dynamodb.v20120810#"
_HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding"})


def transaction_conflict(request: Request) -> Answer:
    """DynamoDB's refusal of a transaction whose first item is in another transaction."""
    reasons = [{"Code": "None"} for _ in request["TransactItems"]]
    reasons[0] = {"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}
    codes = ", ".join(reason["Code"] for reason in reasons)
    return 400, {
        "__type": f"{_PREFIX}TransactionCanceledException",
        "Message": f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]",
        "CancellationReasons": reasons,
    }


def internal_error(_request: Request) -> Answer:
    """A failure inside DynamoDB; the caller cannot know whether the request had an effect."""
    return 500, {"__type": f"{_PREFIX}InternalServerError", "message": "Internal server error"}


def lost_answer(_request: Request) -> Answer:
    """A network failure: the caller gets no answer, though the request may have had an effect."""
    return NO_ANSWER


@dataclass
class Fault:
    """The next `times` requests of `operation` whose body contains `containing` get `answer`; `hits` counts them."""

    when: Literal["before", "after"]
    operation: str
    answer: Callable[[Request], Answer]
    containing: str
    times: int
    hits: int = 0


@dataclass
class Faults:
    """The active faults, and the server that applies them."""

    port: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _active: list[Fault] = field(default_factory=list)

    @contextmanager
    def injected(
        self,
        when: Literal["before", "after"],
        answer: Callable[[Request], Answer] = transaction_conflict,
        *,
        operation: str = "TransactWriteItems",
        containing: str = "",
        times: int = 1,
    ) -> Iterator[Fault]:
        """Apply a fault for the length of a `with` block."""
        fault = Fault(when, operation, answer, containing, times)
        with self._lock:
            self._active.append(fault)
        try:
            yield fault
        finally:
            with self._lock:
                self._active.remove(fault)

    def take(self, when: str, operation: str, body: str) -> Fault | None:
        """The fault that applies to this request, if any, which counts it."""
        with self._lock:
            for fault in self._active:
                matches = (fault.when, fault.operation) == (when, operation) and fault.containing in body
                if matches and fault.hits < fault.times:
                    fault.hits += 1
                    return fault
        return None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Many copies of a function connect at once when there are many concurrent callers.
    request_queue_size = 128


@contextmanager
def forwarding_to(emulator_port: int) -> Iterator[Faults]:
    """Run the server in a thread of its own for the length of a `with` block."""
    faults = Faults()
    server = _Server(("127.0.0.1", 0), _handler(faults, emulator_port))
    faults.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield faults
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(faults: Faults, emulator_port: int) -> type[BaseHTTPRequestHandler]:  # noqa: C901 - a class in it
    class Forwarder(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        _engine: http.client.HTTPConnection | None = None

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
            text = body.decode()
            fault = faults.take("before", operation, text)
            if fault:
                self._answer(*fault.answer(json.loads(text)))
                return
            status, headers, contents = self._forward(body)
            fault = faults.take("after", operation, text) if status == http.client.OK else None
            if fault:
                self._answer(*fault.answer(json.loads(text)))
                return
            self._send(status, headers, contents)

        def finish(self) -> None:
            if self._engine is not None:
                self._engine.close()
            super().finish()

        def _forward(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
            for attempt in (1, 2):  # A kept connection may have been closed in the meantime.
                if self._engine is None:
                    self._engine = http.client.HTTPConnection("127.0.0.1", emulator_port, timeout=60)
                try:
                    self._engine.putrequest("POST", self.path, skip_host=True, skip_accept_encoding=True)
                    for name, value in self.headers.items():
                        if name.lower() not in _HOP_BY_HOP:
                            self._engine.putheader(name, value)
                    self._engine.endheaders(body)
                    answer = self._engine.getresponse()
                    return answer.status, answer.getheaders(), answer.read()
                except (http.client.HTTPException, OSError):
                    self._engine.close()
                    self._engine = None
                    if attempt == 2:
                        raise
            raise AssertionError("unreachable")

        def _answer(self, status: int, contents: Request) -> None:
            if (status, contents) == NO_ANSWER:
                self.close_connection = True
                return
            self._send(status, [("Content-Type", "application/x-amz-json-1.0")], json.dumps(contents).encode())

        def _send(self, status: int, headers: list[tuple[str, str]], contents: bytes) -> None:
            self.send_response_only(status)
            for name, value in headers:
                if name.lower() not in _HOP_BY_HOP | {"content-length"}:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(contents)))
            self.end_headers()
            self.wfile.write(contents)

        def log_message(self, *_arguments: Any) -> None:
            """Log nothing: it would mix with the test's output."""

    return Forwarder
