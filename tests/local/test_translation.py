"""The changes of the template for the emulator, and what stays."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from local import translation
from local.translation import translate
from tests.template.template import ROLE, packaged, resources, statements
from tests.template.template import template as template_as_written

TEMPLATE: dict[str, Any] = {
    "Transform": "AWS::Serverless-2016-10-31",
    "Parameters": {"ClockShiftSeconds": {"Type": "Number", "Default": 0}},
    "Resources": {
        "Api": {
            "Type": "AWS::Serverless::HttpApi",
            "Properties": {
                "Auth": {
                    "Authorizers": {
                        "Residents": {
                            "IdentitySource": "$request.header.Authorization",
                            "JwtConfiguration": {"issuer": "https://issuer.example", "audience": [{"Ref": "Client"}]},
                        }
                    }
                }
            },
        },
        "Alarm": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {"Threshold": 0, "Namespace": "AWS/Lambda", "MetricName": "Errors"},
        },
        "AlarmOnTwo": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"Threshold": 0, "Metrics": [{"Id": "all"}]}},
        "Client": {"Type": "AWS::Cognito::UserPoolClient", "Properties": {"UserPoolId": "pool"}},
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []},
                "Policies": [
                    {
                        "PolicyName": "writes",
                        "PolicyDocument": {
                            "Statement": [
                                {
                                    "Effect": "Allow",
                                    "Action": "dynamodb:PutItem",
                                    "Resource": "arn",
                                    "Condition": {
                                        "ForAllValues:StringEquals": {
                                            "dynamodb:EnclosingOperation": ["TransactWriteItems"]
                                        },
                                        "StringEquals": {
                                            "aws:RequestedRegion": "ap-northeast-2",
                                            "events:source": ["eeum.ledger"],
                                        },
                                    },
                                }
                            ]
                        },
                    }
                ],
            },
        },
        "Pay": {
            "Type": "AWS::Serverless::Function",
            "Properties": {
                "CodeUri": "s3://bucket/code.zip",
                "Handler": "app.handler",
                "Runtime": "python3.13",
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "AutoPublishAlias": "live",
                "Events": {
                    "Post": {
                        "Type": "HttpApi",
                        "Properties": {
                            "ApiId": {"Ref": "Api"},
                            "Method": "POST",
                            "Path": "/wallets/{wallet_id}/payments",
                            "Auth": {"Authorizer": "Residents", "AuthorizationScopes": ["eeum/wallet"]},
                        },
                    },
                    "Get": {
                        "Type": "HttpApi",
                        "Properties": {"ApiId": {"Ref": "Api"}, "Method": "GET", "Path": "/policies"},
                    },
                    "Stream": {
                        "Type": "DynamoDB",
                        "Properties": {"Stream": "arn:aws:dynamodb:r:1:table/t/stream/s", "StartingPosition": "LATEST"},
                    },
                    "Month": {
                        "Type": "ScheduleV2",
                        "Properties": {
                            "ScheduleExpression": "cron(0 0 1 * ? *)",
                            "ScheduleExpressionTimezone": "Asia/Seoul",
                        },
                    },
                },
            },
        },
    },
}


def translated(shift: str = "0", code: str = "code") -> dict[str, Any]:
    template = copy.deepcopy(TEMPLATE)
    template["Resources"]["Pay"]["Properties"]["CodeUri"] = f"s3://bucket/{code}.zip"
    return translate(template, {"ClockShiftSeconds": shift}, start="Start1", port=4567)


@pytest.fixture(scope="module")
def plain() -> dict[str, Any]:
    return translated()


def of_type(template: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    return {name: resource for name, resource in template["Resources"].items() if resource["Type"] == kind}


def test_every_route_becomes_a_resource_with_its_authoriser_and_scopes(plain: dict[str, Any]) -> None:
    routes = {
        route["Properties"]["RouteKey"]: route["Properties"]
        for route in of_type(plain, "AWS::ApiGatewayV2::Route").values()
    }
    assert set(routes) == {"POST /wallets/{wallet_id}/payments", "GET /policies"}
    protected = routes["POST /wallets/{wallet_id}/payments"]
    assert protected["AuthorizationType"] == "JWT"
    assert protected["AuthorizationScopes"] == ["eeum/wallet"]
    assert protected["AuthorizerId"]["Ref"] in of_type(plain, "AWS::ApiGatewayV2::Authorizer")
    assert routes["GET /policies"]["AuthorizationType"] == "NONE"
    assert set(of_type(plain, "AWS::ApiGatewayV2::Integration")) == {"ApiIntegrationPay"}


def test_an_integration_has_the_name_of_its_function_in_a_body_too() -> None:
    """Releases with routes as events and with routes in a body keep each other's integrations unchanged."""
    template = copy.deepcopy(TEMPLATE)
    events = template["Resources"]["Pay"]["Properties"]["Events"]
    del events["Post"], events["Get"]
    called = (
        "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Pay.Arn}:live/invocations"
    )
    template["Resources"]["Api"]["Properties"]["DefinitionBody"] = {
        "openapi": "3.0.1",
        "info": {"title": "api", "version": "1.0"},
        "paths": {
            "/policies": {
                "get": {
                    "security": [{"NONE": []}],
                    "x-amazon-apigateway-integration": {
                        "type": "aws_proxy",
                        "payloadFormatVersion": "2.0",
                        "credentials": {"Fn::GetAtt": ["Role", "Arn"]},
                        "uri": {"Fn::Sub": called},
                    },
                }
            }
        },
    }
    plain = translate(template, {"ClockShiftSeconds": "0"}, start="Start1", port=4567)
    (integration,) = of_type(plain, "AWS::ApiGatewayV2::Integration").items()
    assert integration[0] == "ApiIntegrationPay"
    assert integration[1]["Properties"]["IntegrationUri"] == {"Fn::Sub": called}
    (route,) = of_type(plain, "AWS::ApiGatewayV2::Route").values()
    assert route["Properties"]["AuthorizationType"] == "NONE"


