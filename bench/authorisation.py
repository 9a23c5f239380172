"""The warm authorisation: its round trips to the database, and the handler's time beside the database's."""

import copy
import itertools
import json
import os
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from bench.city import JANUARY_2021 as START
from bench.city import Inhabitants, clock_from, found, invocation, payment_event
from bench.engine import calls_made, requests_sent, storage_on
from bench.figures import Figure, Section, interleaved, seconds_of
from eeum.composition import City
from eeum.storage import Storage

ROUNDS = 1_000
WARM_UP = 50
ENGINE = "dynoxide"

Handler = Callable[[dict[str, Any]], dict[str, Any]]


def measure(folder: Path) -> Section:
    with storage_on(ENGINE, folder) as (client, storage):
        inhabitants = found(storage, members=1)
        handle = handler_on(storage)
        authorise(handle, inhabitants)  # reads the policies, which a warm function has
        with requests_sent(client) as sent:
            authorise(handle, inhabitants)
        trips = Figure(
            "Round trips to DynamoDB in a warm authorisation",
            2,
            len(sent),
            "",
            f"HTTP requests that botocore sent for one payment, on {ENGINE}: {' and '.join(sent)}.",
        )
        return Section("Authorisation", [trips, _overhead(client, handle, inhabitants)])


def handler_on(storage: Storage) -> Handler:
    """The whole Lambda handler of the payment authorisation, over `storage`; its log is written to the null device."""
    nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 — the logger writes to it until the end
    with redirect_stdout(nowhere):
        from payment_authorisation import app
    app.city = City(app.city.settings, storage, clock_from(START))
    return lambda event: app.handler(event, invocation())


def authorise(handle: Handler, inhabitants: Inhabitants) -> None:
    answer = handle(payment_event(inhabitants.wallets[0], inhabitants.merchant))
    if answer["statusCode"] != 200 or json.loads(answer["body"])["status"] != "approved":
        raise RuntimeError(f"the payment was not approved: {answer}")


def _overhead(client: Any, handle: Handler, inhabitants: Inhabitants) -> Figure:
    with calls_made(client) as calls:
        authorise(handle, inhabitants)
    bare = BareCalls(client, calls)

    def by_handler() -> float:
        event = payment_event(inhabitants.wallets[0], inhabitants.merchant)
        return seconds_of(lambda: handle(event))

    for _ in range(WARM_UP):
        by_handler()
        bare.seconds()
    pairs = interleaved("authorisation handler", by_handler, bare.seconds, ROUNDS)
    return Figure(
        "Authorisation handler, warm, against the same bare read and transaction",
        1.15,
        pairs.ratio,
        "×",
        f"Median of {ROUNDS} interleaved pairs on {ENGINE}, through the same botocore client in the same process: the Lambda handler with "
        f"an HTTP API event, {pairs.subject_milliseconds:.2f} ms, and the `BatchGetItem` and `TransactWriteItems` that it sends, "
        f"{pairs.reference_milliseconds:.2f} ms.",
        spread=pairs.quartiles,
    )


class BareCalls:
    """The database calls of one authorisation, without the product; each repetition has a new entry."""

    def __init__(self, client: Any, calls: list[tuple[str, dict[str, Any]]]) -> None:
        self._client = client
        (read_name, self._read), (write_name, self._write) = calls
        if (read_name, write_name) != ("BatchGetItem", "TransactWriteItems"):
            raise RuntimeError(f"an authorisation calls {read_name} and {write_name}")
        self._serial = itertools.count(1)

    def seconds(self) -> float:
        read, write = self._renewed()

        def calls() -> None:
            self._client.batch_get_item(**read)
            self._client.transact_write_items(**write)

        return seconds_of(calls)

    def _renewed(self) -> tuple[dict[str, Any], dict[str, Any]]:
        number = next(self._serial)
        read, write = copy.deepcopy(self._read), copy.deepcopy(self._write)
        entry = f"PAYMENT#{number:019x}"
        for request in read["RequestItems"].values():
            for key in request["Keys"]:
                if key["sk"]["S"].startswith("PAYMENT#"):
                    key["sk"]["S"] = entry
        (put,) = (item["Put"] for item in write["TransactItems"] if "Put" in item)
        put["Item"]["sk"]["S"] = entry
        write["ClientRequestToken"] = f"bench-{number:030d}"
        return read, write
