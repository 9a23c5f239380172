"""What a city can choose, what it cannot choose, and what the template must not contain."""

import re
import tomllib
from typing import Any

import pytest

from deployment.deploy import NoSuchStage, parameters_of, target_of
from local import environment, places
from tests.template.template import ROOT, template

STAGES = ["dev", "prod"]


def holds(condition: Any, values: dict[str, str]) -> bool:
    """The value of a condition function of the template."""
    ((function, arguments),) = condition.items()
    if function == "Fn::Not":
        return not holds(arguments[0], values)
    if function in ("Fn::And", "Fn::Or"):
        return (all if function == "Fn::And" else any)(holds(each, values) for each in arguments)
    assert function == "Fn::Equals"
    left, right = (values[each["Ref"]] if isinstance(each, dict) else each for each in arguments)
    return bool(left == right)


def refused(**chosen: str) -> list[str]:
    values = {name: str(each["Default"]) for name, each in template()["Parameters"].items()} | chosen
    return [
        assertion["AssertDescription"]
        for rule in template()["Rules"].values()
        if holds(rule["RuleCondition"], values)
        for assertion in rule["Assertions"]
        if not holds(assertion["Assert"], values)
    ]


@pytest.mark.parametrize("stage", STAGES)
def test_no_stage_but_the_local_one_is_deployed_with_a_shifted_clock(stage: str) -> None:
    assert refused(Stage=stage, ClockShiftSeconds="3600") == [
        "ClockShiftSeconds must be 0 where the stage is not local."
    ]
    assert not refused(Stage=stage, ClockShiftSeconds="0")


def test_the_local_city_may_live_at_another_date() -> None:
    assert not refused(Stage="local", ClockShiftSeconds="-186000000")


OWN = {"ResidentIssuer": "https://login.example.kr/realms/city", "ResidentAudience": "city-currency"}


def test_a_city_may_have_its_own_identity_provider() -> None:
    assert not refused(**OWN)
    assert not refused(**OWN, WalletScope="pay", MerchantScope="pay", PaymentsScope="van", TopUpsScope="bank")


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        (OWN | {"ResidentAudience": ""}, "ResidentAudience must name the API"),
        (OWN | {"TopUpsScope": "eeum/wallet"}, "members could credit themselves"),
        (OWN | {"TopUpsScope": "eeum/merchant"}, "members could credit themselves"),
        (OWN | {"PaymentsScope": "eeum/wallet"}, "residents could pay with any card"),
        (OWN | {"PaymentsScope": "eeum/top_ups"}, "acquirers could credit wallets"),
        ({"WalletScope": "pay"}, "only with a ResidentIssuer"),
        ({"TopUpsScope": "bank"}, "only with a ResidentIssuer"),
    ],
)
def test_a_provider_whose_scopes_would_give_rights_away_is_refused(chosen: dict[str, str], sentence: str) -> None:
    (reason,) = refused(**chosen)
    assert sentence in reason


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("ResidentIssuer", "https://a.kr/", "http://a.kr"),
        ("ResidentIssuer", "http://127.0.0.1:9000", 'https://a.kr/"x'),
        ("ResidentAudience", "api://city,pay", "city pay"),
        ("WalletScope", "https://a.kr/pay.use", "pay use"),
        ("ResidentTokenOrigin", "https://login.kr", "https://login.kr/token"),
        ("ResidentTokenOrigin", "", "https://login.kr; script-src *"),
        ("WebAclArn", "arn:aws:wafv2:a-b-1:123:global/webacl/x/1", "arn:aws:wafv2:a-b-1:123:regional/webacl/x/1"),
    ],
)
def test_a_parameter_takes_what_it_is_for(name: str, good: str, bad: str) -> None:
    pattern = template()["Parameters"][name]["AllowedPattern"]
    assert re.fullmatch(pattern, good)
    assert not re.fullmatch(pattern, bad)


def test_every_parameter_is_described_and_has_a_value_to_start_with() -> None:
    for name, parameter in template()["Parameters"].items():
        assert parameter["Description"].endswith("."), name
        assert "Default" in parameter, name
    assert template()["Parameters"]["ClockShiftSeconds"]["Default"] == 0


def test_the_template_names_no_account_and_no_region() -> None:
    text = (ROOT / "template.yaml").read_text()
    assert not re.findall(r"\b\d{12}\b", text)
    assert not re.findall(r"\b(?:us|eu|ap|sa|ca|me|af|il|mx)-[a-z]+-\d\b", text)
    assert "arn:aws:" not in text


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_is_deployed_with_parameters_that_exist(stage: str) -> None:
    given = dict(parameter.split("=", 1) for parameter in parameters_of(stage))
    assert set(given) <= set(template()["Parameters"])
    assert given["Stage"] == stage
    assert target_of(parameters_of(stage)) == given["Architecture"]
    assert "ClockShiftSeconds" not in given
    for name, value in given.items():
        parameter = template()["Parameters"][name]
        assert value in map(str, parameter.get("AllowedValues", [value]))
        assert re.fullmatch(parameter.get("AllowedPattern", ".*"), value)


def test_an_unknown_stage_is_refused_in_one_sentence() -> None:
    with pytest.raises(NoSuchStage, match="deploys no stage moon; it knows dev, prod"):
        parameters_of("moon")


def test_changes_of_production_must_be_confirmed() -> None:
    configuration = tomllib.loads((ROOT / "samconfig.toml").read_text())
    assert configuration["prod"]["deploy"]["parameters"]["confirm_changeset"] is True


def test_functions_run_locally_in_the_city_s_region_with_the_values_that_an_open_city_writes() -> None:
    configuration = tomllib.loads((ROOT / "samconfig.toml").read_text())["default"]
    for command in ("local_invoke", "local_start_api"):
        parameters = configuration[command]["parameters"]
        assert parameters["env_vars"] == f".local/{environment.FILE.name}"
        assert environment.FILE.name in places.CITY_FILES
        assert parameters["region"] == places.REGION
