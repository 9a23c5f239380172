"""Who may call which route. The code has every route of the template."""

import re

import pytest

from deployment.template_routes import PARAMETERS
from eeum.aws.http import CITY_TIME, READ_HEADERS
from tests.template.template import ROOT, functions, http_functions, resources, routes, template, translated

OPERATOR = ["eeum-staff/operate"]
PUBLIC = {
    "GET /policies",
    "GET /policies/in_force",
    "GET /policies/coming",
    "GET /policies/{version}",
    "GET /policies/{version}/explanation",
    "GET /months",
    "GET /months/{month}",
}
OPERATORS = {
    "PATCH /wallets/{wallet_id}",
    "GET /merchant_applications",
    "GET /merchant_applications/{merchant_id}",
    "POST /merchant_applications/{merchant_id}/approval",
    "POST /merchant_applications/{merchant_id}/rejection",
    "POST /policies/history",
    "GET /policies/history",
    "POST /policies/{version}/withdrawal",
    "POST /policy_drafts",
    "GET /policy_drafts",
    "GET /policy_drafts/{version}",
    "POST /policy_drafts/{version}/revisions",
    "POST /policy_drafts/{version}/check",
    "POST /policy_drafts/{version}/approval",
    "POST /policy_drafts/{version}/rejection",
    "POST /policy_drafts/{version}/withdrawal",
    "GET /policy_drafts/{version}/history",
    "POST /policy_amendments",
    "GET /policy_amendments",
    "GET /policy_amendments/{amendment_id}",
    "POST /policy_amendments/{amendment_id}/approval",
    "POST /policy_amendments/{amendment_id}/rejection",
    "POST /policy_amendments/{amendment_id}/withdrawal",
    "GET /policy_amendments/{amendment_id}/history",
    "GET /balances",
    "POST /policy_simulations",
    "GET /policy_simulations",
    "GET /policy_simulations/{simulation_id}",
    "GET /budgets/{year}",
    "GET /budgets/{year}/changes",
    "GET /budgets/{year}/forecast",
    "POST /budgets/{year}/lines",
    "POST /budgets/{year}/lines/{line}/supplements",
    "POST /budgets/{year}/closing",
}
RESIDENTS = {
    "POST /wallets": ["eeum/wallet"],
    "GET /wallets/{wallet_id}": ["eeum/wallet"],
    "GET /wallets/{wallet_id}/cashback": ["eeum/wallet"],
    "GET /wallets/{wallet_id}/statements/{month}": ["eeum/wallet"],
    "POST /wallets/{wallet_id}/top_ups": ["eeum/top_ups"],
    "POST /payments": ["eeum/payments"],
    "POST /payments/reversals": ["eeum/payments"],
    "POST /wallets/{wallet_id}/payments/{payment_id}/captures": ["eeum/payments"],
    "POST /wallets/{wallet_id}/payments/{payment_id}/void": ["eeum/payments"],
    "POST /wallets/{wallet_id}/payments/{payment_id}/cancellations": ["eeum/payments"],
    "POST /merchants/{merchant_id}/payments/{payment_id}/cancellations": ["eeum/merchant"],
    "POST /wallets/{wallet_id}/payments": ["eeum/wallet"],
    "GET /wallets/{wallet_id}/payments": ["eeum/wallet"],
    "GET /wallets/{wallet_id}/payments/{payment_id}": ["eeum/wallet", "eeum/payments"],
    "GET /merchants/{merchant_id}/payments": ["eeum/merchant"],
    "GET /merchants/{merchant_id}/balance": ["eeum/merchant"],
    "GET /wallets/{wallet_id}/balances": ["eeum/wallet"],
    "POST /wallets/{wallet_id}/cashback_quotes": ["eeum/wallet"],
    "POST /merchants": ["eeum/merchant"],
    "GET /merchants": ["eeum/wallet", "eeum/merchant"],
    "GET /merchants/{merchant_id}": ["eeum/wallet", "eeum/merchant"],
}


EVERY_ROUTE = {route.key: route for route in routes()}


def test_every_route_is_known_here() -> None:
    assert set(EVERY_ROUTE) == PUBLIC | OPERATORS | set(RESIDENTS)
    assert len(routes()) == len(EVERY_ROUTE)


@pytest.mark.parametrize("route", sorted(EVERY_ROUTE))
def test_a_route_says_who_may_call_it(route: str) -> None:
    wanted: tuple[str | None, list[str]]
    if route in PUBLIC:
        wanted = (None, [])
    elif route in OPERATORS:
        wanted = ("StaffAuthorizer", OPERATOR)
    else:
        wanted = ("ResidentAuthorizer", RESIDENTS[route])
    assert (EVERY_ROUTE[route].authorizer, list(EVERY_ROUTE[route].scopes)) == wanted


def test_what_is_deployed_asks_for_the_tokens_that_the_routes_say() -> None:
    """SAM adds the default authorizer to a route without one, and must not add it to a public route."""
    paths = translated(template())["Resources"]["Api"]["Properties"]["Body"]["paths"]
    deployed = {
        f"{method.upper()} {path}": operation["security"]
        for path, operations in paths.items()
        for method, operation in operations.items()
    }
    # A scope of residents and partners is a parameter: another identity provider has another name for it.
    asked = {scope: {"Ref": parameter} for scope, parameter in PARAMETERS.items()}
    assert all(template()["Parameters"][parameter]["Default"] == scope for scope, parameter in PARAMETERS.items())
    assert deployed == {
        key: [
            {route.authorizer: [asked.get(scope, scope) for scope in route.scopes]}
            if route.authorizer
            else {"NONE": []}
        ]
        for key, route in EVERY_ROUTE.items()
    }


