"""DynamoDB's errors and incomplete reads, which no emulator makes by itself."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, ParamValidationError, ReadTimeoutError

from eeum.aws.dynamodb import MOST_ROUNDS, DynamoDbStorage
from eeum.cursors import cursor_of
from eeum.errors import Invalid
from eeum.storage import (
    BY_MERCHANT,
    ConditionsFailed,
    Contended,
    Denied,
    Key,
    Put,
    Query,
    Table,
    Unavailable,
    Unstorable,
)

KEYS = [Key(Table.LEDGER, f"WALLET#{number}", "WALLET") for number in range(3)]
NAMES = {Table.LEDGER: "ledger-table", Table.MERCHANTS: "merchants-table"}


class Client:
    """A client that answers each call with the next prepared answer and records the request."""

    def __init__(self, *answers: Any) -> None:
        self._answers = list(answers)
        self.asked: list[dict[str, Any]] = []

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**request: Any) -> Any:
            self.asked.append({"operation": operation, **request})
            answer = self._answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


def _error(code: str, reasons: list[str] | None = None, status: int = 400) -> ClientError:
    response: dict[str, Any] = {
        "Error": {"Code": code, "Message": code},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    if reasons is not None:
        response["CancellationReasons"] = [{"Code": reason} for reason in reasons]
    return ClientError(response, "TransactWriteItems")


def _transact(error: Exception) -> None:
    DynamoDbStorage(Client(error), NAMES).transact([Put(KEYS[0], {})], "token")


@pytest.mark.parametrize(
    ("reasons", "positions"),
    [
        (["ConditionalCheckFailed"], (0,)),
        (["None", "ConditionalCheckFailed", "None", "ConditionalCheckFailed"], (1, 3)),
        # A failed condition counts, whatever other reasons the cancellation has.
        (["TransactionConflict", "ConditionalCheckFailed"], (1,)),
    ],
)
def test_failed_conditions_are_reported_by_position(reasons: list[str], positions: tuple[int, ...]) -> None:
    with pytest.raises(ConditionsFailed) as failed:
        _transact(_error("TransactionCanceledException", reasons))
    assert failed.value.positions == positions


def test_a_failed_condition_of_a_single_write_is_reported_like_a_transactions() -> None:
    with pytest.raises(ConditionsFailed) as failed:
        DynamoDbStorage(Client(_error("ConditionalCheckFailedException")), NAMES).put(Put(KEYS[0], {}))
    assert failed.value.positions == (0,)


@pytest.mark.parametrize(
    ("error", "means"),
    [
        (_error("TransactionConflictException"), Contended),
        (_error("ProvisionedThroughputExceededException"), Contended),
        (_error("InternalServerError"), Unavailable),
        (_error("Whatever", status=503), Unavailable),
        (ReadTimeoutError(endpoint_url="https://dynamodb"), Unavailable),
        (_error("AccessDeniedException"), Denied),
        (_error("ValidationException"), Unstorable),
    ],
)
def test_errors_of_a_single_write_are_reported_like_a_transactions(error: Exception, means: type[Exception]) -> None:
    with pytest.raises(means):
        DynamoDbStorage(Client(error), NAMES).put(Put(KEYS[0], {}))


@pytest.mark.parametrize(
    "error",
    [
        _error("TransactionCanceledException", ["None", "TransactionConflict"]),
        _error("TransactionCanceledException", ["ThrottlingError"]),
        _error("TransactionCanceledException", ["ProvisionedThroughputExceeded", "None"]),
        _error("TransactionInProgressException"),
        _error("TransactionConflictException"),
        _error("ProvisionedThroughputExceededException"),
        _error("ThrottlingException"),
        _error("RequestLimitExceeded"),
    ],
    ids=str,
)
def test_transient_errors_may_be_retried(error: ClientError) -> None:
    with pytest.raises(Contended):
        _transact(error)


@pytest.mark.parametrize(
    "error",
    [
        _error("InternalServerError", status=500),
        _error("ServiceUnavailable", status=503),
        # Proxies between the function and DynamoDB answer with errors of their own.
        _error("502", status=502),
        _error("", status=504),
        ConnectTimeoutError(endpoint_url="x"),
        ReadTimeoutError(endpoint_url="x"),
    ],
    ids=str,
)
def test_a_lost_answer_leaves_the_outcome_unknown(error: Exception) -> None:
    with pytest.raises(Unavailable):
        _transact(error)


@pytest.mark.parametrize(
    "error",
    [
        _error("ValidationException"),
        _error("ItemCollectionSizeLimitExceededException"),
        _error("TransactionCanceledException", ["None", "ValidationError"]),
        # The same writes would fail again after the conflict is over.
        _error("TransactionCanceledException", ["TransactionConflict", "ValidationError"]),
        _error("TransactionCanceledException", ["ItemCollectionSizeLimitExceeded"]),
        ParamValidationError(report="x"),
    ],
    ids=str,
)
def test_permanent_errors_are_not_retried(error: Exception) -> None:
    with pytest.raises(Unstorable) as raised:
        _transact(error)
    assert raised.value.__cause__ is error


@pytest.mark.parametrize(
    "error",
    [
        _error("AccessDeniedException"),
        _error("ResourceNotFoundException"),
        _error("ExpiredTokenException"),
        _error("IdempotentParameterMismatchException"),
        _error("TransactionCanceledException", ["SomethingNew"]),
    ],
    ids=str,
)
def test_an_access_error_is_not_reported_as_an_invalid_write(error: Exception) -> None:
    with pytest.raises(Denied) as raised:
        _transact(error)
    assert raised.value.__cause__ is error


def test_a_transaction_carries_its_token_and_the_names_of_its_tables() -> None:
    client = Client({})
    DynamoDbStorage(client, NAMES).transact([Put(KEYS[0], {"a": 1})], "token-1")
    (asked,) = client.asked
    assert (asked["operation"], asked["ClientRequestToken"]) == ("transact_write_items", "token-1")
    item = {"pk": {"S": "WALLET#0"}, "sk": {"S": "WALLET"}, "a": {"N": "1"}}
    assert asked["TransactItems"] == [{"Put": {"TableName": "ledger-table", "Item": item}}]


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits between reads, recorded without waiting."""
    waited: list[float] = []
    monkeypatch.setattr("eeum.aws.dynamodb.time.sleep", waited.append)
    return waited


