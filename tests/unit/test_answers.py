"""Parsing of DynamoDB's JSON: items by our own code, and the rest of an answer as botocore parses it."""

import json
from typing import Any

import botocore.session
import pytest
from botocore.parsers import ResponseParserFactory

from eeum.aws.answers import PlainItemsFactory

ITEM = {
    "pk": {"S": "WALLET#1"},
    "amount": {"N": "12"},
    "verified": {"BOOL": False},
    "decline": {"NULL": True},
    "purses": {"M": {"charged": {"M": {"amount": {"N": "-3"}}}}},
    "captures": {"L": [{"L": [{"N": "1"}, {"S": "가"}]}, {"M": {}}]},
}
KEY = {"pk": {"S": "WALLET#1"}, "sk": {"S": "WALLET"}}
ANSWERS: dict[str, dict[str, Any]] = {
    "Scan": {"Items": [ITEM, {}], "Count": 2, "ScannedCount": 2, "LastEvaluatedKey": KEY},
    "Query": {"Items": [ITEM], "Count": 1, "ConsumedCapacity": {"TableName": "t", "CapacityUnits": 1.5}},
    "BatchGetItem": {"Responses": {"ledger": [ITEM]}, "UnprocessedKeys": {"ledger": {"Keys": [KEY]}}},
    "TransactWriteItems": {"ConsumedCapacity": [{"TableName": "t", "CapacityUnits": 4.0}]},
    "TransactGetItems": {"Responses": [{"Item": ITEM}, {}]},
}
MODEL = botocore.session.get_session().get_service_model("dynamodb")


def _parsed(factory: ResponseParserFactory, operation: str, status: int, body: dict[str, Any]) -> Any:
    response = {"status_code": status, "headers": {}, "body": json.dumps(body).encode()}
    return factory.create_parser("json").parse(response, MODEL.operation_model(operation).output_shape)


@pytest.mark.parametrize("operation", ANSWERS)
def test_an_answer_is_read_as_botocore_reads_it(operation: str) -> None:
    answer = _parsed(PlainItemsFactory(), operation, 200, ANSWERS[operation])
    assert answer == _parsed(ResponseParserFactory(), operation, 200, ANSWERS[operation])


def test_an_error_is_read_as_botocore_reads_it() -> None:
    body = {
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message": "cancelled",
        "CancellationReasons": [{"Code": "None"}, {"Code": "ConditionalCheckFailed", "Item": ITEM}],
    }
    read = [
        _parsed(factory, "TransactWriteItems", 400, body) for factory in (PlainItemsFactory(), ResponseParserFactory())
    ]
    assert read[0] == read[1]
    assert read[0]["Error"]["Code"] == "TransactionCanceledException"


def test_other_protocols_use_botocores_parser() -> None:
    own = type(ResponseParserFactory().create_parser("rest-xml"))
    assert type(PlainItemsFactory().create_parser("rest-xml")) is own
