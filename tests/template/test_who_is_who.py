"""The two user pools, their clients, and each client's scopes."""

import re

import pytest

from deployment.template_routes import PARAMETERS
from eeum.aws.own_issuer import OwnIssuer
from tests.template.template import Properties, resources, template

CLIENTS = "AWS::Cognito::UserPoolClient"
PEOPLE = {
    "ResidentAppClient": ["openid", "eeum/wallet"],
    "MerchantAppClient": ["openid", "eeum/merchant"],
    "StaffConsoleClient": ["openid", "eeum-staff/operate"],
}
SYSTEMS = {"AcquirerClient": ["eeum/payments"], "BankClient": ["eeum/top_ups"]}


def pool(name: str) -> Properties:
    return resources("AWS::Cognito::UserPool")[name]


def test_residents_sign_themselves_up_and_staff_do_not() -> None:
    # With a provider of the city's own, no one signs up in the pool.
    only_by_staff = {"Fn::If": ["HasResidentIssuer", True, False]}
    assert pool("ResidentPool")["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": only_by_staff}
    assert pool("StaffPool")["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}


def test_staff_must_have_a_second_factor() -> None:
    assert pool("StaffPool")["MfaConfiguration"] == "ON"
    assert pool("StaffPool")["EnabledMfas"] == ["SOFTWARE_TOKEN_MFA"]


def test_what_a_person_costs_in_a_pool_is_fixed() -> None:
    """Cognito's own default is the middle tier, at nearly four times the price of LITE."""
    tier = template()["Parameters"]["ResidentPoolTier"]
    assert pool("ResidentPool")["UserPoolTier"] == {"Ref": "ResidentPoolTier"}
    assert (tier["Default"], tier["AllowedValues"]) == ("LITE", ["LITE", "ESSENTIALS", "PLUS"])
    assert pool("StaffPool")["UserPoolTier"] == "ESSENTIALS"


@pytest.mark.parametrize("name", ["ResidentPool", "StaffPool"])
def test_a_pool_is_kept_and_its_passwords_are_long(name: str) -> None:
    assert pool(name)["Policies"]["PasswordPolicy"]["MinimumLength"] >= 12
    assert pool(name)["DeletionProtection"] == {"Fn::If": ["IsProduction", "ACTIVE", "INACTIVE"]}
    assert template()["Resources"][name]["DeletionPolicy"] == "RetainExceptOnCreate"
    assert template()["Resources"][name]["UpdateReplacePolicy"] == "Retain"


def test_every_client_is_known_here() -> None:
    assert set(resources(CLIENTS)) == set(PEOPLE) | set(SYSTEMS)


@pytest.mark.parametrize(("name", "scopes"), sorted(PEOPLE.items()))
def test_people_sign_in_with_a_code_through_a_client_without_a_secret(name: str, scopes: list[str]) -> None:
    client = resources(CLIENTS)[name]
    assert client["AllowedOAuthFlows"] == ["code"]
    assert client["GenerateSecret"] is False
    assert client["AllowedOAuthScopes"] == scopes
    assert client["PreventUserExistenceErrors"] == "ENABLED"
    # A client never gets a password: only the pool's own page asks for it.
    assert client["ExplicitAuthFlows"] == ["ALLOW_REFRESH_TOKEN_AUTH"]


@pytest.mark.parametrize(("name", "scopes"), sorted(SYSTEMS.items()))
def test_systems_have_a_secret_and_one_scope(name: str, scopes: list[str]) -> None:
    client = resources(CLIENTS)[name]
    assert client["AllowedOAuthFlows"] == ["client_credentials"]
    assert client["GenerateSecret"] is True
    assert client["AllowedOAuthScopes"] == scopes


def test_every_scope_is_one_that_its_pool_has_and_is_there_before_the_client() -> None:
    servers = resources("AWS::Cognito::UserPoolResourceServer")
    for name, client in resources(CLIENTS).items():
        (server,) = [each for each in servers if servers[each]["UserPoolId"] == client["UserPoolId"]]
        offered = {f"{servers[server]['Identifier']}/{scope['ScopeName']}" for scope in servers[server]["Scopes"]}
        assert set(client["AllowedOAuthScopes"]) - {"openid"} <= offered
        assert template()["Resources"][name]["DependsOn"] == server


def test_operators_are_a_group_of_staff() -> None:
    group = resources("AWS::Cognito::UserPoolGroup")["OperatorsGroup"]
    assert group["GroupName"] == "operators"
    assert group["UserPoolId"] == {"Ref": "StaffPool"}


def test_residents_tokens_are_those_of_the_pool_or_of_the_city_s_own_provider() -> None:
    authorizers = resources("AWS::Serverless::HttpApi")["Api"]["Auth"]["Authorizers"]
    _, own, pools = authorizers["ResidentAuthorizer"]["JwtConfiguration"]["issuer"]["Fn::If"]
    assert (own, pools) == ({"Ref": "ResidentIssuer"}, {"Fn::Sub": "https://${ResidentPool.ProviderName}"})
    _, audience, clients = authorizers["ResidentAuthorizer"]["JwtConfiguration"]["audience"]["Fn::If"]
    assert audience == {"Fn::Split": [",", {"Ref": "ResidentAudience"}]}
    assert {client["Ref"] for client in clients} == (set(PEOPLE) | set(SYSTEMS)) - {"StaffConsoleClient"}
    # Operators never have tokens of another provider.
    assert authorizers["StaffAuthorizer"]["JwtConfiguration"] == {
        "issuer": {"Fn::Sub": "https://${StaffPool.ProviderName}"},
        "audience": [{"Ref": "StaffConsoleClient"}],
    }


def test_functions_get_the_names_that_the_routes_ask_for() -> None:
    described = template()["Globals"]["Function"]["Environment"]["Variables"]["OWN_ISSUER"]["Fn::If"]
    assert described[0] == "HasResidentIssuer"
    assert described[2] == {"Ref": "AWS::NoValue"}
    chosen = {"ResidentIssuer": "https://login.example.kr", "ResidentClientClaim": "azp"} | {
        name: f"own.{name}" for name in PARAMETERS.values()
    }
    text = re.sub(r"\$\{(\w+)\}", lambda name: chosen[name[1]], described[1]["Fn::Sub"])
    own = OwnIssuer.of(text)
    assert (own.issuer, own.client_claim) == ("https://login.example.kr", "azp")
    assert own.scopes == {ours: f"own.{name}" for ours, name in PARAMETERS.items()}
