"""The storage port on DynamoDB, through botocore's client."""

import base64
import binascii
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from eeum.aws.attribute_values import attribute_value, plain_item
from eeum.aws.expressions import Expressions
from eeum.errors import Invalid
from eeum.storage import (
    ConditionsFailed,
    Contended,
    Item,
    Key,
    Page,
    Put,
    Query,
    Scan,
    Table,
    Unavailable,
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
UNCERTAIN_ERRORS = frozenset({"InternalServerError", "InternalFailure", "ServiceUnavailable"})
SERVERS_FAULT = 500
"""From this status on it is not the request that is at fault; what stands before DynamoDB answers without its codes."""
LONGEST_KEY_BYTES = 1024
"""Of a sort key; DynamoDB refuses a longer one as a fault of ours."""
MOST_ROUNDS = 3
FIRST_PAUSE_SECONDS = 0.05
"""A batch read that is throttled comes back in parts: what is missing is asked for again after a pause, which doubles."""


class DynamoDbStorage:
    """`client` is botocore's low-level client; `tables` the names of those that this function may touch."""

    def __init__(self, client: Any, tables: Mapping[Table, str]) -> None:
        self._client = client
        self._tables = tables

    def read(self, keys: Sequence[Key]) -> list[Item | None]:
        wanted = {(self._tables[key.table], key.pk, key.sk): None for key in keys}
        missing: dict[str, Any] = {}
        for table, pk, sk in wanted:
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
                return [found.get((self._tables[key.table], key.pk, key.sk)) for key in keys]
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
            "ConsistentRead": True,
        }
        if scan.where:
            request["FilterExpression"] = expressions.conditions(scan.where)
        if scan.limit is not None:
            request["Limit"] = scan.limit
        if scan.after is not None:
            request["ExclusiveStartKey"] = key_of_scan_cursor(scan.after)
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
        except ParamValidationError:
            # Never sent, and a fault of ours: trying again until the time is out would hide it.
            raise
        except BotoCoreError as error:
            raise Unavailable(str(error)) from error


def _translated(error: ClientError) -> Exception:
    """What an error of DynamoDB means for the caller; one that means a fault of ours stays what it is."""
    code = error.response["Error"]["Code"]
    if code == "TransactionCanceledException":
        reasons = [reason.get("Code", "None") for reason in error.response.get("CancellationReasons", [])]
        failed = tuple(index for index, reason in enumerate(reasons) if reason == "ConditionalCheckFailed")
        if failed:
            return ConditionsFailed(failed)
        if any(reason in PASSING_REASONS for reason in reasons):
            return Contended(str(error))
    if code == "ConditionalCheckFailedException":
        return ConditionsFailed((0,))
    if code in PASSING_ERRORS:
        return Contended(str(error))
    if code in UNCERTAIN_ERRORS or error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= SERVERS_FAULT:
        return Unavailable(str(error))
    return error


def cursor_of(last_key: Mapping[str, Any]) -> str:
    """Where a page ended, as text that a client hands back unread."""
    plain = {name: value["S"] for name, value in last_key.items()}
    return base64.urlsafe_b64encode(json.dumps(plain, separators=(",", ":")).encode()).decode()


def key_of_cursor(query: Query) -> dict[str, Any]:
    """The key after which `query` goes on; raises `Invalid` unless its cursor was given out for this very query."""
    partition, sort = ("pk", "sk") if query.index is None else (query.index.partition, query.index.sort)
    plain = _plain_key(query.after or "", {"pk", "sk", partition, sort})
    if plain[partition] != query.partition or not plain[sort].startswith(query.prefix):
        raise _unknown_cursor()
    return {name: {"S": value} for name, value in plain.items()}


def key_of_scan_cursor(cursor: str) -> dict[str, Any]:
    """The key after which a scan goes on; raises `Invalid` for what is no cursor of a scan."""
    return {name: {"S": value} for name, value in _plain_key(cursor, {"pk", "sk"}).items()}


def _plain_key(cursor: str, names: set[str]) -> dict[str, str]:
    try:
        plain = json.loads(base64.b64decode(cursor.encode(), altchars=b"-_", validate=True))
        sound = set(plain) == names and all(
            isinstance(value, str) and 1 <= len(value.encode()) <= LONGEST_KEY_BYTES for value in plain.values()
        )
    except (binascii.Error, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise _unknown_cursor() from error
    if not sound:
        raise _unknown_cursor()
    return dict(plain)


def _unknown_cursor() -> Invalid:
    return Invalid("cursor", "is not one that this list gave out", "unknown_cursor")