def test_the_api_calls_published_functions_under_its_one_role() -> None:
    """A permission for each route would be one more resource each."""
    plain = translated(template())["Resources"]
    permissions = [each["Properties"] for each in plain.values() if each["Type"] == "AWS::Lambda::Permission"]
    assert not [each for each in permissions if each["Principal"] != "events.amazonaws.com"]
    called = "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${FUNCTION.Arn}:live/invocations"
    paths = plain["Api"]["Properties"]["Body"]["paths"]
    for route in routes():
        integration = paths[route.path][route.method.lower()]["x-amazon-apigateway-integration"]
        assert integration == {
            "type": "aws_proxy",
            "httpMethod": "POST",
            "payloadFormatVersion": "2.0",
            "credentials": {"Fn::GetAtt": ["ApiRole", "Arn"]},
            "uri": {"Fn::Sub": called.replace("FUNCTION", route.function)},
        }


def test_a_route_that_forgot_to_say_is_for_operators() -> None:
    auth = resources("AWS::Serverless::HttpApi")["Api"]["Auth"]
    assert auth["DefaultAuthorizer"] == "StaffAuthorizer"
    assert auth["Authorizers"]["StaffAuthorizer"]["AuthorizationScopes"] == OPERATOR


@pytest.mark.parametrize("function", sorted(http_functions()))
def test_the_code_answers_exactly_the_routes_that_the_template_opens(function: str) -> None:
    package, module, _ = functions()[function]["Handler"].split(".")
    sources = [(ROOT / "functions" / package / f"{module}.py").read_text()]
    if f"from {package}.service import" in sources[0]:  # its routes are in several modules
        others = [path.read_text() for path in (ROOT / "functions" / package).glob("*.py") if path.stem != module]
        sources += [source for source in others if f"from {package}.service import" in source]
    pattern = re.compile(r'^@api\.(get|post|patch|put|delete)\(\s*"([^"]+)"', re.MULTILINE)
    written = [route for source in sources for route in pattern.findall(source)]
    answered = {f"{method.upper()} {path.replace('<', '{').replace('>', '}')}" for method, path in written}
    assert {route.key for route in routes() if route.function == function} == answered


@pytest.mark.parametrize(
    ("authorizer", "pool", "clients"),
    [
        (
            "ResidentAuthorizer",
            "ResidentPool",
            ["ResidentAppClient", "MerchantAppClient", "AcquirerClient", "BankClient"],
        ),
        ("StaffAuthorizer", "StaffPool", ["StaffConsoleClient"]),
    ],
)
def test_an_authorizer_takes_the_tokens_of_its_pool_and_of_all_its_clients(
    authorizer: str, pool: str, clients: list[str]
) -> None:
    settings = resources("AWS::Serverless::HttpApi")["Api"]["Auth"]["Authorizers"][authorizer]
    issuer, audience = (
        # `Fn::If` names the city's own identity provider first (test_who_is_who.py); this takes the second value, Cognito's pool.
        setting["Fn::If"][2] if authorizer == "ResidentAuthorizer" else setting
        for setting in (settings["JwtConfiguration"]["issuer"], settings["JwtConfiguration"]["audience"])
    )
    assert issuer == {"Fn::Sub": f"https://${{{pool}.ProviderName}}"}
    assert audience == [{"Ref": client} for client in clients]
    of_pool = [
        name for name, each in resources("AWS::Cognito::UserPoolClient").items() if each["UserPoolId"] == {"Ref": pool}
    ]
    assert sorted(of_pool) == sorted(clients)


def test_the_api_is_throttled_and_its_calls_are_logged_for_a_while() -> None:
    api = resources("AWS::Serverless::HttpApi")["Api"]
    assert api["DefaultRouteSettings"]["ThrottlingRateLimit"] == {"Ref": "RequestsPerSecond"}
    assert api["DefaultRouteSettings"]["ThrottlingBurstLimit"] == {"Ref": "RequestsPerSecond"}
    assert "authorization" not in api["AccessLogSettings"]["Format"].lower().replace("authorizer", "")
    assert resources("AWS::Logs::LogGroup")["ApiLogGroup"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_browsers_of_other_origins_may_call_only_where_the_city_names_them() -> None:
    condition, given, otherwise = resources("AWS::Serverless::HttpApi")["Api"]["CorsConfiguration"]["Fn::If"]
    assert template()["Conditions"][condition] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "AllowedOrigins"}, ""]}]}
    assert otherwise == {"Ref": "AWS::NoValue"}
    assert given["AllowOrigins"] == {"Fn::Split": [",", {"Ref": "AllowedOrigins"}]}
    assert "AllowCredentials" not in given, "no cookie is read"
    assert set(given["AllowMethods"]) == {route.method for route in routes()}
    assert set(given["AllowHeaders"]) == {"authorization", *READ_HEADERS}
    assert CITY_TIME.lower() in given["ExposeHeaders"]


@pytest.mark.parametrize(
    ("origins", "fits"),
    [
        ("", True),
        ("https://app.example", True),
        ("https://app.example,http://localhost:3000", True),
        ("*", False),
        ("https://app.example/", False),
        ("https://app.example, https://b.example", False),
        ("app.example", False),
    ],
)
def test_origins_are_named_one_by_one(origins: str, fits: bool) -> None:
    pattern = template()["Parameters"]["AllowedOrigins"]["AllowedPattern"]
    assert bool(re.fullmatch(pattern, origins)) == fits


def test_public_reads_are_throttled_separately() -> None:
    """Otherwise readers without a token could use up the API's rate, and the functions' concurrency."""
    api = resources("AWS::Serverless::HttpApi")["Api"]
    assert set(api["RouteSettings"]) == PUBLIC
    for settings in api["RouteSettings"].values():
        assert settings["ThrottlingRateLimit"] <= 100