def test_alarms_on_several_metrics_are_left_out(plain: dict[str, Any]) -> None:
    assert set(of_type(plain, "AWS::CloudWatch::Alarm")) == {"Alarm"}


def test_a_deployment_switches_versions_at_once_and_keeps_no_old_ones() -> None:
    source = packaged(template_as_written())
    assert source["Globals"]["Function"]["VersionDeletionPolicy"] == "Retain"
    parameters = {name: str(each["Default"]) for name, each in source["Parameters"].items()}
    plain = translate(source, parameters, start="Start1", port=4567)
    assert not [name for name, each in plain["Resources"].items() if each["Type"].startswith("AWS::CodeDeploy")]
    versions = [each for each in plain["Resources"].values() if each["Type"] == "AWS::Lambda::Version"]
    assert versions
    assert {each["DeletionPolicy"] for each in versions} == {"Delete"}
    assert source["Globals"]["Function"]["VersionDeletionPolicy"] == "Retain", "the source is left as it was"


KNOWN_TO_THE_EMULATOR = {"aws:SourceAccount", "dynamodb:LeadingKeys"}


def test_a_condition_of_the_template_is_one_that_the_emulator_knows_or_is_taken_out() -> None:
    """The emulator denies everything on a condition that it does not know, in some cases without an error."""
    keys = {
        key
        for role in resources(ROLE).values()
        for statement in (*statements(role), *role["AssumeRolePolicyDocument"]["Statement"])
        for condition in statement.get("Condition", {}).values()
        for key in condition
    }
    assert keys == KNOWN_TO_THE_EMULATOR | set(translation.UNSUPPORTED_CONDITION_KEYS)


