"""`make measure-storm`: how long other members wait for cashback while one shop cancels in two very long months.

It deploys a city of its own and sends everything over HTTP, as members, acquirers and banks do. A *stranger* is a member who has no
part in the cancellations.
"""

from __future__ import annotations

import argparse
import itertools
import queue
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from bench.figures import Figure, Progress, Section
from bench.page import machine_facts, table
from eeum.payments.progress import MOST_CANCELLATIONS
from local import building, inhabitants, sign_in, variables
from local.api import Api
from local.city import City
from local.emulator import free_port
from local.failure import CityFailure
from local.roles import Tokens

PAYMENTS = 5_000
"""Payments in each of the two months. All use one limit, so a cancellation changes its usage for all payments that follow."""
PRICE = 200
"""Amount of each payment, in won: the month goes through all bands."""
CANCELLATIONS = 5_000
"""Cancellations in each of the two storms."""
TILLS = 3
"""Number of tills that send the cancellations of one storm, each one after another."""

STRANGERS = 5
STRANGERS_PRICE = 1_000
TOPPED_UP = 300_000
"""Loaded balance of each stranger, in won: more than a measurement spends."""
CALM = 10
"""Payments of strangers before the storms, for comparison with an idle city."""
BETWEEN_SECONDS = 1.0
ASKED_AGAIN_SECONDS = 0.2

BOUND_SECONDS = 10.0
PATIENCE_SECONDS = 1_200.0
BEGINNING = "2021-01-05T10:00:00+09:00"

Cancelled = tuple[Any, int | None]
"""A payment, and the amount to cancel; None means all that is left."""


@dataclass(frozen=True)
class Member:
    """A resident with money in the wallet; `api` calls as that resident."""

    api: Api
    wallet: str
    card: str

    @property
    def pending(self) -> int:
        """Number of payments and cancellations whose cashback is not posted yet."""
        return int(self.api.get(f"/wallets/{self.wallet}")["cashback_pending"])


@dataclass(frozen=True)
class Stormed:
    """Seconds that strangers' payments waited before and during the storms, and the storms' length and accruals at their end."""

    calm: Sequence[float]
    waited: Sequence[float]
    seconds: float
    cancelled: int
    accrued: int


class Shop:
    """One shop, whose acquirer sends payments and cancellations."""

    def __init__(self, api: Api, tokens: Tokens) -> None:
        self._acquirer = api.as_caller(tokens.acquirer)
        # The city already has this shop; the same application again returns it.
        self._id = api.as_caller(tokens.merchant).post("/merchants", inhabitants.shops()[0].application())["id"]

    def pay(self, member: Member, amount: int) -> Any:
        body = {"card_token": member.card, "merchant_id": self._id, "amount": amount, "channel": "shop"}
        paid = self._acquirer.post("/payments", body, key=f"storm-payment-{uuid4()}")
        if paid["status"] != "approved":
            raise CityFailure(f"A payment was declined: {paid}")
        return paid

    def cancel(self, payment: Any, amount: int | None) -> None:
        path = f"/wallets/{payment['wallet_id']}/payments/{payment['id']}/cancellations"
        self._acquirer.post(path, {} if amount is None else {"amount": amount}, key=f"storm-cancellation-{uuid4()}")


def measure(
    folder: Path, payments: int = PAYMENTS, cancellations: int = CANCELLATIONS, port: int | None = None
) -> Section:
    """Deploy a city in `folder`, make two months of `payments` each, and cancel in both at once. Raises `CityFailure`."""
    with _city(folder, port) as city:
        stormed = _storm(city, payments, cancellations)
    median = statistics.median(stormed.waited)
    how = (
        f"The longest wait of {len(stormed.waited)} strangers' payments, one after another during the storms; half of them waited up to"
        f" {median:.1f} s. Measured from sending the payment over HTTP until the wallet shows its cashback, in a deployed local"
        " city: API, functions, stream and queue. In one storm payments are cancelled whole, in the other 1 won at a time, in as many"
        f" parts as a payment can have ({MOST_CANCELLATIONS}, the last of which takes all that is left)."
    )
    note = (
        f"Before the storms the longest of {len(stormed.calm)} payments took {max(stormed.calm):.1f} s. {2 * TILLS} tills sent"
        f" {stormed.cancelled:,} cancellations in {stormed.seconds:.0f} s. At the end {stormed.accrued:,} of them were posted. The others"
        " waited in the slow lane, where they delay only the two wallets."
    )
    what = f"A stranger's cashback while one shop cancels {cancellations:,} times in each of two months of {payments:,} payments"
    return Section("Storms of cancellations", [Figure(what, BOUND_SECONDS, max(stormed.waited), "s", how)], [note])


@contextmanager
def _city(folder: Path, port: int | None) -> Iterator[City]:
    city = City(folder, port or free_port())
    city.start(building.build(), BEGINNING)
    try:
        yield city
    finally:
        city.stop()


