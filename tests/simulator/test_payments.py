"""Invalid payments are refused, and the error names the fault."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as arrow
import pytest
from pyarrow import parquet

from simulator import errors
from simulator.payments import check_order, open_payments
from simulator.replay import connect
from tests.simulator.cities import START, payments_table


def written(folder: Path, table: arrow.Table) -> Path:
    parquet.write_table(table, folder / "payments.parquet")
    return folder


def with_column(name: str, values: list[Any], kind: Any) -> arrow.Table:
    table = payments_table([{}])
    return table.set_column(table.schema.names.index(name), name, arrow.array(values, kind))


def test_payments_are_counted_with_their_first_and_last_instant(tmp_path: Path) -> None:
    made = payments_table([{"accepted_at": START + 5}, {"accepted_at": START}])
    span = open_payments(connect(1), written(tmp_path, made))
    assert (span.payments, span.first, span.last) == (2, START, START + 5)


def test_a_folder_without_files(tmp_path: Path) -> None:
    with pytest.raises(errors.NoPayments):
        open_payments(connect(1), tmp_path)


def test_files_without_payments(tmp_path: Path) -> None:
    with pytest.raises(errors.NoPayments):
        open_payments(connect(1), written(tmp_path, payments_table([])))


def test_a_file_that_is_not_parquet(tmp_path: Path) -> None:
    (tmp_path / "payments.parquet").write_text("payment,member\n1,2\n")
    with pytest.raises(errors.UnreadableParquet):
        open_payments(connect(1), tmp_path)


def test_a_file_that_was_cut_short(tmp_path: Path) -> None:
    path = written(tmp_path, payments_table([{}] * 100)) / "payments.parquet"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(errors.UnreadableParquet):
        open_payments(connect(1), tmp_path)


def test_every_file_is_looked_at(tmp_path: Path) -> None:
    written(tmp_path, payments_table([{}]))
    parquet.write_table(payments_table([{}]).drop_columns(["won_grants"]), tmp_path / "second.parquet")
    with pytest.raises(errors.MissingColumn, match=r"second\.parquet has no column won_grants"):
        open_payments(connect(1), tmp_path)


def test_fractions_in_a_later_file(tmp_path: Path) -> None:
    written(tmp_path, payments_table([{}]))
    parquet.write_table(with_column("won_charged", [100.5], arrow.float64()), tmp_path / "second.parquet")
    with pytest.raises(errors.NotWholeWon, match=r"second\.parquet"):
        open_payments(connect(1), tmp_path)


@pytest.mark.parametrize("instant", [START // 1000, START * 1000, -1])
def test_instants_that_are_no_milliseconds(tmp_path: Path, instant: int) -> None:
    with pytest.raises(errors.InstantOutOfRange):
        open_payments(connect(1), written(tmp_path, payments_table([{"accepted_at": instant}])))


@pytest.mark.parametrize("name", ["payment", "won_charged", "merchant_partner", "method"])
def test_a_missing_column(tmp_path: Path, name: str) -> None:
    with pytest.raises(errors.MissingColumn, match=name):
        open_payments(connect(1), written(tmp_path, payments_table([{}]).drop_columns([name])))


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("accepted_at", 1, arrow.timestamp("ms")),
        ("merchant_partner", "yes", arrow.string()),
        ("merchant_district", 3, arrow.int64()),
        ("merchant_annual_revenue", 1.5, arrow.float64()),
        ("won_charged", "10000", arrow.string()),
    ],
)
def test_a_column_of_another_type(tmp_path: Path, name: str, value: Any, kind: Any) -> None:
    with pytest.raises(errors.MistypedColumn, match=name):
        open_payments(connect(1), written(tmp_path, with_column(name, [value], kind)))


@pytest.mark.parametrize("kind", [arrow.float64(), arrow.float32(), arrow.decimal128(18, 2)])
def test_amounts_that_are_not_whole_won(tmp_path: Path, kind: Any) -> None:
    with pytest.raises(errors.NotWholeWon, match="won_charged"):
        open_payments(connect(1), written(tmp_path, with_column("won_charged", [None], kind)))


@pytest.mark.parametrize("name", ["payment", "member", "won_charged", "merchant_own_rate"])
def test_a_value_that_every_payment_has(tmp_path: Path, name: str) -> None:
    with pytest.raises(errors.MissingValue, match=name):
        open_payments(connect(1), written(tmp_path, with_column(name, [None], arrow.int64())))


@pytest.mark.parametrize(
    ("name", "value"), [("won_charged", -1), ("won_cashback", 10**12 + 1), ("merchant_own_rate", 10_001)]
)
def test_amounts_out_of_range(tmp_path: Path, name: str, value: int) -> None:
    with pytest.raises(errors.AmountOutOfRange, match=name):
        open_payments(connect(1), written(tmp_path, payments_table([{name: value}])))


def test_a_payment_that_occurs_twice(tmp_path: Path) -> None:
    connection = connect(1)
    open_payments(connection, written(tmp_path, payments_table([{"payment": 7}, {"payment": 7}])))
    with pytest.raises(errors.RepeatedPayment, match="Payment 7"):
        check_order(connection)


def test_keys_may_be_texts(tmp_path: Path) -> None:
    made = with_column("member", ["0190a5b0-aaaa"], arrow.string())
    assert open_payments(connect(1), written(tmp_path, made)).payments == 1