def test_only_the_condition_keys_that_the_emulator_lacks_are_taken_out(plain: dict[str, Any]) -> None:
    statement = plain["Resources"]["Role"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"][0]
    assert statement["Condition"] == {"StringEquals": {"aws:RequestedRegion": "ap-northeast-2"}}


def test_a_role_that_may_send_a_message_may_send_many() -> None:
    def statement(*actions: str) -> dict[str, object]:
        return {"Effect": "Allow", "Action": list(actions), "Resource": "*"}

    role = {
        "Policies": [{"PolicyDocument": {"Statement": [statement("sqs:SendMessage"), statement("sqs:ReceiveMessage")]}}]
    }
    translation._sending_many(role)
    sends, receives = role["Policies"][0]["PolicyDocument"]["Statement"]
    assert sends["Action"] == ["sqs:SendMessage", "sqs:SendMessageBatch"]
    assert receives["Action"] == ["sqs:ReceiveMessage"]


def test_schedules_are_switched_off(plain: dict[str, Any]) -> None:
    assert [schedule["Properties"]["State"] for schedule in of_type(plain, "AWS::Scheduler::Schedule").values()] == [
        "DISABLED"
    ]


def test_a_moved_clock_and_changed_code_publish_versions_and_the_alias_follows() -> None:
    versions = []
    for template in (translated(), translated(shift="60"), translated(code="other"), translated()):
        (version,) = of_type(template, "AWS::Lambda::Version")
        (alias,) = of_type(template, "AWS::Lambda::Alias").values()
        assert alias["Properties"]["FunctionVersion"] == {"Fn::GetAtt": [version, "Version"]}
        versions.append(version)
    assert versions[0] == versions[3]
    assert len(set(versions)) == 3


def test_a_start_makes_new_event_sources(plain: dict[str, Any]) -> None:
    assert [name for name in of_type(plain, "AWS::Lambda::EventSourceMapping") if not name.endswith("Start1")] == []


def test_other_origins_are_allowed_in_the_words_that_the_emulator_reads() -> None:
    template = copy.deepcopy(TEMPLATE)
    allowed = {"AllowOrigins": ["https://app.example"], "ExposeHeaders": ["eeum-time"]}
    template["Resources"]["Api"]["Properties"]["CorsConfiguration"] = allowed

    api = translate(template, {"ClockShiftSeconds": "0"}, start="Start1", port=4567)["Resources"]["Api"]["Properties"]

    assert api["CorsConfiguration"] == {"allowOrigins": ["https://app.example"], "exposeHeaders": ["eeum-time"]}


def test_the_distribution_reaches_the_api_at_the_emulator_and_stays_as_it_is_otherwise() -> None:
    web = {"Id": "web", "DomainName": "bucket.s3.amazonaws.com", "S3OriginConfig": {}}
    api = {
        "Id": "api",
        "DomainName": "a1.execute-api.amazonaws.com",
        "CustomOriginConfig": {"OriginProtocolPolicy": "https-only"},
    }
    behaviour = {"PathPattern": "/api/*", "TargetOriginId": "api", "ViewerProtocolPolicy": "https-only"}
    config = {"Origins": [web, api], "CacheBehaviors": [behaviour]}
    template = copy.deepcopy(TEMPLATE)
    template["Resources"]["Web"] = {
        "Type": "AWS::CloudFront::Distribution",
        "Properties": {"DistributionConfig": copy.deepcopy(config)},
    }

    deployed = translate(template, {}, start="Start1", port=4567)["Resources"]["Web"]["Properties"][
        "DistributionConfig"
    ]

    assert deployed["Origins"][0] == web
    assert deployed["Origins"][1]["DomainName"] == "127.0.0.1"
    assert deployed["Origins"][1]["OriginPath"] == "/_aws/execute-api/eeum"
    assert deployed["Origins"][1]["CustomOriginConfig"]["HTTPPort"] == 4567
    assert deployed["CacheBehaviors"] == [behaviour]
