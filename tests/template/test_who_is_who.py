"""The two user pools, their clients, and each client's scopes."""

import pytest

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
    assert pool("ResidentPool")["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": False}
    assert pool("StaffPool")["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}


def test_staff_must_have_a_second_factor() -> None:
    assert pool("StaffPool")["MfaConfiguration"] == "ON"
    assert pool("StaffPool")["EnabledMfas"] == ["SOFTWARE_TOKEN_MFA"]


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
