"""Properties of every function of the template."""

import re

import pytest

from eeum.aws.settings import Settings
from tests.template.template import (
    ALARM,
    ROLE,
    ROOT,
    actions,
    functions,
    http_functions,
    named_in,
    resources,
    role_of,
    statements,
    template,
    translated,
)

TABLES = {
    "LEDGER_TABLE": "LedgerTable",
    "MERCHANTS_TABLE": "MerchantsTable",
    "PROGRAMME_TABLE": "ProgrammeTable",
    "BALANCES_TABLE": "BalancesTable",
    "BUDGETS_TABLE": "BudgetsTable",
}
OWN_LAYERS = {
    "PolicySimulationWorkerFunction": ["SimulationLayer"],
    "PublicPageFunction": ["SimulationLayer", "PagesLayer"],
    "StatisticsDisclosureFunction": ["OptimisationLayer"],
}
"""Layers of functions that need more than the domain and its packages."""
NUMBERS = ("CLOCK_SHIFT_SECONDS", "PASS_HOURS", "READ_UNITS_PER_SECOND")
every_function = pytest.mark.parametrize("function", sorted(functions()))


@every_function
def test_it_is_code_that_exists(function: str) -> None:
    package, module, attribute = functions()[function]["Handler"].split(".")
    source = ROOT / "functions" / package / f"{module}.py"
    assert attribute == "handler"
    assert "handler" in source.read_text()


@every_function
def test_lambda_itself_logs_only_calls_that_fail(function: str) -> None:
    """Its two lines for every call would cost as much as the call's compute: docs/cost.md."""
    deployed = translated(template())["Resources"][function]["Properties"]["LoggingConfig"]
    assert (deployed["SystemLogLevel"], deployed["LogFormat"]) == ("WARN", "JSON")
    assert "ApplicationLogLevel" not in deployed


@every_function
def test_it_logs_into_the_group_of_its_service_that_forgets(function: str) -> None:
    logging = functions()[function]["LoggingConfig"]
    group = logging["LogGroup"]["Ref"]
    service = functions()[function]["Handler"].partition(".")[0]
    assert logging["LogFormat"] == "JSON"
    assert group == f"{''.join(word.capitalize() for word in service.split('_'))}LogGroup"
    assert resources("AWS::Logs::LogGroup")[group]["RetentionInDays"] == {"Ref": "LogRetentionDays"}

    writes_to = [
        statement["Resource"]
        for statement in statements(role_of(function))
        if any(action.startswith("logs:") for action in actions(statement))
    ]
    assert writes_to == [{"Fn::GetAtt": [group, "Arn"]}]


@every_function
def test_it_has_a_role_of_its_own(function: str) -> None:
    role = functions()[function]["Role"]
    assert [other for other, each in functions().items() if each["Role"] == role] == [function]


@every_function
def test_it_is_published_with_a_digest_of_all_that_was_built(function: str) -> None:
    properties = functions()[function]
    assert properties["AutoPublishAlias"] == "live"
    assert properties["AutoPublishCodeSha256"] == "unbuilt"  # the build replaces it


@pytest.mark.parametrize("function", sorted(http_functions()))
def test_one_that_answers_people_starts_from_a_snapshot(function: str) -> None:
    assert functions()[function]["SnapStart"] == {"ApplyOn": "PublishedVersions"}


@every_function
def test_it_runs_on_what_the_layers_are_built_for(function: str) -> None:
    properties = functions()[function]
    assert properties["Runtime"] == "python3.13"
    assert properties["Architectures"] == [{"Ref": "Architecture"}]
    own = OWN_LAYERS.get(function, [])
    deployed = translated(template())["Resources"][function]["Properties"]["Layers"]
    # SAM adds a digest to the names of its layers.
    names = [re.sub("Layer.*", "Layer", layer["Ref"]) for layer in deployed]
    assert names == ["DependenciesLayer", "EeumLayer", *own]


@every_function
def test_its_environment_is_one_it_starts_with(function: str) -> None:
    variables = functions()[function]["Environment"]["Variables"]
    assert variables["CLOCK_SHIFT_SECONDS"] == {"Ref": "ClockShiftSeconds"}
    assert variables["STAGE"] == {"Ref": "Stage"}
    assert variables["PROGRAMME"] == {"Ref": "Programme"}
    assert variables["POWERTOOLS_SERVICE_NAME"]
    issuer = str(variables["OWN_ISSUER"]["Fn::If"][1]["Fn::Sub"])
    given = {name: "0" if name in NUMBERS else "given" for name in variables}
    settings = Settings.of({**given, "OWN_ISSUER": re.sub(r"\$\{(\w+)\}", r"\1", issuer)})
    assert settings.own_issuer
    assert settings.own_issuer.issuer == "ResidentIssuer"


