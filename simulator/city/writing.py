"""Write a city's payments month by month, in batches; a month's file gets its name when it is complete."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
import pyarrow as arrow
from pyarrow import parquet

from simulator.city.figures import Spend
from simulator.city.payments import MonthOfPayments
from simulator.city.shops import shops_of
from simulator.city.years import YEARS, CityMonth
from simulator.errors import BadCity
from simulator.scale import DESCRIPTION, WHOLE_CITY


@dataclass(frozen=True, slots=True)
class City:
    """The parameters of a city; equal values generate equal payments. `share` is in basis points of the city's members."""

    year: int
    seed: int
    share: int
    spend: Spend


def write_city(city: City, folder: Path, progress: Callable[[str], None]) -> int:
    """Write the payments of the city's year below `folder` and return their number.

    Raises:
        BadCity: a share or the spend is out of range, or the folder holds something else.
    """
    _check(city, folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / DESCRIPTION).write_text(json.dumps(asdict(city), indent=2) + "\n")
    shops = shops_of(np.random.default_rng([city.seed, 2]))
    written, began = 0, perf_counter()
    for whole in YEARS[city.year]():
        part = CityMonth(whole.month, whole.members * city.share // WHOLE_CITY, whole.paid * city.share // WHOLE_CITY)
        payments = MonthOfPayments(part, city.spend, shops, city.seed)
        count = _write_month(payments, folder / f"month={whole.month}")
        written += count
        rate = written / (perf_counter() - began)
        progress(
            f"{whole.month}: {part.members:,} members, {count:,} payments; {written:,} so far, {rate:,.0f} a second"
        )
    return written


def _check(city: City, folder: Path) -> None:
    if not 1 <= city.share <= WHOLE_CITY:
        raise BadCity(f"The share must be between 1 and {WHOLE_CITY:,} basis points, not {city.share}.")
    spend = city.spend
    if not (0 < spend.active <= 1 and 0 <= spend.from_cashback < 1 and 0 < spend.spread <= 3):
        raise BadCity("Active members and payments from cashback are shares below one, and the spread is up to 3.")
    if folder.exists() and any(folder.iterdir()) and not (folder / DESCRIPTION).exists():
        raise BadCity(f"{folder} holds files that are not a simulated city.")


def _write_month(payments: MonthOfPayments, folder: Path) -> int:
    folder.mkdir(exist_ok=True)
    unfinished, finished = folder / "payments.unfinished", folder / "payments.parquet"
    count = 0
    writer: parquet.ParquetWriter | None = None
    for batch in payments.batches():
        if writer is None:
            writer = _writer(unfinished, batch.schema)
        writer.write_batch(batch)
        count += batch.num_rows
    if writer is not None:
        writer.close()
    unfinished.replace(finished)
    return count


def _writer(path: Path, schema: arrow.Schema) -> parquet.ParquetWriter:
    """A Parquet writer without dictionaries for keys and instants, which are nearly all distinct."""
    plain = {"payment", "member", "accepted_at"}
    return parquet.ParquetWriter(
        path,
        schema,
        compression="snappy",
        use_dictionary=[name for name in schema.names if name not in plain],
        column_encoding={"payment": "DELTA_BINARY_PACKED", "member": "DELTA_BINARY_PACKED"},
    )
