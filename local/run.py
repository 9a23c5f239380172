"""`make run`: build, start, deploy, seed, print what to try, and keep the city alive until Ctrl-C."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType

from local import building, environment, places, roles, variables, web
from local.city import City, the_served_city
from local.draining import counted
from local.failure import CityFailure
from local.schedule import CATCH_UP, FIRST_OF_THE_MONTH, LEDGER_AUDIT, MONTH_CLOSING, Run

TICK_SECONDS = 1.0
REMEMBER_SECONDS = 5.0
TOKENS_FILE = "tokens.env"
#: A closed terminal, Ctrl-C, and `kill`.
ENDS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
#: `timeout` signals make and its children, and make passes its signal on: signals within this time are one request to stop.
ONE_REQUEST_SECONDS = 1.0


class Stopped(BaseException):
    """The city was asked to stop. Not an `Exception`, since boto3 treats any exception during a call as a failure of that call."""


class Ends:
    """Raises `Stopped` on the signals that ask for an end, once for each request."""

    def __init__(self) -> None:
        self._last = float("-inf")

    def watch(self) -> None:
        for number in ENDS:
            if signal.getsignal(number) is not signal.SIG_IGN:  # as `nohup` leaves it
                signal.signal(number, self._stop)

    def ignore(self) -> None:
        for number in ENDS:
            signal.signal(number, signal.SIG_IGN)

    def _stop(self, _signal: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        last, self._last = self._last, now
        if now - last > ONE_REQUEST_SECONDS:
            raise Stopped


def main() -> int:
    arguments = _arguments()
    ends = Ends()
    ends.watch()
    try:
        city = the_served_city(arguments.port, _say)
        _run(city, arguments.at, ends)
    except CityFailure as failure:
        print(f"make run: {failure}", file=sys.stderr)
        return 1
    except Stopped:
        print("Stopped before the city was open.", file=sys.stderr)
        return 130
    return 0


def _run(city: City, at: str | None, ends: Ends) -> None:
    began = time.monotonic()
    city.check(at)
    _say("Building functions and layers (only what changed).")
    built = building.build()
    if missing := web.build():
        _say(f"There are no pages: {missing}")
    city.start(built, at)
    try:
        with suppress(Stopped):
            _hand_out_tokens(city)
            _print(_welcome(city, time.monotonic() - began))
            _live(city)
        _wait_for_cashback(city)
    finally:
        ends.ignore()  # saving takes a moment, and must not be cut short
        city.stop()
    _say("Stopped; everything is kept. `make run` continues from here, `make reset` empties the city.")


def _live(city: City) -> None:
    remembered = refreshed = time.monotonic()
    while True:
        time.sleep(TICK_SECONDS)
        if not city.emulator.running:
            raise CityFailure(f"The emulator ended by itself; see {city.emulator.log}.")
        _follow_the_calendar(city)
        now = time.monotonic()
        if now - remembered > REMEMBER_SECONDS:
            with city.turn:
                city.clock.remember()
            remembered = now
        if now - refreshed > roles.REFRESH_SECONDS:
            _hand_out_tokens(city)
            refreshed = now


def _follow_the_calendar(city: City) -> None:
    """Run what is due; a failing run is reported and repeated at its next time."""
    try:
        with city.turn:
            for run in city.calendar.tick(city.clock.now()):
                if summary := _summary(run):
                    _say(f"It is {run.scheduled_at:%Y-%m-%d %H:%M}: {summary}.")
    except CityFailure as failure:
        _say(str(failure))


def _summary(run: Run) -> str:
    """The part of a run's result worth printing: most runs find nothing to do."""
    if FIRST_OF_THE_MONTH in run.schedule:
        return "the monthly reset was invoked"
    if MONTH_CLOSING in run.schedule and run.answer["frozen"]:
        return f"{run.answer['frozen']} is frozen, and its statements are written"
    if CATCH_UP in run.schedule and any(segment["posted"] for segment in run.answer):
        return "a catch-up posted cashback that had not come"
    if LEDGER_AUDIT in run.schedule and run.answer["deviations"]:
        return f"the audit found {run.answer['deviations']} deviations; `make audit` names them"
    return ""


def _wait_for_cashback(city: City) -> None:
    try:
        _say("Stopping: waiting for pending cashback.")
        if waiting := city.drain():
            _say(f"{counted(waiting, 'payment')} without cashback yet; a catch-up finds it when the city runs again.")
    except Stopped:
        _say("Not waiting any longer.")


def _hand_out_tokens(city: City) -> None:
    assert city.opened
    environment.write_for_containers(city)
    names = {
        "WALLET": city.opened.wallet,
        "CARD": city.opened.card,
        "SHOP": city.opened.shop,
        "NEW_SHOP": city.opened.new_shop,
    }
    roles.write(city.data / TOKENS_FILE, city.public_api, city.sign_everyone_in(), names)


def _welcome(city: City, seconds: float) -> str:
    file = city.data / TOKENS_FILE
    if file.is_relative_to(Path.cwd()):
        file = file.relative_to(Path.cwd())
    payment = r"{\"card_token\": \"$CARD\", \"merchant_id\": \"$SHOP\", \"amount\": 12000}"
    return rf"""
The city is open ({seconds:.0f} s). It is {city.clock.now():%Y-%m-%d %H:%M} in Incheon.

  Open    http://localhost:{city.port}/  (what runs here, and the apps)
  API     {city.public_api}
  Tokens  {file}  (resident, merchant, operator, colleague, acquirer, bank; renewed while the city runs)

Try, in another terminal:

  source {file}
  curl "$API/policies/in_force"
  curl -H "Authorization: Bearer $RESIDENT" "$API/wallets/$WALLET"
  curl -H "Authorization: Bearer $ACQUIRER" -H "Idempotency-Key: payment-$(date +%s%N)" \
       --json "{payment}" "$API/payments"
  curl -H "Authorization: Bearer $RESIDENT" "$API/wallets/$WALLET/cashback"
  curl -H "Authorization: Bearer $RESIDENT" "$API/merchants?district=yeonsu"
  curl -H "Authorization: Bearer $OPERATOR" "$API/merchant_applications"
  make demo

Ctrl-C stops it and keeps everything.
"""


def _say(text: str) -> None:
    _print(f"· {text}")


def _print(text: str) -> None:
    try:
        print(text, flush=True)
    except OSError:  # the terminal is closed; Python would try to write the rest when it ends, and end with 120
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make run", description=__doc__)
    parser.add_argument("--at", default=os.environ.get("AT") or None, help="`now` or an instant; default AT")
    parser.add_argument("--port", type=variables.port, default=os.environ.get("PORT") or places.DEFAULT_PORT)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
