"""The payments that are replayed: Parquet files with one row a payment, checked before anything is computed.

Amounts are whole won, rates basis points, instants milliseconds since 1970-01-01T00:00Z. A payment's facts are those of the moment at
which it was accepted, as the ledger stores them with it (`eeum.policy.conditions.Facts`).
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
"""What the payment took from each purse; what of it earns is the policy's to say (`earns_from`)."""
OLDEST_WON = WON[:3]
"""Those that every file has; there were no purses of rewards before."""

FLAGS = ("benefit_plus", "good_price", "traditional_market", "partner")
"""Flags of shops that every payment says, a column each; those that a programme names itself are in columns of `flag_column`."""

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
"""Facts that a payment may lack (null): they satisfy no condition, and the negation of each."""
COLUMNS = ALWAYS_THERE | MAY_BE_UNKNOWN

MAY_BE_MISSING: dict[str, tuple[frozenset[str], str]] = {
    "won_rewards": (WHOLE_NUMBERS, "CAST(0 AS BIGINT)"),
    "won_discount": (WHOLE_NUMBERS, "CAST(0 AS BIGINT)"),
    "card_issuer": (TEXTS, "CAST(NULL AS VARCHAR)"),
    "member_district": (TEXTS, "CAST(NULL AS VARCHAR)"),
    "member_age": (WHOLE_NUMBERS, "CAST(NULL AS BIGINT)"),
}
"""Columns that a file may leave out, and what stands for them then. `won_discount` is what was taken off the price before it was paid."""
COUNTED = frozenset({"won_rewards", "won_discount"})

FIRST_INSTANT, FIRST_INSTANT_AFTER = 946_684_800_000, 4_102_444_800_000
"""From 2000 to before 2100: seconds or microseconds since 1970 lie outside."""

RELATION = "payments"
"""The name under which statements read the payments, here and on Athena."""

Found = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Span:
    """How many payments there are, and the first and last instant, in milliseconds since 1970."""

    payments: int
    first: int
    last: int


def flag_column(flag: str) -> str:
    """The column of a flag, as it is written in statements."""
    return f"merchant_{flag}" if flag in FLAGS else f'"flag_{flag}"'


def open_payments(
    connection: duckdb.DuckDBPyConnection, folder: Path, flags: Collection[str] = (), found: Found = lambda _: None
) -> Span:
    """Makes the Parquet files below `folder` readable as `payments`, after checking columns and values.

    `flags` are those that policies ask for beside the usual; `found` is told of what no file has, which is then not known or zero.

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
        every = connection.read_parquet(files, union_by_name=True, hive_partitioning=False)
        every.select(", ".join(_selected(every.columns, flags, found))).create_view(RELATION)
        return _check_values(connection)
    except duckdb.Error as error:
        raise UnreadableParquet(f"A file in {folder} cannot be read as Parquet: {_first_line(error)}") from error


def _selected(columns: list[str], flags: Collection[str], found: Found) -> list[str]:
    """The columns of payments, with something in the place of those that may be missing."""
    selected = list(COLUMNS)
    for name, (_, instead) in MAY_BE_MISSING.items():
        known = name in columns
        # Files are read together: one that lacks a column of another has nothing in it.
        selected.append(
            f"COALESCE({name}, 0) AS {name}" if known and name in COUNTED else name if known else f"{instead} AS {name}"
        )
    for flag in sorted(set(flags).difference(FLAGS)):
        name = flag_column(flag)
        if name.strip('"') in columns:
            selected.append(f"COALESCE({name}, FALSE) AS {name}")
        else:
            found(f"Payments have no column {name}: no shop is taken to carry the flag {flag}.")
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
    """One pass over the columns that every payment has."""
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
    """Raises `RepeatedPayment` where two payments of a member cannot be told apart in their order.

    It groups all payments, so it is a check of its own, not made before every replay.
    """
    repeated = connection.execute(
        f"SELECT member, payment FROM {RELATION} GROUP BY member, accepted_at, payment HAVING COUNT(*) > 1 LIMIT 1"
    ).fetchall()
    for member, payment in repeated:
        raise RepeatedPayment(f"Payment {payment} of member {member} is there more than once.")
