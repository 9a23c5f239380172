"""Identity is enforced: every function runs under its own role, and that role allows what the function does and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local import places
from local.city import City
from tests.e2e.members import Member
from tests.e2e.waiting import wait_for

KEY = {"pk": {"S": "ROLE#test"}, "sk": {"S": "ROLE#test"}}
LEDGER, MERCHANTS, PROGRAMME, BALANCES = "LedgerTable", "MerchantsTable", "ProgrammeTable", "BalancesTable"
READ, WRITE = "BatchGetItem", "Put"

#: What each role may do to each table: read an item, query, write; every other call must fail.
MAY: dict[str, set[tuple[str, str]]] = {
    "PaymentAuthorisationRole": {
        (READ, LEDGER),
        ("Query", LEDGER),
        (WRITE, LEDGER),
        (READ, MERCHANTS),
        ("Query", PROGRAMME),
    },
    "CashbackCalculationRole": {(READ, LEDGER), ("Query", LEDGER), (WRITE, LEDGER), ("Query", PROGRAMME)},
    "CashbackQuoteRole": {(READ, LEDGER), (READ, MERCHANTS), ("Query", PROGRAMME)},
    # The emulator checks neither the index that a role may scan nor the partitions of its passes; a test of the template does.
    "CashbackCatchUpRole": {
        (READ, LEDGER),
        ("Query", LEDGER),
        (WRITE, LEDGER),
        (READ, PROGRAMME),
        ("Query", PROGRAMME),
        (WRITE, PROGRAMME),
    },
    "BalanceProjectionRole": {(READ, BALANCES), (WRITE, BALANCES)},
    # The emulator does not check the partition keys that a policy allows; a test of the template does.
    "BalanceFoldRole": {(READ, BALANCES), ("Query", BALANCES), (WRITE, BALANCES)},
    "BalanceQueryRole": {(READ, BALANCES), (READ, MERCHANTS)},
    "HoldExpiryRole": {(READ, LEDGER), (WRITE, LEDGER)},
    # The emulator checks neither the index that a role may scan nor the partitions of its passes; a test of the template does.
    "MonthClosingRole": {
        (READ, LEDGER),
        ("Query", LEDGER),
        (WRITE, LEDGER),
        (READ, PROGRAMME),
        ("Query", PROGRAMME),
        (WRITE, PROGRAMME),
    },
    "LedgerAuditRole": {
        (READ, LEDGER),
        ("Query", LEDGER),
        ("Scan", LEDGER),
        ("Query", PROGRAMME),
        (READ, BALANCES),
        ("Query", BALANCES),
    },
    "AuditConclusionRole": {(READ, BALANCES), ("Query", BALANCES)},
    "MonthFreezingRole": {(READ, PROGRAMME), (WRITE, PROGRAMME)},
    "MemberWalletRole": {
        (READ, LEDGER),
        ("Query", LEDGER),
        (WRITE, LEDGER),
        (READ, MERCHANTS),
        ("Query", PROGRAMME),
    },
    "MerchantOnboardingRole": {(READ, MERCHANTS), (WRITE, MERCHANTS), ("Query", PROGRAMME)},
    "MonthlyCapResetRole": {("Query", PROGRAMME), (WRITE, PROGRAMME)},
    # It works on a bucket.
    "StatisticsDisclosureRole": set(),
    "ProgrammeQueryRole": {(READ, PROGRAMME), ("Query", PROGRAMME)},
    "BudgetAdministrationRole": {(READ, PROGRAMME), ("Query", PROGRAMME)},
    "PublicPageRole": {("Query", PROGRAMME)},
    "ProgrammePolicyRole": {(READ, PROGRAMME), ("Query", PROGRAMME), (WRITE, PROGRAMME)},
}
#: Actions that no role has, such as deletion. Scans are allowed only to functions that work over all members.
NO_ROLE_MAY = ("DeleteItem", "DeleteTable")


def calls(tables: Any, table: str) -> dict[str, Callable[[], Any]]:
    """One call of each kind to a table; conditions that never hold keep the writes from leaving a trace."""
    never = "attribute_exists(pk) AND attribute_not_exists(pk)"
    write = {"TableName": table, "Item": KEY, "ConditionExpression": never}
    return {
        READ: lambda: tables.batch_get_item(RequestItems={table: {"Keys": [KEY]}}),
        "Query": lambda: tables.query(
            TableName=table, KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": KEY["pk"]}
        ),
        WRITE: lambda: tables.transact_write_items(TransactItems=[{"Put": write}]),
        "Scan": lambda: tables.scan(TableName=table),
        "DeleteItem": lambda: tables.delete_item(TableName=table, Key=KEY),
        "DeleteTable": lambda: tables.delete_table(TableName=table),
    }


def is_allowed(call: Callable[[], Any]) -> bool:
    """Whether IAM allows the call, whatever its result."""
    try:
        call()
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code not in {"AccessDeniedException", "TransactionCanceledException"}:
            raise
        return bool(code != "AccessDeniedException")
    return True


@contextmanager
def acting_as(city: City, role: str) -> Iterator[Any]:
    """A DynamoDB client with this role; the emulator lets its administrator assume any role."""
    described = city.emulator.client("iam").get_role(RoleName=city.stack.resources[role])["Role"]
    assumed = city.emulator.client("sts").assume_role(RoleArn=described["Arn"], RoleSessionName="test-of-roles")
    lent = assumed["Credentials"]
    session = boto3.session.Session(
        lent["AccessKeyId"], lent["SecretAccessKey"], lent["SessionToken"], region_name=places.REGION
    )
    tables = session.client("dynamodb", endpoint_url=city.emulator.endpoint)
    try:
        yield tables
    finally:
        tables.close()


def test_every_function_runs_as_its_own_role(city: City) -> None:
    functions, resources = city.emulator.client("lambda"), city.stack.resources
    roles = {
        role: functions.get_function_configuration(FunctionName=resources[f"{role.removesuffix('Role')}Function"])[
            "Role"
        ]
        for role in MAY
    }

    assert {role: arn.rsplit("/", 1)[1] for role, arn in roles.items()} == {role: resources[role] for role in MAY}


@pytest.mark.parametrize("role", MAY)
def test_a_role_allows_what_its_function_does_and_nothing_else(city: City, role: str) -> None:
    with acting_as(city, role) as tables:
        allowed = {
            (name, table)
            for table in (LEDGER, MERCHANTS, PROGRAMME, BALANCES)
            for name, call in calls(tables, city.stack.resources[table]).items()
            if is_allowed(call)
        }

    assert allowed == MAY[role]


def test_no_role_may_delete(city: City) -> None:
    assert not {name for may in MAY.values() for name, _ in may} & set(NO_ROLE_MAY)


def test_a_route_fails_without_one_action_of_its_role_and_works_with_it_again(
    city: City, new_member: Callable[..., Member], shops: dict[str, str]
) -> None:
    member = new_member(charged=30_000)
    quote = {"merchant_id": next(iter(shops.values())), "amount": 10_000}

    def status() -> int:
        return member.api.request("POST", f"/wallets/{member.wallet}/cashback_quotes", quote).status_code

    assert status() == 200
    with without(city, "CashbackQuoteRole", "dynamodb:BatchGetItem"):
        # As after any crash of a function: the answer gives no reason.
        assert wait_for(status, lambda seen: seen != 200, "the refusal") in {500, 502}
    wait_for(status, lambda seen: seen == 200, "the quote")


@contextmanager
def without(city: City, role: str, action: str) -> Iterator[None]:
    """The role without any statement for this action."""
    identities, name = city.emulator.client("iam"), city.stack.resources[role]
    (policy,) = identities.list_role_policies(RoleName=name)["PolicyNames"]
    document = identities.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
    kept = [statement for statement in document["Statement"] if statement["Action"] != action]
    assert len(kept) < len(document["Statement"])
    narrower = document | {"Statement": kept}
    identities.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(narrower))
    try:
        yield
    finally:
        identities.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(document))
