"""What CloudFormation on AWS would do to a city's data when the template is updated, which the emulator does not show. If a resource
that keeps data is replaced or removed, the data is lost or stays in a resource that nothing uses.
"""

from __future__ import annotations

from typing import Any

Template = dict[str, Any]

REPLACING: dict[str, tuple[str, ...]] = {
    "AWS::DynamoDB::Table": ("TableName", "KeySchema", "LocalSecondaryIndexes"),
    "AWS::S3::Bucket": ("BucketName", "ObjectLockEnabled"),
    "AWS::SQS::Queue": ("QueueName", "FifoQueue"),
    "AWS::Cognito::UserPool": ("AliasAttributes", "UsernameAttributes", "UsernameConfiguration"),
    "AWS::Cognito::UserPoolClient": ("GenerateSecret", "UserPoolId"),
}
"""By type of resource, the properties whose change replaces it."""

INDEXES_AT_ONCE = 1
"""Secondary indexes of one table that one update may add or remove."""


def endangered(before: Template, after: Template) -> list[str]:
    """The data of a city that an update from one template to another would make unreachable, and the changes that AWS would refuse."""
    kept = {name: each for name, each in before["Resources"].items() if each["Type"] in REPLACING}
    return [fault for name, each in kept.items() for fault in _faults(name, each, after["Resources"].get(name))]


def _faults(name: str, before: Template, after: Template | None) -> list[str]:
    if after is None or after["Type"] != before["Type"]:
        return [f"{name} is gone from the template: its data stays in a resource that no function knows"]
    old, new = before.get("Properties", {}), after.get("Properties", {})
    faults = [
        f"{name} would be replaced by an empty one: {each} was {old.get(each)}, and is {new.get(each)}"
        for each in REPLACING[before["Type"]]
        if old.get(each) != new.get(each)
    ]
    indexes, wanted = _indexes(old), _indexes(new)
    if len(indexes.keys() ^ wanted.keys()) > INDEXES_AT_ONCE:
        faults.append(f"{name} has more than one index to add or remove, which one update refuses")
    faults += [
        f"{name}: an index is never changed, and {index} is"
        for index in sorted(indexes.keys() & wanted.keys())
        if any(indexes[index].get(each) != wanted[index].get(each) for each in ("KeySchema", "Projection"))
    ]
    # A table's first stream has no records that could be lost.
    if old.get("StreamSpecification") not in (None, new.get("StreamSpecification")):
        faults.append(f"{name} would get a new stream, and the records that wait in this one would be lost")
    return faults


def _indexes(table: Template) -> dict[str, Template]:
    return {each["IndexName"]: each for each in table.get("GlobalSecondaryIndexes", ())}
