"""The time and memory of auditing a large ledger."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from bench import ROOT
from bench.city import JANUARY_2021, PATIENCE, PROGRAMME
from bench.engine import storage_on
from bench.figures import Figure, Progress, Section
from bench.ledger import ledger, put
from eeum.aws.dynamodb import DynamoDbStorage
from eeum.balances.items import PROJECTION, movement_of, page_item, page_key, projection_item
from eeum.balances.rules import BalancePage, Holder, Projection, add_to, by_page
from eeum.calendar import SEOUL
from eeum.journal.kinds import KINDS
from eeum.policy.loading import load_history
from eeum.policy.reading import policy_of
from eeum.policy.store import PolicyStore
from eeum.policy.use_cases import PolicyBook
from eeum.storage import Item, Table
from eeum.wallet.store import keyed
from operations.audit import PROCESSES

MEMBERS = 2_000
PAYMENTS = 50
ENTRIES = MEMBERS * (2 * PAYMENTS + 1)
"""Payments with their earnings, and one top-up for each member."""
STEPS = 20
NOW = datetime(2021, 4, 2, 9, 0, tzinfo=SEOUL)
BOUND_SECONDS = 60
BOUND_MIB = 1_024


def measure(folder: Path) -> Section:
    progress = Progress(f"audit of {MEMBERS * PAYMENTS:,} payments", STEPS + 1)
    folder.mkdir(parents=True, exist_ok=True)
    with storage_on("dynoxide", folder) as (client, storage):
        tables: dict[Table, str] = storage._tables
        _fill(client, storage, tables, progress)
        seconds, report = _audited(client.meta.endpoint_url, tables, folder)
    progress.step()
    if report["deviations"] or report["checked"]["entries"] != ENTRIES:
        raise RuntimeError(f"the audit of a clean ledger found {report}")
    how = (
        f"`make audit` over {MEMBERS:,} wallets with {PAYMENTS} payments each in three months, their earnings and links, and the first"
        f" daily root: {ENTRIES:,} entries on dynoxide, read and checked by {PROCESSES} processes, their start included."
    )
    of_memory = "The sum of its processes' largest resident sizes, without the engine's."
    return Section(
        "Audit",
        [
            Figure(f"Audit of {MEMBERS * PAYMENTS:,} payments", BOUND_SECONDS, seconds, "s", how),
            Figure("Memory of that audit", BOUND_MIB, report["peak_kib"] / 1_024, "MiB", of_memory),
        ],
    )


def _fill(client: Any, storage: DynamoDbStorage, tables: dict[Table, str], progress: Progress) -> None:
    documents = [
        json.loads(path.read_text(encoding="utf-8")) for path in sorted((ROOT / "policies" / PROGRAMME).glob("*.json"))
    ]
    load_history(PolicyStore(storage, PATIENCE, PROGRAMME), PROGRAMME, documents, "bench", JANUARY_2021)
    policies = PolicyBook([policy_of(document) for document in documents])
    balances: dict[Holder, dict[str, int]] = {}
    items = _counted(ledger(MEMBERS, PAYMENTS, policies), balances)
    for _ in range(STEPS):
        put(client, tables[Table.LEDGER], items, (ENTRIES + MEMBERS) // STEPS + 1)
        progress.step()
    pages = by_page(balances)
    projected = [
        keyed(PROJECTION, projection_item(Projection(1, as_of=NOW))),
        *(keyed(page_key(name), page_item(BalancePage(1, 0, NOW, page))) for name, page in pages.items()),
    ]
    put(client, tables[Table.BALANCES], iter(projected), len(projected))


def _counted(items: Iterable[Item], balances: dict[Holder, dict[str, int]]) -> Iterator[Item]:
    """The items, counted as the projection counts them."""
    for item in items:
        if item["kind"] in KINDS:
            add_to(balances, movement_of(item).amounts)
        yield item


def _audited(endpoint: str, tables: dict[Table, str], folder: Path) -> tuple[float, dict[str, Any]]:
    asked = {
        "programme": PROGRAMME,
        "region": "ap-northeast-2",
        "tables": {table.value: name for table, name in tables.items()},
        "endpoint": endpoint,
        "roots": str(folder / "roots"),
        "now": NOW.isoformat(),
        "processes": PROCESSES,
    }
    paths = [str(ROOT), str(ROOT / "layers" / "eeum" / "python"), str(ROOT / "functions")]
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "bench.audit_process"],
        input=json.dumps(asked),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the audit failed: {done.stderr}")
    return time.monotonic() - began, json.loads(done.stdout)
