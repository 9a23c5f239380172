"""The front before a fake emulator: it passes bodies on unchanged, and answers failures with a sentence."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from local.emulator import HOST, free_port
from local.front.server import Front

DOMAIN = "d1.cloudfront.net"
LARGE = bytes(range(256)) * 8192


class Emulated(BaseHTTPRequestHandler):
    """A fake emulator that answers with the request, in the form that the path names."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        if "Transfer-Encoding" in self.headers:
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self._answer(body)

    do_GET = do_PUT = do_HEAD = do_POST  # noqa: N815  # as http.server calls them

    def _answer(self, body: bytes) -> None:
        asked = {"path": self.path, "headers": dict(self.headers.items()), "length": len(body), "digest": hash_of(body)}
        contents = json.dumps(asked).encode()
        if self.path.endswith("breaks"):
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"half")
            self.close_connection = True
            return
        if self.path.endswith("dies"):
            self.close_connection = True
            return
        self.send_response(204 if self.path.endswith("nothing") else 200)
        self.send_header("Set-Cookie", "a=1")
        self.send_header("Set-Cookie", "b=2")
        if self.path.endswith("chunks"):
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for piece in (contents[:10], contents[10:], LARGE):
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            self.wfile.write(b"0\r\n\r\n")
            return
        if not self.path.endswith("nothing"):
            self.send_header("Content-Length", str(len(contents)))
        self.end_headers()
        if self.command != "HEAD" and not self.path.endswith("nothing"):
            self.wfile.write(contents)

    def log_message(self, *_: Any) -> None:
        pass


def hash_of(body: bytes) -> int:
    return sum(body) % 65_521


class Console:
    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        return 200, {"method": method, "path": path, "body": body}


@pytest.fixture
def front() -> Iterator[Front]:
    emulator = ThreadingHTTPServer((HOST, 0), Emulated)
    emulator.daemon_threads = True
    threading.Thread(target=emulator.serve_forever, daemon=True).start()
    made = Front(free_port(), emulator.server_port)
    made.start()
    try:
        yield made
    finally:
        made.stop()
        emulator.shutdown()
        emulator.server_close()


@pytest.fixture
def opened(front: Front) -> Front:
    front.open(DOMAIN, Console(), lambda _client: [])
    return front


def ask(
    front: Front, method: str, path: str, body: Any = None, *, host: str = "localhost", **headers: str
) -> tuple[int, http.client.HTTPMessage, bytes]:
    with closing(http.client.HTTPConnection(HOST, front.port, timeout=10)) as connection:
        named = {"Host": f"{host}:{front.port}"} | {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, named, encode_chunked=not isinstance(body, bytes | None))
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()


def test_aws_is_asked_as_the_caller_asked(opened: Front) -> None:
    status, headers, contents = ask(opened, "PUT", "/_x/key", LARGE, X_Amz_Content_Sha256="abc")
    seen = json.loads(contents)

    assert status == 200
    assert headers.get_all("Set-Cookie") == ["a=1", "b=2"]
    assert (seen["length"], seen["digest"]) == (len(LARGE), hash_of(LARGE))
    # A signed request must arrive unchanged, above all its host name.
    assert seen["headers"]["Host"] == f"localhost:{opened.port}"
    assert seen["headers"]["X-Amz-Content-Sha256"] == "abc"


def test_a_body_in_chunks_is_passed_on(opened: Front) -> None:
    pieces = [LARGE[:1000], LARGE[1000:]]
    seen = json.loads(ask(opened, "POST", "/_x", iter(pieces), Transfer_Encoding="chunked")[2])

    assert (seen["length"], seen["digest"]) == (len(LARGE), hash_of(LARGE))


def test_an_answer_in_chunks_is_passed_on(opened: Front) -> None:
    assert ask(opened, "GET", "/_x/chunks")[2].endswith(LARGE)


def test_a_caller_that_waits_to_be_told_to_go_on_is_told(opened: Front) -> None:
    with closing(socket.create_connection((HOST, opened.port), timeout=10)) as caller:
        head = f"PUT /_x HTTP/1.1\r\nHost: localhost:{opened.port}\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"
        caller.sendall(head.encode())
        assert caller.recv(1024).startswith(b"HTTP/1.1 100")
        caller.sendall(b"body")
        answered = b""
        while b"}" not in answered:
            answered += caller.recv(65_536)
        assert b'"length": 4' in answered


def test_a_connection_serves_many_requests(opened: Front) -> None:
    with closing(http.client.HTTPConnection(HOST, opened.port, timeout=10)) as connection:
        for path in ("/_x", "/_x/nothing", "/_x/chunks", "/_x"):
            connection.request("GET", path, headers={"Host": f"localhost:{opened.port}"})
            answer = connection.getresponse()
            assert answer.status == (204 if path.endswith("nothing") else 200)
            answer.read()
        connection.request("HEAD", "/_x", headers={"Host": f"localhost:{opened.port}"})
        assert connection.getresponse().read() == b""


