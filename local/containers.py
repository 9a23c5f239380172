"""Letting containers call the running city, which listens on loopback, where they cannot reach it.

The city's port is offered on the address that containers call their host by, and nowhere else: by `make invoke` for the length
of one invocation, by `python -m local.containers` until Ctrl-C, for `sam local invoke` and `sam local start-api` by hand.
"""

from __future__ import annotations

import os
import socket
import socketserver
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from local import places
from local.city import the_running_city
from local.emulator import HOST
from local.failure import CityFailure

#: The host's address on Docker's own bridge; loopback where Docker runs in a virtual machine, which forwards it.
BRIDGE = os.environ.get("DOCKER_BRIDGE") or ("172.17.0.1" if sys.platform == "linux" else HOST)
#: Containers always use the port that `local/environment.json` names.
PORT = places.DEFAULT_PORT


@contextmanager
def offered(port: int) -> Iterator[None]:
    """Forward connections from the bridge's address to the city."""
    if (HOST, port) == (BRIDGE, PORT):
        yield
        return

    class Forwarder(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.create_connection((HOST, port)) as city:
                back = threading.Thread(target=_pump, args=(city, self.request), daemon=True)
                back.start()
                _pump(self.request, city)
                back.join()

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    try:
        server = Server((BRIDGE, PORT), Forwarder)
    except OSError as problem:
        raise CityFailure(
            f"The city cannot be offered to containers on {BRIDGE}:{PORT} ({problem.strerror});"
            " is Docker running? DOCKER_BRIDGE names another address."
        ) from problem
    with server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield
        finally:
            server.shutdown()


def _pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while received := source.recv(65536):
            target.sendall(received)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # one side closed its connection, so the other is closed too


def main() -> int:
    try:
        with offered(the_running_city().emulator.port):
            print(f"· Containers reach the city at {BRIDGE}:{PORT}, until Ctrl-C.", flush=True)
            threading.Event().wait()
    except CityFailure as failure:
        print(f"local.containers: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
