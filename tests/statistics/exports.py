"""Exports of a small city in DynamoDB's format, a whole table and its increments."""

from __future__ import annotations

import gzip
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from eeum.aws.attribute_values import attribute_value
from eeum.storage import Table
from tests.use_cases.world import World

MIDNIGHT = datetime.fromisoformat("2021-01-01T00:00:00+09:00")
FIRST, SECOND, THIRD = "2021-01-01T00:00:00.000Z", "2021-01-02T00:00:00.000Z", "2021-01-03T00:00:00.000Z"
Item = dict[str, Any]


def stored(item: Item) -> dict[str, Any]:
    return {name: attribute_value(value) for name, value in item.items()}


def write_export(folder: Path, name: str, lines: list[dict[str, Any]], *, since: str | None, until: str) -> None:
    """Write an export; increments share a folder of data, as DynamoDB's do."""
    root = folder / "AWSDynamoDB" / name
    data = root / "data" if since is None else root.parent / "data"
    data.mkdir(parents=True, exist_ok=True)
    root.mkdir(exist_ok=True)
    (data / f"{name}.json.gz").write_bytes(gzip.compress("".join(json.dumps(line) + "\n" for line in lines).encode()))
    entry = {"itemCount": len(lines), "dataFileS3Key": f"AWSDynamoDB/data/{name}.json.gz"}
    (root / "manifest-files.json").write_text(json.dumps(entry) + "\n")
    summary = {"outputFormat": "DYNAMODB_JSON", "itemCount": len(lines)}
    if since is None:
        summary |= {"exportType": "FULL_EXPORT", "exportTime": until}
    else:
        times = {"exportFromTime": since, "exportToTime": until}
        summary |= {"exportType": "INCREMENTAL_EXPORT", "outputView": "NEW_AND_OLD_IMAGES", **times}
    (root / "manifest-summary.json").write_text(json.dumps(summary))


def items_by_key(world: World) -> dict[tuple[str, str], Item]:
    return {(item["pk"], item["sk"]): item for item in world.memory.items(Table.LEDGER)}


def changes(before: dict[tuple[str, str], Item], after: dict[tuple[str, str], Item]) -> list[dict[str, Any]]:
    """The lines of an increment."""
    return [
        {
            "Keys": {"pk": {"S": key[0]}, "sk": {"S": key[1]}},
            "NewImage": stored(item),
            **({"OldImage": stored(before[key])} if key in before else {}),
        }
        for key, item in after.items()
        if before.get(key) != item
    ]


def write_exports(tmp_path: Path) -> Path:
    """Write a whole table on 1 January, a payment on the 2nd, and its cancellation on the 3rd as increments; return the folder."""
    world = World(now=MIDNIGHT)
    payer, shop = world.member(charged=900_000), world.shop()
    paid = world.pay(payer, shop, 5_000).entry
    world.accrue(paid)
    first = items_by_key(world)
    write_export(
        tmp_path / "export", "0-full", [{"Item": stored(item)} for item in first.values()], since=None, until=FIRST
    )
    world.now += timedelta(days=1)
    world.pay(payer, shop, 7_000)
    second = items_by_key(world)
    write_export(tmp_path / "export", "1-day", changes(first, second), since=FIRST, until=SECOND)
    world.now += timedelta(days=1)
    world.accrue(world.cancel(paid, 2_000).entry)
    write_export(tmp_path / "export", "2-day", changes(second, items_by_key(world)), since=SECOND, until=THIRD)
    return tmp_path