def test_pages_and_the_api_are_asked_of_the_distribution(opened: Front) -> None:
    for path, asked in (("/resident/history?month=2021-01", None), ("/api/payments", None), ("/", "/local/")):
        seen = json.loads(ask(opened, "GET", path)[2])
        assert seen["path"] == asked or path
        assert seen["headers"]["Host"] == DOMAIN
        assert seen["headers"]["X-Forwarded-Proto"] == "https"


def test_a_page_is_opened_under_the_name_that_the_pools_know(opened: Front) -> None:
    status, headers, _ = ask(opened, "GET", "/resident/?a=1", host="127.0.0.1", Accept="text/html")
    assert (status, headers["Location"]) == (302, f"http://localhost:{opened.port}/resident/?a=1")
    assert ask(opened, "GET", "/api/policies", host="127.0.0.1")[0] == 200


@pytest.mark.parametrize(
    "lengths",
    [
        "Content-Length: 4\r\nContent-Length: 5",
        "Content-Length: -1",
        "Content-Length: four",
        "Content-Length: 4\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: chunked",  # and no chunk follows
    ],
)
def test_a_body_whose_length_is_not_sure_is_refused(opened: Front, lengths: str) -> None:
    with closing(socket.create_connection((HOST, opened.port), timeout=10)) as caller:
        caller.sendall(f"POST /_x HTTP/1.1\r\nHost: localhost:{opened.port}\r\n{lengths}\r\n\r\nbody\r\n".encode())
        caller.shutdown(socket.SHUT_WR)
        answered = b"".join(iter(lambda: caller.recv(65_536), b""))
        assert answered.startswith(b"HTTP/1.1 400")
        assert answered.count(b"HTTP/1.1") == 1, "what follows is not taken for another request"


def test_an_answer_that_breaks_off_is_seen_to_be_broken(opened: Front) -> None:
    with pytest.raises(http.client.IncompleteRead):
        ask(opened, "GET", "/_x/breaks")


def test_an_emulator_that_gives_no_answer_is_a_sentence(opened: Front) -> None:
    status, _, contents = ask(opened, "GET", "/_x/dies")
    assert (status, "does not answer" in json.loads(contents)["message"]) == (502, True)


def test_a_browser_sees_a_page_until_the_city_is_open(front: Front) -> None:
    front.progress = "Opening the city <on> 2021-01-03"
    status, headers, contents = ask(front, "GET", "/", Accept="text/html")

    assert (status, headers["Retry-After"]) == (503, "2")
    assert "Opening the city &lt;on&gt; 2021-01-03" in contents.decode()
    assert "still opening" in json.loads(ask(front, "GET", "/api/policies")[2])["message"]
    assert ask(front, "GET", "/_ministack/health")[0] == 200, "opening the city calls AWS during this time"


def test_the_console_answers_the_page_alone(opened: Front) -> None:
    own = f"http://localhost:{opened.port}"
    sent = b'{"at": "now"}'
    json_type = "application/json"

    assert json.loads(ask(opened, "GET", "/local/api/city")[2])["path"] == "/local/api/city"
    done = ask(opened, "POST", "/local/api/clock", sent, Origin=own, Content_Type=json_type)
    assert json.loads(done[2])["body"] == {"at": "now"}
    assert done[1].get_all("Access-Control-Allow-Origin") is None
    for refused in (
        ask(opened, "POST", "/local/api/clock", sent, Origin="http://evil.example", Content_Type=json_type),
        ask(opened, "GET", "/local/api/city", Sec_Fetch_Site="cross-site"),
    ):
        assert refused[0] == 403
    assert ask(opened, "POST", "/local/api/clock", sent, Content_Type="text/plain")[0] == 415
    assert ask(opened, "POST", "/local/api/clock", b"{", Content_Type=json_type)[0] == 400
    assert ask(opened, "GET", "/local/api/city", host="rebound.example")[0] == 421


def test_a_page_elsewhere_cannot_empty_the_emulator(opened: Front) -> None:
    assert ask(opened, "POST", "/_ministack/reset", b"", Origin="http://evil.example")[0] == 403
    assert ask(opened, "POST", "/_ministack/reset", b"", host="rebound.example")[0] == 421
    assert ask(opened, "POST", "/_ministack/reset", b"")[0] == 200


def test_a_caller_that_goes_away_harms_nobody(opened: Front) -> None:
    for _ in range(20):
        with closing(socket.create_connection((HOST, opened.port), timeout=10)) as caller:
            caller.sendall(
                f"PUT /_x HTTP/1.1\r\nHost: localhost:{opened.port}\r\nContent-Length: 9999\r\n\r\nx".encode()
            )
    assert ask(opened, "GET", "/_x")[0] == 200
