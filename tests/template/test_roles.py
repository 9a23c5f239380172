"""What a role may do: exact actions on exact resources, and money only inside a transaction."""

import re
from typing import Any

import pytest

from eeum.passes.store import PASS
from tests.template.template import (
    ROLE,
    TABLE,
    actions,
    events,
    functions,
    http_functions,
    listed,
    named_in,
    resources,
    role_of,
    routes,
    statements,
    template,
)

WRITES = {"dynamodb:PutItem", "dynamodb:UpdateItem"}
PAGES_OF_BALANCES = {
    "Effect": "Allow",
    "Action": "dynamodb:PutItem",
    "Resource": {"Fn::GetAtt": ["BalancesTable", "Arn"]},
    "Condition": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["PAGE#*"]}},
}
every_role = pytest.mark.parametrize("role", sorted(resources(ROLE)))


def every_statement() -> list[tuple[str, dict[str, Any]]]:
    return [(name, statement) for name, role in resources(ROLE).items() for statement in statements(role)]


@every_role
def test_it_is_written_by_hand(role: str) -> None:
    """But for what Lambda needs to write a trace, where a city asks for traces: `test_functions.py` reads that."""
    assert set(resources(ROLE)[role]) - {"ManagedPolicyArns"} == {"AssumeRolePolicyDocument", "Policies"}
    assert not [
        name
        for name, resource in template()["Resources"].items()
        if resource["Type"] in {"AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy"}
    ]


@every_role
def test_it_is_given_to_one_service(role: str) -> None:
    (trust,) = resources(ROLE)[role]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Action"] == "sts:AssumeRole"
    (service,) = trust["Principal"].values()
    assert service in {f"{name}.amazonaws.com" for name in ("apigateway", "lambda", "scheduler", "states")}
    # These two services work for every account; they may act only for this one.
    if service in {"scheduler.amazonaws.com", "states.amazonaws.com"}:
        assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


@pytest.mark.parametrize(("role", "statement"), every_statement())
def test_a_statement_allows_named_actions_on_named_resources(role: str, statement: dict[str, Any]) -> None:
    assert set(statement) <= {"Effect", "Action", "Resource", "Condition"}
    assert statement["Effect"] == "Allow"
    assert not [action for action in actions(statement) if "*" in action]
    if role == "SegmentsRole" and actions(statement)[0].startswith("states:"):
        return  # see below
    for resource in listed(statement["Resource"]):
        assert isinstance(resource, dict), f"{role} names {resource} instead of a resource of the template"
        # A bucket has many objects; the statement must name one folder of it.
        of_bucket = re.fullmatch(r"\$\{\w+Bucket\.Arn\}/[a-z]+/\*", str(resource.get("Fn::Sub")))
        assert of_bucket or "*" not in str(resource)
        assert named_in(resource) <= set(template()["Resources"])


def test_the_machine_may_start_and_look_after_its_own_executions_and_no_other_s() -> None:
    """By name, since a machine's role cannot refer to the machine. A distributed map starts executions of its own machine."""
    assert resources("AWS::StepFunctions::StateMachine")["SegmentsMachine"]["StateMachineName"] == {
        "Fn::Sub": "${AWS::StackName}-segments"
    }
    of_account = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}"
    allowed = {
        action: statement["Resource"]["Fn::Sub"]
        for statement in statements(resources(ROLE)["SegmentsRole"])
        for action in actions(statement)
        if action.startswith("states:")
    }
    executions = f"{of_account}:execution:${{AWS::StackName}}-segments/*"
    assert allowed == {
        "states:StartExecution": f"{of_account}:stateMachine:${{AWS::StackName}}-segments",
        "states:DescribeExecution": executions,
        "states:StopExecution": executions,
    }


def test_only_work_over_all_members_may_scan_and_the_audit_alone_the_whole_ledger() -> None:
    scanning = {
        (role, next(iter(resource.values()))[0] if "Fn::GetAtt" in resource else resource["Fn::Sub"])
        for role, statement in every_statement()
        if "dynamodb:Scan" in actions(statement)
        for resource in listed(statement["Resource"])
    }
    wallets = "${LedgerTable.Arn}/index/by_opening"
    assert scanning == {
        ("CashbackCatchUpRole", wallets),
        ("MonthClosingRole", wallets),
        ("LedgerAuditRole", "LedgerTable"),
    }