def test_the_pace_of_work_over_all_wallets_is_chosen_by_parameters() -> None:
    variables = {name: function["Environment"]["Variables"] for name, function in functions().items()}
    paced = {name: each["READ_UNITS_PER_SECOND"] for name, each in variables.items() if "READ_UNITS_PER_SECOND" in each}
    assert set(paced) == {"CashbackCatchUpFunction", "MonthClosingFunction"}
    assert all(each == {"Ref": "ReadUnitsPerSecond"} for each in paced.values())
    # A laptop loses its stream when it stops: each catch-up there is a whole one. A text, as the emulator wants every variable.
    hours = {"Fn::If": ["IsLocal", "0", {"Ref": "CatchUpHours"}]}
    assert {name: each["PASS_HOURS"] for name, each in variables.items() if "PASS_HOURS" in each} == {
        "CashbackCatchUpFunction": hours
    }


@every_function
def test_its_variables_name_exactly_the_tables_of_its_role(function: str) -> None:
    variables = functions()[function]["Environment"]["Variables"]
    told = {variables[name]["Ref"] for name in TABLES if name in variables}
    opened = {
        name
        for statement in statements(role_of(function))
        for name in named_in(statement["Resource"])
        if name in TABLES.values() and "StreamArn" not in str(statement["Resource"])
    }
    assert told == opened


@pytest.mark.parametrize(
    ("function", "queue"),
    [
        ("CashbackCalculationFunction", "CashbackDeadLetterQueue"),
        ("CashbackSlowFunction", "CashbackDeadLetterQueue"),
        ("BalanceProjectionFunction", "BalanceProjectionDeadLetterQueue"),
        ("EventPublisherFunction", "EventPublisherDeadLetterQueue"),
    ],
)
def test_a_reader_of_the_stream_dead_letters_records_in_its_own_queue(function: str, queue: str) -> None:
    variables = functions()[function]["Environment"]["Variables"]
    assert variables["DEAD_LETTER_QUEUE_URL"] == {"Ref": queue}


WAITED_FOR = {
    "PaymentAuthorisationFunction",
    "CashbackCalculationFunction",
    "CashbackQuoteFunction",
    "MemberWalletFunction",
    "MerchantOnboardingFunction",
    "BalanceQueryFunction",
}
"""Functions that members, shops and tills wait for."""


def test_what_people_wait_for_is_deployed_gradually_and_rolled_back_by_alarms() -> None:
    gradual = {
        name: each["DeploymentPreference"] for name, each in functions().items() if "DeploymentPreference" in each
    }
    assert set(gradual) == WAITED_FOR
    for name, preference in gradual.items():
        assert preference["Type"] == "Canary10Percent5Minutes"
        alarms = [each["Ref"] for each in preference["Alarms"]]
        assert "ApiErrorsAlarm" in alarms
        own = [alarm for alarm in alarms if name in named_in(resources(ALARM)[alarm])]
        assert any(alarm.endswith("FailuresAlarm") for alarm in own), f"{name} is rolled back when it fails"


def test_the_version_before_is_kept_for_a_rollback() -> None:
    assert {each["VersionDeletionPolicy"] for each in functions().values()} == {"Retain"}
    plain = translated(template(), "prod")["Resources"].values()
    versions = [each for each in plain if each["Type"] == "AWS::Lambda::Version"]
    assert versions
    assert {each["DeletionPolicy"] for each in versions} == {"Retain"}


def test_traces_are_written_by_lambda_alone_where_a_city_asks_for_them() -> None:
    assert {str(each["Tracing"]) for each in functions().values()} == {str({"Ref": "Tracing"})}
    for name in functions():
        (condition, then, otherwise) = role_of(name)["ManagedPolicyArns"]["Fn::If"]
        assert condition == "IsTraced"
        assert "AWSXRayDaemonWriteAccess" in str(then)
        assert otherwise == {"Ref": "AWS::NoValue"}
    of_functions = {str(role_of(name)) for name in functions()}
    others = [each for each in resources(ROLE).values() if str(each) not in of_functions]
    assert not [each for each in others if "ManagedPolicyArns" in each]
    assert "aws-xray-sdk" not in (ROOT / "layers/dependencies/requirements.txt").read_text(), (
        "it would be loaded at each start"
    )
