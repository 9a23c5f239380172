"""Published versions of functions: after a deployment, all but the current one and the one before are deleted.

A version's SnapStart snapshot costs money while the version exists. The version before is kept, so that a function can be sent back to
it at once: docs/operations.md.
"""

from __future__ import annotations

from typing import Any

KEPT = 2
"""The version in use, and the one before."""


def delete_old_versions(cloudformation: Any, functions: Any, stack: str) -> int:
    """Delete the versions of a stack's functions that are neither the latest two nor used by an alias; return how many.

    `cloudformation` and `functions` are botocore's clients of CloudFormation and Lambda.
    """
    deleted = 0
    for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack):
        for resource in page["StackResourceSummaries"]:
            if resource["ResourceType"] == "AWS::Lambda::Function":
                deleted += _delete_of(functions, resource["PhysicalResourceId"])
    return deleted


def _delete_of(functions: Any, name: str) -> int:
    pages = functions.get_paginator("list_versions_by_function").paginate(FunctionName=name)
    published = sorted(
        int(each["Version"]) for page in pages for each in page["Versions"] if each["Version"] != "$LATEST"
    )
    old = [version for version in published[:-KEPT] if version not in _used(functions, name)]
    for version in old:
        functions.delete_function(FunctionName=name, Qualifier=str(version))
    return len(old)


def _used(functions: Any, name: str) -> set[int]:
    """The versions that an alias sends calls to; two while a deployment shifts them."""
    used: set[int] = set()
    for page in functions.get_paginator("list_aliases").paginate(FunctionName=name):
        for alias in page["Aliases"]:
            shifted = alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
            used.update(int(version) for version in (alias["FunctionVersion"], *shifted))
    return used
