"""The payments that are replayed: Parquet files with one row a payment, checked before anything is computed.

Amounts are whole won, rates basis points, instants milliseconds since 1970-01-01T00:00Z. A payment's facts are those of the moment at
which it was accepted, as the ledger stores them with it (`eeum.policy.conditions.Facts`).
"""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from eeum.money import BASIS_POINTS_OF_THE_WHOLE, LARGEST_AMOUNT
from simulator.errors import (
    AmountOutOfRange,
    InstantOutOfRange,
    MissingColumn,
    MissingValue,
    MistypedColumn,
    NoPayments,
    NotWholeWon,
    RepeatedPayment,
    UnreadableParquet,
)

WHOLE_NUMBERS = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"})
FRACTIONS = ("FLOAT", "DOUBLE", "DECIMAL")
TEXTS = frozenset({"VARCHAR"})
KEYS = WHOLE_NUMBERS | TEXTS | {"UUID"}
TRUTHS = frozenset({"BOOLEAN"})

PURSES = ("charged", "cashback", "grants")
WON = tuple(f"won_{purse}" for purse in PURSES)
"""What the payment took from each purse; what of it earns is the policy's to say (`earns_from`)."""

ALWAYS_THERE: dict[str, frozenset[str]] = {
    "payment": KEYS,
    "member": KEYS,
    "accepted_at": frozenset({"BIGINT"}),
    **dict.fromkeys(WON, WHOLE_NUMBERS),
    "merchant_own_rate": WHOLE_NUMBERS,
    "merchant_benefit_plus": TRUTHS,
    "merchant_good_price": TRUTHS,
    "merchant_traditional_market": TRUTHS,
    "merchant_partner": TRUTHS,
}
MAY_BE_UNKNOWN: dict[str, frozenset[str]] = {
    "merchant_district": TEXTS,
    "merchant_category": TEXTS,
    "merchant_annual_revenue": WHOLE_NUMBERS,
    "card_product": TEXTS,
    "member_class": TEXTS,
    "channel": TEXTS,
    "method": TEXTS,
}
"""Facts that a payment may lack (null): they satisfy no condition, and the negation of each."""
COLUMNS = ALWAYS_THERE | MAY_BE_UNKNOWN

FIRST_INSTANT, FIRST_INSTANT_AFTER = 946_684_800_000, 4_102_444_800_000
"""From 2000 to before 2100: seconds or microseconds since 1970 lie outside."""

RELATION = "payments"
"""The name under which statements read the payments, here and on Athena."""


@dataclass(frozen=True, slots=True)
class Span:
    """How many payments there are, and the first and last instant, in milliseconds since 1970."""

    payments: int
    first: int
    last: int


def open_payments(connection: duckdb.DuckDBPyConnection, folder: Path) -> Span:
    """Makes the Parquet files below `folder` readable as `payments`, after checking columns and values.

    Raises:
        SimulationRefused: by the name of what is wrong.
    """
    files = sorted(str(path) for path in folder.rglob("*.parquet"))
    if not files:
        raise NoPayments(f"There is no Parquet file in {folder}.")
    try:
        # Each by itself: of files read together the first says the types, and fractions in another would be rounded away.
        for file in files:
            _check_types(connection.read_parquet(file, hive_partitioning=False), Path(file).relative_to(folder))
        connection.execute(f"DROP VIEW IF EXISTS {RELATION}")
        connection.read_parquet(files, union_by_name=True, hive_partitioning=False).create_view(RELATION)
        return _check_values(connection)
    except duckdb.Error as error:
        raise UnreadableParquet(f"A file in {folder} cannot be read as Parquet: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]


def _check_types(columns: duckdb.DuckDBPyRelation, file: Path) -> None:
    found = dict(zip(columns.columns, (str(kind) for kind in columns.types), strict=True))
    for name, allowed in COLUMNS.items():
        if name not in found:
            raise MissingColumn(f"{file} has no column {name}.")
        if name in WON and found[name].startswith(FRACTIONS):
            raise NotWholeWon(f"{file}: the column {name} is {found[name]}: amounts are whole won, as whole numbers.")
        if found[name] not in allowed:
            raise MistypedColumn(
                f"{file}: the column {name} is {found[name]}, and must be one of {', '.join(sorted(allowed))}."
            )


def _check_values(connection: duckdb.DuckDBPyConnection) -> Span:
    """One pass over the columns that every payment has."""
    ranges = dict.fromkeys(WON, LARGEST_AMOUNT) | {"merchant_own_rate": BASIS_POINTS_OF_THE_WHOLE}
    counted = ", ".join(f"COUNT({name})" for name in ALWAYS_THERE)
    ends = ", ".join(f"MIN({name}), MAX({name})" for name in ("accepted_at", *ranges))
    (row,) = connection.execute(f"SELECT COUNT(*), {counted}, {ends} FROM {RELATION}").fetchall()
    total, counts, (first, last, *bounds) = row[0], row[1 : 1 + len(ALWAYS_THERE)], row[1 + len(ALWAYS_THERE) :]
    if not total:
        raise NoPayments("The files hold no payment.")
    for name, count in zip(ALWAYS_THERE, counts, strict=True):
        if count < total:
            raise MissingValue(f"The column {name} is null in {total - count:,} of {total:,} payments.")
    if first < FIRST_INSTANT or last >= FIRST_INSTANT_AFTER:
        found = first if first < FIRST_INSTANT else last
        raise InstantOutOfRange(
            f"The column accepted_at holds {found:,}; it is milliseconds since 1970, of this century."
        )
    for index, (name, largest) in enumerate(ranges.items()):
        smallest_found, largest_found = bounds[2 * index], bounds[2 * index + 1]
        if smallest_found < 0 or largest_found > largest:
            found = smallest_found if smallest_found < 0 else largest_found
            raise AmountOutOfRange(f"The column {name} holds {found:,}; it must be between 0 and {largest:,}.")
    return Span(total, first, last)


def check_order(connection: duckdb.DuckDBPyConnection) -> None:
    """Raises `RepeatedPayment` where two payments of a member cannot be told apart in their order.

    It groups all payments, so it is a check of its own, not made before every replay.
    """
    repeated = connection.execute(
        f"SELECT member, payment FROM {RELATION} GROUP BY member, accepted_at, payment HAVING COUNT(*) > 1 LIMIT 1"
    ).fetchall()
    for member, payment in repeated:
        raise RepeatedPayment(f"Payment {payment} of member {member} is there more than once.")
