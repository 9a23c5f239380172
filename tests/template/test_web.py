"""The pages and the API under one address: what is served for which path, to whom, and with which headers."""

from __future__ import annotations

import json
import re
import subprocess
from typing import Any

import pytest

from tests.template.template import Properties, named_in, resources

FUNCTION = "AWS::CloudFront::Function"


def distribution() -> Properties:
    config: Properties = resources("AWS::CloudFront::Distribution")["WebDistribution"]["DistributionConfig"]
    return config


def behaviours() -> dict[str, Properties]:
    """The behaviours by path pattern, in CloudFront's order, the default last."""
    listed = {each["PathPattern"]: each for each in distribution()["CacheBehaviors"]}
    return {**listed, "*": distribution()["DefaultCacheBehavior"]}


def origin(behaviour: Properties) -> Properties:
    (found,) = [each for each in distribution()["Origins"] if each["Id"] == behaviour["TargetOriginId"]]
    return found


def functions_of(behaviour: Properties) -> list[str]:
    return [name for each in behaviour.get("FunctionAssociations", []) for name in named_in(each)]


def run(function: str, *paths: str) -> list[dict[str, Any]]:
    """The results of a function for requests to these paths, run by Node."""
    code = resources(FUNCTION)[function]["FunctionCode"]
    calls = f"console.log(JSON.stringify({json.dumps(paths)}.map(uri => handler({{request: {{uri}}}}))))"
    finished = subprocess.run(["node", "-e", code + "\n" + calls], capture_output=True, text=True, check=True)
    answers: list[dict[str, Any]] = json.loads(finished.stdout)
    return answers