def _stored(key: Key) -> dict[str, Any]:
    return {"pk": {"S": key.pk}, "sk": {"S": key.sk}}


def test_unprocessed_keys_are_read_again_consistently_after_a_pause(pauses: list[float]) -> None:
    rest = {"ledger-table": {"Keys": [_stored(KEYS[1])], "ConsistentRead": True}}
    client = Client(
        {"Responses": {"ledger-table": [_stored(KEYS[2])]}, "UnprocessedKeys": rest},
        {"Responses": {"ledger-table": [_stored(KEYS[1])]}, "UnprocessedKeys": {}},
    )
    items = DynamoDbStorage(client, NAMES).read(KEYS)
    assert [item and item["pk"] for item in items] == [None, "WALLET#1", "WALLET#2"]
    assert [asked["RequestItems"]["ledger-table"]["ConsistentRead"] for asked in client.asked] == [True, True]
    assert client.asked[1]["RequestItems"] == rest
    assert len(pauses) == 1


def test_a_read_that_stays_throttled_fails(pauses: list[float]) -> None:
    rest = {"ledger-table": {"Keys": [_stored(KEYS[1])], "ConsistentRead": True}}
    client = Client(*[{"Responses": {}, "UnprocessedKeys": rest}] * MOST_ROUNDS)
    with pytest.raises(Unavailable):
        DynamoDbStorage(client, NAMES).read(KEYS)
    assert pauses == sorted(pauses)
    assert len(pauses) == MOST_ROUNDS - 1


def test_one_read_goes_to_every_table_at_once() -> None:
    client = Client({"Responses": {}})
    DynamoDbStorage(client, NAMES).read([KEYS[0], Key(Table.MERCHANTS, "MERCHANT#1", "MERCHANT"), KEYS[0]])
    (asked,) = client.asked
    assert {table: len(part["Keys"]) for table, part in asked["RequestItems"].items()} == {
        "ledger-table": 1,
        "merchants-table": 1,
    }


@pytest.mark.parametrize("consistent", [True, False])
def test_an_index_is_never_read_consistently(consistent: bool) -> None:
    client = Client({"Items": []}, {"Items": []})
    storage = DynamoDbStorage(client, NAMES)
    storage.query(Query(Table.LEDGER, "merchant", index=BY_MERCHANT, consistent=consistent))
    storage.query(Query(Table.LEDGER, "WALLET#1", consistent=consistent))
    of_index, of_table = client.asked
    assert "ConsistentRead" not in of_index
    assert of_table.get("ConsistentRead", False) is consistent


def test_a_cursor_starts_where_the_page_before_ended() -> None:
    last = {"pk": {"S": "WALLET#1"}, "sk": {"S": "PAYMENT#9"}, "merchant_id": {"S": "m"}, "id": {"S": "가"}}
    client = Client({"Items": [], "LastEvaluatedKey": last}, {"Items": []})
    storage = DynamoDbStorage(client, NAMES)
    page = storage.query(Query(Table.LEDGER, "m", index=BY_MERCHANT))
    assert page.cursor == cursor_of(last)
    assert storage.query(Query(Table.LEDGER, "m", index=BY_MERCHANT, after=page.cursor)).cursor is None
    assert client.asked[1]["ExclusiveStartKey"] == last


@pytest.mark.parametrize("part", ["pk", "sk", "id"])
@pytest.mark.parametrize("value", ["", "x" * 2_049])
def test_a_cursor_of_no_page_is_invalid(part: str, value: str) -> None:
    last = {"pk": {"S": "WALLET#1"}, "sk": {"S": "S"}, "merchant_id": {"S": "m"}, "id": {"S": "1"}} | {
        part: {"S": value}
    }
    with pytest.raises(Invalid):
        DynamoDbStorage(Client(), NAMES).query(Query(Table.LEDGER, "m", index=BY_MERCHANT, after=cursor_of(last)))