def _storm(city: City, payments: int, cancellations: int) -> Stormed:
    tokens = city.sign_everyone_in()
    shop = Shop(city.api, tokens)
    members = [_arrive(city, tokens, f"member-{number}", payments * PRICE) for number in range(2)]
    strangers = [_arrive(city, tokens, f"stranger-{number}", TOPPED_UP) for number in range(STRANGERS)]
    by_parts, whole = _months(shop, members, payments)
    storms: list[list[Cancelled]] = [
        _won_by_won(by_parts, cancellations),
        [(paid, None) for paid in whole[:cancellations]],
    ]
    calm = _waited(shop, strangers, _after(CALM))
    began = time.monotonic()
    with ThreadPoolExecutor(len(storms) * TILLS) as pool:
        tills = [pool.submit(_cancel, shop, due) for due in [_queued(storm) for storm in storms] for _ in range(TILLS)]
        waited = _waited(shop, strangers, lambda: all(till.done() for till in tills))
        cancelled = sum(till.result() for till in tills)
    seconds = time.monotonic() - began
    return Stormed(calm, waited, seconds, cancelled, cancelled - sum(member.pending for member in members))


def _arrive(city: City, tokens: Tokens, name: str, amount: int) -> Member:
    """Make a verified resident with a top-up."""
    city.signing.enrol(name, sign_in.RESIDENT_APP)
    own = city.api.as_caller(city.signing.token(name, sign_in.RESIDENT_APP))
    wallet = own.post("/wallets", {})
    path = f"/wallets/{wallet['id']}"
    city.api.as_caller(tokens.operator).patch(path, {"verified": True, "reason": "Documents verified."})
    body = {"amount": amount, "bank_reference": f"opening-{name}"}
    answer = city.api.as_caller(tokens.bank).post(f"{path}/top_ups", body, key=f"opening-top-up-{name}")
    if answer["status"] == "declined":
        raise CityFailure(f"A top-up was declined: {answer}")
    return Member(own, wallet["id"], wallet["cards"][0]["token"])


def _months(shop: Shop, members: Sequence[Member], payments: int) -> list[list[Any]]:
    """Pay for each member, and return the payments when all have their cashback."""
    progress = Progress(f"{len(members)} months of {payments:,} payments", payments)

    def pay(_: int) -> list[Any]:
        paid = [shop.pay(member, PRICE) for member in members]
        progress.step()
        return paid

    with ThreadPoolExecutor(TILLS) as pool:
        rounds = list(pool.map(pay, range(payments)))
    for member in members:
        _wait(lambda member=member: member.pending == 0)  # type: ignore[misc]
    return [list(month) for month in zip(*rounds, strict=True)]


def _won_by_won(payments: Sequence[Any], count: int) -> list[Cancelled]:
    """As few payments as possible, each cancelled in the most parts, in turns."""
    few = payments[: -(-count // MOST_CANCELLATIONS)]
    parts = [*itertools.repeat(1, MOST_CANCELLATIONS - 1), None]
    return [(paid, amount) for amount in parts for paid in few][:count]


def _queued(storm: Sequence[Cancelled]) -> queue.SimpleQueue[Cancelled]:
    due: queue.SimpleQueue[Cancelled] = queue.SimpleQueue()
    for each in storm:
        due.put(each)
    return due


def _cancel(shop: Shop, due: queue.SimpleQueue[Cancelled]) -> int:
    """Send cancellations one after another until none is left; return how many this till sent."""
    for sent in itertools.count():
        try:
            payment, amount = due.get_nowait()
        except queue.Empty:
            return sent
        shop.cancel(payment, amount)
    raise AssertionError("a count has no end")


def _after(count: int) -> Callable[[], bool]:
    asked = itertools.count()
    return lambda: next(asked) >= count


def _waited(shop: Shop, strangers: Sequence[Member], over: Callable[[], bool]) -> list[float]:
    """Seconds that strangers' payments waited, one after another until the storms are over."""
    waited: list[float] = []
    while not over():
        stranger = strangers[len(waited) % len(strangers)]
        began = time.monotonic()
        shop.pay(stranger, STRANGERS_PRICE)
        _wait(lambda stranger=stranger: stranger.pending == 0)  # type: ignore[misc]
        waited.append(time.monotonic() - began)
        print(
            f"\r· {len(waited)} payments of strangers, the longest {max(waited):.1f} s",
            end="",
            file=sys.stderr,
            flush=True,
        )
        time.sleep(BETWEEN_SECONDS)
    print(file=sys.stderr)
    return waited


def _wait(until: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not until():
        if time.monotonic() > deadline:
            raise CityFailure(f"Cashback was not posted within {PATIENCE_SECONDS:.0f} seconds.")
        time.sleep(ASKED_AGAIN_SECONDS)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.storm", description=__doc__)
    parser.add_argument("--payments", type=variables.whole_number(1), default=PAYMENTS, help="payments in each month")
    parser.add_argument(
        "--cancellations", type=variables.whole_number(1), default=CANCELLATIONS, help="cancellations in each storm"
    )
    parser.add_argument("--port", type=variables.port, help="default: a free one")
    arguments = parser.parse_args()
    began = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix="eeum-storm-") as folder:
            section = measure(Path(folder) / "city", arguments.payments, arguments.cancellations, arguments.port)
    except CityFailure as failure:
        print(f"make measure-storm: {failure}", file=sys.stderr)
        return 2
    print("\n".join([*table(section.figures), "", *(each.how for each in section.figures), *section.notes]))
    print("\n".join(machine_facts(time.monotonic() - began)))
    return 0 if all(figure.met for figure in section.figures) else 1


if __name__ == "__main__":
    sys.exit(main())
