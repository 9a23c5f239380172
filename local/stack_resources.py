"""The resources of a stack, for the local city and for commands on a deployed one."""

from typing import Any, NamedTuple

FUNCTION = "AWS::Lambda::Function"


class Resources(NamedTuple):
    """Physical ids by logical id: of all resources, and of the Lambda functions alone. A name does not identify a Lambda function:
    CloudFront has functions too, and an integration is named after its function.
    """

    all: dict[str, str]
    functions: dict[str, str]


def resources_of(formation: Any, stack: str) -> Resources:
    """Read the resources with a client of CloudFormation. Raises botocore's errors."""
    pages = formation.get_paginator("list_stack_resources").paginate(StackName=stack)
    listed = [resource for page in pages for resource in page["StackResourceSummaries"]]
    made = {each["LogicalResourceId"]: each for each in listed if each.get("PhysicalResourceId")}
    ids = {name: each["PhysicalResourceId"] for name, each in made.items()}
    return Resources(ids, {name: ids[name] for name, each in made.items() if each["ResourceType"] == FUNCTION})
