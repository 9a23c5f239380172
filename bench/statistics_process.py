"""`python -m bench.statistics_process PART FOLDER --payments N`: a part of the statistics' measurement, in a process of its own.

It runs in the simulator's environment, which has DuckDB, and prints one line of JSON. Payments are drawn by SQL: members and shops are as
skewed as a real city's, where few shops have most of the payments.
"""

import argparse
import gzip
import json
import resource
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

from city_statistics.counting import Counting
from city_statistics.database import connect, text
from city_statistics.exports import items_of, open_exports, source_of
from city_statistics.journal import Journal
from eeum.calendar import milliseconds_of, start_of_month
from eeum.statistics.districts import District, Districts
from eeum.statistics.entries import COLUMNS

MONTH, AS_OF = "2020-12", "2020-12-31"
MEMBERS_PER_PAYMENT, SHOPS = 15, 109_000
CANCELLED = 0.01
DISTRICTS = ("jung", "dong", "michuhol", "yeonsu", "namdong", "bupyeong", "gyeyang", "seo", "ganghwa", "ongjin")
CATEGORIES = 19
MEMORY = "3GB"
"""For DuckDB, of the 4 GiB that the process may have."""


def make(folder: Path, payments: int) -> int:
    """Write the month's rows as a journal has them."""
    place = folder / f"month={MONTH}" / "1"
    place.mkdir(parents=True)
    connection = connect(folder / "spill", MEMORY)
    connection.execute("SELECT setseed(0.2020)")
    start = milliseconds_of(start_of_month(MONTH))
    members = max(payments // MEMBERS_PER_PAYMENT, 10)
    connection.execute(
        f"""COPY (
        WITH drawn AS (
            SELECT range AS number, floor(pow(random(), 2) * {members}) AS member, floor(pow(random(), 3) * {SHOPS}) AS shop,
                   CAST({start} + random() * 31 * 86400000 AS BIGINT) AS instant,
                   CAST(floor(exp(ln(12000) + 1.1 * sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random()))) AS BIGINT) AS price
            FROM range({payments})
        ),
        paid AS (SELECT *, hash(shop) AS place, least(greatest(price, 100), 2000000) AS won FROM drawn)
        SELECT CAST(md5('wallet' || member) AS UUID) AS wallet, lpad(to_hex(number), 19, '0') AS payment, CAST(0 AS UTINYINT) AS capture,
               instant, CAST(md5('shop' || shop) AS UUID) AS merchant,
               list_value({", ".join(text(each) for each in DISTRICTS)})[CAST(1 + place % {len(DISTRICTS)} AS INTEGER)] AS district,
               'category ' || (place // 100 % {CATEGORIES}) AS category,
               CAST(CASE WHEN hash(member) % 10 = 0 THEN NULL ELSE 15 + hash(member) % 65 END AS UTINYINT) AS age,
               won AS price, CAST(0 AS BIGINT) AS discount, '[["charged",' || won || ']]' AS paid_from,
               won AS from_charged, CAST(0 AS BIGINT) AS from_cashback, CAST(0 AS BIGINT) AS from_allowances,
               CAST(0 AS BIGINT) AS from_rewards
        FROM paid ORDER BY wallet, payment) TO {text(str(place / "captures.parquet"))} (FORMAT parquet)"""
    )
    connection.execute(
        f"COPY (SELECT wallet, payment, capture, CAST(1 + (price - 1) * random() AS BIGINT) AS price FROM "
        f"read_parquet({text(str(place / 'captures.parquet'))}) WHERE random() < {CANCELLED}) "
        f"TO {text(str(place / 'cancellations.parquet'))} (FORMAT parquet)"
    )
    manifest = {
        "month": MONTH, "revision": 1, "parts": [1], "rows": dict.fromkeys(COLUMNS, 0) | {"captures": payments}, "hash": "",
        "files": {}, "source": "made",
    }  # fmt: skip
    (place / "manifest.json").write_text(json.dumps(manifest))
    return payments


def count(folder: Path, payments: int) -> int:
    """Count every fixed table of the month."""
    districts = Districts(tuple(District(each, each, each, "2000-01", None) for each in DISTRICTS), ())
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        counting = Counting(Journal(folder), districts, AS_OF, connect(Path(scratch), MEMORY))
        counts = counting.month(Journal(folder).months()[MONTH])
    assert counts["payment_counts_by_month"][0]["payments"] > payments * (1 - 2 * CANCELLED)
    return payments


def write_increment(folder: Path, payments: int) -> int:
    """Write an export of payments and their earnings, as many of each, from one of each in the sample."""
    sample = json.loads((Path(__file__).parent / "entries_of_a_day.json").read_text())
    root = folder / "AWSDynamoDB" / "increment"
    (root / "data").mkdir(parents=True)
    with gzip.open(root / "data" / "0.json.gz", "wt", compresslevel=1) as file:
        for number in range(payments):
            for line in sample:
                file.write(line.replace("NUMBER", f"{number:019x}") + "\n")
    items = payments * len(sample)
    (root / "manifest-files.json").write_text(json.dumps({"itemCount": items, "dataFileS3Key": "0.json.gz"}) + "\n")
    summary = {
        "exportType": "FULL_EXPORT",
        "outputFormat": "DYNAMODB_JSON",
        "itemCount": items,
        "exportTime": "2020-12-31T15:00:00Z",
    }
    (root / "manifest-summary.json").write_text(json.dumps(summary))
    return payments


def read_increment(folder: Path, payments: int) -> int:
    """Read the increment into a journal."""
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        (export,) = open_exports(folder / "AWSDynamoDB")
        journal = Journal(Path(scratch) / "journal")
        journal.add(
            items_of(export), source_of(export), connect(Path(scratch) / "spill", MEMORY), Path(scratch) / "staged"
        )
        assert sum(each.rows["captures"] for each in journal.months().values()) == payments
    return payments


PARTS: dict[str, Callable[[Path, int], int]] = {
    "make": make, "count": count, "write-increment": write_increment, "read-increment": read_increment,
}  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.statistics_process", description=__doc__)
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--payments", type=int, required=True)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    began = perf_counter()
    payments = PARTS[given.part](given.folder, given.payments)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"seconds": perf_counter() - began, "memory": peak, "payments": payments}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
