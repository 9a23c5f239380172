"""The storage port on DynamoDB, through botocore's client."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from eeum.aws.attribute_values import attribute_value, plain_item
from eeum.aws.expressions import Expressions
from eeum.cursors import cursor_of, key_of_cursor, key_of_scan_cursor
from eeum.storage import (
    ConditionsFailed,
    Contended,
    Denied,
    Item,
    Key,
    Page,
    Put,
    Query,
    Scan,
    Table,
    Unavailable,
    Unstorable,
    Update,
    Write,
)

PASSING_REASONS = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})
"""Reasons of a cancelled transaction after which the same writes may be sent again."""

PASSING_ERRORS = frozenset(
    {
        "TransactionInProgressException",
        "TransactionConflictException",
        "ProvisionedThroughputExceededException",
        "ThrottlingException",
        "RequestLimitExceeded",
    }
)
LASTING_REASONS = frozenset({"ValidationError", "ItemCollectionSizeLimitExceeded"})
LASTING_ERRORS = frozenset({"ValidationException", "ItemCollectionSizeLimitExceededException"})
"""Errors of writes that DynamoDB refuses for their content or size, however often they are sent."""

UNCERTAIN_ERRORS = frozenset({"InternalServerError", "InternalFailure", "ServiceUnavailable"})
KIND_OF_ERROR: Mapping[str, type[Exception]] = {
    **dict.fromkeys(PASSING_ERRORS, Contended),
    **dict.fromkeys(LASTING_ERRORS, Unstorable),
    **dict.fromkeys(UNCERTAIN_ERRORS, Unavailable),
}
SERVERS_FAULT = 500
"""From this status on the request is not invalid; proxies before DynamoDB answer without its codes."""
MOST_ROUNDS = 3
FIRST_PAUSE_SECONDS = 0.05
"""A throttled batch read returns only some items: the missing ones are read again after a pause, which doubles each time."""


class DynamoDbStorage:
    """`client` is botocore's low-level client; `tables` are the names of the tables that this function may use."""

    def __init__(self, client: Any, tables: Mapping[Table, str]) -> None:
        self._client = client
        self._tables = tables

    def read(self, keys: Sequence[Key]) -> list[Item | None]:
        wanted = [(self._tables[key.table], key.pk, key.sk) for key in keys]
        missing: dict[str, Any] = {}
        for table, pk, sk in dict.fromkeys(wanted):
            request = missing.setdefault(table, {"Keys": [], "ConsistentRead": True})
            request["Keys"].append({"pk": {"S": pk}, "sk": {"S": sk}})
        found: dict[tuple[str, str, str], Item] = {}
        for round_number in range(MOST_ROUNDS):
            if round_number:
                time.sleep(FIRST_PAUSE_SECONDS * 2**round_number)
            answer = self._call("batch_get_item", RequestItems=missing)
            for table, items in answer["Responses"].items():
                for attributes in items:
                    item = plain_item(attributes)
                    found[table, item["pk"], item["sk"]] = item
            missing = answer.get("UnprocessedKeys") or {}
            if not missing:
                return [found.get(each) for each in wanted]
        raise Unavailable("a batch read was throttled")

    def query(self, query: Query) -> Page:
        expressions = Expressions()
        partition, sort = ("pk", "sk") if query.index is None else (query.index.partition, query.index.sort)
        condition = f"{expressions.path((partition,))} = {expressions.value(query.partition)}"
        if query.prefix:
            condition += f" AND begins_with({expressions.path((sort,))}, {expressions.value(query.prefix)})"
        if query.before is not None:
            condition += f" AND {expressions.path((sort,))} < {expressions.value(query.before)}"
        request: dict[str, Any] = {
            "TableName": self._tables[query.table],
            "KeyConditionExpression": condition,
            "ScanIndexForward": not query.newest_first,
        }
        if query.where:
            request["FilterExpression"] = expressions.conditions(query.where)
        if query.index is not None:
            request["IndexName"] = query.index.name
        elif query.consistent:
            request["ConsistentRead"] = True
        if query.limit is not None:
            request["Limit"] = query.limit
        if query.after is not None:
            request["ExclusiveStartKey"] = key_of_cursor(query)
        answer = self._call("query", **request, **expressions.parameters())
        last = answer.get("LastEvaluatedKey")
        return Page([plain_item(item) for item in answer["Items"]], cursor_of(last) if last else None)

    def scan(self, scan: Scan) -> Page:
        expressions = Expressions()
        request: dict[str, Any] = {
            "TableName": self._tables[scan.table],
            "Segment": scan.segment,
            "TotalSegments": scan.segments,
            **({"IndexName": scan.index.name} if scan.index else {"ConsistentRead": True}),
        }
        if scan.where:
            request["FilterExpression"] = expressions.conditions(scan.where)
        if scan.limit is not None:
            request["Limit"] = scan.limit
        if scan.after is not None:
            request["ExclusiveStartKey"] = key_of_scan_cursor(scan.after, scan.index)
        answer = self._call("scan", **request, **expressions.parameters())
        last = answer.get("LastEvaluatedKey")
        return Page([plain_item(item) for item in answer["Items"]], cursor_of(last) if last else None)

    def transact(self, writes: Sequence[Write], token: str) -> None:
        items = [self._transact_item(write) for write in writes]
        self._call("transact_write_items", TransactItems=items, ClientRequestToken=token)

    def put(self, put: Put) -> None:
        self._call("put_item", **self._transact_item(put)["Put"])

    def _transact_item(self, write: Write) -> dict[str, Any]:
        expressions = Expressions()
        key = {"pk": {"S": write.key.pk}, "sk": {"S": write.key.sk}}
        request: dict[str, Any] = {"TableName": self._tables[write.key.table]}
        match write:
            case Put():
                action = "Put"
                request["Item"] = key | {name: attribute_value(value) for name, value in write.item.items()}
            case Update():
                action = "Update"
                request |= {"Key": key, "UpdateExpression": expressions.changes(write.changes)}
        if write.conditions:
            request["ConditionExpression"] = expressions.conditions(write.conditions)
        return {action: request | expressions.parameters()}

    def _call(self, operation: str, **request: Any) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = getattr(self._client, operation)(**request)
            return answer
        except ClientError as error:
            raise _translated(error) from error
        except ParamValidationError as error:
            # The request was never sent because it is malformed; retrying until the time runs out would hide that.
            raise Unstorable(str(error)) from error
        except BotoCoreError as error:
            raise Unavailable(str(error)) from error


def _translated(error: ClientError) -> Exception:
    """The meaning of a DynamoDB error for the caller: invalid writes, a missing permission, or a temporary failure."""
    code = error.response["Error"]["Code"]
    if code == "TransactionCanceledException":
        return _cancelled(error)
    if code == "ConditionalCheckFailedException":
        return ConditionsFailed((0,))
    kind = KIND_OF_ERROR.get(code, Denied)
    if kind is Denied and error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= SERVERS_FAULT:
        kind = Unavailable
    return kind(str(error))


def _cancelled(error: ClientError) -> Exception:
    """A failed condition decides, even if other transactions were writing too; an invalid write stays an error."""
    reasons = [reason.get("Code", "None") for reason in error.response.get("CancellationReasons", [])]
    failed = tuple(index for index, reason in enumerate(reasons) if reason == "ConditionalCheckFailed")
    if failed:
        return ConditionsFailed(failed)
    if LASTING_REASONS.intersection(reasons):
        return Unstorable(str(error))
    return Contended(str(error)) if PASSING_REASONS.intersection(reasons) else Denied(str(error))