def test_the_api_is_below_api_and_never_cached() -> None:
    api = behaviours()["/api/*"]

    assert named_in(origin(api)["DomainName"]) >= {"Api"}
    assert origin(api)["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"
    assert functions_of(api) == ["WebApiPath"]
    assert set(api["AllowedMethods"]) >= {"GET", "POST", "PATCH", "DELETE"}
    # Managed-CachingDisabled, and Managed-AllViewerExceptHostHeader: the token reaches the API, the distribution's name does not.
    assert api["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
    assert api["OriginRequestPolicyId"] == "b689b0a8-53d0-40ab-baf2-68738e2966ac"


def test_the_api_is_asked_without_the_prefix() -> None:
    asked = run("WebApiPath", "/api/payments", "/api/wallets/a/api", "/api/", "/api/%2Fapi/x")
    assert [each["uri"] for each in asked] == ["/payments", "/wallets/a/api", "/", "/%2Fapi/x"]


def test_what_is_missing_among_assets_is_missing() -> None:
    assets = behaviours()["/assets/*"]
    assert functions_of(assets) == []
    assert "CustomErrorResponses" not in distribution(), "they would answer for the API, too"


@pytest.mark.parametrize(
    ("path", "served"),
    [
        ("/resident/", "/resident/index.html"),
        ("/resident/history", "/resident/index.html"),
        ("/resident/pay/m.01HZX", "/resident/index.html"),
        ("/city/policies/incheon-2021.01", "/city/index.html"),
        ("/resident/worker.js", "/resident/worker.js"),
        ("/resident/manifest.webmanifest", "/resident/manifest.webmanifest"),
        ("/config.json", "/config.json"),
        ("/icons/wallet.svg", "/icons/wallet.svg"),
    ],
)
def test_a_view_s_address_is_its_app_s_document_and_a_file_is_itself(path: str, served: str) -> None:
    assert functions_of(behaviours()["*"]) == ["WebAppPath"]
    assert run("WebAppPath", path)[0]["uri"] == served


@pytest.mark.parametrize(("path", "to"), [("/", "/resident/"), ("/resident", "/resident/"), ("/city", "/city/")])
def test_an_address_without_its_slash_is_completed(path: str, to: str) -> None:
    (answer,) = run("WebAppPath", path)
    assert (answer["statusCode"], answer["headers"]["location"]["value"]) == (302, to)


def test_no_address_leads_a_browser_to_another_site() -> None:
    for answer in run("WebAppPath", "//evil.example", "//evil.example/", "/\\evil.example", "/%2f%2fevil.example"):
        location = answer.get("headers", {}).get("location", {}).get("value", "/")
        assert re.fullmatch(r"/[^/\\].*|/", location), location


PUBLIC = ("/ko/*", "/en/*", "/data/*")


@pytest.mark.parametrize("pattern", PUBLIC)
def test_the_public_page_is_plain_files(pattern: str) -> None:
    assert functions_of(behaviours()[pattern]) == ["WebPublicPath"]


@pytest.mark.parametrize(
    ("path", "served"),
    [
        ("/ko/", "/ko/index.html"),
        ("/en/2020-12-20.1/", "/en/2020-12-20.1/index.html"),
        ("/data/latest.json", "/data/latest.json"),
        ("/data/2020-12-20.1/payments_by_month.csv", "/data/2020-12-20.1/payments_by_month.csv"),
        # Nothing is there: a 404, and no document of an app.
        ("/ko/nowhere", "/ko/nowhere"),
        ("/data/2020-12-20.1/absent.csv", "/data/2020-12-20.1/absent.csv"),
    ],
)
def test_a_public_address_is_its_file(path: str, served: str) -> None:
    assert run("WebPublicPath", path)[0]["uri"] == served


def test_a_public_address_without_its_slash_is_completed_within_the_site() -> None:
    for path in ("/ko/2020-12-20.1", "/en/2026-07-01.12"):
        (answer,) = run("WebPublicPath", path)
        assert (answer["statusCode"], answer["headers"]["location"]["value"]) == (302, f"{path}/")
    for path in ("/ko//evil.example", "/ko/..", "/en/\\evil.example"):
        answer = run("WebPublicPath", path)[0]
        assert answer.get("headers", {}).get("location", {}).get("value", "/ko").startswith(("/ko", "/en"))


@pytest.mark.parametrize("pattern", ["/assets/*", *PUBLIC, "*"])
def test_pages_are_https_and_read_only_and_have_the_policy(pattern: str) -> None:
    behaviour = behaviours()[pattern]
    assert behaviour["ViewerProtocolPolicy"] == "redirect-to-https"
    assert behaviour["AllowedMethods"] == ["GET", "HEAD"]
    assert named_in(behaviour["ResponseHeadersPolicyId"]) == {"WebHeaders"}
    assert named_in(origin(behaviour)["DomainName"]) == {"WebBucket"}


def test_the_policy_lets_no_inline_code_run_and_reaches_nothing_but_the_pools() -> None:
    policy = resources("AWS::CloudFront::ResponseHeadersPolicy")["WebHeaders"]["ResponseHeadersPolicyConfig"]
    text, named = policy["SecurityHeadersConfig"]["ContentSecurityPolicy"]["ContentSecurityPolicy"]["Fn::Sub"]
    directives = dict(each.strip().split(" ", 1) for each in text.split(";"))

    assert "unsafe" not in text
    assert directives.pop("connect-src").split() == [
        "'self'",
        "${Residents}",
        "https://${StaffSignIn}.auth.${AWS::Region}.amazoncognito.com",
    ]
    assert named["Residents"]["Fn::If"] == [
        "HasResidentIssuer",
        {"Ref": "ResidentTokenOrigin"},
        {"Fn::Sub": "https://${ResidentSignIn}.auth.${AWS::Region}.amazoncognito.com"},
    ]
    assert directives == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "manifest-src": "'self'",
        "worker-src": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
    }


def test_the_bucket_is_read_by_this_distribution_alone() -> None:
    (web,) = [each for each in distribution()["Origins"] if each["Id"] == "web"]
    assert web["OriginAccessControlId"] == {"Fn::GetAtt": ["WebAccess", "Id"]}
    policy = resources("AWS::S3::BucketPolicy")["WebBucketPolicy"]
    assert policy["Bucket"] == {"Ref": "WebBucket"}
    for statement in policy["PolicyDocument"]["Statement"]:
        assert statement["Principal"] == {"Service": "cloudfront.amazonaws.com"}
        assert statement["Action"] in {"s3:GetObject", "s3:ListBucket"}
        assert named_in(statement["Resource"]) == {"WebBucket"}
        source = statement["Condition"]["StringEquals"]["AWS:SourceArn"]
        assert source["Fn::Sub"].endswith(":distribution/${WebDistribution}")


@pytest.mark.parametrize(
    ("client", "app"),
    [("ResidentAppClient", "resident"), ("MerchantAppClient", "shop"), ("StaffConsoleClient", "city")],
)
def test_the_pools_return_people_to_the_app_that_they_came_from(client: str, app: str) -> None:
    properties = resources("AWS::Cognito::UserPoolClient")[client]
    assert {"Fn::Sub": f"${{WebAddress}}/{app}/signed-in"} in properties["CallbackURLs"]["Fn::Split"][1]["Fn::Join"][1]
    assert properties["LogoutURLs"] == [{"Fn::Sub": f"${{WebAddress}}/{app}/"}]


def test_a_web_acl_stands_before_pages_and_api() -> None:
    assert distribution()["WebACLId"] == {"Fn::If": ["HasWebAcl", {"Ref": "WebAclArn"}, {"Ref": "AWS::NoValue"}]}
