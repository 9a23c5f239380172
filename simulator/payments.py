"""Open and check the payments to replay: Parquet files with one row per payment.

Amounts are whole won, rates basis points, instants milliseconds since 1970-01-01T00:00Z. A payment's facts are those at its
acceptance, as the ledger stores them (`eeum.policy.conditions.Facts`).
"""

from collections.abc import Callable, Collection
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

PURSES = ("charged", "cashback", "grants", "rewards")
WON = tuple(f"won_{purse}" for purse in PURSES)
"""The won that the payment took from each purse; the policy decides which of them earn (`earns_from`)."""
OLDEST_WON = WON[:3]
"""The columns of purses that every file has; older files have none for purses of rewards."""

FLAGS = ("benefit_plus", "good_price", "traditional_market", "partner")
"""Flags of shops with a column in every file; a programme's own flags have optional columns (`flag_column`)."""

ALWAYS_THERE: dict[str, frozenset[str]] = {
    "payment": KEYS,
    "member": KEYS,
    "accepted_at": frozenset({"BIGINT"}),
    **dict.fromkeys(OLDEST_WON, WHOLE_NUMBERS),
    "merchant_own_rate": WHOLE_NUMBERS,
    **{f"merchant_{flag}": TRUTHS for flag in FLAGS},
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
"""Facts that may be null, which means unknown: they satisfy no condition, and the negation of every condition."""
COLUMNS = ALWAYS_THERE | MAY_BE_UNKNOWN

MAY_BE_MISSING: dict[str, tuple[frozenset[str], str]] = {
    "won_rewards": (WHOLE_NUMBERS, "CAST(0 AS BIGINT)"),
    "won_discount": (WHOLE_NUMBERS, "CAST(0 AS BIGINT)"),
    "card_issuer": (TEXTS, "CAST(NULL AS VARCHAR)"),
    "member_district": (TEXTS, "CAST(NULL AS VARCHAR)"),
    "member_age": (WHOLE_NUMBERS, "CAST(NULL AS BIGINT)"),
}
"""Columns that a file may leave out, with their defaults. `won_discount` was taken off the price before the payment."""
COUNTED = frozenset({"won_rewards", "won_discount"})

FIRST_INSTANT, FIRST_INSTANT_AFTER = 946_684_800_000, 4_102_444_800_000
"""From 2000 until before 2100, a range that seconds or microseconds since 1970 fall out of."""

RELATION = "payments"
"""The relation that statements read payments from, here and on Athena."""

Found = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Span:
    """The number of payments, and their first and last instant, in milliseconds since 1970."""

    payments: int
    first: int
    last: int


def flag_column(flag: str) -> str:
    """The column name of a flag, quoted for statements."""
    return f"merchant_{flag}" if flag in FLAGS else f'"flag_{flag}"'


def open_payments(
    connection: duckdb.DuckDBPyConnection, folder: Path, flags: Collection[str] = (), found: Found = lambda _: None
) -> Span:
    """Check the columns and values of the Parquet files below `folder`, and make them readable as `payments`.

    `flags` are the programme's own flags that policies compare. `found` is called with a sentence for each flag that no file has.

    Raises:
        SimulationRefused: its subclass and `code` name the fault.
    """
    files = sorted(str(path) for path in folder.rglob("*.parquet"))
    if not files:
        raise NoPayments(f"There is no Parquet file in {folder}.")
    try:
        # Each file alone: when files are read together, the first decides the types, and fractions in another would be rounded.
        for file in files:
            _check_types(connection.read_parquet(file, hive_partitioning=False), Path(file).relative_to(folder))
        connection.execute(f"DROP VIEW IF EXISTS {RELATION}")
        every = connection.read_parquet(files, union_by_name=True, hive_partitioning=False)
        every.select(", ".join(_selected(every.columns, flags, found))).create_view(RELATION)
        return _check_values(connection)
    except duckdb.Error as error:
        raise UnreadableParquet(f"A file in {folder} cannot be read as Parquet: {_first_line(error)}") from error


def _selected(columns: list[str], flags: Collection[str], found: Found) -> list[str]:
    """The columns of payments, with defaults for those that may be missing."""
    selected = list(COLUMNS)
    for name, (_, instead) in MAY_BE_MISSING.items():
        known = name in columns
        # When files are read together, a file that lacks a column has null there.
        selected.append(
            f"COALESCE({name}, 0) AS {name}" if known and name in COUNTED else name if known else f"{instead} AS {name}"
        )
    for flag in sorted(set(flags).difference(FLAGS)):
        name = flag_column(flag)
        if name.strip('"') in columns:
            selected.append(f"COALESCE({name}, FALSE) AS {name}")
        else:
            found(f"Payments have no column {name}, so no shop counts as having the flag {flag}.")
            selected.append(f"FALSE AS {name}")
    return selected


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]


def _check_types(columns: duckdb.DuckDBPyRelation, file: Path) -> None:
    found = dict(zip(columns.columns, (str(kind) for kind in columns.types), strict=True))
    for name in COLUMNS:
        if name not in found:
            raise MissingColumn(f"{file} has no column {name}.")
    kinds = COLUMNS | {name: kind for name, (kind, _) in MAY_BE_MISSING.items() if name in found}
    kinds |= {name: TRUTHS for name in found if name.startswith("flag_")}
    for name, allowed in kinds.items():
        if name in (*WON, "won_discount") and found[name].startswith(FRACTIONS):
            raise NotWholeWon(f"{file}: the column {name} is {found[name]}: amounts are whole won, as whole numbers.")
        if found[name] not in allowed:
            raise MistypedColumn(
                f"{file}: the column {name} is {found[name]}, and must be one of {', '.join(sorted(allowed))}."
            )


def _check_values(connection: duckdb.DuckDBPyConnection) -> Span:
    """Check nulls and ranges in one pass over the columns that every payment has."""
    ranges = dict.fromkeys((*WON, "won_discount"), LARGEST_AMOUNT) | {"merchant_own_rate": BASIS_POINTS_OF_THE_WHOLE}
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
    """Check that each member's payments have one order. Raises `RepeatedPayment`.

    It groups all payments, which is slow, so a replay does not call it by itself.
    """
    repeated = connection.execute(
        f"SELECT member, payment FROM {RELATION} GROUP BY member, accepted_at, payment HAVING COUNT(*) > 1 LIMIT 1"
    ).fetchall()
    for member, payment in repeated:
        raise RepeatedPayment(f"Payment {payment} of member {member} occurs more than once.")
