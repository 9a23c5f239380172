"""The front: it keeps the city's port for as long as the city runs, and passes each request to the part that answers it.

Pages and the API are served by the emulator's CloudFront, from the distribution that the template deploys: its table of behaviours,
its functions, its headers, its bucket. The emulator's CloudFront answers only under a distribution's own host name, which the front
therefore puts into the request.
"""

from __future__ import annotations

import json
import sys
import threading
from http.client import HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol

from local.emulator import HOST
from local.front import notice, proxy, sign_in_page
from local.front.proxy import BadRequest, Unreachable
from local.front.routing import Target, is_from_elsewhere, is_same_origin, target_of

#: The folder of the distribution in which the page at `/` is: the local city's own, which no stage deploys.
HOME_PAGE = "/local/"
#: The name of this machine in the pools' allowed addresses.
SIGNED_IN_AT = "localhost"
IDLE_SECONDS = 75
#: Methods that a browser sends for another site's page without a preflight request.
_UNASKED = frozenset({"GET", "HEAD", "POST"})


class Console(Protocol):
    """What the page at `/` calls."""

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        """The status and JSON of the answer."""
        ...


class Front:
    """Listens on loopback. It can be started before the emulator, and says until `open` that the city is opening."""

    def __init__(self, port: int, emulator_port: int) -> None:
        self.port = port
        self.emulator_port = emulator_port
        self.domain: str | None = None
        """The distribution's own host name."""
        self.console: Console | None = None
        self.people: sign_in_page.People | None = None
        self.progress = ""
        self._server: _Server | None = None

    @property
    def listening(self) -> bool:
        return self._server is not None

    def start(self) -> None:
        """Listen. Raises OSError when something else does."""
        self._server = _Server(self)
        threading.Thread(target=self._server.serve_forever, name="front", daemon=True).start()

    def open(self, domain: str, console: Console, people: sign_in_page.People) -> None:
        """Let the city answer from now on."""
        self.domain, self.console, self.people = domain, console, people

    def stop(self) -> None:
        """Stop listening; requests in progress continue until the process ends."""
        server, self._server = self._server, None
        if server:
            server.shutdown()
            server.server_close()


class _Server(ThreadingHTTPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, front: Front) -> None:
        super().__init__((HOST, front.port), _Exchange)
        self.front = front

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore a caller that closed its connection; print any other error."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Exchange(BaseHTTPRequestHandler):
    """The requests of one connection, one after the other."""

    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    # Head and body are two writes; the second would wait for the first one's acknowledgement, 40 ms.
    disable_nagle_algorithm = True

    def _serve(self) -> None:
        try:
            self._serve_target()
        except BadRequest as problem:
            self._answer(400, {"message": str(problem)})
        except Unreachable:
            self._unavailable(502)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve  # noqa: N815  # as http.server calls them

    def _serve_target(self) -> None:
        front = self.server.front
        if len(self.headers.get_all("Host", [])) > 1:
            raise BadRequest("A request is for one host.")
        target = target_of(self.command, self.path, self.headers)
        if target is Target.FOREIGN:
            self._answer(421, {"message": f"This is the local city; it is at http://localhost:{front.port}/."})
        elif target is Target.AWS:
            self._pass_to_aws()
        elif front.domain is None:
            self._unavailable(503)
        elif target is Target.CONSOLE:
            self._ask_console()
        elif self.command == "GET" and self._is_opened_elsewhere():
            self.close_connection = True
            self._send(302, [("Location", f"http://{SIGNED_IN_AT}:{front.port}{self.path}")], b"")
        elif target is Target.SIGN_IN:
            self._sign_in()
        else:
            path = HOME_PAGE if target is Target.HOME else self.path
            viewer = {"Host": front.domain, "X-Forwarded-Proto": "https"}
            proxy.pass_on(self, front.emulator_port, path, viewer, _status_of)

    def _is_opened_elsewhere(self) -> bool:
        """Under another name of this machine, which is no callback address of the pools."""
        name = self.headers.get("Host", "").rpartition(":")[0]
        return "text/html" in self.headers.get("Accept", "") and name.lower() != SIGNED_IN_AT

    def _pass_to_aws(self) -> None:
        """Pass the request to the emulator, unless a page of another site sent it: the emulator also accepts unsigned requests."""
        front = self.server.front
        if self.command in _UNASKED and is_from_elsewhere(self.headers, front.port):
            self._answer(403, {"message": "Pages of other sites cannot call the local city's AWS."})
        else:
            proxy.pass_on(self, front.emulator_port)

    def _sign_in(self) -> None:
        front = self.server.front
        assert front.people
        answer = sign_in_page.signed_in_at_once(self, front.people, front.emulator_port)
        if answer is None and self.command in {"GET", "POST"} and sign_in_page.shows_a_form(self.path):
            body = b"".join(proxy.body_of(self)) if self.command == "POST" else None
            answer = sign_in_page.with_people(proxy.ask(self, front.emulator_port, body=body), front.people)
        if answer is None:
            proxy.pass_on(self, front.emulator_port)
        else:
            self._send(*answer)

    def _ask_console(self) -> None:
        front = self.server.front
        assert front.console
        if not is_same_origin(self.headers, front.port):
            self._answer(403, {"message": "Only the local city's own page calls this."})
            return
        contents = b"".join(proxy.body_of(self))
        # Another site could send a form without a preflight request, but not JSON.
        if self.command != "GET" and self.headers.get_content_type() != "application/json":
            self._answer(415, {"message": "The body must be application/json."})
            return
        try:
            body = json.loads(contents) if contents else None
        except ValueError:
            self._answer(400, {"message": "The body is no JSON."})
            return
        self._answer(*front.console.answer(self.command, self.path, body))

    def _unavailable(self, status: int) -> None:
        """Answer a browser or a program while nothing behind the front answers."""
        front = self.server.front
        opening = front.domain is None
        if "text/html" in self.headers.get("Accept", ""):
            contents = notice.page(opening, front.progress).encode()
            headers = [("Content-Type", "text/html; charset=utf-8"), ("Content-Security-Policy", notice.POLICY)]
        else:
            contents = json.dumps({"message": notice.sentence(opening)}).encode()
            headers = [("Content-Type", "application/json")]
        self._send(status, [*headers, ("Retry-After", "2"), ("Cache-Control", "no-store")], contents)

    def _answer(self, status: int, contents: Any) -> None:
        headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
        self._send(status, headers, json.dumps(contents, ensure_ascii=False).encode())

    def _send(self, status: int, headers: list[tuple[str, str]], contents: bytes) -> None:
        if status >= 400:
            self.close_connection = True  # the request's body may not have been read
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() != "content-length":
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(contents)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(contents)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # as http.server names it
        """Log nothing: addresses name wallets, and those of sign-in have codes."""


def _status_of(answer: HTTPResponse) -> int:
    """404 for a missing object: the emulator answers 403 even to a distribution that may list its bucket."""
    is_of_bucket = answer.getheader("Content-Type", "").startswith("application/xml")
    return 404 if answer.status == 403 and is_of_bucket else answer.status
