"""Payments are stored in the bucket under their source and month, once, and never replaced."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from operations import publish_payments as command
from operations.failure import OperationFailed
from operations.publish_payments import publish


class Bucket:
    """The S3 operations that the command uses; `room` is the number of uploads that succeed."""

    def __init__(self) -> None:
        self.objects: dict[str, tuple[bytes, dict[str, str]]] = {}
        self.room = 100

    def get_paginator(self, _: str) -> Any:
        return self

    def paginate(self, **named: str) -> list[dict[str, Any]]:
        assert named["Bucket"] == "simulations"
        return [{"Contents": [{"Key": key}]} for key in self.objects if key.startswith(named["Prefix"])] or [{}]

    def put_object(self, **named: Any) -> None:
        if not self.room:
            raise OSError("broken off")
        self.room -= 1
        self.objects[named["Key"]] = named["Body"].read(), named["Metadata"]

    def head_object(self, **named: str) -> dict[str, Any]:
        return {"Metadata": self.objects[named["Key"]][1]}


@pytest.fixture
def bucket() -> Bucket:
    return Bucket()


@pytest.fixture
def stack(bucket: Bucket) -> Any:
    return SimpleNamespace(client=lambda _: bucket, resources={"SimulationsBucket": "simulations"})


def months(folder: Path, *names: str, contents: bytes = b"payments") -> Path:
    for name in names:
        (folder / f"month={name}").mkdir(parents=True, exist_ok=True)
        (folder / f"month={name}" / "payments.parquet").write_bytes(contents)
    return folder


def test_each_month_is_put_where_simulations_look(tmp_path: Path, stack: Any, bucket: Bucket) -> None:
    assert publish(stack, months(tmp_path, "2020-02", "2020-01"), "city") == ["2020-01", "2020-02"]
    assert {key: body for key, (body, _) in bucket.objects.items()} == {
        "payments/city/month=2020-01/payments.parquet": b"payments",
        "payments/city/month=2020-02/payments.parquet": b"payments",
    }


def test_what_broke_off_goes_on_and_months_come_to_it(tmp_path: Path, stack: Any, bucket: Bucket) -> None:
    bucket.room = 1
    with pytest.raises(OSError, match="broken off"):
        publish(stack, months(tmp_path, "2020-01", "2020-02"), "city")
    bucket.room = 2
    publish(stack, months(tmp_path, "2020-03"), "city")
    assert len(bucket.objects) == 3


@pytest.mark.parametrize("second", ["payments.parquet", "others.parquet"])
def test_what_is_published_is_never_replaced(tmp_path: Path, stack: Any, bucket: Bucket, second: str) -> None:
    publish(stack, months(tmp_path / "one", "2020-01"), "city")
    before = dict(bucket.objects)
    other = months(tmp_path / "two", "2020-01", "2020-02", contents=b"others")
    (other / "month=2020-01" / "payments.parquet").rename(other / "month=2020-01" / second)
    with pytest.raises(OperationFailed, match="give another source"):
        publish(stack, other, "city")
    assert bucket.objects == before
    publish(stack, other, "another")


@pytest.mark.parametrize(
    "place", ["payments.parquet", "2020-01/a.parquet", "month=2020-13/a.parquet", "x/month=2020-01/a.parquet"]
)
def test_files_outside_of_months(tmp_path: Path, stack: Any, bucket: Bucket, place: str) -> None:
    months(tmp_path, "2020-01")
    (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / place).write_bytes(b"payments")
    with pytest.raises(OperationFailed, match="in no folder of a month"):
        publish(stack, tmp_path, "city")
    assert not bucket.objects


@pytest.mark.parametrize("source", ["", "../city", "City", "a" * 41, "city/month=2020-01"])
def test_names_that_are_no_source(tmp_path: Path, stack: Any, source: str) -> None:
    with pytest.raises(OperationFailed, match="is invalid"):
        publish(stack, months(tmp_path, "2020-01"), source)


def test_the_command_says_what_it_did(
    tmp_path: Path, stack: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "stack_of", lambda _: stack)
    monkeypatch.setattr(sys, "argv", ["publish", str(months(tmp_path / "city", "2020-01", "2020-02"))])
    assert command.main() == 0
    assert "2020-01 to 2020-02 are published as city, 2 months" in capsys.readouterr().out
    monkeypatch.setattr(sys, "argv", ["publish", str(tmp_path / "nothing")])
    assert command.main() == 2
    assert "There is no Parquet file" in capsys.readouterr().err
