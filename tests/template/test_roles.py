"""What a role may do: exact actions on exact resources, and money only inside a transaction."""

from typing import Any

import pytest

from tests.template.template import ROLE, TABLE, actions, listed, named_in, resources, role_of, statements, template

WRITES = {"dynamodb:PutItem", "dynamodb:UpdateItem"}
every_role = pytest.mark.parametrize("role", sorted(resources(ROLE)))


def every_statement() -> list[tuple[str, dict[str, Any]]]:
    return [(name, statement) for name, role in resources(ROLE).items() for statement in statements(role)]


@every_role
def test_it_is_written_by_hand(role: str) -> None:
    assert set(resources(ROLE)[role]) == {"AssumeRolePolicyDocument", "Policies"}
    assert not [
        name
        for name, resource in template()["Resources"].items()
        if resource["Type"] in {"AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy"}
    ]


@every_role
def test_it_is_given_to_one_service(role: str) -> None:
    (trust,) = resources(ROLE)[role]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Action"] == "sts:AssumeRole"
    assert trust["Principal"] in ({"Service": "lambda.amazonaws.com"}, {"Service": "scheduler.amazonaws.com"})


@pytest.mark.parametrize(("role", "statement"), every_statement())
def test_a_statement_allows_named_actions_on_named_resources(role: str, statement: dict[str, Any]) -> None:
    assert set(statement) <= {"Effect", "Action", "Resource", "Condition"}
    assert statement["Effect"] == "Allow"
    assert not [action for action in actions(statement) if "*" in action]
    for resource in listed(statement["Resource"]):
        assert isinstance(resource, dict), f"{role} names {resource} instead of a resource of the template"
        assert "*" not in str(resource)
        assert named_in(resource) <= set(template()["Resources"])


def test_nobody_may_scan_or_delete() -> None:
    forbidden = {"dynamodb:Scan", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem"}
    assert not [(role, statement) for role, statement in every_statement() if forbidden & set(actions(statement))]
    assert not [(role, statement) for role, statement in every_statement() if "PartiQL" in str(actions(statement))]


@pytest.mark.parametrize("table", sorted(resources(TABLE)))
def test_a_table_is_written_only_inside_transactions(table: str) -> None:
    writing = [
        statement
        for _, statement in every_statement()
        if table in named_in(statement["Resource"]) and WRITES & set(actions(statement))
    ]
    assert writing
    for statement in writing:
        assert set(actions(statement)) <= WRITES
        assert statement["Condition"] == {"StringEquals": {"dynamodb:EnclosingOperation": "TransactWriteItems"}}


def test_a_quote_can_only_read() -> None:
    allowed = {action for statement in statements(role_of("CashbackQuoteFunction")) for action in actions(statement)}
    assert {action for action in allowed if not action.startswith("logs:")} == {
        "dynamodb:BatchGetItem",
        "dynamodb:Query",
    }


def test_merchants_are_changed_by_onboarding_alone_and_the_programme_by_its_two_functions() -> None:
    def writers(table: str) -> set[str]:
        return {
            role
            for role, statement in every_statement()
            if table in named_in(statement["Resource"]) and WRITES & set(actions(statement))
        }

    assert writers("MerchantsTable") == {"MerchantOnboardingRole"}
    assert writers("ProgrammeTable") == {"MonthlyCapResetRole", "ProgrammePolicyRole"}
    assert writers("LedgerTable") == {"PaymentAuthorisationRole", "CashbackCalculationRole", "MemberWalletRole"}


def test_the_scheduler_may_start_the_published_reset_and_nothing_else() -> None:
    role = resources(ROLE)["MonthlyScheduleRole"]
    starting = [statement for statement in statements(role) if "lambda:InvokeFunction" in actions(statement)]
    assert [statement["Resource"] for statement in starting] == [{"Fn::Sub": "${MonthlyCapResetFunction.Arn}:live"}]
