"""Compute simulations: payments from the bucket, DuckDB in this function's own layer, tables back to the bucket."""

import json
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Logger

from eeum.composition import City, buckets
from eeum.simulations.rules import Simulation
from eeum.simulations.use_cases import Unanswerable, work_out
from eeum.unit_of_work import Patience
from simulator.asked import Answered, answer
from simulator.errors import MonthsNotPublished, PaymentsTooLarge, SimulationRefused
from simulator.scale import DESCRIPTION
from simulator.versions import months_from

STORE_SECONDS = 30.0
DATABASE_SHARE = 0.6
"""DuckDB's part of the function's memory; beyond it, DuckDB spills to disk."""
PAYMENTS_SHARE = 0.5
"""The payments' part of the disk; DuckDB spills to the rest."""

logger = Logger()
city = City.of(os.environ)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> None:
    """Compute the simulation of each message, named by its request. Errors are raised, and the message is delivered again."""
    store = city.simulations(Patience(lambda: STORE_SECONDS, time.sleep))
    megabytes = int(int(context.memory_limit_in_mb) * DATABASE_SHARE)
    for record in event["Records"]:
        request = json.loads(record["body"])["simulation"]
        done = work_out(store, request, lambda asked: _replayed(asked, megabytes), city.clock)
        state = done.state.value if done else "nothing to do"
        logger.info("simulated", request=request, id=done.id if done else None, state=state)


def _replayed(asked: Simulation, megabytes: int) -> tuple[dict[str, object], tuple[str, ...]]:
    """The summary and the names of the stored tables. Raises `Unanswerable` with the code of the simulator's refusal."""
    bucket, client = os.environ["SIMULATIONS_BUCKET"], buckets()
    scratch = Path(tempfile.mkdtemp(prefix="simulation-"))
    try:
        _fetch(client, bucket, asked, scratch / "payments")
        found = answer(asked.question, scratch, f"{megabytes}MB")
        _put(client, bucket, asked.id, found)
    except SimulationRefused as refused:
        raise Unanswerable(refused.code, str(refused)) from refused
    finally:
        shutil.rmtree(scratch)
    return found.summary, found.tables


def _fetch(client: Any, bucket: str, asked: Simulation, folder: Path) -> None:
    """Copy the payments of the months to `folder`, file by file, in chunks. Raises `SimulationRefused` before the first."""
    folder.mkdir()
    payments = asked.question.payments
    published = {
        month: _listed(client, bucket, f"payments/{payments.source}/month={month}/")
        for month in months_from(payments.first, payments.last)
    }
    absent = [month for month, objects in published.items() if not objects]
    if absent:
        raise MonthsNotPublished(f"No payments of {payments.source} are published for {', '.join(absent)}.")
    size = sum(int(each["Size"]) for objects in published.values() for each in objects)
    room = int(shutil.disk_usage(folder).free * PAYMENTS_SHARE)
    if size > room:
        raise PaymentsTooLarge(
            f"These payments have {size:,} bytes, but there is room for {room:,}: request fewer months."
        )
    for each in _objects(client, bucket, f"payments/{payments.source}/{DESCRIPTION}"):
        (folder / DESCRIPTION).write_bytes(client.get_object(Bucket=bucket, Key=each["Key"])["Body"].read())
    for month, objects in published.items():
        for number, each in enumerate(objects):
            body = client.get_object(Bucket=bucket, Key=each["Key"])["Body"]
            with (folder / f"{month}-{number:04}.parquet").open("wb") as file:
                shutil.copyfileobj(body, file, 1 << 22)


def _listed(client: Any, bucket: str, prefix: str) -> list[dict[str, Any]]:
    return [each for each in _objects(client, bucket, prefix) if each["Key"].endswith(".parquet")]


def _objects(client: Any, bucket: str, prefix: str) -> list[dict[str, Any]]:
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [each for page in pages for each in page.get("Contents", ())]


def _put(client: Any, bucket: str, simulation_id: str, found: Answered) -> None:
    for path in found.files:
        client.put_object(Bucket=bucket, Key=f"results/{simulation_id}/{path.name}", Body=path.read_bytes())