@pytest.mark.parametrize("role", ["LedgerAuditRole", "AuditConclusionRole"])
def test_an_audit_writes_to_no_table_and_takes_no_record_away(role: str) -> None:
    allowed = {action for statement in statements(resources(ROLE)[role]) for action in actions(statement)}
    assert allowed - {"logs:CreateLogStream", "logs:PutLogEvents"} <= {
        "dynamodb:BatchGetItem",
        "dynamodb:Query",
        "dynamodb:Scan",
        "s3:ListBucketVersions",
        "s3:GetObjectVersion",
        "s3:GetObject",
        "s3:PutObject",
    }


def test_each_publisher_puts_events_of_its_own_parts_on_the_bus() -> None:
    """A consumer can believe the source of an event."""
    allowed = {
        role: statement["Condition"]["StringEquals"]["events:source"]
        for role, statement in every_statement()
        if "events:PutEvents" in actions(statement)
    }
    assert allowed == {
        "CashbackCalculationRole": ["eeum.ledger", "eeum.wallets"],
        "EventPublisherRole": ["eeum.merchants", "eeum.programme", "eeum.budgets"],
        "BudgetWatchRole": "eeum.budgets",
    }


def test_the_publisher_reads_streams_and_no_table() -> None:
    allowed = {action for statement in statements(role_of("EventPublisherFunction")) for action in actions(statement)}
    assert {action for action in allowed if action.startswith("dynamodb:")} == {
        "dynamodb:DescribeStream",
        "dynamodb:GetRecords",
        "dynamodb:GetShardIterator",
        "dynamodb:ListStreams",
    }


def test_no_role_may_delete() -> None:
    forbidden = {"dynamodb:DeleteItem", "dynamodb:BatchWriteItem"}
    assert not [(role, statement) for role, statement in every_statement() if forbidden & set(actions(statement))]
    assert not [(role, statement) for role, statement in every_statement() if "PartiQL" in str(actions(statement))]


@pytest.mark.parametrize("table", sorted(resources(TABLE)))
def test_a_table_is_written_only_inside_transactions(table: str) -> None:
    writing = [
        statement
        for _, statement in every_statement()
        if table in named_in(statement["Resource"])
        and WRITES & set(actions(statement))
        and statement != PAGES_OF_BALANCES
    ]
    assert writing
    for statement in writing:
        assert set(actions(statement)) <= WRITES
        enclosed, *limited = statement["Condition"].items()
        assert enclosed == ("StringEquals", {"dynamodb:EnclosingOperation": "TransactWriteItems"})
        assert all(list(limit) == ["dynamodb:LeadingKeys"] for _, limit in limited)


@pytest.mark.parametrize(("role", "name"), [("CashbackCatchUpRole", "catch_up"), ("MonthClosingRole", "month_closing")])
def test_a_pass_may_write_its_positions_and_nothing_else_of_the_programme(role: str, name: str) -> None:
    own = [
        statement
        for statement in statements(resources(ROLE)[role])
        if "ProgrammeTable" in named_in(statement["Resource"]) and statement["Action"] != "dynamodb:Query"
    ]
    assert [statement["Action"] for statement in own] == ["dynamodb:BatchGetItem", "dynamodb:PutItem"]
    of_its_passes = {"dynamodb:LeadingKeys": [{"Fn::Sub": f"{PASS}${{Programme}}#{name}"}]}
    assert all(statement["Condition"]["ForAllValues:StringEquals"] == of_its_passes for statement in own)


def test_pages_of_balances_alone_are_written_past_a_transaction_and_by_their_fold() -> None:
    """A page stores the round up to which it is folded, so its own condition is the claim, at half the write units."""
    assert [role for role, statement in every_statement() if statement == PAGES_OF_BALANCES] == ["BalanceFoldRole"]


