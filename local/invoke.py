"""`make invoke`: one built function in a container (`sam local invoke`), on the running local city.

The city listens on loopback, which a container cannot reach. So for the length of one invocation its port is also
offered on the address that containers call their host by, and nowhere else.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local import environment, places
from local.city import City, the_city
from local.emulator import ACCESS_KEY, HOST, SECRET_KEY
from local.failure import CityFailure

#: The host's address on Docker's own bridge.
BRIDGE = os.environ.get("DOCKER_BRIDGE") or "172.17.0.1"
#: From the container's side the port is always the one that `local/environment.json` names.
PORT = places.DEFAULT_PORT


def main() -> int:
    arguments = _arguments()
    city = the_city(arguments.port)
    try:
        return _invoke(city, arguments.function, arguments.event)
    except CityFailure as failure:
        print(f"make invoke: {failure}", file=sys.stderr)
        return 1


def _invoke(city: City, function: str, event: Path) -> int:
    if shutil.which("docker") is None:
        raise CityFailure("Docker is missing, in which `sam local invoke` runs functions.")
    values = environment.checked_in()
    if function not in values:
        raise CityFailure(f"There is no function {function}; there are {', '.join(values)}.")
    if not event.is_file():
        raise CityFailure(f"There is no event {event}; see events/.")
    city.visit()
    variables = city.data / "environment.json"
    shifted = values[function] | {environment.CLOCK: str(city.clock.shift_seconds)}
    variables.write_text(json.dumps({function: shifted}))
    command = [str(places.program("sam", "sam")), "local", "invoke", function]
    options = ["--event", str(event), "--env-vars", str(variables), "--parameter-overrides", "Stage=local"]
    identity = {
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_DEFAULT_REGION": places.REGION,
        "SAM_CLI_TELEMETRY": "0",
    }
    with _offered_to_containers(city.emulator.port):
        return subprocess.run(
            [*command, *options], cwd=places.ROOT, env={**os.environ, **identity}, check=False
        ).returncode


@contextmanager
def _offered_to_containers(port: int) -> Iterator[None]:
    """Forward connections from the bridge's address to the city."""

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
        pass  # one side went away: the other one will, too


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.invoke", description=__doc__)
    parser.add_argument("function", help="its logical id, such as PaymentAuthorisationFunction")
    parser.add_argument("event", type=Path, help="a file of events/")
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT") or places.DEFAULT_PORT))
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
