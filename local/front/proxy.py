"""One HTTP exchange passed on to the emulator and back, byte for byte: bodies are streamed, and never kept."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler

from local.emulator import HOST

#: Headers of one connection, never forwarded (RFC 9110, 7.6.1). The server has answered `Expect` itself.
HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "expect"}
)
PIECE = 64 * 1024
#: A little more than the longest time that a function or an AWS operation takes here.
ANSWER_SECONDS = 330


class BadRequest(Exception):
    """A request of unknown length."""


class Unreachable(Exception):
    """Nothing answers at the other end, or it ended before it answered."""


def pass_on(
    request: BaseHTTPRequestHandler,
    port: int,
    path: str | None = None,
    replaced: Mapping[str, str] | None = None,
    status_of: Callable[[http.client.HTTPResponse], int] = lambda answer: answer.status,
) -> None:
    """Send a request to the emulator and its answer back, with `path` and the `replaced` headers instead of the request's own.

    Raises `Unreachable` when there was no answer: nothing was sent to the caller then. An interrupted answer ends the connection.
    """
    connection = http.client.HTTPConnection(HOST, port, timeout=ANSWER_SECONDS)
    try:
        answer = _ask(request, connection, path or request.path, replaced or {})
        _give_back(request, answer, status_of(answer))
    finally:
        connection.close()


def ask(
    request: BaseHTTPRequestHandler, port: int, path: str | None = None, body: bytes | None = None
) -> tuple[int, list[tuple[str, str]], bytes]:
    """Send a request, with `body` instead of its own if given; status, headers and the whole body of the answer."""
    connection = http.client.HTTPConnection(HOST, port, timeout=ANSWER_SECONDS)
    try:
        answer = _ask(request, connection, path or request.path, {}, body)
        return answer.status, kept(answer.getheaders()), answer.read()
    except (http.client.HTTPException, OSError) as problem:
        raise Unreachable(str(problem)) from problem
    finally:
        connection.close()


def body_of(request: BaseHTTPRequestHandler) -> Iterator[bytes]:
    """The request's body in pieces, as they come in. Raises `BadRequest`."""
    coding = request.headers.get("Transfer-Encoding")
    lengths = request.headers.get_all("Content-Length", [])
    if coding is None:
        if len(set(lengths)) > 1 or not all(length.isascii() and length.isdecimal() for length in lengths):
            raise BadRequest("Content-Length must be one number.")
        return _read(request, int(lengths[0]) if lengths else 0)
    if lengths or coding.strip().lower() != "chunked":
        raise BadRequest("A body has either a Content-Length or chunks.")
    return _chunks(request)


def kept(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers if name.lower() not in HOP_BY_HOP]


def _ask(
    request: BaseHTTPRequestHandler,
    connection: http.client.HTTPConnection,
    path: str,
    replaced: Mapping[str, str],
    body: bytes | None = None,
) -> http.client.HTTPResponse:
    chunked = body is None and "Transfer-Encoding" in request.headers
    names = {name.lower() for name in replaced} | ({"content-length", "content-type"} if body is not None else set())
    pieces = iter([body]) if body is not None else body_of(request)
    try:
        connection.putrequest("POST" if body is not None else request.command, path, True, True)
        for name, value in kept(request.headers.items()):
            if name.lower() not in names:
                connection.putheader(name, value)
        for name, value in replaced.items():
            connection.putheader(name, value)
        if chunked:
            connection.putheader("Transfer-Encoding", "chunked")
        if body is not None:
            connection.putheader("Content-Type", "application/x-www-form-urlencoded")
            connection.putheader("Content-Length", str(len(body)))
        connection.putheader("Connection", "close")
        connection.endheaders()
        try:
            for piece in pieces:
                connection.send(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
            if chunked:
                connection.send(b"0\r\n\r\n")
        except ConnectionError:
            # It may answer before it has read the whole body, for example when it refuses the request.
            request.close_connection = True
        return connection.getresponse()
    except (http.client.HTTPException, OSError) as problem:
        # The rest of the body would be read as the next request.
        request.close_connection = True
        raise Unreachable(str(problem)) from problem


def _give_back(request: BaseHTTPRequestHandler, answer: http.client.HTTPResponse, status: int) -> None:
    without_body = request.command == "HEAD" or answer.status in {204, 304} or answer.status < 200
    length = answer.getheader("Content-Length")
    request.send_response_only(status)
    for name, value in kept(answer.getheaders()):
        request.send_header(name, value)
    # For HTTP/1.0 the end of the connection is the end of the body.
    chunked = length is None and not without_body and request.request_version != "HTTP/1.0"
    if chunked:
        request.send_header("Transfer-Encoding", "chunked")
    request.end_headers()
    if without_body:
        return
    try:
        while piece := answer.read1(PIECE):
            request.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
        if answer.length:  # fewer bytes came than were announced
            raise http.client.IncompleteRead(b"", answer.length)
        if chunked:
            request.wfile.write(b"0\r\n\r\n")
    except (http.client.HTTPException, OSError):
        # The answer has begun and cannot be replaced; the caller sees that it is incomplete.
        request.close_connection = True


def _read(request: BaseHTTPRequestHandler, length: int) -> Iterator[bytes]:
    while length:
        piece = request.rfile.read(min(length, PIECE))
        if not piece:
            raise BadRequest("The body ended early.")
        length -= len(piece)
        yield piece


def _chunks(request: BaseHTTPRequestHandler) -> Iterator[bytes]:
    while size := _size(request.rfile.readline(1024)):
        yield from _read(request, size)
        if request.rfile.readline(3) != b"\r\n":
            raise BadRequest("A chunk is longer than it says.")
    while request.rfile.readline(PIECE) not in {b"\r\n", b"\n", b""}:
        pass  # trailers


def _size(line: bytes) -> int:
    digits = line.partition(b";")[0].strip()
    if not digits or set(digits.lower()) - set(b"0123456789abcdef"):
        raise BadRequest("A chunk has no size.")
    return int(digits, 16)