@pytest.mark.parametrize(
    ("function", "reads"),
    [
        ("CashbackQuoteFunction", {"dynamodb:BatchGetItem", "dynamodb:Query"}),
        ("BalanceQueryFunction", {"dynamodb:BatchGetItem"}),
        ("ProgrammeQueryFunction", {"dynamodb:BatchGetItem", "dynamodb:Query"}),
    ],
)
def test_a_function_that_only_answers_can_only_read(function: str, reads: set[str]) -> None:
    allowed = {action for statement in statements(role_of(function)) for action in actions(statement)}
    assert {action for action in allowed if not action.startswith("logs:")} == reads


PUBLIC = sorted(
    name for name in http_functions() if any(route.authorizer is None for route in routes() if route.function == name)
)


def test_the_public_routes_are_in_functions_that_are_known() -> None:
    assert PUBLIC == ["ProgrammeQueryFunction"]


@pytest.mark.parametrize("function", PUBLIC)
def test_a_function_with_a_public_route_reads_and_does_nothing_else(function: str) -> None:
    """None of its routes may be an operator's: a fault in a public route would give access to the operator's role."""
    its_own = [route for route in routes() if route.function == function]
    assert {(route.method, route.authorizer) for route in its_own} == {("GET", None)}
    allowed = {action for statement in statements(role_of(function)) for action in actions(statement)}
    assert allowed <= {"logs:CreateLogStream", "logs:PutLogEvents", "dynamodb:BatchGetItem", "dynamodb:Query"}


def test_a_table_is_written_by_those_whose_part_it_is() -> None:
    def writers(table: str) -> set[str]:
        return {
            role
            for role, statement in every_statement()
            if table in named_in(statement["Resource"]) and WRITES & set(actions(statement))
        }

    assert writers("MerchantsTable") == {"MerchantOnboardingRole"}
    assert writers("ProgrammeTable") == {
        # Positions of their passes alone.
        "CashbackCatchUpRole",
        "MonthClosingRole",
        "MonthlyCapResetRole",
        "MonthFreezingRole",
        "ProgrammePolicyRole",
        "PolicySimulationRole",
        "PolicySimulationWorkerRole",
    }
    assert writers("BalancesTable") == {"BalanceProjectionRole", "BalanceFoldRole"}
    assert writers("BudgetsTable") == {
        "BudgetAdministrationRole",
        "BudgetWatchRole",
        "CashbackCalculationRole",
        "CashbackCatchUpRole",
        "CashbackSlowRole",
        "MemberWalletRole",
        "MonthClosingRole",
        "PaymentAuthorisationRole",
    }
    assert writers("LedgerTable") == {
        "PaymentAuthorisationRole",
        "HoldExpiryRole",
        "CashbackCalculationRole",
        "CashbackCatchUpRole",
        "CashbackSlowRole",
        "MemberWalletRole",
        "MonthClosingRole",
    }


def of_published(names: list[str]) -> list[dict[str, str]]:
    return [{"Fn::Sub": f"${{{name}.Arn}}:live"} for name in names]


def test_the_scheduler_may_start_what_has_a_schedule_and_keep_what_it_could_not_start() -> None:
    allowed = {str(each["Action"]): each["Resource"] for each in statements(resources(ROLE)["ScheduleRole"])}
    scheduled = [name for name in functions() if events(name, "ScheduleV2")]
    queues = {
        name
        for function in scheduled
        for event in events(function, "ScheduleV2").values()
        for name in named_in(event["DeadLetterConfig"])
    }
    assert allowed.pop("lambda:InvokeFunction") == of_published(scheduled)
    assert allowed.pop("states:StartExecution") == {"Ref": "SegmentsMachine"}
    assert named_in(allowed.pop("sqs:SendMessage")) == queues
    assert not allowed


def test_the_api_may_call_the_functions_with_routes_and_nothing_else() -> None:
    (statement,) = statements(resources(ROLE)["ApiRole"])
    assert statement["Action"] == "lambda:InvokeFunction"
    assert sorted(statement["Resource"], key=str) == sorted(of_published(http_functions()), key=str)
