"""The local city as a whole: emulator, deployment, clock, calendar and inhabitants, started and stopped in order."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from local import places, roles, seed, web
from local.api import Api, connections
from local.clock import CityClock
from local.deployment import Deployment, Stack
from local.draining import BALANCES_SECONDS, DRAIN_SECONDS, BalancesDrain, Drain
from local.emulator import HOST, Emulator, free_port, port_is_taken, refuse_taken
from local.failure import CityFailure
from local.front.server import Front
from local.lock import FolderLock, port_of_running_city
from local.roles import Tokens
from local.schedule import BALANCE_FOLD, Calendar
from local.seed import Opened
from local.sign_in import SignIn

DAY = timedelta(days=1)
FORM = 3
"""The version of what a city stores. Raise it when the functions can no longer read what they stored before."""
Report = Callable[[str], None]


class City:
    """A city below one folder. `start` creates it, or continues the existing one."""

    def __init__(
        self,
        data: Path,
        port: int,
        report: Report = lambda _: None,
        functions: Mapping[str, str] | None = None,
        *,
        emulator_port: int | None = None,
        parameters: Mapping[str, str] | None = None,
    ) -> None:
        """The emulator listens at `port`; with an `emulator_port` it listens there, and the front listens at `port`, also for browsers.

        `parameters` are parameters of the template that differ from a local city's, by their names.
        """
        self.data = data
        self.port = port
        self.front = Front(port, emulator_port) if emulator_port else None
        self.lock = FolderLock(data)
        self.clock = CityClock(data / "clock.json")
        self.emulator = Emulator(data, emulator_port or port, functions)
        self.calendar = Calendar(self.emulator)
        self.opened: Opened | None = None
        #: Held while scheduled runs are made and while the clock moves, so that no run has another time than the functions.
        self.turn = threading.RLock()
        self._parameters = parameters
        self._print = report
        self._seeded = data / "city.json"
        self._deployment: Deployment | None = None
        self._stack: Stack | None = None
        self._signing: SignIn | None = None
        self._drain: Drain | None = None
        self._balances: BalancesDrain | None = None
        self._connections = connections()
        #: The emulator's user pools serve one caller at a time.
        self._pools = threading.Lock()

    @property
    def stack(self) -> Stack:
        assert self._stack, "The city was not started."
        return self._stack

    @property
    def signing(self) -> SignIn:
        if self._signing is None:
            self._signing = SignIn(self.emulator, self.stack.resources, self._connections)
        return self._signing

    @property
    def api(self) -> Api:
        return Api(self.stack.api, self._connections)

    @property
    def public_api(self) -> str:
        """Where the HTTP API answers for those outside of this process."""
        return self.stack.api.replace(self.emulator.endpoint, f"http://{HOST}:{self.port}")

    def check(self, at: str | None) -> None:
        """Lock the folder, and raise anything that would prevent the start, before slow work begins."""
        self.lock.take(self.port)
        self.emulator.check()
        if self.front and not self.front.listening:
            refuse_taken(self.port)
        self._check_form()
        wanted = self.clock.start(at)
        if wanted < seed.earliest():
            raise CityFailure(
                f"The programme's first policy starts too late for AT={at}; choose {seed.earliest()} or later."
            )

    def _check_form(self) -> None:
        if self._seeded.exists() and json.loads(self._seeded.read_text()).get("form") != FORM:
            raise CityFailure(
                "The city in this folder was made by an earlier version, whose data this version cannot read: "
                "empty it with make reset, then start a new one with make run."
            )

    def start(self, built: Path, at: str | None = None) -> None:
        """Start the city at `at`, with its first data. If any step fails, no process stays behind."""
        try:
            self._start(built, at)
        except BaseException:
            self.abandon()
            raise

    def _start(self, built: Path, at: str | None) -> None:
        self.lock.take(self.port)
        if not self._seeded.exists():
            self.empty()  # a first start that was interrupted left nothing usable
        self.check(at)
        wanted = self.clock.start(at)
        self.data.mkdir(parents=True, exist_ok=True)
        if self.front:
            self._listen(self.front)
        self.emulator.start(keeps=self.lock.descriptors)
        self._stack = self._deployment = Deployment(
            self.emulator,
            built,
            web_address=f"http://localhost:{self.port}",
            parameters=self._parameters,
        )
        if self._seeded.exists() and not self._deployment.exists:
            self._report("The city was not stopped properly the last time, and its state is lost: it starts empty.")
            self._seeded.unlink()
        if self._seeded.exists():
            self.deploy()
            self.opened = self._opened()
        else:
            self._seed(wanted)
        self._drain = self._drain_from_now()
        self._fold_balances()
        resources = self.stack.resources
        self._balances = BalancesDrain(self.emulator, resources["LedgerTable"], resources["BalancesTable"])
        self.calendar.open_month(self.clock.now())
        self.clock.remember()
        if self.front:
            self._serve(self.front)

    def visit(self) -> None:
        """Connect to the city that another process runs."""
        self._stack = Stack(self.emulator)
        if not port_is_taken(self.emulator.port) or not self._seeded.exists() or self.clock.last is None:
            raise CityFailure(
                f"The local city, on port {self.port}, is still opening; wait until it says that it is open."
            )
        self.opened = self._opened()
        self.clock.resume()
        self._drain = self._drain_from_now()

    def deploy(self) -> None:
        """Deploy the template with the current clock; the running functions use the new shift at once."""
        assert self._deployment, "The city was not started by this process."
        self._deployment.deploy(self.clock.shift_seconds)

    def deploy_with(self, parameters: Mapping[str, str]) -> None:
        """Deploy with other parameters than before; those that are not named get their defaults."""
        assert self._deployment, "The city was not started by this process."
        self._deployment.parameters = dict(parameters)
        self.deploy()

    def update(self, built: Path) -> None:
        """Deploy another release into the running city; `built` is its built template."""
        assert self._deployment, "The city was not started by this process."
        self._stack = self._deployment = self._deployment.of(built)
        self.deploy()

    def move_clock(self, local_time: datetime) -> None:
        """Set the city's time while it runs."""
        with self.turn:
            before = self.clock.shift_seconds
            self.clock.set(local_time)
            try:
                self.deploy()
            except BaseException:
                self.clock.shift_seconds = before  # the functions still have the old one
                raise
            self.clock.remember()

    def sign_everyone_in(self) -> Tokens:
        with self._pools:
            return roles.sign_everyone_in(self.signing)

    def drain(self, seconds: float = DRAIN_SECONDS) -> int:
        """Wait for the cashback of payments since the city was opened or visited; return how many still have none."""
        assert self._drain, "The city was neither started nor visited."
        return self._drain.wait(seconds)

    def drain_balances(self, seconds: float = BALANCES_SECONDS) -> bool:
        """Wait until the balances include every entry since the city was opened; return whether they do."""
        self._fold_balances()
        return self._balances is None or self._balances.wait(seconds)

    def _drain_from_now(self) -> Drain:
        return Drain(self.emulator, self.stack.resources["LedgerTable"])

    def stop(self) -> None:
        """Stop the city. Wait first for entries that are not in the balances yet, since they would be lost."""
        with self.turn:  # wait until a moving clock has been set
            self.clock.remember()
        with suppress(BotoCoreError, ClientError):  # the emulator may already have ended
            if not self.drain_balances():
                self._report("Some entries are not in the balances yet; run `make rebuild`.")
        self.abandon()

    def abandon(self) -> None:
        """Stop the city at once. Entries that are not in the balances yet are lost to them; `make rebuild` counts them."""
        self.close()
        self._stop_listening()
        self.emulator.stop()
        self.lock.release()

    def _serve(self, front: Front) -> None:
        """Upload the pages and let the front answer with them."""
        # Imported here, since these modules import this one.
        from local.front.console import CityConsole
        from local.front.people import people_of

        web.publish(self.emulator, self.stack)
        front.open(self.stack.outputs["WebDomain"], CityConsole(self), people_of(self))

    def _listen(self, front: Front) -> None:
        try:
            front.start()
        except OSError:
            refuse_taken(self.port)
            raise

    def _stop_listening(self) -> None:
        if self.front:
            self.front.stop()

    def _report(self, text: str) -> None:
        if self.front:
            self.front.progress = text
        self._print(text)

    def _fold_balances(self) -> None:
        """As the schedule does every minute, so that no interrupted fold blocks the balances."""
        try:
            self.calendar.run(BALANCE_FOLD, self.clock.now())
        except CityFailure as failure:
            self._report(str(failure))

    def close(self) -> None:
        """Close all connections to the city."""
        self._connections.close()
        self.emulator.close()

    def empty(self) -> None:
        """Remove the city and nothing else in its folder, which the caller has locked."""
        for part in (self.data / name for name in places.CITY_FILES):
            if part.is_dir() and not part.is_symlink():
                shutil.rmtree(part)
            else:
                part.unlink(missing_ok=True)

    def _seed(self, wanted: datetime) -> None:
        self._report(f"Opening the city on {wanted - DAY:%Y-%m-%d}: policies and shops.")
        self.clock.set(wanted - DAY)
        self.deploy()
        roles.enrol_everyone(self.signing)
        tokens = self.sign_everyone_in()
        shops = seed.eve(self.api, tokens, self.clock.now())
        self._report(f"On to {wanted:%Y-%m-%d %H:%M}: members and their wallets.")
        self.move_clock(wanted)
        self.opened = seed.day(self.api, tokens, self.signing, shops)
        self._seeded.write_text(json.dumps({"form": FORM, **asdict(self.opened)}) + "\n")

    def _opened(self) -> Opened:
        named = json.loads(self._seeded.read_text())
        return Opened(**{name: value for name, value in named.items() if name != "form"})


def the_city(port: int = places.DEFAULT_PORT, report: Report = lambda _: None) -> City:
    """The one below `.local/`."""
    return City(places.DATA, port, report)


def the_served_city(port: int, report: Report) -> City:
    """The same city with the front on `port`, for the process that opens it."""
    return City(places.DATA, port, report, emulator_port=free_port())


def the_running_city() -> City:
    """The city that another process runs from `.local/`, on any port. Raises `CityFailure` when none runs."""
    port = port_of_running_city(places.DATA)
    if port is None:
        raise CityFailure("The local city is not open; `make run`, in another terminal, starts it.")
    city = the_city(port)
    city.visit()
    return city
