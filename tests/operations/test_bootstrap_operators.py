"""The first two operators of a stage, in a pool of moto's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from operations.bootstrap_operators import GROUP, bootstrap
from operations.failure import OperationFailed

FIRST, SECOND, THIRD = "first@city.kr", "second@city.kr", "third@city.kr"


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Any, str]]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        client = boto3.client("cognito-idp", region_name="ap-northeast-2")
        made = client.create_user_pool(PoolName="staff", UsernameAttributes=["email"])["UserPool"]["Id"]
        client.create_group(UserPoolId=made, GroupName=GROUP)
        yield client, made


def operators(client: Any, pool: str) -> set[str]:
    users = client.list_users_in_group(UserPoolId=pool, GroupName=GROUP)["Users"]
    return {each["Value"] for user in users for each in user["Attributes"] if each["Name"] == "email"}


def test_both_are_operators_whose_address_is_verified_and_choose_a_password(pool: tuple[Any, str]) -> None:
    client, made = pool
    assert bootstrap(client, made, [FIRST, SECOND.upper()]) == [FIRST, SECOND]
    assert operators(client, made) == {FIRST, SECOND}
    user = client.admin_get_user(UserPoolId=made, Username=FIRST)
    assert user["UserStatus"] == "FORCE_CHANGE_PASSWORD"
    assert {"Name": "email_verified", "Value": "true"} in user["UserAttributes"]


def test_it_may_be_repeated_and_continues_where_it_was_interrupted(pool: tuple[Any, str]) -> None:
    client, made = pool
    client.admin_create_user(UserPoolId=made, Username=FIRST, UserAttributes=[{"Name": "email", "Value": FIRST}])
    assert bootstrap(client, made, [FIRST, SECOND]) == [FIRST, SECOND]
    assert bootstrap(client, made, [SECOND, FIRST]) == []
    assert operators(client, made) == {FIRST, SECOND}


def test_a_stage_with_other_operators_gets_none(pool: tuple[Any, str]) -> None:
    client, made = pool
    bootstrap(client, made, [FIRST, SECOND])
    with pytest.raises(
        OperationFailed,
        match=r"^the stage has 2 operators already, others than these: this command makes the first two\.$",
    ):
        bootstrap(client, made, [FIRST, THIRD])
    assert operators(client, made) == {FIRST, SECOND}


@pytest.mark.parametrize(
    "emails",
    [[], [FIRST], [FIRST, FIRST.upper()], [FIRST, SECOND, THIRD], [FIRST, "second"], [FIRST, "b@city.example"]],
)
def test_anything_but_two_addresses_is_refused_and_nothing_is_made(pool: tuple[Any, str], emails: list[str]) -> None:
    client, made = pool
    with pytest.raises(OperationFailed):
        bootstrap(client, made, emails)
    assert client.list_users(UserPoolId=made)["Users"] == []
