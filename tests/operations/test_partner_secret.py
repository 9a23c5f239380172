"""Secrets of partners: fetched into a file of one's own, and replaced without a moment in which none is valid.

AWS's own description of each call checks what is sent and answered.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from operations.failure import OperationFailed
from operations.partner_secret import run

NAMES = {"UserPoolId": "region_pool", "ClientId": "bankclient"}
OLD = {"ClientSecretId": "bankclient--1", "ClientSecretCreateDate": datetime(2026, 1, 1, tzinfo=UTC)}
FIRST, SECOND = "first" * 6, "second" * 6
NEW = {"ClientSecretId": "bankclient--2", "ClientSecretCreateDate": datetime(2026, 12, 1, tzinfo=UTC)}


@pytest.fixture
def pools() -> Iterator[tuple[Any, Stubber]]:
    client = boto3.client("cognito-idp", "ap-northeast-2", aws_access_key_id="test", aws_secret_access_key="test")
    with Stubber(client) as stubber:
        yield client, stubber
        stubber.assert_no_pending_responses()


def stack(client: Any) -> Any:
    resources = {"ResidentPool": NAMES["UserPoolId"], "BankClient": NAMES["ClientId"]}
    return SimpleNamespace(resources=resources, client=lambda _: client)


def has(stubber: Stubber, *secrets: dict[str, Any]) -> None:
    stubber.add_response("list_user_pool_client_secrets", {"ClientSecrets": list(secrets)}, NAMES)


def test_a_secret_is_fetched_into_a_file_of_its_owner(pools: tuple[Any, Stubber], tmp_path: Path) -> None:
    client, stubber = pools
    has(stubber, OLD)
    stubber.add_response("describe_user_pool_client", {"UserPoolClient": {"ClientSecret": FIRST}}, NAMES)

    said = run(stack(client), "bank", "fetch", tmp_path / "bank.json")

    written = json.loads((tmp_path / "bank.json").read_text())
    assert written == {"client_id": "bankclient", "client_secret": FIRST, "scope": "eeum/top_ups"}
    assert (tmp_path / "bank.json").stat().st_mode & 0o777 == 0o600
    assert FIRST not in said


def test_a_replacement_begins_with_a_second_secret(pools: tuple[Any, Stubber], tmp_path: Path) -> None:
    client, stubber = pools
    has(stubber, OLD)
    added = {"ClientSecretDescriptor": NEW | {"ClientSecretValue": SECOND}}
    stubber.add_response("add_user_pool_client_secret", added, NAMES)

    run(stack(client), "bank", "begin", tmp_path / "bank.json")

    assert json.loads((tmp_path / "bank.json").read_text())["client_secret"] == SECOND


@pytest.mark.parametrize("listed", [(OLD, NEW), (NEW, OLD)])
def test_it_ends_without_the_older_one(pools: tuple[Any, Stubber], listed: tuple[dict[str, Any], ...]) -> None:
    client, stubber = pools
    has(stubber, *listed)
    stubber.add_response("delete_user_pool_client_secret", {}, NAMES | {"ClientSecretId": "bankclient--1"})

    assert "deleted" in run(stack(client), "bank", "finish", None)


def test_the_last_secret_is_not_deleted(pools: tuple[Any, Stubber]) -> None:
    client, stubber = pools
    has(stubber, OLD)

    with pytest.raises(OperationFailed, match="one secret only"):
        run(stack(client), "bank", "finish", None)


@pytest.mark.parametrize("step", ["fetch", "begin"])
def test_nothing_is_given_out_while_two_are_valid(pools: tuple[Any, Stubber], tmp_path: Path, step: str) -> None:
    client, stubber = pools
    has(stubber, OLD, NEW)

    with pytest.raises(OperationFailed, match="finish"):
        run(stack(client), "bank", step, tmp_path / "bank.json")
    assert not (tmp_path / "bank.json").exists()


@pytest.mark.parametrize("step", ["fetch", "begin"])
def test_no_secret_is_drawn_without_a_new_file_for_it(pools: tuple[Any, Stubber], tmp_path: Path, step: str) -> None:
    client, _ = pools
    (tmp_path / "there.json").write_text("something else")

    for file in (None, tmp_path / "there.json", tmp_path / "no folder" / "bank.json"):
        with pytest.raises(OperationFailed):
            run(stack(client), "bank", step, file)
    assert (tmp_path / "there.json").read_text() == "something else"
